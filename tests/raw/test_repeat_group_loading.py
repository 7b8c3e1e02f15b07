"""Loading a repeat group: whose rows they are is said by the submissions in use, and follows them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from dagster_project.raw.load import load_export
from dagster_project.study import read_study
from dagster_project.warehouse import Warehouse

INSTRUMENT = """
instrument: {code}
name: Made-up questions
source: none
licence: none
anchors: {{low: 0, high: 5}}
item_count: 1
scales:
  - {{scale: {code}_total, label: "{code}", items: [1], aggregate: sum, better: high}}
"""
STUDY = """
study: groups
title: A made-up study
source: none
licence: none
waves:
  - {wave: T1, label: one, month: 0}
instruments: [mood, visit]
outcomes: [mood_total]
roster: T1
exports:
  - export: t1
    wave: T1
    part: main
    folder: raw/T1
    pattern: main.csv
    files: versions
    reader: delimited
    respondent: code
    blocks: [{block: mood, columns: {mood_01: mood}}]
  - export: t1_visit
    wave: T1
    part: visit
    folder: raw/T1
    pattern: visit.csv
    reader: delimited
    repeat_of: t1
    blocks: [{block: visit, columns: {visit_01: felt}}]
"""
SUBMISSIONS = "code,mood,KEY\nP1,3,uuid:a\nP2,4,uuid:b\n"
VISITS = "felt,PARENT_KEY,KEY\n1,uuid:a,v1\n2,uuid:b,v2\n"


def _loaded(workspace: Any) -> tuple[bool, list[tuple[str, int]]]:
    study = read_study(workspace.study_folder)
    export = next(export for export in study.protocol.exports if export.export == "t1_visit")
    is_unchanged = load_export(workspace.settings, study, export, Warehouse(workspace.settings.warehouse_file)).is_unchanged
    rows = workspace.working('select respondent, visit_01 from raw."t1_visit" order by source_row')
    return is_unchanged, [(row["respondent"], row["visit_01"]) for row in rows]


def test_a_repeat_group_follows_the_submissions_in_use(tmp_path: Path, workspace_of: Callable[[Path], Any]) -> None:
    folder = tmp_path / "groups"
    (folder / "instruments").mkdir(parents=True)
    (folder / "raw" / "T1").mkdir(parents=True)
    (folder / "study.yaml").write_text(STUDY, encoding="utf-8")
    for code in ("mood", "visit"):
        (folder / "instruments" / f"{code}.yaml").write_text(INSTRUMENT.format(code=code), encoding="utf-8")
    (folder / "raw" / "T1" / "visit.csv").write_text(VISITS, encoding="utf-8")
    (folder / "raw" / "T1" / "main.csv").write_text(SUBMISSIONS, encoding="utf-8")
    workspace = workspace_of(folder)
    assert _loaded(workspace) == (False, [("P1", 1), ("P2", 2)])
    assert _loaded(workspace) == (True, [("P1", 1), ("P2", 2)])
    study_folder = workspace.study_folder
    (study_folder / "raw" / "T1" / "main.csv").write_text(SUBMISSIONS.replace("P2", "P3"), encoding="utf-8")
    assert _loaded(workspace) == (False, [("P1", 1), ("P3", 2)])
    first = next(
        row for row in workspace.working("select sha256 from raw.versions where export = 't1' order by first_seen_at")
    )
    protocol = study_folder / "study.yaml"
    protocol.write_text(STUDY.replace("files: versions", f"pin: {first['sha256'][:12]}"), encoding="utf-8")
    assert _loaded(workspace) == (False, [("P1", 1), ("P2", 2)])
