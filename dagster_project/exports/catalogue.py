"""SAS's catalogues of formats (.sas7bcat): what the codes of a data set stand for, which SAS keeps in a file of its own.

Belongs here: recognising and reading one, and the labels of a table's columns from it. Does not belong here: data sets
(sas.py).
"""

from dataclasses import replace
from pathlib import Path

from dagster_project.exports.cell_text import value_text
from dagster_project.exports.errors import ExportError, abbreviated_list, plain
from dagster_project.exports.labelled import read_with
from dagster_project.exports.table import TextTable

#: How a catalogue begins. A data set differs in the last byte.
_SIGNATURE = bytes(12) + b"\xc2\xea\x81\x63"


def is_catalogue(path: Path) -> bool:
    """Whether a file is a catalogue. Raises OSError when it cannot be opened."""
    with path.open("rb") as file:
        return file.read(len(_SIGNATURE)) == _SIGNATURE


def with_catalogue(table: TextTable, path: Path) -> TextTable:
    """Add a catalogue's labels to the columns that have one of its formats.

    Raises ExportError, one line, for another file than a catalogue, and for one that has none of the columns' formats.
    """
    name = plain(path.name)
    try:
        if not is_catalogue(path):
            raise ExportError(
                f"{name}: the file is no SAS catalogue of formats (.sas7bcat); correct catalogue of the export"
            )
    except OSError as error:
        raise ExportError(f"{name}: the catalogue cannot be opened ({error.strerror}); check catalogue") from None
    labels_by_format = {
        format_name.upper(): {_code_text(code, format_name): label for code, label in labels.items()}
        for format_name, labels in read_with(
            path, name, "SAS catalogue", "read_sas7bcat", None
        ).metadata.value_labels.items()
    }
    value_labels = {
        column: labels_by_format[format_name.upper()]
        for column, format_name in table.formats.items()
        if format_name.upper() in labels_by_format
    }
    if not value_labels:
        format_list = abbreviated_list([plain(format_name, 40) for format_name in labels_by_format]) or "none"
        raise ExportError(
            f"{name}: no column of the data set has one of the catalogue's formats ({format_list}); correct catalogue of the"
            " export, or remove it"
        )
    return replace(table, value_labels={**table.value_labels, **value_labels})


def _code_text(code: str | float, format_name: str) -> str:
    """A code as the cell that holds it. Among the codes of numbers, a letter is a special missing value."""
    return f".{code.upper()}" if isinstance(code, str) and not format_name.startswith("$") else value_text(code)
