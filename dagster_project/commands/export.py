"""`wavehouse export`: the clean data set of a release as files for SPSS, Stata, R and Python."""

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from dagster_project.commands.command import ReleaseAction, add_command
from dagster_project.places import STUDY_FILE
from dagster_project.settings import Settings
from dagster_project.terminal import say
from dagster_project.trail import Facts, check_trail, record

if TYPE_CHECKING:
    from dagster_project.dataset import DataSet, WrittenFiles

#: As dataset.FORMATS and dataset.SHAPES have them: importing what knows them would slow the start of every command.
FORMATS = ("sav", "dta", "parquet", "csv")
SHAPES = ("long", "wide")
_PROGRAMS = {"sav": "SPSS", "dta": "Stata", "parquet": "Parquet", "csv": "R"}
_DESCRIPTION = """Write the clean data set of a release: people under their pseudonyms, what the roster knows of them,
answers as given, and scores; with labels, and with the reason where a value is missing.

formats
  sav      SPSS: labels, levels of measurement; missing reasons are declared missing values, -901 and below
  dta      Stata 14 and later: labels; missing reasons are .a, .b and so on, each with its label
  parquet  typed columns; a column <variable>__missing with the reason follows each variable
  csv      the same as text, with a script in R that reads it with its labels

Beside each file stands the list of its variables, with all that is not in it as in the study: names and labels that the
format has no room for. Nothing is overwritten. Only the release is read: groups that are concealed have their letters.
"""


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    export = add_command(commands, "export", "write the clean data set for SPSS, Stata, R and Python", execute)
    export.description, export.formatter_class = _DESCRIPTION, argparse.RawDescriptionHelpFormatter
    export.add_argument("--format", choices=FORMATS, nargs="+", required=True, dest="formats", help="one or several")
    export.add_argument(
        "--out", type=Path, required=True, metavar="FOLDER", help="where the files go; made if it is missing"
    )
    export.add_argument(
        "--release",
        type=Path,
        action=ReleaseAction,
        metavar="PATH",
        help="a release's folder, a kept one, or a released warehouse.duckdb, instead of the study's current release",
    )
    export.add_argument(
        "--shape",
        choices=SHAPES,
        default="long",
        help="long: one row a person and wave (the default); wide: one row a person, with variables like score_T1",
    )


def execute(options: argparse.Namespace, settings: Settings) -> int:
    from dagster_project.dataset import read_data_set, write_data_set
    from dagster_project.warehouse import find_release

    release = find_release(options.release or settings.study_folder)
    data_set = read_data_set(release, options.shape)
    study_folder = _study_of(release.file)
    if study_folder is not None:
        check_trail(study_folder)
    files = write_data_set(data_set, options.out, options.formats)
    if study_folder is not None:
        facts: Facts = {
            "release": data_set.release,
            "formats": list(options.formats),
            "shape": options.shape,
            "rows": data_set.table.num_rows,
            "variables": len(data_set.variables),
        }
        record(replace(settings, study_folder=study_folder), "export", facts)
    say(*_lines(data_set, files))
    return 0


def _study_of(release_file: Path) -> Path | None:
    """The study that a release lies in; None of one that was passed on: there is no trail to write to."""
    release = release_file.resolve().parent
    folders = (folder for folder in release.parents[:2] if (folder / STUDY_FILE).is_file())
    return next(folders, None)


def _lines(data_set: "DataSet", files: "Sequence[WrittenFiles]") -> list[str]:
    people = len(data_set.column(data_set.variables[0]).unique())
    size = f"{data_set.table.num_rows} rows, {len(data_set.variables)} variables"
    lines = [f"{data_set.codebook.study.study}, release {data_set.release}: {people} people, {size}"]
    for entry in files:
        lines += [f"  {file}" for file in entry.files]
        changes = [
            f"{count} {noun if count == 1 else noun + 's'}"
            for count, noun in ((entry.names_changed, "name"), (entry.labels_changed, "label"))
            if count
        ]
        if changes:
            program = _PROGRAMS[entry.file_format]
            lines.append(f"    {' and '.join(changes)} not as in the study, for {program}: see {entry.files[-1].name}")
    if not data_set.codebook.study.shows_people:
        lines.append(
            "the study's page and figures show nobody (shows_people: false); these files hold everybody, row by row, as the"
            " release's warehouse.duckdb does"
        )
    lines.append("the files hold single people under pseudonyms: give them to those alone who may have the release's data")
    return lines
