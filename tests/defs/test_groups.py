"""A trial of three arms and four waves through the whole graph: every number of groups is made again from the answers, person by
person; a trace counts the people of the number's groups; groups without people have reasons."""

import csv
import math
import re
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from group_study import ARMS, PROTOCOL, WAVES, write_group_study
from recompute import recompute
from released_tables import released_tables
from released_word import widths_and_rooms

from dagster_project.statistics import (
    Comparison,
    GroupImputation,
    benjamini_hochberg,
    fit_mmrm,
    holm,
    patterns_of,
    pooled_difference,
)

pytestmark = pytest.mark.slow
#: The arms by code, the reference first.
CODES = {"waiting": ARMS[0], "course": ARMS[1], "calls": ARMS[2]}


@pytest.fixture(scope="module")
def group_workspace(tmp_path_factory: pytest.TempPathFactory, workspace_at: Any) -> Any:
    from conftest import run_all

    folder = tmp_path_factory.mktemp("groups")
    sensitivity = "{reference_based: [jump_to_reference, copy_increments], deltas: [0.25], delta_unit: baseline_sd, tipping_point: true}"
    workspace = workspace_at(folder, write_group_study(folder / "made" / "group_study", 30, sensitivity=sensitivity))
    run = run_all(workspace)
    assert run.success, (run.failures, run.checks)
    return workspace


def test_every_number_of_groups_is_what_their_people_give(group_workspace: Any) -> None:
    report = recompute(group_workspace.release / "warehouse.duckdb")
    assert [str(difference) for difference in report.differences] == []
    assert report.checked > 1400
    by_hand = {"d_ci95_low", "d_ci95_high", "g_ci95_low", "g_ci95_high"}
    of_groups = {
        name for name in report.uncovered if name.split("/")[0].endswith(("_by_group", "_difference", "change_adjusted"))
    }
    assert {name.split("/")[1] for name in of_groups if not name.startswith(("mmrm", "mi_"))} <= by_hand


def test_the_flow_of_each_arm_adds_up(group_workspace: Any) -> None:
    """On the page: in each box those with whom it starts are those who were lost and those who remain."""
    page = (group_workspace.release / "index.html").read_text(encoding="utf-8")
    by_group = page[page.index('<div class="groups">') : page.index("change is counted in people")]
    headings = [
        " ".join(re.sub("<[^>]+>", "", text).split()) for text in re.findall(r'<p class="group">(.*?)</p>', by_group, re.S)
    ]
    assert headings == [f"{arm} 30 on the roster" for arm in ARMS]
    assert "Of 1 on the roster the group is not known" in " ".join(re.sub("<[^>]+>", "", by_group).split())
    boxes = re.findall(r"<dl>(.*?)</dl>", by_group, re.S)
    assert len(boxes) == len(ARMS) * len(WAVES)
    losses = 0
    for box in boxes:
        start, *lost, remaining = [int(text) for text in re.findall(r">\s*(\d+)\s*</button>", box)]
        assert start == sum(lost) + remaining
        losses += sum(lost)
    assert losses > 10


def test_a_trial_meets_its_checklist_but_for_what_its_authors_say(group_workspace: Any) -> None:
    with (group_workspace.release / "tables" / "table_C1_checklist_consort_2025.csv").open(encoding="utf-8-sig") as stream:
        items = {row["label"].partition(".")[0]: row for row in csv.DictReader(stream)}
    missing = [words for row in items.values() for words in row["Missing"].split("; ") if words]
    assert [words for words in missing if not words.startswith("for the authors: ")] == []
    assert {item for item in items if items[item]["Status"] == "met"} == {
        "14", "21a", "21b", "21c", "21d", "25", "26", "28",
    }  # fmt: skip


def test_the_mixed_model_is_of_everybody_with_a_score(group_workspace: Any) -> None:
    """The same function as the warehouse's, but of people counted here, with contrasts written out."""
    scores = _scores(group_workspace, "mood_total")
    groups = [patterns_of(np.array([[*row] for row in scores[code]])) for code in CODES]
    contrasts = []
    for group in (1, 2):
        weights = np.zeros((3, 4))
        weights[group, 1], weights[0, 1], weights[group, 0], weights[0, 0] = 1, -1, -1, 1
        contrasts.append(weights)
    model = fit_mmrm(groups, 4, contrasts, baseline="constrained")
    values = group_workspace.values()
    assert values["mmrm/mood_total/n"] == sum(model.n_people)
    for index, code in enumerate(("course", "calls")):
        estimate = model.contrasts[index].kenward_roger
        for name, value in (("difference", estimate.estimate), ("se", estimate.se), ("df", estimate.df), ("p", estimate.p)):
            assert values[f"mmrm_difference/mood_total/{code}/T1-T2/{name}"] == pytest.approx(value, rel=1e-7), (code, name)
    # At the first wave groups are taken to be alike: one mean, and nothing is compared.
    first = {values[f"mmrm/mood_total/{code}/T1/mean"] for code in CODES}
    assert max(first) - min(first) < 1e-9
    assert "mmrm_difference/mood_total/course/T1/difference" not in values


def test_sensitivity_analyses_are_of_everybody_with_a_score(group_workspace: Any) -> None:
    """The same functions as the warehouse's, of people counted here; the seed and the number of data sets are the results'."""
    scores = _scores(group_workspace, "mood_total")
    groups = [patterns_of(np.array([[*row] for row in scores[code]])) for code in CODES]
    values = group_workspace.values()
    address = "mi_group_adjusted/mood_total/{}/calls/T1-T4"
    imputations = int(values[f"{address.format('missing_at_random')}/imputations"])
    seed = zlib.crc32(b"1/mi_group_difference/mood_total")
    imputation = GroupImputation(groups, imputations=imputations, seed=seed)
    for scenario in ("missing_at_random", "jump_to_reference", "copy_increments"):
        pairs = imputation.pairs(0, 3, scenario)  # type: ignore[arg-type]
        expected = pooled_difference(Comparison(pairs, 2, 1, is_adjusted=True))
        numbers = {
            "difference": expected.pooled.estimate, "se": expected.pooled.se, "df": expected.pooled.df,
            "p": expected.pooled.p, "fmi": expected.pooled.fmi, "monte_carlo_error": expected.error, "n": expected.n,
            "n_imputed": expected.n_imputed,
        }  # fmt: skip
        for name, value in numbers.items():
            assert values[f"{address.format(scenario)}/{name}"] == pytest.approx(value, rel=1e-7), (scenario, name)
    # A twentieth more of the shift, and p is above .05; a twentieth less, and it is below.
    point = values["mi_group_difference/mood_total/worse/calls/T1-T4/tipping_point"]
    assert point < 0
    plain = Comparison(imputation.pairs(0, 3, "missing_at_random"), 2, 1, is_adjusted=False)
    below, above = (pooled_difference(plain.shifted([0.0, *([share * point] * 2)])).pooled.p for share in (0.95, 1.05))
    assert below < 0.05 < above
    scenarios = group_workspace.released(
        "select scenario, delta, delta_unit from codebook.scenarios order by scenario_order"
    )
    assert [tuple(row.values()) for row in scenarios] == [
        ("missing_at_random", None, None), ("jump_to_reference", None, None), ("copy_increments", None, None),
        ("worse_0_25", 0.25, "baseline_sd"),
    ]  # fmt: skip


def _scores(workspace: Any, scale: str) -> dict[str, list[list[float]]]:
    rows = workspace.released(
        f"""
        select states.people_group, scores.participant_id, scores.wave, scores.score
        from marts.scale_scores as scores
        inner join marts.participants as people on scores.participant_id = people.participant_id
        inner join (select participant_id, arm as people_group from marts.participants) as states
            on scores.participant_id = states.participant_id
        where scores.scale = '{scale}' and states.people_group is not null
        """
    )
    people: dict[tuple[str, str], list[float]] = {}
    for row in rows:
        scores = people.setdefault((row["people_group"], row["participant_id"]), [math.nan] * len(WAVES))
        scores[WAVES.index(row["wave"])] = math.nan if row["score"] is None else row["score"]
    return {code: [scores for (group, _), scores in people.items() if group == code] for code in CODES}


def test_tests_of_groups_are_adjusted_within_their_family(group_workspace: Any) -> None:
    values = group_workspace.values()
    for analysis, scales, contrasts, family in (
        ("change_adjusted", ["mood_total"], ["T1-T2"], "main"),
        ("change_difference", ["mood_total", "sleep_total"], ["T1-T2", "T1-T4"], "plain"),
        ("mmrm_difference", ["mood_total"], ["T1-T2", "T1-T4"], "model"),
    ):
        addresses = [
            f"{analysis}/{scale}/{group}/{contrast}"
            for contrast in contrasts
            for scale in scales
            for group in ("course", "calls")
        ]
        p = np.array([values[f"{address}/p"] for address in addresses])
        for name, adjust in (("p_holm", holm), ("p_bh", benjamini_hochberg)):
            assert [values[f"{address}/{name}"] for address in addresses] == pytest.approx(list(adjust(p)), rel=1e-12)
        ids = ", ".join(f"'{address}/p'" for address in addresses)
        rows = group_workspace.released(f"select distinct family, role from results.results where result_id in ({ids})")
        assert [(row["family"], row["role"]) for row in rows] == [(family, "primary" if family == "main" else "secondary")]
    # What no family plans is exploratory, and not adjusted.
    assert "change_adjusted/sleep_total/course/T1-T2/p_holm" not in values


def test_a_trace_counts_the_people_of_the_groups_that_a_number_is_about(group_workspace: Any) -> None:
    numbers = group_workspace.released(
        """
        select result_id, n, value, analysis, statistic, outcome from results.results
        where (people_group is not null or statistic = 'n_without_group') and statistic in ('n', 'p', 'n_without_group', 'percent', 'mean', 'standardised_difference')
            -- Every scenario is of the same people.
            and (category is null or category not in ('jump_to_reference', 'copy_increments', 'worse_0_25'))
        """
    )
    assert len({row["analysis"] for row in numbers}) == 13
    connection = released_tables(group_workspace.release / "warehouse.duckdb")
    for row in numbers:
        people = connection.execute(
            "select is_counted, missing_reason from trace(?) where part = 'person'", [row["result_id"]]
        ).fetchall()
        n_counted = sum(is_counted for is_counted, _ in people)
        if row["analysis"] == "flow_by_group":
            assert n_counted == (row["value"] if row["outcome"] == "roster" else row["n"]), row["result_id"]
        elif row["outcome"] in ("clinic", "hotline") or row["analysis"] != "mmrm" or row["statistic"] != "n":
            assert n_counted == row["n"], row["result_id"]
        assert all(is_counted or reason for is_counted, reason in people), row["result_id"]
    left_out = group_workspace.released(
        "select missing_reason, count(*) as n from trace('summary_by_group/mood_total/course/T1/mean') "
        "where part = 'person' and not is_counted group by all order by all"
    )
    reasons = {row["missing_reason"]: row["n"] for row in left_out}
    assert (reasons["in another group"], reasons["group not known"]) == (60, 1)


def test_the_boxes_of_each_group_add_up_and_with_people_without_a_group_to_the_roster(group_workspace: Any) -> None:
    values = group_workspace.values()
    rosters = [values[f"flow_by_group/roster/{code}/n"] for code in CODES]
    assert sum(rosters) + values["flow_by_group/roster/n_without_group"] == values["flow/roster/n"] == 91
    for code, roster in zip(CODES, rosters, strict=True):
        for wave in WAVES:
            states = ("n", "n_withdrawn", "n_returned_blank", "n_not_returned")
            assert sum(values[f"flow_by_group/returns/{code}/{wave}/{state}"] for state in states) == roster


def test_the_page_shows_groups_with_their_reference(group_workspace: Any) -> None:
    page = (group_workspace.release / "index.html").read_text(encoding="utf-8")
    for words in (
        "Characteristics by group", "Returns by group", "Outcomes over time by group", "Change by group, T1-T2",
        "Groups compared over all waves", "Use of services by group, T3", "Waiting list (reference)", "Scores over time by group",
        "People were compared by the groups to which they were allocated by chance: Course and Course and calls with Waiting"
        " list, the reference.",
        "Groups compared with missing scores imputed, T1-T2 (sensitivity analyses)", "Tipping points of the differences between groups, T1-T4",
        "Course and calls, copy increments in reference", "As a sensitivity analysis, missing scores of everybody with any score",
        "Tests of adjusted differences of change were adjusted within the planned family main (primary), by Holm and by Benjamini"
        " and Hochberg.",
    ):  # fmt: skip
        assert words in page, words


def test_every_table_of_the_word_document_fits_its_page(group_workspace: Any) -> None:
    measured = widths_and_rooms(group_workspace.release / "tables.docx")
    assert len(measured) > 20
    assert [(width, room) for width, room in measured if width > room] == []


def test_without_covariates_and_subgroups_nothing_is_computed_and_nothing_speaks_of_them(group_workspace: Any) -> None:
    assert group_workspace.released("select count(*) as n from marts.group_covariate_moments") == [{"n": 0}]
    assert group_workspace.released("select count(*) as n from marts.group_covariate_pattern_moments") == [{"n": 0}]
    assert group_workspace.released("select count(*) as n from marts.group_subgroup_moments") == [{"n": 0}]
    assert group_workspace.released("select * from codebook.covariates") == []
    assert group_workspace.released("select * from codebook.subgroups") == []
    rows = group_workspace.released(
        "select result_id from results.results where analysis like 'mmrm_covariate%' or analysis in ('change_covariate_adjusted', 'change_subgroup', 'change_interaction') or method ilike '%covariate%'"
    )
    assert rows == []
    page = (group_workspace.release / "index.html").read_text(encoding="utf-8")
    for words in (
        "second analysis of covariance",
        "covariate unknown",
        "adjusted for covariates",
        "every covariate",
        "Change by group within",
    ):
        assert words not in page, words


@pytest.mark.parametrize(
    "arms", [{"Course": 0}, {"Course": 1, "Course and calls": 1, "Waiting list": 1}], ids=["empty", "single"]
)
def test_an_empty_arm_and_arms_of_one_person_have_values_or_reasons(
    tmp_path: Path, workspace_at: Any, arms: dict[str, int]
) -> None:
    from conftest import run_all

    # With covariates and subgroups: everything else is computed beside them.
    study = write_group_study(
        tmp_path / "made" / "group_study",
        people_per_arm=4,
        covariates=["age", "region"],
        has_subgroups=True,
        sensitivity="{reference_based: [jump_to_reference], deltas: [1, 2.5], delta_unit: points, delta_groups: all, tipping_point: true}",
    )
    roster = study / "raw/roster/roster.csv"
    with roster.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    kept = [
        row for index, row in enumerate(rows)
        if sum(other["Arm"] == row["Arm"] for other in rows[:index]) < arms.get(row["Arm"], 99)
    ]  # fmt: skip
    names = {row["Person"] for row in kept}
    for path in sorted(study.glob("raw/*/*.csv")):
        lines = path.read_text(encoding="utf-8").splitlines()
        path.write_text(
            "\n".join([lines[0], *(line for line in lines[1:] if line.split(",")[0] in names)]) + "\n", encoding="utf-8"
        )
    workspace = workspace_at(tmp_path / "run", study)
    run = run_all(workspace)
    assert run.success, (run.failures, run.checks)
    silent = workspace.released("select result_id from results.results where value is null and note is null")
    assert silent == []
    report = recompute(workspace.release / "warehouse.duckdb")
    assert [str(difference) for difference in report.differences] == []
    reasons = workspace.released(
        "select note from results.results where result_id = 'change_difference/mood_total/course/T1-T2/p'"
    )
    if arms.get("Course") == 0:
        assert reasons == [{"note": "nobody in the group"}]
    else:
        assert reasons[0]["note"].startswith(("one person in the ", "nobody in the "))
    adjusted = workspace.released(
        "select distinct note from results.results where result_id like 'change_covariate_adjusted/%/p' and value is null"
    )
    assert {row["note"] for row in adjusted} == (
        {"nobody in the group", "no residual degrees of freedom"}
        if arms.get("Course") == 0
        else {"nobody in the reference group"}
    )


def test_arms_that_nobody_mentions_are_asked_about(tmp_path: Path) -> None:
    from dagster_project.study import StudyError, read_study

    folder = write_group_study(tmp_path / "group_study", people_per_arm=1)
    file = folder / "study.yaml"
    declared = "groups: {variable: arm, reference: waiting, design: randomised}\n"
    without_families = PROTOCOL[: PROTOCOL.index("plan:")] + PROTOCOL[PROTOCOL.index("participant_variables:") :]
    exports = file.read_text(encoding="utf-8").removeprefix(PROTOCOL)
    cases = {
        "": (
            "arm (course, calls, waiting) looks like the arms of a trial, and groups: is not declared; declare groups: {variable:"
            " arm, reference: the category to compare with, design: randomised or natural}, or say groups: none if everybody is to"
            " be taken as one group"
        ),
        "groups: {variable: arms, reference: waiting, design: randomised}\n": (
            "groups: 'arms' is not a variable of the roster; its variables are arm, region, age"
        ),
        "groups: {variable: age, reference: waiting, design: natural}\n": (
            "groups: age is a number; name a variable with categories, or add one with its bands"
        ),
        "groups: {variable: arm, reference: control, design: natural}\n": (
            "groups: the reference 'control' is not a category of arm: course, calls, waiting"
        ),
    }
    for line, message in cases.items():
        file.write_text(without_families.replace(declared, line) + exports, encoding="utf-8")
        with pytest.raises(StudyError) as refusal:
            read_study(folder)
        assert str(refusal.value).endswith(message), line
        assert "\n" not in str(refusal.value)
    file.write_text(without_families.replace(declared, "groups: none\n") + exports, encoding="utf-8")
    assert read_study(folder).protocol.compared_groups == ()
    file.write_text(PROTOCOL.replace(declared, "groups: none\n") + exports, encoding="utf-8")
    with pytest.raises(
        StudyError, match="plan: family main compares groups_adjusted, and groups: declares none; declare them, or"
    ):
        read_study(folder)
