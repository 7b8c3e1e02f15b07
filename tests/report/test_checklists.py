"""Checklists: every item is met by something that is there, or named as a gap; what is taken away turns into one."""

import csv
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import docx
import pytest
from conftest import SMALL
from group_study import write_group_study

from dagster_project.outcomes.analyses import all_tables
from dagster_project.outcomes.store import read_results
from dagster_project.report import joint_display_table
from dagster_project.report.checklists import (
    Answers,
    JudgedItem,
    checklists_of,
    judge_checklist,
    read_answers,
    read_checklists,
)
from dagster_project.report.checklists.judge import Status
from dagster_project.study import Study, StudyError, read_study
from dagster_project.synthesis import read_display
from dagster_project.warehouse import Warehouse
from tests.refusal_lines import without_line

CHECKLISTS = {one.checklist: one for one in read_checklists()}
SECTIONS = ("flow", "methods", "audit", "figures", "joint")
FIGURES = ["trajectories", "forest", "returns"]


@pytest.fixture(scope="module")
def release(example_run: Any) -> dict[str, Any]:
    workspace, _ = example_run
    study, file = read_study(workspace.study_folder), Warehouse(workspace.release / "warehouse.duckdb")
    results = read_results(file)
    joint = joint_display_table(study, read_display(file.rows_as), None, {})
    tables = [*all_tables(study, list(results.values())), joint]
    return {"study": study, "tables": tables, "results": results, "figures": FIGURES, "sections": SECTIONS}


def _judged(code: str, release: dict[str, Any], answers: Answers = Answers(), **other: Any) -> dict[str, JudgedItem]:  # noqa: B008
    return {one.item.item: one for one in judge_checklist(CHECKLISTS[code], answers, **(release | other))}


def test_every_checklist_has_its_items_once_with_source_and_licence() -> None:
    assert {code: len(one.items) for code, one in CHECKLISTS.items()} == {
        "consort_2025": 42,
        "strobe_cohort": 34,
        "jars_quant_longitudinal": 38,
        "gramms": 6,
        "consort_pro": 5,
        "tarmos": 9,
    }
    for one in CHECKLISTS.values():
        items = [item.item for item in one.items]
        assert len(set(items)) == len(items)
        assert "doi 10." in one.source
        assert "not repeated here" in one.licence
    for code, last in (("strobe_cohort", 22), ("consort_2025", 30)):
        numbers = [int(item.item.rstrip("abcde")) for item in CHECKLISTS[code].items]
        assert numbers == sorted(numbers)
        assert set(numbers) == set(range(1, last + 1))


def test_whatever_can_meet_an_item_exists_in_a_full_study(release: dict[str, Any]) -> None:
    """Of the example, which has everything but groups, only the authors' words are missing."""
    for code in CHECKLISTS.keys() - {"consort_2025"}:
        for one in _judged(code, release).values():
            assert one.status in get_args(Status)
            assert all(words.startswith("for the authors: ") for words in one.missing), (code, one)
            assert (one.status == "met") == (not one.missing)
            assert (one.status == "gap") == (not one.links)


def test_links_point_at_what_they_say(release: dict[str, Any]) -> None:
    study, results = release["study"], release["results"]
    lines = (study.folder / "study.yaml").read_text(encoding="utf-8").splitlines()
    numbers = {table.number for table in release["tables"]}
    shown_in = {
        table.number: {one.split("/")[0] for row in table.rows for cell in row.cells for one in cell.result_ids}
        for table in release["tables"]
    }
    seen = set()
    for code in CHECKLISTS:
        for one in _judged(code, release).values():
            for link in one.links:
                if link.words.startswith("study.yaml, line "):
                    line, key = link.words.removeprefix("study.yaml, line ").split(": ")
                    assert lines[int(line) - 1].lstrip().startswith(key.rsplit(".", 1)[-1] + ":")
                    seen.add("study")
                elif link.words.startswith("Table "):
                    assert link.words.removeprefix("Table ") in numbers
                    assert link.href == f"#table-{link.words.removeprefix('Table ')}"
                    seen.add("table")
                elif " results of " in link.words:
                    count, named = link.words.split(" results of ")
                    analysis, _, table = named.partition(", in Table ")
                    analysis = analysis.replace(" ", "_")
                    assert int(count) == sum(row.analysis == analysis and row.value is not None for row in results.values())
                    # The table shows some of them.
                    assert link.href == (f"#table-{table}" if table else None)
                    assert not table or analysis in shown_in[table]
                    seen.add("analysis")
    assert seen == {"study", "table", "analysis"}


def test_what_is_taken_away_turns_into_a_gap(release: dict[str, Any]) -> None:
    study, results, tables = release["study"], release["results"], release["tables"]
    few = {one: row for one, row in results.items() if row.analysis not in ("imputation", "stability")}
    strobe = _judged("strobe_cohort", release, results=few, tables=[table for table in tables if table.name != "ledger"])
    assert strobe["12e"].missing == ("no result of analysis stability",)
    assert strobe["12e"].status == "partly met"
    # One of several is enough.
    assert "Table 2" in [link.words for link in strobe["13a"].links]
    few_tables = [table for table in tables if table.name not in ("ledger", "service_use")]
    strobe = _judged("strobe_cohort", release, results=few, tables=few_tables)
    assert strobe["13a"].missing == ("the table ledger or categories or service_use has no numbers",)
    bare = replace(study, protocol=study.protocol.model_copy(update={"contrasts": ()}))
    strobe = _judged("strobe_cohort", release, study=bare, figures=[], sections=())
    assert "study.yaml declares no contrasts" in strobe["4"].missing
    assert (strobe["13c"].status, strobe["13c"].missing) == ("gap", ("the page has no section flow",))
    assert "figure trajectories or returns is not drawn" in strobe["15"].missing


def test_authors_answer_what_only_they_can(release: dict[str, Any]) -> None:
    answers = Answers(told={"gramms": {"1": "page 3"}}, not_applicable={"gramms": {"5": "one method only"}})
    judged = _judged("gramms", release, answers)
    assert judged["1"].status == "met"
    assert [link.words for link in judged["1"].links] == ["Authors: page 3"]
    assert judged["5"].status == "not applicable"
    assert judged["6"].status == "partly met"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("told: {strobe: {'1a': x}}", "told: 'strobe' is not a checklist; the checklists are consort_2025, strobe_cohort,"
         " jars_quant_longitudinal, gramms, consort_pro, tarmos"),
        ("told: {gramms: {'7': x}}", "told: gramms: '7' is not an item of it; see its form in the release"),
        ("told: {gramms: {'1': ''}}", "told: gramms: 1: the answer is empty; write it or take it out"),
        ("told: {gramms: {'1': x}}\nnot_applicable: {gramms: {'1': y}}", "not_applicable: gramms: '1' is told, too; keep one of"
         " the two"),
        ("tell: {}", "tell: there is no such key; remove it or correct its spelling"),
    ],
)  # fmt: skip
def test_answers_that_cannot_be_used_are_refused(text: str, said: str, small_workspace: Any) -> None:
    file: Path = small_workspace.study_folder / "checklists.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(StudyError) as caught:
        read_answers(read_study(small_workspace.study_folder))
    assert without_line(caught.value) == f"{file}: {said}"


def test_the_release_has_every_checklist_as_page_form_and_table(example_run: Any) -> None:
    workspace, _ = example_run
    page = (workspace.release / "index.html").read_text(encoding="utf-8")
    document = docx.Document(str(workspace.release / "checklists.docx"))
    for at, one in enumerate(checklist for code, checklist in CHECKLISTS.items() if code != "consort_2025"):
        file = workspace.release / "tables" / f"table_C{at + 1}_checklist_{one.checklist}.csv"
        with file.open(encoding="utf-8-sig", newline="") as stream:
            rows = list(csv.DictReader(stream))
        assert [row["label"] for row in rows] == [f"{item.item}. {item.name}" for item in one.items]
        assert all(row["Where"] or row["Missing"] for row in rows)
        assert f'id="checklist-{one.checklist}"' in page
        sections = {item.section for item in one.items}
        assert len(document.tables[at].rows) == 1 + len(one.items) + len(sections)


def _without_propositions(folder: Path) -> Study:
    shutil.copytree(SMALL, folder)
    (folder / "propositions.yaml").write_text("# none yet\n", encoding="utf-8")
    return read_study(folder)


def test_a_study_is_asked_what_concerns_it_and_keeps_what_its_authors_answer(tmp_path: Path) -> None:
    observed = [code for code in CHECKLISTS if code != "consort_2025"]
    assert [checklist.checklist for checklist in checklists_of(read_study(SMALL), Answers())] == observed
    study = _without_propositions(tmp_path / "small_study")
    first_wave = study.protocol.waves[:1]
    single = replace(study, protocol=study.protocol.model_copy(update={"waves": first_wave, "contrasts": ()}))
    items = {checklist.checklist: {item.item for item in checklist.items} for checklist in checklists_of(single, Answers())}
    assert not [item for item in items["jars_quant_longitudinal"] if item.startswith("L")]
    assert not {"12d", "14c"} & items["strobe_cohort"]
    assert "tarmos" not in items
    (strobe,) = [checklist for checklist in checklists_of(single, Answers()) if checklist.checklist == "strobe_cohort"]
    assert strobe.name == "STROBE, cross-sectional studies"
    asked_items = {judged.item.item: judged for judged in judge_checklist(strobe, Answers(), single, [], {}, [], ())}
    # Nothing but change can meet it.
    assert "16a" not in asked_items
    assert asked_items["4"].missing == ("the page has no section methods",)
    answers = Answers(
        told={"jars_quant_longitudinal": {"L3": "page 4"}}, not_applicable={"strobe_cohort": {"12d": "one wave"}}
    )
    items = {checklist.checklist: {item.item for item in checklist.items} for checklist in checklists_of(single, answers)}
    assert "L3" in items["jars_quant_longitudinal"]
    assert "12d" in items["strobe_cohort"]


def test_mixed_methods_are_asked_about_where_there_are_some(tmp_path: Path) -> None:
    study = _without_propositions(tmp_path / "small_study")
    assert "gramms" not in [checklist.checklist for checklist in checklists_of(study, Answers())]
    answers = Answers(told={"gramms": {"1": "page 3"}})
    assert "gramms" in [checklist.checklist for checklist in checklists_of(study, answers)]


def test_a_trial_is_asked_what_trials_are_asked(tmp_path: Path) -> None:
    study = read_study(write_group_study(tmp_path / "trial"))
    codes = [checklist.checklist for checklist in checklists_of(study, Answers())]
    assert codes == ["consort_2025", "jars_quant_longitudinal", "consort_pro"]
    natural = study.protocol.groups.model_copy(update={"design": "natural"})
    cohort = replace(study, protocol=study.protocol.model_copy(update={"groups": natural}))
    codes = [checklist.checklist for checklist in checklists_of(cohort, Answers())]
    assert codes == ["strobe_cohort", "jars_quant_longitudinal", "consort_pro", "tarmos"]
