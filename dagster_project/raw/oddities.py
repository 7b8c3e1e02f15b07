"""What is unlike the wave before in the rows in use. Does not belong here: what counts as unlike (exports/)."""

import pyarrow as pa

from dagster_project.exports import as_text, find_wave_changes
from dagster_project.study import Export, Study
from dagster_project.warehouse import Connection, Warehouse, identifier

#: How many rows of a wave are looked at for what is odd about it.
_SAMPLE_ROWS = 5_000


def oddities(study: Study, export: Export, warehouse: Warehouse) -> list[str]:
    """What is unlike the wave before in the rows in use, a line each: codes shifted, special codes, items turned round."""
    if export.wave is None:
        return []
    earlier = study.previous_export(export)
    with warehouse.connect(read_only=True) as connection:
        table = _sample(connection, export)
        earlier_table = _sample(connection, earlier) if earlier is not None else None
    if table is None:
        return []
    return find_wave_changes(study, export, table, earlier_table, earlier.wave if earlier else None)


def _sample(connection: Connection, export: Export) -> pa.Table | None:
    """The first rows of an export as text, None where it was never loaded."""
    exists = connection.execute(
        "select 1 from duckdb_tables() where schema_name = 'raw' and table_name = ?", [export.table]
    ).fetchone()
    if not exists:
        return None
    sample = connection.execute(f"select * from raw.{identifier(export.table)} limit {_SAMPLE_ROWS}").to_arrow_table()
    columns = [as_text(column) if column.type == pa.int16() else column for column in sample.columns]
    return pa.table(columns, names=sample.column_names)
