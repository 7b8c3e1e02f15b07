"""A public release that is killed at each change of the file system, and made by a run after it.

Usage: python public_release_kills.py ROOT SCRATCH STEP: ROOT holds data/small_study and home, SCRATCH the copies. Prints, a line each,
at which change it was killed, and whose the public release was then and after the next run.
"""

import hashlib
import json
import shutil
import sys
from pathlib import Path

from killed_changes import is_killed_at

from dagster_project.release.public import publish_public
from dagster_project.settings import Settings, read_settings
from dagster_project.study import read_study
from dagster_project.warehouse import Warehouse


def publish(settings: Settings) -> None:
    publish_public(settings, read_study(settings.study_folder), Warehouse(settings.warehouse_file))


def content_of(public: Path) -> str:
    """The hash of all files, but for the time in the manifest."""
    digest = hashlib.sha256()
    for file in sorted(path for path in public.rglob("*") if path.is_file()):
        facts = json.loads(file.read_text(encoding="utf-8")) if file.name == "manifest.json" else {}
        content = json.dumps(facts | {"released_at": ""}).encode() if facts else file.read_bytes()
        digest.update(str(file.relative_to(public)).encode() + hashlib.sha256(content).digest())
    return digest.hexdigest()


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
    former = content_of(settings_at(scratch / "former", root).study_folder / "public")
    undisturbed = settings_at(scratch / "undisturbed", root)
    assert not is_killed_at(0, lambda: publish(undisturbed))
    new = content_of(undisturbed.study_folder / "public")
    names = {former: "former", new: "new"}
    number = 0
    while True:
        number += step
        folder = scratch / str(number)
        settings = settings_at(folder, root)
        public = settings.study_folder / "public"
        if not is_killed_at(number, lambda settings=settings: publish(settings)):  # type: ignore[misc]
            return
        killed = names.get(content_of(public), "mixed") if public.exists() else "none"
        assert not is_killed_at(0, lambda settings=settings: publish(settings))  # type: ignore[misc]
        leftovers = [path.name for path in (settings.study_folder / "public_releases").iterdir()]
        healed = names.get(content_of(public), "mixed")
        print(number, killed, healed, len(leftovers), flush=True)
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
