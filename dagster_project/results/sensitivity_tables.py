"""Tables of groups compared under what missing scores may be. Belongs here: their layout. Does not belong here: arithmetic,
HTML."""

from collections.abc import Iterator

from dagster_project.results.main_tables import Cell, Column, Numbers, Row, Table
from dagster_project.results.result_collector import direction_of
from dagster_project.results.result_row import result_id
from dagster_project.results.sensitivity import ANALYSES, MOST_SDS
from dagster_project.study import Category, Contrast, Sensitivity, Study, directions_of, scenarios_of

_HEADINGS = {"mi_group_difference": "Difference", "mi_group_adjusted": "Adjusted for baseline"}
#: The analyses of people with both scores, in the order of ANALYSES.
_COMPLETE = ("change_difference", "change_adjusted")
_REFERENCE_WORDS = {
    "jump_to_reference": "Jump to reference: people of the other groups go on like",
    "copy_increments": "Copy increments in reference: people of the other groups change like",
}
_GROUPS_SHIFTED = {"compared": "of all groups but the reference", "all": "of all groups"}


def sensitivity_tables(study: Study, numbers: Numbers) -> Iterator[Table]:
    """Two tables for each contrast, of scenarios and of tipping points; none where no sensitivity analysis is declared."""
    sensitivity = study.protocol.sensitivity
    if sensitivity is None:
        return
    for contrast in study.protocol.contrasts:
        yield _scenarios(study, numbers, sensitivity, contrast)
        if sensitivity.tipping_point:
            yield _tipping_points(study, numbers, sensitivity, contrast)


def _scenarios(study: Study, numbers: Numbers, sensitivity: Sensitivity, contrast: Contrast) -> Table:
    rows, moment = [], contrast.contrast
    for code in study.protocol.outcomes:
        rows.append(Row(study.scales[code][1].label))
        for group in study.protocol.compared_groups[1:]:
            rows.append(Row(_label(study, group, "people with both scores"), _complete_cells(numbers, code, group, moment)))
            for scenario in scenarios_of(sensitivity, study.scales[code][1].better_sign):
                cells = _cells(numbers, code, scenario.scenario, group, moment)
                label = scenario.label[0].lower() + scenario.label[1:]
                rows.append(Row(_label(study, group, label), cells))
    columns = [
        Column(name, heading)
        for heading in _HEADINGS.values()
        for name in ("n", "imputed", "difference [95 % CI]", "p", "Monte Carlo error")
    ]
    columns.append(Column("data sets"))
    reference = study.protocol.compared_groups[0].label
    notes = [
        f"Difference of change ({direction_of(study, moment)}), the group minus {reference}. Missing scores of everybody"
        " with any score were imputed within groups, and the data sets pooled by Rubin's rules; imputed: people of whom a"
        " score is. Monte Carlo error: how far the difference would vary over data sets drawn anew.",
    ]
    notes += [f"{_REFERENCE_WORDS[method]} {reference} after their last score." for method in sensitivity.reference_based]
    if sensitivity.deltas:
        unit = ", in SDs within groups at baseline" if sensitivity.delta_unit == "baseline_sd" else ""
        notes.append(
            f"By a delta: imputed scores at follow-up {_GROUPS_SHIFTED[sensitivity.delta_groups]} are shifted by so much"
            f"{unit}."
        )
    title = f"Groups compared with missing scores imputed, {moment} (sensitivity analyses)"
    return Table("", f"sensitivity_{moment}", title, tuple(columns), tuple(rows), tuple(notes))


def _label(study: Study, group: Category, words: str) -> str:
    """What a row is of; the group is named where there are several."""
    return f"{group.label}, {words}" if len(study.protocol.compared_groups) > 2 else words[0].upper() + words[1:]


def _complete_cells(numbers: Numbers, code: str, group: Category, moment: str) -> tuple[Cell, ...]:
    cells: list[Cell] = []
    for analysis in _COMPLETE:
        ids = {
            name: result_id(analysis, code, name, people_group=group.category, timepoint=moment)
            for name in ("n", "difference", "ci95_low", "ci95_high", "p")
        }
        estimate = numbers.cell("{} [{}, {}]", ids["difference"], ids["ci95_low"], ids["ci95_high"])
        cells += [numbers.cell("{}", ids["n"]), Cell(""), estimate, numbers.cell("{}", ids["p"]), Cell("")]
    return (*cells, Cell(""))


def _cells(numbers: Numbers, code: str, scenario: str, group: Category, moment: str) -> tuple[Cell, ...]:
    cells: list[Cell] = []
    names = ("n", "n_imputed", "difference", "ci95_low", "ci95_high", "p", "monte_carlo_error", "imputations")
    ids: dict[str, str] = {}
    for analysis in ANALYSES:
        ids = {
            name: result_id(analysis, code, name, category=scenario, people_group=group.category, timepoint=moment)
            for name in names
        }
        cells += [
            numbers.cell("{}", ids["n"]), numbers.cell("{}", ids["n_imputed"]),
            numbers.cell("{} [{}, {}]", ids["difference"], ids["ci95_low"], ids["ci95_high"]),
            numbers.cell("{}", ids["p"]), numbers.cell("{}", ids["monte_carlo_error"]),
        ]  # fmt: skip
    return (*cells, numbers.cell("{}", ids["imputations"]))


def _tipping_points(study: Study, numbers: Numbers, sensitivity: Sensitivity, contrast: Contrast) -> Table:
    rows, moment = [], contrast.contrast
    for code in study.protocol.outcomes:
        rows.append(Row(study.scales[code][1].label))
        for group in study.protocol.compared_groups[1:]:
            for word, _ in directions_of(study.scales[code][1].better_sign):
                cells: list[Cell] = []
                for analysis in ANALYSES:
                    ids = [
                        result_id(analysis, code, name, category=word, people_group=group.category, timepoint=moment)
                        for name in ("tipping_point", "tipping_point_sd")
                    ]
                    cells += [*(numbers.cell("{}", id_) for id_ in ids), numbers.note(ids[0])]
                rows.append(Row(f"{group.label}, {word}", tuple(cells)))
    names = ("shift", "in SDs", "why none")
    columns = tuple(Column(name, heading, has_words=name == names[2]) for heading in _HEADINGS.values() for name in names)
    note = (
        f"The smallest shift of imputed scores at follow-up {_GROUPS_SHIFTED[sensitivity.delta_groups]}, in points and in"
        f" SDs within groups at baseline, at which p of the difference reaches {study.protocol.plan.alpha:g}; it was looked"
        f" for up to {MOST_SDS:g} of these SDs."
    )
    title = f"Tipping points of the differences between groups, {moment}"
    return Table("", f"sensitivity_tipping_{moment}", title, columns, tuple(rows), (note,))
