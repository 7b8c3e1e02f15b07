"""SurveyMonkey's exports, text or workbook: questions in the first header row, their answers' columns in the second.

Belongs here: that header. Does not belong here: joining header rows (header_rows.py), reading text or a workbook.
"""

from dataclasses import replace
from pathlib import Path

from dagster_project.exports.errors import ExportError, plain, quoted
from dagster_project.exports.header_rows import JOINT
from dagster_project.exports.table import TextTable
from dagster_project.exports.text_or_workbook import read_text_or_workbook
from dagster_project.study import Layout

#: What the second row says of a question that has one column only.
_ONE_COLUMN = ("Response", "Open-Ended Response")


def read_surveymonkey(path: Path, name: str, layout: Layout) -> TextTable:
    """Read responses. Columns are called "question | answer"; a question with one column may also be called by itself.

    Raises ExportError for a file without the second header row, and the errors of the
    readers of text and workbooks.
    """
    table = read_text_or_workbook(path, name, replace(layout, header_rows=2))
    # The second row is blank below the tool's own columns, of which the respondent's number is the first.
    if JOINT in table.columns[0] or not any(JOINT in column for column in table.columns):
        first_column = table.columns[0].partition(JOINT)[0]
        raise ExportError(
            f"{plain(name)}: row 2: this is not SurveyMonkey's second header row, which is blank below"
            f" {quoted(first_column)}; export all responses data, or declare reader: delimited or excel"
        )
    other_names = {}
    for column in table.columns:
        question, _, answer = column.rpartition(JOINT)
        if question and answer in _ONE_COLUMN:
            other_names[column] = question
    return replace(table, other_names=other_names, notes=(*table.notes, "Two header rows: questions and their answers."))
