"""The file: the only door to DuckDB. Open briefly, replace in a transaction, publish a copy.

Belongs here: connections, replacing tables, swapping in a release. Does not belong here: what the tables mean.
This package imports none of the others.
"""

from dagster_project.warehouse.compare import ChangedRow, TableChanges, changed_rows
from dagster_project.warehouse.release import (
    copy_schemas,
    current_release,
    publish_release,
    recover_release,
    release_names,
)
from dagster_project.warehouse.streams import replace_table_from
from dagster_project.warehouse.working_file import (
    Connection,
    Warehouse,
    WarehouseError,
    identifier,
    replace_rows,
    replace_table,
    rows,
)

__all__ = [
    "ChangedRow",
    "Connection",
    "TableChanges",
    "Warehouse",
    "WarehouseError",
    "changed_rows",
    "copy_schemas",
    "current_release",
    "identifier",
    "publish_release",
    "recover_release",
    "release_names",
    "replace_rows",
    "replace_table",
    "replace_table_from",
    "rows",
]
