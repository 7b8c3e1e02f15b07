"""A new key: data queries go over to the new pseudonyms, under the names that a run gives them, with all that was said."""

import json
from datetime import UTC, datetime
from pathlib import Path

from dagster_project.fieldwork import QueryCell, QueryLog

NOW = datetime(2026, 1, 2, tzinfo=UTC)


def _cell(person: str | None, value: str) -> QueryCell:
    respondent = "Dora" if person else None
    return QueryCell("rejected_answer", "T1", person, respondent, "mood_1", "M1", value, "no_answer", "t1.csv", 3)


def test_queries_keep_their_state_and_get_the_names_of_the_new_pseudonyms(tmp_path: Path) -> None:
    log = QueryLog(tmp_path / "queries.jsonl")
    cells = [_cell("P1", "77"), _cell("P1", "77"), _cell("P2", "8"), _cell(None, "9")]
    former = log.update(cells, NOW)
    closed = next(query for query in former if query.participant_id == "P1")
    log.note(closed.query, "closed", "ada", "stays as it is", NOW)
    log.rename_people({"P1": "Q1", "P2": "Q2"})
    assert not {"P1", "P2"} & set(json.dumps((tmp_path / "queries.jsonl").read_text(encoding="utf-8")).split('"'))
    count = len(log.entries())
    queries = log.update([_cell("Q1", "77"), _cell("Q1", "77"), _cell("Q2", "8"), _cell(None, "9")], NOW)
    assert len(log.entries()) == count, "none is opened or gone"
    assert sorted((query.participant_id or "", query.state) for query in queries) == [
        ("", "open"), ("Q1", "closed"), ("Q1", "open"), ("Q2", "open"),
    ]  # fmt: skip
    assert not {query.query for query in former if query.participant_id} & {query.query for query in queries}


def test_a_log_without_them_stays_as_it_is(tmp_path: Path) -> None:
    log = QueryLog(tmp_path / "queries.jsonl")
    log.rename_people({"P1": "Q1"})
    assert not log.file.exists()
    log.update([_cell("P3", "77")], NOW)
    content = log.file.read_bytes()
    log.rename_people({"P1": "Q1"})
    assert log.file.read_bytes() == content
