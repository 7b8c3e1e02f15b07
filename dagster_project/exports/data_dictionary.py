"""REDCap's data dictionary (CSV), as its web page or its API writes it: fields, their forms, labels and choices.

Belongs here: recognising and reading it, and how REDCap heads a column by a label. Does not belong here: records
(redcap.py).
"""

import html
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dagster_project.exports.delimited import read_delimited
from dagster_project.exports.errors import ExportError, bare_or_quoted, plain, quoted

#: The columns that are read, as the web page and as the API heads them; older web pages head the last one differently.
_FIELD, _FORM, _TYPE, _LABEL, _CHOICES = range(5)
_WEB_HEADER = (
    "Variable / Field Name",
    "Form Name",
    "Field Type",
    "Field Label",
    "Choices, Calculations, OR Slider Labels",
)
_API_HEADER = ("field_name", "form_name", "field_type", "field_label", "select_choices_or_calculations")
_OLD_HEADER = (*_WEB_HEADER[:_CHOICES], "Choices OR Calculations")
#: The column with rules for what is shown, by its key, as the web page and as the API heads it; others do not need it.
_BRANCHING_KEYS = ("branching_logic_show_field_only_if", "branching_logic")
_FIXED_CHOICES = {"yesno": {"1": "Yes", "0": "No"}, "truefalse": {"1": "True", "0": "False"}}
_CHOICE_TYPES = ("radio", "dropdown", "checkbox")
#: What REDCap takes off a label: tags, but no lonely "<".
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>|<!--.*?-->", re.DOTALL)
#: What stands between a checkbox's field and the code of a choice in the name of the choice's column.
CHECKBOX_MARK = "___"
#: What a box is in the data, and its label.
BOXES = {"1": "Checked", "0": "Unchecked"}
#: What follows a form's name in the name of the column that holds its state.
STATE_SUFFIX = "_complete"


@dataclass(frozen=True)
class DictionaryField:
    """A field. choices: code to label; of a checkbox each has a column of its own. branching: when it is shown. problems:
    choices that could not be read, a sentence each."""

    name: str
    form: str
    field_type: str
    label: str
    choices: Mapping[str, str] = field(default_factory=dict)
    branching: str = ""
    problems: tuple[str, ...] = ()

    @property
    def is_checkbox(self) -> bool:
        return self.field_type == "checkbox"

    @property
    def headings(self) -> Iterator[tuple[str, str]]:
        """The name and the label of each of its columns in an export of records."""
        if not self.is_checkbox:
            yield self.name, self.label
        for code, choice in self.choices.items() if self.is_checkbox else ():
            yield checkbox_column(self.name, code), f"{self.label} (choice={choice})"


def checkbox_column(field_name: str, code: str) -> str:
    """The column of a checkbox's choice: signs become _, letters small, and what a name cannot hold is left out."""
    suffix = re.sub(r"[^a-z0-9_]", "", re.sub(r"[-.]", "_", code.strip().lower()))
    return f"{field_name}{CHECKBOX_MARK}{suffix}"


def plain_label(label: str) -> str:
    """A label as REDCap prints it: entities read, tags and line breaks taken off."""
    return " ".join(_TAG.sub(" ", html.unescape(label)).split())


def label_key(label: str) -> str:
    """A form that is equal for a label in the dictionary and as a heading: without tags, quotes (REDCap leaves them out of
    choices) and blanks (it does not always write one in place of a tag or line break)."""
    characters = unicodedata.normalize("NFC", _TAG.sub("", html.unescape(html.unescape(label))))
    return "".join(character for character in characters if not character.isspace() and character not in "\"'‘’“”\ufeff")


def is_dictionary(columns: Sequence[str]) -> bool:
    """Whether a header is a data dictionary's."""
    keys = {_header_key(column) for column in columns}
    return _header_key(_WEB_HEADER[_FIELD]) in keys or keys >= set(_API_HEADER[: _LABEL + 1])


def read_dictionary(path: Path) -> tuple[DictionaryField, ...]:
    """The fields in their order, a choice that is none left out and named. Raises ExportError, one line, for other files."""
    name = plain(path.name)
    try:
        table = read_delimited(path, path.name)
    except OSError as error:
        raise ExportError(f"{name}: the data dictionary cannot be opened ({error.strerror}); check dictionary") from None
    positions = {_header_key(column): position for position, column in enumerate(table.columns)}
    header = max(
        (_WEB_HEADER, _OLD_HEADER, _API_HEADER),
        key=lambda columns: sum(_header_key(column) in positions for column in columns),
    )
    for column in header:
        if _header_key(column) not in positions:
            raise ExportError(f"{name}: column {quoted(column)} is missing; export the data dictionary from REDCap again")
    cells = [table.cells.column(positions[_header_key(column)]).to_pylist() for column in header]
    rule_column = next((positions[key] for key in _BRANCHING_KEYS if key in positions), None)
    rules = [""] * table.row_count if rule_column is None else table.cells.column(rule_column).to_pylist()
    fields = []
    for row_index, row in enumerate(zip(*cells, strict=True)):
        field_type = row[_TYPE].strip()
        choices: Mapping[str, str] = _FIXED_CHOICES.get(field_type, {})
        problems: list[str] = []
        if field_type in _CHOICE_TYPES:
            location = f"{name}: line {table.source_rows[row_index].as_py()}: {bare_or_quoted(row[_FIELD])}"
            choices, problems = _read_choices(row[_CHOICES], location)
        texts = (row[_FIELD].strip(), row[_FORM].strip(), field_type, row[_LABEL].strip())
        fields.append(DictionaryField(*texts, choices, (rules[row_index] or "").strip(), tuple(problems)))
    return tuple(fields)


def _header_key(column: str) -> str:
    """A header in small letters and digits: spreadsheets and statistics programs write other signs differently."""
    return "_".join(re.findall(r"[a-z0-9]+", column.lower()))


def _read_choices(text: str, location: str) -> tuple[dict[str, str], list[str]]:
    """'1, Low | 2, High' to {'1': 'Low', '2': 'High'}, and a sentence for each part that is no choice. A code with several
    labels stands for none of them."""
    labels_by_code: dict[str, list[str]] = {}
    problems = []
    for choice in text.split("|"):
        code, comma, label = choice.partition(",")
        if comma and code.strip():
            labels_by_code.setdefault(code.strip(), []).append(label.strip())
        elif choice.strip():
            problems.append(
                f"{location}: {bare_or_quoted(choice.strip())} is not a choice of the form code, label and is left out;"
                " correct the data dictionary"
            )
    for code, labels in labels_by_code.items():
        if len(set(labels)) > 1:
            problems.append(
                f"{location}: the code {bare_or_quoted(code)} has {len(labels)} labels and is left out; correct the data"
                " dictionary"
            )
    return {code: labels[0] for code, labels in labels_by_code.items() if len(set(labels)) == 1}, problems
