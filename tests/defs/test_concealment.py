"""A trial with concealed arms through the whole graph: no arm's name or code leaves, in any form, and every number is that of the
people behind its letter."""

import contextlib
import csv
import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from statistics import fmean
from typing import Any

import duckdb
import pytest
from group_study import write_group_study
from pypdf import PdfReader
from recompute import recompute
from released_page import read_page_data
from released_tables import released_tables

from dagster_project.rehearsal.fit import check_study
from dagster_project.results import ResultRow
from dagster_project.study import read_study
from dagster_project.synthesis import judge_claims, read_propositions

pytestmark = pytest.mark.slow
#: Words that are in the name and the code of one arm each, and in nothing else.
SECRETS = {"zebra": "Zebra course", "quokka": "Quokka calls", "walrus": "Walrus list"}
SEED = "48213377"
_NAMES = {"Course and calls": "Quokka calls", "Course": "Zebra course", "Waiting list": "Walrus list"}
_CODES = {"course": "zebra", "calls": "quokka", "waiting": "walrus"}


def _write(folder: Path) -> Path:
    """One person's arm is misspelt; the last wave is for two of the arms."""
    write_group_study(folder, people_per_arm=8)
    roster, protocol = folder / "raw/roster/roster.csv", folder / "study.yaml"
    rows, text = roster.read_text(encoding="utf-8"), protocol.read_text(encoding="utf-8")
    for name, secret in _NAMES.items():
        rows = re.sub(rf"\b{name}(?=,)", secret, rows)
        text = text.replace(f"label: {name}}}", f"label: {secret}}}")
    for code, secret in _CODES.items():
        text = text.replace(f"category: {code},", f"category: {secret},").replace(
            f"reference: {code}", f"reference: {secret}"
        )
    roster.write_text(rows.replace("P023,Quokka calls", "P023,Quokka cals"), encoding="utf-8")
    text = text.replace("design: randomised}", f"design: randomised, concealed: true, concealment_seed: {SEED}}}")
    condition = "planned_for: {arm: [zebra, quokka]}, planned_if_unknown: not_planned, unplanned_answers: set_aside"
    protocol.write_text(
        text.replace("label: a year, month: 12}", f"label: a year, month: 12, {condition}}}"), encoding="utf-8"
    )
    (folder / "propositions.yaml").write_text(_PROPOSITIONS, encoding="utf-8")
    return folder


#: One claim about an arm by its code, one about a letter, one about everybody.
_PROPOSITIONS = """
propositions:
  - proposition: it_works
    statement: People of the better arm change more.
    claims:
      - claim: by_code
        statement: The difference is at least one point.
        conditions:
          - {kind: level, results: [change_difference/mood_total/zebra/T1-T2/difference], at_least: 1, because: agreed}
      - claim: by_letter
        statement: The difference is at least one point.
        conditions: [{kind: level, results: [change_difference/mood_total/B/T1-T2/difference], at_least: 1, because: agreed}]
      - claim: of_everybody
        statement: Mood rises.
        conditions: [{kind: change, scales: [mood_total], contrasts: [T1-T2], direction: rises}]
"""


@pytest.fixture(scope="module")
def concealed(tmp_path_factory: pytest.TempPathFactory, workspace_at: Any) -> Iterator[tuple[Any, Any, str]]:
    """The workspace, its run, and what the run wrote to the terminal."""
    from conftest import run_all

    folder = tmp_path_factory.mktemp("concealed")
    workspace = workspace_at(folder, _write(folder / "made" / "group_study"))
    output = io.StringIO()
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
        run = run_all(workspace)
    assert run.success, (run.failures, run.checks)
    yield workspace, run, output.getvalue()


def _secrets_in(text: str) -> list[str]:
    return [secret for secret in (*SECRETS, SEED) if secret in text.casefold()]


def _texts_of(file: Path) -> Iterator[tuple[str, str]]:
    """Everything that a file says, with where: documents unpacked, tables read."""
    content = file.read_bytes()
    yield file.name, content.decode("utf-8", "replace")
    if file.suffix in (".docx", ".xlsx"):
        with zipfile.ZipFile(file) as parts:
            for name in parts.namelist():
                yield f"{file.name}: {name}", parts.read(name).decode("utf-8", "replace")
    if file.suffix == ".pdf":
        yield f"{file.name}: text", "".join(page.extract_text() for page in PdfReader(file).pages)
    if file.suffix == ".parquet":
        yield f"{file.name}: rows", str(duckdb.sql(f"from read_parquet('{file}')").fetchall())
    if file.suffix == ".html":
        with contextlib.suppress(Exception):
            yield f"{file.name}: data", str(read_page_data(content.decode("utf-8")))
    if file.suffix == ".duckdb":
        with duckdb.connect(str(file), read_only=True) as connection:
            names = connection.execute(
                "select schema_name, table_name, comment, sql from duckdb_tables() union all "
                "select schema_name, view_name, comment, sql from duckdb_views() where not internal"
            ).fetchall()
            yield f"{file.name}: names", str(names)
            yield f"{file.name}: columns", str(connection.execute("from duckdb_columns()").fetchall())
            yield (
                f"{file.name}: macros",
                str(connection.execute("select macro_definition from duckdb_functions()").fetchall()),
            )
            for schema, table, _, _ in names:
                yield f"{file.name}: {schema}.{table}", str(connection.execute(f'from "{schema}"."{table}"').fetchall())


def test_no_name_and_no_code_of_an_arm_is_in_the_release(concealed: Any) -> None:
    workspace, _, _ = concealed
    leaks = [
        (origin, secrets)
        for file in sorted(workspace.release.rglob("*"))
        if file.is_file()
        for origin, text in _texts_of(file)
        if (secrets := _secrets_in(text))
    ]
    assert leaks == []
    # The search finds what is there.
    assert _secrets_in((workspace.study_folder / "study.yaml").read_text(encoding="utf-8")) == [*SECRETS, SEED]
    letters = [origin for file in workspace.release.rglob("*") if file.is_file() for origin, text in _texts_of(file)
               if "change_difference/mood_total/B/T1-T2/p" in text]  # fmt: skip
    assert {origin.split(":")[0] for origin in letters} >= {"index.html", "warehouse.duckdb"}


def test_nothing_that_is_logged_or_checked_says_an_arm(concealed: Any) -> None:
    workspace, run, output = concealed
    assert _secrets_in(output) == []
    assert _secrets_in(str(run.metadata)) == []
    assert _secrets_in(str(run.checks)) == []
    assert run.checks["staging/rejected_answers", "no_rejected_answers"] == (
        False,
        "roster.csv row 25, column Arm (arm): a text that is not shown while groups are concealed is outside the declared categories or limits",
    )
    lines = [finding.message for finding in check_study(read_study(workspace.study_folder))]
    assert _secrets_in("\n".join(lines)) == []
    assert (
        "T4 is planned by arm, whose groups are concealed: whoever knows whom it is planned for can tell them apart by it"
        in lines
    )
    assert (
        "1 of the 25 values of arm would be rejected: a text that is not shown while groups are concealed; declare these texts"
        " under the variable's categories, or correct its limits"
    ) in lines


def test_a_claim_about_an_arm_by_its_name_waits_until_it_is_unblinded(concealed: Any) -> None:
    """Its number would tell the arm's letter. What is said of a letter is judged."""
    workspace, _, _ = concealed
    claims = {row["claim_id"]: row for row in workspace.released("from results.claims")}
    waiting = claims["claim/it_works/by_code"]
    assert (waiting["verdict"], waiting["reason"]) == (
        "not testable",
        "not testable: mood: it names a group, and groups are concealed; it waits until they are unblinded",
    )
    (cell,) = workspace.released("from results.claim_cells where claim_id = 'claim/it_works/by_code'")
    assert (cell["outcome"], cell["shown"], cell["result_ids"]) == ("mood_total", "—", "")
    value = workspace.values()["change_difference/mood_total/B/T1-T2/difference"]
    assert claims["claim/it_works/by_letter"]["verdict"] in (
        ["supported"] if value >= 1 else ["not supported", "contradicted"]
    )
    assert claims["claim/it_works/of_everybody"]["verdict"] != "not testable"
    lines = [finding.message for finding in check_study(read_study(workspace.study_folder))]
    assert "1 claim names a group, and groups are concealed: not judged until they are unblinded" in lines
    # On the day the same file is read with the arms' names.
    file = workspace.study_folder / "study.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("concealed: true", "concealed: true, unblinded: 2024-01-31"), encoding="utf-8")
    unblinded = read_study(workspace.study_folder)
    file.write_text(text, encoding="utf-8")
    (proposition,) = read_propositions(unblinded).propositions  # type: ignore[union-attr]
    row_id = "change_difference/mood_total/zebra/T1-T2/difference"
    row = ResultRow(row_id, "change_difference", "mood_total", None, None, "T1-T2", "difference", 2.0, 16, "", "", "2.0")
    assert judge_claims(proposition, {row_id: row}, unblinded)[0].verdict == "supported"


def test_a_trace_shows_letters(concealed: Any) -> None:
    workspace, _, _ = concealed
    connection = released_tables(workspace.release / "warehouse.duckdb")
    for name in (
        "change_difference/mood_total/B/T1-T2/p",
        "mmrm_difference/mood_total/C/T1-T4/p",
        "flow_by_group/roster/A/n",
    ):
        rows = connection.execute("from trace(?)", [name]).fetchall()
        assert rows
        assert _secrets_in(str(rows)) == []


def test_every_number_is_that_of_the_people_behind_the_letter(concealed: Any) -> None:
    workspace, _, _ = concealed
    report = recompute(workspace.release / "warehouse.duckdb")
    assert [str(difference) for difference in report.differences] == []
    variable = next(
        entry for entry in read_study(workspace.study_folder).protocol.participant_variables if entry.variable == "arm"
    )
    letter_of = {category.text[0]: category.category for category in variable.categories}
    assert sorted(letter_of.values()) == ["A", "B", "C"]
    with (workspace.study_folder / "raw/roster/roster.csv").open(encoding="utf-8", newline="") as file:
        arm_of = {row["Person"]: row["Arm"] for row in csv.DictReader(file)}
    with (workspace.study_folder / "raw/T1/t1.csv").open(encoding="utf-8", newline="") as file:
        answers = {row["Person"]: row["sleep_1"] for row in csv.DictReader(file)}
    values = workspace.values()
    means = {}
    for name, letter in letter_of.items():
        people = [person for person, arm in arm_of.items() if arm == name]
        assert values[f"flow_by_group/roster/{letter}/n"] == len(people)
        means[letter] = fmean(int(answers[person]) for person in people if answers.get(person))
    rows = workspace.released(
        "select people.arm, avg(answers.answer) as mean from marts.answers as answers "
        "inner join marts.participants as people on answers.participant_id = people.participant_id "
        "where answers.item = 'sleep_01' and answers.wave = 'T1' and people.arm is not null group by people.arm"
    )
    assert {row["arm"]: row["mean"] for row in rows} == pytest.approx(means)
    compared = {(row["people_group"], row["compared_with"]) for row in workspace.released("from results.results")}
    assert {pair for pair in compared if pair[1]} == {("B", "A"), ("C", "A")}


def test_the_page_says_what_the_letters_are(concealed: Any) -> None:
    workspace, _, _ = concealed
    page = (workspace.release / "index.html").read_text(encoding="utf-8")
    words = re.sub(r"\s+", " ", page)
    for sentence in (
        "Groups are concealed: A, B and C stand for them by chance, and B and C are compared with A, whichever group that is.",
        "A (compared with)",
    ):
        assert sentence in words, sentence
    assert "A (reference)" not in words
