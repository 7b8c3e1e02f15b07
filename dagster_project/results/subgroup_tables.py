"""Tables of differences of change within subgroups. Belongs here: their layout. Does not belong here: arithmetic, HTML."""

from collections.abc import Iterator

from dagster_project.results.main_tables import Cell, Column, Numbers, Row, Table
from dagster_project.results.result_collector import direction_of
from dagster_project.results.result_row import result_id
from dagster_project.results.subgroups import subgroup_id
from dagster_project.study import Contrast, ParticipantVariable, Study, subgroups_of


def subgroup_tables(study: Study, numbers: Numbers) -> Iterator[Table]:
    """A table for each variable whose categories are subgroups and each contrast; none where none are declared."""
    for variable in subgroups_of(study.protocol):
        for contrast in study.protocol.contrasts:
            yield _table(study, numbers, variable, contrast)


def _table(study: Study, numbers: Numbers, variable: ParticipantVariable, contrast: Contrast) -> Table:
    rows = []
    for code in study.protocol.outcomes:
        overall = result_id("change_interaction", code, "p_overall", category=variable.variable, timepoint=contrast.contrast)
        rows.append(Row(study.scales[code][1].label))
        for group in study.protocol.compared_groups[1:]:
            for category in variable.categories:
                label = f"{group.label}, {category.label}"
                cells = _cells(numbers, code, subgroup_id(variable.variable, category.category), group.category, contrast)
                rows.append(Row(label, tuple(cells)))
        blanks = tuple(Cell("") for _ in range(4))
        rows.append(Row("Alike in all categories", (*blanks, numbers.cell("{}", overall))))
    first, moment = variable.categories[0].label, contrast.contrast
    columns = (
        Column("n"), Column("difference [95 % CI]"), Column("p"), Column("difference [95 % CI]", f"Less {first}"),
        Column("p", f"Less {first}"),
    )  # fmt: skip
    reference = study.protocol.compared_groups[0].label
    notes = (
        f"Difference of change ({direction_of(study, moment)}), the group minus {reference}, of people in the category, and"
        f" less that of {first}: one analysis of covariance of all groups and categories of {variable.label} with the score"
        " at baseline, of people with both scores whose category is known. n: of both groups in the category. Alike in all"
        " categories: F test of all groups.",
        "A difference that is shown in one category and not in another does not show that the two differ.",
    )
    title = f"Change by group within {variable.label}, {moment} (exploratory)"
    return Table("", f"change_by_group_within_{variable.variable}_{moment}", title, columns, tuple(rows), notes)


def _cells(numbers: Numbers, code: str, category: str, group: str, contrast: Contrast) -> list[Cell]:
    cells = []
    for analysis in ("change_subgroup", "change_interaction"):
        ids = {
            name: result_id(analysis, code, name, category=category, people_group=group, timepoint=contrast.contrast)
            for name in ("n_in_category", "difference", "ci95_low", "ci95_high", "p")
        }
        if analysis == "change_subgroup":
            cells.append(numbers.cell("{}", ids["n_in_category"]))
        cells.append(numbers.cell("{} [{}, {}]", ids["difference"], ids["ci95_low"], ids["ci95_high"]))
        cells.append(numbers.cell("{}", ids["p"]))
    return cells
