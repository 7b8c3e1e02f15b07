"""What dbt's adapter calls where it builds in a lake (dbt/profiles.yml, target lake): attaching it as `lake`, the database
of all models.

Belongs here: that plugin, and which lake is meant. Does not belong here: how a lake is attached (warehouse/).
"""

import os
from typing import Any

from dbt.adapters.duckdb.plugins import BasePlugin

from dagster_project.settings import Settings, read_settings
from dagster_project.warehouse import LAKE_DATABASE, Connection, Lake, LakeError

#: The kind of a study's catalogue that the models are built in: not the one that is published.
_WORK = "work"
#: How many times DuckLake tries by itself to commit what one model writes; models of one run write one after another.
_ATTEMPTS = 100
#: The lake of each study that this process builds in, by the study's name.
LAKES: dict[str, Lake] = {}


def working_lake(settings: Settings) -> Lake:
    """Where the working tables of a study are in the lake. Raises LakeError where none is named, or in a file: dbt opens it
    beside the process that calls it."""
    if settings.lake is None:
        raise LakeError("no lake is named: set WAVEHOUSE_LAKE_CATALOG and WAVEHOUSE_LAKE_DATA")
    lake = Lake(settings.lake, settings.study_folder.name, _WORK)
    if lake.file is not None:
        raise LakeError(f"{lake}: working tables need a catalogue in PostgreSQL; a file serves one program at a time")
    return lake


class Plugin(BasePlugin):
    """Attaches the lake of the study that the profile names: of the run that calls dbt, else of the environment."""

    def initialize(self, plugin_config: dict[str, Any]) -> None:
        self._lake = LAKES.get(plugin_config["study"]) or working_lake(read_settings(os.environ))

    def configure_connection(self, conn: Connection) -> None:
        self._lake.attach(conn, writes=True, attempts=_ATTEMPTS)

    def configure_cursor(self, cursor: Connection) -> None:
        """Names without a database are the lake's, in every cursor."""
        cursor.execute(f"use {LAKE_DATABASE}")
