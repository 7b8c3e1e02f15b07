"""The fitted line of each scale over time, of everybody or of each group, with its interval at each wave.

Belongs here: that figure. Does not belong here: lines of single people, which are not published.
"""

import math
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from dagster_project.languages import gettext, gettext_noop, ngettext, number_text
from dagster_project.report.figure import Figure, PersonScore
from dagster_project.report.figures.drawing import BLUE, canvas, finish, lines, shorten
from dagster_project.report.figures.group_trajectories import GROUP_MARKS
from dagster_project.report.figures.ranges import BETTER_ARROWS, panel_range, panel_words
from dagster_project.results import Cell, Column, Numbers, ResultRow, Row, Table, result_id
from dagster_project.study import Growth, Study

NAME, TITLE = "growth", gettext_noop("Fitted lines over time")
_STATISTICS = ("level", "level_ci95_low", "level_ci95_high")
#: More panels cannot be read; the table has all of them.
_MOST_PANELS, _PANEL_COLUMNS = 24, 4
#: How far apart groups stand at a wave, as a share of the axis.
_STEP = 0.015


def plan(study: Study, results: Mapping[str, ResultRow]) -> tuple[str, Table, Any] | None:
    """The name, the numbers, and what draws them; None where no growth is declared."""
    growth = study.protocol.growth
    if growth is None:
        return None
    numbers = Numbers(results.values())
    rows: list[Row] = []
    for code in study.protocol.outcomes:
        rows.append(Row(study.scales[code][1].label))
        for group, label in _groups(study):
            ids = [[_id(code, name, group, wave.wave) for name in _STATISTICS] for wave in study.protocol.waves]
            cells: list[Cell] = [numbers.cell("{} [{}, {}]", *of_wave) for of_wave in ids]
            rows.append(Row(label, tuple(cells)))
    columns = tuple(Column(gettext("level [95 % CI]"), wave.wave) for wave in study.protocol.waves)
    table = Table("", NAME, gettext(TITLE), columns, tuple(rows))
    return NAME, table, partial(_draw, study, growth, results, table)


def _groups(study: Study) -> list[tuple[str | None, str]]:
    """The groups with their labels; everybody where there are none."""
    groups = study.protocol.compared_groups
    return [(group.category, group.label) for group in groups] or [(None, gettext("Everybody"))]


def _id(code: str, statistic: str, group: str | None, wave: str) -> str:
    analysis = "growth" if group is None else "growth_by_group"
    return result_id(analysis, code, statistic, people_group=group, timepoint=wave)


def _value(results: Mapping[str, ResultRow], identifier: str) -> float:
    row = results.get(identifier)
    return math.nan if row is None or row.value is None else row.value


def _has_line(study: Study, results: Mapping[str, ResultRow], code: str) -> bool:
    ids = (_id(code, "level", group, wave.wave) for group, _ in _groups(study) for wave in study.protocol.waves)
    return any(math.isfinite(_value(results, identifier)) for identifier in ids)


def _draw(
    study: Study, growth: Growth, results: Mapping[str, ResultRow], table: Table, people: Sequence[PersonScore]
) -> Figure:
    outcomes = [code for code in study.protocol.outcomes if _has_line(study, results, code)]
    codes, groups = outcomes[:_MOST_PANELS], _groups(study)[: len(GROUP_MARKS)]
    column_count = min(_PANEL_COLUMNS, max(1, len(codes)))
    row_count = math.ceil(len(codes) / column_count)
    figure_canvas = canvas(max(4.2, 2.3 * column_count + 0.4), 1.9 * row_count + 0.7)
    for index, code in enumerate(codes):
        _panel(figure_canvas.add_subplot(row_count, column_count, index + 1), study, results, code)
    if groups[0][0] is not None:
        handles = [
            Line2D([], [], color=color, marker=marker, markersize=4, linewidth=1.3, label=shorten(label, 40))
            for (color, marker), (_, label) in zip(GROUP_MARKS, groups, strict=False)
        ]
        figure_canvas.legend(handles=handles, loc="outside upper left", ncols=min(4, len(handles)), frameon=False)
    reading = gettext(
        "Line: linear growth, time in {time}; mark and bar: its level with the 95 % interval at the planned time of each"
        " wave.",
        time=growth.time_in_words,
    )
    notes = [f"{reading} {panel_words(study)}"]
    if len(outcomes) > len(codes):
        notes.append(
            gettext(
                "The first {count} of {n} scales are drawn; the table lists all of them.", count=len(codes), n=len(outcomes)
            )
        )
    if len(_groups(study)) > len(groups):
        notes.append(gettext("The first {count} groups are drawn; the table lists all of them.", count=len(groups)))
    return finish(NAME, gettext(TITLE), _alt(study, results), table, notes, figure_canvas)


def _panel(axes: Axes, study: Study, results: Mapping[str, ResultRow], code: str) -> None:
    scale, waves, groups = study.scales[code][1], study.protocol.waves, _groups(study)[: len(GROUP_MARKS)]
    low, high = panel_range(study, results, code)
    months = [float(wave.month) for wave in waves]
    span = max(months) - min(months) or 1.0
    axes.set_xlim(min(months) - 0.12 * span, max(months) + 0.12 * span)
    axes.set_ylim(low - 0.03 * (high - low), high + 0.03 * (high - low))
    axes.set_xticks(months, [wave.wave for wave in waves])
    marks = GROUP_MARKS if groups[0][0] is not None else ((BLUE, "o"),)
    for index, ((color, marker), (group, _)) in enumerate(zip(marks, groups, strict=False)):
        shift = (index - (len(groups) - 1) / 2) * _STEP * span
        points = [
            (month + shift, *(_value(results, _id(code, name, group, wave.wave)) for name in _STATISTICS))
            for month, wave in zip(months, waves, strict=True)
        ]
        points = [point for point in points if math.isfinite(point[1])]
        positions, levels = [point[0] for point in points], [point[1] for point in points]
        axes.plot(positions, levels, color=color, linewidth=1.3, marker=marker, markersize=3.5)
        lines(axes, [[(x, bottom), (x, top)] for x, _, bottom, top in points if math.isfinite(bottom)], color, 1.2, 1.0)
    title = f"{shorten(scale.label, 40)} {BETTER_ARROWS[scale.better]}".rstrip()
    axes.set_title(title, loc="left", pad=3, fontsize=8.0 if len(scale.label) <= 28 else 6.5)


def _alt(study: Study, results: Mapping[str, ResultRow]) -> str:
    waves, code = study.protocol.waves, study.protocol.outcomes[0]
    text = ngettext(
        "Fitted lines of {n} scale from {first} to {last}.",
        "Fitted lines of {n} scales from {first} to {last}.",
        len(study.protocol.outcomes),
        first=waves[0].wave,
        last=waves[-1].wave,
    )
    for group, label in _groups(study):
        ends = [_id(code, "level", group, wave.wave) for wave in (waves[0], waves[-1])]
        if all(math.isfinite(_value(results, identifier)) for identifier in ends):
            first, last = (number_text(results[identifier].printed) for identifier in ends)
            text += " " + gettext(
                "{scale}, {group}: from {first} to {last}.",
                scale=study.scales[code][1].label, group=label, first=first, last=last,
            )  # fmt: skip
    return text
