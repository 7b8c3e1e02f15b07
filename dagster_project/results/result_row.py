"""One result: a number with a name. Belongs here: the row and its id. Does not belong here: computing it."""

import re
from dataclasses import dataclass

from dagster_project.results.errors import ResultsError
from dagster_project.table_spec import ColumnSpec, TableSpec

#: A hyphen at the start is the sign of an answer below zero.
_PART = re.compile(r"-?[A-Za-z0-9][A-Za-z0-9_-]*\Z")


@dataclass(frozen=True)
class ResultRow:
    """One number. `value` is None where it is undefined; `printed` is its text in tables.

    n: number of people. method: how it was computed. unit: of the value. category: for parts of a variable only. note: why
    there is no value, or a remark. df: degrees of freedom of a test or an interval. level: the level of an interval, e.g.
    0.95. role: descriptive, or for inference its role in the plan: primary, secondary, exploratory. family: the family of
    tests it is adjusted with. people_group: the group of people it is of, None for everybody; compared_with: the
    group that it compares them with.
    """

    result_id: str
    analysis: str
    outcome: str
    category: str | None
    wave: str | None
    contrast: str | None
    statistic: str
    value: float | None
    n: int | None
    method: str
    unit: str
    printed: str
    note: str | None = None
    df: float | None = None
    level: float | None = None
    role: str = "descriptive"
    family: str | None = None
    people_group: str | None = None
    compared_with: str | None = None


#: A result, under which plan and when it was computed.
RESULTS_TABLE = TableSpec(
    schema="results",
    name="results",
    key=("result_id",),
    description="Every number that an analysis computed, a row each.",
    columns=(
        ColumnSpec(
            "result_id",
            "text",
            "The number's name, the same in every run: analysis, outcome, category, group, when, statistic.",
            nullable=False,
        ),
        ColumnSpec("analysis", "text", "The analysis that made it."),
        ColumnSpec("outcome", "text", "What it is about: a scale, a participant variable, a service."),
        ColumnSpec("category", "text", "The category or item, where it is about a part of the outcome."),
        ColumnSpec("wave", "text", "The wave, of a number of one wave."),
        ColumnSpec("contrast", "text", "The contrast, of a number of two waves."),
        ColumnSpec("statistic", "text", "The statistic; codebook.estimands has its formula."),
        ColumnSpec("value", "number", "The number; null where it is undefined, and note says why."),
        ColumnSpec("n", "whole", "People behind it."),
        ColumnSpec("method", "text", "How it was reached."),
        ColumnSpec("unit", "text", "Its unit."),
        ColumnSpec("printed", "text", "The number as tables print it."),
        ColumnSpec("note", "text", "Why there is no value, or a remark about the value."),
        ColumnSpec("df", "number", "Degrees of freedom of a test or an interval."),
        ColumnSpec("level", "number", "The level of an interval."),
        ColumnSpec("role", "text", "descriptive, primary, secondary or exploratory."),
        ColumnSpec("family", "text", "The family of tests with which it is adjusted."),
        ColumnSpec("people_group", "text", "The group of people it is of (codebook.groups); null for everybody."),
        ColumnSpec("compared_with", "text", "The group that it compares these people with."),
        ColumnSpec("plan_hash", "text", "The hash of the analysis plan under which it was computed."),
        ColumnSpec("run_id", "text", "The run that first computed this value."),
        ColumnSpec("computed_at", "time", "When, in UTC."),
    ),
)


def result_id(
    analysis: str,
    outcome: str,
    statistic: str,
    *,
    category: str | None = None,
    people_group: str | None = None,
    timepoint: str | None = None,
) -> str:
    """analysis/outcome[/category][/group][/wave or contrast]/statistic, the same on every run.

    Raises ResultsError when a part would make the id ambiguous.
    """
    parts = [part for part in (analysis, outcome, category, people_group, timepoint, statistic) if part is not None]
    for part in parts:
        if not _PART.match(part):
            raise ResultsError(f"{part!r} cannot be part of a result id; use letters, digits, underscores and hyphens")
    return "/".join(parts)
