"""A table of text: what every reader gives, whatever the format was.

Belongs here: the shape that readers and the contract share. Does not belong here: reading a format, knowing the protocol.
"""

from dataclasses import dataclass, field

import pyarrow as pa


@dataclass(frozen=True)
class TextTable:
    """One export as text, one row a respondent. Nothing is typed, trimmed or dropped.

    columns: the header as written, in the file's order; it may hold the same name twice.
    cells: one string column a header column, named by position ("0", "1", …). A cell without content is "", never null.
    source_rows: int64, one a row: the physical line on which the record starts (delimited text, first line 1), or the
        case number (SPSS, first case 1).
    column_labels: column name to the label that the file itself carries.
    other_names: column name to another name by which the tool knows the column (Qualtrics' ImportId).
    value_labels: column name to {value's text: label}.
    special_codes: column name to the codes that the file declares as user-missing, single ("-9") or as a range
        ("90 thru 99").
    encoding, delimiter: as found; None where the format has none, and for a file of one column.
    notes: what was found out about the file, one sentence each.
    blank_lines: entirely blank lines, which are no records.
    """

    columns: tuple[str, ...]
    cells: pa.Table
    source_rows: pa.Array
    column_labels: dict[str, str] = field(default_factory=dict)
    other_names: dict[str, str] = field(default_factory=dict)
    value_labels: dict[str, dict[str, str]] = field(default_factory=dict)
    special_codes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    encoding: str | None = None
    delimiter: str | None = None
    notes: tuple[str, ...] = ()
    blank_lines: int = 0

    @property
    def row_count(self) -> int:
        """How many records the table has."""
        return len(self.source_rows)
