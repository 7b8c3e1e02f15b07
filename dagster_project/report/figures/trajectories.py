"""Each scale over time: the mean with its interval, the norm, and each person faintly. Nothing else belongs here."""

import math
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from matplotlib.axes import Axes

from dagster_project.languages import gettext, gettext_noop, ngettext, number_text
from dagster_project.report.figure import Figure, PersonScore
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
    shorten,
)
from dagster_project.report.figures.ranges import BETTER_ARROWS, panel_range, panel_words
from dagster_project.results import (
    Cell,
    Column,
    Numbers,
    ResultRow,
    Row,
    Table,
    has_norm_of_outcomes,
    main_norm_notes,
    outcome_sections,
    result_id,
    with_existing_columns,
)
from dagster_project.study import Study

NAME = "trajectories"
#: More panels cannot be read; the table has every scale.
_MOST_PANELS = 24
#: What stands for people, by whether there are several waves.
_PEOPLE_WORDS = {
    True: gettext_noop("Faint lines: people; faint dots: people with a score in one wave only."),
    False: gettext_noop("Faint dots: people."),
}
_PANEL_COLUMNS = 5


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
            ids = [
                result_id("summary", code, statistic, timepoint=wave)
                for statistic in ("mean", "ci95_low", "ci95_high", "n", "q1", "q3")
            ]
            cells += [numbers.cell("{}", ids[3]), numbers.cell("{} [{}, {}]", *ids[:3]), numbers.cell("{}–{}", *ids[4:])]
        norm = [result_id("norm", code, statistic) for statistic in ("norm_mean", "norm_sd")]
        rows.append(Row(label, (*cells, numbers.cell("{} ({})", *norm))))
    columns = [Column(name, wave) for wave in waves for name in ("n", gettext("mean [95 % CI]"), gettext("quartiles"))]
    table = Table("", NAME, _title(study), (*columns, Column(gettext("mean (SD)"), gettext("Norm"))), tuple(rows))
    table = with_existing_columns(table)
    return NAME, table, partial(_draw, study, results, table)


def _title(study: Study) -> str:
    if len(study.protocol.waves) > 1:
        return gettext("Scores over time and norms") if has_norm_of_outcomes(study) else gettext("Scores over time")
    return gettext("Scores and norms") if has_norm_of_outcomes(study) else gettext("Scores")


def _value(results: Mapping[str, ResultRow], analysis: str, outcome: str, statistic: str, wave: str | None = None) -> float:
    row = results.get(result_id(analysis, outcome, statistic, timepoint=wave))
    return math.nan if row is None or row.value is None else row.value


def _draw(study: Study, results: Mapping[str, ResultRow], table: Table, people: Sequence[PersonScore]) -> Figure:
    outcomes = list(study.protocol.outcomes)
    codes, waves = outcomes[:_MOST_PANELS], study.protocol.waves
    months = [wave.month for wave in waves]
    wave_positions = {
        wave.wave: float(wave.month) if len(set(months)) == len(months) else float(index) for index, wave in enumerate(waves)
    }
    scores_by_scale: dict[str, dict[str, dict[str, float]]] = {}
    for row in people:
        scores_by_scale.setdefault(row.scale, {}).setdefault(row.participant_id, {})[row.wave] = row.score
    column_count = min(_PANEL_COLUMNS, max(1, len(codes)))
    row_count = max(1, math.ceil(len(codes) / column_count))
    figure_canvas = canvas(2.0 * column_count + 0.4, 1.62 * row_count + 0.5)
    for index, code in enumerate(codes):
        axes = figure_canvas.add_subplot(row_count, column_count, index + 1)
        _panel(axes, study, results, code, wave_positions, scores_by_scale.get(code, {}))
        if index // column_count == row_count - 1 or index + column_count >= len(codes):
            axes.set_xticks(list(wave_positions.values()), list(wave_positions))
        else:
            axes.set_xticks(list(wave_positions.values()), [""] * len(wave_positions))
    sentences = [gettext("Dot and bar: mean with its 95 % interval.")]
    if has_norm_of_outcomes(study):
        sentences.append(gettext("Broken line and grey band: norm mean and one norm SD to either side."))
    band = gettext("Blue band: from the first to the third quartile.")
    sentences.append(gettext(_PEOPLE_WORDS[len(waves) > 1]) if people else band)
    notes = [
        " ".join(sentences),
        panel_words(study) + (" " + gettext("Waves are placed at their months.") if len(waves) > 1 else ""),
    ]
    notes += main_norm_notes(study)
    if len(outcomes) > len(codes):
        notes.append(
            gettext(
                "The first {count} of {n} scales are drawn; the table lists all of them.", count=len(codes), n=len(outcomes)
            )
        )
    return finish(NAME, table.title, _alt(study, results), table, notes, figure_canvas)


def _panel(
    axes: Axes,
    study: Study,
    results: Mapping[str, ResultRow],
    code: str,
    wave_positions: Mapping[str, float],
    people: Mapping[str, Mapping[str, float]],
) -> None:
    scale = study.scales[code][1]
    low, high = panel_range(study, results, code)
    span = max(wave_positions.values()) - min(wave_positions.values()) or 1.0
    axes.set_xlim(min(wave_positions.values()) - 0.08 * span, max(wave_positions.values()) + 0.08 * span)
    axes.set_ylim(low - 0.03 * (high - low), high + 0.03 * (high - low))
    norm, norm_sd = (_value(results, "norm", code, statistic) for statistic in ("norm_mean", "norm_sd"))
    if math.isfinite(norm):
        if math.isfinite(norm_sd):
            axes.axhspan(max(low, norm - norm_sd), min(high, norm + norm_sd), color=BAND, linewidth=0)
        axes.axhline(norm, color=MUTED, linestyle=(0, (4, 2)), linewidth=0.9)
    person_lines = [
        [(wave_positions[wave], scores[wave]) for wave in wave_positions if wave in scores] for scores in people.values()
    ]
    lines(axes, person_lines, FAINT, 0.6, 0.6)
    single_points = [points[0] for points in person_lines if len(points) == 1]
    axes.plot(
        [x for x, _ in single_points],
        [y for _, y in single_points],
        linestyle="none",
        marker=".",
        markersize=2.5,
        color=FAINT,
        alpha=0.7,
    )
    points = [
        (wave_positions[wave], *(_value(results, "summary", code, statistic, wave) for statistic in _STATISTICS))
        for wave in wave_positions
    ]
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
    arrow = BETTER_ARROWS[scale.better]
    # A long name in smaller letters, so that it does not run into its neighbour's.
    size = 8.0 if len(scale.label) <= 28 else 6.5
    axes.set_title(f"{shorten(scale.label, 40)} {arrow}".rstrip(), loc="left", pad=3, fontsize=size)


_STATISTICS = ("mean", "ci95_low", "ci95_high", "q1", "q3")


def _alt(study: Study, results: Mapping[str, ResultRow]) -> str:
    waves = [wave.wave for wave in study.protocol.waves]
    distances = {
        (code, wave): _value(results, "summary", code, "norm_distance", wave)
        for code in study.protocol.outcomes
        for wave in waves
    }
    known_distances = {cell: value for cell, value in distances.items() if math.isfinite(value)}
    text = ngettext(
        "Mean scores of {n} scale at {waves}.",
        "Mean scores of {n} scales at {waves}.",
        len(study.protocol.outcomes),
        waves=", ".join(waves),
    )
    if known_distances:
        (code, wave), _ = max(known_distances.items(), key=lambda entry: abs(entry[1]))
        close_means = sum(abs(distance) <= 1 for distance in known_distances.values())
        printed_distance = results[result_id("summary", code, "norm_distance", timepoint=wave)].printed
        text += " " + gettext(
            "{count} of {n} means lie within one norm SD of their norm; the farthest is {scale} at {wave}, {distance} norm"
            " SDs from it.",
            count=close_means, n=len(known_distances), scale=study.scales[code][1].label, wave=wave,
            distance=number_text(printed_distance),
        )  # fmt: skip
    return text
