"""Files of a data set in a folder: all of them, or none.

Belongs here: which formats there are, their files' names, and putting finished files where they belong. Does not belong
here: what is in them.
"""

import os
import re
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from dagster_project.dataset.delimited import write_csv
from dagster_project.dataset.names import ANY_NAMES
from dagster_project.dataset.parquet import write_parquet
from dagster_project.dataset.spss import write_sav
from dagster_project.dataset.stata import write_dta
from dagster_project.dataset.table import DataSet
from dagster_project.dataset.variable_list import FileContent, write_variable_list

_WRITERS: Mapping[str, Callable[[DataSet, Path], FileContent]] = {
    "sav": write_sav,
    "dta": write_dta,
    "parquet": lambda data_set, file: write_parquet(data_set, file, ANY_NAMES),
    "csv": write_csv,
}
#: By the ending of their files.
FORMATS = tuple(_WRITERS)


@dataclass(frozen=True)
class WrittenFiles:
    """What was written in one format: the files in their order, and how many names and labels are not as in the study."""

    file_format: str
    files: Sequence[Path]
    names_changed: int
    labels_changed: int


def write_data_set(data_set: DataSet, folder: Path, formats: Sequence[str]) -> list[WrittenFiles]:
    """Write a data set into a folder in each of the formats, with a list of its variables each.

    Raises ValueError for a format that is not known, and where a file of one of the names is there already: nothing is
    written then, and nothing is ever overwritten.
    """
    if unknown := [name for name in formats if name not in _WRITERS]:
        raise ValueError(f"{unknown[0]}: there is no such format; give some of {', '.join(FORMATS)}")
    stem = re.sub(r"[^A-Za-z0-9_-]+", "_", f"{data_set.codebook.study.study}_{data_set.shape}")
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"{folder}: this is a file; give a folder")
    is_new = not folder.exists()
    folder.mkdir(parents=True, exist_ok=True)
    building = Path(tempfile.mkdtemp(prefix=".export-", dir=folder))
    try:
        entries = [_write(data_set, building, stem, file_format) for file_format in dict.fromkeys(formats)]
        _move(building, folder)
    finally:
        shutil.rmtree(building, ignore_errors=True)
        if is_new:
            with suppress(OSError):  # it holds files
                folder.rmdir()
    return [
        WrittenFiles(
            entry.file_format, [folder / file.name for file in entry.files], entry.names_changed, entry.labels_changed
        )
        for entry in entries
    ]


def _write(data_set: DataSet, folder: Path, stem: str, file_format: str) -> WrittenFiles:
    file = folder / f"{stem}.{file_format}"
    content = _WRITERS[file_format](data_set, file)
    variable_list = folder / f"{stem}_{file_format}_variables.csv"
    write_variable_list(data_set, content, variable_list)
    files = [file, *folder.glob(f"{stem}.R" if file_format == "csv" else "nothing"), variable_list]
    changes = content.changes
    return WrittenFiles(file_format, files, changes.count("name"), changes.count("label") + changes.count("value label"))


def _move(building: Path, folder: Path) -> None:
    """Move all files of a folder into another; none of them where one of the names is taken."""
    files = sorted(building.iterdir())
    if conflicts := [folder / file.name for file in files if (folder / file.name).exists()]:
        raise ValueError(f"{conflicts[0]}: this file is there already; move it away, or give another folder")
    targets: list[Path] = []
    try:
        for file in files:
            target = folder / file.name
            try:
                os.link(file, target)  # fails where a file has come in between
            except FileExistsError:
                raise ValueError(f"{target}: this file is there already; move it away, or give another folder") from None
            except OSError:  # a file system without links
                file.rename(target)
            targets.append(target)
    except BaseException:
        for target in targets:
            with suppress(OSError):
                target.unlink()
        raise
