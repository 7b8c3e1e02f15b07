"""Parquet files: typed columns back to text.

Belongs here: one file to one `TextTable`. Does not belong here: folders of files; each part is declared.
"""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from dagster_project.exports.cell_text import value_text
from dagster_project.exports.errors import ExportError, plain, quoted
from dagster_project.exports.table import TextTable


def read_parquet(path: Path, name: str) -> TextTable:
    """Read a Parquet file. `source_rows` are row numbers from 1; a null is "".

    Raises ExportError for a file that is no Parquet or is damaged, and for a column of lists, structures or bytes.
    """
    if path.stat().st_size == 0:
        raise ExportError(f"{plain(name)}: the file is empty; export it again")
    try:
        table = pq.ParquetFile(path).read()
    except (pa.ArrowException, ValueError) as error:
        reason = plain(str(error).splitlines()[0] if str(error) else type(error).__name__)
        raise ExportError(f"{plain(name)}: the Parquet file cannot be read ({reason}); export it again") from None
    cells = []
    for field, column in zip(table.schema, table.columns, strict=True):
        kind = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
        if pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
            raise ExportError(
                f"{plain(name)}: column {quoted(field.name)} holds {plain(str(kind), 40)}; export it as a plain column"
            )
        values = column.to_pylist()
        cells.append(pa.array([value_text(one) for one in values], pa.string()))
    return TextTable(
        columns=tuple(table.column_names),
        cells=pa.table(cells, names=[str(position) for position in range(len(cells))]),
        source_rows=pa.array(range(1, table.num_rows + 1), pa.int64()),
        notes=("The file is Parquet.",),
    )
