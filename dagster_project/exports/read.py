"""One function for all readers: the format is declared by the protocol, never guessed from a file's name.

Belongs here: the choice of a reader. Does not belong here: how a format is read.
"""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from dagster_project.exports.catalogue import with_catalogue
from dagster_project.exports.errors import ExportError, plain
from dagster_project.exports.redcap import with_dictionary
from dagster_project.exports.table import TextTable
from dagster_project.study import READERS, Export, Layout, Study

ReadFile = Callable[[Path, str, Layout], TextTable]


def read_export(path: Path, export: Export, name: str | None = None, description: Path | None = None) -> TextTable:
    """Read a file with the reader that its export declares. `name` is what messages call the file (default: its own name);
    `description` is the file that describes its columns (description_of).

    Raises ExportError, one line, for a file that the reader cannot read without guessing.
    """
    path = Path(path)
    name = path.name if name is None else name
    try:
        table = read_table(path, export.reader, name, export.layout)
    except OSError as error:
        raise ExportError(f"{plain(name)}: cannot be opened ({error.strerror}); check the file") from None
    if description is None:
        return table
    return with_dictionary(table, description) if export.dictionary is not None else with_catalogue(table, description)


def read_table(path: Path, reader: str, name: str, layout: Layout) -> TextTable:
    """Read a file with a reader, by its name. Raises the reader's ExportError, and OSError if the file cannot be opened."""
    try:
        return _reader(reader)(path, name, layout)
    except MemoryError:
        raise ExportError(
            f"{plain(name)}: there is not enough memory to read the file; give more, or export fewer columns or rows"
        ) from None


def description_of(study: Study, export: Export) -> Path | None:
    """The data dictionary or the catalogue of formats that an export declares."""
    return None if export.description is None else study.folder / export.description


def _reader(name: str) -> ReadFile:
    """The function of a reader, imported when a file needs it: some of them bring large libraries."""
    module, _, function = READERS[name].function.partition(":")
    read_file: ReadFile = getattr(import_module(f"dagster_project.exports.{module}"), function)
    return read_file
