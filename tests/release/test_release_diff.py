"""A corrected export: the diff names exactly the answers, scores and results that moved, and nothing else."""

import csv
import math
from collections.abc import Callable
from typing import Any

import pytest

from dagster_project.cli import main

StudyCopy = tuple[Any, Callable[[], Any]]


def _differ(old: float | None, new: float | None) -> bool:
    """A sum that came out another way differs in its last digit: that is no change."""
    return old != new and (old is None or new is None or not math.isclose(old, new, rel_tol=1e-12))


def test_three_corrected_answers_of_the_example(
    corrected_example: Any, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    """T2 comes again with three answers corrected: one wellbeing item of two people, one burnout item of a third."""
    workspace, run = corrected_example.workspace, corrected_example.run
    old_values = corrected_example.first.values()
    assert corrected_example.first.released("select * from results.release_diff") == []
    columns = {"WB_4": "wemwbs_04", "BURN_6": "mbi_hss_06"}
    expected = {
        (correction.respondent, columns[correction.column], correction.before, correction.now)
        for correction in corrected_example.corrections
    }
    names = {
        row["participant_id"]: row["respondent"]
        for row in workspace.working("select participant_id, respondent from raw.roster")
    }
    diff = workspace.released("select * from results.release_diff")
    of_kind: dict[str, list[dict[str, Any]]] = {
        kind: [row for row in diff if row["kind"] == kind] for kind in {row["kind"] for row in diff}
    }
    counts = [(row["wave"], row["what"], row["n"], row["people"]) for row in of_kind.pop("answer")]
    assert sorted(counts) == [("T2", "mbi_hss_06", 1, 3), ("T2", "wemwbs_04", 2, 3)]
    counts = [(row["wave"], row["what"], row["n"], row["people"]) for row in of_kind.pop("score")]
    # Item 4 is not among the seven of the short form; item 6 of the burnout inventory counts for exhaustion alone.
    assert sorted(counts) == [("T2", "emotional_exhaustion", 1, 3), ("T2", "wellbeing", 2, 3)]
    new_values = workspace.values()
    changes = {
        result_id: (old_values[result_id], new_values[result_id])
        for result_id in old_values
        if _differ(old_values[result_id], new_values[result_id])
    }
    assert {row["what"]: (row["before_value"], row["after_value"]) for row in of_kind.pop("result")} == changes
    adjusted = {result_id for result_id in changes if result_id.endswith(("/p_holm", "/p_bh"))}  # of all tests of the family
    assert {result_id.split("/")[1] for result_id in changes.keys() - adjusted} == {
        "wellbeing",
        "emotional_exhaustion",
        *columns.values(),
    }
    crossing_ids = {
        result_id
        for result_id, (old_value, new_value) in changes.items()
        if result_id.endswith("/p") and (old_value < 0.05) != (new_value < 0.05)
    }
    assert {row["what"] for row in of_kind.pop("significance", [])} == crossing_ids
    assert of_kind == {}

    summary = run.metadata["release"]["what changed"].value
    assert summary.startswith(f"Changed: 3 answers, 3 scores, {len(changes)} results")
    assert "- 3 answers of 3 people changed in T2: wemwbs_04 (2), mbi_hss_06 (1)" in summary
    assert "<li>3 scores of 3 people changed in T2: wellbeing (2), emotional_exhaustion (1)</li>" in (
        workspace.release / "index.html"
    ).read_text(encoding="utf-8")
    monkeypatch.setenv("WAVEHOUSE_STUDY", str(workspace.study_folder))
    assert main(["diff"]) == 0
    assert summary in capsys.readouterr().out
    assert main(["diff", "--list"]) == 0
    old, new = capsys.readouterr().out.split()
    assert main(["diff", new, old]) == 0
    output = capsys.readouterr().out
    assert output.startswith(f"from {new} to {old}\n")
    assert f"Changed: 3 answers, 3 scores, {len(changes)} results" in output
    assert main(["diff", old, new, "--list-answers"]) == 0
    listed_changes = list(csv.DictReader(capsys.readouterr().out.splitlines()))
    assert {
        (names[row["participant_id"]], row["what"], row["before"], row["after"])
        for row in listed_changes
        if row["kind"] == "answer"
    } == expected
    person_ids = [correction.respondent for correction in corrected_example.corrections]
    assert {(names[row["participant_id"]], row["wave"], row["what"]) for row in listed_changes if row["kind"] == "score"} == {
        (person_ids[0], "T2", "wellbeing"), (person_ids[1], "T2", "wellbeing"), (person_ids[2], "T2", "emotional_exhaustion"),
    }  # fmt: skip
    assert len(listed_changes) == 6
    assert main(["diff", new, new]) == 2
    assert capsys.readouterr().err.endswith(": both names are the same release; name two different ones\n")
    assert main(["diff", "20", new]) == 2
    assert capsys.readouterr().err == f"wavehouse: 2 releases begin with '20'; the kept ones are {old}, {new}\n"


def test_somebody_new_and_a_scale_renamed_are_said(small_copy: StudyCopy) -> None:
    workspace, rerun = small_copy
    with (workspace.study_folder / "raw/roster/roster.csv").open("a", encoding="utf-8") as roster:
        roster.write("E;South;50\n")
    instrument = workspace.study_folder / "instruments/drive.yaml"
    instrument.write_text(instrument.read_text(encoding="utf-8").replace("pull", "hold"), encoding="utf-8")
    protocol = workspace.study_folder / "study.yaml"
    protocol.write_text(protocol.read_text(encoding="utf-8").replace("pull", "hold"), encoding="utf-8")
    run = rerun()
    assert run.success, run.failures
    diff = workspace.released("select kind, what, before, after from results.release_diff")
    assert {"kind": "person", "what": "joined", "before": None, "after": None} in diff
    rules = {row["what"]: (row["before"], row["after"]) for row in diff if row["kind"] == "rule"}
    rule, composite = "mean of 2 items, all answered", "mean of 2 scales (push, {}), at least 2 of them with a score"
    assert rules == {
        "scale pull": (rule, None), "scale hold": (None, rule),
        "scale drive_overall": (composite.format("pull"), composite.format("hold")),
        "item of a scale pull, drive_03": ("there", None), "item of a scale pull, drive_04": ("there", None),
        "item of a scale hold, drive_03": (None, "there"), "item of a scale hold, drive_04": (None, "there"),
        "part of a scale drive_overall, pull": ("there", None), "part of a scale drive_overall, hold": (None, "there"),
    }  # fmt: skip
    summary = run.metadata["release"]["what changed"].value.splitlines()
    assert summary[0].startswith("Changed: 9 rules, 1 person, ")
    assert summary[2] == "| rule | before | after |"
    assert {"kind": "result", "what": "summary/pull/T1/n", "before": "2", "after": None} in diff
    assert {"kind": "result", "what": "summary/hold/T1/n", "before": None, "after": "2"} in diff
    assert {"kind": "result", "what": "characteristics/age/n", "before": "3", "after": "4"} in diff


def test_with_one_release_there_is_no_diff(small_run: Any, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    workspace, _ = small_run
    monkeypatch.setenv("WAVEHOUSE_STUDY", str(workspace.study_folder))
    assert main(["diff"]) == 2
    assert capsys.readouterr().err == (
        "wavehouse: a diff needs two releases, and 1 is kept; run again when something has changed\n"
    )
