"""What a cell of an export is read as: an answer or a declared reason, or nothing that is declared.

Belongs here: that rule for whoever looks at a file before a run. Does not belong here: the cells of a file (answers.py), a
cell of several choices (lists.py), typing the answers of a run, which dbt does by the same rule (dbt/macros/answers.sql,
stg_participants.sql; a test holds the two together).
"""

import re
from dataclasses import dataclass

from dagster_project.study import PARTICIPANTS, SERVICES, CodeRange, Export, Study, comparable

_WHOLE_NUMBER = re.compile(r"[+-]?[0-9]{1,9}([.]0+)?", re.ASCII)
_NUMBER = re.compile(r"[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)", re.ASCII)


@dataclass(frozen=True)
class CellRule:
    """What cells of one column may hold.

    texts: declared texts, in comparable form. ranges: of numbers that are special codes. low, high: the limits of numbers;
    None for no limit. answer_codes: the numbers between them that are answers, None for all. takes_numbers: whether numbers
    are values at all, takes_decimals: whether others than whole ones are. decimal_mark: "." or ",".
    """

    texts: frozenset[str]
    ranges: tuple[CodeRange, ...] = ()
    low: float | None = None
    high: float | None = None
    answer_codes: frozenset[int] | None = None
    takes_numbers: bool = True
    takes_decimals: bool = False
    decimal_mark: str = "."

    def accepts(self, cell: str) -> bool:
        """Whether the cell is blank, a declared text or number, or a number within the limits."""
        return self.is_declared(cell) or (self.takes_numbers and self._is_number_within(comparable(cell)))

    def is_declared(self, cell: str) -> bool:
        """Whether the cell is blank, a declared text, or a number that is declared, however it is spelled."""
        text = comparable(cell)
        if text == "" or text in self.texts:
            return True
        number_text = self._with_point(text)
        if _WHOLE_NUMBER.fullmatch(number_text) and str(int(float(number_text))) in self.texts:
            return True
        return bool(_NUMBER.fullmatch(number_text)) and any(float(number_text) in codes for codes in self.ranges)

    def _with_point(self, text: str) -> str:
        return text.replace(".", "?").replace(",", ".") if self.decimal_mark == "," else text

    def _is_number_within(self, text: str) -> bool:
        text = self._with_point(text)
        if not (_NUMBER if self.takes_decimals else _WHOLE_NUMBER).fullmatch(text):
            return False
        number = float(text)
        is_within = (self.low is None or number >= self.low) and (self.high is None or number <= self.high)
        return is_within and (self.answer_codes is None or number in self.answer_codes)


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
                takes_decimals=True,
                decimal_mark=export.decimal if is_number else ".",
            )
        return {code: rules[code] for code in codes}
    for position, code in enumerate(study.block_codes(block), start=1):
        ranges = tuple(export.special_ranges_of(block, position))
        texts = frozenset(study.answer_texts(export, block, position))
        if block == SERVICES:
            rules[code] = CellRule(texts, ranges, 0, 1, decimal_mark=export.decimal)
        else:
            anchors = study.instrument(block).anchors_of(position)
            answer_codes = frozenset(anchors.answers) if anchors.has_gaps else None
            rules[code] = CellRule(texts, ranges, anchors.low, anchors.high, answer_codes, decimal_mark=export.decimal)
    return {code: rules[code] for code in codes}
