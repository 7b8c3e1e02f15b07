"""What every reader returns: a table of text. Nothing is typed, trimmed or dropped yet.

Belongs here: the type. Does not belong here: reading, judging.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pyarrow as pa


@dataclass(frozen=True)
class TextTable:
    """One export as text, one row a respondent.

    columns: the header as written; names may repeat.
    cells: one string array a column, in the header's order, all of one length; null only where the format has a null.
    source_rows: the line or row number that a person sees in the file, one a row (int64).
    column_labels, value_labels, special_codes: what the format says of a column, by column name.
    notes: what was found out about the file (encoding, delimiter, blank lines).
    """

    columns: tuple[str, ...]
    cells: tuple[pa.Array, ...]
    source_rows: pa.Array
    column_labels: Mapping[str, str] = field(default_factory=dict)
    value_labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    special_codes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def row_count(self) -> int:
        return len(self.source_rows)
