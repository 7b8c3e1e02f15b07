"""A figure as SVG and as a small picture. Belongs here: matplotlib, colours, one path for many lines. Does not belong here:
what is drawn.

The colours are Okabe and Ito's, which people with any colour vision can tell apart; shapes and positions carry the same
information without colour.
"""

import io
import re
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure as Canvas
from matplotlib.patches import PathPatch
from matplotlib.path import Path as Outline
from matplotlib.ticker import ScalarFormatter

from dagster_project.languages import ENGLISH, number_text, spoken_language
from dagster_project.report.figure import Figure
from dagster_project.results import Table

BLACK, ORANGE, SKY, GREEN, YELLOW, BLUE, RED, PURPLE = (
    "#000000", "#e69f00", "#56b4e9", "#009e73", "#f0e442", "#0072b2", "#d55e00", "#cc79a7",
)  # fmt: skip
INK, MUTED, FAINT, BAND = "#1b1f24", "#5a6270", "#9aa2ad", "#dfe6ee"
#: Dots per inch of the pictures that Dagster shows.
_THUMBNAIL_DPI = 60
_STYLE = {
    "svg.fonttype": "none",
    "svg.hashsalt": "wavehouse",
    "font.family": "sans-serif",
    "font.sans-serif": ["Helvetica", "Arial", "DejaVu Sans"],
    "font.size": 8,
    # Labels are a study's own words; a dollar sign in one is a dollar sign.
    "text.parse_math": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "axes.titlesize": 8,
    "axes.linewidth": 0.6,
    "path.simplify": False,
}


def canvas(width: float, height: float) -> Canvas:
    """An empty figure of this size in inches."""
    return Canvas(figsize=(width, height), layout="constrained")


def style() -> AbstractContextManager[None]:
    """The style of all figures, as a context."""
    return rc_context(_STYLE)  # type: ignore[arg-type]


def finish(name: str, title: str, alt: str, table: Table, notes: Iterable[str], figure_canvas: Canvas) -> Figure:
    """The figure as SVG (the same bytes from the same numbers) and as a small PNG."""
    _localise(figure_canvas)
    # Laid out once for both formats: `savefig` would draw each of them twice.
    FigureCanvasAgg(figure_canvas)
    if (layout := figure_canvas.get_layout_engine()) is not None:
        layout.execute(figure_canvas)
    figure_canvas.set_layout_engine("none")
    target = io.StringIO()
    FigureCanvasSVG(figure_canvas).print_svg(target, metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    svg = target.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r"<!--.*?-->\n?", "", svg, flags=re.DOTALL)
    svg = re.sub(r"(-?\d+\.\d{2})\d+", r"\1", svg)
    # All figures stand in one page: their ids must differ.
    svg = re.sub(r'\bid="([^"]+)"', rf'id="{name}-\1"', svg)
    svg = re.sub(r"url\(#([^)]+)\)", rf"url(#{name}-\1)", svg)
    svg = re.sub(r'xlink:href="#([^"]+)"', rf'xlink:href="#{name}-\1"', svg)
    svg = re.sub(r'<svg [^>]*?viewBox="([^"]+)"[^>]*>', lambda match: _start_tag(name, match[1], title, alt), svg, count=1)
    return Figure(name, title, alt, table, tuple(notes), svg.strip(), thumbnail(figure_canvas))


class _SpokenNumbers(ScalarFormatter):
    """Numbers at an axis, with the decimal mark of the language that is spoken."""

    def __call__(self, x: float, pos: int | None = None) -> str:
        return number_text(super().__call__(x, pos))


def _localise(figure_canvas: Canvas) -> None:
    """Write the numbers at all axes as the language does."""
    if spoken_language() == ENGLISH:
        return
    for axes in figure_canvas.get_axes():
        for axis in (axes.xaxis, axes.yaxis):
            if type(axis.get_major_formatter()) is ScalarFormatter:
                axis.set_major_formatter(_SpokenNumbers())


def _start_tag(name: str, view_box: str, title: str, alt: str) -> str:
    # A page shows it no wider than its letters can bear: page.css reads the width.
    width = view_box.split()[2]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="{view_box}"'
        f' style="--width: {width}pt" role="img"'
        f' aria-labelledby="{name}-title {name}-alt"><title id="{name}-title">{_escape(title)}</title>'
        f'<desc id="{name}-alt">{_escape(alt)}</desc>'
    )


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def thumbnail(figure_canvas: Canvas) -> bytes:
    """A PNG that is small enough for Dagster's pages."""
    target = io.BytesIO()
    figure_canvas.set_dpi(_THUMBNAIL_DPI)
    FigureCanvasAgg(figure_canvas).print_png(target, metadata={"Software": None})
    return target.getvalue()


def lines(axes: Axes, points: Sequence[Sequence[tuple[float, float]]], colour: str, width: float, alpha: float) -> None:
    """Many lines as one path, which takes a fraction of the bytes."""
    vertices: list[tuple[float, float]] = []
    codes: list[np.uint8] = []
    for line in points:
        if len(line) > 1:
            vertices += line
            codes += [Outline.MOVETO, *[Outline.LINETO] * (len(line) - 1)]
    if vertices:
        axes.add_patch(PathPatch(Outline(vertices, codes), fill=False, edgecolor=colour, linewidth=width, alpha=alpha))


def boxes(axes: Axes, rectangles: Sequence[tuple[float, float, float, float]], colour: str) -> None:
    """Many rectangles (left, bottom, width, height) as one path."""
    vertices: list[tuple[float, float]] = []
    codes: list[np.uint8] = []
    for x, y, width, height in rectangles:
        right, top = x + width, y + height
        vertices += [(x, y), (right, y), (right, top), (x, top), (x, y)]
        codes += [Outline.MOVETO, Outline.LINETO, Outline.LINETO, Outline.LINETO, Outline.CLOSEPOLY]
    if vertices:
        axes.add_patch(PathPatch(Outline(vertices, codes), facecolor=colour, edgecolor="white", linewidth=0.3))


def name_rows(panels: Sequence[Axes], positions: Sequence[float], names: Sequence[str], **properties: Any) -> None:
    """Label the rows that panels side by side share, at the first panel only: layout of the others' axes would be wasted."""
    panels[0].set_yticks(positions, names, **properties)
    panels[0].tick_params(axis="y", length=0)
    for axes in panels[1:]:
        axes.yaxis.set_visible(False)


def shorten(text: str, max_length: int) -> str:
    """A label of at most max_length characters; the table has the whole label."""
    return text if len(text) <= max_length else text[: max_length - 1].rstrip() + "…"
