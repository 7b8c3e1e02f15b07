"""REDCap's CSV, raw or with labels: one row for each record, record and event, or repeated instrument.

Belongs here: telling an export of records from a data dictionary, noting what the rows are, and matching headings with the
dictionary. Does not belong here: delimited text itself (delimited.py), reading the dictionary (data_dictionary.py), forms
that nobody saw (form_states.py); which event is which wave, which the protocol says (rows of an export).
"""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow.compute as pc

from dagster_project.exports.data_dictionary import (
    BOXES,
    STATE_SUFFIX,
    DictionaryField,
    is_dictionary,
    label_key,
    plain_label,
    read_dictionary,
)
from dagster_project.exports.delimited import read_delimited
from dagster_project.exports.errors import ExportError, plain, quoted
from dagster_project.exports.table import Form, TextTable
from dagster_project.study import Layout

_ANY_LAYOUT = Layout()
_EVENT = ("redcap_event_name", "Event Name")
_REPEAT_INSTRUMENT = ("redcap_repeat_instrument", "Repeat Instrument")
#: The columns of an export with a row for each value.
_ROW_A_VALUE = {"record", "field_name", "value"}
#: The label of a form's state; programs that read a CSV number columns of one name.
_STATE_HEADING = re.compile(r"Complete\?(?:[._]\d+)?")
#: Fields that are filled in without anybody seeing their form.
_COMPUTED_TYPES = ("calc", "descriptive")


def read_redcap(path: Path, name: str, layout: Layout = _ANY_LAYOUT) -> TextTable:
    """Read records. The notes say how many events there are, and how many rows belong to repeated instruments.

    Raises ExportError for a data dictionary, for an export with a row for each value, and the errors of the delimited
    reader.
    """
    table = read_delimited(path, name, layout)
    if is_dictionary(table.columns):
        raise ExportError(f"{plain(name)}: this is REDCap's data dictionary, not an export of records; export the records")
    if set(table.columns) >= _ROW_A_VALUE:
        raise ExportError(
            f"{plain(name)}: this export has a row for each value (eav); export it flat, a row for each record"
        )
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


def with_dictionary(table: TextTable, path: Path) -> TextTable:
    """Add the content of its data dictionary to a table: labels, choices, forms, and the fields of columns headed by labels.

    Several columns that are headed Complete? get the names of their forms' states. Choices of the dictionary that are none
    are warnings. Raises ExportError, one line, for
    another file than a dictionary, and for a heading that is the name of one field and the label of another.
    """
    fields = read_dictionary(path)
    name_by_position = _names_by_position(table.columns, fields, plain(path.name))
    states = _states(table.columns, name_by_position, fields)
    columns = list(table.columns)
    if len(states) > 1:
        columns = [states.get(position, column) for position, column in enumerate(columns)]
    names = {column: name_by_position.get(position, column) for position, column in enumerate(columns)}
    names |= {columns[position]: state for position, state in states.items()}
    field_by_name = {name: field for field in fields for name, _ in field.headings}
    label_by_name = {name: plain_label(label) for field in fields for name, label in field.headings}
    known_fields = {column: field_by_name[name] for column, name in names.items() if name in field_by_name}
    return replace(
        table,
        columns=tuple(columns),
        other_names={column: name for column, name in names.items() if name != column},
        column_labels={column: label for column, name in names.items() if (label := label_by_name.get(name))},
        value_labels={column: _value_labels(field) for column, field in known_fields.items() if field.choices},
        absences=_shared_labels(columns, name_by_position, fields),
        forms=_forms(names, known_fields, fields),
        warnings=(*table.warnings, *(problem for field in fields for problem in field.problems)),
    )


def _value_labels(field: DictionaryField) -> dict[str, str]:
    return dict(BOXES) if field.is_checkbox else {code: plain_label(label) for code, label in field.choices.items()}


def _names_by_position(columns: Sequence[str], fields: Sequence[DictionaryField], dictionary: str) -> dict[int, str]:
    """The field, or field and choice, of each column that is headed by a label: first by the label as it is, then by what
    REDCap makes of it. A label of several fields, or at the head of several columns, says nothing."""
    headings = [heading for field in fields for heading in field.headings]
    field_names = {name for name, _ in headings}
    name_by_position: dict[int, str] = {}
    for key in (str.strip, label_key):
        names_by_label: dict[str, set[str]] = defaultdict(set)
        for name, label in headings:
            names_by_label[key(label)].add(name)
        positions_by_label: dict[str, list[int]] = defaultdict(list)
        for position, column in enumerate(columns):
            positions_by_label[key(column)].append(position)
        for label, positions in positions_by_label.items():
            names = names_by_label.get(label, set()) - set(name_by_position.values())
            if label and len(positions) == 1 and len(names) == 1:
                name_by_position.setdefault(positions[0], names.pop())
    has_labels = any(columns[position].strip() not in field_names for position in name_by_position)
    for position, name in list(name_by_position.items()):
        column = columns[position].strip()
        if has_labels and name != column and column in field_names:
            raise ExportError(
                f"{dictionary}: {quoted(column)} is the name of a field and the label of {name}; export the records with"
                " field names as headings"
            )
        if column in field_names:
            del name_by_position[position]
    return name_by_position


def _shared_labels(
    columns: Sequence[str], name_by_position: Mapping[int, str], fields: Sequence[DictionaryField]
) -> dict[str, str]:
    """The fields that no column is matched with, because one that has their label could be another's."""
    keys = {label_key(column) for position, column in enumerate(columns) if position not in name_by_position}
    return {
        name: f"its label {quoted(plain_label(label))} does not tell it from other columns; export the records with field"
        " names as headings"
        for field in fields
        for name, label in field.headings
        if label_key(label) in keys and name not in name_by_position.values()
    }


def _states(
    columns: Sequence[str], name_by_position: Mapping[int, str], fields: Sequence[DictionaryField]
) -> dict[int, str]:
    """The form's state that each column headed Complete? is: all of them in the order of the forms, or each that of the
    form of the column before it. Empty where that is not one form each."""
    positions = [position for position, column in enumerate(columns) if _STATE_HEADING.fullmatch(column.strip())]
    forms = list(dict.fromkeys(field.form for field in fields))
    if len(positions) != len(forms):
        form_by_name = {name: field.form for field in fields for name, _ in field.headings}
        form_by_position = {position: form_by_name[name] for position, name in name_by_position.items()}
        known_positions = [max((p for p in form_by_position if p < position), default=-1) for position in positions]
        forms = [form_by_position.get(position, "") for position in known_positions]
        if len(set(forms)) < len(forms) or "" in forms:
            return {}
    return {position: form + STATE_SUFFIX for position, form in zip(positions, forms, strict=True)}


def _forms(
    names: Mapping[str, str], known_fields: Mapping[str, DictionaryField], fields: Sequence[DictionaryField]
) -> dict[str, Form]:
    """The forms whose state is in the file. names: of the columns. The record's own field is filled in in any case."""
    columns_by_form: dict[str, list[str]] = defaultdict(list)
    for column, field in known_fields.items():
        if field is not fields[0] and field.field_type not in _COMPUTED_TYPES:
            columns_by_form[field.form].append(column)
    state_columns = {name: column for column, name in names.items()}
    forms = dict.fromkeys(field.form for field in fields)
    return {
        form: Form(state_columns[form + STATE_SUFFIX], tuple(columns_by_form[form]))
        for form in forms
        if form + STATE_SUFFIX in state_columns
    }
