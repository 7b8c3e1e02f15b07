"""One function for all readers: the format is declared by the protocol, never guessed from a file's name.

Belongs here: the choice of a reader. Does not belong here: how a format is read.
"""

from collections.abc import Callable
from pathlib import Path

from dagster_project.exports.delimited import read_delimited
from dagster_project.exports.errors import ExportError, plain
from dagster_project.exports.excel import read_excel
from dagster_project.exports.limesurvey import read_limesurvey
from dagster_project.exports.parquet import read_parquet
from dagster_project.exports.qualtrics import read_qualtrics
from dagster_project.exports.redcap import read_redcap, with_dictionary
from dagster_project.exports.sas import read_sas
from dagster_project.exports.spss import read_spss
from dagster_project.exports.stata import read_stata
from dagster_project.exports.table import TextTable
from dagster_project.study import Export, Study

_READERS: dict[str, Callable[[Path, str], TextTable]] = {
    "delimited": read_delimited,
    "qualtrics": read_qualtrics,
    "spss": read_spss,
    "redcap": read_redcap,
    "limesurvey": read_limesurvey,
    "excel": read_excel,
    "stata": read_stata,
    "sas": read_sas,
    "parquet": read_parquet,
}


def read_export(path: Path, export: Export, name: str | None = None, dictionary: Path | None = None) -> TextTable:
    """Read a file with the reader that its export declares. `name` is what messages call the file (default: its own name);
    `dictionary` is the file that describes its columns (dictionary_of).

    Raises ExportError, one line, for a file that the reader cannot read without guessing.
    """
    path = Path(path)
    name = path.name if name is None else name
    try:
        table = _READERS[export.reader](path, name)
    except OSError as error:
        raise ExportError(f"{plain(name)}: cannot be opened ({error.strerror}); check the file") from None
    return table if dictionary is None else with_dictionary(table, dictionary)


def dictionary_of(study: Study, export: Export) -> Path | None:
    """The data dictionary that an export declares."""
    return None if export.dictionary is None else study.folder / export.dictionary
