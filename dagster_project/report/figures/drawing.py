"""A figure as SVG and as a small picture. Belongs here: matplotlib, colours, one path for many lines. Does not belong here:
what is drawn.

Colours: Okabe and Ito's, which people with any colour vision tell apart; shapes and positions say the same without colour.
"""

import io
import re
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure as Canvas
from matplotlib.patches import PathPatch
from matplotlib.path import Path as Outline

from dagster_project.report.figure import Figure
from dagster_project.results import Table

BLACK, ORANGE, SKY, GREEN, YELLOW, BLUE, RED, PURPLE = (
    "#000000", "#e69f00", "#56b4e9", "#009e73", "#f0e442", "#0072b2", "#d55e00", "#cc79a7",
)  # fmt: skip
INK, MUTED, FAINT, BAND = "#1b1f24", "#5a6270", "#9aa2ad", "#dfe6ee"
#: Dots an inch of the pictures that Dagster shows.
_SMALL = 60
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
    """An empty figure; inches."""
    return Canvas(figsize=(width, height), layout="constrained")


def style() -> rc_context:
    """The house's style, for as long as something is drawn."""
    return rc_context(_STYLE)  # type: ignore[arg-type]


def finish(name: str, title: str, alt: str, table: Table, notes: Iterable[str], drawn: Canvas) -> Figure:
    """The figure as SVG (the same bytes from the same numbers) and as a small PNG."""
    # Laid out once, then drawn once as SVG and once as a picture: `savefig` would draw each of them twice.
    FigureCanvasAgg(drawn)
    drawn.get_layout_engine().execute(drawn)
    drawn.set_layout_engine("none")
    target = io.StringIO()
    FigureCanvasSVG(drawn).print_svg(target, metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    svg = target.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r"<!--.*?-->\n?", "", svg, flags=re.DOTALL)
    svg = re.sub(r"(-?\d+\.\d{2})\d+", r"\1", svg)
    # Ids stand in one page together with other figures'.
    svg = re.sub(r'\bid="([^"]+)"', rf'id="{name}-\1"', svg)
    svg = re.sub(r"url\(#([^)]+)\)", rf"url(#{name}-\1)", svg)
    svg = re.sub(r'xlink:href="#([^"]+)"', rf'xlink:href="#{name}-\1"', svg)
    svg = re.sub(r'<svg [^>]*?viewBox="([^"]+)"[^>]*>', lambda found: _opening(name, found[1], title, alt), svg, count=1)
    return Figure(name, title, alt, table, tuple(notes), svg.strip(), thumbnail(drawn))


def _opening(name: str, box: str, title: str, alt: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="{box}" role="img"'
        f' aria-labelledby="{name}-title {name}-alt"><title id="{name}-title">{_escaped(title)}</title>'
        f'<desc id="{name}-alt">{_escaped(alt)}</desc>'
    )


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def thumbnail(drawn: Canvas) -> bytes:
    """A PNG small enough for Dagster's pages."""
    target = io.BytesIO()
    drawn.set_dpi(_SMALL)
    FigureCanvasAgg(drawn).print_png(target, metadata={"Software": None})
    return target.getvalue()


def lines(axes: Axes, points: Sequence[Sequence[tuple[float, float]]], colour: str, width: float, alpha: float) -> None:
    """Many lines as one path, which a page holds in a fraction of the room."""
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
    for left, bottom, width, height in rectangles:
        right, top = left + width, bottom + height
        vertices += [(left, bottom), (right, bottom), (right, top), (left, top), (left, bottom)]
        codes += [Outline.MOVETO, Outline.LINETO, Outline.LINETO, Outline.LINETO, Outline.CLOSEPOLY]
    if vertices:
        axes.add_patch(PathPatch(Outline(vertices, codes), facecolor=colour, edgecolor="white", linewidth=0.3))


def name_rows(panels: Sequence[Axes], places: Sequence[float], names: Sequence[str], **look: Any) -> None:
    """Name the rows that panels side by side share, at the first of them: the others' axes would be laid out for nothing."""
    panels[0].set_yticks(places, names, **look)
    panels[0].tick_params(axis="y", length=0)
    for axes in panels[1:]:
        axes.yaxis.set_visible(False)


def shortened(text: str, most: int) -> str:
    """A label that fits; the table has all of it."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"
