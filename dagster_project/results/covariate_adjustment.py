"""Difference of change between groups, adjusted for the score at baseline and for declared covariates.

Belongs here: which numbers the model gives. Does not belong here: the fit (statistics/ancova.py), which terms are in it
(covariate_terms.py), adjustment for the score at baseline alone (group_differences.py). Without covariates in the protocol
there are no rows.
"""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from dagster_project.results.change import PlannedTest
from dagster_project.results.covariate_terms import CovariateTerms, TermMoments, covariate_terms, moments_of_terms
from dagster_project.results.group_differences import (
    AdjustmentWords,
    add_adjusted_difference,
    add_adjusted_means,
    adjusted_families,
    comparisons_of,
    overall_mean,
)
from dagster_project.results.result_collector import LEVEL, MartRow, RowFields, Rows, grouped
from dagster_project.results.result_row import ResultRow
from dagster_project.statistics import Ancova, ancova
from dagster_project.study import Contrast, Study, covariate_words, covariates_of, imputes_covariates

#: The terms of every model before those of covariates: its outcome, and its first covariate.
_SCORES = ("change", "baseline")

Floats = NDArray[np.float64]


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
            moments = moments_of_terms(of_tests.get((contrast.contrast, code), []), groups, study)
            terms = covariate_terms(study, float(moments.n.sum()), moments.counts, moments.squares)
            model, words, n = _fit(moments, terms), _words(study, contrast, terms), int(moments.n.sum())
            add_adjusted_means(rows, code, groups, model, overall_mean(moments.n, moments.means[:, 1]), n, contrast, words)
            pairs = sum(n_pairs.get((group, contrast.contrast, code), 0) for group in groups)
            for index, (group, reference) in enumerate(comparisons_of(study), start=1):
                row_fields: RowFields = {
                    "contrast": contrast.contrast, "people_group": group, "compared_with": reference,
                    "note": model.reason[index],
                }  # fmt: skip
                method = "people of all groups with both scores of whom a covariate is not known"
                rows.add(code, "n_covariate_unknown", pairs - n + moments.n_imputed, pairs, method, **row_fields)
                test = add_adjusted_difference(rows, code, model, index, n, row_fields, words)
                tests.setdefault((code, contrast.contrast), []).append(test)
    adjusted_families(rows, study, "groups_adjusted", "the difference adjusted for covariates", tests)
    return rows.rows


def _fit(moments: TermMoments, terms: CovariateTerms) -> Ancova:
    _, means, products = moments.of_columns(terms.columns)
    return ancova(moments.n, means, products, ("the score at baseline", *terms.names), reference=0, level=LEVEL)


def _words(study: Study, contrast: Contrast, terms: CovariateTerms) -> AdjustmentWords:
    """What the methods say."""
    condition = "" if imputes_covariates(study.protocol) else " and every covariate known"
    return AdjustmentWords(
        f"change ({contrast.in_words}) adjusted for {covariate_words(study.protocol)}, group minus reference",
        f"people of all groups with both scores{condition}",
        f"people - groups - {1 + len(terms.names)} slopes",
        covariate_words(study.protocol),
        f"analysis of covariance{terms.remark}",
    )
