"""Who returned each wave, and why scores are missing. Nothing else belongs here."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from matplotlib.axes import Axes
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from dagster_project.languages import gettext, gettext_noop, ngettext
from dagster_project.report.figure import Figure, PersonScore
from dagster_project.report.figures.drawing import (
    BLACK,
    BLUE,
    FAINT,
    GREEN,
    ORANGE,
    PURPLE,
    RED,
    SKY,
    YELLOW,
    boxes,
    canvas,
    finish,
    name_rows,
    shorten,
)
from dagster_project.results import MISSING_REASON_HEADINGS, Numbers, ResultRow, Table, ledger_table, result_id
from dagster_project.study import Study

NAME, TITLE = "returns", gettext_noop("Who returned each wave, and why scores are missing")
#: In the order of the legend; neighbours differ in lightness, so that grey print tells them apart, too.
_COLOURS = {
    "score": SKY, "wave_not_returned": RED, "withdrawn": BLACK, "too_few_items": YELLOW, "blank": GREEN, "refused": PURPLE,
    "returned_blank": "#f4a6a0", "not_asked": FAINT, "valid_skip": "#8a95a3", "not_in_wave": "#d0d5dc", "invalid": ORANGE,
    "column_absent": BLUE, "not_planned": "#efece2",
}  # fmt: skip
_MOST_SCALES = 40


def plan(study: Study, results: Mapping[str, ResultRow]) -> tuple[str, Table, Any]:
    """The name, the numbers, and what draws them."""
    table = replace(ledger_table(study, Numbers(results.values())), name=NAME)
    return NAME, table, partial(_draw, study, results, table)


def _draw(study: Study, results: Mapping[str, ResultRow], table: Table, people: Sequence[PersonScore]) -> Figure:
    waves = [wave.wave for wave in study.protocol.waves]
    outcomes = list(study.protocol.outcomes)
    codes = outcomes[:_MOST_SCALES]
    roster = _count(results, "flow", "roster", "n", None)
    figure_canvas = canvas(2.6 + 1.9 * len(waves), 0.17 * (len(codes) + len(waves)) + 1.7)
    canvases: Any = figure_canvas.subfigures(2, 1, height_ratios=[0.17 * len(waves) + 0.5, 0.17 * len(codes) + 0.9])
    returns_canvas, reasons_canvas = canvases
    _draw_returns(returns_canvas.subplots(), results, waves, roster)
    panels = reasons_canvas.subplots(1, len(waves), sharey=True, sharex=True, squeeze=False)[0]
    drawn_reasons: dict[str, None] = {}
    for axes, wave in zip(panels, waves, strict=True):
        rectangles: dict[str, list[tuple[float, float, float, float]]] = {}
        for index, code in enumerate(codes):
            start = 0.0
            for reason in ("score", *MISSING_REASON_HEADINGS):
                count = _count(results, "summary", code, "n" if reason == "score" else f"missing_{reason}", wave)
                if count:
                    rectangles.setdefault(reason, []).append((start, index - 0.4, count, 0.8))
                    start += count
        for reason, reason_rectangles in rectangles.items():
            boxes(axes, reason_rectangles, _COLOURS[reason])
            drawn_reasons[reason] = None
        axes.set_title(wave, loc="left")
        axes.set_xlim(0, max(roster, 1))
        axes.set_ylim(len(codes) - 0.4, -0.6)
        axes.set_xlabel(gettext("people"))
        axes.xaxis.set_major_locator(MaxNLocator("auto", integer=True))
    name_rows(panels, range(len(codes)), [shorten(study.scales[code][1].label, 42) for code in codes])
    order = [reason for reason in _COLOURS if reason in drawn_reasons]
    handles = [Patch(facecolor=_COLOURS[reason], edgecolor="white") for reason in order]
    legend_labels = [
        gettext("with a score") if reason == "score" else gettext(MISSING_REASON_HEADINGS[reason]) for reason in order
    ]
    if handles:
        reasons_canvas.legend(
            handles, legend_labels, loc="outside lower center", ncols=min(5, len(handles)), frameon=False, fontsize=7
        )
    notes = [
        gettext(
            "Above: people of the roster by whether they returned each wave. Below: people by whether they have a score, and"
            " the one reason why not."
        )
    ]
    if len(outcomes) > len(codes):
        notes.append(
            gettext(
                "The first {count} of {n} scales are drawn; the table lists all of them.", count=len(codes), n=len(outcomes)
            )
        )
    return finish(NAME, gettext(TITLE), _alt(study, results, roster), table, notes, figure_canvas)


def _draw_returns(axes: Axes, results: Mapping[str, ResultRow], waves: Sequence[str], roster: int) -> None:
    parts = {
        "n": ("score", gettext("returned")), "n_returned_blank": ("returned_blank", gettext("returned blank")),
        "n_not_returned": ("wave_not_returned", gettext("not returned")), "n_withdrawn": ("withdrawn", gettext("withdrawn")),
        "n_not_planned": ("not_planned", gettext("not planned")),
    }  # fmt: skip
    for index, wave in enumerate(waves):
        start = 0.0
        for statistic, (state, label) in parts.items():
            count = _count(results, "flow", "returns", statistic, wave)
            if count:
                boxes(axes, [(start, index - 0.4, count, 0.8)], _COLOURS[state])
                if count > 0.12 * roster:
                    box = {"facecolor": "white", "edgecolor": "none", "pad": 1.2}
                    axes.text(start + count / 2, index, f"{count} {label}", ha="center", va="center", fontsize=7, bbox=box)
                start += count
    axes.set_xlim(0, max(roster, 1))
    axes.set_ylim(len(waves) - 0.4, -0.6)
    axes.xaxis.set_major_locator(MaxNLocator("auto", integer=True))
    axes.set_yticks(range(len(waves)), waves)
    axes.tick_params(axis="y", length=0)
    axes.set_title(gettext("Returned, of {roster} on the roster", roster=roster), loc="left")


def _count(results: Mapping[str, ResultRow], analysis: str, outcome: str, statistic: str, wave: str | None) -> int:
    row = results.get(result_id(analysis, outcome, statistic, timepoint=wave))
    return 0 if row is None or row.value is None else int(row.value)


def _alt(study: Study, results: Mapping[str, ResultRow], roster: int) -> str:
    waves = [wave.wave for wave in study.protocol.waves]
    return_counts = {wave: _count(results, "flow", "returns", "n", wave) for wave in waves}
    not_planned = {wave: _count(results, "flow", "returns", "n_not_planned", wave) for wave in waves}
    shares = {
        wave: gettext("{count} of the {n} for whom it was planned", count=count, n=roster - not_planned[wave])
        if not_planned[wave]
        else str(count)
        for wave, count in return_counts.items()
    }
    returns = ", ".join(gettext("{count} returned {wave}", count=share, wave=wave) for wave, share in shares.items())
    text = ngettext(
        "Of {n} person on the roster, {returns}.", "Of {n} people on the roster, {returns}.", roster, returns=returns
    )
    score_counts = {
        (code, wave): _count(results, "summary", code, "n", wave) for code in study.protocol.outcomes for wave in waves
    }  # fmt: skip
    # Of those who returned a wave, people lack no score of a scale that was not planned for them, or not in the wave.
    missing_scores = {
        (code, wave): return_counts[wave] + not_planned[wave] - count
        - sum(_count(results, "summary", code, f"missing_{reason}", wave) for reason in ("not_planned", "not_in_wave"))
        for (code, wave), count in score_counts.items()
    }  # fmt: skip
    if missing_scores and max(missing_scores.values()) > 0:
        code, wave = max(missing_scores, key=lambda cell: missing_scores[cell])
        text += " " + gettext(
            "Of those who returned, most lack a score of {scale} at {wave}: {count}.",
            scale=study.scales[code][1].label, wave=wave, count=missing_scores[code, wave],
        )  # fmt: skip
    elif missing_scores:
        text += " " + gettext("Everybody who returned a wave has a score of every scale in it.")
    return text
