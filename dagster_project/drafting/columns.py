"""Facts about the columns of a table: which texts they hold, how often, and what the file says of them.

Belongs here: counting. Does not belong here: what a column is taken for (identifiers.py, blocks.py, people.py).
"""

import re
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property

import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.exports import DefinedColumn, TextTable, code_in_text
from dagster_project.study import comparable

WHOLE_NUMBER = re.compile(r"[+-]?[0-9]{1,9}(?:[.,]0+)?", re.ASCII)
NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:[.,][0-9]*)?|[.,][0-9]+)", re.ASCII)
#: What programs write for a cell without a value.
MISSING_MARKS = frozenset({"NA", "NaN", "nan", "NULL", "null", "None", "#N/A", "#NULL!", "__NA__", "."})


@dataclass(frozen=True)
class ColumnFacts:
    """One column in some rows of a table.

    counts: how many cells hold a text, without blank ones. row_count: how many rows there are. label: the file's own for
    the column. value_labels: text of a value to its label. missing_codes: what the file declares as missing. question: what
    the survey's own definition says of it.
    """

    name: str
    counts: Counter[str]
    row_count: int
    label: str = ""
    value_labels: dict[str, str] = field(default_factory=dict)
    missing_codes: tuple[str, ...] = ()
    question: DefinedColumn | None = None

    @property
    def n_filled(self) -> int:
        return self.counts.total()

    @cached_property
    def values(self) -> Counter[str]:
        """The counts without what programs write for a cell without a value (NA)."""
        return Counter({text: count for text, count in self.counts.items() if text not in MISSING_MARKS})

    @cached_property
    def is_whole(self) -> bool:
        """Whether every filled cell holds a whole number, and there is one."""
        return bool(self.values) and all(WHOLE_NUMBER.fullmatch(text) for text in self.values)

    @cached_property
    def is_numeric(self) -> bool:
        return bool(self.values) and all(NUMBER.fullmatch(text) for text in self.values)

    @cached_property
    def numbers(self) -> Counter[int]:
        """How often each whole number occurs, by itself or as the code that a text carries; other texts are left out."""
        numbers = Counter[int]()
        for text, count in self.counts.items():
            if WHOLE_NUMBER.fullmatch(text):
                numbers[whole_number(text)] += count
            elif (code := code_in_text(text)) is not None:
                numbers[code] += count
        return numbers


def whole_number(text: str) -> int:
    """The number of a text that is one (WHOLE_NUMBER)."""
    return int(re.split("[.,]", text)[0])


def trimmed_cells(table: TextTable, column: str) -> pa.Array:
    """A column's cells without the blanks around them; the first column of that name."""
    cells = table.texts([table.columns.index(column)]).column(0)
    return pc.utf8_trim_whitespace(cells.combine_chunks())


def has_row_numbers_only(table: TextTable) -> bool:
    """Whether a table has columns without a name, all of which are blank or number the rows, as R writes
    them (those of a part of a table, too)."""
    positions = [position for position, column in enumerate(table.columns) if not column.strip()]
    for cells in table.texts(positions).columns:
        texts = [text for text in cells.to_pylist() if text.strip()]
        if len(set(texts)) < len(texts) or not all(WHOLE_NUMBER.fullmatch(text) for text in texts):
            return False
    return bool(positions)


def rows_with(table: TextTable, column: str, texts: tuple[str, ...]) -> pa.Array:
    """Which rows hold one of some texts in a column."""
    return pc.is_in(trimmed_cells(table, column), value_set=pa.array(texts, pa.string()))


def column_facts(table: TextTable, row_mask: pa.Array | None = None) -> dict[str, ColumnFacts]:
    """The facts of each column with a name that occurs once. row_mask: the rows that count; None for all."""
    name_counts = Counter(table.columns)
    facts: dict[str, ColumnFacts] = {}
    row_count = table.row_count if row_mask is None else int(pc.sum(row_mask).as_py() or 0)
    for column in table.columns:
        if not column.strip() or name_counts[column] > 1:
            continue
        cells = trimmed_cells(table, column)
        if row_mask is not None:
            cells = pc.filter(cells, row_mask)
        counts = Counter[str]()
        for count in pc.value_counts(cells).to_pylist():
            if text := comparable(count["values"] or ""):
                counts[text] += count["counts"]
        facts[column] = ColumnFacts(
            name=column,
            counts=counts,
            row_count=row_count,
            label=table.column_labels.get(column, ""),
            value_labels=dict(table.value_labels.get(column, {})),
            missing_codes=tuple(table.special_codes.get(column, ())),
        )
    return facts


def pooled(columns: list[ColumnFacts]) -> ColumnFacts:
    """One column over several waves or items: counts added up, labels put together."""
    counts = Counter[str]()
    value_labels: dict[str, str] = {}
    for column in columns:
        counts.update(column.counts)
        value_labels |= column.value_labels
    missing_codes = tuple(dict.fromkeys(code for column in columns for code in column.missing_codes))
    row_count = sum(column.row_count for column in columns)
    question = next((column.question for column in columns if column.question is not None), None)
    return ColumnFacts(columns[0].name, counts, row_count, columns[0].label, value_labels, missing_codes, question)
