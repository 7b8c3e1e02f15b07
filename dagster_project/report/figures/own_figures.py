"""Figures that a study declares of its own: points, bars or lines of results, with their intervals. Nothing else belongs
here."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from matplotlib.axes import Axes

from dagster_project.languages import gettext, ngettext, number_text, plain
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
    shorten,
)
from dagster_project.results import FigureLayout, FigurePoint, OwnStatistics, ResultRow, Table, figure_layouts
from dagster_project.study import Study

_COLOURS = (BLUE, RED, GREEN, PURPLE, ORANGE, SKY, BLACK)
_MARKERS = ("o", "s", "^", "D", "v", "P", "X")
#: Longer labels of positions are read better from the side.
_LONGEST_LABEL = 8
#: What the series at one position take up, of the way to the next.
_WIDTHS = {"bars": 0.8, "points": 0.5, "lines": 0.2}
#: As many points as alt text lists one by one.
_MOST_LISTED = 16


def plans(study: Study, results: Mapping[str, ResultRow], own_statistics: OwnStatistics) -> Iterator[tuple[str, Table, Any]]:
    """Of each figure that can be drawn the name, the numbers, and what draws it."""
    layouts, _ = figure_layouts(study, list(results.values()), own_statistics)
    for layout in layouts:
        yield layout.table.name, layout.table, partial(_draw, layout)


def _draw(layout: FigureLayout, people: Sequence[PersonScore]) -> Figure:
    is_sideways = layout.figure.kind != "lines" and any(len(label) > _LONGEST_LABEL for _, label in layout.x)
    n_positions, n_series = len(layout.x), len(layout.series)
    length = max(1.6, 0.32 * n_positions * (1 if n_series == 1 else 0.45 * n_series) + 0.9)
    figure_canvas = (
        canvas(5.6, length) if is_sideways else canvas(max(3.4, min(7.5, 1.6 + 0.75 * n_positions * n_series**0.5)), 3.0)
    )
    axes = figure_canvas.add_subplot()
    for index, (code, label) in enumerate(layout.series):
        offset = (index - (n_series - 1) / 2) * _WIDTHS[layout.figure.kind] / n_series
        _series(axes, layout, code, label, index, offset, is_sideways)
    labels = [shorten(label, 42 if is_sideways else 24) for _, label in layout.x]
    unit = ", ".join(dict.fromkeys(point.result.unit for point in layout.points.values() if point.result.unit))
    if layout.figure.kind == "bars" or _crosses_zero(layout):
        (axes.axvline if is_sideways else axes.axhline)(0, color=MUTED, linewidth=0.8)
    if is_sideways:
        axes.set_yticks(range(n_positions), labels)
        axes.set_ylim(n_positions - 0.4, -0.6)
        axes.set_xlabel(unit)
    else:
        axes.set_xticks(range(n_positions), labels)
        axes.set_xlim(-0.6, n_positions - 0.4)
        axes.set_ylabel(unit)
    axes.grid(axis="x" if is_sideways else "y", color="#e6e9ee", linewidth=0.6)
    axes.set_axisbelow(True)
    if layout.figure.series is not None:
        figure_canvas.legend(loc="outside lower center", ncols=min(4, n_series), frameon=False, fontsize=7)
    return finish(layout.table.name, layout.figure.title, alt_text(layout), layout.table, _notes(layout), figure_canvas)


def _series(axes: Axes, layout: FigureLayout, code: str, label: str, index: int, offset: float, is_sideways: bool) -> None:
    colour, marker = _COLOURS[index % len(_COLOURS)], _MARKERS[index % len(_MARKERS)]
    positions: list[float] = []
    values: list[float] = []
    intervals: list[tuple[float, Any, Any]] = []
    for position, (x, _) in enumerate(layout.x):
        point = layout.points.get((code, x))
        if point is None or point.result.value is None:
            continue
        positions.append(position + offset)
        values.append(point.result.value)
        if point.limits is not None:
            intervals.append((position + offset, point.limits[0].value, point.limits[1].value))
    if layout.figure.kind == "bars":
        width = 0.7 / len(layout.series)
        (axes.barh if is_sideways else axes.bar)(positions, values, width, color=colour, alpha=0.75, label=label)
    else:
        first, second = (values, positions) if is_sideways else (positions, values)
        line = "-" if layout.figure.kind == "lines" else "none"
        axes.plot(first, second, linestyle=line, linewidth=1.2, marker=marker, markersize=4.2, color=colour, label=label)
    for center, low, high in intervals:
        first, second = ([low, high], [center, center]) if is_sideways else ([center, center], [low, high])
        axes.plot(first, second, color=BLACK if layout.figure.kind == "bars" else colour, linewidth=1.1)


def _crosses_zero(layout: FigureLayout) -> bool:
    rows = [row for point in layout.points.values() for row in (point.result, *(point.limits or ()))]
    values = [row.value for row in rows if row.value is not None]
    return bool(min(values) <= 0 <= max(values))


def _notes(layout: FigureLayout) -> list[str]:
    levels = {point.result.level or point.limits[0].level for point in layout.points.values() if point.limits is not None}
    level = levels.pop() if len(levels) == 1 else None
    notes = [layout.figure.note] if layout.figure.note else []
    if any(point.limits is not None for point in layout.points.values()):
        notes.append(
            gettext("Lines at values: their {percent} % intervals.", percent=plain(100 * level))
            if level
            else gettext("Lines at values: their intervals.")
        )
    return notes


def alt_text(layout: FigureLayout) -> str:
    """The figure in words, from its numbers."""
    sentences = []
    n_points = len(layout.points)
    for code, label in layout.series:
        points = [(words, layout.points[code, x]) for x, words in layout.x if (code, x) in layout.points]
        if n_points > _MOST_LISTED:
            valued_points = [entry for entry in points if entry[1].result.value is not None]
            if not valued_points:
                sentences.append(f"{label}: —.")
                continue
            low, high = (pick(valued_points, key=lambda entry: entry[1].result.value or 0.0) for pick in (min, max))
            ends = {"low": _words(*low), "high": _words(*high)}
            texts = [ngettext("from {low} to {high}, {n} point", "from {low} to {high}, {n} points", len(points), **ends)]
        else:
            texts = [_words(*entry) for entry in points]
        sentences.append(f"{label}: {', '.join(texts)}.")
    return " ".join(sentences)


def _words(label: str, point: FigurePoint) -> str:
    limits = f" [{point.limits[0].printed}, {point.limits[1].printed}]" if point.limits is not None else ""
    return f"{label} {number_text(f'{point.result.printed}{limits}')}"
