"""Whether a study's definitions, exports, published table, interviews and checklists fit together.

Belongs here: asking each of them, a function each. Does not belong here: what a wave's columns are taken for (columns.py).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from dagster_project.exports import (
    ContractResult,
    ExportData,
    ExportError,
    contract_of_file,
    find_files,
    look,
    propose_labels,
    quoted,
    read_cells,
    rejected_durations,
)
from dagster_project.exports.arrivals import Memory
from dagster_project.languages import missing_count
from dagster_project.rehearsal.answers import identifiers_in, people_not_on_roster, read_roster, rejected_cells
from dagster_project.rehearsal.covariates import covariate_line
from dagster_project.rehearsal.days import far_off_answers
from dagster_project.rehearsal.gates import gate_findings
from dagster_project.rehearsal.identifying import erased_people, identifying_cells, identifying_definitions
from dagster_project.rehearsal.norms import norm_findings
from dagster_project.rehearsal.page import page_findings
from dagster_project.rehearsal.planned import planned_findings
from dagster_project.rehearsal.variants import variant_findings
from dagster_project.report.checklists import read_answers
from dagster_project.results import ResultsError, read_published
from dagster_project.study import Export, Study, StudyError, counts_days, identifying_facts
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


def check_study(
    study: Study, home: Path | None = None, gone_exports: Mapping[str, str] | None = None
) -> Iterator[FitFinding]:
    """What there is, and what does not fit. Nothing is written. home: the study's, which knows who was erased. gone_exports:
    why those that the release holds may not be gone, by export."""
    roster_contracts = read_roster(study)
    roster = identifiers_in(roster_contracts.values())
    contracts: dict[str, list[tuple[Export, ContractResult]]] = {}
    for export in study.protocol.exports:
        if (reason := (gone_exports or {}).get(export.export)) is not None:
            yield FitFinding(export.wave or "roster", ERROR, reason, is_export=True)
        else:
            yield from _of_export(study, export, roster, roster_contracts if export.wave is None else {}, contracts, home)
    for planned in planned_findings(study, roster_contracts.values(), contracts):
        severity = {"question": ERROR, "warning": WARNING}.get(planned.kind, INFO)
        yield FitFinding(planned.wave, severity, planned.message, is_export=True, is_detail=True)
    asked_blocks = {block.block for export in study.protocol.exports for block in export.blocks}
    for instrument in study.instruments:
        if instrument.instrument not in asked_blocks:
            message = (
                f"no export has a block of {instrument.instrument}, so it has no answers; add one under blocks of an export"
            )
            yield FitFinding("instruments", WARNING, message)
    for wave, message in far_off_answers(study, contracts):
        yield FitFinding(wave, WARNING, message, is_export=True, is_detail=True)
    if (line := covariate_line(study, roster_contracts.values())) is not None:
        yield FitFinding("groups", INFO, line)
    yield from (FitFinding("groups", WARNING, message) for message in identifying_facts(study.protocol))
    yield from (FitFinding("labels", WARNING, message) for message in identifying_definitions(study))
    for norm in norm_findings(study, roster_contracts.values()):
        yield FitFinding("norms", WARNING if norm.kind == "warning" else INFO, norm.message)
    for variant in variant_findings(study, roster_contracts.values()):
        severity = {"question": ERROR, "warning": WARNING}.get(variant.kind, INFO)
        yield FitFinding("", severity, variant.message)
    for name in look(study, Memory(), {}).undeclared_files:
        yield FitFinding("", WARNING, f"{name}: no export declares this file")
    yield from _of_published(study)
    for finding in check_synthesis(study):
        severity = ERROR if finding.is_error else WARNING if finding.is_warning else INFO
        yield FitFinding(finding.about, severity, finding.words, is_detail=finding.is_warning)
    yield from _of_checklists(study)
    yield from (FitFinding("page", WARNING, message) for message in page_findings(study))
    yield from _of_language(study)


def _of_export(
    study: Study,
    export: Export,
    roster: list[str],
    contracts: Mapping[Path, ContractResult],
    wave_contracts: dict[str, list[tuple[Export, ContractResult]]],
    home: Path | None,
) -> Iterator[FitFinding]:
    """What is said of an export. contracts: of those of its files that have been read already. wave_contracts: those of the
    files in use of waves with conditions, and of all waves where their days matter, are added here."""
    is_asked_for = any(condition.wave == export.wave for condition in study.protocol.conditions) or (
        export.wave is not None and counts_days(study.protocol)
    )
    name = export.wave or "roster"
    try:
        files = find_files(study.folder, export)
        for file in files:
            contract_result = contracts.get(file) or contract_of_file(file, file.name, study, export)
            counts = f"{contract_result.rows_accepted} rows accepted, {contract_result.set_aside.num_rows} set aside"
            yield FitFinding(name, INFO, f"{file.name}: {counts}", is_export=True)
            erased = ((ERROR, message) for message in erased_people(home, contract_result))
            for severity, message in (*_of_file(study, export, contract_result, roster), *erased):
                yield FitFinding(name, severity, message, is_export=True, is_detail=True)
            if is_asked_for and (export.files == "parts" or file == files[-1]):
                wave_contracts.setdefault(name, []).append((export, contract_result))
    except ExportError as error:
        yield FitFinding(name, ERROR, str(error), is_export=True)
        return
    if not files:
        service = study.protocol.service_of(export)
        cure = f"; {service.cure_of_absence}" if service is not None else ""
        yield FitFinding(name, INFO, f"no export has arrived in {export.folder} ({export.pattern}){cure}", is_export=True)


def _reason_columns(roster: Export) -> list[str]:
    """The roster's columns with reasons for leaving."""
    return [column for code, column in roster.leaving.columns.items() if code.endswith("_reason")]


def _of_file(study: Study, export: Export, contract_result: ContractResult, roster: list[str]) -> Iterator[tuple[str, str]]:
    """Severity and message: what a run would say of a file, up to typed answers."""
    yield from (
        (INFO, f"{sentence} Declare encoding of the export if it is another.") for sentence in contract_result.table.guesses
    )
    yield from ((WARNING, message) for message in contract_result.warnings)
    yield from ((ERROR, message) for message in contract_result.problems)
    if export.wave is None and (columns := _reason_columns(export)):
        noun, verb = ("columns", "hold") if len(columns) > 1 else ("column", "holds")
        words = f"{noun} {' and '.join(map(quoted, columns))} {verb} reasons in free text, which stay in the roster"
        yield INFO, f"{words}: a release counts who left and was excluded, and gives no reason"
    cells_read = read_cells(contract_result, study, export)
    for is_too_many, message in rejected_cells(study, cells_read):
        yield ERROR if is_too_many else WARNING, message
    if (line := rejected_durations(contract_result, export)) is not None:
        yield WARNING, line
    for is_blocking, message in gate_findings(contract_result, study, export):
        yield ERROR if is_blocking else WARNING, message
    for proposal in propose_labels(ExportData(export, contract_result.table, contract_result), study, cells_read):
        yield INFO, f"{proposal.sentence}; to accept, add under the export: {proposal.declaration}"
    yield from ((ERROR, message) for message in people_not_on_roster(export, contract_result, roster))
    for is_warning, message in identifying_cells(export, contract_result):
        yield WARNING if is_warning else INFO, message


def _of_published(study: Study) -> Iterator[FitFinding]:
    if study.protocol.published is None:
        return
    try:
        values = read_published(study.folder / study.protocol.published.file)
        yield FitFinding("published", INFO, f"{len(values)} printed values")
    except (ResultsError, OSError) as error:
        yield FitFinding("published", ERROR, str(error))


def _of_language(study: Study) -> Iterator[FitFinding]:
    """How much of the report would be English, where the study asks for another language."""
    language = study.protocol.language
    if n_missing := missing_count(language):
        yield FitFinding(
            "", WARNING, f"language: {language}: {n_missing} messages are not translated, and the report has them in English"
        )


def _of_checklists(study: Study) -> Iterator[FitFinding]:
    try:
        answers = dict(read_answers(study))
    except StudyError as error:
        yield FitFinding("checklists", ERROR, str(error))
        return
    if n_answered := sum(len(items) for group in answers.values() for items in group.values()):
        yield FitFinding("checklists", INFO, f"{n_answered} items answered")
