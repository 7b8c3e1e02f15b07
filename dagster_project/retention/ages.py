"""How old things are, by a clock that may be wrong.

Belongs here: whether the clock can be believed, the moments that things bear. Does not belong here: what is due (plan.py).

A clock that was set back makes things younger, and one that jumped ahead makes everything old. So the clock is held against
the moments that are known: nothing may be of later than now, and now may not be long after all of them, unless somebody
says that it is right.
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

#: Clocks of two machines that write the same folder may differ by so much.
_TOLERANCE = timedelta(days=1)
#: After so long without a look a person is asked whether the clock is right.
LONGEST_PAUSE = timedelta(days=400)
_STAMP = re.compile(r"-(\d{8}T\d{6})\d*")


def clock_fault(now: datetime, moments: Iterable[tuple[str, datetime]], looked_at: datetime | None) -> str | None:
    """Why nothing may be removed by its age: one line, or None. moments: what is known, and of when it is."""
    latest = max(moments, key=lambda entry: entry[1], default=None)
    if latest is not None and latest[1] > now + _TOLERANCE:
        return (
            f"the clock says {now:%Y-%m-%d}, and {latest[0]} is of {latest[1]:%Y-%m-%d}: nothing is removed by its age; set"
            " the clock right"
        )
    if looked_at is not None and now - looked_at > LONGEST_PAUSE:
        return (
            f"the clock says {now:%Y-%m-%d}, {(now - looked_at).days} days after the last look at what is due: nothing is"
            " removed by its age until `wavehouse retention --clock-is-right`"
        )
    return None


def modified_at(path: Path) -> datetime:
    """When a file was written last. Raises OSError if it is gone."""
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)


def moved_at(path: Path) -> datetime:
    """When a damaged file was moved to the name that says so, and when."""
    match = _STAMP.search(path.name)
    try:
        return datetime.strptime(match[1], "%Y%m%dT%H%M%S").replace(tzinfo=UTC) if match else modified_at(path)
    except ValueError:
        return modified_at(path)
