"""An erasure that is killed at every change of the file system in turn, and finished by a command after it.

Usage: python kill_at_each_change.py STUDY_FOLDER HOME IDENTIFIER SCRATCH. Prints, a line each, at which change it was killed, whether
nothing or everything was done then, and whether the next command left exactly what an undisturbed erasure leaves.
"""

import hashlib
import os
import shutil
import signal
import sys
from pathlib import Path

from dagster_project.erasure import finish_erasure, person_of, plan_erasure, prepare
from dagster_project.settings import Settings, read_settings
from dagster_project.study import read_study

_CHANGES = {"os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.truncate", "os.chmod", "os.utime", "shutil.rmtree"}
#: What differs between two erasures: the name and the time of the receipt, and the key of the list of the erased.
_RANDOM = {"erasures.jsonl", "suppression.jsonl", "suppression.key"}


def settings_at(folder: Path, study: Path, home: Path) -> Settings:
    """A copy of everything, the large files as links: they are deleted, never written."""
    shutil.copytree(study, folder / "data" / study.name, symlinks=True, copy_function=os.link)
    shutil.copytree(home, folder / "home", copy_function=os.link)
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


def state(folder: Path) -> dict[str, str]:
    """Every file with a hash of what it holds."""
    return {
        str(path.relative_to(folder)): "" if path.name in _RANDOM else hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "run.lock"
    }


def killed_at(number: int, settings: Settings, identifier: str) -> bool:
    """Whether a process of its own that erases was killed at this change."""
    process = os.fork()
    if process == 0:
        count = 0

        def watch(event: str, arguments: tuple[object, ...]) -> None:
            nonlocal count
            is_write = event == "open" and isinstance(arguments[2], int) and bool(arguments[2] & (os.O_WRONLY | os.O_RDWR))
            if event in _CHANGES or is_write:
                count += 1
                if count == number:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(watch)
        erase(settings, identifier)
        os._exit(0)
    return os.WIFSIGNALED(os.waitpid(process, 0)[1])


def main() -> None:
    study, home, identifier, scratch = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], Path(sys.argv[4])
    untouched = state(settings_at(scratch / "untouched", study, home).study_folder.parent.parent)
    whole = settings_at(scratch / "whole", study, home)
    erase(whole, identifier)
    erased = state(scratch / "whole")
    number = 0
    while True:
        number += 1
        folder = scratch / str(number)
        settings = settings_at(folder, study, home)
        if not killed_at(number, settings, identifier):
            print("changes", number - 1)
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
