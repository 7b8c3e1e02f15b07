"""The chain: whatever is changed, removed, swapped or doubled is detected, and named."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dagster_project.settings import Settings, read_settings
from dagster_project.trail import (
    Entry,
    Facts,
    TrailError,
    broken_lines,
    chain_faults,
    check_writable,
    head_of,
    read_lines,
    record,
    trail_file,
)
from dagster_project.trail.chain import GENESIS

ROOT = Path(__file__).parents[2]


@pytest.fixture
def study(tmp_path: Path) -> Settings:
    (tmp_path / "data" / "mood").mkdir(parents=True)
    return read_settings(
        {
            "WAVEHOUSE_STUDY": str(tmp_path / "data" / "mood"),
            "WAVEHOUSE_HOME": str(tmp_path / "home"),
            "WAVEHOUSE_USER": "Ada Å",
        }
    )


def _chain(count: int) -> bytes:
    """A trail of so many entries."""
    lines, previous = [], GENESIS
    for number in range(1, count + 1):
        facts: Facts = {"run": f"r{number}", "note": "Ünïcode", "n": number}
        entry, line = Entry(
            number, "2026-01-01T00:00:00Z", "run_started", "ada", "", "command line", facts, previous
        ).sealed()
        lines.append(line)
        previous = entry.hash
    return b"".join(line + b"\n" for line in lines)


def test_a_whole_chain_has_no_fault() -> None:
    lines = read_lines(_chain(7))
    assert chain_faults(lines) == []
    head = head_of(lines)
    assert head is not None and head.entry == 7
    assert chain_faults([]) == []


@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(position=st.integers(0, len(_chain(5)) - 2), byte=st.integers(1, 255))
def test_any_byte_that_is_changed_is_detected(position: int, byte: int) -> None:
    """But the end of the last line, which is no part of an entry."""
    content = bytearray(_chain(5))
    content[position] ^= byte
    number = bytes(content[:position]).count(b"\n") + 1
    faults = chain_faults(read_lines(bytes(content)))
    assert faults and faults[0].startswith("line ")
    assert int(faults[0].split()[1].rstrip(":")) in (number, number - 1), (number, faults)


@given(count=st.integers(2, 6), data=st.data())
def test_a_removed_swapped_or_doubled_line_is_detected_and_named(count: int, data: st.DataObject) -> None:
    lines = _chain(count).splitlines(keepends=True)
    index = data.draw(st.integers(0, count - 2))
    rest = [line for position, line in enumerate(lines) if position != index]
    (fault,) = chain_faults(read_lines(b"".join(rest)))
    assert fault == f"line {index + 1}: entry {index + 1} was removed before it"
    other = data.draw(st.integers(index + 1, count - 1))
    swapped = list(lines)
    swapped[index], swapped[other] = swapped[other], swapped[index]
    faults = chain_faults(read_lines(b"".join(swapped)))
    assert faults[0] == f"line {index + 1}: entry {other + 1} stands before entry {index + 1}"
    doubled = [*lines[: other + 1], lines[index], *lines[other + 1 :]]
    (fault,) = chain_faults(read_lines(b"".join(doubled)))
    assert fault == f"line {other + 2}: entry {index + 1} stands twice; it stands in line {index + 1}, too"


def test_an_entry_that_is_written_anew_with_its_hash_breaks_the_next() -> None:
    lines = _chain(4).splitlines()
    entry = json.loads(lines[1])
    entry["facts"]["run"] = "another"
    lines[1] = replace(Entry(**entry), hash="").sealed()[1]
    assert chain_faults(read_lines(b"\n".join(lines) + b"\n")) == [
        "line 3: entry 3 does not follow what is before it: entry 2 was changed, and its hash with it"
    ]


def test_several_removed_entries_and_a_blank_line_are_named() -> None:
    lines = _chain(6).splitlines(keepends=True)
    assert chain_faults(read_lines(b"".join([lines[0], lines[4], b"\n", lines[5]]))) == [
        "line 2: entries 2 to 4 were removed before it",
        "line 3: a blank line was put in",
    ]


def test_entries_are_added_one_after_the_other(study: Settings) -> None:
    record(study, "run_started", {"run": "a"})
    entry = record(study, "export", {"formats": ["sav"]}, "ui")
    assert (entry.entry, entry.kind, entry.person, entry.source) == (2, "export", "Ada Å", "ui")
    content = trail_file(study.study_folder).read_bytes()
    assert "Ada Å".encode() in content  # a search for bytes finds what is written
    lines = read_lines(content)
    assert chain_faults(lines) == [] and head_of(lines) == entry


def test_an_entry_of_a_pseudonym_or_of_no_kind_is_refused(study: Settings) -> None:
    with pytest.raises(
        ValueError, match="an entry of kind export would name a participant by pseudonym; entries name nobody"
    ):
        record(study, "export", {"people": ["P0123456789abcdef"]})
    with pytest.raises(ValueError, match="'holiday' is no kind of entry; kinds are run_started, "):
        record(study, "holiday", {})  # type: ignore[arg-type]
    assert not trail_file(study.study_folder).exists()


@pytest.mark.parametrize("length", [1, 40, -80, -2, -1])
def test_a_torn_last_line_stays_and_is_named_by_the_next_entry(study: Settings, length: int) -> None:
    record(study, "run_started", {"run": "a"})
    record(study, "run_ended", {"run": "a"})
    file = trail_file(study.study_folder)
    first, second = file.read_bytes().splitlines(keepends=True)
    torn = second[:length]
    file.write_bytes(first + torn)
    entry = record(study, "export", {})
    lines = read_lines(file.read_bytes())
    assert chain_faults(lines) == []
    assert [line.text for line in lines[:2]] == [first.strip(), torn.strip()]
    if length == -1:  # only the line's end was missing
        assert entry.entry == 3 and len(lines) == 3
    else:
        assert lines[1].entry is None and entry.entry == 3 and len(lines) == 4
        assert lines[2].entry is not None and lines[2].entry.facts["bytes"] == len(torn)
        assert broken_lines(lines) == [] and len(broken_lines(lines[:2])) == 1
        # What was torn can't be changed, either.
        changed = file.read_bytes().replace(torn, b"x" * len(torn))
        assert chain_faults(read_lines(changed)) != []


def test_other_line_ends_change_no_entry(study: Settings) -> None:
    """As git writes them where a file is checked out on Windows."""
    record(study, "run_started", {"run": "a"})
    record(study, "run_ended", {"run": "a"})
    file = trail_file(study.study_folder)
    file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    assert chain_faults(read_lines(file.read_bytes())) == []
    assert record(study, "export", {}).entry == 3
    assert chain_faults(read_lines(file.read_bytes())) == []


def test_nothing_is_added_where_no_line_is_an_entry(study: Settings) -> None:
    record(study, "run_started", {"run": "a"})
    file = trail_file(study.study_folder)
    content = file.read_bytes().replace(b"run_started", b"run_begun")
    file.write_bytes(content)
    with pytest.raises(
        TrailError,
        match=r"audit_trail\.jsonl: no line of the audit trail is an entry as it was written; put the file back from a backup,"
        r" or move it away: then it goes on from the copy in the release$",
    ):
        record(study, "export", {})
    with pytest.raises(TrailError, match="no line of the audit trail is an entry"):
        check_writable(study.study_folder)
    assert file.read_bytes() == content


def test_a_torn_last_line_is_said_before_anything_follows() -> None:
    assert chain_faults(read_lines(_chain(3)[:-30])) == ["line 3: the last line is torn, or was changed"]


def test_a_trail_that_cannot_be_written_is_a_line(study: Settings) -> None:
    trail_file(study.study_folder).mkdir()
    with pytest.raises(TrailError) as refusal:
        record(study, "export", {})
    assert str(refusal.value) == (
        f"{trail_file(study.study_folder)}: the audit trail cannot be written (Is a directory); grant yourself permission or"
        " free space, then do it again"
    )


_WRITER = """
import sys
from dagster_project.settings import read_settings
from dagster_project.trail import record
settings = read_settings({"WAVEHOUSE_STUDY": sys.argv[1], "WAVEHOUSE_HOME": sys.argv[2]})
for number in range(int(sys.argv[3])):
    record(settings, "export", {"writer": sys.argv[4], "n": number})
"""


def _writer(study: Settings, count: int, name: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", _WRITER, str(study.study_folder), str(study.home), str(count), name]
    return subprocess.Popen(command, env=os.environ | {"PYTHONPATH": str(ROOT)})


@pytest.mark.slow
def test_two_writers_at_a_time_lose_nothing(study: Settings) -> None:
    writers = [_writer(study, 40, name) for name in ("a", "b")]
    assert [writer.wait() for writer in writers] == [0, 0]
    lines = read_lines(trail_file(study.study_folder).read_bytes())
    assert chain_faults(lines) == []
    facts = [line.entry.facts for line in lines if line.entry is not None]
    for name in ("a", "b"):
        assert [fact["n"] for fact in facts if fact["writer"] == name] == list(range(40))


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_a_writer_that_is_killed_leaves_a_chain_that_goes_on(study: Settings) -> None:
    file = trail_file(study.study_folder)
    for wait in (0.0, 0.003, 0.011):
        writer = _writer(study, 100_000, "k")
        size = file.stat().st_size if file.exists() else 0
        while not (file.exists() and file.stat().st_size > size):
            time.sleep(0.001)
        time.sleep(wait)
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        entry = record(study, "run_started", {})
        lines = read_lines(file.read_bytes())
        assert chain_faults(lines) == [] and head_of(lines) == entry


def test_a_chain_cut_at_its_end_is_whole_by_itself() -> None:
    """Only a release, or a hash that somebody has noted, can tell (test_releases.py)."""
    lines = _chain(4).splitlines(keepends=True)
    assert chain_faults(read_lines(b"".join(lines[:3]))) == []
