"""Each scale over time: the mean with its interval, the norm, and each person faintly. Nothing else belongs here."""

import math
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from matplotlib.axes import Axes

from dagster_project.report.figure import Figure
from dagster_project.report.figures.drawing import (
    BAND,
    BLUE,
    FAINT,
    MUTED,
    RED,
    SKY,
    canvas,
    finish,
    lines,
    shortened,
)
from dagster_project.results import Cell, Column, Numbers, ResultRow, Row, Table, outcome_sections, result_id
from dagster_project.study import Study

NAME, TITLE = "trajectories", "Scores over time, beside norms"
#: More panels cannot be read; the table has every scale.
_PANELS = 24
_COLUMNS = 5


def plan(study: Study, results: Mapping[str, ResultRow]) -> tuple[str, Table, Any]:
    """The name, the numbers, and what draws them."""
    numbers = Numbers(results.values())
    waves = [wave.wave for wave in study.protocol.waves]
    rows: list[Row] = []
    for heading, code, label in outcome_sections(study):
        if heading:
            rows.append(Row(heading))
        cells: list[Cell] = []
        for wave in waves:
            ids = [result_id("summary", code, one, when=wave) for one in ("mean", "ci95_low", "ci95_high", "n", "q1", "q3")]
            cells += [numbers.cell("{}", ids[3]), numbers.cell("{} [{}, {}]", *ids[:3]), numbers.cell("{}–{}", *ids[4:])]
        norm = [result_id("norm", code, one) for one in ("norm_mean", "norm_sd")]
        rows.append(Row(label, (*cells, numbers.cell("{} ({})", *norm))))
    columns = [Column(name, wave) for wave in waves for name in ("n", "mean [95 % CI]", "quartiles")]
    table = Table("", NAME, TITLE, (*columns, Column("mean (SD)", "Norm")), tuple(rows))
    return NAME, table, partial(_draw, study, results, table)


def _value(results: Mapping[str, ResultRow], *parts: str, when: str | None = None) -> float:
    row = results.get(result_id(parts[0], parts[1], parts[2], when=when))
    return math.nan if row is None or row.value is None else row.value


def _draw(study: Study, results: Mapping[str, ResultRow], table: Table, people: Sequence[Mapping[str, Any]]) -> Figure:
    outcomes = list(study.protocol.outcomes)
    codes, waves = outcomes[:_PANELS], study.protocol.waves
    months = [wave.month for wave in waves]
    at = {
        wave.wave: float(wave.month) if len(set(months)) == len(months) else float(place) for place, wave in enumerate(waves)
    }
    by_scale: dict[str, dict[str, dict[str, float]]] = {}
    for row in people:
        by_scale.setdefault(row["scale"], {}).setdefault(row["participant_id"], {})[row["wave"]] = row["score"]
    across = min(_COLUMNS, max(1, len(codes)))
    down = max(1, math.ceil(len(codes) / across))
    drawn = canvas(2.0 * across + 0.4, 1.62 * down + 0.5)
    for place, code in enumerate(codes):
        axes = drawn.add_subplot(down, across, place + 1)
        _panel(axes, study, results, code, at, by_scale.get(code, {}))
        if place // across == down - 1 or place + across >= len(codes):
            axes.set_xticks(list(at.values()), list(at))
        else:
            axes.set_xticks(list(at.values()), [""] * len(at))
    is_drawn = bool(people)
    notes = [
        "Dot and bar: mean with its 95 % interval. Broken line and grey band: norm mean and one norm SD to either side."
        + (
            " Faint lines: people; faint dots: people with a score in one wave only."
            if is_drawn
            else " Blue band: from the first to the third quartile."
        ),
        "Each panel spans the possible scores of its scale; an arrow says which way is better. Waves stand at their months.",
    ]
    if len(outcomes) > len(codes):
        notes.append(f"The first {len(codes)} of {len(outcomes)} scales are drawn; the table has them all.")
    return finish(NAME, TITLE, _alt(study, results), table, notes, drawn)


def _panel(
    axes: Axes,
    study: Study,
    results: Mapping[str, ResultRow],
    code: str,
    at: Mapping[str, float],
    people: Mapping[str, Mapping[str, float]],
) -> None:
    instrument, scale = study.scales[code]
    low, high = instrument.score_range(scale)
    span = max(at.values()) - min(at.values()) or 1.0
    axes.set_xlim(min(at.values()) - 0.08 * span, max(at.values()) + 0.08 * span)
    axes.set_ylim(low - 0.03 * (high - low), high + 0.03 * (high - low))
    norm, norm_sd = (_value(results, "norm", code, one) for one in ("norm_mean", "norm_sd"))
    if math.isfinite(norm):
        if math.isfinite(norm_sd):
            axes.axhspan(max(low, norm - norm_sd), min(high, norm + norm_sd), color=BAND, linewidth=0)
        axes.axhline(norm, color=MUTED, linestyle=(0, (4, 2)), linewidth=0.9)
    seen = [[(at[wave], scores[wave]) for wave in at if wave in scores] for scores in people.values()]
    lines(axes, seen, FAINT, 0.6, 0.6)
    once = [points[0] for points in seen if len(points) == 1]
    axes.plot(
        [x for x, _ in once], [y for _, y in once], linestyle="none", marker=".", markersize=2.5, color=FAINT, alpha=0.7
    )
    points = [(at[wave], *(_value(results, "summary", code, one, when=wave) for one in _DRAWN)) for wave in at]
    points = [point for point in points if math.isfinite(point[1])]
    if not people:
        quartiles = [point for point in points if math.isfinite(point[4]) and math.isfinite(point[5])]
        axes.fill_between(
            [point[0] for point in quartiles], [point[4] for point in quartiles], [point[5] for point in quartiles],
            color=SKY, alpha=0.35, linewidth=0,
        )  # fmt: skip
    axes.plot(
        [point[0] for point in points], [point[1] for point in points], color=BLUE, linewidth=1.3, marker="o", markersize=3
    )
    lines(axes, [[(point[0], point[2]), (point[0], point[3])] for point in points if math.isfinite(point[2])], RED, 1.4, 1.0)
    arrow = "↑" if scale.better == "high" else "↓"
    # A long name in smaller letters, so that it does not run into its neighbour's.
    size = 8.0 if len(scale.label) <= 28 else 6.5
    axes.set_title(f"{shortened(scale.label, 40)} {arrow}", loc="left", pad=3, fontsize=size)


_DRAWN = ("mean", "ci95_low", "ci95_high", "q1", "q3")


def _alt(study: Study, results: Mapping[str, ResultRow]) -> str:
    waves = [wave.wave for wave in study.protocol.waves]
    places = {
        (code, wave): _value(results, "summary", code, "norm_distance", when=wave)
        for code in study.protocol.outcomes
        for wave in waves
    }
    known = {place: value for place, value in places.items() if math.isfinite(value)}
    text = f"Mean scores of {len(study.protocol.outcomes)} scales at {', '.join(waves)}."
    if known:
        (code, wave), _ = max(known.items(), key=lambda one: abs(one[1]))
        near = sum(abs(far) <= 1 for far in known.values())
        shown = results[result_id("summary", code, "norm_distance", when=wave)].printed
        text += (
            f" {near} of {len(known)} means lie within one norm SD of their norm; the farthest is"
            f" {study.scales[code][1].label} at {wave}, {shown} norm SDs from it."
        )
    return text
