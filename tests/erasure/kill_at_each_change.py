"""An erasure that is killed at changes of the file system in turn, and finished by a command after it.

Usage: python kill_at_each_change.py STUDY_FOLDER HOME IDENTIFIER SCRATCH STEP, where STEP 1 is every change. Prints, a line each, at
which change it was killed, whether the erasure was begun then, and what the next command left: what was there before, or exactly
what an undisturbed erasure leaves.
"""

import hashlib
import os
import shutil
import sys
from functools import partial
from pathlib import Path

from killed_changes import is_killed_at

from dagster_project.erasure import finish_erasure, person_of, plan_erasure, prepare
from dagster_project.settings import Settings, read_settings
from dagster_project.study import read_study
from dagster_project.trail import TRAIL_FILE, chain_faults, read_lines

#: What differs between two erasures: the name and the time of the receipt, and the key of the list of the erased.
_RANDOM = {"erasures.jsonl", "suppression.jsonl", "suppression.key"}


def copy_or_link(source: str, target: str) -> str:
    """DuckDB's files as links: an erasure deletes them and never writes one."""
    if source.endswith(".duckdb"):
        os.link(source, target)
        return target
    return str(shutil.copy2(source, target))


def settings_at(folder: Path, study: Path, home: Path) -> Settings:
    """A copy of everything."""
    shutil.copytree(study, folder / "data" / study.name, symlinks=True, copy_function=copy_or_link)
    shutil.copytree(home, folder / "home", copy_function=copy_or_link)
    return read_settings(
        {
            "WAVEHOUSE_STUDY": str(folder / "data" / study.name),
            "WAVEHOUSE_HOME": str(folder / "home"),
            "WAVEHOUSE_PSEUDONYM_KEY": "a key for tests",
        }
    )


def erase(settings: Settings, identifier: str) -> None:
    study = read_study(settings.study_folder)
    prepare(settings, plan_erasure(settings, study, person_of(study, identifier, settings.key())), "a test")
    finish_erasure(settings, print)


def content_hash(path: Path) -> str:
    """What a file holds; of what is random or never written, that it is there; of the audit trail the kinds of its entries."""
    if path.name == TRAIL_FILE:
        lines = read_lines(path.read_bytes())
        return str([*chain_faults(lines), *(line.entry.kind for line in lines if line.entry is not None)])
    return "" if path.name in _RANDOM or path.suffix == ".duckdb" else hashlib.sha256(path.read_bytes()).hexdigest()


def state(folder: Path) -> dict[str, str]:
    """Every file with a hash of what it holds."""
    return {
        str(path.relative_to(folder)): content_hash(path)
        for path in folder.rglob("*")
        if path.is_file() and path.name != "run.lock"
    }


def main() -> None:
    study, home, identifier, scratch = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], Path(sys.argv[4])
    untouched = state(settings_at(scratch / "untouched", study, home).study_folder.parent.parent)
    whole = settings_at(scratch / "whole", study, home)
    erase(whole, identifier)
    erased = state(scratch / "whole")
    number, step = 0, int(sys.argv[5])
    while True:
        number += step
        folder = scratch / str(number)
        settings = settings_at(folder, study, home)
        if not is_killed_at(number, partial(erase, settings, identifier)):
            return
        is_begun = finish_erasure(settings, print) is not None
        left = state(folder)
        print(
            number,
            "begun" if is_begun else "not begun",
            "erased" if left == erased else "untouched" if left == untouched else "mixed",
        )
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
