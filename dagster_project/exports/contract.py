"""The wave contract: an export's columns matched with what the protocol declares, and its rows accepted or set aside.

Belongs here: applying both to one file. Does not belong here: columns (columns.py), rows (row_rules.py), what is said of the
result (contract_result.py), reading a format, typing an answer, comparing waves with the roster.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.exports.boxes import read_boxes
from dagster_project.exports.cell_text import one_chunk
from dagster_project.exports.code_labels import code_label_questions
from dagster_project.exports.columns import ANSWERED_ON, RESPONDENT, ColumnMatch
from dagster_project.exports.contract_result import ContractResult
from dagster_project.exports.dates import DateColumn, read_dates
from dagster_project.exports.declared_missing import undeclared_missing_codes
from dagster_project.exports.errors import ExportError, plain, quoted
from dagster_project.exports.identifiers import rounded_identifiers
from dagster_project.exports.label_row import label_row_problem
from dagster_project.exports.landing import find_files
from dagster_project.exports.leaving import leaving_questions, leaving_texts
from dagster_project.exports.list_columns import read_lists
from dagster_project.exports.names_of_people import refuse_identifier
from dagster_project.exports.read import description_of, read_export
from dagster_project.exports.repeat_groups import export_of_repeats, repeat_group_question, with_submissions
from dagster_project.exports.row_rules import (
    NO_PARTICIPANT,
    near_misses,
    null_if_blank,
    repeated_rows,
    row_verdicts,
    rows_of_no_wave,
)
from dagster_project.exports.summary_rows import summary_row_problem
from dagster_project.exports.table import TextTable
from dagster_project.exports.thousands import thousands_questions
from dagster_project.exports.wave_files import file_of_earlier_wave
from dagster_project.study import DURATION, Export, Study

#: Columns that every export has in schema raw or, beside the items, where its answers are kept.
_RESERVED_NAMES = (RESPONDENT, ANSWERED_ON, "source_file", "source_row", "seconds_taken")


def apply_contract(table: TextTable, study: Study, export: Export, sha256: str, name: str) -> ContractResult:
    """Match a table with its export's declaration.

    `sha256` becomes `source_file`; `name` is what messages call the file. There is always a result; what is wrong is in its
    `problems`, and `raise_if_broken` turns that into an error. Identifiers stay as written; a blank one counts as missing.
    Row rules compare text as answers are compared, in the order of the protocol, before identifiers are looked at.
    Raises ExportError only for a code that is called like one of the columns that every export has, and if the rows in the
    file are not the rows accepted plus the rows set aside.
    """
    columns = ColumnMatch(table, study, export)
    row_count = table.row_count
    respondents = columns.cells(export.respondent)
    dates = _date_columns(columns, export)
    reasons, details = row_verdicts(columns, export, respondents, dates.get(ANSWERED_ON), row_count)
    positions = _positions(columns, export, name)
    if respondents is None:
        respondents = pa.chunked_array([pa.nulls(row_count, pa.string())])
    is_set_aside = one_chunk(pc.is_valid(reasons))
    set_aside = pa.table(
        {
            "source_file": pa.repeat(pa.scalar(sha256, pa.string()), pc.sum(is_set_aside).as_py() or 0),
            "source_row": pc.filter(table.source_rows, is_set_aside),
            RESPONDENT: null_if_blank(pc.filter(respondents, is_set_aside)),
            "reason": pc.filter(reasons, is_set_aside),
            "detail": pc.filter(details, is_set_aside),
        }
    )
    is_accepted, source_rows = None, table.source_rows
    if set_aside.num_rows:
        is_accepted = pc.invert(is_set_aside)
        respondents, source_rows = pc.filter(respondents, is_accepted), pc.filter(source_rows, is_accepted)
    boxes = read_boxes(columns, table, study, export, is_accepted)
    lists = read_lists(columns, table, study, export, is_accepted)
    result = ContractResult(
        name=name,
        wave=export.wave or "roster",
        sha256=sha256,
        table=table,
        is_accepted=is_accepted,
        column_positions=positions,
        dates=_dates_of_accepted_rows(dates, columns, is_set_aside),
        date_headers=columns.date_headers,
        respondents=respondents,
        source_rows=source_rows,
        set_aside=set_aside,
        findings=columns.findings({**boxes.code_columns, **lists.choice_columns, **table.joined_columns}),
        rows_in_file=row_count,
        label_row=label_row_problem(table, columns, study, export, reasons),
        summary_row=summary_row_problem(columns, export, reasons),
        rounded_identifiers=_rounded_identifiers(columns, export.respondent, respondents),
        cell_faults=_cell_faults(table, columns, export.respondent, reasons),
        undeclared_missing=tuple(undeclared_missing_codes(table, study, export)),
        code_labels=tuple(code_label_questions(table, study, export)),
        thousands=tuple(thousands_questions(table, study, export)),
        rows_of_no_wave=rows_of_no_wave(columns, export),
        near_misses=near_misses(columns, export),
        repeated_rows=repeated_rows(columns, table, export, reasons),
        repeat_group=repeat_group_question(table.columns, export),
        boxes=boxes,
        lists=lists,
        leaving=leaving_texts(export),
        leaving_questions=tuple(leaving_questions(columns, export, dates, is_set_aside)),
    )
    if row_count != result.rows_accepted + set_aside.num_rows or row_count != table.content.num_rows:
        raise ExportError(
            f"{plain(name)}: {row_count} rows in the file, but {result.rows_accepted} accepted and {set_aside.num_rows} set"
            " aside; this is a bug in Wavehouse; please report it"
        )
    return result


def contract_of_file(
    path: Path,
    name: str,
    study: Study,
    export: Export,
    sha256: str = "",
    submission_files: Sequence[tuple[Path, str]] | None = None,
) -> ContractResult:
    """Read a file of an export and apply its contract. `name` is what messages call it. submission_files: of a repeat group,
    the files of its submissions and their names; by default those that stand in the folder of their export. Raises
    ExportError for a file that cannot be read; what else is wrong is in the result."""
    table = read_export(path, export, name, description_of(study, export))
    if export.repeat_of is None:
        result = replace(
            apply_contract(table, study, export, sha256, name), wrong_file=file_of_earlier_wave(path, study, export)
        )
        refuse_identifier(name, export.folder, result.respondents)
        return result
    submission_export = study.submission_export(export)
    files = _files_in_use(study, submission_export) if submission_files is None else submission_files
    if not files:
        raise ExportError(
            f"{plain(name)}: its submissions (export {export.repeat_of}) have not arrived in {submission_export.folder}; put"
            " their file there"
        )
    submissions = [contract_of_file(file, file_name, study, submission_export) for file, file_name in files]
    for part in submissions:
        part.raise_if_broken()
    joined_table = with_submissions(table, name, export, submissions, submission_export)
    return apply_contract(joined_table, study, export_of_repeats(export, submission_export), sha256, name)


def _files_in_use(study: Study, export: Export) -> list[tuple[Path, str]]:
    files = find_files(study.folder, export)
    return [(file, file.name) for file in (files if export.files == "parts" else files[-1:])]


def _date_columns(columns: ColumnMatch, export: Export) -> dict[str, DateColumn]:
    """The dates of each column that holds dates. Column by column: one may be typed by hand, another by the tool."""
    dates, leaving = {}, leaving_texts(export)
    for code, header in columns.date_headers.items():
        if (cells := columns.cells(header)) is not None:
            cells = leaving.without_declared(code, one_chunk(cells))
            texts = pc.unique(cells).to_pylist()
            dates[code] = read_dates((text or "" for text in texts), export.dates, export.two_digit_years_from)
    return dates


def _dates_of_accepted_rows(
    dates: dict[str, DateColumn], columns: ColumnMatch, is_set_aside: pa.BooleanArray
) -> dict[str, DateColumn]:
    """The dates, of which those of rows that are set aside need not be readable."""
    accepted_dates = {}
    for code, column in dates.items():
        cells = columns.cells(columns.date_headers[code])
        if column.unread and cells is not None:
            counts: Counter[str] = Counter()
            for entry in pc.value_counts(pc.filter(cells, pc.invert(is_set_aside))).to_pylist():
                counts[(entry["values"] or "").strip()] += entry["counts"]
            unread = tuple(text for text in column.unread if counts[text])
            column = replace(column, unread=unread, unread_cells=sum(counts[text] for text in unread))
        accepted_dates[code] = column
    return accepted_dates


def _rounded_identifiers(columns: ColumnMatch, column: str, respondents: pa.ChunkedArray) -> str | None:
    words = rounded_identifiers(respondents) if columns.position(column) is not None else None
    return f"column {quoted(column)}: {words}" if words is not None else None


def _cell_faults(table: TextTable, columns: ColumnMatch, respondent: str, reasons: pa.Array) -> tuple[str, ...]:
    """What is wrong with cells whose value is not the one shown, where an accepted row and a used column need them. A row
    that is set aside for want of an identifier needs it."""
    if not table.faults:
        return ()
    reason_by_row = dict(zip(table.source_rows.to_pylist(), reasons.to_pylist(), strict=True))
    used_positions, respondent_position = columns.used_positions, columns.position(respondent)
    return tuple(
        fault.message
        for fault in table.faults
        if fault.position in used_positions
        and (fault.position == respondent_position or not fault.is_rounded)
        and reason_by_row.get(fault.source_row)
        in ((None, NO_PARTICIPANT) if fault.position == respondent_position else (None,))
    )


def _positions(columns: ColumnMatch, export: Export, name: str) -> dict[str, int | None]:
    """Each canonical code to the position of its column; None where there is no such column."""
    positions: dict[str, int | None] = {
        RESPONDENT: columns.position(export.respondent),
        ANSWERED_ON: columns.position(export.answered_on) if export.answered_on is not None else None,
    }
    if export.duration_column is not None:
        positions[DURATION] = columns.position(export.duration_column)
    for code, column in columns.canonical.items():
        if code in _RESERVED_NAMES:
            raise ExportError(f"{plain(name)}: the code {code} is a name that every export has; rename it in the protocol")
        positions[code] = columns.position(column) if column is not None else None
    return positions
