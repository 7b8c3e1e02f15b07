"""What dbt's adapter calls where it builds in a lake (dbt/profiles.yml, target lake): attaching it as `lake`, the database
of all models.

Belongs here: that plugin, and which lake is meant. Does not belong here: how a lake is attached (warehouse/).
"""

import os
from typing import Any

from dbt.adapters.duckdb.plugins import BasePlugin

from dagster_project.lake_address import read_lake_address
from dagster_project.warehouse import LAKE_DATABASE, Connection, Lake, LakeError

#: The kind of a study's catalogue that the models are built in: not the one that is published.
WORK = "work"
#: How many times DuckLake tries by itself to commit what one model writes; models of one run write one after another.
_ATTEMPTS = 100


class Plugin(BasePlugin):
    """Attaches the lake of the study that the profile names, by the variables of the environment."""

    def initialize(self, plugin_config: dict[str, Any]) -> None:
        address = read_lake_address(os.environ)
        if address is None:
            raise LakeError("no lake is named: set WAVEHOUSE_LAKE_CATALOG and WAVEHOUSE_LAKE_DATA")
        self._lake = Lake(address, plugin_config["study"], WORK)

    def configure_connection(self, conn: Connection) -> None:
        self._lake.attach(conn, writes=True, attempts=_ATTEMPTS)

    def configure_cursor(self, cursor: Connection) -> None:
        """Names without a database are the lake's, in every cursor."""
        cursor.execute(f"use {LAKE_DATABASE}")
