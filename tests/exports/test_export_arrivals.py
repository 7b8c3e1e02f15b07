"""Looking at drop folders: only settled and changed files count, content decides, unknown files are named."""

import os
import time
from pathlib import Path

import pytest

from dagster_project.exports import Memory, look
from dagster_project.study import Study


def _put(study: Study, name: str, text: str) -> Path:
    file = study.folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def test_a_file_counts_when_two_looks_found_it_alike_and_only_once(study: Study) -> None:
    _put(study, "raw/T1/t1.csv", "a,b\n1,2\n")
    first = look(study, Memory())
    assert (first.changed, first.waiting) == ((), ("raw/T1/t1.csv",))
    _put(study, "raw/T1/t1.csv", "a,b\n1,2\n3,4\n")  # still being written
    second = look(study, first.memory)
    assert (second.changed, second.waiting) == ((), ("raw/T1/t1.csv",))
    third = look(study, second.memory)
    assert (third.changed, third.waiting, third.memory.runs) == (("t1",), (), 1)
    fourth = look(study, Memory.from_text(third.memory.to_text()))
    assert (fourth.changed, fourth.waiting, fourth.memory.runs) == ((), (), 1)


def _settled(study: Study, memory: Memory) -> tuple[tuple[str, ...], Memory]:
    seen = look(study, look(study, memory).memory)
    return seen.changed, seen.memory


def test_content_decides(study: Study) -> None:
    file = _put(study, "raw/T1/t1.csv", "a\n1\n")
    changed, memory = _settled(study, Memory())
    assert changed == ("t1",)
    later = time.time() + 60
    os.utime(file, (later, later))
    changed, memory = _settled(study, memory)
    assert changed == ()
    file.unlink()
    changed, memory = _settled(study, memory)
    assert changed == ()
    _put(study, "raw/T1/again.csv", "a\n1\n")
    changed, memory = _settled(study, memory)
    assert changed == ()
    _put(study, "raw/T1/again.csv", "a\n2\n")
    changed, memory = _settled(study, memory)
    assert changed == ("t1",)
    # Back to what was there before the last run: that is a change again.
    _put(study, "raw/T1/again.csv", "a\n1\n")
    changed, memory = _settled(study, memory)
    assert (changed, memory.runs) == (("t1",), 3)


def test_several_exports_are_one_look(study: Study) -> None:
    for name in ("raw/roster/r.csv", "raw/T1/t1.csv", "raw/T2/t2.csv"):
        _put(study, name, "a\n1\n")
    changed, memory = _settled(study, Memory())
    assert (changed, memory.runs) == (("roster", "t1", "t2"), 1)


def test_what_nobody_declared_is_named_and_left(study: Study) -> None:
    notes = _put(study, "raw/T1/notes.docx", "x")
    _put(study, "raw/T9/t9.csv", "a\n")
    _put(study, "raw/T1/~$t1.csv", "x")
    _put(study, "raw/.DS_Store", "x")
    seen = look(study, Memory())
    assert seen.unknown == ("raw/T1/notes.docx", "raw/T9/t9.csv")
    assert notes.exists()


def test_files_that_cannot_be_told_apart_start_nothing(study: Study) -> None:
    _put(study, "raw/T1/a.csv", "a\n")
    _put(study, "raw/T1/b.csv", "a\n")
    changed, memory = _settled(study, Memory())
    assert changed == ()
    seen = look(study, memory)
    assert seen.refused["t1"].startswith('raw/T1: 2 files match *.csv: "a.csv", "b.csv"; leave the one')
    assert seen.unknown == ()


@pytest.mark.parametrize("text", [None, "", "not json", "[1, 2]", '{"stats": {"x": 1}}'])
def test_a_memory_that_cannot_be_read_is_an_empty_one(text: str | None) -> None:
    assert Memory.from_text(text) == Memory()
