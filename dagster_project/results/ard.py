"""Results as analysis results data (ARD): one row a statistic, in the columns of CDISC's Analysis Results Standard as R's
`cards` lays them out, with our result id added.

Belongs here: the layout. Does not belong here: writing files (report/).
"""

from collections.abc import Iterable
from typing import Any

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


def ard_rows(results: Iterable[ResultRow], plan_hash: str) -> list[dict[str, Any]]:
    """One dictionary a result, with the columns of ARD_TABLE in their order."""
    rows = []
    for result in results:
        group = "wave" if result.wave is not None else "contrast" if result.contrast is not None else None
        values = (
            group, result.wave or result.contrast, result.outcome, result.category, result.analysis, result.statistic,
            result.method, result.value, result.printed, result.unit, result.n, result.df, result.level, result.role,
            result.family, result.note, result.result_id, plan_hash,
        )  # fmt: skip
        rows.append(dict(zip(ARD_TABLE.column_names, values, strict=True)))
    return rows
