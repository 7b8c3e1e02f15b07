"""Results as analysis results data (ARD): one row a statistic, in the columns of CDISC's Analysis Results Standard as R's
`cards` lays them out, with our result id added.

Belongs here: the layout. Does not belong here: writing files (report/).
"""

from collections.abc import Iterable
from typing import TypedDict

from dagster_project.results.result_row import ResultRow
from dagster_project.table_spec import ColumnSpec, TableSpec

ARD_TABLE = TableSpec(
    schema="",
    name="ard",
    key=("result_id",),
    description="One row a statistic, as analysis results data.",
    columns=(
        ColumnSpec("group1", "text", "what the rows are grouped by: wave or contrast; empty for neither"),
        ColumnSpec("group1_level", "text", "which wave or contrast"),
        ColumnSpec("variable", "text", "the outcome: a scale, a variable of the roster, a service"),
        ColumnSpec("variable_level", "text", "the category or item, for a part of the variable"),
        ColumnSpec("context", "text", "the analysis"),
        ColumnSpec("stat_name", "text", "the statistic"),
        ColumnSpec("stat_label", "text", "how it was made"),
        ColumnSpec("stat", "number", "its value; empty where it is undefined"),
        ColumnSpec("stat_fmt", "text", "its value as tables print it"),
        ColumnSpec("unit", "text", "its unit"),
        ColumnSpec("n", "whole", "people behind it"),
        ColumnSpec("df", "number", "degrees of freedom"),
        ColumnSpec("level", "number", "the level of an interval"),
        ColumnSpec("role", "text", "descriptive, primary, secondary or exploratory"),
        ColumnSpec("family", "text", "the family of tests it is adjusted with"),
        ColumnSpec("warning", "text", "a remark, or why there is no value"),
        ColumnSpec("result_id", "text", "its id in results.results", nullable=False),
        ColumnSpec("plan_hash", "text", "the analysis plan it follows"),
    ),
)


class ArdRow(TypedDict):
    """A statistic; its columns, in the order of files, are described in ARD_TABLE."""

    group1: str | None
    group1_level: str | None
    variable: str
    variable_level: str | None
    context: str
    stat_name: str
    stat_label: str
    stat: float | None
    stat_fmt: str
    unit: str
    n: int | None
    df: float | None
    level: float | None
    role: str
    family: str | None
    warning: str | None
    result_id: str
    plan_hash: str


def ard_rows(results: Iterable[ResultRow], plan_hash: str) -> list[ArdRow]:
    """One row a result."""
    return [
        {
            "group1": "wave" if result.wave is not None else "contrast" if result.contrast is not None else None,
            "group1_level": result.wave or result.contrast, "variable": result.outcome, "variable_level": result.category,
            "context": result.analysis, "stat_name": result.statistic, "stat_label": result.method, "stat": result.value,
            "stat_fmt": result.printed, "unit": result.unit, "n": result.n, "df": result.df, "level": result.level,
            "role": result.role, "family": result.family, "warning": result.note, "result_id": result.result_id,
            "plan_hash": plan_hash,
        }
        for result in results
    ]  # fmt: skip
