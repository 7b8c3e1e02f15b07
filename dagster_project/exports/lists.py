"""A cell that holds several choices of one question, split into what it says of each choice.

Belongs here: that rule, cell by cell. Does not belong here: what is said of a whole column (list_columns.py), typing what
comes out (cell_rules.py, dbt/macros/answers.sql).

A choice's own text may hold the separator ("Yes, often"), and one choice may be the beginning of another. So a cell is not
cut at each separator: of all ways to cut it, those count that leave least of it unknown. Where two of them mean different
choices, the cell can be read in two ways. What comes out for a choice is a cell's text like any other: 1, 0, a special code,
blank, or a text that is no answer and says why.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Literal

import pyarrow as pa

from dagster_project.exports.cell_rules import CellRule, cell_rules
from dagster_project.study import LINE_BREAK, SPACE, ChoiceList, Export, Study, comparable

#: How the text for a choice begins where the cell does not say whether it was ticked, and what follows.
NO_CHOICE, NOT_ALONE, TWO_READINGS = "no choice: ", "not alone: ", "two readings: "
#: What is said of such texts where they are rejected.
LIST_CURE = "correct the cells, or the choices of the list"
#: The separators that are known, each with what it looks like in a cell.
SEPARATORS = {
    ",": re.compile(r"\s*,\s*"),
    ";": re.compile(r"\s*;\s*"),
    "|": re.compile(r"\s*\|\s*"),
    LINE_BREAK: re.compile(r"\s*[\r\n]\s*"),
    SPACE: re.compile(r"\s+"),
}
#: how many ways to read the beginning of a cell are followed.
_MAX_READINGS = 16


def is_of_list(text: str) -> bool:
    """Whether a text is what a list's cell says of a choice that is no answer."""
    return text.startswith((NO_CHOICE, NOT_ALONE, TWO_READINGS))


@dataclass(frozen=True)
class Choice:
    """What a part of a cell is. name: the code of its item, or its text where it has none. is_alone: whether it excludes
    other choices; a special code does."""

    kind: Literal["item", "no item", "special code"]
    name: str
    is_alone: bool = False


@dataclass(frozen=True)
class Part:
    """A part of a cell: where it begins and ends, and what it is; None where it is unknown."""

    start: int
    end: int
    choice: Choice | None


@dataclass(frozen=True)
class Reading:
    """One way to read a cell, or its beginning. n_unknown: how many pieces between separators it leaves unknown."""

    parts: tuple[Part, ...] = ()
    n_unknown: int = 0

    @property
    def choices(self) -> frozenset[Choice]:
        return frozenset(part.choice for part in self.parts if part.choice is not None)

    def with_unknown(self, start: int, end: int) -> "Reading":
        """The same with one more piece that is unknown: the free text before it goes on, whatever it holds."""
        if self.parts and self.parts[-1].choice is None:
            return Reading((*self.parts[:-1], Part(self.parts[-1].start, end, None)), self.n_unknown + 1)
        return Reading((*self.parts, Part(start, end, None)), self.n_unknown + 1)


@dataclass(frozen=True)
class ListCell:
    """A cell that was read. texts: what it says of each item, by code. readings: one, unless it can be read in
    several. unknown: its parts that are no choice. doubles: parts of a choice that stands in it twice."""

    texts: Mapping[str, str]
    readings: Sequence[Reading]
    unknown: tuple[str, ...] = ()
    doubles: tuple[str, ...] = ()

    @property
    def is_blank(self) -> bool:
        return not self.readings[0].parts

    @property
    def is_contradiction(self) -> bool:
        """Whether a choice that stands alone stands beside others."""
        choices = self.readings[0].choices
        return (
            len(self.readings) == 1 and any(choice.is_alone for choice in choices) and len(choices) + len(self.unknown) > 1
        )


@dataclass(frozen=True)
class ListReader:
    """Reads the cells of one list. reason_rules: by code, the special codes of its item."""

    choice_list: ChoiceList
    reason_rules: Mapping[str, CellRule]
    _cells: dict[str, ListCell] = field(default_factory=dict, compare=False)

    def read_cell(self, cell: str) -> ListCell:
        """What a cell says; each different cell is read once."""
        if cell not in self._cells:
            self._cells[cell] = self._split(comparable(cell))
        return self._cells[cell]

    def accepts(self, cell: str) -> bool:
        """Whether the cell is blank, or holds nothing but choices, or a special code."""
        list_cell = self.read_cell(cell)
        return not list_cell.unknown and len(list_cell.readings) == 1 and not list_cell.is_contradiction

    def texts_of(self, code: str, cells: pa.Array) -> pa.Array:
        """The text for an item in each of many cells."""
        encoded = cells.dictionary_encode()
        texts = [self.read_cell(text or "").texts[code] for text in encoded.dictionary.to_pylist()]
        return pa.array(texts, pa.string()).take(encoded.indices)

    def choice_of(self, text: str) -> Choice | None:
        """The choice or special code that a text is, a number however it is spelled; None for neither."""
        text = comparable(text)
        if text in self.choice_by_text:
            return self.choice_by_text[text]
        if any(rule.is_declared(text) for rule in self.reason_rules.values()):
            return Choice("special code", text, is_alone=True)
        return next((choice for rule, choice in self._number_rules if rule.is_declared(text)), None)

    @cached_property
    def choice_by_text(self) -> dict[str, Choice]:
        """The declared choices, by their text in comparable form."""
        choice_list = self.choice_list
        alone = {*map(choice_list.bare, choice_list.exclusive)}
        alone_codes = {code for code, texts in choice_list.choices.items() if alone & {*map(choice_list.bare, texts)}}
        choices = {
            choice_list.bare(text): Choice("item", code, code in alone_codes)
            for code, texts in choice_list.choices.items()
            for text in texts
        }
        further_texts = {*map(choice_list.bare, (*choice_list.exclusive, *choice_list.without_item))} - {*choices}
        return choices | {text: Choice("no item", text, text in alone) for text in further_texts}

    @cached_property
    def _number_rules(self) -> list[tuple[CellRule, Choice]]:
        """Choices that are numbers, which a cell may spell otherwise (1.0)."""
        numbers = {text: choice for text, choice in self.choice_by_text.items() if text.lstrip("+-").isdecimal()}
        return [(CellRule(frozenset({text})), choice) for text, choice in numbers.items()]

    @cached_property
    def _max_pieces(self) -> int:
        """How many pieces between separators a declared text has at most."""
        texts = [*self.choice_by_text, *(text for rule in self.reason_rules.values() for text in rule.texts)]
        return max((len([*pieces_between(text, self.choice_list.separator)]) for text in texts), default=1)

    def _split(self, text: str) -> ListCell:
        codes, rest_code = self.choice_list.codes, self.choice_list.other_text
        readings = self._readings(text)
        if len(readings) > 1:
            return ListCell(dict.fromkeys(codes, TWO_READINGS + text), readings)
        (reading,) = readings
        unknown = tuple(text[part.start : part.end] for part in reading.parts if part.choice is None)
        choice_parts = [part for part in reading.parts if part.choice is not None]
        doubles = tuple(
            text[part.start : part.end]
            for index, part in enumerate(choice_parts)
            if part.choice in {earlier.choice for earlier in choice_parts[:index]}
        )
        list_cell = ListCell({}, readings, unknown, doubles)
        if list_cell.is_blank:
            blank_text = "0" if self.choice_list.untouched == "answers" else ""
            return ListCell(dict.fromkeys(codes, blank_text), readings)
        if list_cell.is_contradiction:
            return ListCell(dict.fromkeys(codes, NOT_ALONE + text), readings, unknown, doubles)
        ticked = {choice.name for choice in reading.choices if choice.kind == "item"} | (
            {rest_code} if unknown and rest_code else set()
        )
        rest_text = NO_CHOICE + ", ".join(unknown) if unknown and rest_code is None else "0"
        texts = {code: "1" if code in ticked else rest_text for code in codes}
        if special := next((choice.name for choice in reading.choices if choice.kind == "special code"), None):
            texts = {
                code: special if self.reason_rules[code].is_declared(special) else NO_CHOICE + special for code in codes
            }
        return ListCell(texts, readings, unknown, doubles)

    def _readings(self, text: str) -> list[Reading]:
        """The ways to read a text that leave least of it unknown, one for each set of choices."""
        pieces = [*pieces_between(text, self.choice_list.separator)]
        readings_to: list[list[Reading]] = [[Reading()]]
        for end in range(1, len(pieces) + 1):
            candidates = []
            for start in range(max(0, end - self._max_pieces), end):
                begin, finish = pieces[start][0], pieces[end - 1][1]
                if (choice := self.choice_of(text[begin:finish])) is not None:
                    part = Part(begin, finish, choice)
                    candidates += [Reading((*reading.parts, part), reading.n_unknown) for reading in readings_to[start]]
            candidates += [reading.with_unknown(*pieces[end - 1]) for reading in readings_to[end - 1]]
            min_unknown = min(reading.n_unknown for reading in candidates)
            by_meaning = {reading.choices: reading for reading in reversed(candidates) if reading.n_unknown == min_unknown}
            readings_to.append([*by_meaning.values()][:_MAX_READINGS])
        return readings_to[-1]


def pieces_between(text: str, separator: str) -> Iterator[tuple[int, int]]:
    """Where each piece of a text between separators begins and ends, without blanks around it; none that is blank."""
    pattern = SEPARATORS.get(separator) or re.compile(rf"\s*{re.escape(separator)}\s*")
    borders = [0, *(border for match in pattern.finditer(text) for border in match.span()), len(text)]
    for start, end in [*pairwise(borders)][::2]:
        piece = text[start:end]
        if comparable(piece):
            start += len(piece) - len(piece.lstrip())
            yield start, start + len(piece.strip())


def column_rules(study: Study, export: Export, block: str) -> dict[str, CellRule | ListReader]:
    """What accepts the cells of each column of a block as they stand in the file, by code."""
    return cell_rules(study, export, block) | {
        code: reader for code, reader in list_readers(study, export).items() if code in study.block_codes(block)
    }


def list_readers(study: Study, export: Export) -> dict[str, ListReader]:
    """The reader of each code that a list feeds."""
    readers: dict[str, ListReader] = {}
    for block in export.blocks:
        positions = {code: position for position, code in enumerate(study.block_codes(block.block), start=1)}
        for choice_list in block.lists:
            rules = {
                code: CellRule(
                    frozenset(map(comparable, export.special_codes_of(block.block, positions[code]))),
                    tuple(export.special_ranges_of(block.block, positions[code])),
                    decimal_mark=export.decimal_mark_of(choice_list.column),
                )
                for code in choice_list.codes
            }
            readers |= dict.fromkeys(choice_list.codes, ListReader(choice_list, rules))
    return readers


def declared_lists(study: Study, export: Export) -> list[ListReader]:
    """Each list of an export once."""
    readers = list_readers(study, export)
    return [readers[choice_list.codes[0]] for block in export.blocks for choice_list in block.lists]
