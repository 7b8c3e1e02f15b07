"""Changes side by side, by the plan's effect size and the other named ones. Nothing else belongs here."""

import math
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from dagster_project.languages import gettext, gettext_noop, in_series, ngettext, number_text
from dagster_project.report.figure import Figure, PersonScore
from dagster_project.report.figures.drawing import (
    BLUE,
    GREEN,
    MUTED,
    ORANGE,
    PURPLE,
    RED,
    canvas,
    finish,
    name_rows,
    shorten,
)
from dagster_project.results import (
    Cell,
    Column,
    Numbers,
    ResultRow,
    Row,
    Table,
    direction_of,
    direction_words,
    outcome_sections,
    result_id,
)
from dagster_project.study import Study

NAME, TITLE = "forest", gettext_noop("Change by named effect size, with 95 % intervals")
_PANEL_ROWS = 60


def plan(study: Study, results: Mapping[str, ResultRow]) -> tuple[str, Table, Any] | None:
    """The name, the numbers, and what draws them; None where the study declares no contrast."""
    contrasts = [contrast.contrast for contrast in study.protocol.contrasts]
    if not contrasts:
        return None
    numbers, names = Numbers(results.values()), _names(study)
    rows: list[Row] = []
    for heading, code, label in outcome_sections(study):
        if heading:
            rows.append(Row(heading))
        cells: list[Cell] = []
        for contrast in contrasts:
            cells.append(numbers.cell("{}", result_id("change", code, "n", timepoint=contrast)))
            for name in names:
                ids = [
                    result_id("change", code, f"{name}{end}", timepoint=contrast) for end in ("", "_ci95_low", "_ci95_high")
                ]
                cells.append(numbers.cell("{} [{}, {}]", *ids))
        rows.append(Row(label, tuple(cells)))
    columns = [Column(name, contrast) for contrast in contrasts for name in ("n", *names)]
    table = Table("", NAME, gettext(TITLE), tuple(columns), tuple(rows))
    return NAME, table, partial(_draw, study, results, table)


def _names(study: Study) -> list[str]:
    """The plan's effect size first, then the others of its kind."""
    headline = study.protocol.plan.headline
    return [
        headline,
        *(name for name in (f"{headline[0]}_{kind}" for kind in ("baseline", "z", "av", "rm")) if name != headline),
    ]


def _draw(study: Study, results: Mapping[str, ResultRow], table: Table, people: Sequence[PersonScore]) -> Figure:
    names = _names(study)
    contrasts = [contrast.contrast for contrast in study.protocol.contrasts]
    sections = list(outcome_sections(study))[:_PANEL_ROWS]
    labels: list[tuple[float, str]] = []
    scale_rows: list[tuple[float, str]] = []
    height = 0.0
    for heading, code, label in sections:
        if heading:
            height += 1.3
            labels.append((height, shorten(heading, 60)))
        height += 1
        better = " ↓" if study.scales[code][1].better == "low" else ""
        scale_rows.append((height, code))
        labels.append((height, f"   {shorten(label, 42)}{better}"))
    figure_canvas = canvas(3.0 + 3.1 * len(contrasts), 0.17 * height + 1.0)
    panels = figure_canvas.subplots(1, len(contrasts), sharey=True, sharex=True, squeeze=False)[0]
    for axes, contrast in zip(panels, contrasts, strict=True):
        axes.axvline(0, color=MUTED, linewidth=0.8)
        for y, code in scale_rows:
            value, low, high = (
                _value(results, code, f"{names[0]}{end}", contrast) for end in ("", "_ci95_low", "_ci95_high")
            )
            if not math.isfinite(value):
                continue
            excludes = math.isfinite(low) and (low > 0) == (high > 0)
            colour = RED if excludes else BLUE
            if math.isfinite(low) and math.isfinite(high):
                axes.plot([low, high], [y, y], color=colour, linewidth=1.3)
            axes.plot(
                [value], [y], marker="s", markersize=4.2, color=colour, markerfacecolor=colour if excludes else "white"
            )
        for name, marker, colour in zip(names[1:], ("^", "D", "x"), (GREEN, PURPLE, ORANGE), strict=False):
            points = [(y, _value(results, code, name, contrast)) for y, code in scale_rows]
            axes.plot(
                [value for _, value in points], [y + 0.28 for y, _ in points], linestyle="none", marker=marker,
                markersize=2.6, color=colour, markerfacecolor="none", markeredgewidth=0.7, label=name,
            )  # fmt: skip
        axes.set_title(f"{contrast}: {direction_of(study, contrast)}", loc="left")
        axes.set_xlabel(gettext("{size} [95 % CI]", size=names[0]))
        axes.spines["left"].set_visible(False)
        axes.grid(axis="x", color="#e6e9ee", linewidth=0.6)
        axes.set_axisbelow(True)
    name_rows(panels, [y for y, _ in labels], [text for _, text in labels])
    headings = {y for y, _ in labels} - {y for y, _ in scale_rows}
    for (y, _), label in zip(labels, panels[0].get_yticklabels(), strict=True):
        label.set_fontweight("bold" if y in headings else "normal")
    if scale_rows:
        panels[0].set_ylim(height + 0.8, 0.3)
        handles, legend_labels = panels[-1].get_legend_handles_labels()
        figure_canvas.legend(
            handles, legend_labels, loc="outside lower right", ncols=len(handles), frameon=False, fontsize=7,
            handletextpad=0.2,
        )  # fmt: skip
    notes = [
        gettext(
            "Square and bar: {size} with its 95 % interval, filled where it excludes zero. Small marks: {sizes}.",
            size=names[0],
            sizes=", ".join(names[1:]),
        ),
        gettext(
            "A scale marked ↓ is better when low. {directions}: to the right of zero, scores fell or rose as that says.",
            directions=in_series(direction_words(study, contrast) for contrast in contrasts),
        ),
    ]
    if len(study.protocol.outcomes) > _PANEL_ROWS:
        notes.append(
            gettext(
                "The first {count} of {n} scales are drawn; the table lists all of them.",
                count=_PANEL_ROWS,
                n=len(study.protocol.outcomes),
            )
        )
    return finish(NAME, gettext(TITLE), _alt(study, results, names[0]), table, notes, figure_canvas)


def _value(results: Mapping[str, ResultRow], code: str, statistic: str, contrast: str) -> float:
    row = results.get(result_id("change", code, statistic, timepoint=contrast))
    return math.nan if row is None or row.value is None else row.value


def _alt(study: Study, results: Mapping[str, ResultRow], name: str) -> str:
    sentences = []
    contrasts = [contrast.contrast for contrast in study.protocol.contrasts]
    for contrast in contrasts:
        sizes = {code: _value(results, code, name, contrast) for code in study.protocol.outcomes}
        known_sizes = {code: size for code, size in sizes.items() if math.isfinite(size)}
        if not known_sizes:
            sentences.append(gettext("{contrast}: no effect size can be computed.", contrast=contrast))
            continue
        ends = {
            code: [_value(results, code, f"{name}_ci95_{end}", contrast) for end in ("low", "high")] for code in known_sizes
        }
        excluding = sum(low > 0 or high < 0 for low, high in ends.values())
        largest = max(known_sizes, key=lambda code: abs(known_sizes[code]))
        printed_size = results[result_id("change", largest, name, timepoint=contrast)].printed
        sentences.append(
            ngettext(
                "{contrast}: {n} of {count} intervals of {size} excludes zero; the largest is {scale}, {value}.",
                "{contrast}: {n} of {count} intervals of {size} exclude zero; the largest is {scale}, {value}.",
                excluding,
                contrast=contrast,
                count=len(known_sizes),
                size=name,
                scale=study.scales[largest][1].label,
                value=number_text(printed_size),
            )
        )
    return " ".join(sentences)
