"""REDCap's CSV, raw or with labels: one row for each record, record and event, or repeated instrument.

Belongs here: telling an export of records from a data dictionary, reading the dictionary, and noting what the rows are. Does
not belong here: delimited text itself (delimited.py); which event is which wave, which the protocol says (rows of an
export).
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow.compute as pc

from dagster_project.exports.delimited import read_delimited
from dagster_project.exports.errors import ExportError, bare_or_quoted, plain, quoted
from dagster_project.exports.table import TextTable
from dagster_project.study import Layout

_EVENT = ("redcap_event_name", "Event Name")
_REPEAT_INSTRUMENT = ("redcap_repeat_instrument", "Repeat Instrument")
_FIELD_NAME = "Variable / Field Name"
_FIELD_TYPE, _FIELD_LABEL, _CHOICES = "Field Type", "Field Label", "Choices, Calculations, OR Slider Labels"
_FIXED_CHOICES = {"yesno": {"1": "Yes", "0": "No"}, "truefalse": {"1": "True", "0": "False"}}
_CHOICE_TYPES = ("radio", "dropdown", "checkbox")


@dataclass(frozen=True)
class Dictionary:
    """The content of a data dictionary: field to its label, and field to {code: choice}."""

    labels: Mapping[str, str]
    choices: Mapping[str, Mapping[str, str]]


def read_redcap(path: Path, name: str, layout: Layout) -> TextTable:
    """Read records. The notes say how many events there are, and how many rows belong to repeated instruments.

    Raises ExportError for a data dictionary, and the errors of the delimited reader.
    """
    table = read_delimited(path, name, layout)
    if _FIELD_NAME in table.columns:
        raise ExportError(f"{plain(name)}: this is REDCap's data dictionary, not an export of records; export the records")
    notes = list(table.notes)
    positions = [position for position, column in enumerate(table.columns) if column in (*_EVENT, *_REPEAT_INSTRUMENT)]
    for position, cells in zip(positions, table.texts(positions).columns, strict=True):
        column = table.columns[position]
        counts = {count["values"]: count["counts"] for count in pc.value_counts(cells).to_pylist() if count["values"]}
        if column in _EVENT:
            events = ", ".join(f"{plain(event)} ({count} rows)" for event, count in sorted(counts.items()))
            notes.append(f"Events: {events}.")
        elif column in _REPEAT_INSTRUMENT and counts:
            notes.append(f"{sum(counts.values())} rows belong to repeated instruments: {', '.join(sorted(counts))}.")
    return replace(table, notes=tuple(notes))


def read_dictionary(path: Path) -> Dictionary:
    """Read REDCap's data dictionary (CSV). Raises ExportError, one line, for any other file."""
    name = plain(path.name)
    try:
        table = read_delimited(path, path.name)
    except OSError as error:
        raise ExportError(f"{name}: the data dictionary cannot be opened ({error.strerror}); check dictionary") from None
    positions = {column: position for position, column in enumerate(table.columns)}
    for column in (_FIELD_NAME, _FIELD_TYPE, _FIELD_LABEL, _CHOICES):
        if column not in positions:
            raise ExportError(f"{name}: column {quoted(column)} is missing; export the data dictionary from REDCap again")
    cells = {column: table.cells.column(position).to_pylist() for column, position in positions.items()}
    labels, choices = {}, {}
    for row_index, field in enumerate(cells[_FIELD_NAME]):
        labels[field] = cells[_FIELD_LABEL][row_index].strip()
        field_type = cells[_FIELD_TYPE][row_index].strip()
        if field_type in _FIXED_CHOICES:
            choices[field] = _FIXED_CHOICES[field_type]
        elif field_type in _CHOICE_TYPES:
            choices[field] = _read_choices(
                cells[_CHOICES][row_index], f"{name}: line {table.source_rows[row_index].as_py()}: {bare_or_quoted(field)}"
            )
    return Dictionary(labels, choices)


def _read_choices(text: str, location: str) -> dict[str, str]:
    """'1, Low | 2, High' to {'1': 'Low', '2': 'High'}."""
    choices: dict[str, str] = {}
    for choice in text.split("|"):
        code, comma, label = choice.partition(",")
        if not comma or not code.strip():
            raise ExportError(
                f"{location}: {bare_or_quoted(choice.strip())} is not a choice of the form code, label; correct the data"
                " dictionary"
            )
        choices[code.strip()] = label.strip()
    return choices


def with_dictionary(table: TextTable, path: Path) -> TextTable:
    """Add the content of its data dictionary to a table: labels, choices, and the fields of columns headed by labels."""
    dictionary = read_dictionary(path)
    label_counts = Counter(dictionary.labels.values())
    field_of = {label: field for field, label in dictionary.labels.items() if label_counts[label] == 1 and label}
    field_by_column = {column: field_of[column.strip()] for column in table.columns if column.strip() in field_of}
    fields = {column: field_by_column.get(column, column) for column in table.columns}
    # A checkbox has one column of 0 and 1 for each choice, called field___code.
    labels = {column: dictionary.labels.get(field.partition("___")[0], "") for column, field in fields.items()}
    choices = {column: dict(dictionary.choices.get(field, {})) for column, field in fields.items()}
    return replace(
        table,
        other_names={column: field for column, field in field_by_column.items() if column not in dictionary.labels},
        column_labels={column: label for column, label in labels.items() if label},
        value_labels={column: column_choices for column, column_choices in choices.items() if column_choices},
    )
