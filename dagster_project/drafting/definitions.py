"""Surveys' own definitions among the given files: which of them an export goes with, and what it says of its columns.

Belongs here: recognising them by their content, and matching. Does not belong here: reading them (exports/), what is drafted
from them.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from dagster_project.drafting.columns import WHOLE_NUMBER, column_facts, whole_number
from dagster_project.exports import DefinedColumn, ExportError, SurveyDefinition, TextTable, quoted
from dagster_project.exports.qsf import is_qsf, names_in_export, qsf_definition
from dagster_project.exports.text_or_workbook import is_workbook
from dagster_project.exports.xlsform import (
    TOOL_COLUMN,
    FormSheets,
    form_definition,
    sheets_of_json,
    sheets_of_text,
    sheets_of_workbook,
)
from dagster_project.readable_files import most_of
from dagster_project.study import comparable

_TEXT_SUFFIXES = (".csv", ".tsv", ".txt")
#: An export goes with a definition that knows this share of its columns, or this many of them.
_MIN_SHARE, _MIN_COLUMNS = 0.3, 5
#: A column is one of a definition's choices if so many of its cells are codes or labels of them.
_MIN_KNOWN = 0.9


@dataclass(frozen=True)
class DefinitionFile:
    """A file with a definition. words: what is said of it."""

    path: Path
    definition: SurveyDefinition
    words: str = ""


def definition_in(path: Path) -> SurveyDefinition | FormSheets | None:
    """The definition that a file is: whole, or one of the sheets of a form; None for a file that is none.

    Raises ExportError, one line, for a definition that cannot be read.
    """
    with path.open("rb") as file:
        beginning = file.read(4096).lstrip(b"\xef\xbb\xbf \t\r\n")
    if beginning.startswith(b"{"):
        return _in_json(path)
    if is_workbook(path):
        sheets = sheets_of_workbook(path, path.name)
    elif path.suffix.lower() in _TEXT_SUFFIXES and beginning:
        sheets = sheets_of_text(path, path.name)
    else:
        return None
    return _whole(sheets, path)


def _in_json(path: Path) -> SurveyDefinition | FormSheets | None:
    if path.stat().st_size > most_of("json_bytes"):
        return None
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as error:
        if path.suffix.lower() == ".qsf":
            raise ExportError(f"{path.name}: this is no Qualtrics survey file ({error}); export the survey again") from None
        return None
    if is_qsf(content):
        return qsf_definition(content, path.name)
    if path.suffix.lower() == ".qsf":
        raise ExportError(f"{path.name}: Qualtrics' survey file has no questions; export the survey again")
    return _whole(sheets_of_json(content), path)


def _whole(sheets: FormSheets | None, path: Path) -> SurveyDefinition | FormSheets | None:
    """The definition, or the sheets as they are where one of the two is in another file."""
    if sheets is None or (sheets.survey and not sheets.choices) or (sheets.choices and not sheets.survey):
        return sheets
    return form_definition(sheets, path.name)


def joined_sheets(parts: Mapping[Path, FormSheets]) -> tuple[list[DefinitionFile], list[tuple[Path, str]]]:
    """The forms of which survey and choices are files of one folder, a survey without choices by itself; and the files of
    which no form can be made, each with the reason."""
    definitions: list[DefinitionFile] = []
    left_out: list[tuple[Path, str]] = []
    for path, sheets in parts.items():
        rivals = [part for file, part in parts.items() if file.parent == path.parent]
        choices = [part.choices for part in rivals if part.choices]
        if not sheets.survey:
            if len(choices) != 1 or not any(part.survey for part in rivals):
                left_out.append(
                    (path, "these are choices of a form (XLSForm), and its survey is not beside them, or several are")
                )
            continue
        whole = replace(sheets, choices=choices[0]) if len(choices) == 1 else sheets
        try:
            definitions.append(DefinitionFile(path, form_definition(whole, path.name)))
        except ExportError as error:
            left_out.append((path, str(error)))
    return definitions, left_out


def defined_columns(
    table: TextTable, definitions: Sequence[SurveyDefinition]
) -> tuple[dict[str, DefinedColumn], SurveyDefinition | None, list[str]]:
    """What the definition that knows most of a table's columns says of them, the definition, and on which columns others
    that know as many say something else: nothing is taken over of those."""
    matches = [(_matches(table, definition), definition) for definition in definitions]
    n_known = max((len(columns) for columns, _ in matches), default=0)
    if n_known < _MIN_COLUMNS and n_known < _MIN_SHARE * len(table.columns):
        return {}, None, []
    best = [(columns, definition) for columns, definition in matches if len(columns) == n_known]
    columns, definition = best[0]
    disputed = [name for name in columns if any(rival_columns.get(name) != columns[name] for rival_columns, _ in best[1:])]
    return {name: column for name, column in columns.items() if name not in disputed}, definition, disputed


def _matches(table: TextTable, definition: SurveyDefinition) -> dict[str, DefinedColumn]:
    columns = {}
    for name in table.columns:
        if definition.tool == "XLSForm":
            names = [name, name.rpartition("/")[2]]
            column = definition.column(names)
            if column is None and TOOL_COLUMN.fullmatch(name):
                continue
        else:
            column = definition.column(names_in_export(name, table.other_names.get(name)))
        if column is not None:
            columns[name] = column
    return columns


def with_labels(table: TextTable, columns: Mapping[str, DefinedColumn]) -> tuple[TextTable, list[str]]:
    """The table, its columns of choices with the labels of their definition where the file has none of its own; and the
    columns that hold other codes than the definition knows, which are left as they are."""
    labels = dict(table.value_labels)
    other_columns = []
    for name, facts in column_facts(table).items():
        if name not in columns or name in labels or not columns[name].labels:
            continue
        by_code = columns[name].labels_for(facts.values)
        known_texts = {comparable(text) for text in (*by_code, *by_code.values())}
        n_known = sum(count for text, count in facts.values.items() if _plain_number(text) in known_texts)
        if n_known < _MIN_KNOWN * facts.values.total():
            other_columns.append(name)
        else:
            labels[name] = by_code
    return replace(table, value_labels=labels), other_columns


def _plain_number(text: str) -> str:
    """A whole number without a fraction of zeros, any other text as it is."""
    return str(whole_number(text)) if WHOLE_NUMBER.fullmatch(text) else text


def disputed_words(names: Sequence[str], n_definitions: int) -> str:
    """What is said of columns of which definitions say different things."""
    return (
        f"{n_definitions} definitions know the export as well and differ on {len(names)} columns ({quoted(names[0])}, …), of"
        " which nothing is taken over; give the right one only"
    )
