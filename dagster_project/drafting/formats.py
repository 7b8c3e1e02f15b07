"""Which reader a file is for: told by its content, never by its name alone.

Belongs here: signatures of formats and of tools' headers, title and label rows. Does not belong here: reading a file
(exports/), what its columns are.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from dagster_project.drafting.columns import NUMBER
from dagster_project.exports import ExportError, TextTable, is_dictionary, read_table
from dagster_project.exports.excel import filled_sheets
from dagster_project.exports.text_or_workbook import is_workbook
from dagster_project.study import Layout

#: How files of the statistics programs begin.
_SIGNATURES = (
    (b"$FL2", "spss"),
    (b"$FL3", "spss"),
    (b"<stata_dta>", "stata"),
    (b"PAR1", "parquet"),
    (b"HEADER RECORD", "sas"),
)
_SAS = b"\xc2\xea\x81\x60"
_OLD_STATA = frozenset(b"\x69\x6c\x6e\x6f\x71\x72\x73")
_TEXT_SUFFIXES = (".csv", ".tsv", ".tab", ".txt", ".dat")
_QUALTRICS_COLUMNS = {"StartDate", "EndDate", "ResponseId", "ResponseID", "RecordedDate", "V1"}
_SURVEYMONKEY_FIRST = {"respondentid", "respondent id"}
_LIMESURVEY_COLUMNS = {"id", "submitdate"}
_LIMESURVEY_LABELS = {"Response ID", "Date submitted"}
_MAX_TITLE_ROWS = 5
_MAX_LABEL_ROWS = 2


@dataclass(frozen=True)
class RecognisedTable:
    """A table in a file. reader and layout: how it is read. ground: how that is known, after "because"."""

    reader: str
    layout: Layout
    table: TextTable
    ground: str
    is_dictionary: bool = False


def recognise(path: Path) -> list[RecognisedTable]:
    """The tables of a file: one, or one for each filled sheet of a workbook; none for a file that is no table.

    Raises ExportError, one line, for a file of a known format that cannot be read.
    """
    with path.open("rb") as file:
        beginning = file.read(600)
    program = next((reader for signature, reader in _SIGNATURES if beginning.startswith(signature)), None)
    if b"SPSS PORT FILE" in beginning:
        program = "spss"
    elif program is None and _SAS in beginning[:40]:
        program = "sas"
    elif program is None and beginning[:1] and beginning[0] in _OLD_STATA and path.suffix.lower() == ".dta":
        program = "stata"
    if program is not None:
        return [_recognised(path, program, Layout(), "the file begins like one")]
    if is_workbook(path):
        return _workbook_tables(path)
    if path.suffix.lower() not in _TEXT_SUFFIXES or not beginning.strip():
        return []
    return _text_tables(path)


def _recognised(path: Path, reader: str, layout: Layout, ground: str) -> RecognisedTable:
    return RecognisedTable(reader, layout, read_table(path, reader, path.name, layout), ground)


def _workbook_tables(path: Path) -> list[RecognisedTable]:
    sheets = filled_sheets(path, path.name)
    tables = []
    for sheet in sheets:
        layout = Layout(sheet=sheet if len(sheets) > 1 else None)
        table, layout = _below_titles(path, "excel", layout)
        if len(table.columns) > 1 and table.row_count:
            tables.append(_of_tool(path, RecognisedTable("excel", layout, table, "it is a workbook")))
    return tables


def _text_tables(path: Path) -> list[RecognisedTable]:
    table, layout = _below_titles(path, "delimited", Layout())
    if is_dictionary(table.columns):
        ground = "its header is that of REDCap's data dictionary"
        return [RecognisedTable("delimited", layout, table, ground, is_dictionary=True)]
    if len(table.columns) < 2 or not table.row_count:
        return []
    return [_of_tool(path, RecognisedTable("delimited", layout, table, "it is delimited text"))]


def _below_titles(path: Path, reader: str, layout: Layout) -> tuple[TextTable, Layout]:
    """The table below as few title rows as give a header of which most columns have names."""
    first_error: ExportError | None = None
    first_table: TextTable | None = None
    for title_rows in range(_MAX_TITLE_ROWS + 1):
        with_titles = replace(layout, title_rows=title_rows)
        try:
            table = read_table(path, reader, path.name, with_titles)
        except ExportError as error:
            first_error = first_error or error
            continue
        first_table = first_table or (table if title_rows == 0 else None)
        n_named = sum(bool(column.strip()) for column in table.columns)
        if n_named > 1 and n_named >= 0.7 * len(table.columns):
            return table, with_titles
        if _is_surveymonkey(table):
            return table, with_titles
    if first_table is None and first_error is not None:
        raise first_error
    assert first_table is not None
    return first_table, layout


def _of_tool(path: Path, plain_table: RecognisedTable) -> RecognisedTable:
    """The same table by the reader of the tool that wrote it, if one did."""
    table, layout = plain_table.table, replace(plain_table.layout, title_rows=0)
    columns = {column.strip() for column in table.columns}
    is_text = plain_table.reader == "delimited"
    candidates: list[tuple[str, Callable[[], bool], str]] = [
        ("qualtrics", lambda: bool(columns & _QUALTRICS_COLUMNS), "its header rows are those of Qualtrics"),
        ("surveymonkey", lambda: _is_surveymonkey(table), "its two header rows are those of SurveyMonkey"),
        ("redcap", lambda: is_text and _is_redcap(table), "its columns are those of REDCap"),
        ("limesurvey", lambda: is_text, "its columns are those of LimeSurvey"),
    ]
    for reader, is_possible, ground in candidates:
        if not is_possible():
            continue
        try:
            recognised = _recognised(path, reader, layout, ground)
        except ExportError:
            continue
        if reader != "limesurvey" or _is_limesurvey(recognised.table):
            return recognised
    if label_rows := _label_rows(table):
        is_part_of_names = len(set(table.columns)) < len(table.columns) or not all(map(str.strip, table.columns))
        if is_part_of_names:
            layout = replace(plain_table.layout, header_rows=1 + label_rows)
        else:
            layout = replace(plain_table.layout, label_rows=label_rows)
        return _recognised(path, plain_table.reader, layout, plain_table.ground)
    return plain_table


def _is_surveymonkey(table: TextTable) -> bool:
    return (
        table.columns[0].strip().lower() in _SURVEYMONKEY_FIRST
        and table.row_count > 0
        and not table.row(0)[0].strip()
        and any(cell.strip() for cell in table.row(0))
    )


def _is_redcap(table: TextTable) -> bool:
    columns = [column.strip() for column in table.columns]
    states = [column for column in columns if column.endswith("_complete")]
    return (
        any(column.startswith("redcap_") for column in columns)
        or "Event Name" in columns
        or (columns[0] in ("record_id", "study_id", "participant_id") and bool(states))
        or (columns[0] == "Record ID" and "Complete?" in columns)
    )


def _is_limesurvey(table: TextTable) -> bool:
    return (
        set(table.columns) >= _LIMESURVEY_COLUMNS
        or ({label.strip(' "') for label in table.column_labels.values()} | set(table.columns)) >= _LIMESURVEY_LABELS
    )


def _label_rows(table: TextTable) -> int:
    """How many of the first rows describe the columns: they have no figures, and stand over columns of numbers."""
    for n_rows in range(min(_MAX_LABEL_ROWS, table.row_count - 2)):
        cells = table.row(n_rows)
        filled_positions = [position for position, cell in enumerate(cells) if cell.strip()]
        if any(re.fullmatch(r"[\d.,:;/+\-\s]+", cells[position]) for position in filled_positions):
            return n_rows
        n_above_numbers = 0
        for position in filled_positions:
            texts = table.texts([position]).column(0).slice(n_rows + _MAX_LABEL_ROWS - n_rows).to_pylist()
            numbers = [bool(NUMBER.fullmatch(text.strip())) for text in texts if text.strip()]
            n_above_numbers += bool(numbers) and sum(numbers) >= 0.9 * len(numbers)
        if n_above_numbers < 2 or 2 * n_above_numbers < len(filled_positions) - 2:
            return n_rows
    return min(_MAX_LABEL_ROWS, max(0, table.row_count - 2))
