"""Our own results and the published table under the auditor, within the graph."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import dagster as dg
import numpy as np

from dagster_project.audit import NOTE, audit_results
from dagster_project.outcomes.store import read_results
from dagster_project.results import format_number
from dagster_project.study import read_study
from dagster_project.warehouse import Warehouse


def test_the_findings_are_released_and_our_own_results_have_none(example_run: Any) -> None:
    workspace, run = example_run
    assert run.checks["results/audit", "own_results_agree"] == (True, "No result contradicts another.")
    summary = "published numbers: 13 impossible, 8 inconsistent, 0 not reproducible, 6 note"
    assert run.checks["results/audit", "published_agree"] == (False, summary)
    rows = workspace.released("select severity, subject, count(*) as n from results.findings group by all order by severity")
    assert [(row["subject"], row["severity"], row["n"]) for row in rows] == [
        ("published", "impossible", 13), ("published", "inconsistent", 8), ("published", "note", 6),
    ]  # fmt: skip
    (pay,) = workspace.released("select * from results.findings where statistic = 'sd' and severity = 'impossible'")
    assert (pay["line"], pay["table"], pay["label"], pay["timepoint"], pay["printed"]) == (
        144,
        "3",
        "Wellbeing",
        "T2",
        "9017",
    )


def test_a_result_that_contradicts_another_stops_the_release(
    small_copy: Any, definitions_of: Callable[[Any], dg.Definitions]
) -> None:
    workspace, _ = small_copy
    old_manifest = (workspace.release / "manifest.json").read_bytes()
    with Warehouse(workspace.settings.warehouse_file).transaction() as connection:
        connection.execute(
            "update results.results set value = value + 1, printed = '9.99' where result_id = 'change/mood_total/T1-T2/mean_change'"
        )
    definitions = definitions_of(workspace)
    job = definitions.resolve_implicit_global_asset_job_def()
    with dg.DagsterInstance.ephemeral() as instance:
        result = job.execute_in_process(
            instance=instance,
            raise_on_error=False,
            asset_selection=[dg.AssetKey(["results", "audit"]), dg.AssetKey("release")],
        )
    assert not result.success
    (check,) = (
        evaluation for evaluation in result.get_asset_check_evaluations() if evaluation.check_name == "own_results_agree"
    )
    assert not check.passed
    assert "change/mood_total/T1-T2/" in (check.description or "")
    assert (workspace.release / "manifest.json").read_bytes() == old_manifest


def test_most_changed_numbers_of_our_own_are_noticed(example_run: Any) -> None:
    """One number of the tables is off by a hundredth of itself, its text with it: how many are noticed, by statistic."""
    workspace, _ = example_run
    study = read_study(workspace.study_folder)
    results = read_results(Warehouse(workspace.release / "warehouse.duckdb"))
    noticed = {
        "mean_change": 0.9,
        "sd_change": 0.9,
        "ci95_low": 0.9,
        "ci95_high": 0.9,
        "t": 0.9,
        "p": 0.9,
        "d_z": 0.9,
        "d_baseline": 0.9,
    }
    detected_counts, planted_counts = Counter[str](), Counter[str]()
    rng = np.random.default_rng(1)
    rows = [row for row in results.values() if row.analysis == "change"]
    for statistic in noticed:
        candidates = [row for row in rows if row.statistic == statistic and row.value]
        for target in rng.permutation(np.array(candidates, dtype=object))[:10]:
            value = target.value * 1.01
            wrong = replace(target, value=value, printed=format_number(value, 3 if statistic == "p" else 2))
            planted_counts[statistic] += 1
            outcome_rows = [
                wrong if row.result_id == target.result_id else row for row in rows if row.outcome == target.outcome
            ]
            detected_counts[statistic] += any(finding.severity != NOTE for _, finding in audit_results(outcome_rows, study))
    assert {
        name: detected_counts[name] / planted_counts[name]
        for name in noticed
        if detected_counts[name] / planted_counts[name] < noticed[name]
    } == {}
