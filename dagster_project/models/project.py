"""Where dbt reads and writes for a study, and how it is asked to build. Nothing else belongs here: it is imported before dbt
is."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dagster_project.settings import Settings

if TYPE_CHECKING:
    from dagster_project.warehouse import Lake

#: The schemas that Python writes before dbt builds, and the models read.
INPUT_SCHEMAS = ("raw", "codebook")
#: dbt's words for building and testing. Unit tests check the code, not the data: they run in the test suite.
BUILD = ("build", "--exclude-resource-type", "unit_test")


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
