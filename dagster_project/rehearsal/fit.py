"""Whether a study's definitions, exports, published table, interviews and checklists fit together.

Belongs here: asking each of them, a function each. Does not belong here: what a wave's columns are taken for (columns.py).
"""

from collections.abc import Iterator
from dataclasses import dataclass

from dagster_project.exports import ExportError, contract_of_file, find_files, look
from dagster_project.exports.arrivals import Memory
from dagster_project.report.checklists import read_answers
from dagster_project.results import ResultsError, read_published
from dagster_project.study import Export, Study, StudyError
from dagster_project.synthesis import check_synthesis

INFO, WARNING, ERROR = "info", "warning", "error"


@dataclass(frozen=True)
class FitFinding:
    """One line. subject: an export's wave or roster (is_export), or a part of the study; empty for the study as a whole.
    is_detail: it is about the finding before it."""

    subject: str
    severity: str
    message: str
    is_export: bool = False
    is_detail: bool = False


def check_study(study: Study) -> Iterator[FitFinding]:
    """What there is, and what does not fit. Nothing is written."""
    for export in study.protocol.exports:
        yield from _of_export(study, export)
    for name in look(study, Memory(), {}).undeclared_files:
        yield FitFinding("", WARNING, f"{name}: no export declares this file")
    yield from _of_published(study)
    for finding in check_synthesis(study):
        severity = ERROR if finding.is_error else WARNING if finding.is_warning else INFO
        yield FitFinding(finding.about, severity, finding.words, is_detail=finding.is_warning)
    yield from _of_checklists(study)


def _of_export(study: Study, export: Export) -> Iterator[FitFinding]:
    name = export.wave or "roster"
    try:
        files = find_files(study.folder, export)
        for file in files:
            contract_result = contract_of_file(file, file.name, study, export)
            counts = f"{contract_result.rows_accepted} rows accepted, {contract_result.set_aside.num_rows} set aside"
            yield FitFinding(name, INFO, f"{file.name}: {counts}", is_export=True)
            for severity, messages in ((WARNING, contract_result.warnings), (ERROR, contract_result.problems)):
                for message in messages:
                    yield FitFinding(name, severity, message, is_export=True, is_detail=True)
    except ExportError as error:
        yield FitFinding(name, ERROR, str(error), is_export=True)
        return
    if not files:
        yield FitFinding(name, INFO, f"no export has arrived in {export.folder} ({export.pattern})", is_export=True)


def _of_published(study: Study) -> Iterator[FitFinding]:
    if study.protocol.published is None:
        return
    try:
        values = read_published(study.folder / study.protocol.published.file)
        yield FitFinding("published", INFO, f"{len(values)} printed values")
    except (ResultsError, OSError) as error:
        yield FitFinding("published", ERROR, str(error))


def _of_checklists(study: Study) -> Iterator[FitFinding]:
    try:
        answers = dict(read_answers(study))
    except StudyError as error:
        yield FitFinding("checklists", ERROR, str(error))
        return
    if n_answered := sum(len(items) for group in answers.values() for items in group.values()):
        yield FitFinding("checklists", INFO, f"{n_answered} items answered")
