"""Change of each scale in each contrast: paired t, named effect sizes, ranks, resampling, multiplicity.

Belongs here: which numbers a change has, by what name and method. Does not belong here: formulas (statistics/); alternative
estimates from all waves or with imputed scores (waves.py, missing.py).
"""

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from dagster_project.results.result_collector import LEVEL, MartRow, RowFields, Rows, column, direction_of, grouped
from dagster_project.results.result_row import ResultRow
from dagster_project.statistics import (
    PairedT,
    bca,
    benjamini_hochberg,
    correlation,
    effect_sizes,
    holm,
    paired_t,
    sign_flip,
    signed_rank,
)
from dagster_project.study import Contrast, Study, effect_size_method


def seed_of(study: Study, *names: str) -> int:
    """A separate seed for each computation, from the plan's seed and the computation's name: the same on every run."""
    return zlib.crc32("/".join((str(study.protocol.plan.seed), *names)).encode())


def change_results(change_moments: Iterable[MartRow], change_counts: Iterable[MartRow], study: Study) -> list[ResultRow]:
    """Change of each scale. change_moments: contrast, scale, n, mean_baseline, sd_baseline, mean_followup, sd_followup,
    covariance, mean_change, sd_change; change_counts: contrast, scale, change, n; changes in the declared direction."""
    rows, comparisons, n, test = _paired(change_moments, study)
    counts_by_comparison = grouped(change_counts, "contrast", "scale")
    for index, (contrast, code) in enumerate(comparisons):
        _ranks_and_resamples(rows, study, contrast, code, n[index], counts_by_comparison.get((contrast.contrast, code), []))
    _adjusted(rows, study, comparisons, n, test)
    return rows.rows


def paired_results(change_moments: Iterable[MartRow], study: Study) -> list[ResultRow]:
    """The numbers of Table 4 that moments suffice for: tests, intervals, effect sizes. change_moments as in
    change_results."""
    return _paired(change_moments, study)[0].rows


def planned_change_results(change_moments: Iterable[MartRow], study: Study) -> list[ResultRow]:
    """The same, with the p values that the plan adjusts. change_moments as in change_results."""
    rows, comparisons, n, test = _paired(change_moments, study)
    _adjusted(rows, study, comparisons, n, test)
    return rows.rows


def _paired(change_moments: Iterable[MartRow], study: Study) -> tuple[Rows, list[tuple[Contrast, str]], list[int], PairedT]:
    moments_by_comparison = {(row["contrast"], row["scale"]): row for row in change_moments}
    comparisons = [(contrast, code) for contrast in study.protocol.contrasts for code in study.scales]
    moments = [moments_by_comparison.get((contrast.contrast, code), {}) for contrast, code in comparisons]
    n = [int(row.get("n", 0)) for row in moments]
    test = paired_t(n, column(moments, "mean_change"), column(moments, "sd_change"), LEVEL)
    rows = Rows("change", study)
    _tests(rows, study, comparisons, moments, n, test)
    _effects(rows, comparisons, moments, n, test)
    return rows, comparisons, n, test


def _tests(
    rows: Rows,
    study: Study,
    comparisons: Sequence[tuple[Contrast, str]],
    moments: Sequence[MartRow],
    n: Sequence[int],
    test: PairedT,
) -> None:
    correlations = correlation(column(moments, "covariance"), column(moments, "sd_baseline"), column(moments, "sd_followup"))
    for index, (contrast, code) in enumerate(comparisons):
        direction = direction_of(study, contrast.contrast)
        row = moments[index]
        note = test.reason[index] or "no variation at baseline or follow-up"
        row_fields: RowFields = {"contrast": contrast.contrast, "note": note}
        for statistic, value, method in (
            ("n", n[index], "people with both scores"),
            ("mean_baseline", row.get("mean_baseline"), f"mean at {contrast.baseline} of the pairs"),
            ("sd_baseline", row.get("sd_baseline"), f"SD at {contrast.baseline} of the pairs"),
            ("mean_followup", row.get("mean_followup"), f"mean at {contrast.followup} of the pairs"),
            ("sd_followup", row.get("sd_followup"), f"SD at {contrast.followup} of the pairs"),
            ("correlation", correlations[index], "Pearson's correlation of both waves"),
            ("mean_change", row.get("mean_change"), f"mean of {direction}"),
            ("sd_change", row.get("sd_change"), f"SD of {direction}"),
        ):
            rows.add(code, statistic, value, n[index], method, **row_fields)
        df = test.df[index]
        test_fields: RowFields = {**row_fields, "df": df}
        interval_method = f"95 % t interval of {direction}"
        rows.interval(code, "", test.ci_low[index], test.ci_high[index], n[index], interval_method, **test_fields)
        rows.add(code, "t", test.t[index], n[index], f"paired t test of {direction}", **test_fields)
        rows.add(code, "df", df, n[index], "pairs - 1", **row_fields)
        rows.add(code, "p", test.p[index], n[index], f"paired t test of {direction}, two-sided", **test_fields)


def _effects(
    rows: Rows, comparisons: Sequence[tuple[Contrast, str]], moments: Sequence[MartRow], n: Sequence[int], test: PairedT
) -> None:
    mean, sd = column(moments, "mean_change"), column(moments, "sd_change")
    sd_baseline, sd_followup = column(moments, "sd_baseline"), column(moments, "sd_followup")
    effects = effect_sizes(n, mean, sd, sd_baseline, sd_followup, column(moments, "covariance"), LEVEL)
    for index, (contrast, code) in enumerate(comparisons):
        note = test.reason[index] or effects.reason[index]
        row_fields: RowFields = {"contrast": contrast.contrast, "note": note}
        for name, values in effects.estimates.items():
            rows.add(code, name, values[index], n[index], effect_size_method(name, contrast.baseline), **row_fields)
            low, high = effects.ci_low[name][index], effects.ci_high[name][index]
            rows.interval(code, f"{name}_", low, high, n[index], f"95 % interval of {name}", **row_fields)


def _ranks_and_resamples(rows: Rows, study: Study, contrast: Contrast, code: str, n: int, counts: Sequence[MartRow]) -> None:
    values = np.array([row["change"] for row in counts], dtype=np.float64)
    people = np.array([row["n"] for row in counts], dtype=np.float64)
    plan = study.protocol.plan
    ranks = signed_rank(values, people, LEVEL)
    row_fields: RowFields = {"contrast": contrast.contrast, "note": ranks.reason}
    rows.add(code, "wilcoxon_w_plus", ranks.w_plus, n, f"sum of the ranks of positive changes; {ranks.method}", **row_fields)
    rows.add(code, "wilcoxon_p", ranks.p, n, f"Wilcoxon's signed-rank test, two-sided; {ranks.method}", **row_fields)
    rows.add(code, "hodges_lehmann", ranks.shift, n, "Hodges-Lehmann shift: median of the Walsh averages", **row_fields)
    method = f"interval of the Hodges-Lehmann shift; {ranks.method}"
    rows.interval(code, "hodges_lehmann_", ranks.ci_low, ranks.ci_high, n, method, **row_fields)
    rows.add(code, "rank_biserial", ranks.rank_biserial, n, "(W+ - W-) / (W+ + W-)", **row_fields)
    flips = sign_flip(values, people, seed_of(study, "sign_flip", code, contrast.contrast), plan.resamples)
    row_fields["note"] = flips.reason
    rows.add(
        code, "sign_flip_p", flips.p, n, f"sign-flip permutation of the mean change, two-sided; {flips.method}", **row_fields
    )
    bootstrap = bca(values, people, seed_of(study, "bca", code, contrast.contrast), plan.resamples, LEVEL)
    row_fields["note"] = bootstrap.reason
    method = f"BCa bootstrap interval of the mean change; {bootstrap.method}"
    rows.interval(code, "bca_", bootstrap.ci_low, bootstrap.ci_high, n, method, **row_fields)


def _adjusted(
    rows: Rows, study: Study, comparisons: Sequence[tuple[Contrast, str]], n: Sequence[int], test: PairedT
) -> None:
    """p_holm and p_bh of each family of the plan."""
    index_of = {(code, contrast.contrast): index for index, (contrast, code) in enumerate(comparisons)}
    for family in study.protocol.plan.families_of("waves"):
        tests = []
        for code, contrast in study.protocol.family_tests(family):
            index = index_of[code, contrast]
            note = test.reason[index] or NO_P
            row_fields: RowFields = {"contrast": contrast, "note": note, "df": test.df[index]}
            tests.append(PlannedTest(code, test.p[index], n[index], row_fields))
        add_adjusted_p(rows, family.family, "the paired t test", tests)


#: Why there is no adjusted p where nothing else is said.
NO_P = "there is no p to adjust"


@dataclass(frozen=True)
class PlannedTest:
    """A test of a family: its outcome, p, people and what its rows share."""

    outcome: str
    p: float
    n: int
    row_fields: RowFields


def add_adjusted_p(rows: Rows, family: str, test_words: str, tests: Sequence[PlannedTest]) -> None:
    """p_holm and p_bh of the tests of a family. test_words: what is tested how, for the method."""
    p = np.array([test.p for test in tests])
    n_tests = int(np.isfinite(p).sum())
    for statistic, adjusted_p, name in (
        ("p_holm", holm(p), "Holm"),
        ("p_bh", benjamini_hochberg(p), "Benjamini and Hochberg"),
    ):
        method = f"p of {test_words}, adjusted after {name} for the {n_tests} tests of family {family}"
        for test, value in zip(tests, adjusted_p, strict=True):
            rows.add(test.outcome, statistic, value, test.n, method, **test.row_fields)
