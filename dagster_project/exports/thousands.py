"""Numbers whose point could stand between thousands: 1.234 is one or twelve hundred, by the country that wrote it.

Belongs here: the columns about which people are asked. Does not belong here: the declared decimal mark
(study/decimal_marks.py).
"""

import re
from collections.abc import Iterator

from dagster_project.exports.cell_rules import cell_rules
from dagster_project.exports.errors import abbreviated_list, quoted
from dagster_project.exports.headers import HeaderTexts
from dagster_project.exports.table import TextTable
from dagster_project.study import Export, Study, comparable
from dagster_project.withholding import of_cells

_THOUSANDS = re.compile(r"[+-]?[1-9][0-9]{0,2}([.][0-9]{3})+", re.ASCII)


def thousands_questions(table: TextTable, study: Study, export: Export) -> Iterator[str]:
    """A line for each column of text in which every point stands before three digits, as points between thousands do, where
    both readings would be values and the protocol does not say which mark is the decimal one."""
    if table.delimiter is None or "decimal" in export.model_fields_set:
        return
    positions = {column: position for position, column in enumerate(table.columns)}
    header_text = HeaderTexts(table.columns)
    for block in export.blocks:
        rules = cell_rules(study, export, block.block)
        for code, column in study.column_of(block).items():
            rule, is_marked = rules[code], export.has_decimal_mark(column)
            if column not in positions or not rule.takes_numbers or is_marked or (rule.high or 1000) < 1000:
                continue
            texts = {comparable(text) for text in table.texts([positions[column]]).column(0).unique().to_pylist()}
            pointed = sorted(text for text in texts if "." in text and rule.accepts(text) and not rule.is_declared(text))
            if pointed and all(_THOUSANDS.fullmatch(text) and rule.accepts(text.replace(".", "")) for text in pointed):
                text_list = of_cells(abbreviated_list([quoted(text) for text in pointed]), pointed)
                yield (
                    f"column {header_text(column)}: the point of {text_list} could be a decimal mark or stand between"
                    ' thousands; say decimal: "." under the export if it is the decimal mark, else export the numbers'
                    " without it"
                )
