"""What a cell of an export is read as: an answer or a declared reason, or nothing that is declared.

Belongs here: that rule for whoever looks at a file before a run. Does not belong here: the cells of a file (answers.py), a
cell of several choices (lists.py), typing the answers of a run, which dbt does by the same rule (dbt/macros/answers.sql,
stg_participants.sql; a test holds the two together).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from dagster_project.study import (
    PARTICIPANTS,
    SERVICES,
    CodeRange,
    Export,
    Study,
    comparable,
    number_in,
    with_decimal_point,
)

_WHOLE_NUMBER = re.compile(r"[+-]?[0-9]{1,9}([.]0+)?", re.ASCII)
#: Programs add 0.1 and 0.2 up to 0.30000000000000004: what is nearer to a number with the answers' decimals is that number.
_NOISE = 1e-9


@dataclass(frozen=True)
class CellRule:
    """What cells of one column may hold.

    texts: declared texts, in comparable form. ranges: of numbers that are special codes. meanings: what these texts and
    ranges stand for: of an item an answer, or why there is none; of a variable only the latter. low, high: the limits of
    numbers; None for no limit. answer_codes: the numbers between them that are answers, None for all. takes_numbers: whether
    numbers are values at all. decimals: how many of them a number may have, None for any number; are_rounded: whether a
    number with more is rounded to these. decimal_mark: "." or ",".
    """

    texts: frozenset[str]
    ranges: tuple[CodeRange, ...] = ()
    low: float | None = None
    high: float | None = None
    answer_codes: frozenset[float] | None = None
    takes_numbers: bool = True
    decimals: int | None = 0
    are_rounded: bool = False
    decimal_mark: str = "."
    meanings: Mapping[str | CodeRange, float | str] = field(default_factory=dict)

    def code_of(self, cell: str) -> float | str:
        """What a run reads a cell of an item as: an answer, or why there is none."""
        text = comparable(cell)
        declaration = self._declaration(text)
        if declaration is not None:
            return self.meanings.get(declaration, "blank")
        answer = self._number_within(text) if self.takes_numbers else None
        return "invalid" if answer is None else answer

    def accepts(self, cell: str) -> bool:
        """Whether the cell is blank, a declared text or number, or a number within the limits."""
        return self.is_declared(cell) or (self.takes_numbers and self._number_within(comparable(cell)) is not None)

    def holds_value(self, cell: str) -> bool:
        """Whether the cell holds an answer or a value: it is not blank, no special code, and would not be rejected."""
        text = comparable(cell)
        declaration = self._declaration(text)
        if declaration is None:
            return self.takes_numbers and self._number_within(text) is not None
        return declaration != "" and not isinstance(self.meanings.get(declaration), str)

    def is_declared(self, cell: str) -> bool:
        """Whether the cell is blank, a declared text, or a number that is declared, however it is spelled."""
        return self._declaration(comparable(cell)) is not None

    def _declaration(self, text: str) -> str | CodeRange | None:
        """What is declared of a comparable text: itself, blank or not, another spelling of its number, or a range."""
        if text == "" or text in self.texts:
            return text
        if (number := number_in(text, self.decimal_mark)) is None:
            return None
        declared_text = self._declared_numbers.get(number)
        return (
            declared_text if declared_text is not None else next((codes for codes in self.ranges if number in codes), None)
        )

    @cached_property
    def _declared_numbers(self) -> dict[float, str]:
        """The numbers that declared texts spell, with these texts: they hold however a cell spells them."""
        numbers = ((number_in(text, self.decimal_mark), text) for text in self.texts)
        return {number: text for number, text in numbers if number is not None}

    def _number_within(self, text: str) -> float | None:
        """The number that a text spells, if it is one within the limits."""
        number = number_in(text, self.decimal_mark)
        if number is None:
            return None
        if self.decimals == 0 and not _WHOLE_NUMBER.fullmatch(with_decimal_point(text, self.decimal_mark)):
            return None
        if self.decimals:
            units = number * 10**self.decimals
            if abs(units - round(units)) > _NOISE and not self.are_rounded:
                return None
            number = round(units) / 10**self.decimals
        is_within = (self.low is None or number >= self.low) and (self.high is None or number <= self.high)
        return number if is_within and (self.answer_codes is None or number in self.answer_codes) else None


def cell_rules(study: Study, export: Export, block: str) -> dict[str, CellRule]:
    """The rule of each column that a block of an export has, by code."""
    column_block = next(column_block for column_block in export.blocks if column_block.block == block)
    codes = study.column_of(column_block)
    rules: dict[str, CellRule] = {}
    if block == PARTICIPANTS:
        for variable in study.protocol.participant_variables:
            names = [text for category in variable.categories for text in category.text or (category.label,)]
            is_number = variable.kind == "number"
            reasons: dict[str | CodeRange, float | str] = {}
            reasons |= {comparable(text): reason for text, reason in export.special_codes_of(variable.variable).items()}
            reasons |= {code_range: reason for code_range, reason in export.special_ranges_of(variable.variable).items()}
            rules[variable.variable] = CellRule(
                frozenset(map(comparable, (*names, *export.special_codes_of(variable.variable)))),
                tuple(export.special_ranges_of(variable.variable)),
                variable.minimum,
                variable.maximum,
                takes_numbers=is_number,
                decimals=None,
                decimal_mark=export.decimal_mark_of(codes.get(variable.variable)) if is_number else ".",
                meanings=reasons,
            )
        return {code: rules[code] for code in codes}
    for position, code in enumerate(study.block_codes(block), start=1):
        ranges, texts = export.special_ranges_of(block, position), study.answer_texts(export, block, position)
        meanings: dict[str | CodeRange, float | str] = {}
        meanings |= {text: meaning for text, meaning in texts.items()} | {codes: reason for codes, reason in ranges.items()}
        anchors = None if block == SERVICES else study.instrument(block).anchors_of(position)
        rules[code] = CellRule(
            frozenset(texts),
            tuple(ranges),
            *((0, 1) if anchors is None else (anchors.low, anchors.high)),
            frozenset(anchors.answers) if anchors is not None and anchors.has_gaps else None,
            takes_numbers=not study.takes_texts_only(code),
            decimals=anchors.decimals if anchors is not None else 0,
            are_rounded=anchors is not None and anchors.are_rounded,
            decimal_mark=export.decimal_mark_of(codes.get(code)),
            meanings=meanings,
        )
    return {code: rules[code] for code in codes}
