"""LimeSurvey's CSV: columns by code, by code and text, or by text alone.

Belongs here: splitting a header cell into code and text. Does not belong here: delimited text itself (delimited.py).
"""

import re
from dataclasses import replace
from pathlib import Path

from dagster_project.exports.delimited import read_delimited
from dagster_project.exports.table import TextTable

#: "Q1. Text", "Q1[SQ001]. Text": LimeSurvey's headers with code and text.
_CODE_AND_TEXT = re.compile(r"([A-Za-z][A-Za-z0-9_]*(?:\[[A-Za-z0-9_]+\])*)\.\s+(.+)", re.DOTALL)


def read_limesurvey(path: Path, name: str) -> TextTable:
    """Read responses. A header of code and text becomes the code; the text is its `column_labels`.

    Raises the errors of the delimited reader.
    """
    table = read_delimited(path, name)
    columns: list[str] = []
    labels: dict[str, str] = {}
    for column in table.columns:
        parts = _CODE_AND_TEXT.fullmatch(column)
        columns.append(parts[1] if parts else column)
        if parts:
            labels.setdefault(parts[1], parts[2])
    return replace(table, columns=tuple(columns), column_labels=labels)
