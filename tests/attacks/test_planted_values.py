"""Values of people, planted into every column and as identifiers: no file that a command leaves holds one, but the team's own.

The team's are the exports and their landed copies, the working file, the lists, whole texts of errors, and what `check`,
`contract` and `queries` print. Files are searched as bytes, and whatever is packed in them is unpacked.
"""

import contextlib
import os
import re
import sqlite3
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import dagster as dg
import pyarrow.parquet as pq
import pytest

from dagster_project.cli import main
from dagster_project.defs.steps import fails_in_one_line, failure_message
from dagster_project.warehouse import Warehouse
from dagster_project.withholding import for_the_record

SMALL = Path(__file__).parents[1] / "small_study"
_MARK = re.compile(rb"mark(?:id|text|free|col)-[a-z0-9]+")
_WIDE_MARK = re.compile(rb"m\0a\0r\0k\0(?:(?:id|text|free|col)|[a-z]\0)+-\0(?:[a-z0-9]\0)+")
_PEOPLE = {name: f"markid-{name.lower()}@person.example" for name in "ABCDEF"}
_OWN_OUTPUT = ("check", "contract", "queries")
_COMMANDS = ("check", "run", "queries", "reminders", "contract", "diff")
_MODES = pytest.mark.skipif(os.name == "nt", reason="Windows has no modes of files")


#: The tables of a DuckDB file with their columns of text.
_TEXT_COLUMNS = """
    select schema_name, table_name, string_agg('"' || column_name || '"', ', ')
    from duckdb_columns() inner join duckdb_tables() using (schema_name, table_name)
    where data_type = 'VARCHAR'
    group by schema_name, table_name
"""


@dataclass
class Attack:
    """A study with planted values after all commands. codes: what each returned. made: the files and folders that they made."""

    folder: Path
    study_folder: Path
    codes: dict[str, int] = field(default_factory=dict)
    made: list[Path] = field(default_factory=list)

    def output(self, name: str) -> str:
        return (self.folder / "out" / name).read_text(encoding="utf-8")

    def is_of_the_team(self, file: Path) -> bool:
        name = file.relative_to(self.folder).as_posix()
        return (
            name.startswith(("data/small_study/raw/", "data/small_study/landing/", "home/small_study/lists/"))
            or name.startswith("home/small_study/warehouse.duckdb")
            or name.removeprefix("out/").partition(".")[0] in _OWN_OUTPUT
        )

    def marks(self, *, of_the_team: bool) -> dict[str, list[str]]:
        """The planted values by file."""
        marks = {}
        for file in sorted(self.folder.rglob("*")):
            if file.is_file() and not file.is_symlink() and self.is_of_the_team(file) == of_the_team:
                values = {value.decode() for content in _contents(file) for value in _marks_in(content)}
                if values:
                    marks[file.relative_to(self.folder).as_posix()] = sorted(values)
        return marks


def _marks_in(content: bytes) -> set[bytes]:
    text = content.lower()
    return {*_MARK.findall(text), *(value.replace(b"\0", b"") for value in _WIDE_MARK.findall(text))}


def _contents(file: Path) -> Iterator[bytes]:
    """A file's bytes, and what is packed in them: tables of DuckDB, SQLite and Parquet, members of archives, compressed cells."""
    content = file.read_bytes()
    yield content
    if file.suffix == ".duckdb":
        with Warehouse(file).connect(read_only=True) as connection:
            for schema, table, columns in connection.execute(_TEXT_COLUMNS).fetchall():
                row_text = f"concat_ws(chr(10), {columns})"
                marked = f'select {row_text} from "{schema}"."{table}" where {row_text} ilike \'%mark%\''
                yield from (text.encode() for (text,) in connection.execute(marked).fetchall())
    elif content.startswith(b"SQLite format 3"):
        with contextlib.closing(sqlite3.connect(file)) as connection:
            for (table,) in connection.execute("select name from sqlite_master where type = 'table'").fetchall():
                for row in connection.execute(f'select * from "{table}"'):
                    yield from (_unpacked(cell) for cell in row if isinstance(cell, bytes | str))
    elif content.startswith(b"PAR1"):
        yield str(pq.read_table(file).to_pylist()).encode()
    elif zipfile.is_zipfile(file):
        with zipfile.ZipFile(file) as archive:
            yield from (archive.read(name) for name in archive.namelist())


def _unpacked(cell: bytes | str) -> bytes:
    content = cell.encode() if isinstance(cell, str) else cell
    with contextlib.suppress(zlib.error):
        return zlib.decompress(content)
    return content


def _plant(study: Path, edit: Callable[[Path], None]) -> None:
    """Everybody's identifier is a marked one."""
    for file in study.glob("raw/*/*"):
        encoding, separator = ("utf-16", "\t") if file.suffix == ".txt" else ("utf-8", ";" if "roster" in file.name else ",")
        cells = [line.split(separator) for line in file.read_text(encoding=encoding).splitlines()]
        lines = [separator.join([_PEOPLE.get(name, name), *others]) for name, *others in cells]
        file.write_text("\n".join(lines) + "\n", encoding=encoding)
    edit(study)


def _edit(file: Path, edit: Callable[[list[str]], list[str]], encoding: str = "utf-8") -> None:
    file.write_text("\n".join(edit(file.read_text(encoding=encoding).splitlines())) + "\n", encoding=encoding)


def _in_every_column(study: Path) -> None:
    """Two more people: one whose every cell is a marked text, and one whom the study excluded for a marked reason. The study
    allows half of the values to be rejected."""
    definitions = study / "study.yaml"
    leaving = "{withdrawn_on: Left, withdrawal_reason: Why, excluded_on: Out, exclusion_reason: Why out}"
    text = definitions.read_text(encoding="utf-8").replace(
        "    respondent: Person\n    blocks:\n      - {block: participants",
        f"    respondent: Person\n    leaving: {leaving}\n    blocks:\n      - {{block: participants",
    )
    assert leaving in text
    definitions.write_text(f"rejected_share: 0.5\n{text}", encoding="utf-8")
    roster = [
        f"{_PEOPLE['E']};markcol-site;marktext-age;marktext-left;markfree-why;;;marktext-phone",
        f"{_PEOPLE['F']};South;33;;;2020-05-01;markfree-excluded;",
    ]
    _edit(
        study / "raw/roster/roster.csv",
        lambda lines: [lines[0] + ";Left;Why;Out;Why out;Phone", *(line + ";;;;;" for line in lines[1:]), *roster],
    )
    answers = ",".join(f"marktext-{code}" for code in ("date", "m1", "m2", "m3", "d1", "d2", "d3", "d4", "gp"))
    _edit(
        study / "raw/T1/t1.csv",
        lambda lines: [
            lines[0] + ",Remarks",
            *(f"{line},markfree-remark{number}" for number, line in enumerate(lines[1:])),
            f"{_PEOPLE['E']},{answers},markfree-remark",
        ],
    )
    answers = "\t".join(f"marktext-{code}" for code in ("kind", "m1", "m2", "m3", "d1", "d2", "d3", "d4"))
    _edit(study / "raw/T2/t2.txt", lambda lines: [*lines, f"{_PEOPLE['E']}\t{answers}"], "utf-16")


def _one_more_row(name: str) -> Callable[[Path], None]:
    row = f"{name},03/02/2020,4,5,2,1,3,5,6,Yes"
    return lambda study: _edit(study / "raw/T1/t1.csv", lambda lines: [*lines, row])


_EDITS = {
    "every_column": _in_every_column,
    "duplicate": _one_more_row(_PEOPLE["A"]),
    "stranger": _one_more_row("markid-x@person.example"),
}


@pytest.fixture(scope="module")
def attacks(workspace_at: Any, share_parsed_models: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Attack]:
    """Each study after all commands, run in this process under the usual mask of modes."""
    attacks = {}
    mask, environment = os.umask(0o022), dict(os.environ)
    try:
        for name, edit in _EDITS.items():
            os.umask(0o022)
            workspace = workspace_at(tmp_path_factory.mktemp(name), SMALL)
            attack = Attack(workspace.study_folder.parents[1], workspace.study_folder)
            _plant(attack.study_folder, edit)
            (attack.folder / "out").mkdir()
            for variable in [key for key in os.environ if key.startswith(("WAVEHOUSE", "DAGSTER"))]:
                del os.environ[variable]
            os.environ |= {"WAVEHOUSE_STUDY": str(attack.study_folder), "WAVEHOUSE_HOME": str(attack.folder / "home")}
            share_parsed_models(workspace.settings)
            before = {*attack.folder.rglob("*")}
            for command in _COMMANDS:
                attack.codes[command] = _printed(attack.folder / "out" / command, command)
            attack.made = [path for path in attack.folder.rglob("*") if path not in before]
            attacks[name] = attack
    finally:
        os.umask(mask)
        os.environ.clear()
        os.environ.update(environment)
    return attacks


def _printed(file: Path, command: str) -> int:
    """Run a command, and keep what it prints."""
    with (
        file.with_suffix(".out").open("w", encoding="utf-8") as output,
        file.with_suffix(".err").open("w", encoding="utf-8") as errors,
        contextlib.redirect_stdout(output),
        contextlib.redirect_stderr(errors),
    ):
        return main([command])


@pytest.mark.slow
def test_the_runs_end_as_they_should(attacks: dict[str, Attack]) -> None:
    assert {name: attack.codes["run"] for name, attack in attacks.items()} == {
        "every_column": 0,
        "duplicate": 1,
        "stranger": 1,
    }, attacks["every_column"].output("run.err")


@pytest.mark.slow
@pytest.mark.parametrize("name", _EDITS)
def test_nothing_of_people_is_left_outside_the_files_of_the_team(attacks: dict[str, Attack], name: str) -> None:
    assert attacks[name].marks(of_the_team=False) == {}


@pytest.mark.slow
def test_what_is_planted_is_recognised_where_it_may_be(attacks: dict[str, Attack]) -> None:
    """The search sees every planted value, packed or not."""
    planted = attacks["every_column"].marks(of_the_team=True)
    in_exports = {value for file, values in planted.items() if "/raw/" in file for value in values}
    codes = ("date", "m1", "m2", "m3", "d1", "d2", "d3", "d4", "gp", "kind", "age", "left", "phone")
    assert in_exports == {
        *(f"markid-{name}" for name in "abcdef"),
        *(f"marktext-{code}" for code in codes),
        *(f"markfree-{word}" for word in ("remark", "remark0", "remark1", "remark2", "why", "excluded")),
        "markcol-site",
    }
    working_file = set(planted["home/small_study/warehouse.duckdb"])
    assert {"markid-a", "markid-e", "markcol-site", "marktext-m1", "markfree-why", "markfree-excluded"} <= working_file
    # What no declaration names is not even in the working file.
    assert not {value for value in working_file if value.startswith(("markfree-remark", "marktext-phone"))}
    assert "marktext-m1" in planted["out/check.out"]
    assert "marktext-m1" in planted["out/queries.out"]
    assert "markid-a" in attacks["duplicate"].marks(of_the_team=True)["out/check.out"]
    assert "markid-x" in attacks["stranger"].marks(of_the_team=True)["out/check.out"]


@_MODES
@pytest.mark.slow
@pytest.mark.parametrize("name", _EDITS)
def test_nobody_else_reads_what_a_command_made(attacks: dict[str, Attack], name: str) -> None:
    made = [path for path in attacks[name].made if not path.is_symlink() and path.parent != attacks[name].folder / "out"]
    assert len(made) > 20
    assert [str(path) for path in made if path.stat().st_mode & 0o077] == []


@pytest.mark.slow
def test_a_run_says_row_and_cure_of_what_it_withholds(attacks: dict[str, Attack]) -> None:
    (duplicate,) = [line for line in attacks["duplicate"].output("run.err").splitlines() if line.startswith("error:")]
    assert re.fullmatch(
        r"error: raw/t1, contract: t1\.csv: T1: participant P[0-9a-f]{16} has rows 2 and 5; keep one of them, say under"
        r" duplicates which one counts, or set the others aside by a rule under set_aside",
        duplicate,
    )
    stranger = next(line for line in attacks["stranger"].output("run.err").splitlines() if line.startswith("error:"))
    assert re.fullmatch(
        r"error: raw/answers, people_on_roster: not on the roster: T1 row 5: P[0-9a-f]{16}; correct the identifier, add the"
        r" person, or say who is meant under respondents of the export",
        stranger,
    )
    warnings = attacks["every_column"].output("run.err").splitlines()
    assert (
        'warning: raw/t1, dates_read: column "Date": a date cannot be read, and counts as missing: [withheld]; correct the'
        " cells, or say how they are written under dates of the export (`wavehouse check`, `contract` and `queries` show what"
        " is withheld)"
    ) in warnings
    assert (
        'columns "Why" and "Why out" hold reasons in free text, which stay in the roster: a release counts who left and was'
        " excluded, and gives no reason"
    ) in attacks["every_column"].output("check.out")


@pytest.mark.slow
def test_an_unexpected_error_is_recorded_by_kind_and_place(tmp_path: Path) -> None:
    """DuckDB quotes the cell that it cannot read; Dagster's history must not."""
    warehouse = Warehouse(tmp_path / "warehouse.duckdb")
    with warehouse.connect():
        pass

    @dg.asset
    def numbers() -> None:
        with fails_in_one_line():
            warehouse.rows("select cast('marktext-cell' as integer) as number")

    history, errors = tmp_path / "history", tmp_path / "errors"
    history.mkdir()
    with (
        dg.DagsterInstance.local_temp(str(history)) as instance,
        for_the_record(lambda identifier: "P0", errors),
    ):
        run = dg.materialize([numbers], instance=instance, raise_on_error=False)
    assert not run.success
    (event,) = [event for event in run.all_events if event.is_step_failure]
    line = failure_message(event)
    (file,) = errors.iterdir()
    assert re.fullmatch(
        r"ConversionException in dagster_project/warehouse/\w+\.py, line \d+; its text may quote answers and is in"
        rf" {re.escape(str(file))}, for its owner alone",
        line,
    )
    assert "marktext-cell" in file.read_text(encoding="utf-8")
    if os.name != "nt":
        assert (file.stat().st_mode & 0o777, errors.stat().st_mode & 0o777) == (0o600, 0o700)
    files = [path for path in history.rglob("*") if path.is_file()]
    assert any(content.startswith(b"SQLite") for path in files for content in _contents(path))
    assert {path.name for path in files for content in _contents(path) if _marks_in(content)} == set()
