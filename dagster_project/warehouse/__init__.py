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
from dagster_project.warehouse.working_file import (
    Connection,
    DamagedFileError,
    HeldFileError,
    Warehouse,
    WarehouseError,
    damaged_files,
    identifier,
    refusal_of,
    replace_rows,
    replace_table,
    rows,
)

__all__ = [
    "ChangedRow",
    "Connection",
    "DamagedFileError",
    "HeldFileError",
    "TableChanges",
    "Warehouse",
    "WarehouseError",
    "changed_rows",
    "copy_schemas",
    "current_release",
    "damaged_files",
    "identifier",
    "publish_release",
    "recover_release",
    "refusal_of",
    "release_names",
    "replace_rows",
    "replace_table",
    "rows",
]
