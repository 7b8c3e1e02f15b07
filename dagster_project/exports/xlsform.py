"""XLSForm: a form's definition for ODK, KoboToolbox and others: sheets `survey` and `choices` of a workbook, of CSV or JSON.

Belongs here: recognising it, its question types, the names that exports give to columns. Does not belong here: submissions,
which are delimited text or a workbook like any other.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dagster_project.exports.delimited import read_delimited
from dagster_project.exports.errors import ExportError, plain, quoted
from dagster_project.exports.excel import filled_sheets, read_excel
from dagster_project.exports.survey_definition import DefinedColumn, SurveyDefinition, choice_label
from dagster_project.exports.table import TextTable
from dagster_project.study import Layout

Row = Mapping[str, str]

_SELECT_ONE = re.compile(
    r"(?:select[ _]?one(?:[ _]from(?:[ _]file)?|[ _]external)?|select1|add select one prompt using)\s+(?P<list>\S+)",
    re.IGNORECASE,
)
_SELECT_MULTIPLE = re.compile(
    r"(?:select[ _]?multiple(?:[ _]from(?:[ _]file)?)?|select all that apply from|select\s(?!one))\s*(?P<list>\S+)",
    re.IGNORECASE,
)
_BEGIN = re.compile(r"begin[ _](?:group|repeat|lgroup)", re.IGNORECASE)
_END = re.compile(r"end[ _](?:group|repeat|lgroup)", re.IGNORECASE)
_NUMBER = re.compile(r"integer|int|decimal|range", re.IGNORECASE)
#: Rows that people see among questions and do not answer.
_SILENT = re.compile(r"note|calculate|hidden", re.IGNORECASE)
_SURVEY_HEADER = {"type", "name"}
#: What the sheet of choices is called, today and in old forms.
_CHOICE_SHEETS = ("choices", "choices and columns", "columns")
_PARAMETER = re.compile(r"(start|end|step)\s*=\s*(-?\d+)\b")
#: What the tools add to submissions themselves.
TOOL_COLUMN = re.compile(
    r"_.*|meta[/-].*|formhub/uuid|start|end|today|deviceid|subscriberid|simserial|simid|devicephonenum|phonenumber|username|email"
    r"|audit|SubmissionDate|KEY|PARENT_KEY|SET-OF-.*|Submitter.*|Attachments.*|ReviewState|DeviceID|Edits|FormVersion|caseid",
)
#: What stands between the names of groups and of a question.
_SEPARATORS = ("/", "-", ".", ":")


@dataclass(frozen=True)
class FormSheets:
    """The rows of the sheets, by the names of their columns; of a file that holds one of them, the other is empty."""

    survey: tuple[Row, ...]
    choices: tuple[Row, ...]


def sheets_of_workbook(path: Path, name: str) -> FormSheets | None:
    """The sheets of a workbook; None for a workbook that is no form. Raises the errors of the reader of workbooks."""
    sheets = {sheet.strip().lower(): sheet for sheet in filled_sheets(path, name)}
    if "survey" not in sheets:
        return None
    table = read_excel(path, name, Layout(sheet=sheets["survey"]))
    if not _header_of(table) >= _SURVEY_HEADER:
        return None
    survey = _rows_of(table)
    choices = next((sheets[sheet] for sheet in _CHOICE_SHEETS if sheet in sheets), None)
    return FormSheets(survey, _rows_of(read_excel(path, name, Layout(sheet=choices))) if choices is not None else ())


def sheets_of_text(path: Path, name: str) -> FormSheets | None:
    """The sheets of a CSV: one of the two, or both below one another, each after its name. None for any other file."""
    try:
        table = read_delimited(path, name)
    except ExportError:  # it may be a table all the same, below a title
        return None
    header = _header_of(table)
    if header >= _SURVEY_HEADER and _is_survey(rows := _rows_of(table)):
        return FormSheets(rows, ())
    if header & {"list_name", "list name"} and header >= {"name"} and any(column.startswith("label") for column in header):
        return FormSheets((), _rows_of(table))
    if table.columns[0].strip().lower() not in ("survey", "choices", "settings"):
        return None
    sheets: dict[str, list[Row]] = defaultdict(list)
    sheet, columns = table.columns[0].strip().lower(), None
    for row_index in range(table.row_count):
        first_cell, *cells = (cell.strip() for cell in table.row(row_index))
        if first_cell:
            sheet, columns = first_cell.lower(), None
        if not any(cells):
            continue
        if columns is None:
            columns = [_plain_key(cell) for cell in cells]
        else:
            sheets[sheet].append({column: cell for column, cell in zip(columns, cells, strict=True) if column and cell})
    survey = tuple(sheets["survey"])
    choices = next((sheets[sheet] for sheet in _CHOICE_SHEETS if sheet in sheets), [])
    return FormSheets(survey, tuple(choices)) if _is_survey(survey) else None


def sheets_of_json(content: object) -> FormSheets | None:
    """The sheets of JSON, as KoboToolbox's interface writes a form; None for any other content."""
    if isinstance(content, Mapping) and isinstance(content.get("content"), Mapping):
        content = content["content"]
    if not isinstance(content, Mapping) or not isinstance(content.get("survey"), list):
        return None
    survey, choices = (tuple(_rows_of_json(content.get(key))) for key in ("survey", "choices"))
    return FormSheets(survey, choices) if _is_survey(survey) else None


def _rows_of_json(rows: object) -> Iterator[Row]:
    for row in rows if isinstance(rows, list) else ():
        if not isinstance(row, Mapping):
            continue
        texts: dict[str, str] = {}
        for key, value in row.items():
            values: Sequence[Any] = value if isinstance(value, list) else [value]
            for number, text in enumerate(values):
                if isinstance(text, str | int | float) and not isinstance(text, bool):
                    texts[str(key).lower() if number == 0 else f"{str(key).lower()}::{number}"] = str(text).strip()
        if "select_from_list_name" in texts and " " not in texts.get("type", ""):
            texts["type"] = f"{texts['type']} {texts['select_from_list_name']}"
        texts.setdefault("name", texts.get("$autoname", ""))
        yield texts


def _header_of(table: TextTable) -> set[str]:
    return {column.strip().lower() for column in table.columns}


def _plain_key(column: str) -> str:
    """A column's name as rows have it: "Label : English" is label::english."""
    return re.sub(r"\s*:+\s*", "::", column.strip().lower())


def _rows_of(table: TextTable) -> tuple[Row, ...]:
    columns = [_plain_key(column) for column in table.columns]
    return tuple(
        {column: cell.strip() for column, cell in zip(columns, table.row(index), strict=True) if column and cell.strip()}
        for index in range(table.row_count)
    )


def _is_survey(rows: Sequence[Row]) -> bool:
    """Whether rows are those of a survey's sheet: they have types, some of them a form's, and names."""
    types = [row.get("type", "") for row in rows]
    is_known = [bool(_SELECT_ONE.match(text) or _SELECT_MULTIPLE.match(text) or _BEGIN.match(text)) for text in types]
    plain_types = {"text", "integer", "decimal", "note", "calculate", "date", "start", "end", "range"}
    return any("name" in row for row in rows) and (any(is_known) or len(plain_types & set(types)) > 1)


def form_definition(sheets: FormSheets, name: str) -> SurveyDefinition:
    """The definition in a form's sheets. Choices that cannot be used, and lists that are missing, are named.

    Raises ExportError, one line, for a form without questions.
    """
    problems: list[str] = []
    lists = _choice_lists(sheets.choices, plain(name), problems)
    columns: dict[str, DefinedColumn] = {}
    bare_names = Counter(row.get("name", "") for row in sheets.survey if not _END.match(row.get("type", "")))
    for path, column, choices in _questions(sheets.survey, lists, plain(name), problems):
        names = {separator.join(path) for separator in _SEPARATORS} | ({path[-1]} if bare_names[path[-1]] == 1 else set())
        for column_name in names:
            columns.setdefault(column_name, column)
            for choice in choices:
                for separator in (*_SEPARATORS, "_"):
                    columns.setdefault(f"{column_name}{separator}{choice}", DefinedColumn("box"))
    if not columns:
        raise ExportError(f"{plain(name)}: the form has no questions; export it again")
    return SurveyDefinition("XLSForm", columns, tuple(problems))


def _choice_lists(rows: Sequence[Row], name: str, problems: list[str]) -> dict[str, tuple[dict[str, str], ...]]:
    """Code to label in each language, by the name of the list."""
    labels: dict[str, dict[str, dict[str, str]]] = defaultdict(lambda: defaultdict(dict))
    codes_of_several_labels: set[tuple[str, str]] = set()
    for row in rows:
        list_name, code = row.get("list_name") or row.get("list name") or "", row.get("name") or row.get("value") or ""
        if not list_name and not code:
            continue
        if not list_name or not code:
            problems.append(
                f"{name}: a choice of list {quoted(list_name or code)} has no name and is left out; correct the form"
            )
            continue
        for key in (key for key in row if key == "label" or key.startswith("label::")):
            if labels[list_name][key].setdefault(code, choice_label(row[key])) != choice_label(row[key]):
                codes_of_several_labels.add((list_name, code))
        if not any(key.startswith("label") for key in row):
            labels[list_name]["label"].setdefault(code, code)
    for list_name, code in sorted(codes_of_several_labels):
        problems.append(
            f"{name}: list {quoted(list_name)} has the choice {quoted(code)} with several labels; it is left out"
        )
        for by_code in labels[list_name].values():
            by_code.pop(code, None)
    return {list_name: tuple(by_language.values()) for list_name, by_language in labels.items()}


def _questions(
    rows: Sequence[Row], lists: Mapping[str, tuple[dict[str, str], ...]], name: str, problems: list[str]
) -> Iterator[tuple[list[str], DefinedColumn, tuple[str, ...]]]:
    """Each question: the names of its groups and its own, what its column is, and the choices with columns of their own.

    Neighbours in a group with the same list are asked together.
    """
    groups: list[str] = []
    run, previous = 0, ("", "")
    for row in rows:
        question_type, question = row.get("type", "").strip(), row.get("name", "").strip()
        if _BEGIN.match(question_type):
            groups.append(question)
        elif _END.match(question_type):
            groups = groups[:-1]
        if _BEGIN.match(question_type) or _END.match(question_type) or not question:
            continue
        path = [*filter(None, groups), question]
        single, multiple = _SELECT_ONE.match(question_type), _SELECT_MULTIPLE.match(question_type)
        if single is None and not _SILENT.fullmatch(question_type):
            previous = ("", "")
        if single is None and multiple is None:
            kind = "number" if _NUMBER.fullmatch(question_type) else "other"
            yield path, DefinedColumn("number" if kind == "number" else "other", limits=_limits(row)), ()
            continue
        list_name = str((single or multiple)["list"])  # type: ignore[index]
        if list_name not in lists and not re.search(r"[.${]", list_name):
            problems.append(f"{name}: {quoted(question)} has the list {quoted(list_name)}, which is not among the choices")
        labels = lists.get(list_name, ())
        if single is None:
            yield path, DefinedColumn("other"), tuple(dict.fromkeys(code for by_code in labels for code in by_code))
            continue
        key = ("/".join(groups), list_name)
        run, previous = run + (key != previous), key
        group = next((group for group in reversed(groups) if group), list_name)
        yield path, DefinedColumn("choice", labels, f"{group}#{run}"), ()


def _limits(row: Row) -> tuple[int, int] | None:
    """The ends of a range of whole numbers."""
    parameters = {key: int(number) for key, number in _PARAMETER.findall(row.get("parameters", ""))}
    if row.get("type", "").strip().lower() != "range" or not {"start", "end"} <= set(parameters):
        return None
    return (parameters["start"], parameters["end"]) if parameters["start"] < parameters["end"] else None
