"""What a figure is. Nothing else belongs here: what draws figures is slow to load."""

from dataclasses import dataclass

from dagster_project.results import Table

#: Columns of results.figures to what they hold.
FIGURES_COLUMNS = {
    "position": "its place among the figures",
    "name": "its stable name",
    "title": "its title",
    "alt": "what it shows, in words, for who does not see it",
    "notes": "how to read it, one note a line",
    "svg": "the drawing, as SVG",
}


@dataclass(frozen=True)
class Figure:
    """A drawn figure. name: stable, for files and anchors. alt: what it shows, in words. table: its numbers, each with its
    result. notes: how to read it. svg: for a page, as it is. png: a small picture; empty where none is needed."""

    name: str
    title: str
    alt: str
    table: Table
    notes: tuple[str, ...]
    svg: str
    png: bytes = b""
