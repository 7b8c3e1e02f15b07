"""The registry of statistics and the effect sizes. Belongs here: that what is registered and what is computed agree."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import duckdb
import pytest

from dagster_project.results import PEOPLE, STATISTICS, Statistic, statistic_of, trace_sql
from dagster_project.results.change import paired_results
from dagster_project.results.result_collector import Rows
from dagster_project.results.statistic import StudyUnit
from dagster_project.results.statistics_registry import PUBLISHED_NAMES
from dagster_project.results.supplementary_tables import MISSING_REASON_HEADINGS
from dagster_project.statistics import effect_sizes
from dagster_project.study import (
    EFFECT_SIZE_NAMES,
    EFFECT_SIZES,
    MISSING_REASONS,
    OWN_PREFIX,
    EffectSize,
    Plan,
    effect_size_method,
    effect_size_of,
    read_study,
)

SMALL = Path(__file__).parents[1] / "small_study"


def test_every_entry_is_whole() -> None:
    names = {(entry.analysis, entry.name) for entry in STATISTICS}
    assert len(names) == len(STATISTICS)
    for entry in STATISTICS:
        label = f"{entry.analysis}/{entry.name}"
        assert entry.formula, label
        assert entry.people in PEOPLE, label
        assert not entry.name.endswith("_"), label
        assert not entry.limit_of or (entry.analysis, entry.limit_of) in names, label
        assert entry.kind != "p" or entry.decimals == 3, label
        planned_analyses = (
            "change", "change_difference", "change_adjusted", "change_covariate_adjusted", "mmrm_difference",
            "mmrm_covariate_adjusted_difference", "growth_difference", "growth_covariate_adjusted_difference",
        )  # fmt: skip
        assert not entry.is_planned or entry.analysis in planned_analyses, label
        for statistic in entry.made_of.statistics if entry.made_of else ():
            assert tuple(statistic.split("/")) in names, label
    rules = {
        rule
        for entry in STATISTICS
        for rule in (entry.people, entry.people_if_adjusted, entry.people_if_planned_for_some)
        if rule
    }
    assert rules == set(PEOPLE) - {"named"}  # of a study's own analyses alone
    assert not any(entry.analysis.startswith(OWN_PREFIX) for entry in STATISTICS)
    assert PUBLISHED_NAMES == {
        "change": "mean_change", "ci_low": "ci95_low", "ci_high": "ci95_high", "es": "d_baseline",
    }  # fmt: skip
    with pytest.raises(KeyError, match="change/luck"):
        statistic_of("change", "luck")


def test_a_statistic_is_written_alike_in_every_analysis() -> None:
    """Exceptions aside: a mean of a scale in a wave has one decimal, a mean of those who left has two."""
    for entry in STATISTICS:
        label = f"{entry.analysis}/{entry.name}"
        is_p = entry.name == "p" or entry.name.startswith("p_") or entry.name.endswith("_p")
        assert (entry.kind == "p") == is_p, label
        if re.match(r"(n|count|missing)(_|$)", entry.name) or entry.name == "df":
            assert entry.decimals == 0, label
        if entry.unit in ("%", "percentage points"):
            assert entry.decimals == 1, label


def test_both_limits_of_an_interval_are_registered() -> None:
    limits = [entry for entry in STATISTICS if entry.limit_of]
    assert [entry for entry in STATISTICS if "ci95" in entry.name] == limits
    for entry in limits:
        side, other_side = ("low", "high") if entry.name.endswith("low") else ("high", "low")
        twin = statistic_of(entry.analysis, entry.name.removesuffix(side) + other_side)
        assert replace(twin, name=entry.name, printed_as=entry.printed_as) == entry


def test_the_families_of_names_are_explicit() -> None:
    """A prefix once stood for a family, and gave the formula of one to another that began alike."""
    reliable = statistic_of("reliable_change", "count_improved").formula
    important = statistic_of("reliable_change", "count_important_improved").formula
    assert reliable == "count of people whose change is beyond the threshold, or not"
    assert important == "count of people whose change is the minimal important change of the instrument or more, or not"
    assert {entry.name for entry in STATISTICS if entry.name.startswith("missing_")} == {
        f"missing_{reason}" for reason in MISSING_REASONS
    }
    assert set(MISSING_REASON_HEADINGS) == set(MISSING_REASONS)


def test_unit_decimals_and_method_of_a_result_are_the_registered_ones() -> None:
    study = read_study(SMALL)
    rows = Rows("summary", study)
    scale = next(iter(study.scales))
    rows.add(scale, "mean", 2.25, 4, wave="T1")
    rows.add(scale, "mean", 2.25, 4, "another method", wave="T1")
    rows.interval(scale, "", 0.5, 1.25, 4, "an interval", wave="T1")
    first, second, low, high = rows.rows
    assert (first.unit, first.printed, first.method) == ("points", "2.3", "arithmetic mean")
    assert second.method == "another method"
    assert (low.printed, high.printed, low.unit) == ("0.50", "1.25", "points")
    variable = next(variable for variable in study.protocol.participant_variables if variable.kind == "number")
    described = Rows("characteristics", study)
    described.add(variable.variable, "mean", 2.25, 4)
    assert described.rows[0].unit == (variable.unit or "")
    assert statistic_of("characteristics", "mean").unit is StudyUnit.VARIABLE


def test_a_statistic_that_is_not_registered_is_refused() -> None:
    with pytest.raises(KeyError, match="summary/luck"):
        Rows("summary", read_study(SMALL)).add("mood_total", "luck", 1.0, 4, "by luck", wave="T1")


def test_the_effect_sizes_that_are_described_are_those_that_are_computed() -> None:
    estimates = effect_sizes([3], [1.0], [1.0], [1.0], [1.0], [0.5])
    for values in (estimates.estimates, estimates.ci_low, estimates.ci_high):
        assert tuple(values) == EFFECT_SIZE_NAMES
    assert get_args(Plan.model_fields["headline"].annotation) == EFFECT_SIZE_NAMES
    for name, size in EFFECT_SIZES.items():
        assert statistic_of("change", name).unit == statistic_of("change", size.corrected_name).unit == size.unit
        assert statistic_of("change", name).source == size.source
        assert all((size.method, size.table_note, size.formula, size.interval, size.unit)), name
        assert effect_size_of(size.corrected_name) is effect_size_of(name) is size
    assert effect_size_method("g_baseline", "T1") == "mean change / SD at T1 of the pairs, with Hedges' correction"
    assert isinstance(effect_size_of("d_z"), EffectSize)
    with pytest.raises(KeyError):
        effect_size_of("d_s")


@pytest.mark.parametrize("headline", ["d_z", "g_av"])
def test_a_planned_family_covers_its_tests_and_the_headline_effect_size(headline: str) -> None:
    study = read_study(SMALL)
    plan = Plan.model_validate(
        {"headline": headline, "families": [{"family": "main", "role": "primary", "outcomes": ["mood_total"]}]}
    )
    study = replace(study, protocol=study.protocol.model_copy(update={"plan": plan}))
    results = [row for row in paired_results([], study) if row.outcome == "mood_total"]
    assert {row.statistic for row in results if row.role == "primary"} == {
        "n", "mean_change", "ci95_low", "ci95_high", "t", "df", "p", headline, f"{headline}_ci95_low", f"{headline}_ci95_high",
    }  # fmt: skip


def test_sql_looks_up_what_a_statistic_is_made_of() -> None:
    with duckdb.connect() as connection:
        for statement in trace_sql([], []).split(";\n")[:10]:
            if "inputs_of" in statement or "relation_of" in statement:
                connection.execute(statement)

        def looked_up(statistic: Statistic) -> Any:
            name = f"{statistic.analysis}/{statistic.name}"
            return connection.execute("select relation_of($1), inputs_of($1)", [name]).fetchone()

        for entry in STATISTICS:
            inputs = entry.made_of
            assert looked_up(entry) == ((inputs.relation, list(inputs.statistics)) if inputs else (None, [])), entry.name
