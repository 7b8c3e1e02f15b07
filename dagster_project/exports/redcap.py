"""REDCap's CSV, raw or with labels: one row a record, or a record and event, or a repeated instrument.

Belongs here: telling an export of records from a data dictionary, what the dictionary says of columns, and saying what the
rows are. Does not belong here: delimited text itself (delimited.py); which event is which wave, which the protocol says
(rows of an export).
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow.compute as pc

from dagster_project.exports.delimited import read_delimited
from dagster_project.exports.errors import ExportError, plain, quoted, value
from dagster_project.exports.table import TextTable

_EVENT = ("redcap_event_name", "Event Name")
_REPEATED = ("redcap_repeat_instrument", "Repeat Instrument")
_DICTIONARY = "Variable / Field Name"
_TYPE, _LABEL, _CHOICES = "Field Type", "Field Label", "Choices, Calculations, OR Slider Labels"
_FIXED_CHOICES = {"yesno": {"1": "Yes", "0": "No"}, "truefalse": {"1": "True", "0": "False"}}
_CHOICE_TYPES = ("radio", "dropdown", "checkbox")


@dataclass(frozen=True)
class Dictionary:
    """What a data dictionary says: field to its label, and field to {code: choice}."""

    labels: Mapping[str, str]
    choices: Mapping[str, Mapping[str, str]]


def read_redcap(path: Path, name: str) -> TextTable:
    """Read records. The notes say how many events there are, and how many rows belong to repeated instruments.

    Raises ExportError for a data dictionary, and whatever the delimited reader refuses.
    """
    table = read_delimited(path, name)
    if _DICTIONARY in table.columns:
        raise ExportError(f"{plain(name)}: this is REDCap's data dictionary, not an export of records; export the records")
    notes = list(table.notes)
    places = [position for position, column in enumerate(table.columns) if column in (*_EVENT, *_REPEATED)]
    for position, cells in zip(places, table.texts(places).columns, strict=True):
        column = table.columns[position]
        counts = {count["values"]: count["counts"] for count in pc.value_counts(cells).to_pylist() if count["values"]}
        if column in _EVENT:
            notes.append("Events: " + ", ".join(f"{event} ({count} rows)" for event, count in sorted(counts.items())) + ".")
        elif column in _REPEATED and counts:
            notes.append(f"{sum(counts.values())} rows belong to repeated instruments: {', '.join(sorted(counts))}.")
    return replace(table, notes=tuple(notes))


def read_dictionary(path: Path) -> Dictionary:
    """Read REDCap's data dictionary (CSV). Raises ExportError, one line, for a file that is none."""
    name = plain(path.name)
    try:
        table = read_delimited(path, path.name)
    except OSError as error:
        raise ExportError(f"{name}: the data dictionary cannot be opened ({error.strerror}); check dictionary") from None
    places = {column: place for place, column in enumerate(table.columns)}
    for column in (_DICTIONARY, _TYPE, _LABEL, _CHOICES):
        if column not in places:
            raise ExportError(f"{name}: column {quoted(column)} is missing; export the data dictionary from REDCap again")
    cells = {column: table.cells.column(place).to_pylist() for column, place in places.items()}
    labels, choices = {}, {}
    for row, field in enumerate(cells[_DICTIONARY]):
        labels[field] = cells[_LABEL][row].strip()
        kind = cells[_TYPE][row].strip()
        if kind in _FIXED_CHOICES:
            choices[field] = _FIXED_CHOICES[kind]
        elif kind in _CHOICE_TYPES:
            choices[field] = _read_choices(cells[_CHOICES][row], f"{name}: line {table.source_rows[row].as_py()}: {field}")
    return Dictionary(labels, choices)


def _read_choices(text: str, where: str) -> dict[str, str]:
    """'1, Low | 2, High' to {'1': 'Low', '2': 'High'}."""
    found: dict[str, str] = {}
    for choice in text.split("|"):
        code, comma, label = choice.partition(",")
        if not comma or not code.strip():
            raise ExportError(f"{where}: {value(choice.strip())} is no choice (code, label); correct the data dictionary")
        found[code.strip()] = label.strip()
    return found


def with_dictionary(table: TextTable, path: Path) -> TextTable:
    """A table with what its data dictionary says: labels, choices, and the fields of columns that are headed by labels."""
    dictionary = read_dictionary(path)
    by_label = Counter(dictionary.labels.values())
    field_of = {label: field for field, label in dictionary.labels.items() if by_label[label] == 1 and label}
    headed = {column: field_of[column.strip()] for column in table.columns if column.strip() in field_of}
    fields = {column: headed.get(column, column) for column in table.columns}
    # A checkbox has one column a choice, field___code, of 0 and 1.
    labels = {column: dictionary.labels.get(field.partition("___")[0], "") for column, field in fields.items()}
    choices = {column: dict(dictionary.choices.get(field, {})) for column, field in fields.items()}
    return replace(
        table,
        other_names={column: field for column, field in headed.items() if column not in dictionary.labels},
        column_labels={column: label for column, label in labels.items() if label},
        value_labels={column: of for column, of in choices.items() if of},
    )
