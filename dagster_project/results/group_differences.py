"""Groups compared with the reference group: at the start, in their change, in their use of services.

Belongs here: which numbers a comparison has, by what name and method. Does not belong here: formulas (statistics/),
numbers of one group (groups.py). Every difference is the group minus the reference.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dagster_project.results.change import NO_P, PlannedTest, add_adjusted_p
from dagster_project.results.result_collector import LEVEL, MartRow, RowFields, Rows, column, planned_analyses
from dagster_project.results.result_row import ResultRow
from dagster_project.statistics import (
    Ancova,
    ancova,
    difference_in_sds,
    mean_difference,
    standardised_difference_of_categories,
    standardised_difference_of_means,
    two_proportions,
)
from dagster_project.study import Contrast, Study

Floats = NDArray[np.float64]
#: A comparison: its group, contrast and scale.
Comparison = tuple[str, Contrast, str]


def characteristics_difference_results(
    category_counts: Iterable[MartRow], number_moments: Iterable[MartRow], study: Study
) -> list[ResultRow]:
    """How far each group lies from the reference in what the roster knows. Marts as in group_characteristics_results."""
    counts = {(row["people_group"], row["variable"], row["category"]): int(row["count"]) for row in category_counts}
    moments = {(row["people_group"], row["variable"]): row for row in number_moments}
    rows = Rows("characteristics_difference", study)
    for variable in study.protocol.compared_variables:
        for group, reference in comparisons_of(study):
            if variable.kind == "category":
                categories = [category.category for category in variable.categories]
                of_group, of_reference = (
                    [counts.get((name, variable.variable, category), 0) for category in categories]
                    for name in (group, reference)
                )
                distance = standardised_difference_of_categories(of_group, of_reference)
                value, reason, n = distance.distance, distance.reason, sum(of_group) + sum(of_reference)
                method = "distance of the shares of all categories, without a sign"
            else:
                pair = [moments.get((name, variable.variable), {}) for name in (group, reference)]
                sizes, means, sds = ([*map(float, column(pair, name))] for name in ("n", "mean", "sd"))
                n = int(np.nansum(sizes))
                difference = standardised_difference_of_means(
                    *(_people_count(sizes[0]), means[0], sds[0]), *(_people_count(sizes[1]), means[1], sds[1]), LEVEL
                )
                value, reason = float(difference.difference[0]), difference.reason[0]
                method = "difference of the means in SDs"
            row_fields: RowFields = {"people_group": group, "compared_with": reference, "note": reason}
            rows.add(variable.variable, "standardised_difference", value, n, method, **row_fields)
    return rows.rows


def _people_count(size: float) -> float:
    """How many people; 0 where there is no row of them."""
    return 0.0 if np.isnan(size) else size


def comparisons_of(study: Study) -> list[tuple[str, str]]:
    """Each group with the reference."""
    groups = [group.category for group in study.protocol.compared_groups]
    return [(group, groups[0]) for group in groups[1:]]


def change_difference_results(change_moments: Iterable[MartRow], study: Study) -> list[ResultRow]:
    """Difference of change between each group and the reference: Welch's test, and in SDs at baseline.

    change_moments: people_group, contrast, scale and the moments as in change_results.
    """
    moments = {(row["people_group"], row["contrast"], row["scale"]): row for row in change_moments}
    comparisons: list[Comparison] = [
        (group, contrast, code)
        for contrast in study.protocol.contrasts
        for code in study.scales
        for group, _ in comparisons_of(study)
    ]
    if not comparisons:
        return []
    reference = study.protocol.compared_groups[0].category
    of_group = [moments.get((group, contrast.contrast, code), {}) for group, contrast, code in comparisons]
    of_reference = [moments.get((reference, contrast.contrast, code), {}) for _, contrast, code in comparisons]
    sizes, reference_sizes = sizes_of(of_group), sizes_of(of_reference)
    means, sds = column(of_group, "mean_change"), column(of_group, "sd_change")
    reference_means, reference_sds = column(of_reference, "mean_change"), column(of_reference, "sd_change")
    test = mean_difference(sizes, means, sds, reference_sizes, reference_means, reference_sds, LEVEL)
    effect = difference_in_sds(
        *(sizes, means, sds, column(of_group, "sd_baseline")),
        *(reference_sizes, reference_means, reference_sds, column(of_reference, "sd_baseline")),
        LEVEL,
    )
    rows = Rows("change_difference", study)
    tests: dict[tuple[str, str], list[PlannedTest]] = {}
    for index, (group, contrast, code) in enumerate(comparisons):
        direction = f"change ({contrast.in_words}) of the group minus that of the reference"
        n = sizes[index] + reference_sizes[index]
        row_fields: RowFields = {
            "contrast": contrast.contrast, "people_group": group, "compared_with": reference, "note": test.reason[index],
        }  # fmt: skip
        rows.add(code, "n", n, n, "people of both groups with both scores", **row_fields)
        rows.add(code, "difference", test.difference[index], n, f"mean {direction}", **row_fields)
        rows.add(code, "df", test.df[index], n, "Welch's degrees of freedom", **row_fields)
        row_fields["df"] = test.df[index]
        add_test(
            rows, code, n, f"Welch's t test of the {direction}", row_fields, test.se[index], test.t[index], test.p[index]
        )
        rows.interval(
            code, "", test.ci_low[index], test.ci_high[index], n, f"95 % interval (Welch) of the {direction}", **row_fields
        )
        test_fields: RowFields = {**row_fields, "note": test.reason[index] or NO_P}
        row_fields["note"] = effect.reason[index]
        for name, values, low, high in (
            ("d", effect.d, effect.d_ci_low, effect.d_ci_high),
            ("g", effect.g, effect.g_ci_low, effect.g_ci_high),
        ):
            correction = " with Hedges' correction" if name == "g" else ""
            method = f"difference of both changes / pooled SD at {contrast.baseline}{correction}"
            rows.add(code, name, values[index], n, method, **row_fields)
            method = f"95 % interval of {name}: t quantile of Welch's df times its standard error (delta method)"
            rows.interval(code, f"{name}_", low[index], high[index], n, method, **row_fields)
        tests.setdefault((code, contrast.contrast), []).append(PlannedTest(code, test.p[index], n, test_fields))
    adjusted_families(rows, study, "groups", "Welch's t test of the difference", tests)
    return rows.rows


@dataclass(frozen=True)
class AdjustmentWords:
    """What the methods of an adjusted difference say. change: what is compared; people: who counts; df: what it is;
    adjusted_for: the covariates; model: what else is to be said of the model."""

    change: str
    people: str
    df: str
    adjusted_for: str = "the score at baseline"
    model: str = "analysis of covariance"


def adjusted_change_results(change_moments: Iterable[MartRow], study: Study) -> list[ResultRow]:
    """Difference of change adjusted for the score at baseline: analysis of covariance of all groups. Moments as in
    change_difference_results."""
    if not (comparisons := comparisons_of(study)):
        return []
    moments = {(row["people_group"], row["contrast"], row["scale"]): row for row in change_moments}
    groups = [group.category for group in study.protocol.compared_groups]
    rows = Rows("change_adjusted", study)
    tests: dict[tuple[str, str], list[PlannedTest]] = {}
    for contrast in study.protocol.contrasts:
        words = AdjustmentWords(
            f"change ({contrast.in_words}) adjusted for the score at baseline, group minus reference",
            "people of all groups with both scores", "pairs - groups - 1",
        )  # fmt: skip
        for code in study.scales:
            group_rows = [moments.get((group, contrast.contrast, code), {}) for group in groups]
            model = _baseline_adjusted(group_rows, contrast)
            n_of_groups = sizes_of(group_rows)
            n = sum(n_of_groups)
            baseline = overall_mean(n_of_groups, column(group_rows, "mean_baseline"))
            add_adjusted_means(rows, code, groups, model, baseline, n, contrast, words)
            for index, (group, reference) in enumerate(comparisons, start=1):
                row_fields: RowFields = {
                    "contrast": contrast.contrast, "people_group": group, "compared_with": reference,
                    "note": model.reason[index],
                }  # fmt: skip
                test = add_adjusted_difference(rows, code, model, index, n, row_fields, words)
                tests.setdefault((code, contrast.contrast), []).append(test)
    if planned_analyses(study)["groups_adjusted"] == "change_adjusted":
        adjusted_families(rows, study, "groups_adjusted", "the adjusted difference", tests)
    return rows.rows


def _baseline_adjusted(group_rows: Sequence[MartRow], contrast: Contrast) -> Ancova:
    """The model of change by group and baseline, from the moments of each group's pairs."""
    n, means, products = model_moments(group_rows, contrast)
    return ancova(n, means, products, ["the score at baseline"], reference=0, level=LEVEL)


def model_moments(group_rows: Sequence[MartRow], contrast: Contrast) -> tuple[list[int], Floats, Floats]:
    """n, means and cross-products of change and baseline from the moments of pairs, a row of moments each."""
    n = sizes_of(group_rows)
    sd_baseline, sd_change = np.array(column(group_rows, "sd_baseline")), np.array(column(group_rows, "sd_change"))
    # change = sign (baseline - follow-up), so that its covariance with the baseline follows from theirs.
    baseline_covariance = contrast.baseline_sign * (sd_baseline**2 - np.array(column(group_rows, "covariance")))
    products = np.array([[sd_change**2, baseline_covariance], [baseline_covariance, sd_baseline**2]]) * (np.array(n) - 1)
    means = np.column_stack([column(group_rows, "mean_change"), column(group_rows, "mean_baseline")])
    return n, means, np.moveaxis(products, 2, 0)


def add_adjusted_difference(
    rows: Rows, code: str, model: Ancova, index: int, n: int, row_fields: RowFields, words: AdjustmentWords
) -> PlannedTest:
    """The numbers of one group's adjusted difference; its test, for the families of the plan. index: of the group in the
    model; n: people of all groups."""
    has_test = math.isfinite(model.p[index])
    df = model.df if has_test else math.nan
    rows.add(code, "n", n, n, words.people, **row_fields)
    rows.add(code, "difference", model.difference[index], n, f"{words.change}; {words.model}", **row_fields)
    rows.add(code, "df", df, n, words.df, **row_fields)
    test_fields: RowFields = {**row_fields, "df": df}
    add_test(rows, code, n, f"t test of the {words.change}", test_fields, model.se[index], model.t[index], model.p[index])
    method = f"95 % t interval of the {words.change}"
    rows.interval(code, "", model.ci_low[index], model.ci_high[index], n, method, **test_fields)
    slopes_fields: RowFields = {**test_fields, "note": model.slopes_reason or model.reason[index]}
    p_slopes = model.slopes_p if has_test else math.nan
    rows.add(code, "p_slopes", p_slopes, n, "F test that the slopes of the groups are equal", **slopes_fields)
    return PlannedTest(code, float(model.p[index]), n, {**test_fields, "note": model.reason[index] or NO_P})


def overall_mean(n: ArrayLike, means: ArrayLike) -> float:
    """The mean over the people of all groups, of n and mean of each; NaN without people."""
    sizes, group_means = np.asarray(n, dtype=np.float64), np.asarray(means, dtype=np.float64)
    has_people = sizes > 0
    return float(sizes[has_people] @ group_means[has_people] / sizes.sum()) if has_people.any() else math.nan


def add_adjusted_means(
    rows: Rows, code: str, groups: Sequence[str], model: Ancova, baseline: float, n: int, contrast: Contrast,
    words: AdjustmentWords,
) -> None:  # fmt: skip
    """Each group's mean at the mean of the score at baseline and of the covariates over all groups: of the change, and of
    the score at follow-up, which is the baseline less or plus the change. baseline: that mean; n: people of all
    groups."""
    sign = contrast.baseline_sign
    for index, group in enumerate(groups):
        fields: RowFields = {
            "contrast": contrast.contrast, "people_group": group, "note": model.mean_reason[index], "df": model.df,
        }  # fmt: skip
        mean, low, high = model.mean[index], model.mean_ci_low[index], model.mean_ci_high[index]
        method = f"adjusted mean of the change ({contrast.in_words}) at the mean of {words.adjusted_for} over all groups"
        rows.add(code, "adjusted_mean_change", mean, n, f"{method}; {words.model}", **fields)
        rows.interval(code, "adjusted_mean_change_", low, high, n, f"t interval of the {method}", **fields)
        follow_low, follow_high = sorted((baseline - sign * low, baseline - sign * high))
        method = f"adjusted mean of the score at {contrast.followup} at the mean of {words.adjusted_for} over all groups"
        rows.add(code, "adjusted_mean_followup", baseline - sign * mean, n, f"{method}; {words.model}", **fields)
        rows.interval(code, "adjusted_mean_followup_", follow_low, follow_high, n, f"t interval of the {method}", **fields)
        rows.add(code, "adjusted_mean_se", model.mean_se[index], n, f"standard error of the {method}", **fields)


def add_test(rows: Rows, code: str, n: int, method: str, row_fields: RowFields, se: float, t: float, p: float) -> None:
    """The standard error, t and p of a difference."""
    rows.add(code, "se", se, n, "standard error of the difference", **row_fields)
    rows.add(code, "t", t, n, method, **row_fields)
    rows.add(code, "p", p, n, f"{method}, two-sided", **row_fields)


def adjusted_families(
    rows: Rows, study: Study, compares: str, test_words: str, tests: Mapping[tuple[str, str], Sequence[PlannedTest]]
) -> None:
    """p_holm and p_bh within each family of the plan, of every group. tests: by scale and contrast."""
    for family in study.protocol.plan.families_of(compares):
        members = [test for pair in study.protocol.family_tests(family) for test in tests.get(pair, [])]
        add_adjusted_p(rows, family.family, test_words, members)


def sizes_of(moments: Iterable[MartRow]) -> list[int]:
    """How many people each row of moments is of; 0 where there is none."""
    return [int(row.get("n", 0)) for row in moments]


def service_difference_results(service_counts: Iterable[MartRow], study: Study) -> list[ResultRow]:
    """Use of each service in each wave, each group against the reference: risk difference, risk ratio, odds ratio, Fisher's
    test. service_counts: people_group, service, wave, n, count."""
    counts = {(row["people_group"], row["service"], row["wave"]): row for row in service_counts}
    use = study.protocol.service_use
    rows = Rows("service_difference", study)
    for service in use.services if use else ():
        for wave in use.waves if use else ():
            for group, reference in comparisons_of(study):
                of_group, of_reference = (counts.get((name, service.service, wave), {}) for name in (group, reference))
                row_fields: RowFields = {
                    "wave": wave, "people_group": group, "compared_with": reference, "role": "exploratory",
                }  # fmt: skip
                add_difference_of_shares(rows, service.service, of_group, of_reference, row_fields)
    return rows.rows


def add_difference_of_shares(
    rows: Rows, outcome: str, of_group: MartRow, of_reference: MartRow, row_fields: RowFields
) -> None:
    """Risk difference, risk ratio, odds ratio and Fisher's test. of_group, of_reference: n, count; empty for nobody."""
    count, n = int(of_group.get("count", 0)), int(of_group.get("n", 0))
    reference_count, reference_n = int(of_reference.get("count", 0)), int(of_reference.get("n", 0))
    test = two_proportions(count, n, reference_count, reference_n, LEVEL)
    difference, size = test.risk_difference, n + reference_n
    share_fields: RowFields = {**row_fields, "note": difference.reason[0]}
    rows.add(outcome, "n", size, size, "people of both groups who answered", **share_fields)
    value = 100 * difference.difference[0]
    rows.add(outcome, "risk_difference", value, size, "share minus share of the reference", **share_fields)
    limits = (100 * difference.ci_low[0], 100 * difference.ci_high[0])
    rows.interval(outcome, "risk_difference_", *limits, size, "Newcombe's hybrid score interval", **share_fields)
    rows.add(outcome, "p", test.p[0], size, "Fisher's exact test, two-sided", **share_fields)
    for name, ratio, method in (
        ("risk_ratio", test.risk_ratio, "Katz's interval on the log scale"),
        ("odds_ratio", test.odds_ratio, "Woolf's interval on the log scale"),
    ):
        share_fields["note"] = ratio.reason[0]
        words = "share / share of the reference" if name == "risk_ratio" else "odds / odds of the reference"
        rows.add(outcome, name, ratio.ratio[0], size, words, **share_fields)
        low, high = ratio.ci_low[0], ratio.ci_high[0]
        rows.interval(outcome, f"{name}_", low, high, size, method, **share_fields)
