"""A release as its readers find it: by a path, in a folder whose content stays as it is while runs swap in new releases.

Belongs here: which folder and file a path means, whether this version reads it. Does not belong here: making releases
(release.py), what is read from one.
"""

import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dagster_project.warehouse.release import MANIFEST, RELEASE_FORMAT
from dagster_project.warehouse.working_file import Warehouse, WarehouseError, rows

_FILE = "warehouse.duckdb"
_STUDY_FILE = "study.yaml"
_PATHS_IN_WORDS = "give a release's folder, a study folder with a release, or a released warehouse.duckdb"
#: Where links are not allowed there is no `release` for a moment, between two renames.
_ATTEMPTS, _PAUSE = 20, 0.05


@dataclass(frozen=True)
class ReleasedFile:
    """A release's DuckDB file, and its manifest; an empty one of a file that lies by itself."""

    file: Path
    manifest: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The release's name, or that of a file that lies by itself."""
        return self.manifest.get("release", self.file.name)


def find_release(path: str | os.PathLike[str]) -> ReleasedFile:
    """The release that a path means: a release's folder, a kept release, a study folder, a released file.

    What it gives is of one release for good, also while a run makes a new one current. Raises WarehouseError where there is
    no release, for a working file, and for a release of a newer format.
    """
    target = Path(path).expanduser()
    if target.is_file():
        if target.suffix != ".duckdb":
            raise WarehouseError(f"{target}: this file is no release; {_PATHS_IN_WORDS}")
        if target.name != _FILE or not (target.parent / MANIFEST).is_file():
            return _checked(ReleasedFile(target.resolve()))
        target = target.parent
    if not target.exists() and not target.is_symlink() and target.name != "release":
        raise WarehouseError(f"{target}: there is no such file or folder; {_PATHS_IN_WORDS}")
    is_study = not (target / MANIFEST).is_file() and any(
        (target / name).exists() for name in (_STUDY_FILE, "release", "releases")
    )
    return _checked(_in_folder(target / "release" if is_study else target))


def _in_folder(folder: Path) -> ReleasedFile:
    manifest = _manifest(folder)
    for _ in range(_ATTEMPTS if (folder.parent / "releases").is_dir() else 0):
        if manifest is not None:
            break
        time.sleep(_PAUSE)
        manifest = _manifest(folder)
    if manifest is None:
        cure = "`wavehouse run` makes one" if folder.name == "release" else _PATHS_IN_WORDS
        raise WarehouseError(f"{folder}: there is no release here; {cure}")
    own_folder, content = manifest
    # Of the same release as `release`, whatever a run makes of that.
    final_folder = folder.parent / "releases" / content.get("release", "?")
    return ReleasedFile((final_folder if (final_folder / MANIFEST).is_file() else own_folder).resolve() / _FILE, content)


def _manifest(folder: Path) -> tuple[Path, dict[str, str]] | None:
    """The folder that a link leads to, and the manifest in it; None where there is none."""
    own_folder = Path(os.path.realpath(folder))
    try:
        content = json.loads((own_folder / MANIFEST).read_text(encoding="utf-8"))
    except OSError:
        return None
    except ValueError:
        content = None
    if not isinstance(content, dict):
        raise WarehouseError(
            f"{folder / MANIFEST}: the manifest of the release is damaged; take another copy of the release"
        )
    return own_folder, content


def _checked(release: ReleasedFile) -> ReleasedFile:
    written_format = release.manifest.get("format", "1")
    if not written_format.isdigit() or int(written_format) > RELEASE_FORMAT:
        raise WarehouseError(
            f"{release.file.parent}: a newer Wavehouse made this release (format {written_format}; this one reads up to"
            f" {RELEASE_FORMAT}); install that one: pip install --upgrade wavehouse"
        )
    if not release.file.is_file():
        raise WarehouseError(f"{release.file}: the release has no data file; take another copy of the release")
    with Warehouse(release.file).connect(read_only=True) as connection:
        schemas = {row["schema_name"] for row in rows(connection, "select distinct schema_name from duckdb_tables()")}
    if "raw" in schemas:
        raise WarehouseError(
            f"{release.file}: this is a study's working file, which runs write to; open the study's folder, whose release it"
            " is read from"
        )
    if not {"codebook", "marts", "results"} <= schemas:
        raise WarehouseError(f"{release.file}: this DuckDB file is no release; {_PATHS_IN_WORDS}")
    return release
