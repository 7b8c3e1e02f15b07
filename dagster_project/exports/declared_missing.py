"""What a file itself declares as missing: user-missing codes and ranges of SPSS, extended missing values of Stata and SAS;
and codes that it, or its dictionary, labels as no answer ("don't know").

Belongs here: which of them are in use and have no meaning in the protocol. Does not belong here: reading a format, typing.
"""

import re
from collections.abc import Iterator, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.exports.cell_rules import CellRule, cell_rules
from dagster_project.exports.errors import abbreviated_list, quoted
from dagster_project.exports.headers import HeaderTexts
from dagster_project.exports.table import TextTable
from dagster_project.study import PARTICIPANTS, Export, Study, comparable, read_code_range

_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
#: What labels of codes say that are no answers. "Does not apply" and its like are answers to many questions.
_NO_ANSWER = re.compile(
    "|".join(
        (
            r"(?:do ?n[o']?t|do not|does ?n[o']?t) know.*|dk(?:[/ ].*)?|unknown|refus\w*.*|prefer(?:red|s)? not to.*",
            r"(?:no|without) (?:answer|response|reply|information).*|n/?\.?a\.?|inapplicable",
            r"(?:question )?not (?:answered|asked|stated|specified|reported|given|available|applicable|ascertained).*",
            r"(?:system |user )?missing(?: (?:value|data|answer|code)\w*)?",
            r"wei(?:ß|ss) (?:ich )?nicht.*|keine? (?:angaben?|antwort).*|k\.? ?a\.?|nicht beantwortet|verweigert.*",
            r"fehlend.*|unbekannt|ne sai[ts] pas.*|(?:sans|non|pas de) r[ée]ponse.*|nsp|no sabe.*|no contesta.*|ns ?/ ?nc",
            r"sin respuesta|não sabe.*|weet (?:ik )?niet.*|geen antwoord|vet (?:ej|ikke|inte).*|nie wiem.*|brak odpowiedzi",
        )
    ),
    re.IGNORECASE,
)


def undeclared_missing_codes(table: TextTable, study: Study, export: Export) -> Iterator[str]:
    """A line for each column with cells that the file calls missing and the protocol says nothing of.

    They would be taken for answers where the anchors allow them, and for errors elsewhere. Codes that are labelled as no
    answer are asked about where they would be taken for answers, and no label of the protocol says that they are.
    """
    header_text = HeaderTexts(table.columns)
    positions = {column: position for position, column in enumerate(table.columns)}
    for block in export.blocks:
        columns = {
            code: column
            for code, column in study.column_of(block).items()
            if column in positions and (table.special_codes.get(column) or labelled_as_none(table, column))
        }
        if not columns:
            continue
        item_positions = {code: position for position, code in enumerate(study.block_codes(block.block), start=1)}
        rules = cell_rules(study, export, block.block)
        cells = table.texts([positions[column] for column in columns.values()])
        for code, column in columns.items():
            name, position = (code, None) if block.block == PARTICIPANTS else (block.block, item_positions[code])
            special_rule = CellRule(
                frozenset(map(comparable, export.special_codes_of(name, position))),
                tuple(export.special_ranges_of(name, position)),
                decimal_mark=rules[code].decimal_mark,
            )
            missing_codes = table.special_codes.get(column, ())
            texts = _counts(cells.column(str(positions[column])))
            in_use = {
                text: n for text, n in texts.items() if not special_rule.is_declared(text) and _is_among(text, missing_codes)
            }
            if in_use:
                codes = abbreviated_list([quoted(text) for text in sorted(in_use)])
                n_cells = sum(in_use.values())
                usage = f"{n_cells} cells hold it" if n_cells > 1 else "1 cell holds it"
                yield (
                    f"column {header_text(column)}: the file declares {codes} as missing, and {usage}; say under"
                    f" special_codes of the export what it means (blocks: [{name}])"
                )
            for text in sorted(labelled_as_none(table, column) & texts.keys() - in_use.keys()):
                if rules[code].holds_value(text) and comparable(text) not in rules[code].texts:
                    holders = f"{texts[text]} cells hold" if texts[text] > 1 else "1 cell holds"
                    or_labels = f', or under labels that it is an answer ("{text}": {text})' if position is not None else ""
                    yield (
                        f"column {header_text(column)}: {holders} {quoted(text)}, which the file labels as no answer; say"
                        f" under special_codes of the export what it means (blocks: [{name}]){or_labels}"
                    )


def labelled_as_none(table: TextTable, column: str) -> set[str]:
    """The codes of a column whose labels say that they are no answers."""
    labels = table.value_labels.get(column, {})
    return {
        code
        for code, label in labels.items()
        if _NO_ANSWER.fullmatch(comparable(label).strip("().[]-–* ").replace("’", "'"))
    }


def _counts(cells: pa.ChunkedArray) -> dict[str, int]:
    counts = pc.value_counts(pc.utf8_trim_whitespace(cells)).to_pylist()
    return {count["values"]: count["counts"] for count in counts if count["values"]}


def _is_among(text: str, codes: Sequence[str]) -> bool:
    """Whether a text is one of the codes, or a number within one of the ranges."""
    number = float(text) if _NUMBER.fullmatch(text) else None
    ranges = (read_code_range(code) for code in codes)
    return text in codes or any(
        number in code_range for code_range in ranges if number is not None and code_range is not None
    )
