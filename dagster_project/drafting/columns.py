"""Facts about the columns of a table: which texts they hold, how often, and what the file says of them.

Belongs here: counting. Does not belong here: what a column is taken for (identifiers.py, blocks.py, people.py).
"""

import math
import re
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property

import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.exports import DefinedColumn, TextTable, code_in_text
from dagster_project.study import comparable

WHOLE_NUMBER = re.compile(r"[+-]?[0-9]{1,9}(?:[.,]0+)?", re.ASCII)
_WITH_DECIMALS = re.compile(r"[+-]?[0-9]{0,9}[.,][0-9]+", re.ASCII)
#: 1,500 and 2.250: a fraction, or thousands.
_THOUSANDS = re.compile(r"[+-]?[1-9][0-9]{0,2}[.,][0-9]{3}", re.ASCII)
#: 1,3: a fraction, or the first and the third of several answers.
_MIN_SHARE_OF_COMMAS = 0.2
_PAIR = re.compile(r"([0-9]),([0-9])", re.ASCII)
#: Numbers with more decimals are computed, such as means of items, and no answers.
_MAX_DECIMALS = 3
#: Programs add 0.1 and 0.2 up to 0.30000000000000004.
_NOISE = 1e-9
#: How many of a column's cells hold whole numbers at least, if its answers are such.
MIN_SHARE = 0.9
_MIN_CELLS, _CLOSE_TO_STANDARD = 20, 0.05
NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:[.,][0-9]*)?|[.,][0-9]+)", re.ASCII)
#: What programs write for a cell without a value.
MISSING_MARKS = frozenset({"NA", "NaN", "nan", "NULL", "null", "None", "#N/A", "#NULL!", "__NA__", "."})


@dataclass(frozen=True)
class ColumnFacts:
    """One column in some rows of a table.

    counts: how many cells hold a text, without blank ones. row_count: how many rows there are. label: the file's own for
    the column. value_labels: text of a value to its label. missing_codes: what the file declares as missing. question: what
    the survey's own definition says of it. decimals_of_parts: of a pooled column, the most that one of its columns has.
    """

    name: str
    counts: Counter[str]
    row_count: int
    label: str = ""
    value_labels: dict[str, str] = field(default_factory=dict)
    missing_codes: tuple[str, ...] = ()
    question: DefinedColumn | None = None
    decimals_of_parts: int = 0

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

    @cached_property
    def fractions(self) -> Counter[str]:
        """The texts that are numbers with decimals, with how often each occurs."""
        is_fraction = {text: _WITH_DECIMALS.fullmatch(text) and not WHOLE_NUMBER.fullmatch(text) for text in self.counts}
        return Counter({text: count for text, count in self.counts.items() if is_fraction[text]})

    @cached_property
    def decimals(self) -> int:
        """How many decimals its answers have; 0 for whole numbers, for texts, for what may be something else than fractions,
        and for numbers that were computed: with many decimals, or standardised. Of a pooled column, as many as that of its
        columns with most."""
        n_whole, n_cells = sum(self.numbers.values()), self.values.total()
        if n_whole >= MIN_SHARE * n_cells or n_whole + self.fractions.total() < MIN_SHARE * n_cells:
            return self.decimals_of_parts
        max_decimals = self.decimals_of_parts
        for text in self.fractions:
            if (decimals := decimals_of(text)) is None:
                return self.decimals_of_parts
            max_decimals = max(max_decimals, decimals)
        is_no_answer = _has_two_readings(self.fractions, n_cells) or self.is_standardised
        return self.decimals_of_parts if is_no_answer else max_decimals

    @property
    def is_standardised(self) -> bool:
        """Whether its numbers have the mean 0 and the standard deviation 1."""
        counts = [(float(number), count) for number, count in self.numbers.items()]
        counts += [(number_of(text), count) for text, count in self.fractions.items()]
        n = sum(count for _, count in counts)
        if n < _MIN_CELLS:
            return False
        mean = sum(number * count for number, count in counts) / n
        deviation = math.sqrt(sum((number - mean) ** 2 * count for number, count in counts) / n)
        return abs(mean) < _CLOSE_TO_STANDARD and abs(deviation - 1) < _CLOSE_TO_STANDARD


def _has_two_readings(fractions: Counter[str], n_cells: int) -> bool:
    """Whether texts with a decimal mark may all be thousands, or all be two answers in one cell. Half steps are none."""
    pairs = [match.groups() if (match := _PAIR.fullmatch(text)) else ("", "") for text in fractions]
    are_few = fractions.total() < _MIN_SHARE_OF_COMMAS * n_cells
    are_pairs = all(first < second for first, second in pairs) and (are_few or len({second for _, second in pairs}) > 1)
    return are_pairs or all(_THOUSANDS.fullmatch(text) for text in fractions)


def decimals_of(text: str) -> int | None:
    """How many decimals the number of a text (NUMBER) has, without the noise of binary fractions; None for more than answers
    have."""
    number = float(text.replace(",", "."))
    units = [number * 10**decimals for decimals in range(_MAX_DECIMALS + 1)]
    return next((decimals for decimals, unit in enumerate(units) if abs(unit - round(unit)) <= _NOISE), None)


def number_of(text: str) -> float:
    """The number of a text that is one (NUMBER), with either decimal mark, without the noise of binary fractions."""
    number, decimals = float(text.replace(",", ".")), decimals_of(text)
    return number if decimals is None else round(number, decimals)


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
    decimals = max(column.decimals for column in columns)
    return ColumnFacts(columns[0].name, counts, row_count, columns[0].label, value_labels, missing_codes, question, decimals)
