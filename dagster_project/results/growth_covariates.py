"""Linear growth of each scale by group, adjusted for the declared covariates.

Belongs here: from the moments of people with covariates to a model, and who is left out. Does not belong here: the numbers
that the model has (growth.py), the fit (statistics/growth.py). Without covariates there are no rows.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dagster_project.results.change import PlannedTest
from dagster_project.results.covariate_terms import CovariateTerms, covariate_terms
from dagster_project.results.group_differences import adjusted_families
from dagster_project.results.growth import ScaleGrowth, planned_times
from dagster_project.results.result_collector import LEVEL, MartRow, Rows, grouped
from dagster_project.results.result_row import ResultRow
from dagster_project.statistics import TimeSums, growth_model, time_sums
from dagster_project.study import IMPUTED_TERM, Growth, Study, covariate_words, covariates_of, imputes_covariates, terms_of

MODEL, DIFFERENCES = "growth_covariate_adjusted", "growth_covariate_adjusted_difference"
#: The terms before those of covariates: sums over a person's scores.
_SUMS = ("score_sum", "product_sum", "square_sum")
_TIMES = ("scores", "days", "squared_days")
_EFFECTS = {"level": "of the level", "level_and_slope": "of level and slope"}
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class _Moments:
    """Moments of people with the same times, a row each: n (m,); times (m, 3) in days; means (m, t) and sums of products of
    deviations (m, t, t) of the terms."""

    n: Floats
    times: Floats
    means: Floats
    products: Floats

    @property
    def counts(self) -> Floats:
        """The sum of each covariate's term over everybody."""
        return np.asarray(self.n @ self.means)[len(_SUMS) :]

    @property
    def squares(self) -> Floats:
        """The sums over everybody of the products of each two of the covariates' terms."""
        means, products = self.means[:, len(_SUMS) :], self.products[:, len(_SUMS) :, len(_SUMS) :]
        return np.asarray(products.sum(axis=0) + np.einsum("m,mi,mj->ij", self.n, means, means))

    def n_imputed(self, width: int) -> int:
        """How many people have a covariate's mean in its place. width: how many terms covariates have."""
        return round(float(self.counts[width:].sum()))

    def sums(self, columns: Sequence[int], unit: float) -> TimeSums:
        """The sums of a group with time in a unit, in days, and some of the covariates' terms."""
        powers = unit ** np.array([0.0, 1.0])
        terms = [len(_SUMS) + column for column in columns]
        scores, products = self.means[:, :2] / powers, self.products[:, :2, :2] / np.outer(powers, powers)
        first, mixed, last = (products[:, row, column] for row, column in ((0, 0), (0, 1), (1, 1)))
        y, ty = scores.T
        people = self.n[:, None]
        return time_sums(
            self.n, self.times / unit ** np.array([0.0, 1.0, 2.0]), people * scores,
            np.column_stack([first, mixed, last]) + people * np.column_stack([y**2, y * ty, ty**2]),
            self.n * self.means[:, 2],
            (self.means[:, terms], self.products[:, terms][:, :, terms], self.products[:, terms][:, :, :2] / powers),
        )  # fmt: skip


def adjusted_growth_results(
    covariate_growth_moments: Iterable[MartRow], growth_moments: Iterable[MartRow], study: Study
) -> list[ResultRow]:
    """Each scale's model with a line for each group and the covariates, of everybody with a score at a known time and every
    covariate: the numbers of growth_results by group, and how many people are left out for want of a covariate.

    covariate_growth_moments: rows of marts.group_covariate_growth_moments; growth_moments: of marts.growth_moments.
    """
    growth = study.protocol.growth
    groups = [group.category for group in study.protocol.compared_groups]
    if growth is None or not covariates_of(study.protocol):
        return []
    of_scales = grouped(covariate_growth_moments, "scale", "people_group")
    n_timed: dict[str, int] = {}
    for row in growth_moments:
        if row["people_group"] in groups:
            n_timed[row["scale"]] = n_timed.get(row["scale"], 0) + int(row["n"])
    rows, differences = Rows(MODEL, study), Rows(DIFFERENCES, study)
    tests: dict[tuple[str, str], list[PlannedTest]] = {}
    width = sum(len(terms_of(variable)) for variable in covariates_of(study.protocol))
    for scale in study.scales:
        by_group = [of_scales.get((scale, group), []) for group in groups]
        moments = [_moments_of(of_group, study) for of_group in by_group]
        centre = next((float(row["centre"]) for of_group in by_group for row in of_group), 0.0)
        people = sum(int(of_group.n.sum()) for of_group in moments)
        counts = sum((of_group.counts[:width] for of_group in moments), np.zeros(width))
        squares = sum((of_group.squares[:width, :width] for of_group in moments), np.zeros((width, width)))
        terms = covariate_terms(study, float(people), counts, squares)
        model = growth_model(
            [of_group.sums(terms.columns, growth.days_per_unit) for of_group in moments], centre, LEVEL,
            planned_times(study, growth), covariates=terms.names, df=growth.df,
            has_covariate_slopes=growth.covariate_effects == "level_and_slope",
        )  # fmt: skip
        scale_growth = ScaleGrowth(scale, study, model, groups, _words(study, growth, terms))
        scale_growth.add_groups(rows)
        method = "people of all groups with a score at a known time, of whom a covariate is not known"
        n_unknown = n_timed.get(scale, 0) - people + sum(of_group.n_imputed(width) for of_group in moments)
        rows.add(scale, "n_covariate_unknown", n_unknown, n_timed.get(scale, 0), method)
        tests[scale, ""] = scale_growth.add_differences(differences)
    adjusted_families(differences, study, "growth", "the difference of slopes adjusted for covariates", tests)
    return [*rows.rows, *differences.rows]


def _words(study: Study, growth: Growth, terms: CovariateTerms) -> str:
    labels = covariate_words(study.protocol, with_baseline=False)
    return f" adjusted for {labels} ({_EFFECTS[growth.covariate_effects]}, the same in all groups{terms.remark}),"


def _moments_of(rows: Sequence[MartRow], study: Study) -> _Moments:
    """The moments of a group; a pair of terms without a row has no products of deviations."""
    names = [*_SUMS, *(term.term for variable in covariates_of(study.protocol) for term in terms_of(variable))]
    names += [IMPUTED_TERM] if imputes_covariates(study.protocol) else []
    index_of = {name: index for index, name in enumerate(names)}
    by_times = grouped(rows, *_TIMES)
    n, times = np.zeros(len(by_times)), np.array(list(by_times), dtype=np.float64).reshape(-1, len(_TIMES))
    means, products = np.zeros((len(by_times), len(names))), np.zeros((len(by_times), len(names), len(names)))
    for order, of_times in enumerate(by_times.values()):
        n[order] = of_times[0]["n"]
        for row in of_times:
            first, second = index_of[row["term"]], index_of[row["other_term"]]
            means[order, first], means[order, second] = row["mean"], row["other_mean"]
            products[order, first, second] = products[order, second, first] = row["cross_products"]
    return _Moments(n, times, means, products)
