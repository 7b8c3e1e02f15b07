"""Tables of growth over time, and of the days on which waves were answered.

Belongs here: their layout. Does not belong here: arithmetic, HTML.
"""

from collections.abc import Sequence
from dataclasses import replace

from dagster_project.languages import gettext, gettext_noop
from dagster_project.results.main_tables import Cell, Column, Numbers, Row, Table, outcome_sections
from dagster_project.results.result_row import result_id
from dagster_project.study import Growth, Study, Wave, counts_days, covariate_words, covariates_of, unknown_covariate_note

_COUNTS = (
    ("n", gettext_noop("returned")), ("n_in_window", gettext_noop("in the window")), ("n_early", gettext_noop("early")),
    ("n_late", gettext_noop("late")), ("n_no_date", gettext_noop("no date")),
    ("n_no_baseline_date", gettext_noop("no baseline date")), ("n_before_baseline", gettext_noop("before baseline")),
    ("n_far_off", gettext_noop("far off")),
)  # fmt: skip


_ADJUSTED = ("growth_covariate_adjusted", "growth_covariate_adjusted_difference")


def growth_tables(study: Study, numbers: Numbers) -> list[Table]:
    """The tables, without numbers; none where the study declares neither growth nor windows."""
    tables = [_visits(study, numbers)] if counts_days(study.protocol) else []
    growth = study.protocol.growth
    if growth is not None:
        tables.append(_overall(study, numbers, growth))
        if study.protocol.compared_groups:
            tables.append(_groups(study, numbers, growth))
        if covariates_of(study.protocol):
            tables.append(_adjusted(study, numbers, growth))
    return tables


def _visits(study: Study, numbers: Numbers) -> Table:
    def row(wave: Wave) -> Row:
        def ids(*names: str) -> list[str]:
            return [result_id("answer_days", "returns", name, timepoint=wave.wave) for name in names]

        visit_window = wave.days_from_baseline
        label = f"{wave.wave}: {wave.label}"
        if visit_window is not None:
            days = {"earliest": visit_window.earliest, "latest": visit_window.latest}
            label = gettext("{wave}, days {earliest} to {latest}", wave=label, **days)
        cells = [numbers.cell("{}", *ids(name)) for name, _ in _COUNTS]
        cells += [numbers.cell("{} ({})", *ids("mean", "sd")), numbers.cell("{} to {}", *ids("min", "max"))]
        return Row(label, tuple(cells))

    columns = (
        *(Column(gettext(heading)) for _, heading in _COUNTS),
        Column(gettext("days, mean (SD)")),
        Column(gettext("days, range")),
    )
    note = gettext(
        "People. Days are from the person's own answer to the first wave; people whose days are not known are in no window."
        " Far off is more than 180 days from the planned time, or than half of the time planned from baseline if that is"
        " longer. Who answered early, late or far off is kept in every other number."
    )
    rows = tuple(row(wave) for wave in study.protocol.waves)
    return Table("", "answer_days", gettext("When waves were answered"), columns, rows, (note,))


def _estimate(numbers: Numbers, ids: Sequence[str]) -> Cell:
    return numbers.cell("{} [{}, {}]", *ids)


def _with_limits(name: str) -> tuple[str, str, str]:
    return name, f"{name}_ci95_low", f"{name}_ci95_high"


def _remark(numbers: Numbers, identifier: str) -> Cell:
    """Why there is no model, or what is to be said of it; empty where there is nothing to say."""
    cell = numbers.note(identifier)
    return cell if cell.text else Cell("")


def _note(growth: Growth) -> str:
    return gettext(
        "Linear mixed model by REML; time: {time}. Everybody with any score at a known time counts; scores"
        " are taken to be missing at random. Intervals are 95 %, with {df}.",
        time=growth.time_in_words,
        df=growth.df_in_words,
    )


def _overall(study: Study, numbers: Numbers, growth: Growth) -> Table:
    rows: list[Row] = []
    for heading, code, label in outcome_sections(study):
        if heading:
            rows.append(Row(heading))

        def ids(*names: str, scale: str = code) -> list[str]:
            return [result_id("growth", scale, name) for name in names]

        cells = [numbers.cell("{}", *ids("n")), numbers.cell("{}", *ids("n_observations"))]
        cells += [_estimate(numbers, ids(*_with_limits(name))) for name in ("intercept", "slope")]
        names = ("p", "sd_intercept", "sd_slope", "correlation", "sd_residual")
        cells += [numbers.cell("{}", *ids(name)) for name in names]
        cells.append(_remark(numbers, ids("n")[0]))
        rows.append(Row(label, tuple(cells)))
    columns = (
        Column("n"),
        Column(gettext("scores")),
        Column(gettext("at time 0")),
        Column(gettext("per {unit}", unit=growth.unit_word)),
        Column("p"),
        Column(gettext("level"), gettext("SD of people's")),
        Column(gettext("slope"), gettext("SD of people's")),
        Column(gettext("correlation")),
        Column(gettext("error SD")),
        Column(gettext("remark"), has_words=True),
    )
    return Table(
        "",
        "growth",
        gettext("Linear growth, per {unit}", unit=growth.unit_word),
        columns,
        tuple(rows),
        (_note(growth),),
    )


def _adjusted(study: Study, numbers: Numbers, growth: Growth) -> Table:
    """The same adjusted for covariates."""
    table, words = _groups(study, numbers, growth, _ADJUSTED), covariate_words(study.protocol, with_baseline=False)
    of_whom, unknown = unknown_covariate_note(study.protocol)
    fields = {
        "covariates": words,
        "of_whom": of_whom.lstrip(", "),
        "unknown": unknown[0].upper() + unknown[1:],
        "df": growth.df_in_words,
    }
    if growth.covariate_effects == "level_and_slope":
        note = gettext(
            "The model of growth by group adjusted for {covariates}, which move the level and slope of a person's line alike"
            " in all groups, of everybody with a score at a known time, {of_whom}; lines are at the means of these over the"
            " people in the model. {unknown}. Intervals are 95 %, with {df}.",
            **fields,
        )
    else:
        note = gettext(
            "The model of growth by group adjusted for {covariates}, which move the level of a person's line alike in all"
            " groups, of everybody with a score at a known time, {of_whom}; lines are at the means of these over the people"
            " in the model. {unknown}. Intervals are 95 %, with {df}.",
            **fields,
        )
    title = gettext("{title}, adjusted for {covariates}", title=table.title, covariates=words)
    return replace(table, name="growth_adjusted", title=title, notes=(note,))


def _groups(
    study: Study, numbers: Numbers, growth: Growth, analyses: tuple[str, str] = ("growth_by_group", "growth_difference")
) -> Table:
    """analyses: of the lines, and of their differences."""
    of_lines, of_differences = analyses
    has_families = bool(study.protocol.plan.families_of("growth"))
    rows: list[Row] = []
    for code in study.protocol.outcomes:
        rows.append(Row(study.scales[code][1].label))
        for order, group in enumerate(study.protocol.compared_groups):

            def ids(analysis: str, *names: str, scale: str = code, people_group: str = group.category) -> list[str]:
                return [result_id(analysis, scale, name, people_group=people_group) for name in names]

            cells = [numbers.cell("{}", *ids(of_lines, "n"))]
            if analyses == _ADJUSTED:
                cells.append(numbers.cell("{}", result_id(of_lines, code, "n_covariate_unknown")))
            cells += [_estimate(numbers, ids(of_lines, *_with_limits(name))) for name in ("intercept", "slope")]
            cells.append(_estimate(numbers, ids(of_differences, "difference", "ci95_low", "ci95_high")))
            cells += [
                numbers.cell("{}", *ids(of_differences, name)) for name in ("p", *(("p_holm",) if has_families else ()))
            ]
            cells.append(_remark(numbers, ids(of_lines, "n")[0]))
            label = group.label if order else gettext("{group} (reference)", group=group.label)
            rows.append(Row(label, tuple(cells)))
    headings = [
        "n",
        gettext("at time 0"),
        gettext("per {unit}", unit=growth.unit_word),
        gettext("difference of slopes"),
        "p",
    ]
    headings[1:1] = [gettext("covariate unknown")] if analyses == _ADJUSTED else []
    headings += [gettext("p (Holm)")] if has_families else []
    columns = (*map(Column, headings), Column(gettext("remark"), has_words=True))
    title = gettext("Linear growth by group, per {unit}", unit=growth.unit_word)
    return Table("", "growth_by_group", title, columns, tuple(rows), (_note(growth),))
