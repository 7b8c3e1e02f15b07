"""Columns whose cells hold several choices: what is asked about them, what is odd about them, and columns that say it again.

Belongs here: going through the accepted cells of each declared list. Does not belong here: splitting a cell (lists.py).

Where a cell is blank, nobody ticked a choice or nobody saw the question, and the file does not say which: the study does.
Tools that write a list may write a column of 0 and 1 for each choice beside it, which must say the same.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.exports.columns import ColumnMatch
from dagster_project.exports.errors import abbreviated_list, quoted, row_words
from dagster_project.exports.headers import HeaderTexts, header_key
from dagster_project.exports.lists import SEPARATORS, Choice, ListCell, ListReader, declared_lists, list_readers
from dagster_project.exports.table import TextTable
from dagster_project.study import SPACE, ChoiceList, Export, Study, comparable
from dagster_project.withholding import of_cell, of_cells

#: What stands between a list's column and a choice in the name of the choice's own column.
_MARKS = ("/", ".", "_")
#: What such a column holds where its choice was ticked, and where it was not.
_TICKED, _NOT_TICKED = {"1", "true", "checked"}, {"0", "false", "unchecked"}
#: How alike a text and a choice must be for the question whether the choice is meant, 0 to 1.
_MIN_SIMILARITY = 0.8
_MAX_LISTED = 3


@dataclass(frozen=True)
class ListColumns:
    """The declared lists of a file.

    readers: by code, where the file has the column. questions: a line for each cell or column that can be read in two ways.
    warnings: a line for what is odd. choice_columns: columns that say of a choice what its list says, with a sentence on
    each.
    """

    readers: Mapping[str, ListReader] = field(default_factory=dict)
    questions: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    choice_columns: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _Column:
    """The accepted cells of a list's column. name: as messages call it."""

    reader: ListReader
    name: str
    texts: pa.Array
    source_rows: pa.Array

    @property
    def choice_list(self) -> ChoiceList:
        return self.reader.choice_list

    def cells(self) -> list[tuple[str, int, ListCell]]:
        """Each different text, how many cells hold it, and what it says."""
        counts = pc.value_counts(self.texts).to_pylist()
        return [(count["values"], count["counts"], self.reader.read_cell(count["values"])) for count in counts]

    def rows_with(self, is_meant: Callable[[ListCell], bool]) -> list[int]:
        """The rows whose cell is meant, as people count them."""
        texts = pa.array([text for text, _, list_cell in self.cells() if is_meant(list_cell)], pa.string())
        rows: list[int] = pc.filter(self.source_rows, pc.is_in(self.texts, value_set=texts)).to_pylist()
        return rows


def read_lists(
    columns: ColumnMatch, table: TextTable, study: Study, export: Export, is_accepted: pa.BooleanArray | None
) -> ListColumns:
    """What the lists of a file say. is_accepted: which rows are; None: all."""
    header_text = HeaderTexts(table.columns)
    questions: list[str] = []
    warnings: list[str] = []
    choice_columns: dict[str, str] = {}
    source_rows = table.source_rows if is_accepted is None else pc.filter(table.source_rows, is_accepted)
    for reader in declared_lists(study, export):
        if (position := columns.position(reader.choice_list.column)) is None:
            continue
        name = header_text(table.columns[position])
        column = _Column(reader, name, _accepted_texts(table, position, is_accepted), source_rows)
        questions += [*_blank_cells(column), *_ambiguous_cells(column), *_misspelt_texts(column)]
        warnings += [*_unknown_texts(column), *_contradictions(column), *_repeated_choices(column)]
        for choice_column, choice in _choice_columns(columns, table, reader, is_accepted).items():
            choice_columns[choice_column] = f"column {header_text(choice_column)} is a choice of column {name}"
            choice_texts = _accepted_texts(table, table.columns.index(choice_column), is_accepted)
            questions += _disagreements(column, header_text(choice_column), choice, choice_texts)
    for position, reader, choices in _lists_beside_choices(columns, table, study, export):
        whole_column, texts = table.columns[position], _accepted_texts(table, position, is_accepted)
        column = _Column(reader, header_text(whole_column), texts, source_rows)
        if not any(list_cell.readings[0].choices for _, _, list_cell in column.cells() if not list_cell.unknown):
            continue  # it holds something else
        choice_columns[whole_column] = f'column {column.name} holds the choices of columns {column.name[:-1]}/…"'
        for choice_column, choice in choices.items():
            choice_texts = _accepted_texts(table, table.columns.index(choice_column), is_accepted)
            if _are_ticks(choice_texts):
                questions += _disagreements(column, header_text(choice_column), choice, choice_texts)
    readers = {
        code: reader
        for code, reader in list_readers(study, export).items()
        if columns.position(reader.choice_list.column) is not None
    }
    return ListColumns(readers, tuple(questions), tuple(warnings), choice_columns)


def _accepted_texts(table: TextTable, position: int, is_accepted: pa.BooleanArray | None) -> pa.Array:
    texts = table.texts([position]).column(0).combine_chunks()
    return texts if is_accepted is None else pc.filter(texts, is_accepted)


def _blank_cells(column: _Column) -> Iterator[str]:
    if column.choice_list.untouched is None and (rows := column.rows_with(lambda list_cell: list_cell.is_blank)):
        yield (
            f"column {column.name} is blank in {row_words(rows)}: perhaps no choice was ticked, perhaps nobody saw the"
            " question; say untouched: blank or answers for its list"
        )


def _ambiguous_cells(column: _Column) -> Iterator[str]:
    for text, _, list_cell in column.cells():
        if len(list_cell.readings) > 1:
            (row, *_) = pc.filter(column.source_rows, pc.equal(column.texts, text)).to_pylist()
            readings = " or ".join(
                " and ".join(of_cell(quoted(comparable(text)[part.start : part.end])) for part in reading.parts)
                for reading in sorted(list_cell.readings, key=lambda reading: len(reading.parts))[:2]
            )
            yield (
                f"column {column.name}, row {row}: {of_cell(quoted(text))} could be {readings}; export the choices as"
                " codes, or a column for each, or take one of the texts out of the list"
            )


def _misspelt_texts(column: _Column) -> Iterator[str]:
    """Texts that count for the item of any other text, and differ from a choice by letters' case and blanks only."""
    if (rest_code := column.choice_list.other_text) is None:
        return
    choices = {_letters(text): text for text in column.choice_list.texts}
    for part, n in _unknown_parts(column).items():
        if (choice := choices.get(_letters(part))) is not None:
            yield (
                f"column {column.name}: {of_cell(quoted(part))} ({_cells(n)}) counts as any other text, for {rest_code}; is"
                f" {quoted(choice)} meant? Declare {of_cell(quoted(part))} under choices, too, or correct the cell"
            )


def _unknown_texts(column: _Column) -> Iterator[str]:
    """Texts that are no choice, with the choice that may be meant; or another separator that the cells may have."""
    unknown = _unknown_parts(column)
    if not unknown:
        return
    rest_code = column.choice_list.other_text
    for separator in SEPARATORS:
        if separator != column.choice_list.separator and (n := _read_with(column, separator)):
            yield (
                f"column {column.name}: {_cells(n)} hold{'s' * (n == 1)} choices between which another separator stands; is"
                f" separator: {quoted(separator)} meant?"
            )
            return
    lines = []
    for part, n in unknown.most_common():
        hint = _did_you_mean(part, column.choice_list)
        if rest_code is None or hint:
            lines.append(f"{of_cell(quoted(part))} ({_cells(n)}{hint})")
    if lines:
        more_words = f" and {len(lines) - _MAX_LISTED} more texts" if len(lines) > _MAX_LISTED else ""
        text_list = f"{', '.join(lines[:_MAX_LISTED])}{more_words}"
        yield (
            f"column {column.name}: no choice of its list: {text_list}; declare them under choices or without_item, or say"
            " which item any other text counts for (other_text)"
            if rest_code is None
            else f"column {column.name}: counted as any other text, for {rest_code}: {text_list}; declare a text under"
            " choices if a choice is meant"
        )


def _read_with(column: _Column, separator: str) -> int:
    """How many cells with an unknown part hold nothing but choices if another separator is meant."""
    reader = ListReader(column.choice_list.model_copy(update={"separator": separator}), column.reader.reason_rules)
    return sum(
        n
        for text, n, list_cell in column.cells()
        if list_cell.unknown and not (cell := reader.read_cell(text)).unknown and len(cell.readings[0].parts) > 1
    )


def _did_you_mean(text: str, choice_list: ChoiceList) -> str:
    by_letters = {_letters(choice): choice for choice in choice_list.texts}
    close = get_close_matches(_letters(text), by_letters, 1, _MIN_SIMILARITY) if not text.isdecimal() else []
    return f", is {quoted(by_letters[close[0]])} meant?" if close else ""


def _letters(text: str) -> str:
    return " ".join(comparable(text).casefold().split())


def _unknown_parts(column: _Column) -> Counter[str]:
    parts: Counter[str] = Counter()
    for _, n, list_cell in column.cells():
        for part in list_cell.unknown if len(list_cell.readings) == 1 else ():
            parts[part] += n
    return parts


def _contradictions(column: _Column) -> Iterator[str]:
    if rows := column.rows_with(lambda list_cell: list_cell.is_contradiction):
        texts = [text for text, _, list_cell in column.cells() if list_cell.is_contradiction]
        yield (
            f"column {column.name}: {_text_list(texts)} in {row_words(rows)}: a choice that"
            " stands alone stands beside others, so no choice of the cell is an answer; correct the cell"
        )


def _repeated_choices(column: _Column) -> Iterator[str]:
    if rows := column.rows_with(lambda list_cell: bool(list_cell.doubles)):
        parts = dict.fromkeys(part for _, _, list_cell in column.cells() for part in list_cell.doubles)
        yield (f"column {column.name}: {_text_list([*parts])} stands twice in {row_words(rows)}; it counts once")


def _choice_columns(
    columns: ColumnMatch, table: TextTable, reader: ListReader, is_accepted: pa.BooleanArray | None
) -> dict[str, Choice]:
    """The columns of 0 and 1 of a list's choices, as far as nothing else needs them. Where another mark than / stands in
    their names, which other columns could have by chance, each of the list's items must have one."""
    choice_columns: dict[str, Choice] = {}
    for mark in _MARKS:
        names = {header_key(f"{reader.choice_list.column}{mark}{text}"): text for text in reader.choice_by_text}
        found_columns = {}
        for position, column in enumerate(table.columns):
            text = names.get(header_key(column))
            is_free = position not in columns.used_positions and table.columns.count(column) == 1
            if text is not None and is_free and _are_ticks(_accepted_texts(table, position, is_accepted)):
                found_columns[column] = reader.choice_by_text[text]
        if mark == _MARKS[0] or {choice.name for choice in found_columns.values()} >= {*reader.choice_list.choices}:
            choice_columns |= found_columns
    return choice_columns


def _lists_beside_choices(
    columns: ColumnMatch, table: TextTable, study: Study, export: Export
) -> Iterator[tuple[int, ListReader, dict[str, Choice]]]:
    """The columns that nothing needs and that may hold all choices whose own columns are declared (sports, sports/swim),
    each with how its cells are read and the declared columns."""
    used_columns = {table.columns[position] for position in columns.used_positions}
    # Of every column, what it would be a choice of: a/b/c is the choice b/c of a, or the choice c of a/b.
    texts_of: dict[str, dict[str, str]] = {}
    for column in table.columns:
        end = column.find(_MARKS[0])
        while end >= 0:
            texts_of.setdefault(column[:end], {})[column] = column[end + len(_MARKS[0]) :]
            end = column.find(_MARKS[0], end + 1)
    for position, whole_column in enumerate(table.columns):
        texts = texts_of.get(whole_column, {})
        declared_columns = [column for column in texts if column in used_columns]
        if not whole_column.strip() or whole_column in used_columns or not declared_columns:
            continue
        codes: dict[str, tuple[str, ...]] = {
            f"choice_{number}": (text,) for number, text in enumerate(texts.values()) if comparable(text)
        }
        if len({comparable(text) for (text,) in codes.values()}) == len(texts):
            reader = ListReader(ChoiceList(column=whole_column, separator=SPACE, choices=codes), {})
            yield position, reader, {column: reader.choice_by_text[comparable(texts[column])] for column in declared_columns}


def _are_ticks(texts: pa.Array) -> bool:
    return {_letters(text) for text in pc.unique(texts).to_pylist()} <= {"", *_TICKED, *_NOT_TICKED}


def _disagreements(column: _Column, name: str, choice: Choice, choice_texts: pa.Array) -> Iterator[str]:
    """A line on the rows in which a choice's own column does not say what the list says."""
    rows, first_texts = [], None
    pairs = zip(column.texts.to_pylist(), choice_texts.to_pylist(), column.source_rows.to_pylist(), strict=True)
    for text, choice_text, row in pairs:
        list_cell = column.reader.read_cell(text)
        is_ticked = choice in list_cell.readings[0].choices
        if list_cell.unknown and not is_ticked:
            continue  # perhaps it is the part that is unknown
        if is_ticked != (_letters(choice_text) in _TICKED):
            rows.append(row)
            first_texts = first_texts or (choice_text, text)
    if first_texts is not None:
        yield (
            f"column {name} is {of_cell(quoted(first_texts[0]))} where column {column.name} is"
            f" {of_cell(quoted(first_texts[1]))}, in {row_words(rows)}: the two say different"
            " things of one choice; export the file again, or correct the cell"
        )


def _text_list(texts: Sequence[str]) -> str:
    return of_cells(abbreviated_list([quoted(text) for text in texts]), texts)


def _cells(n: int) -> str:
    return f"{n} cells" if n > 1 else "1 cell"
