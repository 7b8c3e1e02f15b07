"""Difference of change between groups, adjusted for the score at baseline and for declared covariates.

Belongs here: which numbers the model gives. Does not belong here: the fit (statistics/ancova.py), which terms are in it
(covariate_terms.py), adjustment for the score at baseline alone (group_differences.py). Without covariates in the protocol
there are no rows.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dagster_project.results.change import PlannedTest
from dagster_project.results.covariate_terms import CovariateTerms, covariate_terms
from dagster_project.results.group_differences import (
    AdjustmentWords,
    add_adjusted_difference,
    adjusted_families,
    comparisons_of,
)
from dagster_project.results.result_collector import LEVEL, MartRow, RowFields, Rows, grouped
from dagster_project.results.result_row import ResultRow
from dagster_project.statistics import Ancova, ancova
from dagster_project.study import Contrast, Study, covariate_words, covariates_of, terms_of

#: The terms of every model before those of covariates: its outcome, and its first covariate.
_SCORES = ("change", "baseline")

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class _Moments:
    """n of each group (g,), means of its terms (g, t), sums of products of deviations from them (g, t, t)."""

    n: Floats
    means: Floats
    products: Floats

    @property
    def counts(self) -> Floats:
        """The sum of each term over everybody: of an indicator, how many people are in the category."""
        return np.asarray(np.nansum(self.n[:, None] * self.means, axis=0))


def covariate_adjusted_results(
    covariate_moments: Iterable[MartRow], change_moments: Iterable[MartRow], study: Study
) -> list[ResultRow]:
    """Difference of change adjusted for the score at baseline and the covariates: analysis of covariance of all groups.

    covariate_moments: people_group, contrast, scale, term, other_term, n, mean, other_mean, cross_products.
    change_moments: people_group, contrast, scale, n.
    """
    if not covariates_of(study.protocol):
        return []
    of_tests = grouped(covariate_moments, "contrast", "scale")
    n_pairs = {(row["people_group"], row["contrast"], row["scale"]): int(row["n"]) for row in change_moments}
    groups = [group.category for group in study.protocol.compared_groups]
    rows = Rows("change_covariate_adjusted", study)
    tests: dict[tuple[str, str], list[PlannedTest]] = {}
    for contrast in study.protocol.contrasts:
        for code in study.scales:
            moments = _moments_of(of_tests.get((contrast.contrast, code), []), groups, study)
            terms = _terms_of_model(moments, study)
            model, words, n = _fit(moments, terms), _words(study, contrast, terms), int(moments.n.sum())
            pairs = sum(n_pairs.get((group, contrast.contrast, code), 0) for group in groups)
            for index, (group, reference) in enumerate(comparisons_of(study), start=1):
                row_fields: RowFields = {
                    "contrast": contrast.contrast, "people_group": group, "compared_with": reference,
                    "note": model.reason[index],
                }  # fmt: skip
                method = "people of all groups with both scores of whom a covariate is not known"
                rows.add(code, "n_covariate_unknown", pairs - n, pairs, method, **row_fields)
                test = add_adjusted_difference(rows, code, model, index, n, row_fields, words)
                tests.setdefault((code, contrast.contrast), []).append(test)
    adjusted_families(rows, study, "groups_adjusted", "the difference adjusted for covariates", tests)
    return rows.rows


def _moments_of(rows: Iterable[MartRow], groups: Sequence[str], study: Study) -> _Moments:
    """The moments of one test: nobody, and NaN, where a group has no rows."""
    names = [*_SCORES, *(term.term for variable in covariates_of(study.protocol) for term in terms_of(variable))]
    index_of: Mapping[Any, int] = {name: index for index, name in enumerate(names)}
    n = np.zeros(len(groups))
    means = np.full((len(groups), len(names)), np.nan)
    products = np.full((len(groups), len(names), len(names)), np.nan)
    for row in rows:
        if row["term"] not in index_of or row["other_term"] not in index_of:
            continue
        group, first, second = groups.index(row["people_group"]), index_of[row["term"]], index_of[row["other_term"]]
        n[group] = row["n"]
        means[group, first], means[group, second] = row["mean"], row["other_mean"]
        products[group, first, second] = products[group, second, first] = row["cross_products"]
    return _Moments(n, means, products)


def _terms_of_model(moments: _Moments, study: Study) -> CovariateTerms:
    return covariate_terms(study, float(moments.n.sum()), moments.counts[len(_SCORES) :])


def _fit(moments: _Moments, terms: CovariateTerms) -> Ancova:
    columns = [*range(len(_SCORES)), *(len(_SCORES) + column for column in terms.columns)]
    products = moments.products[:, columns][:, :, columns]
    names = ("the score at baseline", *terms.names)
    return ancova(moments.n, moments.means[:, columns], products, names, reference=0, level=LEVEL)


def _words(study: Study, contrast: Contrast, terms: CovariateTerms) -> AdjustmentWords:
    """What the methods say."""
    return AdjustmentWords(
        f"change ({contrast.in_words}) adjusted for {covariate_words(study.protocol)}, group minus reference",
        "people of all groups with both scores and every covariate known",
        f"people - groups - {1 + len(terms.names)} slopes",
        f"analysis of covariance{terms.remark}",
    )
