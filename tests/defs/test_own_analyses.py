"""A study with models, analyses, tables and figures of its own, as the how-to page shows them, and one part broken in each way,
through the whole graph once."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import dagster as dg
import duckdb
import pytest
from docx import Document
from openpyxl import load_workbook
from released_page import numbers_by_id, read_page_data
from tutorial_steps import is_shown, steps_of

import wavehouse
from dagster_project import run
from dagster_project.cli import main
from dagster_project.extensions.recompute import differing_results
from dagster_project.extensions.run_extensions import SelectedParts, run_extensions
from dagster_project.fingerprint import inputs_fingerprint
from dagster_project.models.project import DbtProject
from dagster_project.outcomes.codebook import write_codebook
from dagster_project.release.diff import diff_of_files
from dagster_project.study import read_study
from dagster_project.study_run import StudyRun
from dagster_project.warehouse import Warehouse

_PAGE = (Path(__file__).parents[2] / "docs/how-to/own-analyses.md").read_text(encoding="utf-8")
_STATISTIC = 'wavehouse.statistic("x", formula="one", people="nobody")'
_ANALYSIS = (
    "import wavehouse\n@wavehouse.analysis(reads=['participants'], statistics=[{statistic}])\ndef x(data):\n    {body}\n"
)
#: Parts that are broken, each in its way, and what is said of each.
_BROKEN = {
    "models/scale_scores.sql": (
        "select 1 as one", "marts.scale_scores is a table of Wavehouse; rename the file",
    ),
    "models/raw_reader.sql": (
        "select * from raw.roster", "reads raw.roster, which is not released; read a mart, by ref('…')",
    ),
    "models/file_reader.sql": (
        "select * from glob('*')", "reads glob(…), which no definition names; read a mart, by ref('…')",
    ),
    "models/chance.sql": ("select random() as x", "calls rand, which gives something else in each run"),
    "models/clock.sql": ("select now() as x", "calls now, which gives something else in each run"),
    "models/no_column.sql": (
        "select nothing from {{ ref('gains') }}",
        'Binder Error: Referenced column "nothing" not found in FROM clause!',
    ),
    "models/reader_of_broken.sql": ("select * from {{ ref('no_column') }}", "reads own.no_column, which is lacking"),
    "models/misspelt.sql": (
        "select * from {{ ref('scale_score') }}",
        "ref('scale_score'): there is no such mart or model; do you mean scale_scores or scale_moments",
    ),
    "models/round.sql": (
        "select * from {{ ref('round_again') }}", "reads itself, by way of round_again; take one ref out",
    ),
    "models/round_again.sql": ("select * from {{ ref('round') }}", "reads own.round, which is lacking"),
    "models/elsewhere.sql": (
        "{{ config(schema='marts', alias='returns') }} select 1 as one",
        "config: it would be marts.returns; a study's own model is own.elsewhere",
    ),
    "models/seen.sql": (
        "{{ config(materialized='view') }} select 1 as one",
        "config: materialized is view; a study's own model is a table",
    ),
    "models/undocumented.sql": (
        "select 1 as one",
        "dbt cannot read it: Compilation Error Documentation for 'model.own_models.undocumented' depends on doc 'x' which was"
        " not found",
    ),
    "models/jinja.sql": ("select 1 {% if", "dbt cannot read it: Compilation Error in model jinja"),
    "models/doubled.sql": (
        "select unnest([1, 1]) as one", "its test unique_doubled_one fails: 1 rows fail",
    ),
    "models/empty.sql": (" ", "is empty; write a select, or take the file away"),
    "models/deep/nested.sql": ("select 1", "models lie in models/ itself; move the file there"),
    "models/stray.yml": (
        "models: []", "a model's YAML has the model's name, and there is no models/stray.sql; rename the file",
    ),
    "analyses/raises.py": (
        _ANALYSIS.format(statistic=_STATISTIC, body="return [1 / 0]"), "line 4: ZeroDivisionError: division by zero",
    ),
    "analyses/quotes.py": (
        _ANALYSIS.format(statistic=_STATISTIC, body='raise ValueError("an answer")'),
        "line 4: ValueError; its text may quote answers and is not released",
    ),
    "analyses/no_python.py": ("def", "line 1: invalid syntax; correct the Python there"),
    "analyses/silent.py": (
        "import wavehouse",
        "registers no function; a file registers one, with @wavehouse.analysis(reads=[…], statistics=[…])",
    ),
    "analyses/chance.py": (
        "import random\n"
        + _ANALYSIS.format(statistic=_STATISTIC, body='return [wavehouse.number("x", "luck", random.random())]'),
        "gives own_chance/luck/x as ",
    ),
    "analyses/reads_broken.py": (
        _ANALYSIS.replace("participants", "own.no_column").format(statistic=_STATISTIC, body="return []"),
        "reads own.no_column, which is lacking",
    ),
    "analyses/nothing.py": (
        _ANALYSIS.format(statistic=_STATISTIC, body="return None"),
        "returns no number; give a number without a value and a note that says why there is none",
    ),
    "analyses/no_count.py": (
        _ANALYSIS.format(statistic=_STATISTIC, body='return [wavehouse.number("x", "gain", 1, n=float("nan"))]'),
        "own_no_count/gain/x: n is nan; give a whole number of people, or leave it out",
    ),
    "analyses/other_people.py": (
        "import random\n"
        + _ANALYSIS.format(
            statistic=_STATISTIC.replace("nobody", "named"),
            body='return [wavehouse.number("x", "gain", 1, people={data.rows("participants")[0]["participant_id"]:'
            " random.random()})]",
        ),
        "own_other_people/gain/x: names other people, or values of theirs, when run again; take random",
    ),
    "analyses/undeclared.py": (
        _ANALYSIS.format(statistic=_STATISTIC, body='return data.frame("scale_scores")'),
        "line 4: ValueError: scale_scores: the analysis does not declare that it reads this; add it to reads",
    ),
}  # fmt: skip
_BROKEN_TABLES = """
  - {table: empty, title: Nothing, results: [own_gian/*]}
  - {table: crowded, title: Two in a cell, results: [own_gain/*], columns: contrast}
"""
_BROKEN_FIGURE = """
  - {figure: empty, title: Nothing, kind: bars, results: [{analysis: own_gain, statistic: medan}], x: outcome}
"""
_TABLE_FAULTS = {
    "tables.yaml: table empty": "results[0]: 'own_gian/*' matches no result; do you mean own_gain?",
    "tables.yaml: table crowded": "rows (outcome) and columns (contrast) do not tell own_gain/drive_overall/T1-T2/gained and"
    " own_gain/drive_overall/T1-T2/high apart; choose other ones, or fewer results",
    "tables.yaml: figure empty": "results[0]: statistic: no result has 'medan'; do you mean median",
}


@pytest.fixture(scope="module")
def own_run(tmp_path_factory: pytest.TempPathFactory, workspace_at: Any) -> tuple[Any, Any]:
    from conftest import SMALL, run_all

    workspace = workspace_at(tmp_path_factory.mktemp("own"), SMALL)
    contents = {step.file: step.content for step in steps_of(_PAGE) if step.kind == "text"}
    assert set(contents) == {"models/gains.sql", "models/gains.yml", "analyses/gain.py", "tables.yaml"}
    contents["tables.yaml"] = contents["tables.yaml"].replace("figures:", f"{_BROKEN_TABLES.strip(chr(10))}\nfigures:")
    contents["tables.yaml"] += _BROKEN_FIGURE.strip("\n") + "\n"
    contents |= {file: content for file, (content, _) in _BROKEN.items()}
    contents["models/gains.sql"] = "\ufeff{# as ref('score_change') was #}\n" + contents["models/gains.sql"]
    contents["models/undocumented.yml"] = "models: [{name: undocumented, description: \"{{ doc('x') }}\"}]"
    contents["models/doubled.yml"] = "models: [{name: doubled, columns: [{name: one, data_tests: [unique]}]}]"
    for name, content in contents.items():
        file = workspace.study_folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, encoding="utf-8")
    return workspace, run_all(workspace)


def test_what_is_whole_is_released_and_what_is_broken_is_named(own_run: tuple[Any, Any]) -> None:
    workspace, own = own_run
    assert own.success, (own.failures, [check for check in own.checks.items() if not check[1][0]])
    rows = {row["part"]: row for row in workspace.released("from results.extensions")}
    expected = {file: reason for file, (_, reason) in _BROKEN.items()} | _TABLE_FAULTS
    lacking = {part: row["reason"] for part, row in rows.items() if row["state"] == "lacking"}
    assert lacking.keys() == expected.keys()
    assert [(part, reason) for part, reason in lacking.items() if not reason.startswith(expected[part])] == []
    # Where an error's whole text lies is a path of this machine, and of no release.
    assert [reason for reason in lacking.values() if str(workspace.settings.home) in reason] == []
    released = {part for part, row in rows.items() if row["state"] == "released"}
    assert released == {
        "models/gains.sql", "analyses/gain.py", "tables.yaml: table gains", "tables.yaml: figure gains",
    }  # fmt: skip
    # Each by name: the check of its asset, or of the asset that stands for all.
    failed = {key: words for key, (passed, words) in own.checks.items() if not passed and "own" in key[0] + words}
    assert failed["own/no_column", "works"].startswith("models/no_column.sql: Binder Error")
    assert failed["results/own_raises", "works"] == "analyses/raises.py: line 4: ZeroDivisionError: division by zero"
    assert failed["own_tables", "table_empty"].startswith("tables.yaml: table empty: results[0]: 'own_gian/*'")
    assert "models/deep/nested.sql: models lie in models/ itself" in own.checks["extensions", "files_known"][1]
    assert "own/no_column" not in own.metadata and "own/gains" in own.metadata
    # Nothing of them is anywhere in the release, and the release says so.
    assert [row["table_name"] for row in workspace.released("from duckdb_tables() where schema_name = 'own'")] == ["gains"]
    analyses = workspace.released("select distinct analysis from results.results where starts_with(analysis, 'own')")
    assert analyses == [{"analysis": "own_gain"}]
    manifest = json.loads((workspace.release / "manifest.json").read_text(encoding="utf-8"))
    assert set(manifest["lacks"].split("; ")) == expected.keys()
    sentence = "This release lacks analyses/raises.py, which the study adds of its own: line 4: ZeroDivisionError"
    assert sentence in (workspace.release / "index.html").read_text(encoding="utf-8")
    assert any(sentence in paragraph.text for paragraph in Document(str(workspace.release / "tables.docx")).paragraphs)


def test_a_run_whose_release_lacks_a_part_ends_with_a_code_and_is_not_taken_for_done(
    own_run: tuple[Any, Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace, _ = own_run
    monkeypatch.setenv("DAGSTER_HOME", str(workspace.settings.dagster_home))
    monkeypatch.setattr(run, "_run_job", lambda *_: SimpleNamespace(success=True, all_events=[]))
    assert run.run_everything(workspace.settings, quiet=True, is_forced=False, waits=False) == 1
    printed = capsys.readouterr().err
    assert (
        "the release lacks of the study's own: analyses/chance.py, analyses/no_count.py, analyses/no_python.py," in printed
    )
    assert printed.endswith("; the rest is released\n")
    assert not workspace.settings.warehouse_file.with_name("last_run.json").exists()


def test_a_model_is_a_table_with_words_and_lineage(
    own_run: tuple[Any, Any], definitions_of: Callable[[Any], dg.Definitions]
) -> None:
    workspace, own = own_run
    lineage = own.metadata["own/gains"]["dagster/column_lineage"].value.deps_by_column
    assert {(dep.asset_key.to_user_string(), dep.column_name) for dep in lineage["has_gained"]} == {
        ("marts/score_changes", "change")
    }
    graph = definitions_of(workspace).resolve_asset_graph()
    parents = {key.to_user_string() for key in graph.get(dg.AssetKey(["own", "gains"])).parent_keys}
    assert parents == {"marts/score_changes", "marts/participants"}
    gain = graph.get(dg.AssetKey(["results", "own_gain"]))
    assert {key.to_user_string() for key in gain.parent_keys} == {"marts/score_changes", "own/gains"}
    assert dg.AssetKey("release") in graph.get(dg.AssetKey("extensions")).child_keys
    comments = {
        row["column_name"]: row["comment"]
        for row in workspace.released("select column_name, comment from duckdb_columns() where schema_name = 'own'")
    }
    assert comments["participant_id"] == "Pseudonym of the person."  # of the mart that it is taken from
    assert comments["has_gained"] == "Whether the change is above zero."
    (table,) = workspace.released("select comment from duckdb_tables() where schema_name = 'own'")
    assert table["comment"] == "Whose score changed for the higher, one row a person and scale."
    package = json.loads((workspace.release / "datapackage.json").read_text(encoding="utf-8"))
    (database,) = (resource for resource in package["resources"] if resource["path"] == "warehouse.duckdb")
    (described,) = (entry for entry in database["tables"] if entry["name"] == "own.gains")
    assert described["schema"]["fields"][0] == {
        "name": "participant_id", "type": "string", "description": "Pseudonym of the person.",
    }  # fmt: skip
    assert "own.gains" in (workspace.release / "codebook.html").read_text(encoding="utf-8")
    expected = workspace.released(
        "select participant_id, scale, change > 0 as has_gained from marts.score_changes where contrast = 'T1-T2' order by all"
    )
    assert workspace.released("select participant_id, scale, has_gained from own.gains order by all") == expected


def test_numbers_are_results_and_stamped_and_in_every_form(own_run: tuple[Any, Any]) -> None:
    workspace, _ = own_run
    values = workspace.values()
    for row in workspace.released("select scale, median(change) as value from marts.score_changes group by scale"):
        assert values[f"own_gain/{row['scale']}/T1-T2/median"] == row["value"]
    release = wavehouse.open(workspace.study_folder)
    number = release.result("own_gain/pull/T1-T2/median")
    assert (number.printed, number.n, number.unit) == ("2.00", 2, "scale points")
    assert len(release.table("own.gains")) == 8
    stamps = {row["source"] for row in workspace.released("from results.stamps where name = 'extensions'")}
    assert stamps == {row["source"] for row in workspace.released("from results.stamps where name = 'marts'")}
    (estimand,) = workspace.released("from codebook.estimands where analysis = 'own_gain' and statistic = 'gained'")
    assert (estimand["people"], estimand["formula"]) == ("named", "100 count / n")
    (ard,) = duckdb.sql(
        f"select stat, stat_fmt from '{workspace.release / 'ard.parquet'}' where result_id = 'own_gain/pull/T1-T2/gained'"
    ).fetchall()
    assert ard == (100.0, "100.0")
    cell = "2.00 [1.50, 2.50]; 100.0 % gained"
    page = (workspace.release / "index.html").read_text(encoding="utf-8")
    assert "own_gain/pull/T1-T2/median" in numbers_by_id(read_page_data(page))
    assert cell in page and "Table 5. Change and who gained" in page
    word = Document(str(workspace.release / "tables.docx"))
    assert any(cell in entry.text for table in word.tables for row in table.rows for entry in row.cells)
    sheet = load_workbook(workspace.release / "tables.xlsx")["Table 5"]
    assert [entry.value for entry in next(row for row in sheet.iter_rows() if row[0].value == "Pull")][1:5] == [
        2,
        1.5,
        2.5,
        100,
    ]
    (figure,) = workspace.released("from results.figures where name = 'own_gains'")
    assert figure["alt"] == (
        "Median change of each scale: Mood −1.50 [−2.00, −1.00], Push −0.25 [−0.50, 0.00], Pull 2.00 [1.50, 2.50], Drive overall"
        " 0.88 [0.75, 1.00]."
    )
    assert list((workspace.release / "figures").glob("*own_gains.svg"))


def test_a_number_is_traced_to_the_people_whom_it_names(
    own_run: tuple[Any, Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace, _ = own_run
    for name, value in workspace.settings.environment(os.environ).items():
        monkeypatch.setenv(name, value)
    (console,) = (step for step in steps_of(_PAGE) if step.kind == "console")
    command, _, expected = console.content.partition("\n")
    assert main(command.removeprefix("$ wavehouse ").split()) == 0
    assert is_shown(expected, capsys.readouterr().out)
    counted = "select participant_id, value from trace(?) where part = 'person' and is_counted order by 1"
    with duckdb.connect(str(workspace.release / "warehouse.duckdb"), read_only=True) as connection:
        ids = ["own_gain/pull/T1-T2/median", "change/pull/T1-T2/mean_change"]
        ours, theirs = (connection.execute(counted, [identifier]).fetchall() for identifier in ids)
        assert ours == theirs and len(ours) == 2
        people = connection.execute(counted, ["own_gain/pull/T1-T2/gained"]).fetchall()
        assert people == [(person, 1.0) for person, _ in ours]


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        (
            "update results.results set value = value + 0.25 where result_id = 'own_gain/pull/T1-T2/median'",
            "own_gain/pull/T1-T2/median: the file holds ",
        ),
        (
            "delete from results.results where result_id = 'own_gain/pull/T1-T2/gained'",
            "own_gain/pull/T1-T2/gained: the file holds none; analyses/gain.py gives 100 (n 2, printed 100.0)",
        ),
        (
            "update results.extension_people set value = 0 where value = 1",
            "analyses/gain.py: the file names other people, or other values of theirs, than the analysis gives",
        ),
    ],
)
def test_a_number_that_was_changed_since_it_was_computed_is_not_released(
    own_run: tuple[Any, Any], tmp_path: Path, sql: str, words: str
) -> None:
    """Our own numbers are recomputed by other code; an analysis is run again on the file that is to be released."""
    from conftest import copy_of, definitions_of

    workspace = copy_of(own_run[0], tmp_path / "again")
    before = (workspace.release / "manifest.json").read_bytes()
    with Warehouse(workspace.settings.warehouse_file).transaction() as connection:
        connection.execute(sql)
    job = definitions_of(workspace).resolve_implicit_global_asset_job_def()
    with dg.DagsterInstance.ephemeral() as instance:
        selected = [dg.AssetKey("release")]
        result = job.execute_in_process(instance=instance, raise_on_error=False, asset_selection=selected)
    assert not result.success
    (check,) = result.get_asset_check_evaluations()
    assert not check.passed and str(check.description).startswith(words), check.description
    assert str(check.description).endswith("; run everything again: `wavehouse run`")
    assert (workspace.release / "manifest.json").read_bytes() == before


def test_analyses_are_asked_again_while_there_is_time(own_run: tuple[Any, Any], tmp_path: Path) -> None:
    from conftest import copy_of

    workspace = copy_of(own_run[0], tmp_path / "again")
    folder, warehouse = workspace.study_folder, Warehouse(workspace.settings.warehouse_file)
    assert differing_results(read_study(folder), warehouse, "a run") == []
    shutil.copy(folder / "analyses/gain.py", folder / "analyses/gain_again.py")
    with warehouse.transaction() as connection:
        connection.execute(
            "insert into results.results by name select * replace (replace(result_id, 'own_gain/', 'own_gain_again/') as result_id,"
            " 'own_gain_again' as analysis) from results.results where analysis = 'own_gain'"
        )
        connection.execute("update results.results set n = n + 1 where analysis = 'own_gain'")
    study = read_study(folder)
    assert len(differing_results(study, warehouse, "a run")) == 2
    orders = {differing_results(study, warehouse, str(seed), seconds=0)[0].split("/")[0] for seed in range(8)}
    assert orders == {"own_gain", "own_gain_again"}, "which is asked first differs between runs"
    assert all(len(differing_results(study, warehouse, str(seed), seconds=0)) == 1 for seed in range(3))


def test_an_edit_is_noticed_and_what_is_taken_away_is_gone(own_run: tuple[Any, Any], tmp_path: Path) -> None:
    from conftest import copy_of

    workspace = copy_of(own_run[0], tmp_path / "again")
    folder, settings = workspace.study_folder, workspace.settings
    first_inputs = inputs_fingerprint(settings)
    for file in ("models/gains.sql", "analyses/gain.py"):
        (folder / file).write_text((folder / file).read_text(encoding="utf-8") + "\n", encoding="utf-8")
        second_inputs = inputs_fingerprint(settings)
        assert second_inputs != first_inputs
        first_inputs = second_inputs
    for name in _BROKEN:
        (folder / name).unlink()
    (folder / "models/gains.sql").unlink()
    (folder / "models/gains.yml").unlink()
    (folder / "models/doubled.yml").unlink()
    (folder / "models/undocumented.yml").unlink()
    study_run = StudyRun(settings, "another run")
    write_codebook(study_run, settings.dbt_folder)
    run_extensions(study_run, DbtProject.from_settings(settings), SelectedParts())
    # The analysis reads a model that is gone: nothing of either is left, and ours is as it was.
    assert workspace.working("from duckdb_tables() where schema_name = 'own'") == []
    assert workspace.working("from results.results where starts_with(analysis, 'own_')") == []
    assert workspace.working("from results.extension_people") == []
    rows = workspace.working("from results.extensions")
    assert [(row["part"], row["reason"]) for row in rows] == [
        ("analyses/gain.py", "reads: there is no mart or model own.gains")
    ]
    changed = diff_of_files(workspace.release / "warehouse.duckdb", settings.warehouse_file)
    names = {row.what for row in changed if row.kind == "rule"}
    assert names >= {"file models/gains.sql", "file analyses/gain.py"}
    shutil.rmtree(folder / "analyses")
    study_run = StudyRun(settings, "a third run")
    write_codebook(study_run, settings.dbt_folder)
    assert run_extensions(study_run, DbtProject.from_settings(settings), SelectedParts()).rows == []
