"""Which releases a catalogue is made of, and which are left out, each with its reason.

Belongs here: looking at manifests. Does not belong here: reading the tables (build.py).
"""

import json
import os
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from dagster_project.warehouse import RELEASE_FORMAT, WarehouseError, find_release
from dagster_project.warehouse.release import MANIFEST

_PUBLIC = "public"
_RESULTS, _CODEBOOK = "results.csv", "codebook.csv"


@dataclass(frozen=True)
class CatalogedRelease:
    """A release that a catalogue takes in. folder: of its files. path: as somebody gave it. is_public: what everybody may
    read, in text files; else the team's, in a DuckDB file."""

    path: Path
    folder: Path
    manifest: Mapping[str, str]
    is_public: bool

    @property
    def study(self) -> str:
        return self.manifest["study"]

    @property
    def release(self) -> str:
        return self.manifest["release"]

    @property
    def database(self) -> Path:
        return self.folder / "warehouse.duckdb"

    @property
    def results_file(self) -> Path:
        return self.folder / _RESULTS

    @property
    def codebook_file(self) -> Path:
        return self.folder / _CODEBOOK


@dataclass(frozen=True)
class LeftOut:
    """A study that a catalogue has nothing of. reason: one line, with the cure."""

    path: Path
    reason: str


def releases_of(paths: Iterable[Path], *, is_public: bool) -> tuple[list[CatalogedRelease], list[LeftOut]]:
    """The current release of each study, and the studies that have none that can be taken, sorted by study.

    paths: study folders, or releases. is_public: take the public releases, and nothing else.
    """
    releases: list[CatalogedRelease] = []
    left_out: list[LeftOut] = []
    for path in paths:
        try:
            releases.append(_public_release(path) if is_public else _team_release(path))
        except (WarehouseError, OSError) as error:
            left_out.append(LeftOut(path, str(error)))
    counts = Counter(release.study for release in releases)
    for release in releases:
        if counts[release.study] > 1:
            folders = ", ".join(str(entry.path) for entry in releases if entry.study == release.study)
            reason = f"{release.path}: {counts[release.study]} releases are of a study {release.study} ({folders}); give one"
            left_out.append(LeftOut(release.path, reason))
    unique_releases = [release for release in releases if counts[release.study] == 1]
    return sorted(unique_releases, key=lambda release: release.study), sorted(left_out, key=lambda entry: str(entry.path))


def _team_release(path: Path) -> CatalogedRelease:
    team_release = find_release(path)
    manifest = team_release.manifest
    if not manifest:
        raise WarehouseError(f"{path}: the file lies by itself; give the release's folder, whose {MANIFEST} says what it is")
    _check_manifest(path, manifest)
    return CatalogedRelease(path, team_release.file.parent, manifest, is_public=False)


def _public_release(path: Path) -> CatalogedRelease:
    folder = path if (path / MANIFEST).is_file() else path / _PUBLIC
    folder = Path(os.path.realpath(folder))
    if not (folder / MANIFEST).is_file():
        raise WarehouseError(
            f"{path}: there is no public release here; `wavehouse run` makes one where the protocol declares disclosure"
        )
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except ValueError:
        manifest = None
    if not isinstance(manifest, dict):
        raise WarehouseError(
            f"{folder / MANIFEST}: the manifest of the release is damaged; take another copy of the release"
        )
    if manifest.get("kind") != "public":
        raise WarehouseError(f"{path}: this is a release for the team, not a public one; give the study's folder")
    _check_manifest(path, manifest)
    for name in (_RESULTS, _CODEBOOK):
        if not (folder / name).is_file():
            raise WarehouseError(f"{folder / name}: the file of the public release is missing; take another copy")
    return CatalogedRelease(path, folder, manifest, is_public=True)


def _check_manifest(path: Path, manifest: Mapping[str, str]) -> None:
    written_format = manifest.get("format", "1")
    if written_format != str(RELEASE_FORMAT):
        raise WarehouseError(
            f"{path}: another version of Wavehouse made this release (format {written_format}; this one takes"
            f" {RELEASE_FORMAT}); run the study again with this version, or install that one"
        )
    if lacking := [name for name in ("study", "release", "released_at") if not manifest.get(name)]:
        raise WarehouseError(
            f"{path}: the manifest of the release does not say its {', '.join(lacking)}; take another copy of the release"
        )
