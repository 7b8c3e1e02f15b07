"""REDCap's CSV, raw or with labels: one row a record, or a record and event, or a repeated instrument.

Belongs here: telling an export of records from a data dictionary, and saying what its rows are. Does not belong here:
delimited text itself (delimited.py); which event is which wave, which the protocol says (rows of an export).
"""

from collections import Counter
from dataclasses import replace
from pathlib import Path

from dagster_project.exports.delimited import read_delimited
from dagster_project.exports.errors import ExportError, plain
from dagster_project.exports.table import TextTable

_EVENT = ("redcap_event_name", "Event Name")
_REPEATED = ("redcap_repeat_instrument", "Repeat Instrument")
_DICTIONARY = "Variable / Field Name"


def read_redcap(path: Path, name: str) -> TextTable:
    """Read records. The notes say how many events there are, and how many rows belong to repeated instruments.

    Raises ExportError for a data dictionary, and whatever the delimited reader refuses.
    """
    table = read_delimited(path, name)
    if _DICTIONARY in table.columns:
        raise ExportError(f"{plain(name)}: this is REDCap's data dictionary, not an export of records; export the records")
    notes = list(table.notes)
    for position, column in enumerate(table.columns):
        counts = Counter(text for text in table.cells.column(position).to_pylist() if text)
        if column in _EVENT:
            notes.append("Events: " + ", ".join(f"{event} ({count} rows)" for event, count in sorted(counts.items())) + ".")
        elif column in _REPEATED and counts:
            notes.append(f"{sum(counts.values())} rows belong to repeated instruments: {', '.join(sorted(counts))}.")
    return replace(table, notes=tuple(notes))
