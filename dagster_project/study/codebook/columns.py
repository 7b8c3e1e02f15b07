"""Column types of the codebook's tables, and how a table is built from them.

Belongs here: what all tables of the codebook share. Does not belong here: any table.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import pyarrow as pa

TEXT, WHOLE, NUMBER, FLAG = pa.string(), pa.int64(), pa.float64(), pa.bool_()


def answer_type(is_decimal: bool) -> pa.DataType:
    """The type of answer codes. is_decimal: some of the study's answers have decimals."""
    return NUMBER if is_decimal else WHOLE


def codebook_table(columns: dict[str, pa.DataType], rows: Iterable[Sequence[Any]]) -> pa.Table:
    """A table of the given columns, even without rows."""
    records = [dict(zip(columns, row, strict=True)) for row in rows]
    return pa.Table.from_pylist(records, schema=pa.schema(list(columns.items())))
