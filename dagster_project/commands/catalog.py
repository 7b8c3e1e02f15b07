"""`wavehouse catalog`: what the releases of several studies hold, in one file, and which studies used an instrument."""

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from dagster_project.settings import Settings
from dagster_project.terminal import say

if TYPE_CHECKING:
    from dagster_project.catalog import Catalog, ScaleStatistics

_FILE = "catalog.duckdb"
_HEADER = ("study", "release", "wave", "n", "mean", "SD", "alpha", "omega")


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    summary = "put the releases of several studies into one DuckDB file, or find the studies that used an instrument"
    catalog = commands.add_parser("catalog", help=summary, description=f"{summary}; only what is released is read")
    catalog.add_argument(
        "folders",
        nargs="*",
        metavar="FOLDER",
        help="study folders, releases, or folders of studies (default: WAVEHOUSE_STUDIES, or the studies below data/)",
    )
    catalog.add_argument("--public", action="store_true", help="the public releases, and nothing else")
    catalog.add_argument(
        "--out", metavar="FILE", help=f"the file (default: {_FILE}; with --instrument none is kept unless it is named)"
    )
    catalog.add_argument(
        "--instrument",
        metavar="CODE",
        help="print each study's n, mean, SD and reliability of the instrument's scales, by how they are scored;"
        " library:CODE for the library's alone",
    )
    catalog.set_defaults(execute=execute, study=None)


def execute(options: argparse.Namespace, settings: Settings) -> int:
    """Exit code 1 where a study is left out."""
    from dagster_project.catalog import build_catalog

    paths = _given_paths(options.folders)
    if options.instrument is not None and options.out is None:
        with tempfile.TemporaryDirectory() as folder:
            catalog = build_catalog(paths, Path(folder) / _FILE, is_public=options.public)
            _say_instrument(catalog, options.instrument)
    else:
        catalog = build_catalog(paths, Path(options.out or _FILE), is_public=options.public)
        names = ", ".join(f"{release.study} ({release.release})" for release in catalog.releases)
        say(f"{catalog.file}: {len(catalog.releases)} {'study' if len(catalog.releases) == 1 else 'studies'}: {names}")
        if options.instrument is not None:
            _say_instrument(catalog, options.instrument)
    for entry in catalog.left_out:
        say(f"warning: left out: {entry.reason}", file=sys.stderr)
    return 1 if catalog.left_out else 0


def _given_paths(folders: Sequence[str]) -> list[Path]:
    """What each given folder means: a release, a study, or the studies in it."""
    from dagster_project.places import studies_of, workspace
    from dagster_project.studies import has_studies, read_studies, study_folders

    if folders:
        return list(dict.fromkeys(path for folder in folders for path in _paths_of(Path(folder))))
    if has_studies(os.environ):
        return [study.study_folder for study in read_studies(os.environ)]
    if not (studies := studies_of(workspace())):
        return study_folders(workspace() / "data", "wavehouse catalog")
    return studies


def _paths_of(folder: Path) -> list[Path]:
    from dagster_project.studies import study_folders

    is_release = folder.is_file() or (folder / "manifest.json").is_file()
    return [folder] if is_release else study_folders(folder, "wavehouse catalog")


def _say_instrument(catalog: "Catalog", instrument: str) -> None:
    from dagster_project.catalog import scale_statistics

    statistics = scale_statistics(catalog.file, instrument, _scale_codes(instrument))
    say(*_lines(statistics) if statistics else [f"no study of the catalogue has results of {instrument}"])


def _scale_codes(instrument: str) -> list[str]:
    """The codes of an instrument's scales, as far as the library knows it; else the name may be a scale's own."""
    from dagster_project.study import library_codes, library_file, read_instrument

    code = instrument.removeprefix("library:")
    if code not in library_codes():
        return [code]
    return [scale.scale for scale in read_instrument(library_file(code)).all_scales]


def _lines(statistics: "Sequence[ScaleStatistics]") -> Iterator[str]:
    """A block for each scale and way of scoring it."""
    for (scale, definition), entries in groupby(statistics, key=lambda entry: (entry.scale, entry.definition)):
        rows = list(entries)
        origins = sorted({entry.library_id or "of a study's own" for entry in rows})
        yield f"{scale} ({rows[0].label or 'no label'}), scored as {(definition or 'not said')[:12]}, {', '.join(origins)}"
        table = [_HEADER, *(_cells(entry) for entry in rows)]
        widths = [max(len(row[column]) for row in table) for column in range(len(_HEADER))]
        for row in table:
            yield "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _cells(entry: "ScaleStatistics") -> tuple[str, ...]:
    numbers = (entry.mean, entry.sd, entry.alpha, entry.omega)
    count = "" if entry.n is None else str(entry.n)
    return (entry.study, entry.release, entry.wave, count, *(number or "" for number in numbers))
