"""Queries: their names, their states over runs, and what is refused."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dagster_project.commands.queries import query_line
from dagster_project.fieldwork import QueryCell, QueryError, QueryLog

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
CELL = QueryCell("rejected_answer", "T1", "P1", "anna", "mood_01", "M1", "7", "outside the anchors", "t1.csv", 4)
OTHER = replace(CELL, participant_id="P2", respondent="ben", source_row=5)


@pytest.fixture
def log(tmp_path: Path) -> QueryLog:
    return QueryLog(tmp_path / "lists" / "queries.jsonl")


def test_a_query_is_open_until_the_exports_no_longer_hold_it(log: QueryLog) -> None:
    (query,) = log.update([CELL], MONDAY)
    assert (query.state, query.opened_on, query.value, query.source_row) == ("open", "2026-03-02", "7", 4)
    assert log.update([CELL], MONDAY + timedelta(1)) == [query]
    # A corrected file in which the same cell stands in another row, and another cell was rejected.
    new, moved = log.update([replace(CELL, source_row=9), OTHER], MONDAY + timedelta(2))
    assert (moved.query, moved.source_row, moved.opened_on) == (query.query, 9, "2026-03-02")
    assert (new.state, new.opened_on) == ("open", "2026-03-04")
    still_open, corrected = log.update([OTHER], MONDAY + timedelta(3))
    assert (still_open.query, still_open.state) == (new.query, "open")
    assert (corrected.state, corrected.note) == ("closed", "no longer in the exports since 2026-03-05")
    # The old file is put back.
    states = {entry.query: entry.state for entry in log.update([CELL, OTHER], MONDAY + timedelta(4))}
    assert states == {query.query: "open", new.query: "open"}


def test_what_somebody_says_is_kept(log: QueryLog) -> None:
    (query,) = log.update([CELL], MONDAY)
    answered = log.note(query.query[:6], "answered", "rita", "it was  a 1,\nsays the sheet", MONDAY)
    assert (answered.state, answered.note) == ("answered", "it was a 1, says the sheet (rita, 2026-03-02)")
    assert log.update([CELL], MONDAY + timedelta(1)) == [answered]
    closed = log.note(query.query, "closed", "rita", "cannot be found out", MONDAY + timedelta(1))
    # Somebody's decision outlives the cell, and its coming back.
    for cells in ([CELL], [], [CELL]):
        assert log.update(cells, MONDAY + timedelta(2)) == [closed]
    with pytest.raises(QueryError) as refusal:
        log.note(query.query, "answered", "rita", "a 2", MONDAY)
    assert str(refusal.value) == (
        f"{query.query} is closed; `wavehouse queries --reopen {query.query} --because …` opens it again"
    )
    assert log.note(query.query, "reopened", "rita", "the sheet has turned up", MONDAY).state == "open"
    # Nothing was taken out of the log.
    events = [json.loads(line)["event"] for line in log.file.read_text(encoding="utf-8").splitlines()]
    assert events == ["opened", "answered", "closed", "reopened"]
    assert log.file.stat().st_mode & 0o077 == 0


def test_a_line_of_the_terminal_has_no_identifier(log: QueryLog) -> None:
    cell = replace(CELL, kind="duplicate", item=None, value=None, participant_id=None)
    (query,) = log.update([replace(cell, detail="participant P12: row 13 is kept (first)")], MONDAY)
    assert query_line(query) == f"{query.query} open: {CELL.file_name} row {CELL.source_row}: duplicate"
    with pytest.raises(QueryError) as refusal:
        log.note(query.query, "closed", "rita", "", MONDAY)
    assert str(refusal.value) == f'{query.query}: say why, with --because "…"'


def test_equal_cells_are_queries_of_their_own(log: QueryLog) -> None:
    twice = [replace(CELL, kind="duplicate", item=None, value=None, source_row=row) for row in (4, 5)]
    assert len({query.query for query in log.update(twice, MONDAY)}) == 2
    assert sum(query.state == "open" for query in log.update(twice[:1], MONDAY)) == 1


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("", "a 1", "no query begins with ''; `wavehouse queries --state all` lists them"),
        ("zz", "a 1", "no query begins with 'zz'; `wavehouse queries --state all` lists them"),
        (None, " ", '{name}: say what was found out, with --text "…"'),
    ],
)
def test_what_cannot_be_noted_is_refused(log: QueryLog, name: str | None, text: str, message: str) -> None:
    (query,) = log.update([CELL], MONDAY)
    with pytest.raises(QueryError) as refusal:
        log.note(query.query if name is None else name, "answered", "rita", text, MONDAY)
    assert str(refusal.value) == message.format(name=query.query)


@pytest.mark.parametrize("line", ["{", '{"time": "x", "query": "a", "event": "burnt"}', '{"event": "opened"}', "[]"])
def test_a_damaged_log_is_refused(log: QueryLog, line: str) -> None:
    log.update([CELL], MONDAY)
    with log.file.open("a", encoding="utf-8") as stream:
        stream.write(line + "\n")
    with pytest.raises(QueryError) as refusal:
        log.update([CELL], MONDAY)
    assert str(refusal.value) == f"{log.file}: line 2 is no entry of the log; put the file back from a backup"
