"""Where dbt reads and writes for a study. Nothing else belongs here: it is imported before dbt is."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dagster_project.settings import Settings

if TYPE_CHECKING:
    from dagster_project.warehouse import Lake


@dataclass(frozen=True)
class DbtProject:
    """folder: of the models. target: where dbt keeps what it makes of them. warehouse_file: what it builds them in, unless
    that is a lake."""

    folder: Path
    target: Path
    warehouse_file: Path
    lake: "Lake | None" = None

    @classmethod
    def from_settings(cls, settings: Settings) -> "DbtProject":
        return cls(settings.dbt_folder, settings.dbt_target, settings.warehouse_file)
