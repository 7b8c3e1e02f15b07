"""A study of two arms and three waves through the whole graph: T3 is planned for the intervention arm only, sleep at T2 for women
only. Every count is made here from the people that were written, in plain Python."""

import csv
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from planned_study import ITEMS, PROTOCOL, SLEEP_ITEMS, VARIANT_PROTOCOL, MadePerson, made_people, with_blanks, write_study
from recompute import recompute
from released_page import n_of_scope, numbers_by_id, read_page_data
from released_tables import released_tables

from dagster_project.exports import contract_of_file, listed_people, pseudonym, rows_with_answers
from dagster_project.rehearsal.fit import check_study
from dagster_project.statistics import little_mcar, mixed_model, patterns_of, wilson
from dagster_project.study import read_study

WAVES = ("T1", "T2", "T3")


def _score(person: MadePerson, wave: str, items: tuple[str, ...] = ITEMS) -> float:
    cells = [person.answers.get(wave, {}).get(item, "") for item in items]
    return sum(map(int, cells)) if all(cell.isdigit() for cell in cells) else np.nan


def _has(person: MadePerson, wave: str) -> bool:
    return any(person.answers.get(wave, {}).values())


@pytest.fixture(scope="module")
def planned_run(tmp_path_factory: pytest.TempPathFactory, workspace_at: Any) -> tuple[Any, list[MadePerson]]:
    from conftest import run_all

    folder, people = tmp_path_factory.mktemp("planned"), with_blanks(made_people())
    workspace = workspace_at(folder, write_study(folder / "made" / "planned_study", people, VARIANT_PROTOCOL))
    run = run_all(workspace)
    assert run.success, (run.failures, run.checks)
    assert run.checks["marts/unplanned_answers", "planned_waves_decided"] == (
        True,
        "T2, block sleep: 12 of 24 planned (sex: f); T3: 12 of 24 planned (arm: intervention)",
    )
    late = run.checks["raw/answers", "t3_on_time"]
    assert "9 of 12 for whom it is planned returned (75 %)" in late[1]
    return workspace, people


@pytest.mark.slow
def test_who_is_not_planned_for_a_wave_counts_nowhere_as_missing_it(planned_run: tuple[Any, list[MadePerson]]) -> None:
    workspace, people = planned_run
    values = workspace.values()
    arm = [person for person in people if person.arm == "Intervention"]
    women = [person for person in people if person.sex == "woman"]
    returned = sum(_has(person, "T3") for person in arm)
    # The flow: two of the control arm have blank rows of T3, which are no return and no loss.
    assert (len(arm), returned, sum("T3" in person.answers for person in people)) == (12, 9, 11)
    flow = {name: values[f"flow/returns/T3/{name}"] for name in ("n_planned", "n_not_planned", "n", "n_not_returned")}
    assert flow == {"n_planned": 12, "n_not_planned": 12, "n": returned, "n_not_returned": len(arm) - returned}
    both = sum(_has(person, "T1") and _has(person, "T3") for person in arm)
    assert (values["flow/returns/T1-T3/n_planned"], values["flow/returns/T1-T3/n"]) == (12, both)
    assert "flow/returns/T2/n_planned" not in values
    # Scores: of those for whom the wave, or the questionnaire in it, was planned.
    for scale, wave, group, items in (
        ("mood_total", "T3", arm, ITEMS), ("mood_total", "T2", people, ITEMS), ("sleep_total", "T2", women, SLEEP_ITEMS),
    ):  # fmt: skip
        count, n = sum(not np.isnan(_score(person, wave, items)) for person in group), len(group)
        address = f"attrition/{scale}/{wave}"
        assert (values[f"{address}/n"], values[f"{address}/count"]) == (n, count)
        low, high = wilson(count, n, 0.95)
        assert (values[f"{address}/percent"], values[f"{address}/ci95_low"], values[f"{address}/ci95_high"]) == (
            pytest.approx(100 * count / n), pytest.approx(100 * low[0]), pytest.approx(100 * high[0])
        )  # fmt: skip
        assert values[f"summary/{scale}/{wave}/n"] == count
    assert values["summary/sleep_total/T2/missing_not_planned"] == len(people) - len(women)
    # Who left: at T3 of the intervention arm alone.
    stayers, leavers = ([person for person in arm if _has(person, "T3") is stays] for stays in (True, False))
    scores = [[_score(person, "T1") for person in part if not has_blank(person, "T1")] for part in (stayers, leavers)]
    leaver_values = [
        values[f"leavers/mood_total/T3/{name}"] for name in ("n_returned", "n_left", "mean_returned", "mean_left")
    ]
    assert leaver_values == pytest.approx([*map(len, scores), *map(np.mean, scores)])
    assert [values[f"leavers/age/T3/{name}"] for name in ("n_returned", "n_left")] == [len(stayers), len(leavers)]
    assert values["leavers/sex/f/T3/n_left"] == len(leavers)


@pytest.mark.slow
def test_models_take_what_people_have_and_fill_in_nothing_that_was_not_planned(
    planned_run: tuple[Any, list[MadePerson]],
) -> None:
    workspace, people = planned_run
    values = workspace.values()
    scores = np.array([[_score(person, wave) for wave in WAVES] for person in people])
    in_arm = np.array([person.arm == "Intervention" for person in people])
    model = mixed_model(patterns_of(scores), 3, [(-1, 1, 0), (-1, 0, 1)], 0.95)
    assert values["mixed/mood_total/T1-T3/estimate"] == pytest.approx(model.contrasts[1].estimate, abs=1e-9)
    assert values["mixed/mood_total/n"] == len(people)
    arms = [little_mcar(patterns_of(scores[in_arm])), little_mcar(patterns_of(scores[~in_arm][:, :2]))]
    assert values["missingness/mood_total/chi_square"] == pytest.approx(sum(test.chi_square for test in arms), abs=1e-9)
    assert values["missingness/mood_total/df"] == sum(test.df for test in arms)
    patterns: dict[str, int] = {}
    for row in scores:
        name = "_".join(wave for wave, score in zip(WAVES, row, strict=True) if not np.isnan(score)) or "none"
        patterns[name] = patterns.get(name, 0) + 1
    for name, count in patterns.items():
        assert values[f"missingness/mood_total/{name}/count"] == count
    # Of sleep the men are nobody's loss: it was planned for them in no wave.
    women = [person for person in people if person.sex == "woman"]
    without = sum(np.isnan(_score(person, "T2", SLEEP_ITEMS)) for person in women)
    assert values["missingness/sleep_total/none/count"] == without
    n_imputed = workspace.released(
        "select contrast, n from results.results where analysis = 'imputation' and outcome = 'mood_total'"
        " and statistic = 'estimate' order by contrast"
    )
    assert n_imputed == [{"contrast": "T1-T2", "n": 24}, {"contrast": "T1-T3", "n": 12}]


@pytest.mark.slow
def test_what_is_imputed_is_traced_to_the_people_for_whom_it_was_planned(
    planned_run: tuple[Any, list[MadePerson]],
) -> None:
    workspace, _ = planned_run
    data = read_page_data((workspace.release / "index.html").read_text(encoding="utf-8"))
    scope_indexes = dict(zip(data["numbers"]["result_ids"], data["numbers"]["scope_indexes"], strict=True))
    assert data["people"] is not None
    results = workspace.released(
        "select result_id, n, analysis, outcome, contrast from results.results where statistic = 'p'"
        " and analysis in ('imputation', 'mi_group_difference', 'mi_group_adjusted')"
    )
    assert {(row["analysis"], row["outcome"], row["contrast"]): row["n"] for row in results if row["contrast"] == "T1-T3"} == {
        ("imputation", "mood_total", "T1-T3"): 12, ("mi_group_difference", "mood_total", "T1-T3"): 12,
        ("mi_group_adjusted", "mood_total", "T1-T3"): 12, ("imputation", "sleep_total", "T1-T3"): 9,
        ("mi_group_difference", "sleep_total", "T1-T3"): 9, ("mi_group_adjusted", "sleep_total", "T1-T3"): 9,
    }  # fmt: skip
    for row in results:
        traced = workspace.released(
            f"select is_counted, missing_reason from trace('{row['result_id']}') where part = 'person'"
        )
        assert sum(person["is_counted"] for person in traced) == row["n"], row
        if (index := scope_indexes.get(row["result_id"])) is not None:
            assert n_of_scope(data["people"], data["people"]["scopes"][index]) == row["n"], row
    reasons = workspace.released(
        "select missing_reason, count(*) as n from trace('imputation/mood_total/T1-T3/p')"
        " where part = 'person' and not is_counted group by all"
    )
    assert reasons == [{"missing_reason": "T3: not_planned", "n": 12}]
    lines = dict(numbers_by_id(data)["imputation/mood_total/T1-T3/estimate"].lines)
    assert "for whom both waves of the contrast were planned" in lines["People"]
    assert lines["Left out"] == "12 (T3: not planned)"


@pytest.mark.slow
def test_the_release_recomputes_and_says_of_each_person_what_was_planned(planned_run: tuple[Any, list[MadePerson]]) -> None:
    workspace, people = planned_run
    report = recompute(workspace.release / "warehouse.duckdb")
    assert [str(difference) for difference in report.differences] == []
    assert report.share_checked > 0.6
    reasons = workspace.released(
        "select wave, missing_reason, count(*) as n from marts.returns where not is_returned group by all order by all"
    )
    assert [tuple(row.values()) for row in reasons] == [
        ("T2", "wave_not_returned", 4), ("T3", "not_planned", 12), ("T3", "wave_not_returned", 3),
    ]  # fmt: skip
    (man,) = [person for person in people if person.code == "P03"]
    assert (man.sex, "T2" in man.answers) == ("man", False)
    name = pseudonym("P03", workspace.settings.key())
    rows = workspace.released(
        f"select item, missing_reason from marts.missing_answers where participant_id = '{name}' and wave = 'T2' order by item"
    )
    assert {row["item"]: row["missing_reason"] for row in rows} == {
        **dict.fromkeys(ITEMS, "wave_not_returned"), **dict.fromkeys(SLEEP_ITEMS, "not_planned"),
    }  # fmt: skip
    traced = workspace.released(
        "select is_counted, how, count(*) as n from trace('flow/returns/T3/n') where part = 'person' group by all order by all"
    )
    assert [tuple(row.values()) for row in traced] == [
        (False, "was not planned for T3", 12), (True, "did not return T3", 3), (True, "returned T3", 9),
    ]  # fmt: skip
    for result, n in (("leavers/age/T3/n_left", 12), ("attrition/mood_total/T3/n", 12), ("attrition/sleep_total/T2/n", 12)):
        people_rows = f"from trace('{result}') where part = 'person'"
        assert workspace.released(f"select count(*) as n {people_rows} and is_counted") == [{"n": n}], result
        left_out = workspace.released(f"select distinct missing_reason as reason {people_rows} and not is_counted")
        assert left_out == [{"reason": f"{result.split('/')[2]}: not_planned"}], result
    page = (workspace.release / "index.html").read_text(encoding="utf-8")
    assert "planned for (Arm: Intervention)" in page
    assert (
        "T3 was planned for a part of the people only (Arm: Intervention); 9 of 12 for whom it was planned returned it."
        in page
    )
    assert "sleep at T2 was planned for some only (Sex: Women)." in page


def _odd_people() -> list[MadePerson]:
    """The same people, and what nobody planned: P01 of the control arm answers T3, the man P02 answers sleep; P06 has codes for
    silence there. P25 to P28 have arms or sexes that are missing, unreadable or spelled otherwise."""
    people = {person.code: person for person in made_people()}
    for code, wave, cells in (
        ("P01", "T3", dict.fromkeys(ITEMS, "5")),
        ("P02", "T2", {"sleep_01": "3", "sleep_02": ""}),
        ("P06", "T2", dict.fromkeys(SLEEP_ITEMS, "-8")),
        ("P10", "T2", {"sleep_01": "-9", "sleep_02": ""}),
    ):
        answers = people[code].answers
        people[code] = replace(people[code], answers=answers | {wave: answers.get(wave, {}) | cells})
    first = {"T1": dict.fromkeys(ITEMS, "2")}
    others = [
        MadePerson("P25", "9", " woman\u00a0", "30", first), MadePerson("P26", "INTERVENTION", "1.0", "31", first),
        MadePerson("P27", "", "2", "32", first), MadePerson("P28", " Intervention ", "", "33", first),
    ]  # fmt: skip
    return [*people.values(), *others]


_UNDECIDED_WAVE = (
    "T3: whether it is planned is unknown for 3 people, without a category of arm: roster.csv row 26, roster.csv row 27,"
    " roster.csv row 28; say planned_if_unknown: planned or not_planned under the wave, or correct the roster"
)
_UNPLANNED_WAVE = (
    "T3: 1 person answered it, though it is planned for others (arm: intervention): t3.csv row 2; say unplanned_answers: keep"
    " (they count) or set_aside (they count nowhere) under the wave, or correct the roster"
)
_UNDECIDED_BLOCK = (
    "T2, block sleep: whether it is planned is unknown for 1 person, without a category of sex: roster.csv row 29; say"
    " planned_if_unknown: planned or not_planned under the block of the export, or correct the roster"
)
_UNPLANNED_BLOCK = (
    "T2, block sleep: 2 people answered it, though it is planned for others (sex: f): t2.csv row 3, t2.csv row 9; say"
    " unplanned_answers: keep (they count) or set_aside (they count nowhere) under the block of the export, or correct the"
    " roster"
)


@pytest.mark.slow
def test_what_nobody_decided_is_asked_and_then_done(
    tmp_path: Path, workspace_of: Callable[[Path], Any], run_of: Callable[[Any], Any]
) -> None:
    people = _odd_people()
    workspace = workspace_of(write_study(tmp_path / "made/planned_study", people))
    file = workspace.study_folder / "study.yaml"
    questions = [finding.message for finding in check_study(read_study(file.parent)) if finding.severity == "error"]
    assert questions == [_UNDECIDED_BLOCK, _UNPLANNED_BLOCK, _UNDECIDED_WAVE, _UNPLANNED_WAVE]
    run = run_of(workspace)
    assert not run.success
    assert run.checks["marts/unplanned_answers", "planned_waves_decided"] == (False, f"{_UNDECIDED_BLOCK} (and 3 more)")
    assert not workspace.release.exists()
    # T3: the three without an arm are not planned, P01 is kept. Sleep: P28 is planned, the answers of men are set aside.
    decided = PROTOCOL.replace(
        "planned_for: {arm: [intervention]}",
        "planned_for: {arm: [intervention]}, planned_if_unknown: not_planned, unplanned_answers: keep",
    ).replace(
        "planned_for: {sex: [f]}", "planned_for: {sex: [f]}, planned_if_unknown: planned, unplanned_answers: set_aside"
    )
    file.write_text(decided, encoding="utf-8")
    assert [finding.message for finding in check_study(read_study(file.parent)) if finding.severity == "error"] == []
    assert run_of(workspace).success
    values = workspace.values()
    assert values["flow/returns/T3/n_planned"] == 12 + 1 + 1  # the arm, P28 of it, and P01
    assert (values["flow/returns/T3/n"], values["flow/returns/T3/n_unplanned_kept"]) == (10, 1)
    assert values["flow/sleep/T2/n_unplanned_set_aside"] == 2
    assert values["attrition/sleep_total/T2/n"] == 12 + 3  # the women, P25 and P26 of them, and P28
    # Three women did not return T2; P25 to P28 were there at T1 only.
    assert values["attrition/sleep_total/T2/count"] == sum(
        person.sex == "woman" and not np.isnan(_score(person, "T2", SLEEP_ITEMS)) for person in people
    )
    assert [str(difference) for difference in recompute(workspace.release / "warehouse.duckdb").differences] == []
    _same_by_python_and_sql(workspace)
    # The same files under the opposite rules: the waves are made anew.
    file.write_text(decided.replace("keep", "x").replace("set_aside", "keep").replace("x}", "set_aside}"), encoding="utf-8")
    assert run_of(workspace).success
    values = workspace.values()
    assert (values["flow/returns/T3/n_planned"], values["flow/returns/T3/n"]) == (13, 9)
    assert values["flow/returns/T3/n_unplanned_set_aside"] == 1
    assert values["attrition/sleep_total/T2/n"] == 15 + 2
    threes = sum(person.sex == "woman" and person.answers.get("T2", {}).get("sleep_01") == "3" for person in people)
    sql = "select n from marts.item_counts where wave = 'T2' and item = 'sleep_01' and answer = 3"
    assert workspace.released(sql) == [{"n": threes + 1}]
    assert [str(difference) for difference in recompute(workspace.release / "warehouse.duckdb").differences] == []


def _same_by_python_and_sql(workspace: Any) -> None:
    """Whoever looks before a run and the run itself decide the same of everybody."""
    study = read_study(workspace.study_folder)
    roster = contract_of_file(workspace.study_folder / "raw/roster/roster.csv", "roster.csv", study, study.protocol.roster)
    conditions = {condition.wave: condition for condition in study.protocol.conditions}
    by_python = {
        pseudonym(person.identifier, workspace.settings.key()): (
            conditions["T3"].is_planned_for(person.categories), conditions["T3"].holds_for(person.categories) is None,
            conditions["T2"].is_planned_for(person.categories), conditions["T2"].holds_for(person.categories) is None,
        )
        for person in listed_people(study, roster)
    }  # fmt: skip
    by_sql = {
        row["participant_id"]: (
            row["planned_T3"], row["unknown_T3"], row["planned_T2__sleep"], row["unknown_T2__sleep"],
        )
        for row in workspace.released("select * from marts.planned_waves")
    }  # fmt: skip
    assert by_python == by_sql
    export = next(export for export in study.protocol.exports if export.wave == "T2")
    contract = contract_of_file(workspace.study_folder / "raw/T2/t2.csv", "t2.csv", study, export)
    others = {name for name, decided in by_python.items() if not decided[2]}
    rows = [
        row
        for identifier, row in rows_with_answers(contract, study, export, "sleep")
        if pseudonym(identifier, workspace.settings.key()) in others
    ]
    sql = "select source_row from marts.unplanned_answers where block = 'sleep' order by source_row"
    assert rows == [row["source_row"] for row in workspace.released(sql)] == [3, 9]


def _of_variant(values: dict[str, float | None], variant: str) -> dict[str, float | None]:
    """The values of a variant by the id without its name."""
    return {
        "/".join(part for part in name.removeprefix("variant_").split("/") if part != variant): value
        for name, value in values.items()
        if name.startswith("variant_") and name.split("/")[2] == variant
    }


@pytest.mark.slow
def test_variants_are_what_a_study_of_these_definitions_would_be(planned_run: tuple[Any, list[MadePerson]]) -> None:
    workspace, people = planned_run
    values = workspace.values()
    report = recompute(workspace.release / "warehouse.duckdb")
    assert [str(difference) for difference in report.differences] == []
    # Only what the oracle does not know of the main analysis either.
    uncovered = {name for name in report.uncovered if name.startswith("variant")}
    assert not uncovered
    # Verdicts of tests between groups are checked as well, after Holm where a family is planned.
    by_group = [name for name in values if name.startswith("variant_change_adjusted/") and name.endswith("/verdict_differs")]
    assert len(by_group) > 20
    assert "variant_change_covariate_adjusted/mood_total/women/intervention/T1-T2/p_holm" in values
    # A rule that nobody's answers meet changes nothing, to the last bit; nor does one that only the same answers meet.
    half_of_sleep = _of_variant(values, "half_of_sleep")
    assert len(half_of_sleep) > 40
    assert {name: value for name, value in half_of_sleep.items() if not name.endswith("verdict_differs")} == {
        name: values[name] for name in half_of_sleep if not name.endswith("verdict_differs")
    }
    assert _of_variant(values, "one_of_three") == _of_variant(values, "two_of_three") != half_of_sleep
    # Half of those who left out an item are scored again.
    blank = {wave: sum(has_blank(person, wave) for person in people) for wave in WAVES}
    gained = {wave: values[f"variants/mood_total/two_of_three/{wave}/n_scores_gained"] for wave in WAVES}
    assert gained == blank
    assert blank["T1"] and blank["T2"]
    men = [person for person in people if person.sex == "man"]
    assert values["variants/roster/women/n_left_out"] == len(men) == 12
    assert values["variants/mood_total/women/T1/n_scores_left_out"] == sum(not np.isnan(_score(man, "T1")) for man in men)
    # Nobody is left: a reason stands.
    notes = workspace.released(
        "select value, note from results.results where result_id in ('variant_change/mood_total/nobody/T1-T2/p',"
        " 'variant_change_difference/mood_total/nobody/intervention/T1-T2/p')"
    )
    assert sorted(row["note"] for row in notes) == ["no pairs", "nobody in the group"]
    assert values["variant_change/mood_total/nobody/T1-T2/n"] == 0


def has_blank(person: MadePerson, wave: str) -> bool:
    """Whether somebody left out an item of mood."""
    return _has(person, wave) and np.isnan(_score(person, wave))


@pytest.mark.slow
def test_a_number_of_a_variant_is_traced_to_its_people(planned_run: tuple[Any, list[MadePerson]]) -> None:
    workspace, people = planned_run
    values = workspace.values()
    groups = workspace.released(
        "select is_counted, coalesce(missing_reason, '') as reason, count(*) as n"
        " from trace('variant_change/mood_total/women/T1-T2/n') where part = 'person' group by all order by all"
    )
    assert sum(row["n"] for row in groups if row["is_counted"]) == values["variant_change/mood_total/women/T1-T2/n"]
    assert {row["reason"]: row["n"] for row in groups}["left out of the variant: sex: m"] == 12
    assert sum(row["n"] for row in groups) == len(people)
    by_key = workspace.released(
        "select item, min(value + keyed) as low, max(value + keyed) as high"
        " from trace('variant_change/mood_total/other_key/T1-T2/n') where part = 'answer' and value is not null"
        " group by all order by all"
    )
    assert [row["item"] for row in by_key] == ["mood_01", "mood_02"]
    assert (by_key[1]["low"], by_key[1]["high"]) == (6, 6)
    rule = workspace.released("select how from trace('variant_change/mood_total/two_of_three/T1-T2/n') where part = 'scale'")
    assert rule == [{"how": "sum of 3 items, at least 2 answered, times 3 / those there"}]
    kept = workspace.released(
        "select is_counted, missing_reason as reason, count(*) as n from trace('variants/roster/women/n_left_out')"
        " where part = 'person' group by all order by all"
    )
    assert kept == [
        {"is_counted": False, "reason": "kept by the variant", "n": 12},
        {"is_counted": True, "reason": "sex: m", "n": 12},
    ]


@pytest.mark.slow
def test_what_a_variant_changes_is_traced_to_people_and_answers(planned_run: tuple[Any, list[MadePerson]]) -> None:
    """As many people as scores, as many counted answers as depend on the variant; of all scales the sums of them."""
    workspace, people = planned_run
    results = workspace.released(
        "select * from results.results where analysis = 'variants' and outcome <> 'roster' and value is not null"
    )
    tables = released_tables(workspace.release / "warehouse.duckdb")
    assert {row["statistic"] for row in results if row["value"]} == {
        "n_scores_left_out", "n_scores_gained", "n_scores_changed", "n_answers",
    }  # fmt: skip
    for row in results:
        traced = tables.execute(
            "select part, is_counted, value, missing_reason from traced_rows(?) where part in ('person', 'answer', 'made of')",
            [row["result_id"]],
        ).fetchall()
        persons = [rest for part, *rest in traced if part == "person"]
        assert len(persons) == len(people)
        assert all(reason for is_counted, _, reason in persons if not is_counted), row
        if row["outcome"] == "all_scales":
            assert sum(value for is_counted, value, _ in persons if is_counted) == row["value"], row
            assert sum(value or 0 for part, _, value, _ in traced if part == "made of") == row["value"], row
        elif row["statistic"] == "n_answers":
            assert sum(value for is_counted, value, _ in persons if is_counted) == row["value"], row
            assert sum(is_counted for part, is_counted, _, _ in traced if part == "answer") == row["value"], row
        else:
            assert sum(is_counted for is_counted, _, _ in persons) == row["value"], row
    (man,) = [person for person in people if person.code == "P03"]
    name, score = pseudonym("P03", workspace.settings.key()), _score(man, "T1")
    rows = workspace.released(
        "select is_counted, text, missing_reason from trace('variants/mood_total/women/T1/n_scores_left_out')"
        f" where part = 'person' and participant_id = '{name}'"
    )
    assert [tuple(row.values()) for row in rows] == [(True, f"{score:g} → no score", None)]
    reasons = workspace.released(
        "select distinct missing_reason as reason from trace('variants/mood_total/other_key/T1/n_scores_lost')"
        " where part = 'person' order by all"
    )
    assert [row["reason"] for row in reasons] == [
        "another value in the variant", "missing in the main analysis alone", "the same score in both",
        "the same score, or none, in both",
    ]  # fmt: skip


@pytest.mark.slow
def test_the_page_lists_who_counts_in_a_variant(planned_run: tuple[Any, list[MadePerson]]) -> None:
    workspace, _ = planned_run
    data = read_page_data((workspace.release / "index.html").read_text(encoding="utf-8"))
    people, numbers = data["people"], data["numbers"]
    assert people is not None
    checked, by_id = 0, numbers_by_id(data)
    for result_id, value, index in zip(
        numbers["result_ids"], numbers["values"], numbers["scope_indexes"], strict=True
    ):  # fmt: skip
        if not result_id.startswith("variant") or not result_id.split("/")[-1].startswith("n"):
            continue
        assert index is not None, result_id
        # Of all scales, and of answers, people are listed, and what is counted are their scores or answers.
        n, is_of_several = (
            n_of_scope(people, people["scopes"][index]),
            "/all_scales/" in result_id or "n_answers" in result_id,
        )
        assert (n <= value and (n > 0) == (value > 0)) if is_of_several else n == value, result_id
        left_out = [words for term, words in by_id[result_id].lines if term == "Left out"]
        n_left_out = sum(int(words) for words in re.findall(r"(?:^|; )(\d+) \(", "; ".join(left_out)))
        assert n + n_left_out == len(people["participant_ids"]), (result_id, left_out)
        checked += 1
    assert checked > 80
    lines = dict(numbers_by_id(data)["variant_change/mood_total/other_key/T1-T2/n"].lines)
    assert (lines["Variant"], lines["Score"]) == (
        "other_key", "sum of 2 items, all answered; reversed (6 - answer): mood_02"
    )  # fmt: skip


@pytest.mark.slow
def test_tables_put_variants_beside_the_main_analysis(planned_run: tuple[Any, list[MadePerson]]) -> None:
    workspace, _ = planned_run
    tables = workspace.release / "tables"
    overview = next(tables.glob("*_variants.csv")).read_text(encoding="utf-8-sig").splitlines()
    assert overview[0].endswith("Answers that depend on it,Tests with another verdict")
    assert "primary): there is no p in the variant" in next(line for line in overview if line.startswith(",nobody"))
    assert '"people, by Sex: only Women"' in overview[1] or "people, by Sex: only Women" in overview[1]
    with next(tables.glob("*_variants_change.csv")).open(encoding="utf-8-sig", newline="") as opened:
        change = list(csv.DictReader(opened))
    in_first_contrast = [row for row in change if row["section"] == "mood, T1-T2"]
    labels = ["Main analysis", *(variant.label for variant in read_study(workspace.study_folder).protocol.variants)]
    assert [row["label"] for row in in_first_contrast] == labels
    values = workspace.values()
    assert in_first_contrast[0]["n"] == str(int(values["change/mood_total/T1-T2/n"] or 0))
    assert in_first_contrast[1]["n"] == str(int(values["variant_change/mood_total/women/T1-T2/n"] or 0))
    assert in_first_contrast[5]["another verdict"] == "below in the main analysis"
    assert values["variant_change/mood_total/other_key/T1-T2/verdict_differs"] == 1
    page = (workspace.release / "index.html").read_text(encoding="utf-8")
    assert (
        "Change was computed again, beside the main analysis, under definitions that differ: Women (people, by Sex:" in page
    )
    assert "left out of the variant: sex: m" in page
