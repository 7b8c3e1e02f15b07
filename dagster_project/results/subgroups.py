"""Difference of change between groups within subgroups, and whether it is the same in all of them.

Belongs here: which numbers that gives. Does not belong here: the fit (statistics/interaction.py), adjustment for covariates
(subgroup_covariates.py). What is looked at in
subgroups is exploratory, whatever the plan says of the whole. Without subgroups in the protocol there are no rows.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dagster_project.results.group_differences import comparisons_of, model_moments, sizes_of
from dagster_project.results.result_collector import LEVEL, MartRow, RowFields, Rows
from dagster_project.results.result_row import ResultRow
from dagster_project.statistics import Estimates, Interaction, interaction
from dagster_project.study import Contrast, ParticipantVariable, Study, subgroups_of


def subgroup_results(subgroup_moments: Iterable[MartRow], study: Study) -> list[ResultRow]:
    """change_subgroup: within each category, adjusted for the score at baseline; change_interaction: what lies between them.

    subgroup_moments: people_group, variable, category, contrast, scale and the moments as in change_difference_results.
    """
    moments = {
        (row["contrast"], row["scale"], row["variable"], row["people_group"], row["category"]): row
        for row in subgroup_moments
    }
    rows = Rows("change_subgroup", study), Rows("change_interaction", study)
    groups = [group.category for group in study.protocol.compared_groups]
    for variable in subgroups_of(study.protocol):
        for contrast in study.protocol.contrasts:
            for code in study.scales:
                cells = [
                    moments.get((contrast.contrast, code, variable.variable, group, category.category), {})
                    for group in groups
                    for category in variable.categories
                ]
                sizes = np.reshape(sizes_of(cells), (len(groups), -1))
                model = _model(cells, len(groups), contrast)
                add_subgroups(rows, study, code, variable, contrast, model, sizes, BASELINE_ALONE)
    return [*rows[0].rows, *rows[1].rows]


@dataclass(frozen=True)
class SubgroupWords:
    """What the methods say. adjustment: what is adjusted for; people: who counts; df: what it is; model: what else is to be
    said of it; condition: what people in a category have beside both scores."""

    adjustment: str
    people: str
    df: str
    model: str = "analysis of covariance"
    condition: str = ""


BASELINE_ALONE = SubgroupWords(
    "the score at baseline", "both scores and a known category", "people - groups in categories - 1"
)


def add_subgroups(
    rows: tuple[Rows, Rows], study: Study, code: str, variable: ParticipantVariable, contrast: Contrast, model: Interaction,
    sizes: NDArray[np.int64], words: SubgroupWords,
) -> None:  # fmt: skip
    """The numbers of one model. rows: of differences within categories, and between these. sizes: people by group and
    category."""
    differences, interactions = rows
    n = int(sizes.sum())
    _add_overall(interactions, code, variable, contrast, model, n, words)
    for index, category in enumerate(variable.categories):
        label = f"{variable.label}: {category.label}"
        text = f"change ({contrast.in_words}) adjusted for {words.adjustment}, group minus reference, {label}"
        for order, (group, reference) in enumerate(comparisons_of(study), start=1):
            row_fields: RowFields = {
                "category": subgroup_id(variable.variable, category.category), "contrast": contrast.contrast,
                "people_group": group, "compared_with": reference, "role": "exploratory",
            }  # fmt: skip
            n_in_category = int(sizes[0, index] + sizes[order, index])
            method = f"people of both groups with both scores{words.condition}, {label}"
            differences.add(code, "n_in_category", n_in_category, n, method, **row_fields)
            _add(differences, code, model.differences, (order, index), model.df, n, text, row_fields, words)
            if index:
                first = f"{text}, less the same of {variable.categories[0].label}"
                _add(interactions, code, model.interactions, (order, index), model.df, n, first, row_fields, words)


def subgroup_id(variable: str, category: str) -> str:
    """A subgroup as results name it in their category: sex-female."""
    return f"{variable}-{category}"


def _model(cells: Sequence[MartRow], n_groups: int, contrast: Contrast) -> Interaction:
    n, means, products = model_moments(cells, contrast)
    return interaction(
        np.reshape(n, (n_groups, -1)), means.reshape(n_groups, -1, 2), products.reshape(n_groups, -1, 2, 2),
        ["the score at baseline"], LEVEL,
    )  # fmt: skip


def _add_overall(
    rows: Rows,
    code: str,
    variable: ParticipantVariable,
    contrast: Contrast,
    model: Interaction,
    n: int,
    words: SubgroupWords,
) -> None:
    row_fields: RowFields = {
        "category": variable.variable, "contrast": contrast.contrast, "note": model.f_reason, "role": "exploratory",
    }  # fmt: skip
    df = "" if model.f_reason else f" with {model.f_df[0]:g} and {model.f_df[1]:g} df"
    method = f"F test{df} that groups differ alike in all categories of {variable.label}, adjusted for {words.adjustment}"
    rows.add(code, "f", model.f, n, method, **row_fields)
    rows.add(code, "p_overall", model.f_p, n, method, **row_fields)


def _add(
    rows: Rows,
    code: str,
    estimates: Estimates,
    cell: tuple[int, int],
    df: float,
    n: int,
    text: str,
    common_fields: RowFields,
    words: SubgroupWords,
) -> None:
    """The numbers of one difference. cell: its group and category."""
    has_test = bool(np.isfinite(estimates.p[cell]))
    row_fields: RowFields = {**common_fields, "note": estimates.reason[cell[0]][cell[1]]}
    rows.add(code, "n", n, n, f"people of all groups with {words.people}", **row_fields)
    rows.add(code, "difference", estimates.difference[cell], n, f"{text}; {words.model}", **row_fields)
    rows.add(code, "df", df if has_test else None, n, words.df, **row_fields)
    row_fields["df"] = df if has_test else None
    rows.add(code, "se", estimates.se[cell], n, "standard error of the difference", **row_fields)
    rows.add(code, "t", estimates.t[cell], n, f"t test of the {text}", **row_fields)
    rows.add(code, "p", estimates.p[cell], n, f"t test of the {text}, two-sided", **row_fields)
    rows.interval(
        code, "", estimates.ci_low[cell], estimates.ci_high[cell], n, f"95 % t interval of the {text}", **row_fields
    )
