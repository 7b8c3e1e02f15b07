"""The trial adjusted for age and region, and looked at by sex and region, through the whole graph: every number is made again
person by person, a trace and the page count the people of each number, and what is said of them stands where readers look."""

import html
import math
import re
from typing import Any

import numpy as np
import pytest
from covariate_patterns import covariate_patterns_of
from group_study import write_group_study
from recompute import recompute
from released_page import numbers_by_id, read_page_data
from released_tables import released_tables

from dagster_project.statistics import benjamini_hochberg, fit_mmrm, holm

pytestmark = pytest.mark.slow
ANALYSIS = "change_covariate_adjusted"


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory, workspace_at: Any) -> Any:
    from conftest import run_all

    folder = tmp_path_factory.mktemp("covariates")
    made = workspace_at(
        folder, write_group_study(folder / "made" / "group_study", 30, covariates=["age", "region"], has_subgroups=True)
    )
    run = run_all(made)
    assert run.success, (run.failures, run.checks)
    return made


def test_every_adjusted_number_is_what_its_people_give(workspace: Any) -> None:
    report = recompute(workspace.release / "warehouse.duckdb")
    assert [str(difference) for difference in report.differences] == []
    values = {name: value for name, value in workspace.values().items() if name.startswith(f"{ANALYSIS}/")}
    # Two scales, two contrasts, two groups; ten numbers each, and both adjusted p of the family's two tests. Seven numbers of
    # adjusted means of three groups.
    assert len(values) == 8 * 10 + 4 + 4 * 3 * 7
    assert all(value is not None for value in values.values())
    assert not [name for name in report.uncovered if name.startswith(("change_subgroup", "change_interaction"))]
    of_subgroups = {
        name: value
        for name, value in workspace.values().items()
        if re.match("change_(subgroup|interaction)_covariate", name)
    }
    # The subgroups of region are adjusted for age alone.
    assert len(of_subgroups) > 150
    assert of_subgroups["change_subgroup_covariate_adjusted/mood_total/sex-male/calls/T1-T2/p"] is not None
    assert of_subgroups["change_interaction_covariate_adjusted/mood_total/region/T1-T2/p_overall"] is not None
    assert (
        of_subgroups["change_subgroup_covariate_adjusted/mood_total/sex-male/calls/T1-T2/difference"]
        != workspace.values()["change_subgroup/mood_total/sex-male/calls/T1-T2/difference"]
    )
    assert not {name for name in report.uncovered if name.startswith(ANALYSIS)}


def test_who_lacks_a_covariate_is_left_out_and_counted(workspace: Any) -> None:
    values = workspace.values()
    for scale in ("mood_total", "sleep_total"):
        for contrast in ("T1-T2", "T1-T4"):
            n, unknown = (values[f"{ANALYSIS}/{scale}/course/{contrast}/{name}"] for name in ("n", "n_covariate_unknown"))
            assert n + unknown == values[f"change_adjusted/{scale}/course/{contrast}/n"]
            assert unknown > 2
            counts = workspace.released(
                "select distinct people_group, n from marts.group_covariate_moments "
                f"where scale = '{scale}' and contrast = '{contrast}'"
            )
            assert sum(row["n"] for row in counts) == n


def test_the_mixed_model_is_of_everybody_with_a_score_and_every_covariate(workspace: Any) -> None:
    """The same function as the warehouse's, but of people counted here."""
    people = workspace.released(
        """
        select people.participant_id, people.arm, people.age, people.region, scores.wave, scores.score
        from marts.participants as people
        inner join marts.scale_scores as scores on people.participant_id = scores.participant_id
        where scores.scale = 'mood_total' and scores.score is not null and people.arm is not null
        """
    )
    scores: dict[str, list[float]] = {}
    facts = {row["participant_id"]: (row["arm"], row["age"], row["region"]) for row in people}
    for row in people:
        scores.setdefault(row["participant_id"], [math.nan] * 4)[("T1", "T2", "T3", "T4").index(row["wave"])] = row["score"]
    known = [name for name, (_, age, region) in facts.items() if age is not None and region is not None]
    groups = [
        covariate_patterns_of(
            np.array([scores[name] for name in known if facts[name][0] == arm]),
            np.array([[facts[n][1], facts[n][2] == "south", facts[n][2] == "west"] for n in known if facts[n][0] == arm]),
        )
        for arm in ("waiting", "course", "calls")
    ]
    weights = [[[1, -1, 0, 0], [-1, 1, 0, 0], [0, 0, 0, 0]]]
    model = fit_mmrm(groups, 4, weights, baseline="constrained", covariates=["age", "south", "west"])
    values = workspace.values()
    address = "mmrm_covariate_adjusted_difference/mood_total/course/T1-T2"
    estimate = model.contrasts[0].kenward_roger
    for name, value in (("difference", estimate.estimate), ("se", estimate.se), ("df", estimate.df), ("p", estimate.p)):
        assert values[f"{address}/{name}"] == pytest.approx(value, rel=1e-7), name
    mean = model.means[2][3].kenward_roger
    assert values["mmrm_covariate_adjusted/mood_total/calls/T4/mean"] == pytest.approx(mean.estimate, rel=1e-9)
    assert values["mmrm_covariate_adjusted/mood_total/n"] == len(known)
    assert values["mmrm_covariate_adjusted/mood_total/n_covariate_unknown"] == len(facts) - len(known) > 2
    assert values["mmrm_covariate_adjusted/mood_total/n_observations"] == model.n_observations
    # The one without covariates stands beside it, and is not the planned one.
    assert values["mmrm/mood_total/n"] == len(facts)
    rows = workspace.released(
        "select analysis, role, family from results.results where statistic = 'p' and outcome = 'mood_total' "
        "and contrast = 'T1-T2' and people_group = 'course' and analysis like 'mmrm%' order by analysis"
    )
    assert [tuple(row.values()) for row in rows] == [
        ("mmrm_covariate_adjusted_difference", "secondary", "model"), ("mmrm_difference", "exploratory", None),
    ]  # fmt: skip
    assert {f"{address}/p_holm", f"{address}/p_bh"} <= values.keys()
    assert "mmrm_difference/mood_total/course/T1-T2/p_holm" not in values


def test_an_empty_category_is_left_out_and_the_method_says_so(workspace: Any) -> None:
    rows = workspace.released(f"select distinct method from results.results where result_id like '{ANALYSIS}/%/difference'")
    assert {row["method"].rsplit("; ", 1)[1] for row in rows} == {
        "analysis of covariance, without a term for East of Region: nobody in the model is in it"
    }
    terms = workspace.released("select term, variable, category from codebook.covariates order by term_order")
    assert [tuple(row.values()) for row in terms] == [
        ("covariate/age", "age", None), ("covariate/region/north", "region", "north"),
        ("covariate/region/south", "region", "south"), ("covariate/region/west", "region", "west"),
    ]  # fmt: skip


def test_the_planned_test_is_the_one_with_the_covariates(workspace: Any) -> None:
    values = workspace.values()
    addresses = [f"{ANALYSIS}/mood_total/{group}/T1-T2" for group in ("course", "calls")]
    p = np.array([values[f"{address}/p"] for address in addresses])
    for name, adjust in (("p_holm", holm), ("p_bh", benjamini_hochberg)):
        assert [values[f"{address}/{name}"] for address in addresses] == pytest.approx(list(adjust(p)), rel=1e-12)
    rows = workspace.released(
        "select analysis, role, family from results.results where statistic = 'difference' and outcome = 'mood_total' "
        f"and contrast = 'T1-T2' and people_group = 'course' and analysis in ('{ANALYSIS}', 'change_adjusted') order by analysis"
    )
    assert [tuple(row.values()) for row in rows] == [("change_adjusted", "exploratory", None), (ANALYSIS, "primary", "main")]
    assert "change_adjusted/mood_total/course/T1-T2/p_holm" not in values


def test_a_trace_counts_the_people_of_each_number_and_shows_their_covariates(workspace: Any) -> None:
    rows = workspace.released(
        f"select result_id, n from results.results where analysis = '{ANALYSIS}' or outcome = 'mood_total' and contrast = 'T1-T2' "
        "and (analysis like 'change_subgroup%' and people_group = 'calls' or analysis like 'change_interaction%' and people_group is null)"
    )
    rows += workspace.released(
        "select result_id, n from results.results where outcome = 'mood_total' and analysis like 'mmrm%' "
        "and (people_group is null or statistic in ('p', 'mean') and people_group = 'course')"
    )
    assert {row["result_id"].split("/")[0] for row in rows} == {
        *(ANALYSIS, "change_subgroup", "change_interaction", "mmrm", "mmrm_difference"),
        *("change_subgroup_covariate_adjusted", "change_interaction_covariate_adjusted"),
        *("mmrm_covariate_adjusted", "mmrm_covariate_adjusted_difference"),
    }
    connection = released_tables(workspace.release / "warehouse.duckdb")
    for row in rows:
        people = connection.execute(
            "select is_counted, missing_reason from trace(?) where part = 'person'", [row["result_id"]]
        ).fetchall()
        assert sum(is_counted for is_counted, _ in people) == row["n"], row["result_id"]
        assert all(is_counted or reason for is_counted, reason in people), row["result_id"]
    traced = f"from trace('{ANALYSIS}/mood_total/course/T1-T2/p')"
    reasons = workspace.released(
        f"select distinct missing_reason {traced} where part = 'person' and not is_counted order by all"
    )
    assert {"age: blank", "region: blank"} <= {row["missing_reason"] for row in reasons}
    cells = workspace.released(
        f"select measure, count(*) as n, any_value(source_column) as source_column, count(file_name) as n_files {traced} "
        "where part = 'answer' and measure in ('age', 'region') group by measure order by measure"
    )
    assert [tuple(row.values()) for row in cells] == [("age", 91, "Age", 91), ("region", 91, "Region", 91)]
    of_model = workspace.released(
        "select distinct measure, missing_reason from trace('mmrm_covariate_adjusted_difference/mood_total/calls/T1-T4/p') "
        "where part = 'answer' and item is null or part = 'person' and not is_counted order by all"
    )
    assert {("age", None), ("region", None), ("mood_total", "age: blank"), ("mood_total", "region: blank")} <= {
        tuple(row.values()) for row in of_model
    }
    of_sex = workspace.released(
        "select distinct measure, missing_reason from trace('change_interaction/mood_total/sex/T1-T2/p_overall') "
        "where part = 'answer' and item is null or part = 'person' and not is_counted order by all"
    )
    assert {("sex", None), ("sex", "blank"), ("mood_total", "sex: blank"), ("mood_total", "group not known")} <= {
        tuple(row.values()) for row in of_sex
    }
    alone = workspace.released("select distinct measure from trace('change_adjusted/mood_total/course/T1-T2/p')")
    assert not {"age", "region"} & {row["measure"] for row in alone}


def test_the_page_counts_the_people_of_each_number(workspace: Any) -> None:
    data = read_page_data((workspace.release / "index.html").read_text(encoding="utf-8"))
    numbers, columns = numbers_by_id(data), data["numbers"]
    scope_of = dict(zip(columns["result_ids"], columns["scope_indexes"], strict=True))
    n = {row["result_id"]: row["n"] for row in workspace.released("select result_id, n from results.results")}
    people = data["people"]
    assert people is not None
    analyses = {
        ANALYSIS: 80, "change_subgroup": 90, "change_interaction": 40, "mmrm_covariate_adjusted_difference": 80,
        "change_subgroup_covariate_adjusted": 90, "change_interaction_covariate_adjusted": 40,
    }  # fmt: skip
    for analysis, least in analyses.items():
        addresses = [name for name in scope_of if name.startswith(f"{analysis}/")]
        assert len(addresses) >= least, (analysis, len(addresses))
        for address in addresses:
            index = scope_of[address]
            assert index is not None
            scope = people["scopes"][index]
            variable = address.split("/")[2].split("-")[0]
            of_subgroup = [variable] if analysis.startswith(("change_subgroup", "change_interaction")) else []
            covariates = ["age", "region"] if "covariate" in analysis else []
            assert scope["facts"] == list(dict.fromkeys([*of_subgroup, *covariates]))
            entry = people["counted_people"]["/".join((scope["rule"], scope["measure"], scope["moment"]))]
            flags = people["counted_flags"][entry["flags_index"]]
            groups = people["people_groups"]
            counted = [flag == "1" and group in scope["people_groups"] for flag, group in zip(flags, groups, strict=True)]
            assert sum(counted) == n[address], address
            assert scope["moment"] == "" or sum(change is not None for change in entry["changes"]) >= n[address]
    left_out = dict(numbers[f"{ANALYSIS}/mood_total/course/T1-T2/p"].lines)["Left out"]
    assert "(region: blank)" in left_out
    assert sum(map(int, re.findall(r"(\d+) \(", left_out))) == 90 - n[f"{ANALYSIS}/mood_total/course/T1-T2/p"]


def test_the_page_says_what_was_adjusted_for(workspace: Any) -> None:
    page = (workspace.release / "index.html").read_text(encoding="utf-8")
    words = html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", page)))
    for sentence in (
        "Difference of change between groups, adjusted for the score at baseline, Age and Region (planned as primary, family"
        " main)",
        "Change by group adjusted for the score at baseline, Age and Region, T1-T2",
        "A second analysis of covariance adjusts for the score at baseline, Age and Region, each with one slope in all groups;"
        " it is of people with both scores and every covariate known, and the tables say how many are left out.",
        "Categories entered as indicators, with East (Region) as the reference; a category with nobody in a model was left out of"
        " it.",
        "Tests of adjusted differences of change, with covariates, were adjusted within the planned family main (primary), by Holm"
        " and by Benjamini and Hochberg.",
        "covariate unknown",
        "Groups compared over all waves, adjusted for Age and Region",
        "Estimated means over all waves by group, adjusted for Age and Region",
        "A second mixed model of the same form adjusts for Age and Region, each with one slope in all groups and waves; it is of"
        " people of whom every covariate is known, its means are at the means of the covariates over these people, and the tables"
        " say how many are left out.",
        "Tests of differences in the mixed model for repeated measures, with covariates, were adjusted within the planned family"
        " model (secondary), by Holm and by Benjamini and Hochberg.",
        "Change by group within Sex, T1-T2 (exploratory)",
        "Change by group within Sex adjusted for the score at baseline, Age and Region, T1-T2 (exploratory)",
        "Change by group within Region adjusted for the score at baseline and Age, T1-T2 (exploratory)",
        "The same with the covariates in the model, each with one slope, but for the variable of the subgroups itself, is of"
        " people of whom every covariate is known as well.",
        "Differences of change within Sex and Region are exploratory: for each of these an analysis of covariance with the score at"
        " baseline gave the difference in each category, how far it lies from that in the first, and an F test that it is the same"
        " in all.",
    ):
        assert sentence in words, sentence


def test_what_is_found_in_subgroups_is_exploratory_and_has_a_reason_where_nobody_is_compared(workspace: Any) -> None:
    rows = workspace.released(
        "select distinct role, family, n is null as has_no_n from results.results "
        "where analysis like 'change_subgroup%' or analysis like 'change_interaction%'"
    )
    assert [tuple(row.values()) for row in rows] == [("exploratory", None, False)]
    values = workspace.values()
    assert values["change_interaction/mood_total/sex-male/calls/T1-T2/p"] is not None
    notes = workspace.released(
        "select result_id, note from results.results where value is null and statistic = 'difference' "
        "and analysis in ('change_subgroup', 'change_interaction') and outcome = 'mood_total' and contrast = 'T1-T2'"
    )
    reasons = {row["result_id"].removesuffix("/T1-T2/difference"): row["note"] for row in notes}
    assert reasons["change_subgroup/mood_total/region-east/calls"] == "nobody of the reference group in the category"
    assert reasons["change_interaction/mood_total/region-west/calls"] == "nobody to compare with in the first category"
    assert not [name for name in reasons if "/sex-" in name]


@pytest.fixture(scope="module")
def imputed_workspace(tmp_path_factory: pytest.TempPathFactory, workspace_at: Any) -> Any:
    from conftest import run_all

    folder = tmp_path_factory.mktemp("imputed")
    study = write_group_study(folder / "made" / "group_study", 30, covariates=["age", "region"])
    definitions = study / "study.yaml"
    text = definitions.read_text(encoding="utf-8")
    assert "covariates: [age, region]" in text
    text = text.replace("covariates: [age, region]", "covariates: [age, region], missing_covariates: mean")
    definitions.write_text(text, encoding="utf-8")
    made = workspace_at(folder, study)
    run = run_all(made)
    assert run.success, (run.failures, run.checks)
    return made


def test_a_covariate_that_is_not_known_is_its_mean_where_that_is_declared(imputed_workspace: Any, workspace: Any) -> None:
    """Nobody is left out, everybody with a mean is counted, and every number is made again from the people."""
    report = recompute(imputed_workspace.release / "warehouse.duckdb")
    assert [str(difference) for difference in report.differences] == []
    values, left_out = imputed_workspace.values(), workspace.values()
    address = f"{ANALYSIS}/mood_total/calls/T1-T2"
    assert values[f"{address}/n"] == values["change_adjusted/mood_total/calls/T1-T2/n"] > left_out[f"{address}/n"]
    assert values[f"{address}/n_covariate_unknown"] == left_out[f"{address}/n_covariate_unknown"] > 0
    assert values[f"{address}/difference"] != left_out[f"{address}/difference"]
    unknown = "mmrm_covariate_adjusted/mood_total/n_covariate_unknown"
    assert values[unknown] == left_out[unknown] > 0
    assert values["mmrm_covariate_adjusted/mood_total/n"] == values["mmrm/mood_total/n"]
    row = imputed_workspace.released(f"select method, n from results.results where result_id = '{address}/difference'")[0]
    assert "each its mean over the roster where it is not known" in row["method"]
    traced = imputed_workspace.released(
        f"select count(*) filter (is_counted) as n from trace('{address}/p') where part = 'person'"
    )
    assert traced[0]["n"] == row["n"]
    page = (imputed_workspace.release / "index.html").read_text(encoding="utf-8")
    assert (
        "a covariate that is not known is its mean over the roster (White and Thompson, Stat Med 2005, 24, 993-1007)" in page
    )
    assert "left out for want of one" not in page
