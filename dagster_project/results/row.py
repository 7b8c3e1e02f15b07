"""One result: a number with a name. Belongs here: the row and its id. Does not belong here: computing it."""

import re
from dataclasses import dataclass

from dagster_project.results.errors import ResultsError

_PART = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*\Z")


@dataclass(frozen=True)
class ResultRow:
    """One number. `value` is None where it is undefined, and `note` says why; `printed` is its text in tables.

    n is the number of people behind it; method and unit say what it is; category is for parts of a variable only.
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


def result_id(analysis: str, outcome: str, statistic: str, *, category: str | None = None, when: str | None = None) -> str:
    """analysis/outcome[/category][/wave or contrast]/statistic, the same on every run.

    Raises ResultsError when a part would make the id ambiguous.
    """
    parts = [part for part in (analysis, outcome, category, when, statistic) if part is not None]
    for part in parts:
        if not _PART.match(part):
            raise ResultsError(f"{part!r} cannot be part of a result id; use letters, digits, underscores and hyphens")
    return "/".join(parts)
