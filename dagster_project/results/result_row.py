"""One result: a number with a name. Belongs here: the row and its id. Does not belong here: computing it."""

import re
from dataclasses import dataclass

from dagster_project.results.errors import ResultsError

_PART = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*\Z")


@dataclass(frozen=True)
class ResultRow:
    """One number. `value` is None where it is undefined; `printed` is its text in tables.

    n: number of people. method: how it was computed. unit: of the value. category: for parts of a variable only. note: why
    there is no value, or a remark. df: degrees of freedom of a test or an interval. level: the level of an interval, e.g.
    0.95. role: descriptive, or for inference its role in the plan: primary, secondary, exploratory. family: the family of
    tests it is adjusted with.
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


def result_id(
    analysis: str, outcome: str, statistic: str, *, category: str | None = None, timepoint: str | None = None
) -> str:
    """analysis/outcome[/category][/wave or contrast]/statistic, the same on every run.

    Raises ResultsError when a part would make the id ambiguous.
    """
    parts = [part for part in (analysis, outcome, category, timepoint, statistic) if part is not None]
    for part in parts:
        if not _PART.match(part):
            raise ResultsError(f"{part!r} cannot be part of a result id; use letters, digits, underscores and hyphens")
    return "/".join(parts)
