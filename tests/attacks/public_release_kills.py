"""A public release that is killed at each change of the file system, and made by a run after it.

Usage: python public_release_kills.py ROOT SCRATCH STEP: ROOT holds data/small_study and home, SCRATCH the copies. Prints, a line each,
at which change it was killed, whose the public release was then and after the next run, how many folders are left, and how many
entries the audit trail has got of it.
"""

import hashlib
import json
import shutil
import sys
from pathlib import Path

from killed_changes import is_killed_at

from dagster_project.release.public import publish_public
from dagster_project.release.public_entry import PENDING_ENTRY
from dagster_project.settings import Settings, read_settings
from dagster_project.study import read_study
from dagster_project.trail import read_lines, trail_file
from dagster_project.warehouse import Warehouse


def publish(settings: Settings) -> None:
    publish_public(settings, read_study(settings.study_folder), Warehouse(settings.warehouse_file))


def state_of(public: Path) -> str:
    """Whose a public release is, if every file is there with the content that its package says."""
    if not public.exists():
        return "none"
    resources = json.loads((public / "datapackage.json").read_text(encoding="utf-8"))["resources"]
    hashes = {entry["path"]: entry["hash"].removeprefix("sha256:") for entry in resources}
    files = {path.relative_to(public).as_posix(): path for path in public.rglob("*") if path.is_file()}
    others = {"manifest.json", "datapackage.json"}
    if files.keys() - others != hashes.keys():
        return "mixed"
    if any(hashlib.sha256(files[name].read_bytes()).hexdigest() != sha256 for name, sha256 in hashes.items()):
        return "mixed"
    name = json.loads(files["manifest.json"].read_text(encoding="utf-8"))["release"]
    return "former" if name == "earlier" else "new"


def entry_count(settings: Settings, public: Path) -> int:
    """How many entries of public releases there are beside that of the example's run; the last is of the one that is there."""
    lines = read_lines(trail_file(settings.study_folder).read_bytes())
    entries = [line.entry for line in lines if line.entry is not None and line.entry.kind == "public_release"]
    manifest = json.loads((public / "manifest.json").read_text(encoding="utf-8"))
    assert entries[-1].facts["released_at"] == manifest["released_at"]
    assert not (settings.study_home / PENDING_ENTRY).exists()
    return len(entries) - 1


def settings_at(folder: Path, root: Path) -> Settings:
    shutil.copytree(root, folder, symlinks=True)
    study = folder / "data" / "small_study"
    # As of an earlier release: a new one is due.
    manifest = study / "public" / "manifest.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text("utf-8")) | {"release": "earlier"}), encoding="utf-8")
    return read_settings(
        {"WAVEHOUSE_STUDY": str(study), "WAVEHOUSE_HOME": str(folder / "home"), "WAVEHOUSE_PSEUDONYM_KEY": "a key for tests"}
    )


def main() -> None:
    root, scratch, step = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    number = 0
    while True:
        number += step
        folder = scratch / str(number)
        settings = settings_at(folder, root)
        public = settings.study_folder / "public"
        if not is_killed_at(number, lambda settings=settings: publish(settings)):  # type: ignore[misc]
            return
        killed = state_of(public)
        assert not is_killed_at(0, lambda settings=settings: publish(settings))  # type: ignore[misc]
        leftovers = [path.name for path in (settings.study_folder / "public_releases").iterdir()]
        print(number, killed, state_of(public), len(leftovers), entry_count(settings, public), flush=True)
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
