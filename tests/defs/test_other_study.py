"""A study of another kind through the same graph: two instruments, four waves, five formats, one file with two waves, one
wave of two files, no services, no norms, no published table. Nothing is tied to the example."""

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pyreadstat
import pytest
from recompute import recompute

PROTOCOL = """
study: garden
title: Gardening and sleep
source: none
licence: none
waves:
  - {wave: W0, label: before, month: 0}
  - {wave: W1, label: spring, month: 3}
  - {wave: W2, label: summer, month: 6}
  - {wave: W3, label: autumn, month: 9}
contrasts:
  - {contrast: W0-W3, baseline: W0, followup: W3, direction: followup_minus_baseline}
  - {contrast: W1-W2, baseline: W1, followup: W2, direction: baseline_minus_followup}
instruments: [sleep, soil]
outcomes: [sleep_total, soil_mean]
exports:
  - {export: people, folder: raw/people, pattern: "*.xlsx", reader: excel, respondent: id}
  - export: w0
    wave: W0
    folder: raw/redcap
    reader: redcap
    respondent: record_id
    rows: {column: redcap_event_name, equals: [w0_arm_1]}
    blocks: &redcap
      - {block: sleep, template: "sleep_{position}"}
      - {block: soil, template: "soil_{position}"}
  - export: w1
    wave: W1
    folder: raw/redcap
    reader: redcap
    respondent: record_id
    rows: {column: redcap_event_name, equals: [w1_arm_1]}
    blocks: *redcap
  - export: w2_sleep
    wave: W2
    part: sleep
    folder: raw/W2
    pattern: "*.dta"
    reader: stata
    respondent: id
    blocks: [{block: sleep, template: "s{position}"}]
    special_codes: {".a": refused}
  - export: w2_soil
    wave: W2
    part: soil
    folder: raw/W2
    pattern: "*.csv"
    reader: delimited
    respondent: id
    blocks: [{block: soil, template: "g{position}"}]
    labels: [{blocks: [soil], labels: {"seven": 7}}]
  - export: w3
    wave: W3
    folder: raw/W3
    pattern: "*.parquet"
    reader: parquet
    respondent: id
    blocks:
      - {block: sleep, template: "s{position}"}
      - {block: soil, template: "g{position}"}
"""
SLEEP = """
instrument: sleep
name: Sleep
source: none
licence: none
item_count: 4
anchors: {low: 0, high: 3}
reversed: [1]
minimum_answered: 0.75
scales:
  - {scale: sleep_total, label: Sleep, items: ["1-4"], aggregate: sum, better: high}
  # Shares items with the other, which are keyed otherwise here.
  - {scale: restless, label: Restless, items: [1, 2], reversed: [2], aggregate: sum, better: low, minimum_answered: 1}
"""
SOIL = """
instrument: soil
name: Soil
source: none
licence: none
item_count: 2
anchors: {low: 1, high: 7}
minimum_answered: 1.0
scales: [{scale: soil_mean, label: Soil, items: ["1-2"], aggregate: mean, better: low}]
"""
PEOPLE = [f"g{number:02d}" for number in range(1, 13)]


def _answers(wave: int) -> dict[str, list[float]]:
    """Six answers a person, some missing; people drop out from wave to wave."""
    rng = np.random.default_rng(wave)
    scores = {}
    for person in PEOPLE[: len(PEOPLE) - 2 * wave]:
        row = [*rng.integers(0, 4, 4).astype(float), *rng.integers(1, 8, 2).astype(float)]
        if rng.random() < 0.3:
            row[int(rng.integers(0, 6))] = np.nan
        scores[person] = row
    return scores


def _scores(wave: int) -> dict[str, tuple[float, float]]:
    scores = {}
    for person, row in _answers(wave).items():
        sleep = np.array([3 - row[0], *row[1:4]])
        total = np.nanmean(sleep) * 4 if np.isfinite(sleep).sum() >= 3 else np.nan
        soil = np.mean(row[4:]) if np.isfinite(row[4:]).all() and (wave, person) != (2, PEOPLE[0]) else np.nan
        scores[person] = (total, soil)
    return scores


def _write(folder: Path) -> None:
    for name, text in (("study.yaml", PROTOCOL), ("instruments/sleep.yaml", SLEEP), ("instruments/soil.yaml", SOIL)):
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    for name in ("people", "redcap", "W2", "W3"):
        (folder / "raw" / name).mkdir(parents=True)
    book = openpyxl.Workbook()
    book.active.append(["id"])
    for person in PEOPLE:
        book.active.append([person])
    book.save(folder / "raw/people/people.xlsx")
    with (folder / "raw/redcap/records.csv").open("w", encoding="utf-8", newline="") as stream:
        rows = csv.writer(stream)
        items = [f"sleep_{item}" for item in range(1, 5)] + ["soil_1", "soil_2"]
        rows.writerow(["record_id", "redcap_event_name", *items])
        for person in PEOPLE:
            for wave in (0, 1):
                if person in _answers(wave):
                    cells = ["" if np.isnan(cell) else f"{cell:g}" for cell in _answers(wave)[person]]
                    rows.writerow([person, f"w{wave}_arm_1", *cells])
    names = ["s1", "s2", "s3", "s4", "g1", "g2"]
    frames = {
        wave: pd.DataFrame.from_dict(_answers(wave), orient="index", columns=names).reset_index(names="id")
        for wave in (2, 3)
    }
    pyreadstat.write_dta(frames[2][["id", "s1", "s2", "s3", "s4"]], folder / "raw/W2/w2.dta")
    # The first person did not return the second part; the answer 7 is written as a label there.
    soil = frames[2].loc[1:, ["id", "g1", "g2"]].astype("object").replace({7.0: "seven"})
    soil.to_csv(folder / "raw/W2/soil.csv", index=False)
    frames[3].to_parquet(folder / "raw/W3/w3.parquet")


@pytest.fixture(name="garden", scope="module")
def _garden(tmp_path_factory: pytest.TempPathFactory, workspace_at: Callable[[Path, Path], Any]) -> Any:
    """The study, run once."""
    from conftest import run_all

    folder = tmp_path_factory.mktemp("garden")
    _write(folder / "made" / "garden")
    workspace = workspace_at(folder, folder / "made" / "garden")
    run = run_all(workspace)
    assert run.success, (run.failures, run.checks)
    return workspace


@pytest.mark.slow
def test_the_released_results_recompute_from_their_answers(garden: Any) -> None:
    report = recompute(garden.release / "warehouse.duckdb")
    assert [str(difference) for difference in report.differences] == []
    assert report.share_checked > 0.6


@pytest.mark.slow
def test_another_study_goes_the_same_way(garden: Any) -> None:
    workspace = garden
    values = workspace.values()
    for wave in range(4):
        for index, scale in enumerate(("sleep_total", "soil_mean")):
            scores = np.array([pair[index] for pair in _scores(wave).values()])
            scores = scores[np.isfinite(scores)]
            assert values[f"summary/{scale}/W{wave}/n"] == len(scores)
            assert values[f"summary/{scale}/W{wave}/mean"] == pytest.approx(scores.mean(), rel=1e-12)
            assert values[f"summary/{scale}/W{wave}/sd"] == pytest.approx(scores.std(ddof=1), rel=1e-12)
        answers = np.array(list(_answers(wave).values()))
        restless = answers[:, 0] + 3 - answers[:, 1]
        assert values[f"summary/restless/W{wave}/mean"] == pytest.approx(np.nanmean(restless), rel=1e-12)
    keyed = workspace.released(
        "select measure, item, any_value(value + keyed) filter (measure = 'restless') as both from trace('summary/restless/W0/mean')"
        " where part = 'answer' and item = 'sleep_02' and value is not null group by all"
    )
    assert [(row["measure"], row["both"]) for row in keyed] == [("restless", 3)]
    for first, last, sign in ((0, 3, 1), (1, 2, -1)):
        first_scores, last_scores = _scores(first), _scores(last)
        for index, scale in enumerate(("sleep_total", "soil_mean")):
            changes = np.array([sign * (last_scores[person][index] - first_scores[person][index]) for person in last_scores])
            changes = changes[np.isfinite(changes)]
            assert values[f"change/{scale}/W{first}-W{last}/n"] == len(changes)
            assert values[f"change/{scale}/W{first}-W{last}/mean_change"] == pytest.approx(
                changes.mean(), rel=1e-9, abs=1e-12
            )
    rows = workspace.working("select export, rows_in_file, rows_accepted, rows_set_aside from raw.exports order by export")
    assert [tuple(row.values()) for row in rows] == [
        ("people", 12, 12, 0),
        ("w0", 22, 12, 10),
        ("w1", 22, 10, 12),
        ("w2_sleep", 8, 8, 0),
        ("w2_soil", 7, 7, 0),
        ("w3", 6, 6, 0),
    ]
    # An item of a part that somebody did not return is missing for that reason; every answer has its own file and row.
    first = workspace.working("select participant_id from raw.w2_sleep where source_row = 1")[0]["participant_id"]
    missing_answers = workspace.released(
        f"select item, missing_reason from marts.missing_answers where participant_id = '{first}' and wave = 'W2'"
    )
    assert {row["item"]: row["missing_reason"] for row in missing_answers if row["item"].startswith("soil")} == {
        "soil_01": "wave_not_returned",
        "soil_02": "wave_not_returned",
    }
    answers = workspace.released(
        "select participant_id, item, answer, source_file, source_row from marts.answers where wave = 'W2'"
    )
    files = {row["export"]: row["sha256"] for row in workspace.working("select export, sha256 from raw.exports")}
    written_tables = {
        (row["participant_id"], f"{block}_{position:02d}"): (
            row[f"{block}_{position:02d}"],
            files[f"w2_{block}"],
            row["source_row"],
        )
        for block, count in (("sleep", 4), ("soil", 2))
        for row in workspace.working(f"select * from raw.w2_{block}")
        for position in range(1, count + 1)
        if row[f"{block}_{position:02d}"] not in (None, "")
    }
    assert {
        (row["participant_id"], row["item"]): (row["answer"], row["source_file"], row["source_row"]) for row in answers
    } == {key: (7 if text == "seven" else int(float(text)), *source) for key, (text, *source) in written_tables.items()}
    assert (workspace.release / "index.html").exists()
    assert workspace.released("select * from results.reproduction") == []
