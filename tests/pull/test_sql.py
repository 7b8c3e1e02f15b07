"""A database: SQLite, and PostgreSQL where this machine has one: what is read back equals what is there, and nothing is written."""

import sqlite3
import sys
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml
from postgres_server import missing_server, postgres_server

from dagster_project.exports import read_table
from dagster_project.pull import Outcome, pull_study
from dagster_project.pull.http import Limits
from dagster_project.study import Layout, StudyError, read_study

PASSWORD = "p@ss/w%rd +of? the#database"
QUERY = "select * from answers order by person"


class DatabaseStudy:
    """A study whose wave is a query of a database."""

    def __init__(self, pulling: Any, database: str, **source: Any) -> None:
        self.settings = pulling.settings
        self.file = pulling.folder / "raw/T1/t1.parquet"
        self._definition = pulling.folder / "study.yaml"
        self._study = yaml.safe_load(self._definition.read_text(encoding="utf-8"))
        self._study["exports"] = [
            {
                "export": "t1", "wave": "T1", "folder": "raw/T1", "reader": "parquet", "respondent": "person",
                "blocks": [{"block": "mood", "columns": {"mood_01": "m1", "mood_02": "m2"}}], "ignored": ["*"],
                "source": {"sql": {"database": database, "query": QUERY} | source},
            }
        ]  # fmt: skip

    def pull(self, password: str = PASSWORD, limits: Limits | None = None, **source: Any) -> Outcome:
        self._study["exports"][0]["source"]["sql"] |= source
        self._definition.write_text(yaml.safe_dump(self._study, allow_unicode=True), encoding="utf-8")
        study = read_study(self.settings.study_folder)
        (outcome,) = pull_study(self.settings, study, {"DATABASE_PASSWORD": password}, limits=limits)
        return outcome

    def texts(self) -> dict[str, list[str]]:
        """The file as the project's reader has it."""
        table = read_table(self.file, "parquet", self.file.name, Layout())
        return {
            column: cells.to_pylist()
            for column, cells in zip(table.columns, table.texts(range(len(table.columns))).columns, strict=True)
        }


@pytest.fixture
def in_sqlite(study_of: Any) -> DatabaseStudy:
    pulling = study_of("redcap_api")
    with sqlite3.connect(pulling.folder / "survey ü?.sqlite") as connection:
        connection.execute("create table answers (person, m1, m2, big, share, note, mixed, empty)")
        connection.executemany(
            "insert into answers values (?, ?, ?, ?, ?, ?, ?, null)",
            [
                ("Zoë", 4, None, 2**63 - 1, 0.1, "", 1),
                ("P1", 5, 2, -(2**63), 1e300, None, "n/a"),
                ("P2", 1, 2, 9007199254740993, 4.0, 'two\nlines, "quoted"', 2.5),
            ],
        )
    connection.close()
    return DatabaseStudy(pulling, "sqlite:survey ü?.sqlite")


def test_what_is_in_sqlite_is_read_back_equal(in_sqlite: DatabaseStudy) -> None:
    assert (in_sqlite.pull().state, in_sqlite.pull().state) == ("arrived", "unchanged")
    assert pq.read_table(in_sqlite.file).to_pydict() == {
        "person": ["P1", "P2", "Zoë"],
        "m1": [5, 1, 4],
        "m2": [2, 2, None],
        "big": [-(2**63), 9007199254740993, 2**63 - 1],
        "share": [1e300, 4.0, 0.1],
        "note": [None, 'two\nlines, "quoted"', ""],
        "mixed": ["n/a", "2.5", "1"],
        "empty": [None, None, None],
    }
    texts = in_sqlite.texts()
    assert texts["big"] == ["-9223372036854775808", "9007199254740993", "9223372036854775807"]
    assert texts["m2"] == ["2", "2", ""]


def test_another_library_wrote_the_same_rows(in_sqlite: DatabaseStudy) -> None:
    """Parquet names its writer: the same rows written by another are no new version."""
    assert in_sqlite.pull().state == "arrived"
    table = pq.read_table(in_sqlite.file)
    pq.write_table(table, in_sqlite.file, compression="gzip")
    before = in_sqlite.file.read_bytes()
    assert in_sqlite.pull().state == "unchanged"
    assert in_sqlite.file.read_bytes() == before
    pq.write_table(table.slice(1), in_sqlite.file)
    assert in_sqlite.pull().state == "arrived"
    in_sqlite.file.write_bytes(b"no Parquet")
    assert in_sqlite.pull().state == "arrived"


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ({"database": "sqlite:gone.sqlite"}, "there is no such file; check database, a path below the study folder"),
        ({"database": "sqlite:study.yaml"}, "file is not a database; check database and query"),
        ({"query": "select * from gone order by 1"}, "no such table: gone; check database and query"),
        ({"query": "select person, x'00ff' as m1 from answers order by 1"}, 'column "m1" holds bytes; turn them into text in the query, e.g. with hex()'),
        ({"query": "select m1 from answers order by 1"}, 'the answer has no column "person", which respondent names, but "m1"'),
        ({"query": "with gone as (select 1) delete from answers where person in (select person from answers order by 1)"}, "attempt to write a readonly database; check database and query"),
        ({"query": "select 1 order by 1; drop table answers"}, "You can only execute one statement at a time.; check database and query"),
    ],
)  # fmt: skip
def test_a_query_that_cannot_be_answered_is_one_line(source: dict[str, str], words: str, in_sqlite: DatabaseStudy) -> None:
    assert in_sqlite.pull().state == "arrived"
    before = in_sqlite.file.read_bytes()
    outcome = in_sqlite.pull(**source)
    assert (outcome.state, words in outcome.message) == ("refused", True), outcome
    assert in_sqlite.file.read_bytes() == before
    assert in_sqlite.pull(database="sqlite:survey ü?.sqlite", query=QUERY).state == "unchanged"  # nothing was written


def test_a_query_without_end_ends(in_sqlite: DatabaseStudy) -> None:
    endless = "with recursive n(i) as (select 1 union all select i + 1 from n) select i as person, 1 as m1, 1 as m2 from n order by i"
    assert in_sqlite.pull(query=endless, limits=Limits(total_seconds=0.2)).message.endswith(
        "is not done after 0.2 s; ask for less"
    )


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ({"query": "select * from answers"}, "without order by the same rows may come in another order the next time"),
        ({"query": "delete from answers"}, "a query begins with select or with: it only reads"),
        ({"database": "mysql://me@db.example.org/survey"}, "give sqlite:FILE, a path below the study folder, or postgresql://user@host/database"),
        ({"database": f"postgresql://me:{PASSWORD.replace(' ', '')[:5]}@db.example.org/survey"}, "an address has no password, ? or #"),
    ],
)  # fmt: skip
def test_a_declaration_that_could_give_other_rows_is_refused(
    source: dict[str, str], words: str, in_sqlite: DatabaseStudy
) -> None:
    with pytest.raises(StudyError) as refusal:
        in_sqlite.pull(**source)
    assert words in str(refusal.value)
    assert PASSWORD[:5] not in str(refusal.value)


def test_without_the_extra_a_query_of_postgresql_says_how_to_install_it(
    in_sqlite: DatabaseStudy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "adbc_driver_manager", None)
    outcome = in_sqlite.pull(database="postgresql://reader@127.0.0.1/survey")
    assert outcome.message == (
        "pulling needs the package adbc_driver_manager, which comes with the extra pull; install it with `uv sync --extra"
        " pull` or `pip install -e '.[pull]'`"
    )
    assert in_sqlite.pull(database="sqlite:survey ü?.sqlite").state == "arrived"


@pytest.fixture(scope="module")
def postgresql_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A PostgreSQL server of its own, with one table."""
    pytest.importorskip("adbc_driver_postgresql", reason="the extra pull is not installed")
    if (reason := missing_server()) is not None:
        pytest.skip(reason)
    with postgres_server(tmp_path_factory.mktemp("postgresql"), PASSWORD) as server:
        script = """
            create table answers (person text, m1 smallint, m2 int, big bigint, amount numeric(40, 20), answered timestamptz,
                day date, note text, id uuid, tags jsonb, yes boolean, ids int[]);
            insert into answers values
                ('Zoë', 4, null, 9223372036854775807, 12345678901234567890.12345678901234567890,
                 '2024-05-13 23:30:00.123456+02', '2024-05-13', '', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '{"a": 1}', true, '{1}'),
                ('P1', 5, 2, -9223372036854775808, -0.10, '0044-03-15 12:00:00+00', null, null, null, null, false, null);
        """
        server.ask(script)
        yield server.port


COLUMNS = "person, m1, m2, big, amount, answered, day, note, id, tags, yes"


@pytest.fixture
def in_postgresql(postgresql_port: int, study_of: Any) -> DatabaseStudy:
    address = f"postgresql://wavehouse@127.0.0.1:{postgresql_port}/postgres"
    query = f"select {COLUMNS} from answers order by person"
    return DatabaseStudy(study_of("redcap_api"), address, password_variable="DATABASE_PASSWORD", query=query)


@pytest.mark.slow
def test_what_is_in_postgresql_is_read_back_equal(in_postgresql: DatabaseStudy) -> None:
    outcome = in_postgresql.pull()
    assert (outcome.state, in_postgresql.pull().state) == ("arrived", "unchanged"), outcome
    assert in_postgresql.texts() == {
        "person": ["P1", "Zoë"],
        "m1": ["5", "4"],
        "m2": ["2", ""],
        "big": ["-9223372036854775808", "9223372036854775807"],
        "amount": ["-0.10000000000000000000", "12345678901234567890.12345678901234567890"],
        "answered": ["0044-03-15T12:00:00+00:00", "2024-05-13T21:30:00.123456+00:00"],
        "day": ["", "2024-05-13"],
        "note": ["", ""],
        "id": ["", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"],
        "tags": ["", '{"a": 1}'],
        "yes": ["FALSE", "TRUE"],
    }
    stored = pq.read_table(in_postgresql.file).to_pydict()
    assert stored["note"] == [None, ""]
    assert [Decimal(text) for text in stored["amount"]] == [
        Decimal("-0.1"),
        Decimal("12345678901234567890.12345678901234567890"),
    ]


@pytest.mark.slow
def test_a_server_elsewhere_must_prove_who_it_is(in_postgresql: DatabaseStudy, monkeypatch: pytest.MonkeyPatch) -> None:
    """Taken for another machine, the server that has no certificate gets no password."""
    monkeypatch.setattr("dagster_project.pull.services.sql.is_loopback", lambda host: False)
    assert in_postgresql.pull().message.endswith(
        "server does not support SSL, but SSL was required; check database and query"
    )


@pytest.mark.slow
def test_postgresql_refuses_in_one_line_and_is_not_written(in_postgresql: DatabaseStudy) -> None:
    wrong = in_postgresql.pull(password="an0ther one")
    assert "does not accept what DATABASE_PASSWORD holds" in wrong.message
    assert "an0ther" not in wrong.message and "\n" not in wrong.message
    arrays = in_postgresql.pull(query="select person, m1, m2, ids from answers order by person").message
    assert arrays.endswith('column "ids" is of type list<item: int32>; turn it into text in the query (ids::text)')
    written = "with gone as (delete from answers returning person) select person, 1 as m1, 1 as m2 from gone order by person"
    assert "in a read-only transaction; check database and query" in in_postgresql.pull(query=written).message
    slow = "select person, m1, m2, pg_sleep(5)::text from answers order by person"
    assert "statement timeout" in in_postgresql.pull(query=slow, limits=Limits(total_seconds=0.3)).message
    outcome = in_postgresql.pull(query=f"select {COLUMNS} from answers order by person")
    assert (outcome.state, outcome.message) == ("arrived", "raw/T1/t1.parquet: 2 rows, new")
