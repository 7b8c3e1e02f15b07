"""The only access to DuckDB files: open briefly, replace tables in a transaction, publish a copy.

Belongs here: connections, replacing tables, publishing releases. Does not belong here: what the tables mean.
Of the project this package imports what reads the address of a lake and sets modes of files.
"""

from dagster_project.warehouse.compaction import compact
from dagster_project.warehouse.compare import (
    Cell,
    CellCounts,
    ChangedRow,
    FilePair,
    IncomparableError,
    RowValues,
    WideTable,
    open_file_pair,
)
from dagster_project.warehouse.lake import LAKE_DATABASE, Lake, LakeError, NoLakeError
from dagster_project.warehouse.lake_process import PAUSES, publish_to_lake
from dagster_project.warehouse.lake_releases import (
    LakeRelease,
    LakeRequest,
    Publication,
    read_lake_releases,
)
from dagster_project.warehouse.lake_tables import copy_to_lake, forget_earlier_states
from dagster_project.warehouse.release import (
    RELEASE_FORMAT,
    copy_schemas,
    current_release,
    delete_release,
    make_current,
    publish_release,
    recover_pointer,
    recover_release,
    release_names,
    state_of_release,
)
from dagster_project.warehouse.released import ReleasedFile, find_release
from dagster_project.warehouse.streams import replace_table_from_batches
from dagster_project.warehouse.working_file import (
    Connection,
    DamagedFileError,
    LockedFileError,
    OtherVersionError,
    QueryError,
    Warehouse,
    WarehouseError,
    arrow_table,
    damaged_files,
    identifier,
    literal,
    replace_rows,
    replace_table,
    rows,
    rows_as,
    warehouse_error,
)

__all__ = [
    "LAKE_DATABASE",
    "PAUSES",
    "RELEASE_FORMAT",
    "Cell",
    "CellCounts",
    "ChangedRow",
    "Connection",
    "DamagedFileError",
    "FilePair",
    "IncomparableError",
    "Lake",
    "LakeError",
    "LakeRelease",
    "LakeRequest",
    "LockedFileError",
    "NoLakeError",
    "OtherVersionError",
    "Publication",
    "QueryError",
    "ReleasedFile",
    "RowValues",
    "Warehouse",
    "WarehouseError",
    "WideTable",
    "arrow_table",
    "compact",
    "copy_schemas",
    "copy_to_lake",
    "current_release",
    "damaged_files",
    "delete_release",
    "find_release",
    "forget_earlier_states",
    "identifier",
    "literal",
    "make_current",
    "open_file_pair",
    "publish_release",
    "publish_to_lake",
    "read_lake_releases",
    "recover_pointer",
    "recover_release",
    "release_names",
    "replace_rows",
    "replace_table",
    "replace_table_from_batches",
    "rows",
    "rows_as",
    "state_of_release",
    "warehouse_error",
]
