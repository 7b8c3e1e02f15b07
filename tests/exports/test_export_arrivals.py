"""Looking at drop folders: only settled and changed files count, content decides, unknown files are named."""

import os
import time
from pathlib import Path

import pytest

from dagster_project.exports import DEFINITIONS, Look, Memory, ReleaseInputs, look, read_release_inputs, write_release_inputs
from dagster_project.study import Study, read_study


def _put(study: Study, name: str, text: str) -> Path:
    file = study.folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


NOTHING: dict[str, str] = {}


def test_a_file_counts_when_two_looks_found_it_alike_and_until_a_run_took_it(study: Study) -> None:
    _put(study, "raw/T1/t1.csv", "a,b\n1,2\n")
    first = look(study, Memory(), NOTHING)
    assert (first.changed_exports, first.unsettled_files) == ((), (DEFINITIONS, "raw/T1/t1.csv"))
    _put(study, "raw/T1/t1.csv", "a,b\n1,2\n3,4\n")  # still being written
    second = look(study, first.memory, NOTHING)
    assert (second.changed_exports, second.unsettled_files) == ((), ("raw/T1/t1.csv",))
    for _ in range(2):  # what was started counts for nothing
        third = look(study, Memory.from_text(second.memory.to_text()), NOTHING)
        assert (third.changed_exports, third.unsettled_files) == ((DEFINITIONS, "t1"), ())
    fourth = look(study, third.memory, third.digests)
    assert (fourth.changed_exports, fourth.unsettled_files) == ((), ())


def _settled(study: Study, memory: Memory, taken: dict[str, str]) -> Look:
    return look(study, look(study, memory, taken).memory, taken)


def test_content_decides(study: Study) -> None:
    file = _put(study, "raw/T1/t1.csv", "a\n1\n")
    arrivals = _settled(study, Memory(), NOTHING)
    digests = dict(arrivals.digests)
    later = time.time() + 60
    os.utime(file, (later, later))
    arrivals = _settled(study, arrivals.memory, digests)
    assert arrivals.changed_exports == ()
    file.unlink()
    arrivals = _settled(study, arrivals.memory, digests)
    assert arrivals.changed_exports == ()
    _put(study, "raw/T1/again.csv", "a\n1\n")
    arrivals = _settled(study, arrivals.memory, digests)
    assert arrivals.changed_exports == ()
    _put(study, "raw/T1/again.csv", "a\n2\n")
    arrivals = _settled(study, arrivals.memory, digests)
    assert arrivals.changed_exports == ("t1",)
    # Back to what the last run took, before another run started.
    _put(study, "raw/T1/again.csv", "a\n1\n")
    arrivals = _settled(study, arrivals.memory, digests)
    assert arrivals.changed_exports == ()


def test_a_change_of_definitions_alone_is_a_change_once_it_is_settled(study: Study) -> None:
    _put(study, "raw/T1/t1.csv", "a\n1\n")
    arrivals = _settled(study, Memory(), NOTHING)
    digests = dict(arrivals.digests)
    _put(study, "checklists.yaml", "told: {}\n")
    edited = read_study(study.folder)
    arrivals = look(edited, arrivals.memory, digests)
    assert (arrivals.changed_exports, arrivals.unsettled_files) == ((), (DEFINITIONS,))
    assert look(edited, arrivals.memory, digests).changed_exports == (DEFINITIONS,)


def test_definitions_without_an_export_start_nothing(study: Study) -> None:
    assert _settled(study, Memory(), NOTHING).changed_exports == ()


def test_nothing_starts_while_anything_is_being_written(study: Study) -> None:
    """A run reads every export: with half a file among them it would release half a wave."""
    for name in ("raw/roster/r.csv", "raw/T1/t1.csv", "raw/T2/t2.csv"):
        _put(study, name, "a\n1\n")
    arrivals = _settled(study, Memory(), NOTHING)
    assert arrivals.changed_exports == (DEFINITIONS, "roster", "t1", "t2")
    _put(study, "raw/T2/t2.csv", "a\n1\n2\n")
    arrivals = look(study, arrivals.memory, NOTHING)
    assert (arrivals.changed_exports, arrivals.unsettled_files) == ((), ("raw/T2/t2.csv",))


def test_what_was_taken_is_of_the_current_release_or_nothing(tmp_path: Path) -> None:
    file = tmp_path / "home" / "taken.json"
    assert read_release_inputs(file, "r1") == {}
    write_release_inputs(file, ReleaseInputs("r1", "run", {"t1": "ab"}))
    assert read_release_inputs(file, "r1") == {"t1": "ab"}
    assert read_release_inputs(file, "r2") == read_release_inputs(file, None) == {}
    for text in ("", "[]", '{"release": "r1"}', '{"release": "r1", "digests": 3}', "\xff"):
        file.write_text(text, encoding="utf-8")
        assert read_release_inputs(file, "r1") == {}


def test_what_nobody_declared_is_named_and_left(study: Study) -> None:
    notes = _put(study, "raw/T1/notes.docx", "x")
    _put(study, "raw/T9/t9.csv", "a\n")
    _put(study, "raw/T1/~$t1.csv", "x")
    _put(study, "raw/.DS_Store", "x")
    arrivals = look(study, Memory(), NOTHING)
    assert arrivals.undeclared_files == ("raw/T1/notes.docx", "raw/T9/t9.csv")
    assert notes.exists()


def test_files_that_cannot_be_told_apart_start_nothing(study: Study) -> None:
    _put(study, "raw/T1/a.csv", "a\n")
    _put(study, "raw/T1/b.csv", "a\n")
    arrivals = _settled(study, Memory(), NOTHING)
    assert arrivals.changed_exports == ()
    assert arrivals.refusals["t1"].startswith('raw/T1: 2 files match *.csv: "a.csv", "b.csv"; leave the one')
    assert arrivals.undeclared_files == ()


@pytest.mark.parametrize("text", [None, "", "not json", "[1, 2]", '{"stats": {"x": 1}}'])
def test_a_memory_that_cannot_be_read_is_an_empty_one(text: str | None) -> None:
    assert Memory.from_text(text) == Memory()
