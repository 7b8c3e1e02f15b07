"""LimeSurvey's exports: columns by code, by code and text, or by text alone; its VV export, with codes below the texts.

Belongs here: splitting a header cell into code and text, and telling a VV export. Does not belong here: delimited text
itself (delimited.py).
"""

import re
from dataclasses import replace
from pathlib import Path

from dagster_project.exports.delimited import read_delimited
from dagster_project.exports.table import TextTable
from dagster_project.study import Layout

#: "Q1. Text", "Q1[SQ001]. Text": LimeSurvey's headers with code and text.
_CODE_AND_TEXT = re.compile(r"([A-Za-z][A-Za-z0-9_]*(?:\[[A-Za-z0-9_]+\])*)\.\s+(.+)", re.DOTALL)
#: Columns of the tool that every VV export has, by code: in its second row.
_VV_CODES = {"id", "submitdate", "startlanguage"}


def read_limesurvey(path: Path, name: str, layout: Layout) -> TextTable:
    """Read responses. A header of code and text becomes the code; the text is its `column_labels`.

    A VV export has texts in its first row and codes in its second: the codes are the columns. Raises the errors of the
    delimited reader.
    """
    table = read_delimited(path, name, layout)
    if table.row_count and set(table.row(0)) >= _VV_CODES and not set(table.columns) & _VV_CODES:
        codes = table.row(0)
        labels = dict(zip(codes, table.columns, strict=True))
        notes = (*table.notes, "A VV export: its second row holds the codes.")
        return replace(table.without_first(1), columns=tuple(codes), column_labels=labels, notes=notes)
    columns: list[str] = []
    labels = {}
    for column in table.columns:
        parts = _CODE_AND_TEXT.fullmatch(column)
        columns.append(parts[1] if parts else column)
        if parts:
            labels.setdefault(parts[1], parts[2])
    return replace(table, columns=tuple(columns), column_labels=labels)
