"""Tables and figures that a study declares of its own, of results that are there.

Belongs here: what tables.yaml may contain. Does not belong here: which results match, layout (results/own_tables.py),
drawing (report/figures/).
"""

import re
from collections.abc import Sequence
from string import Formatter
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from dagster_project.study.base import Code, Definition, Text

#: What may make the rows, columns, horizontal axis or series of a table or figure.
Axis = Literal["outcome", "category", "wave", "contrast", "group", "statistic"]


def _as_texts(value: object) -> object:
    """A single code may be written without the list around it."""
    return value if isinstance(value, list | tuple) else [value]


_NAME = re.compile(r"\w+")
Codes = Annotated[tuple[Text, ...], BeforeValidator(_as_texts)]


class ResultChoice(Definition):
    """Results by what they are of; those that fit all of the keys."""

    analysis: Codes = Field(default=(), description="the analysis, e.g. change, or own_ and the name of an analysis file")
    outcome: Codes = Field(default=(), description="the scale, service, measure or variable, e.g. [mood_total, sleep_total]")
    category: Codes = Field(default=(), description="the category or item")
    wave: Codes = Field(default=(), description="the wave, e.g. [T1, T2]")
    contrast: Codes = Field(default=(), description="the contrast, e.g. T1-T2")
    group: Codes = Field(default=(), description="the group of people, by its category")
    statistic: Codes = Field(default=(), description="the statistic, e.g. mean_change")

    @model_validator(mode="after")
    def _says_something(self) -> "ResultChoice":
        if not any(codes for _, codes in self.entries):
            raise ValueError("chooses nothing; give analysis, outcome, category, wave, contrast, group or statistic")
        return self

    @property
    def entries(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Each key with its codes; none of a key that is left out."""
        return tuple((key, getattr(self, key)) for key in type(self).model_fields)


class _OfResults(Definition):
    """What a table and a figure have in common."""

    title: str = Field(description="the title, e.g. Who gained")
    results: tuple[ResultChoice | Text, ...] = Field(
        min_length=1,
        description="the results, by patterns of ids, e.g. own_gain/*/T1-T2/median, or by what they are of, e.g. {analysis:"
        " own_gain, statistic: [median, low, high]}",
    )
    labels: dict[Text, Text] = Field(
        default_factory=dict, description="what codes are called in rows and columns, e.g. {median: Median change}"
    )
    note: str | None = Field(default=None, description="a note below it")


class OwnTable(_OfResults):
    """A table of the study's own."""

    table: Code = Field(description="the table's code, e.g. gains")
    rows: Axis = Field(
        default="outcome", description="what makes a row: outcome, category, wave, contrast, group, statistic"
    )
    columns: Axis = Field(default="statistic", description="what makes a column, by the same words")
    cells: str | None = Field(
        default=None, description="several statistics in a cell, by name, e.g. '{median} [{low}, {high}]'"
    )

    @model_validator(mode="after")
    def _fits(self) -> "OwnTable":
        if self.rows == self.columns:
            raise ValueError(f"table {self.table}: rows and columns are both {self.rows}; give different ones")
        if self.cells is not None and "statistic" in (self.rows, self.columns):
            raise ValueError(
                f"table {self.table}: cells holds several statistics, and rows or columns are statistic; take cells out, or"
                " give columns, e.g. contrast"
            )
        if self.cells is not None and (field := _first_other_field(self.cells)) is not None:
            raise ValueError(
                f"table {self.table}: cells has {field}, which names no statistic; give names in braces, e.g."
                " '{mean} ({sd})', with the decimals that the statistic prints, and {{ }} for braces themselves"
            )
        if self.cells is not None and not self.cell_statistics:
            raise ValueError(f"table {self.table}: cells names no statistic; give e.g. '{{mean}} ({{sd}})'")
        return self

    @property
    def cell_statistics(self) -> tuple[str, ...]:
        """The statistics that stand in a cell, in their order; none where cells are of one statistic."""
        return tuple(name for _, name, _, _ in Formatter().parse(self.cells or "") if name)


class OwnFigure(_OfResults):
    """A figure of the study's own."""

    figure: Code = Field(description="the figure's code, e.g. gains")
    kind: Literal["points", "bars", "lines"] = Field(
        description="points, bars or lines, each with the interval of its statistic where that has limits"
    )
    x: Axis = Field(description="what its points stand along: wave, contrast, outcome, category, group or statistic")
    series: Axis | None = Field(default=None, description="what is told apart by colour and shape, by the same words")

    @model_validator(mode="after")
    def _fits(self) -> "OwnFigure":
        if self.x == self.series:
            raise ValueError(f"figure {self.figure}: x and series are both {self.x}; give different ones")
        return self


class OwnTables(Definition):
    """tables.yaml: tables and figures of the study's own"""

    tables: tuple[OwnTable, ...] = Field(default=(), description="the tables, in order")
    figures: tuple[OwnFigure, ...] = Field(default=(), description="the figures, in order")

    @model_validator(mode="after")
    def _names_differ(self) -> "OwnTables":
        for noun, names in (
            ("tables", [table.table for table in self.tables]),
            ("figures", [figure.figure for figure in self.figures]),
        ):
            if duplicate := _first_duplicate(names):
                raise ValueError(f"two {noun} are called {duplicate}; rename one of them")
        return self


def _first_other_field(cells: str) -> str | None:
    """The first braces of a pattern that hold something else than a name, None where all hold one."""
    for _, name, form, conversion in Formatter().parse(cells):
        if name is not None and (form or conversion or not _NAME.fullmatch(name)):
            words = f"!{conversion}" if conversion else ""
            return f"{{{name}{words}{f':{form}' if form else ''}}}"
    return None


def _first_duplicate(names: Sequence[str]) -> str | None:
    return next((name for name in names if names.count(name) > 1), None)
