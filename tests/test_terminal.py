"""Nothing from outside reaches a terminal as more than one line of letters: names of files and columns, cells."""

import errno
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from child_environment import clean_environment

from dagster_project.cli import main
from dagster_project.settings import Settings
from dagster_project.terminal import error_line, name_disks_of, printable, say

#: A break, a colour, a bell, a mark that turns the direction of what follows, and one that ends a line for some programs.
HOSTILE = "\n\x1b[31merror: all fine\x1b[0m\x07\u202e\u2028"
SHOWN = r"\n\x1b[31merror: all fine\x1b[0m\x07\u202e\u2028"


def test_printable_leaves_words_alone_and_escapes_the_rest() -> None:
    assert printable("tablé – 😀 \"'") == "tablé – 😀 \"'"
    assert printable(HOSTILE) == SHOWN
    assert printable("\udce9\t") == r"\udce9\t"


def test_a_line_is_said_as_one_line(capsys: Any) -> None:
    say(HOSTILE, "", "b")
    say("c", file=sys.stderr)
    assert capsys.readouterr() == (f"{SHOWN}\n\nb\n", "c\n")


@pytest.mark.parametrize(
    ("message", "line"),
    [
        ("dagster_project.warehouse.working_file.WarehouseError: a.duckdb: is held\nmore", "a.duckdb: is held"),
        ("a.csv: T1: Error: 3 columns are missing", "a.csv: T1: Error: 3 columns are missing"),
        (
            "OSError: [Errno 28] No space left on device: '/a/b.csv'",
            "/a/b.csv: No space left on device; free space on the disk, then run again",
        ),
        ("[Errno 28] No space left on device", "No space left on device; free space on the disk, then run again"),
        (
            "PermissionError: [Errno 13] Permission denied: '/a'",
            "/a: Permission denied; grant yourself read and write permission",
        ),
        (
            "FileExistsError: [Errno 17] File exists: '/a'",
            "/a: File exists; another file or folder has this name: move it away",
        ),
        (
            "[Errno 13] Permission denied: '/a' -> '/b'",
            "/a: Permission denied; grant yourself read and write permission",
        ),
        ("OSError: [Errno 5] Input/output error: '/a'", "/a: Input/output error; check the file and its folder"),
        ("", "failed"),
    ],
)
def test_what_the_file_system_refuses_has_its_cure(message: str, line: str) -> None:
    name_disks_of(())  # a command of another test in this process has named some
    assert error_line(message) == line


def _assert_clean(text: str) -> None:
    assert all(line.isprintable() for line in text.split("\n")), [
        line for line in text.split("\n") if not line.isprintable()
    ]
    assert not [line for line in text.splitlines() if line.startswith(("error: all fine", "\x1b"))]


@pytest.fixture
def hostile_place(small_workspace: Any) -> Any:
    folder: Path = small_workspace.study_folder
    t1 = folder / "raw/T1/t1.csv"
    header, *rows = t1.read_text(encoding="utf-8").splitlines()
    rows[0] = rows[0].replace("03/02/2020,4", '03/02/2020,"x' + HOSTILE + '"')
    cells = "\n".join([f'{header},"odd{HOSTILE}"', *(f'{row},"odd{HOSTILE}"' for row in rows)])
    t1.unlink()
    protocol = folder / "study.yaml"
    protocol.write_text(protocol.read_text(encoding="utf-8") + "rejected_share: 0.5\n", encoding="utf-8")
    (t1.with_name(f"t1{HOSTILE}.csv")).write_text(cells + "\n", encoding="utf-8")
    for unknown in (f"notes{HOSTILE}.txt", *([os.fsdecode(b"caf\xe9.txt")] if sys.platform == "linux" else ())):
        (folder / "raw/T1" / unknown).write_text("", encoding="utf-8")
    return small_workspace


@pytest.mark.skipif(sys.platform == "win32", reason="needs a file system that takes any name")
@pytest.mark.parametrize("words", [["check"], ["contract", "--propose"]])
def test_check_and_contract_print_names_as_text(
    hostile_place: Any, words: list[str], capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WAVEHOUSE_STUDY", "overwritten by --study and restored afterwards")
    main([*words, "--study", str(hostile_place.study_folder)])
    output = capsys.readouterr()
    assert f"t1{SHOWN}.csv" in output.out
    assert rf'"odd{SHOWN}"'[:30] in output.out
    if words == ["check"]:
        assert f"raw/T1/notes{SHOWN}.txt: no export declares this file" in output.out
    _assert_clean(output.out + output.err)
    # Two exports for one wave, a header that is twice there, a row that is twice there: the refusals name them.
    file = hostile_place.study_folder / "raw/T1" / f"t1{HOSTILE}.csv"
    text = (
        file.read_text(encoding="utf-8")
        .replace("M2,", "M1,")
        .replace("\nB,", f'\n"{HOSTILE}",')
        .replace("A,", f'"{HOSTILE}",')
    )
    file.write_text(text, encoding="utf-8")
    assert main([*words, "--study", str(hostile_place.study_folder)]) == 1
    (file.with_name(f"second{HOSTILE}.csv")).write_bytes(file.read_bytes())
    assert main([*words, "--study", str(hostile_place.study_folder)]) == 1
    output = capsys.readouterr()
    assert "2 files match *.csv" in output.out
    _assert_clean(output.out + output.err)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="needs a file system that takes any name")
def test_run_diff_and_trace_print_names_as_text(hostile_place: Any, share_parsed_models: Callable[[Settings], None]) -> None:
    share_parsed_models(hostile_place.settings)
    environment = clean_environment()
    environment |= {"WAVEHOUSE_STUDY": str(hostile_place.study_folder), "WAVEHOUSE_HOME": str(hostile_place.settings.home)}
    for words, code in (
        (["run"], 0),
        (["trace", "change/mood_total/T1-T2/p", "--names"], 0),
        (["trace", f"change{HOSTILE}"], 2),
        (["diff"], 2),
    ):
        command = [sys.executable, "-m", "dagster_project.cli", *words]
        process = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, encoding="utf-8")
        assert process.returncode == code, process.stderr
        _assert_clean(process.stdout + process.stderr)
        if words == ["run"]:
            assert f"  T1      t1{SHOWN}.csv: 3 rows" in process.stdout
            assert "warning: raw/t1, all_columns_placed: column " in process.stderr


def test_a_full_disk_of_which_no_file_is_said_is_looked_for(tmp_path: Path) -> None:
    """The system says of a write that the disk is full, and not of which file."""
    full, named = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), OSError(errno.ENOSPC, "No space left on device", "/x/y")
    try:
        name_disks_of((tmp_path / "study", tmp_path / "home" / "not there yet"))
        words = rf"No space left on device \(free now: [\d,]+\.\d MB on the disk of {tmp_path}/study\)"
        assert re.fullmatch(rf"{words}; free space on the disk, then run again", error_line(str(full)))
        assert error_line(str(named)) == "/x/y: No space left on device; free space on the disk, then run again"
        assert "free now" not in error_line(str(OSError(errno.EACCES, "Permission denied")))
    finally:
        name_disks_of(())
    assert error_line(str(full)) == "No space left on device; free space on the disk, then run again"
