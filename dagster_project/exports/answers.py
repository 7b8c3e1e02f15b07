"""What a cell of an export is read as: an answer or a declared reason, or nothing that is declared.

Belongs here: that rule for whoever looks at a file before a run, and the texts of a file that fail it. Does not belong here:
typing the answers of a run, which dbt does by the same rule (dbt/macros/answers.sql, stg_participants.sql; a test holds the
two together), identifiers, dates.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.exports.contract_result import ContractResult
from dagster_project.study import PARTICIPANTS, SERVICES, CodeRange, Export, Study, comparable

_WHOLE_NUMBER = re.compile(r"[+-]?[0-9]{1,9}([.]0+)?", re.ASCII)
_NUMBER = re.compile(r"[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)", re.ASCII)
#: Programs add 0.1 and 0.2 up to 0.30000000000000004: what is nearer to a number with the answers' decimals is that number.
_NOISE = 1e-9


@dataclass(frozen=True)
class CellRule:
    """What cells of one column may hold.

    texts: declared texts, in comparable form. ranges: of numbers that are special codes. meanings: of an item, what each of
    these texts and ranges stands for: an answer, or why there is none. low, high: the limits of numbers;
    None for no limit. answer_codes: the numbers between them that are answers, None for all. takes_numbers: whether numbers
    are values at all. decimals: how many of them a number may have, None for any number. decimal_mark: "." or ",".
    """

    texts: frozenset[str]
    ranges: tuple[CodeRange, ...] = ()
    low: float | None = None
    high: float | None = None
    answer_codes: frozenset[float] | None = None
    takes_numbers: bool = True
    decimals: int | None = 0
    decimal_mark: str = "."
    meanings: Mapping[str | CodeRange, float | str] = field(default_factory=dict)

    def code_of(self, cell: str) -> float | str:
        """What a run reads a cell of an item as: an answer, or why there is none."""
        text = comparable(cell)
        if text == "" or text in self.texts:
            return self.meanings.get(text, "blank")
        number = self._number(text)
        if number in self._declared_numbers:
            return self.meanings[self._declared_numbers[number]]
        for codes in self.ranges:
            if number is not None and number in codes:
                return self.meanings[codes]
        answer = self._number_within(text)
        return "invalid" if answer is None else answer

    def accepts(self, cell: str) -> bool:
        """Whether the cell is blank, a declared text or number, or a number within the limits."""
        return self.is_declared(cell) or (self.takes_numbers and self._number_within(comparable(cell)) is not None)

    def is_declared(self, cell: str) -> bool:
        """Whether the cell is blank, a declared text, or a number that is declared, however it is spelled."""
        text = comparable(cell)
        if text == "" or text in self.texts:
            return True
        number = self._number(text)
        return number is not None and (number in self._declared_numbers or any(number in codes for codes in self.ranges))

    @cached_property
    def _declared_numbers(self) -> dict[float | None, str]:
        """The numbers that declared texts spell, with these texts: they hold however a cell spells them."""
        return {number: text for text in self.texts if (number := self._number(text)) is not None}

    def _number(self, text: str) -> float | None:
        pointed_text = self._with_point(text)
        return float(pointed_text) if _NUMBER.fullmatch(pointed_text) else None

    def _with_point(self, text: str) -> str:
        return text.replace(".", "?").replace(",", ".") if self.decimal_mark == "," else text

    def _number_within(self, text: str) -> float | None:
        """The number that a text spells, if it is one within the limits."""
        text = self._with_point(text)
        if not (_WHOLE_NUMBER if self.decimals == 0 else _NUMBER).fullmatch(text):
            return None
        number = float(text)
        if self.decimals:
            units = number * 10**self.decimals
            if abs(units - round(units)) > _NOISE:
                return None
            number = round(units) / 10**self.decimals
        is_within = (self.low is None or number >= self.low) and (self.high is None or number <= self.high)
        return number if is_within and (self.answer_codes is None or number in self.answer_codes) else None


def is_whole_number(text: str) -> bool:
    """Whether a text spells a whole number: digits, with zeros after a point at most."""
    return _WHOLE_NUMBER.fullmatch(text) is not None


def cell_rules(study: Study, export: Export, block: str) -> dict[str, CellRule]:
    """The rule of each column that a block of an export has, by code."""
    column_block = next(column_block for column_block in export.blocks if column_block.block == block)
    codes = study.column_of(column_block)
    rules: dict[str, CellRule] = {}
    if block == PARTICIPANTS:
        for variable in study.protocol.participant_variables:
            names = [text for category in variable.categories for text in category.text or (category.label,)]
            is_number = variable.kind == "number"
            rules[variable.variable] = CellRule(
                frozenset(map(comparable, (*names, *export.special_codes_of(variable.variable)))),
                tuple(export.special_ranges_of(variable.variable)),
                variable.minimum,
                variable.maximum,
                takes_numbers=is_number,
                decimals=None,
                decimal_mark=export.decimal if is_number else ".",
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
            decimals=anchors.decimals if anchors is not None else 0,
            decimal_mark=export.decimal,
            meanings=meanings,
        )
    return {code: rules[code] for code in codes}


@dataclass(frozen=True)
class ReadCells:
    """The cells of a block, or of one participant variable, in the accepted rows of a file, read as a run would read them.

    block: the block. name: of the block or of the variable. declared_texts: what its cells may hold besides numbers.
    value_count: how many cells are filled. rejected: the texts that are no answer, with their number.
    """

    block: str
    name: str
    declared_texts: frozenset[str]
    value_count: int
    rejected: Counter[str]


def read_cells(contract_result: ContractResult, study: Study, export: Export) -> list[ReadCells]:
    """Each instrument, the services, and each participant variable of an export. Reads the file's rows batch by batch."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    codes = [code for block in export.blocks for code in study.column_of(block)]
    for batch in contract_result.batches(set(codes)):
        for code in codes:
            cells = batch.column(code)
            if pa.types.is_null(cells.type) or not len(cells):
                continue
            for count in pc.value_counts(cells).to_pylist():
                if count["values"] is not None:
                    counts[code][str(count["values"])] += count["counts"]
    groups = []
    for block in export.blocks:
        rules = cell_rules(study, export, block.block)
        parts = (
            [(code, {code: rule}) for code, rule in rules.items()] if block.block == PARTICIPANTS else [(block.block, rules)]
        )
        groups += [_block_cells(block.block, name, part, counts) for name, part in parts]
    return groups


def _block_cells(block: str, name: str, rules: Mapping[str, CellRule], counts: Mapping[str, Counter[str]]) -> ReadCells:
    value_count, rejected, declared_texts = 0, Counter[str](), frozenset[str]()
    for code, rule in rules.items():
        declared_texts |= rule.texts
        for text, n in counts[code].items():
            value_count += n if comparable(text) else 0
            if not rule.accepts(text):
                rejected[text] += n
    return ReadCells(block, name, declared_texts, value_count, rejected)
