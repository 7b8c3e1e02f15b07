"""The figures of a public release: drawn from its printed numbers alone.

Belongs here: which of the team's figures are drawn once more from public numbers, and the figure of change. Does not belong
here: how the team's are drawn (report/figures), which numbers are public (public_results.py).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from dagster_project.disclosure.brackets import MARK
from dagster_project.languages import gettext, in_series, number_text
from dagster_project.results import ResultRow, has_norm_of_outcomes, main_norm_notes, result_id
from dagster_project.study import Study

#: What the figures of scores over time are drawn from. No person, no quartile, no minimum or maximum is among it.
_DRAWN_ANALYSES = ("summary", "summary_by_group", "norm")
_FIGURES_OF_SCORES = ("trajectories", "group_trajectories")


@dataclass(frozen=True)
class PublicFigure:
    """A drawing: its name, title, alternative text, SVG, and how it is read."""

    name: str
    title: str
    alt: str
    svg: str
    note: str = ""


def public_figures(study: Study, rows: Mapping[str, ResultRow]) -> list[PublicFigure]:
    """The figures that have something to show. rows: the public results."""
    change = change_figure(study, rows)
    return [*_figures_of_scores(study, rows), *([change] if change is not None else [])]


def _figures_of_scores(study: Study, rows: Mapping[str, ResultRow]) -> list[PublicFigure]:
    """The means over time, of everybody and of groups, with their intervals."""
    printed_rows = {
        identifier: row for identifier, row in rows.items() if row.analysis in _DRAWN_ANALYSES and row.printed != MARK
    }
    if not any(row.analysis != "norm" for row in printed_rows.values()):
        return []
    # The plotting library is slow to come; the run has it already.
    from dagster_project.report.figures import draw_figures

    reading = gettext("Dot and bar: mean with its 95 % interval, as printed in the tables; a hidden mean has none.")
    return [
        PublicFigure(figure.name, figure.title, figure.alt, figure.svg, reading + _norm_words(study, figure.name))
        for figure in draw_figures(study, printed_rows, [])
        if figure.name in _FIGURES_OF_SCORES
    ]


def _norm_words(study: Study, name: str) -> str:
    if name != "trajectories" or not has_norm_of_outcomes(study):
        return ""
    norm = gettext("Broken line and grey band: norm mean and one norm SD to either side.")
    return " ".join(("", norm, *main_norm_notes(study)))


@dataclass(frozen=True)
class _Bar:
    label: str
    low: float
    mean: float
    high: float
    text: str


def change_figure(study: Study, rows: Mapping[str, ResultRow]) -> PublicFigure | None:
    """The mean changes with their intervals, in SDs of change, as printed; None where none is public."""
    bars = [
        bar
        for contrast in study.protocol.contrasts
        for code in study.protocol.outcomes
        if (bar := _bar(study, rows, code, contrast.contrast)) is not None
    ]
    if not bars:
        return None
    sentences = in_series(f"{bar.label} {bar.text}" for bar in bars)
    alt = gettext("Mean change divided by the SD of change, with 95 % intervals: {changes}.", changes=sentences)
    title = gettext("Change over time, in SDs of change")
    return PublicFigure("change", title, alt, _drawing(bars, title, alt))


def _bar(study: Study, rows: Mapping[str, ResultRow], code: str, contrast: str) -> _Bar | None:
    ids = [
        result_id("change", code, name, timepoint=contrast) for name in ("ci95_low", "mean_change", "ci95_high", "sd_change")
    ]
    values = [rows[identifier].value for identifier in ids if identifier in rows]
    numbers = [value for value in values if value is not None]
    if len(numbers) < len(ids) or numbers[3] <= 0:
        return None
    low, mean, high = (number / numbers[3] for number in numbers[:3])
    text = number_text(f"{mean:.1f} [{low:.1f}, {high:.1f}]".replace("-", "−"))
    return _Bar(f"{study.scales[code][1].label}, {contrast}", low, mean, high, text)


def _drawing(bars: Sequence[_Bar], title: str, alt: str) -> str:
    """A forest plot. No plotting library: it would take longer than all else that is public."""
    start, end, line = 290, 690, 26
    lowest, highest = min(0.0, *(bar.low for bar in bars)), max(0.0, *(bar.high for bar in bars))
    scale = (end - start) / ((highest - lowest) or 1.0)

    def position(value: float) -> float:
        return round(start + (value - lowest) * scale, 1)

    height = line * len(bars) + 30
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 820 {height}" role="img" font-family="sans-serif"'
        f' font-size="13"><title>{escape(title)}</title><desc>{escape(alt)}</desc>',
        f'<line x1="{position(0)}" x2="{position(0)}" y1="8" y2="{height - 20}" stroke="#9aa2ad"/>',
    ]
    for index, bar in enumerate(bars):
        y = line * index + 22
        parts.append(f'<text x="{start - 12}" y="{y + 4}" text-anchor="end">{escape(bar.label)}</text>')
        parts.append(
            f'<line x1="{position(bar.low)}" x2="{position(bar.high)}" y1="{y}" y2="{y}" stroke="#0b5394" stroke-width="2"/>'
        )
        parts.append(f'<circle cx="{position(bar.mean)}" cy="{y}" r="4" fill="#0b5394"/>')
        parts.append(f'<text x="{end + 12}" y="{y + 4}">{escape(bar.text)}</text>')
    parts.append(f'<text x="{position(0)}" y="{height - 5}" text-anchor="middle">0</text></svg>')
    return "\n".join(parts)
