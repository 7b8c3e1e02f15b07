"""Results as analysis results data (ARD): one row a statistic, in the columns of CDISC's Analysis Results Standard as R's
`cards` lays them out, with our result id added.

Belongs here: the layout. Does not belong here: writing files (report/).
"""

from collections.abc import Iterable
from typing import Any

from dagster_project.results.result_row import ResultRow

#: Description by column.
ARD_COLUMNS = {
    "group1": "what the rows are grouped by: wave or contrast; empty for neither",
    "group1_level": "which wave or contrast",
    "variable": "the outcome: a scale, a variable of the roster, a service",
    "variable_level": "the category or item, for a part of the variable",
    "context": "the analysis",
    "stat_name": "the statistic",
    "stat_label": "how it was made",
    "stat": "its value; empty where it is undefined",
    "stat_fmt": "its value as tables print it",
    "unit": "its unit",
    "n": "people behind it",
    "df": "degrees of freedom",
    "level": "the level of an interval",
    "role": "descriptive, primary, secondary or exploratory",
    "family": "the family of tests it is adjusted with",
    "warning": "a remark, or why there is no value",
    "result_id": "its id in results.results",
    "plan_hash": "the analysis plan it follows",
}


def ard_rows(results: Iterable[ResultRow], plan_hash: str) -> list[dict[str, Any]]:
    """One dictionary a result, with the columns of ARD_COLUMNS in their order."""
    rows = []
    for result in results:
        group = "wave" if result.wave is not None else "contrast" if result.contrast is not None else None
        values = (
            group, result.wave or result.contrast, result.outcome, result.category, result.analysis, result.statistic,
            result.method, result.value, result.printed, result.unit, result.n, result.df, result.level, result.role,
            result.family, result.note, result.result_id, plan_hash,
        )  # fmt: skip
        rows.append(dict(zip(ARD_COLUMNS, values, strict=True)))
    return rows
