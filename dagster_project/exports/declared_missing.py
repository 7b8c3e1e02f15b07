"""What a file itself declares as missing: user-missing codes and ranges of SPSS, extended missing values of Stata and SAS.

Belongs here: which of them are in use and have no reason in the protocol. Does not belong here: reading a format, typing.
"""

import re
from collections.abc import Iterable, Iterator

import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.exports.errors import abbreviated_list, quoted
from dagster_project.exports.headers import header_text
from dagster_project.exports.table import TextTable
from dagster_project.study import PARTICIPANTS, Export, Study

_RANGE = re.compile(r"(LO|-?\d+(?:\.\d+)?) thru (HI|-?\d+(?:\.\d+)?)", re.IGNORECASE)
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


def undeclared_missing_codes(table: TextTable, study: Study, export: Export) -> Iterator[str]:
    """A line for each block with cells that the file calls missing and the protocol says nothing of.

    They would be taken for answers where the anchors allow them, and for errors elsewhere.
    """
    positions = {column: position for position, column in enumerate(table.columns)}
    for block in export.blocks:
        declared_columns = study.column_of(block)
        item_positions = {
            declared_columns[code]: position
            for position, code in enumerate(study.block_codes(block.block), start=1)
            if code in declared_columns
        }
        columns = [column for column in item_positions if column in positions and table.special_codes.get(column)]
        if not columns:
            continue
        cells = table.texts([positions[column] for column in columns])
        for column in columns:
            missing_codes, reasons = (
                table.special_codes[column],
                export.special_codes_of(block.block, item_positions[column]),
            )
            texts = _counts(cells.column(str(positions[column])))
            in_use = {text: n for text, n in texts.items() if text not in reasons and _is_among(text, missing_codes)}
            if in_use:
                codes = abbreviated_list([quoted(text) for text in sorted(in_use)])
                n_cells = sum(in_use.values())
                usage = f"{n_cells} cells hold it" if n_cells > 1 else "1 cell holds it"
                remedy = (
                    "set the variable's minimum and maximum so that it is no value"
                    if block.block == PARTICIPANTS
                    else f"say under special_codes of the export what it means (blocks: [{block.block}])"
                )
                yield f"column {header_text(column)}: the file declares {codes} as missing, and {usage}; {remedy}"


def _counts(cells: pa.ChunkedArray) -> dict[str, int]:
    counts = pc.value_counts(pc.utf8_trim_whitespace(cells)).to_pylist()
    return {count["values"]: count["counts"] for count in counts if count["values"]}


def _is_among(text: str, codes: Iterable[str]) -> bool:
    """Whether a text is one of the codes, or a number within one of the ranges."""
    for code in codes:
        if text == code:
            return True
        if (limits := _RANGE.fullmatch(code)) is not None and _NUMBER.fullmatch(text) is not None:
            low = float("-inf") if limits[1].upper() == "LO" else float(limits[1])
            high = float("inf") if limits[2].upper() == "HI" else float(limits[2])
            if low <= float(text) <= high:
                return True
    return False
