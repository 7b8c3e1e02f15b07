"""One run, one truth: no release is of two states of exports or definitions, whatever is edited or started meanwhile."""

import os
import statistics
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from child_environment import environment_of

from dagster_project.defs.resources import STUDY_RUN
from dagster_project.models import build as models
from dagster_project.release import contents as release
from dagster_project.release import truth
from dagster_project.study_lock import study_lock
from dagster_project.trail import chain_faults, read_lines
from dagster_project.warehouse import Warehouse, release_names, state_of_release

_CURE = "run everything again: `wavehouse run`"


def _edit(file: Path, before: str, after: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert before in text
    file.write_text(text.replace(before, after), encoding="utf-8")


def _run_subset(definitions: dg.Definitions, *keys: list[str]) -> dg.ExecuteInProcessResult:
    job = definitions.resolve_implicit_global_asset_job_def()
    with dg.DagsterInstance.ephemeral() as instance:
        selected = [dg.AssetKey(key) for key in keys]
        return job.execute_in_process(instance=instance, raise_on_error=False, asset_selection=selected)


def _failures(result: dg.ExecuteInProcessResult) -> list[str]:
    events = result.filter_events(lambda event: event.is_step_failure)
    return [str(event.step_failure_data.user_failure_data.description) for event in events]


def test_a_model_is_built_alone_also_where_its_folder_has_its_name(
    small_copy: Any, definitions_of: Callable[[Any], dg.Definitions]
) -> None:
    workspace, _ = small_copy
    result = _run_subset(definitions_of(workspace), ["marts", "answers"], ["marts", "scale_scores"])
    assert result.success
    events = result.get_asset_materialization_events()
    assert {event.asset_key for event in events} == {dg.AssetKey(["marts", name]) for name in ("answers", "scale_scores")}


def test_every_step_holds_the_study(small_workspace: Any, definitions_of: Callable[[Any], dg.Definitions]) -> None:
    job = definitions_of(small_workspace).resolve_implicit_global_asset_job_def()
    without = [node.name for node in job.graph.nodes if STUDY_RUN not in node.definition.required_resource_keys]  # type: ignore[attr-defined]
    assert len(job.graph.nodes) > 20
    assert without == []


@pytest.mark.parametrize(
    ("module", "function", "file", "text"),
    [
        (models, "run_dbt", "instruments/mood.yaml", None),
        (release, "write_page", "checklists.yaml", "told: {}\n"),
    ],
    ids=["between two steps", "while the release is filled"],
)
def test_an_edit_during_a_run_fails_it_in_one_line_and_leaves_the_release(
    module: Any, function: str, file: str, text: str | None, small_copy: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace, rerun = small_copy
    before = (workspace.release / "manifest.json").read_bytes()
    _edit(workspace.study_folder / "raw/T1/t1.csv", "B,04/02/2020,2,,4,0,0", "B,04/02/2020,2,,4,0,1")
    whole = getattr(module, function)

    def edits(*arguments: Any, **options: Any) -> Any:
        done = whole(*arguments, **options)
        if text is None:
            _edit(workspace.study_folder / file, "reversed: [3]", "reversed: [2]")
        else:
            (workspace.study_folder / file).write_text(text, encoding="utf-8")
        return done

    with monkeypatch.context() as patched:
        patched.setattr(module, function, edits)
        run = rerun()
    assert not run.success
    assert set(run.failures) == {f"{file}: changed during this run; {_CURE}"}
    assert (workspace.release / "manifest.json").read_bytes() == before
    assert len(release_names(workspace.study_folder)) == 1
    assert not list((workspace.study_folder / "releases").glob(".building-*"))


def test_a_folder_that_is_gone_during_a_run_is_not_made_anew(small_copy: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A drive was disconnected: the run said that all definitions were changed and that there was no release, and began an audit
    trail of its own where the drive had been."""
    workspace, rerun = small_copy
    folder, elsewhere = workspace.study_folder, workspace.study_folder.with_name("disconnected")
    before, trail = (workspace.release / "manifest.json").read_bytes(), (folder / "audit_trail.jsonl").read_bytes()
    _edit(folder / "raw/T1/t1.csv", "B,04/02/2020,2,,4,0,0", "B,04/02/2020,2,,4,0,1")
    whole = models.run_dbt

    def disconnects(*arguments: Any, **options: Any) -> Any:
        done = whole(*arguments, **options)
        folder.rename(elsewhere)
        return done

    with monkeypatch.context() as patched:
        patched.setattr(models, "run_dbt", disconnects)
        run = rerun()
    assert not run.success
    gone = f"{folder}: the study's folder is gone; connect its drive again or put it back; {_CURE}"
    assert set(run.failures) == {gone}
    assert state_of_release(folder, run.run_id).startswith("the study's folder is gone, and its release is not seen")
    assert not folder.exists()
    elsewhere.rename(folder)
    assert (workspace.release / "manifest.json").read_bytes() == before
    assert (folder / "audit_trail.jsonl").read_bytes().startswith(trail)
    assert rerun().success
    assert chain_faults(read_lines((folder / "audit_trail.jsonl").read_bytes())) == []


def test_a_subset_by_new_definitions_is_refused_before_the_codebook_knows_them(
    small_copy: Any, definitions_of: Callable[[Any], dg.Definitions]
) -> None:
    workspace, _ = small_copy
    definitions = definitions_of(workspace)
    norms = workspace.study_folder / "norms.yaml"
    norms.write_text(norms.read_text(encoding="utf-8") + "# a remark\n", encoding="utf-8")
    result = _run_subset(definitions, ["results", "summary"])
    assert _failures(result) == [f"norms.yaml: changed since the codebook was written; {_CURE}"]
    # The raw assets were made of the definitions as they were when the graph was loaded.
    result = _run_subset(definitions, ["codebook"], ["raw", "t1"])
    assert _failures(result) == [
        f"norms.yaml: changed since the graph was loaded; {_CURE}, or reload the definitions in the UI first"
    ]
    with Warehouse(workspace.settings.warehouse_file).transaction() as connection:
        connection.execute("drop table codebook.definition_files")
    result = _run_subset(definitions_of(workspace), ["results", "summary"])
    assert _failures(result) == [f"the codebook does not say by which definitions it was made; {_CURE}"]


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        (
            "update results.stamps set fingerprint = 'older' where name = 'change' and source = 't2'",
            "change: computed from another state of export t2 than is in use now",
        ),
        (
            "update results.stamps set fingerprint = 'older' where name = 'summary' and source = 'the definitions'",
            "summary: computed from another state of the definitions than is in use now",
        ),
        ("delete from results.stamps where name = 'marts'", "marts: nothing says what this was computed from"),
        (
            "insert into results.stamps (name, source, fingerprint) values ('figures', 't1', 'of a run in between')",
            "figures: computed from another state of export t1 than is in use now",
        ),
    ],
)
def test_results_of_another_state_are_not_released(
    sql: str, message: str, small_copy: Any, definitions_of: Callable[[Any], dg.Definitions]
) -> None:
    workspace, _ = small_copy
    before = (workspace.release / "manifest.json").read_bytes()
    with Warehouse(workspace.settings.warehouse_file).transaction() as connection:
        connection.execute(sql)
    result = _run_subset(definitions_of(workspace), ["release"])
    assert not result.success
    (check,) = result.get_asset_check_evaluations()
    assert (check.check_name, check.passed, check.description) == ("one_truth", False, f"{message}; {_CURE}")
    assert _failures(result) == [f"{message}; {_CURE}"]
    assert (workspace.release / "manifest.json").read_bytes() == before


def test_results_are_of_the_exports_that_their_marts_are_of(
    small_copy: Any, definitions_of: Callable[[Any], dg.Definitions]
) -> None:
    """An export is loaded by hand and some results are computed again, but the marts between them are not."""
    workspace, _ = small_copy
    _edit(workspace.study_folder / "raw/T1/t1.csv", "B,04/02/2020,2,,4,0,0", "B,04/02/2020,2,,4,0,1")
    definitions = definitions_of(workspace)
    result = _run_subset(definitions, ["raw", "t1"], ["results", "items"], ["release"])
    assert not result.success
    stale = truth.contradictions(Warehouse(workspace.settings.warehouse_file), _study(workspace))
    assert len(stale) == len(truth.STAMPED) - 1  # interviews hang on no export
    assert f"items: computed from another state of export t1 than is in use now; {_CURE}" in stale
    # Some of the marts built anew: they are of two states, and so is what reads them.
    result = _run_subset(definitions, ["marts", "item_counts"], ["results", "items"])
    assert result.success
    assert truth.contradictions(Warehouse(workspace.settings.warehouse_file), _study(workspace)) == stale


def _study(workspace: Any) -> Any:
    from dagster_project.study import read_study

    return read_study(workspace.study_folder)


def test_stamps_and_definitions_are_released(small_run: tuple[Any, Any]) -> None:
    workspace, _ = small_run
    stamped = workspace.released("select name, count(*) as n from results.stamps group by name order by name")
    assert stamped == [{"name": name, "n": 1 if name == "segments" else 4} for name in sorted(truth.STAMPED)]
    files = [row["file"] for row in workspace.released("from codebook.definition_files order by file")]
    assert files == [
        "instruments/drive.yaml", "instruments/mood.yaml", "norms.yaml", "propositions.yaml", "published/small.csv", "study.yaml",
    ]  # fmt: skip
    (definitions,) = workspace.released("select definitions_hash from codebook.definitions")
    assert definitions["definitions_hash"] == _study(workspace).definitions_hash


def _recomputes(release_folder: Path) -> float:
    """The mean of the released scores, which must be the released mean."""
    released = Warehouse(release_folder / "warehouse.duckdb")
    scores = released.rows("select score from marts.scale_scores where scale = 'push' and wave = 'T1' and score is not null")
    (result,) = released.rows("select value, n from results.results where result_id = 'summary/push/T1/mean'")
    mean = statistics.mean(float(row["score"]) for row in scores)
    assert (result["n"], result["value"]) == (len(scores), pytest.approx(mean, abs=1e-12))
    return float(result["value"])


def test_runs_of_one_study_at_once_wait_for_each_other(
    small_copy: Any, definitions_of: Callable[[Any], dg.Definitions]
) -> None:
    """Three runs of one study took turns step by step, and released results of one beside the scores of another."""
    workspace, rerun = small_copy
    environment = environment_of(workspace)
    command = [sys.executable, "-m", "dagster_project.cli", "run", "--quiet"]
    file = workspace.study_folder / "raw/T1/t1.csv"
    text = file.read_text(encoding="utf-8")
    stop = threading.Event()

    def rewrites() -> None:
        """The export changes all the time, each time whole."""
        number = 0
        while not stop.wait(0.5):
            number += 1
            arriving = file.with_name("arriving.tmp")
            arriving.write_text(text.replace("2,1,3,5,6", f"2,{number % 7},3,5,6"), encoding="utf-8")
            arriving.replace(file)

    thread = threading.Thread(target=rewrites)
    with study_lock(workspace.settings.lock_file, "the test"):
        others = [subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) for _ in range(2)]
        refused = subprocess.run([*command, "--no-wait"], env=environment, capture_output=True, text=True, check=False)
        assert (refused.returncode, refused.stdout) == (2, "")
        assert refused.stderr.startswith(f"wavehouse: run the test (process {os.getpid()} on ")
        assert refused.stderr.endswith("is running this study; wait for it, or leave out --no-wait\n")
        thread.start()
    try:
        assert rerun().success
        for other in others:
            _, errors = other.communicate(timeout=300)
            assert other.returncode == 0, errors
            assert errors.startswith("wavehouse: waiting for run "), errors
    finally:
        stop.set()
        thread.join()
        for other in others:
            other.kill()
    released = [_recomputes(workspace.study_folder / "releases" / name) for name in release_names(workspace.study_folder)]
    assert len(released) >= 2
