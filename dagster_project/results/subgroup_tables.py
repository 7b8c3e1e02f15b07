"""Tables of differences of change within subgroups. Belongs here: their layout. Does not belong here: arithmetic, HTML."""

from collections.abc import Iterator

from dagster_project.languages import gettext
from dagster_project.results.main_tables import Cell, Column, Numbers, Row, Table
from dagster_project.results.result_collector import direction_of
from dagster_project.results.result_row import result_id
from dagster_project.results.subgroup_covariates import adjusting_labels
from dagster_project.results.subgroups import subgroup_id
from dagster_project.study import Contrast, ParticipantVariable, Study, covariates_of, subgroups_of


def subgroup_tables(study: Study, numbers: Numbers) -> Iterator[Table]:
    """A table for each variable whose categories are subgroups and each contrast; none where none are declared."""
    for variable in subgroups_of(study.protocol):
        for contrast in study.protocol.contrasts:
            yield _table(study, numbers, variable, contrast)
            if any(covariate.variable != variable.variable for covariate in covariates_of(study.protocol)):
                yield _table(study, numbers, variable, contrast, is_adjusted=True)


def _table(
    study: Study, numbers: Numbers, variable: ParticipantVariable, contrast: Contrast, is_adjusted: bool = False
) -> Table:
    """is_adjusted: for the covariates as well."""
    rows, ending = [], "_covariate_adjusted" if is_adjusted else ""
    for code in study.protocol.outcomes:
        overall = result_id(
            f"change_interaction{ending}", code, "p_overall", category=variable.variable, timepoint=contrast.contrast
        )
        rows.append(Row(study.scales[code][1].label))
        for group in study.protocol.compared_groups[1:]:
            for category in variable.categories:
                label = f"{group.label}, {category.label}"
                subgroup = subgroup_id(variable.variable, category.category)
                cells = _cells(numbers, code, subgroup, group.category, contrast, ending)
                rows.append(Row(label, tuple(cells)))
        blanks = tuple(Cell("") for _ in range(4))
        rows.append(Row(gettext("Alike in all categories"), (*blanks, numbers.cell("{}", overall))))
    first, moment = variable.categories[0].label, contrast.contrast
    columns = (
        Column("n"),
        Column(gettext("difference [95 % CI]")),
        Column("p"),
        Column(gettext("difference [95 % CI]"), gettext("Less {category}", category=first)),
        Column("p", gettext("Less {category}", category=first)),
    )
    reference = study.protocol.compared_groups[0].label
    words = adjusting_labels(study, variable) if is_adjusted else gettext("the score at baseline")
    fields = {
        "direction": direction_of(study, moment), "reference": reference, "first": first, "variable": variable.label,
        "covariates": words,
    }  # fmt: skip
    notes = (
        gettext(
            "Difference of change ({direction}), the group minus {reference}, of people in the category, and less that of"
            " {first}: one analysis of covariance of all groups and categories of {variable} with {covariates}, of people"
            " with both scores whose category and covariates are known. n: of both groups in the category. Alike in all"
            " categories: F test of all groups.",
            **fields,
        )
        if is_adjusted
        else gettext(
            "Difference of change ({direction}), the group minus {reference}, of people in the category, and less that of"
            " {first}: one analysis of covariance of all groups and categories of {variable} with {covariates}, of people"
            " with both scores whose category is known. n: of both groups in the category. Alike in all categories: F test"
            " of all groups.",
            **fields,
        ),
        gettext("A difference that is shown in one category and not in another does not show that the two differ."),
    )
    title = gettext("Change by group within {variable}, {contrast} (exploratory)", variable=variable.label, contrast=moment)
    if is_adjusted:
        title = gettext(
            "Change by group within {variable} adjusted for {covariates}, {contrast} (exploratory)",
            variable=variable.label, covariates=words, contrast=moment,
        )  # fmt: skip
    name = f"change_by_group_within_{variable.variable}{'_adjusted' if is_adjusted else ''}_{moment}"
    return Table("", name, title, columns, tuple(rows), notes)


def _cells(numbers: Numbers, code: str, category: str, group: str, contrast: Contrast, ending: str) -> list[Cell]:
    cells = []
    for analysis in ("change_subgroup", "change_interaction"):
        ids = {
            name: result_id(
                f"{analysis}{ending}", code, name, category=category, people_group=group, timepoint=contrast.contrast
            )
            for name in ("n_in_category", "difference", "ci95_low", "ci95_high", "p")
        }
        if analysis == "change_subgroup":
            cells.append(numbers.cell("{}", ids["n_in_category"]))
        cells.append(numbers.cell("{} [{}, {}]", ids["difference"], ids["ci95_low"], ids["ci95_high"]))
        cells.append(numbers.cell("{}", ids["p"]))
    return cells
