"""What a step says of what it made: checks as plain values.

Belongs here: their shape, and how a few of many findings are put into one line. Does not belong here: Dagster, which shows
them (defs/steps.py); what is checked.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

#: What is shown beside a check: text (of several lines: Markdown), a number, or a list.
Fact = str | int | float | Sequence[str]


@dataclass(frozen=True)
class Check:
    """One check. name: as declared with the asset. is_warning: it stops nothing when it does not pass. facts: what to show
    beside the message, by label."""

    name: str
    passed: bool
    message: str
    is_warning: bool = False
    facts: Mapping[str, Fact] = field(default_factory=dict)


def first_few(lines: Sequence[str], limit: int, where_the_rest_is: str = "") -> str:
    """The first lines in one, and how many more there are: "a; b (and 3 more)"."""
    n_more = len(lines) - limit
    return "; ".join(lines[:limit]) + (f" (and {n_more} more{where_the_rest_is})" if n_more > 0 else "")
