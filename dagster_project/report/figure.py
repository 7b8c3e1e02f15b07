"""What a figure is. Nothing else belongs here: what draws figures is slow to load."""

from dataclasses import dataclass
from typing import Protocol

from dagster_project.results import Table
from dagster_project.table_spec import ColumnSpec, TableSpec

FIGURES_TABLE = TableSpec(
    schema="results",
    name="figures",
    key=("position",),
    description="The figures of the page.",
    columns=(
        ColumnSpec("position", "whole", "its place among the figures", nullable=False),
        ColumnSpec("name", "text", "its stable name"),
        ColumnSpec("title", "text", "its title"),
        ColumnSpec("alt", "text", "what it shows, in words, for who does not see it"),
        ColumnSpec("notes", "text", "how to read it, one note a line"),
        ColumnSpec("svg", "text", "the drawing, as SVG"),
    ),
)


class Drawing(Protocol):
    """A figure: its title, alternative text and SVG."""

    @property
    def name(self) -> str: ...

    @property
    def title(self) -> str: ...

    @property
    def alt(self) -> str: ...

    @property
    def svg(self) -> str: ...


@dataclass(frozen=True)
class PersonScore:
    """A score of one person in one wave, to be drawn as a faint line."""

    participant_id: str
    wave: str
    scale: str
    score: float


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
