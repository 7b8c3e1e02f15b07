"""Names, labels, file names and cell texts are data: SQL, HTML, formulas and paths in them do no harm anywhere."""

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

LABEL = '=HYPERLINK("x") <script>alert(\'1\')</script> | "; drop table marts.participants; -- 😀 {{ 1/0 }} {% raw %}'
CATEGORY = "<b>North</b>'; delete from raw.t1; --"
COLUMN = "M2 \"'; drop schema raw cascade; -- ../../../etc/passwd {position} " + "x" * 500 + " 😀"


def test_hostile_names_do_no_harm(small_copy: tuple[Any, Callable[[], Any]]) -> None:
    workspace, rerun = small_copy
    before = workspace.values()
    folder: Path = workspace.study_folder
    mood = yaml.safe_load((folder / "instruments/mood.yaml").read_text(encoding="utf-8"))
    mood["scales"][0]["label"] = mood["name"] = LABEL
    (folder / "instruments/mood.yaml").write_text(yaml.safe_dump(mood, allow_unicode=True), encoding="utf-8")
    protocol = yaml.safe_load((folder / "study.yaml").read_text(encoding="utf-8"))
    protocol["participant_variables"][0]["categories"][0] = {"category": "north", "label": CATEGORY, "text": ["North"]}
    t1 = next(export for export in protocol["exports"] if export["export"] == "t1")
    t1["blocks"][0]["columns"] = {"mood_02": COLUMN}
    del protocol["published"]
    protocol["rejected_share"] = 0.2
    (folder / "study.yaml").write_text(yaml.safe_dump(protocol, allow_unicode=True), encoding="utf-8")
    file = folder / "raw/T1/t1.csv"
    rows = list(csv.reader(file.read_text(encoding="utf-8").splitlines()))
    rows[0][rows[0].index("M2")] = COLUMN
    rows[0].append("'); drop table raw.exports; --")
    rows[1:] = [[*row, "=cmd|'/c calc'!A1"] for row in rows[1:]]
    rows[1][rows[0].index("M3")] = "'; drop table raw.t1; --"
    file.unlink()
    hostile_file = file.with_name("t1 '; drop table x; -- <i>😀.csv")
    with hostile_file.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(rows)

    run = rerun()
    assert run.success, run.failures
    rejected = workspace.working("select item, answer_text from staging.rejected_answers")
    assert rejected == [{"item": "mood_03", "answer_text": "'; drop table raw.t1; --"}]
    passed, said = run.checks["staging/rejected_answers", "no_rejected_answers"]
    assert not passed
    assert hostile_file.name in said
    after = workspace.values()
    assert after.keys() - before.keys() == {"rejected/mood/T1/n", "rejected/mood/T1/count"}
    assert {one.split("/")[1] for one in before if before[one] != after[one]} == {"mood_total", "mood_03"}

    page = (workspace.release / "index.html").read_text(encoding="utf-8")
    # The page's own: its data, and the script that reads them.
    assert page.count("<script") == page.count("</script>") == 2
    assert "<script>alert" not in page
    assert "<b>North</b>" not in page
    assert "&lt;script&gt;" in page
    cells = [
        cell
        for table in (workspace.release / "tables").iterdir()
        for row in csv.reader(table.read_text(encoding="utf-8-sig").splitlines())
        for cell in row
    ]
    assert any(LABEL in cell for cell in cells)
    assert [cell for cell in cells if cell.startswith(("=", "@", "\t"))] == []
