"""Tables of growth over time, and of the days on which waves were answered.

Belongs here: their layout. Does not belong here: arithmetic, HTML.
"""

from collections.abc import Sequence

from dagster_project.results.main_tables import Cell, Column, Numbers, Row, Table, outcome_sections
from dagster_project.results.result_row import result_id
from dagster_project.study import Growth, Study, Wave, counts_days

_COUNTS = (
    ("n", "returned"), ("n_in_window", "in the window"), ("n_early", "early"), ("n_late", "late"), ("n_no_date", "no date"),
    ("n_no_baseline_date", "no baseline date"), ("n_before_baseline", "before baseline"),
    ("n_far_off", "far off"),
)  # fmt: skip


def growth_tables(study: Study, numbers: Numbers) -> list[Table]:
    """The tables, without numbers; none where the study declares neither growth nor windows."""
    tables = [_visits(study, numbers)] if counts_days(study.protocol) else []
    growth = study.protocol.growth
    if growth is not None:
        tables.append(_overall(study, numbers, growth))
        if study.protocol.compared_groups:
            tables.append(_groups(study, numbers, growth))
    return tables


def _visits(study: Study, numbers: Numbers) -> Table:
    def row(wave: Wave) -> Row:
        def ids(*names: str) -> list[str]:
            return [result_id("answer_days", "returns", name, timepoint=wave.wave) for name in names]

        visit_window = wave.days_from_baseline
        days = f", days {visit_window.earliest} to {visit_window.latest}" if visit_window is not None else ""
        cells = [numbers.cell("{}", *ids(name)) for name, _ in _COUNTS]
        cells += [numbers.cell("{} ({})", *ids("mean", "sd")), numbers.cell("{} to {}", *ids("min", "max"))]
        return Row(f"{wave.wave}: {wave.label}{days}", tuple(cells))

    columns = (*(Column(heading) for _, heading in _COUNTS), Column("days, mean (SD)"), Column("days, range"))
    note = (
        "People. Days are from the person's own answer to the first wave; people whose days are not known are in no window."
        " Far off is more than 180 days from the planned time, or than half of the time planned from baseline if that is"
        " longer. Who answered early, late or far off is kept in every other number."
    )
    rows = tuple(row(wave) for wave in study.protocol.waves)
    return Table("", "answer_days", "When waves were answered", columns, rows, (note,))


def _estimate(numbers: Numbers, ids: Sequence[str]) -> Cell:
    return numbers.cell("{} [{}, {}]", *ids)


def _with_limits(name: str) -> tuple[str, str, str]:
    return name, f"{name}_ci95_low", f"{name}_ci95_high"


def _remark(numbers: Numbers, identifier: str) -> Cell:
    """Why there is no model, or what is to be said of it; empty where there is nothing to say."""
    cell = numbers.note(identifier)
    return cell if cell.text else Cell("")


def _note(growth: Growth) -> str:
    return (
        f"Linear mixed model by REML; time: {growth.time_in_words}. Everybody with any score at a known time counts; scores"
        " are taken to be missing at random. Intervals are 95 %, with Satterthwaite's degrees of freedom."
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
        Column("n"), Column("scores"), Column("at time 0"), Column(f"per {growth.unit_word}"), Column("p"),
        Column("level", "SD of people's"), Column("slope", "SD of people's"), Column("correlation"), Column("error SD"),
        Column("remark", has_words=True),
    )  # fmt: skip
    return Table("", "growth", f"Linear growth, per {growth.unit_word}", columns, tuple(rows), (_note(growth),))


def _groups(study: Study, numbers: Numbers, growth: Growth) -> Table:
    rows: list[Row] = []
    for code in study.protocol.outcomes:
        rows.append(Row(study.scales[code][1].label))
        for order, group in enumerate(study.protocol.compared_groups):

            def ids(analysis: str, *names: str, scale: str = code, people_group: str = group.category) -> list[str]:
                return [result_id(analysis, scale, name, people_group=people_group) for name in names]

            cells = [numbers.cell("{}", *ids("growth_by_group", "n"))]
            cells += [_estimate(numbers, ids("growth_by_group", *_with_limits(name))) for name in ("intercept", "slope")]
            cells.append(_estimate(numbers, ids("growth_difference", "difference", "ci95_low", "ci95_high")))
            cells.append(numbers.cell("{}", *ids("growth_difference", "p")))
            cells.append(_remark(numbers, ids("growth_by_group", "n")[0]))
            rows.append(Row(f"{group.label}{'' if order else ' (reference)'}", tuple(cells)))
    columns = (
        Column("n"), Column("at time 0"), Column(f"per {growth.unit_word}"), Column("difference of slopes"), Column("p"),
        Column("remark", has_words=True),
    )  # fmt: skip
    title = f"Linear growth by group, per {growth.unit_word}"
    return Table("", "growth_by_group", title, columns, tuple(rows), (_note(growth),))
