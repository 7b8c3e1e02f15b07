"""Differences of change within subgroups, and whether they differ, adjusted for the declared covariates as well.

Belongs here: which terms are in the model, and who counts. Does not belong here: the numbers (subgroups.py), the fit
(statistics/interaction.py). Without covariates or without subgroups there are no rows.
"""

from collections.abc import Iterable

import numpy as np

from dagster_project.results.covariate_terms import covariate_terms, moments_of_terms
from dagster_project.results.result_collector import LEVEL, MartRow, Rows, grouped
from dagster_project.results.result_row import ResultRow
from dagster_project.results.subgroups import SubgroupWords, add_subgroups
from dagster_project.statistics import interaction
from dagster_project.study import ParticipantVariable, Study, covariates_of, imputes_covariates, subgroups_of

DIFFERENCES, INTERACTIONS = "change_subgroup_covariate_adjusted", "change_interaction_covariate_adjusted"


def adjusted_subgroup_results(subgroup_covariate_moments: Iterable[MartRow], study: Study) -> list[ResultRow]:
    """The numbers of subgroup_results with the covariates in the model; the variable of the subgroups is no covariate there,
    as every group in every category has a mean of its own.

    subgroup_covariate_moments: people_group, variable, category, contrast, scale, term, other_term, n, mean, other_mean,
    cross_products.
    """
    of_models = grouped(subgroup_covariate_moments, "variable", "contrast", "scale")
    rows = Rows(DIFFERENCES, study), Rows(INTERACTIONS, study)
    groups = [group.category for group in study.protocol.compared_groups]
    for variable in subgroups_of(study.protocol):
        if not _covariates_beside(study, variable):
            continue
        cells = [(group, category.category) for group in groups for category in variable.categories]
        shape = (len(groups), len(variable.categories))
        for contrast in study.protocol.contrasts:
            for code in study.scales:
                model_rows = of_models.get((variable.variable, contrast.contrast, code), [])
                moments = moments_of_terms(model_rows, cells, study, ("people_group", "category"))
                people = float(moments.n.sum())
                terms = covariate_terms(study, people, moments.counts, moments.squares, variable.variable)
                n, means, products = moments.of_columns(terms.columns)
                width = means.shape[1]
                model = interaction(
                    n.reshape(shape), means.reshape(*shape, width), products.reshape(*shape, width, width),
                    ("the score at baseline", *terms.names), LEVEL,
                )  # fmt: skip
                words = _words(study, variable, 1 + len(terms.names), terms.remark)
                sizes = n.reshape(shape).astype(np.int64)
                add_subgroups(rows, study, code, variable, contrast, model, sizes, words)
    return [*rows[0].rows, *rows[1].rows]


def adjusting_labels(study: Study, variable: ParticipantVariable) -> str:
    """What a model of the subgroups of a variable adjusts for, in words."""
    *labels, last_label = (covariate.label for covariate in _covariates_beside(study, variable))
    return f"{', '.join(['the score at baseline', *labels])} and {last_label}"


def _covariates_beside(study: Study, variable: ParticipantVariable) -> list[ParticipantVariable]:
    """The covariates of a model of the subgroups of a variable."""
    return [covariate for covariate in covariates_of(study.protocol) if covariate.variable != variable.variable]


def _words(study: Study, variable: ParticipantVariable, slopes: int, remark: str) -> SubgroupWords:
    has_means = imputes_covariates(study.protocol)
    return SubgroupWords(
        adjusting_labels(study, variable),
        "both scores and a known category" if has_means else "both scores, a known category and every covariate known",
        f"people - groups in categories - {slopes} slopes",
        f"analysis of covariance{remark}",
        "" if has_means else " and every covariate known",
    )
