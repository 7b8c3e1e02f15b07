"""Tables of groups compared under what missing scores may be. Belongs here: their layout. Does not belong here: arithmetic,
HTML."""

from collections.abc import Iterator

from dagster_project.languages import gettext, gettext_noop, lowered, plain, translate
from dagster_project.results.main_tables import Cell, Column, Numbers, Row, Table
from dagster_project.results.result_collector import direction_of
from dagster_project.results.result_row import result_id
from dagster_project.results.sensitivity import ANALYSES, MOST_SDS
from dagster_project.study import Category, Contrast, Sensitivity, Study, directions_of, scenarios_of

_HEADINGS = {"mi_group_difference": gettext_noop("Difference"), "mi_group_adjusted": gettext_noop("Adjusted for baseline")}
#: The analyses of people with both scores, in the order of ANALYSES.
_COMPLETE = ("change_difference", "change_adjusted")
_REFERENCE_WORDS = {
    "jump_to_reference": gettext_noop(
        "Jump to reference: people of the other groups go on like {reference} after their last score."
    ),
    "copy_increments": gettext_noop(
        "Copy increments in reference: people of the other groups change like {reference} after their last score."
    ),
}
_GROUPS_SHIFTED = {"compared": gettext_noop("of all groups but the reference"), "all": gettext_noop("of all groups")}


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
            rows.append(
                Row(_label(study, group, gettext("people with both scores")), _complete_cells(numbers, code, group, moment))
            )
            for scenario in scenarios_of(sensitivity, study.scales[code][1].better_sign):
                cells = _cells(numbers, code, scenario.scenario, group, moment)
                label = lowered(translate(scenario.label))
                rows.append(Row(_label(study, group, label), cells))
    columns = [
        Column(name, gettext(heading))
        for heading in _HEADINGS.values()
        for name in ("n", gettext("imputed"), gettext("difference [95 % CI]"), "p", gettext("Monte Carlo error"))
    ]
    columns.append(Column(gettext("data sets")))
    reference = study.protocol.compared_groups[0].label
    notes = [
        gettext(
            "Difference of change ({direction}), the group minus {reference}. Missing scores of everybody with any score"
            " were imputed within groups, and the data sets pooled by Rubin's rules; imputed: people of whom a score is."
            " Monte Carlo error: how far the difference would vary over data sets drawn anew.",
            direction=direction_of(study, moment),
            reference=reference,
        ),
    ]
    notes += [gettext(_REFERENCE_WORDS[method], reference=reference) for method in sensitivity.reference_based]
    if sensitivity.deltas:
        groups = gettext(_GROUPS_SHIFTED[sensitivity.delta_groups])
        notes.append(
            gettext(
                "By a delta: imputed scores at follow-up {groups} are shifted by so much, in SDs within groups at baseline.",
                groups=groups,
            )
            if sensitivity.delta_unit == "baseline_sd"
            else gettext("By a delta: imputed scores at follow-up {groups} are shifted by so much.", groups=groups)
        )
    title = gettext("Groups compared with missing scores imputed, {moment} (sensitivity analyses)", moment=moment)
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
                rows.append(Row(f"{group.label}, {translate(word)}", tuple(cells)))
    names = (gettext("shift"), gettext("in SDs"), gettext("why none"))
    columns = tuple(
        Column(name, gettext(heading), has_words=name == names[2]) for heading in _HEADINGS.values() for name in names
    )
    note = gettext(
        "The smallest shift of imputed scores at follow-up {groups}, in points and in"
        " SDs within groups at baseline, at which p of the difference reaches {alpha}; it was looked"
        " for up to {most_sds} of these SDs.",
        groups=gettext(_GROUPS_SHIFTED[sensitivity.delta_groups]),
        alpha=plain(study.protocol.plan.alpha),
        most_sds=plain(MOST_SDS),
    )
    title = gettext("Tipping points of the differences between groups, {moment}", moment=moment)
    return Table("", f"sensitivity_tipping_{moment}", title, columns, tuple(rows), (note,))
