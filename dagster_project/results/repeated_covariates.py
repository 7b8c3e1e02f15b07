"""The mixed model for repeated measures of each scale, adjusted for the declared covariates.

Belongs here: from the moments of people with covariates to a model, and who is left out. Does not belong here: the numbers
that the model has (repeated_measures.py), the fit (statistics/mmrm.py). Without covariates there are no rows.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from dagster_project.results.change import PlannedTest
from dagster_project.results.covariate_terms import covariate_terms
from dagster_project.results.group_differences import adjusted_families
from dagster_project.results.repeated_measures import Adjustment, ScaleModel, treated_baseline
from dagster_project.results.result_collector import MartRow, Rows, grouped
from dagster_project.results.result_row import ResultRow
from dagster_project.results.waves import patterns_from
from dagster_project.statistics import CovariatePattern, included_patterns
from dagster_project.study import IMPUTED_TERM, Groups, Study, covariate_words, covariates_of, imputes_covariates, terms_of

MEANS, DIFFERENCES = "mmrm_covariate_adjusted", "mmrm_covariate_adjusted_difference"
#: The patterns of a scale by group.
Patterns = Sequence[Sequence[CovariatePattern]]


def adjusted_repeated_measures_results(
    covariate_pattern_moments: Iterable[MartRow], group_pattern_moments: Iterable[MartRow], study: Study
) -> list[ResultRow]:
    """Each scale's model with the covariates, of everybody with at least one score and every covariate: the numbers of
    repeated_measures_results, and how many people are left out for want of a covariate.

    covariate_pattern_moments: people_group, scale, pattern, term, other_term, n, mean, other_mean, cross_products.
    group_pattern_moments: as in repeated_measures_results.
    """
    definition = study.protocol.groups
    if not isinstance(definition, Groups) or not covariates_of(study.protocol):
        return []
    groups = [group.category for group in study.protocol.compared_groups]
    of_scales = grouped(covariate_pattern_moments, "scale", "people_group")
    by_group = {key[0]: rows for key, rows in grouped(group_pattern_moments, "people_group").items()}
    patterns_of = {group: patterns_from(by_group.get(group, []), study) for group in groups}
    means, differences = Rows(MEANS, study), Rows(DIFFERENCES, study)
    tests: dict[tuple[str, str], list[PlannedTest]] = {}
    for scale in study.scales:
        patterns = [_patterns_of(of_scales.get((scale, group), []), study) for group in groups]
        baseline = treated_baseline(study, patterns)
        of_terms, adjustment, n_imputed = _adjusted(patterns, study)
        model = ScaleModel(study, definition.repeated_measures, scale, of_terms, adjustment)
        model.add_means(means)
        known_or_not = included_patterns([patterns_of[group][scale] for group in groups], baseline)
        people = sum(pattern.n for group_patterns in known_or_not for pattern in group_patterns)
        method = "people of all groups who would be in the model, of whom a covariate is not known"
        means.add(scale, "n_covariate_unknown", people - model.n_people + n_imputed, people, method)
        for contrast, test in model.add_differences(differences):
            tests.setdefault((scale, contrast), []).append(test)
    words = "the difference in the mixed model adjusted for covariates"
    adjusted_families(differences, study, "repeated_measures", words, tests)
    return [*means.rows, *differences.rows]


def _patterns_of(rows: Iterable[MartRow], study: Study) -> list[CovariatePattern]:
    """The patterns of a group, with the moments of every covariate's terms."""
    wave_order = [wave.wave for wave in study.protocol.waves]
    terms = [term.term for variable in covariates_of(study.protocol) for term in terms_of(variable)]
    terms += [IMPUTED_TERM] if imputes_covariates(study.protocol) else []
    patterns = []
    for (pattern,), pairs in sorted(grouped(rows, "pattern").items()):
        waves = pattern.split("+")
        index_of: Mapping[str, int] = {name: index for index, name in enumerate([*waves, *terms])}
        mean, products = np.zeros(len(index_of)), np.zeros((len(index_of), len(index_of)))
        for pair in pairs:
            first, second = index_of[pair["term"]], index_of[pair["other_term"]]
            mean[first], mean[second] = pair["mean"], pair["other_mean"]
            products[first, second] = products[second, first] = pair["cross_products"]
        size = len(waves)
        patterns.append(
            CovariatePattern(
                tuple(wave_order.index(wave) for wave in waves), int(pairs[0]["n"]), mean[:size], products[:size, :size],
                covariate_mean=mean[size:], covariate_products=products[size:, size:],
                shared_products=products[size:, :size],
            )
        )  # fmt: skip
    return patterns


def _adjusted(patterns: Patterns, study: Study) -> tuple[Patterns, Adjustment, int]:
    """The patterns with the terms that the model has, what is said of them, and how many people have a covariate's mean."""
    in_model = [
        pattern
        for group in included_patterns(patterns, treated_baseline(study, patterns))
        for pattern in group
        if isinstance(pattern, CovariatePattern)
    ]
    width = sum(len(terms_of(variable)) for variable in covariates_of(study.protocol))
    sums = [pattern.n * pattern.covariate_mean for pattern in in_model]
    counts = sum((of_pattern[:width] for of_pattern in sums), start=np.zeros(width))
    n_imputed = round(sum(float(of_pattern[width:].sum()) for of_pattern in sums))
    squares = sum(
        (pattern.covariate_products + pattern.n * np.outer(pattern.covariate_mean, pattern.covariate_mean))[:width, :width]
        for pattern in in_model
    )
    people = float(sum(pattern.n for pattern in in_model))
    terms = covariate_terms(study, people, counts, np.zeros((width, width)) + squares)
    columns = list(terms.columns)
    of_terms = [
        [
            replace(
                pattern, covariate_mean=pattern.covariate_mean[columns], shared_products=pattern.shared_products[columns],
                covariate_products=pattern.covariate_products[np.ix_(columns, columns)],
            )
            for pattern in group
        ]
        for group in patterns
    ]  # fmt: skip
    labels = covariate_words(study.protocol, with_baseline=False)
    words = f" adjusted for {labels} (one slope each in all waves{terms.remark}),"
    return of_terms, Adjustment(terms.names, words), n_imputed
