"""Each scale over time in each group of people: the mean with its interval. Nothing else belongs here."""

import math
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from dagster_project.languages import gettext, gettext_noop, ngettext, number_text
from dagster_project.report.figure import Figure, PersonScore
from dagster_project.report.figures.drawing import (
    BLACK,
    BLUE,
    GREEN,
    MUTED,
    ORANGE,
    PURPLE,
    RED,
    SKY,
    canvas,
    finish,
    lines,
    shorten,
)
from dagster_project.report.figures.ranges import BETTER_ARROWS, panel_range, panel_words
from dagster_project.results import Cell, Column, Numbers, ResultRow, Row, Table, result_id
from dagster_project.study import Study

NAME, TITLE = "group_trajectories", gettext_noop("Scores over time by group")
_STATISTICS = ("mean", "ci95_low", "ci95_high")
#: More panels, or groups in one panel, cannot be read; the table has all of them.
_MOST_PANELS, _MOST_GROUPS = 24, 8
_PANEL_COLUMNS = 4
#: Of each group its colour and shape, the reference first.
GROUP_MARKS = (
    (MUTED, "o"), (BLUE, "s"), (RED, "^"), (GREEN, "D"), (PURPLE, "v"), (ORANGE, "P"), (SKY, "X"), (BLACK, "*"),
)  # fmt: skip
#: How far apart groups stand at a wave, as a share of the axis.
_STEP = 0.025


def plan(study: Study, results: Mapping[str, ResultRow]) -> tuple[str, Table, Any] | None:
    """The name, the numbers, and what draws them; None where everybody is one group."""
    groups = study.protocol.compared_groups
    if not groups:
        return None
    numbers = Numbers(results.values())
    waves = [wave.wave for wave in study.protocol.waves]
    rows: list[Row] = []
    for code in study.protocol.outcomes:
        rows.append(Row(study.scales[code][1].label))
        for group in groups:
            cells: list[Cell] = []
            for wave in waves:
                cells.append(numbers.cell("{}", _id(code, "n", group.category, wave)))
                ids = [_id(code, statistic, group.category, wave) for statistic in _STATISTICS]
                cells.append(numbers.cell("{} [{}, {}]", *ids))
            rows.append(Row(group.label, tuple(cells)))
    columns = tuple(Column(name, wave) for wave in waves for name in ("n", gettext("mean [95 % CI]")))
    table = Table("", NAME, gettext(TITLE), columns, tuple(rows))
    return NAME, table, partial(_draw, study, results, table)


def _id(code: str, statistic: str, group: str, wave: str) -> str:
    return result_id("summary_by_group", code, statistic, people_group=group, timepoint=wave)


def _value(results: Mapping[str, ResultRow], identifier: str) -> float:
    row = results.get(identifier)
    return math.nan if row is None or row.value is None else row.value


def _draw(study: Study, results: Mapping[str, ResultRow], table: Table, people: Sequence[PersonScore]) -> Figure:
    outcomes = list(study.protocol.outcomes)
    codes, groups = outcomes[:_MOST_PANELS], study.protocol.compared_groups[:_MOST_GROUPS]
    column_count = min(_PANEL_COLUMNS, max(1, len(codes)))
    row_count = math.ceil(len(codes) / column_count)
    width = max(4.2, 2.3 * column_count + 0.4)
    figure_canvas = canvas(width, 1.9 * row_count + 0.7)
    for index, code in enumerate(codes):
        _panel(figure_canvas.add_subplot(row_count, column_count, index + 1), study, results, code)
    handles = [
        Line2D([], [], color=color, marker=marker, markersize=4, linewidth=1.3, label=shorten(group.label, 40))
        for (color, marker), group in zip(GROUP_MARKS, groups, strict=False)
    ]
    figure_canvas.legend(handles=handles, loc="outside upper left", ncols=min(4, len(handles)), frameon=False)
    reading = gettext(
        "Dot and bar: mean of the group with its 95 % interval, of the people with a score in the wave; groups stand side by"
        " side at each wave."
    )
    notes = [f"{reading} {panel_words(study)}"]
    if len(outcomes) > len(codes):
        notes.append(
            gettext(
                "The first {count} of {n} scales are drawn; the table lists all of them.", count=len(codes), n=len(outcomes)
            )
        )
    if len(study.protocol.compared_groups) > len(groups):
        notes.append(gettext("The first {count} groups are drawn; the table lists all of them.", count=len(groups)))
    return finish(NAME, gettext(TITLE), _alt(study, results), table, notes, figure_canvas)


def _panel(axes: Axes, study: Study, results: Mapping[str, ResultRow], code: str) -> None:
    scale = study.scales[code][1]
    low, high = panel_range(study, results, code)
    waves = study.protocol.waves
    has_months = len({wave.month for wave in waves}) == len(waves)
    positions = [float(wave.month) if has_months else float(index) for index, wave in enumerate(waves)]
    span = max(positions) - min(positions) or 1.0
    axes.set_xlim(min(positions) - 0.12 * span, max(positions) + 0.12 * span)
    axes.set_ylim(low - 0.03 * (high - low), high + 0.03 * (high - low))
    axes.set_xticks(positions, [wave.wave for wave in waves])
    groups = study.protocol.compared_groups[:_MOST_GROUPS]
    for index, ((color, marker), group) in enumerate(zip(GROUP_MARKS, groups, strict=False)):
        shift = (index - (len(groups) - 1) / 2) * _STEP * span
        points = [
            (position + shift, *(_value(results, _id(code, name, group.category, wave.wave)) for name in _STATISTICS))
            for position, wave in zip(positions, waves, strict=True)
        ]
        points = [point for point in points if math.isfinite(point[1])]
        axes.plot(
            [point[0] for point in points],
            [point[1] for point in points],
            color=color,
            linewidth=1.3,
            marker=marker,
            markersize=3.5,
        )
        lines(axes, [[(x, bottom), (x, top)] for x, _, bottom, top in points if math.isfinite(bottom)], color, 1.2, 1.0)
    arrow = BETTER_ARROWS[scale.better]
    axes.set_title(
        f"{shorten(scale.label, 40)} {arrow}".rstrip(), loc="left", pad=3, fontsize=8.0 if len(scale.label) <= 28 else 6.5
    )


def _alt(study: Study, results: Mapping[str, ResultRow]) -> str:
    groups, waves = study.protocol.compared_groups, study.protocol.waves
    text = ngettext(
        "Mean scores of {n} scale at {waves} in {count} groups: {groups}.",
        "Mean scores of {n} scales at {waves} in {count} groups: {groups}.",
        len(study.protocol.outcomes),
        waves=", ".join(wave.wave for wave in waves),
        count=len(groups),
        groups=", ".join(group.label for group in groups),
    )
    code = study.protocol.outcomes[0]
    for group in groups:
        printed_means = [
            number_text(results[id_].printed)
            for wave in (waves[0], waves[-1])
            if math.isfinite(_value(results, id_ := _id(code, "mean", group.category, wave.wave)))
        ]
        if len(printed_means) > 1:
            text += " " + gettext(
                "{scale}, {group}: {first} at first, {last} at last.",
                scale=study.scales[code][1].label, group=group.label, first=printed_means[0], last=printed_means[-1],
            )  # fmt: skip
    return text
