"""Tables of groups of people: who they are, returns, outcomes over time, change compared, use of services.

Belongs here: their layout. Does not belong here: arithmetic, HTML; tables of everybody (main_tables.py). They are long,
a row a group, so that they fit the page with many groups.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from dagster_project.languages import gettext, gettext_noop
from dagster_project.results.category_tables import SHARE_NOTE, answer_labels, share_columns
from dagster_project.results.main_tables import Cell, Column, Numbers, Row, Table
from dagster_project.results.repeated_answers_tables import repeated_answers_tables
from dagster_project.results.result_collector import direction_of
from dagster_project.results.result_row import ResultRow, result_id
from dagster_project.results.sensitivity_tables import sensitivity_tables
from dagster_project.results.subgroup_tables import subgroup_tables
from dagster_project.study import (
    Category,
    Contrast,
    Groups,
    ParticipantVariable,
    Study,
    YesNo,
    covariate_words,
    covariates_of,
    unknown_covariate_note,
)

CellsOf = Callable[[str, str], Sequence[Cell]]
#: Of a difference between groups. Without a planned family nothing is adjusted, and the last column is left out as empty.
_DIFFERENCE_COLUMNS = (gettext_noop("difference [95 % CI]"), "p", gettext_noop("p (Holm)"))
#: What becomes of the people of a group in a wave: statistic of flow_by_group and heading. They add up to the roster.
_STATES = (
    ("n_not_planned", gettext_noop("not planned")), ("n_withdrawn", gettext_noop("withdrawn")),
    ("n_returned_blank", gettext_noop("returned blank")), ("n_not_returned", gettext_noop("not returned")),
    ("n", gettext_noop("returned")),
)  # fmt: skip
#: How many people are in a model of all groups, and are not: statistic and heading.
_COUNTS = {"n": "n", "n_covariate_unknown": gettext_noop("covariate unknown")}


def group_tables(study: Study, results: Iterable[ResultRow]) -> list[Table]:
    """The tables of groups, without numbers; none where everybody is one group."""
    if not study.protocol.compared_groups:
        return []
    numbers = Numbers(results)
    use = study.protocol.service_use
    return [
        _characteristics(study, numbers),
        _returns(study, numbers),
        _summary(study, numbers),
        *(_change(study, numbers, contrast) for contrast in study.protocol.contrasts),
        *(_covariate_adjusted(study, numbers, contrast) for contrast in study.protocol.contrasts),
        _model_means(study, numbers),
        _model_differences(study, numbers),
        *_adjusted_models(study, numbers),
        *(_services(study, numbers, wave) for wave in (use.waves if use else ())),
        *(_answers(study, numbers, wave.wave) for wave in study.protocol.waves),
        *repeated_answers_tables(study, numbers, [_group_name(study, group) for group in study.protocol.compared_groups]),
    ]


def further_group_tables(study: Study, numbers: Numbers) -> list[Table]:
    """The tables of groups that stand among the supplementary ones: what is exploratory, and sensitivity analyses."""
    if not study.protocol.compared_groups:
        return []
    means = [_adjusted_means(study, numbers, contrast) for contrast in study.protocol.contrasts]
    return [*means, *subgroup_tables(study, numbers), *sensitivity_tables(study, numbers)]


def _id(
    analysis: str, outcome: str, statistic: str, group: str, moment: str | None = None, category: str | None = None
) -> str:
    return result_id(analysis, outcome, statistic, category=category, people_group=group, timepoint=moment)


def _group_name(study: Study, group: Category) -> str:
    if group != study.protocol.compared_groups[0]:
        return group.label
    if study.protocol.is_concealed:
        return gettext("{group} (compared with)", group=group.label)
    return gettext("{group} (reference)", group=group.label)


def _interval(
    numbers: Numbers, analysis: str, outcome: str, statistic: str, group: str, moment: str, prefix: str = ""
) -> Cell:
    """A number with its interval."""
    names = (statistic, f"{prefix}ci95_low", f"{prefix}ci95_high")
    return numbers.cell("{} [{}, {}]", *(_id(analysis, outcome, name, group, moment) for name in names))


def _characteristics(study: Study, numbers: Numbers) -> Table:
    groups = study.protocol.compared_groups
    ids = [_id("flow_by_group", "roster", "n", group.category) for group in groups]
    blanks = tuple(Cell("") for _ in groups[1:])
    rows = [Row(gettext("People on the roster"), (*(numbers.cell("{}", id_) for id_ in ids), *blanks))]
    section = ""
    for variable in study.protocol.compared_variables:
        if variable.section != section and variable.section != variable.label:
            rows.append(Row(variable.section))
        section = variable.section
        rows += _rows_of_variable(variable, groups, numbers)
    columns = [Column(_group_name(study, group)) for group in groups]
    columns += [Column(group.label, gettext("Standardised difference")) for group in groups[1:]]
    notes = [
        gettext(
            "Counts with percentages of the people of the group whose category is known, or means (SD). Standardised"
            " differences are from the reference; of a variable with categories one for all of them, without a sign."
        )
    ]
    if study.protocol.is_randomised:
        notes.append(gettext("Groups were made by chance, so that differences between them at the start are not tested."))
    return Table(
        "", "characteristics_by_group", gettext("Characteristics by group"), tuple(columns), tuple(rows), tuple(notes)
    )


def _rows_of_variable(variable: ParticipantVariable, groups: Sequence[Category], numbers: Numbers) -> list[Row]:
    name = variable.variable
    differences = [
        numbers.cell("{}", _id("characteristics_difference", name, "standardised_difference", group.category))
        for group in groups[1:]
    ]
    if variable.kind == "number":
        cells = [
            numbers.cell(
                "{} ({})",
                *(_id("characteristics_by_group", name, statistic, group.category) for statistic in ("mean", "sd")),
            )
            for group in groups
        ]
        return [Row(variable.label, (*cells, *differences))]
    rows = [Row(variable.label, (*(Cell("") for _ in groups), *differences))]
    printed_categories = variable.printed_categories or tuple(category.category for category in variable.categories)
    for category in variable.categories:
        if category.category in printed_categories:
            cells = [
                numbers.cell(
                    "{} ({} %)",
                    *(
                        _id("characteristics_by_group", name, statistic, group.category, category=category.category)
                        for statistic in ("count", "percent")
                    ),
                )
                for group in groups
            ]
            rows.append(Row(f"– {category.label}", (*cells, *(Cell("") for _ in groups[1:]))))
    return rows


def _returns(study: Study, numbers: Numbers) -> Table:
    groups = study.protocol.compared_groups
    states = [
        (statistic, heading)
        for statistic, heading in _STATES
        if statistic not in ("n_not_planned", "n_withdrawn", "n_returned_blank")
        or any(
            numbers.is_above(_id("flow_by_group", "returns", statistic, group.category, wave.wave), 0)
            for group in groups
            for wave in study.protocol.waves
        )
    ]
    rows = []
    for wave in study.protocol.waves:
        rows.append(Row(f"{wave.wave}: {wave.label}"))
        for group in groups:
            roster = numbers.cell("{}", _id("flow_by_group", "roster", "n", group.category))
            ids = [_id("flow_by_group", "returns", statistic, group.category, wave.wave) for statistic, _ in states]
            rows.append(Row(_group_name(study, group), (roster, *(numbers.cell("{}", id_) for id_ in ids))))
    unknown = numbers.cell("{}", result_id("flow_by_group", "roster", "n_without_group"))
    if numbers.is_above(result_id("flow_by_group", "roster", "n_without_group"), 0):
        rows += [Row(gettext("Not in a group")), Row(gettext("Group not known"), (unknown, *(Cell("") for _ in states)))]
    columns = (Column(gettext("on the roster")), *(Column(gettext(heading)) for _, heading in states))
    note = gettext("People. In each row those on the roster are the sum of the others.")
    return Table("", "returns_by_group", gettext("Returns by group"), columns, tuple(rows), (note,))


def _outcome_rows(study: Study, cells_of: CellsOf) -> tuple[Row, ...]:
    """A heading for each outcome with results, below it a row for each group that has one: in a table of differences the
    reference has none."""
    rows: list[Row] = []
    for code in study.protocol.outcomes:
        cells_by_group = {group: tuple(cells_of(code, group.category)) for group in study.protocol.compared_groups}
        rows_of_groups = [
            Row(_group_name(study, group), cells)
            for group, cells in cells_by_group.items()
            if any(cell.result_ids for cell in cells)
        ]
        rows += [Row(study.scales[code][1].label), *rows_of_groups] if rows_of_groups else []
    return tuple(rows)


def _summary(study: Study, numbers: Numbers) -> Table:
    waves = [wave.wave for wave in study.protocol.waves]

    def cells(code: str, group: str) -> list[Cell]:
        return [
            numbers.cell("{} ({}), {}", *(_id("summary_by_group", code, name, group, wave) for name in ("mean", "sd", "n")))
            for wave in waves
        ]

    columns = tuple(Column(gettext("mean (SD), n"), wave) for wave in waves)
    note = gettext("Of the people of the group with a score in the wave. SD has denominator n − 1.")
    return Table(
        "", "summary_by_group", gettext("Outcomes over time by group"), columns, _outcome_rows(study, cells), (note,)
    )


def _change(study: Study, numbers: Numbers, contrast: Contrast) -> Table:
    moment = contrast.contrast
    headings = {"change_difference": gettext("Difference"), "change_adjusted": gettext("Adjusted for baseline")}

    def cells(code: str, group: str) -> list[Cell]:
        row_cells = [
            numbers.cell("{}", _id("change_by_group", code, "n", group, moment)),
            _interval(numbers, "change_by_group", code, "mean_change", group, moment),
        ]
        for analysis in headings:
            row_cells.append(_interval(numbers, analysis, code, "difference", group, moment))
            row_cells += [numbers.cell("{}", _id(analysis, code, name, group, moment)) for name in ("p", "p_holm")]
        row_cells.append(_interval(numbers, "change_difference", code, "d", group, moment, "d_"))
        return row_cells

    columns = [Column("n"), Column(gettext("change [95 % CI]"))]
    for heading in headings.values():
        columns += [Column(gettext(name), heading) for name in _DIFFERENCE_COLUMNS]
    columns.append(Column(gettext("{size} [95 % CI]", size="d"), gettext("In SDs")))
    notes = (
        gettext(
            "Change is {direction}, of people with both scores; differences are the group minus the"
            " reference: Welch's t test, and analysis of covariance of all groups with the score at baseline.",
            direction=direction_of(study, moment),
        ),
        gettext("d: difference of both changes / pooled SD at {baseline}.", baseline=contrast.baseline),
    )
    title = gettext("Change by group, {moment}", moment=moment)
    return Table("", f"change_by_group_{moment}", title, tuple(columns), _outcome_rows(study, cells), notes)


def _covariate_adjusted(study: Study, numbers: Numbers, contrast: Contrast) -> Table:
    """Empty, and so left out, where no covariates are declared."""
    moment, analysis = contrast.contrast, "change_covariate_adjusted"

    def cells(code: str, group: str) -> list[Cell]:
        counts = [numbers.cell("{}", _id(analysis, code, name, group, moment)) for name in ("n", "n_covariate_unknown")]
        tests = [numbers.cell("{}", _id(analysis, code, name, group, moment)) for name in ("p", "p_holm", "p_slopes")]
        return [*counts, _interval(numbers, analysis, code, "difference", group, moment), *tests]

    names = ("n", gettext_noop("covariate unknown"), *_DIFFERENCE_COLUMNS, gettext_noop("p (slopes differ)"))
    columns = tuple(Column(gettext(name)) for name in names)
    words, (of_whom, unknown) = covariate_words(study.protocol), unknown_covariate_note(study.protocol)
    note = gettext(
        "Difference of change ({direction}), the group minus the reference: analysis of covariance of all groups with"
        " {covariates}, of people with both scores{of_whom}; n is of all groups, and {unknown}.",
        direction=direction_of(study, moment), covariates=words, of_whom=of_whom, unknown=unknown,
    )  # fmt: skip
    title = gettext("Change by group adjusted for {covariates}, {moment}", covariates=words, moment=moment)
    return Table("", f"change_by_group_adjusted_{moment}", title, columns, _outcome_rows(study, cells), (note,))


def _adjusted_means(study: Study, numbers: Numbers, contrast: Contrast) -> Table:
    """The means behind the adjusted differences, of every group."""
    headings = {"change_adjusted": gettext("Adjusted for baseline")}
    if covariates_of(study.protocol):
        headings["change_covariate_adjusted"] = gettext("Adjusted for covariates")
    statistics = ("adjusted_mean_followup", "adjusted_mean_change")

    def cells(code: str, group: str) -> list[Cell]:
        return [
            _interval(numbers, analysis, code, statistic, group, contrast.contrast, f"{statistic}_")
            for analysis in headings
            for statistic in statistics
        ]

    names = (gettext("{wave} [95 % CI]", wave=contrast.followup), gettext("change [95 % CI]"))
    columns = tuple(Column(name, heading) for heading in headings.values() for name in names)
    note = gettext(
        "The mean of each group at the means, over all groups, of what is adjusted for: of the score at"
        " {followup} and of change ({direction}). Analysis of covariance of all"
        " groups, of people with both scores; their differences are the adjusted differences.",
        followup=contrast.followup,
        direction=direction_of(study, contrast.contrast),
    )
    title = gettext("Adjusted means by group, {contrast}", contrast=contrast.contrast)
    return Table("", f"adjusted_means_{contrast.contrast}", title, columns, _outcome_rows(study, cells), (note,))


def _model_means(study: Study, numbers: Numbers, analysis: str = "mmrm", counts: Sequence[str] = ()) -> Table:
    """counts: statistics of the model as a whole, whose columns stand before the means."""
    waves = [wave.wave for wave in study.protocol.waves]

    def cells(code: str, group: str) -> list[Cell]:
        means = [_interval(numbers, analysis, code, "mean", group, wave) for wave in waves]
        return [*(numbers.cell("{}", result_id(analysis, code, name)) for name in counts), *means]

    groups = study.protocol.groups
    covariance = groups.repeated_measures.covariance_in_words if isinstance(groups, Groups) else ""
    note = gettext(
        "Mixed model for repeated measures of everybody with any score, by REML, {covariance} covariance; scores are taken"
        " to be missing at random.",
        covariance=covariance,
    )
    columns = tuple(
        [Column(gettext(_COUNTS[name])) for name in counts] + [Column(gettext("mean [95 % CI]"), wave) for wave in waves]
    )
    title = gettext("Estimated means over all waves by group")
    return Table("", "repeated_measures_means", title, columns, _outcome_rows(study, cells), (note,))


def _model_differences(study: Study, numbers: Numbers, analysis: str = "mmrm_difference") -> Table:
    contrasts = [contrast.contrast for contrast in study.protocol.contrasts]

    def cells(code: str, group: str) -> list[Cell]:
        row_cells = []
        for moment in contrasts:
            row_cells.append(_interval(numbers, analysis, code, "difference", group, moment))
            row_cells += [numbers.cell("{}", _id(analysis, code, name, group, moment)) for name in ("p", "p_holm")]
        return row_cells

    columns = tuple(Column(gettext(name), moment) for moment in contrasts for name in _DIFFERENCE_COLUMNS)
    note = gettext(
        "Difference of change, the group minus the reference, in the same mixed model; differences at each wave are in"
        " results."
    )
    title = gettext("Groups compared over all waves")
    return Table("", "repeated_measures", title, columns, _outcome_rows(study, cells), (note,))


def _adjusted_models(study: Study, numbers: Numbers) -> Iterator[Table]:
    """The same adjusted for covariates; none where none are declared."""
    if not covariates_of(study.protocol):
        return
    analysis, words = "mmrm_covariate_adjusted", covariate_words(study.protocol, with_baseline=False)
    of_whom, unknown = unknown_covariate_note(study.protocol)
    means = _model_means(study, numbers, analysis, tuple(_COUNTS))
    differences = _model_differences(study, numbers, f"{analysis}_difference")
    note = gettext(
        "The mixed model adjusted for {covariates}, each with one slope in all groups and waves, of everybody with any"
        " score{of_whom}; means are at the means of these over the people in the model. n is of all groups, and {unknown}.",
        covariates=words, of_whom=of_whom, unknown=unknown,
    )  # fmt: skip
    yield replace(
        means,
        name="repeated_measures_adjusted_means",
        title=gettext("{title}, adjusted for {covariates}", title=means.title, covariates=words),
        notes=(note,),
    )
    yield replace(
        differences,
        name="repeated_measures_adjusted",
        title=gettext("{title}, adjusted for {covariates}", title=differences.title, covariates=words),
    )


def _services(study: Study, numbers: Numbers, wave: str) -> Table:
    use = study.protocol.service_use
    rows: list[Row] = []
    for service in use.services if use else ():
        rows.append(Row(service.label))
        rows += _shares(study, numbers, ("service_use_by_group", "service_difference"), service.service, None, wave)
    title = gettext("Use of services by group, {wave}", wave=wave)
    return Table("", f"services_by_group_{wave}", title, share_columns(gettext("used")), tuple(rows), (gettext(SHARE_NOTE),))


def _answers(study: Study, numbers: Numbers, wave: str) -> Table:
    """Questions of yes or no, and with categories."""
    rows: list[Row] = []
    analyses = ("categories_by_group", "category_difference")
    for measure in study.categorical_measures:
        for label, category in answer_labels(measure) if wave in study.waves_of(measure) else ():
            rows.append(Row(label if isinstance(measure, YesNo) else f"{measure.label}: {label}"))
            rows += _shares(study, numbers, analyses, measure.measure, category, wave)
    title = gettext("Answers by group, {wave}", wave=wave)
    return Table(
        "", f"answers_by_group_{wave}", title, share_columns(gettext("answer")), tuple(rows), (gettext(SHARE_NOTE),)
    )


def _shares(
    study: Study, numbers: Numbers, analyses: tuple[str, str], outcome: str, category: str | None, wave: str
) -> Iterator[Row]:
    """The share of one answer in each group, and beside the reference's. analyses: of shares, of differences."""
    of_shares, of_differences = analyses
    for group in study.protocol.compared_groups:
        counts = [_id(of_shares, outcome, name, group.category, wave, category) for name in ("count", "n", "percent")]
        cells = [numbers.cell("{} of {} ({} %)", *counts)]
        for statistic in ("risk_difference", "risk_ratio", "odds_ratio"):
            names = (statistic, f"{statistic}_ci95_low", f"{statistic}_ci95_high")
            ids = [_id(of_differences, outcome, name, group.category, wave, category) for name in names]
            cells.append(numbers.cell("{} [{}, {}]", *ids))
        cells.append(numbers.cell("{}", _id(of_differences, outcome, "p", group.category, wave, category)))
        yield Row(_group_name(study, group), tuple(cells))
