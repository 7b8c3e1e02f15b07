"""What in an export's file, or in the definitions, tells who somebody is; and people who were erased and are there again.

Belongs here: the lines on them, with places and shapes and never a value. Does not belong here: the patterns
(direct_identifiers/), the same in a run (raw/identifying.py).
"""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from dagster_project.direct_identifiers import ColumnFinding, column_findings, definition_findings, detections, header_kind
from dagster_project.exports import ContractResult, ExportError, abbreviated_list, quoted
from dagster_project.exports.suppression import refuse_erased
from dagster_project.study import Export, Study

_CURE = "correct it in the survey or the export; what tells of nobody is listed under not_identifying of the export"
_LABEL_CURE = "people read it; correct it, or list the text under not_identifying"
#: Codes of columns that hold the identifier, which a pseudonym takes the place of, and free text that stays in the roster.
_NOT_KEPT = ("respondent", "withdrawal_reason", "exclusion_reason")


def identifying_cells(export: Export, contract_result: ContractResult) -> Iterator[tuple[bool, str]]:
    """A line for each column of a file that a release is made of and that holds direct identifiers, or is called so, and one
    for all other columns that do. Whether it is a warning: what nobody declares stays in the file."""
    table = contract_result.table
    positions = {position: code for code, position in contract_result.column_positions.items() if position is not None}
    for detection in detections(Path(contract_result.name).stem.replace("_", " ")):
        yield (
            True,
            f"the file's name holds {detection.words} ({detection.mask}), and names of files are in a release; rename it",
        )
    undeclared: list[str] = []
    for position, column in enumerate(table.columns):
        code = positions.get(position)
        if code == "respondent" or column in export.not_identifying:
            continue
        findings = column_findings(column, _rows(contract_result, position))
        kind = header_kind(column)
        if code is None or code in _NOT_KEPT:
            undeclared += [f"{quoted(column)} ({finding.detection.words})" for finding in findings[:1]] or (
                [f"{quoted(column)} (by its name {kind})"] if kind else []
            )
            continue
        yield from ((True, _line(finding)) for finding in findings)
        for text in (table.column_labels.get(column, ""), *table.value_labels.get(column, {}).values()):
            for detection in detections(text):
                yield True, f"column {quoted(column)}: a label holds {detection.words} ({detection.mask}); {_CURE}"
        if kind is not None and not findings:
            yield True, f"column {quoted(column)} is called like one of {kind.partition(' ')[2]}s, and is kept; {_CURE}"
    if undeclared:
        yield (
            False,
            f"columns that are not kept hold what tells who somebody is: {abbreviated_list(undeclared)}; it stays in the"
            " export and its landed copy; have the export made without it",
        )


def _rows(contract_result: ContractResult, position: int) -> dict[str, list[int]]:
    """The rows in which each text of a column stands; blank ones are left out."""
    rows: dict[str, list[int]] = defaultdict(list)
    cells = contract_result.table.texts([position]).column(0).to_pylist()
    for text, row in zip(cells, contract_result.table.source_rows.to_pylist(), strict=True):
        if text:
            rows[text].append(row)
    return rows


def _line(finding: ColumnFinding) -> str:
    detection = finding.detection
    count = f"{finding.n_rows} rows, first in row {finding.row}" if finding.n_rows > 1 else f"row {finding.row}"
    return f"column {quoted(finding.column)} holds {detection.words} in {count} ({detection.mask}); {_CURE}"


def identifying_definitions(study: Study) -> Iterator[str]:
    """A line for each text of the definitions that tells who somebody is."""
    for finding in definition_findings(study):
        yield f"{finding.key} holds {finding.detection.words} ({finding.detection.mask}); {_LABEL_CURE}"


def erased_people(home: Path | None, contract_result: ContractResult) -> Iterator[str]:
    """What a run would say of a file that brings a person back who was erased. home: the study's, None if there is none."""
    if home is None:
        return
    try:
        refuse_erased(home, contract_result)
    except ExportError as error:
        yield str(error)
