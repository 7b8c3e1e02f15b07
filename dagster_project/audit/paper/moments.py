"""What a column or row is about: a time, a group, both, all people, or a comparison.

Belongs here: names of moments and groups, and the two that a comparison is of. Does not belong here: statistics (heads.py).
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dagster_project.audit.paper.vocabulary import NO_MOMENT, TOTALS

ALL_PEOPLE, COMPARISON = "all", "comparison"
_TIME = re.compile(
    r"\s*(?:t\s?\d+|time\s?\d*|pre\b|post\b|pre-?test|post-?test|baseline|bl\b|follow[- ]?up|"
    r"fu\s?\d*\b|before|after|wave\s?\d*|"
    r"(?:week|month|year|day|visit|session)s?\s*\d+|\d+[- ]?(?:w|m|y|d|weeks?|months?|years?|days?)\b|"
    r"admission|discharge|intake|"
    r"endpoint|end of|(?:pre|post)[- ]?(?:intervention|treatment|test)|(?:19|20)\d\d$)",
    re.IGNORECASE,
)
_GROUP = re.compile(
    r"\s*(?:intervention|control|treatment|placebo|experimental|comparison|"
    r"waitlist|wait-list|usual care|tau|cbt|men|women|males?|"
    r"females?|boys|girls|patients|controls|cases|group\s?\w+|arm\s?\w+|exposed|unexposed|"
    r"drug\s?\w*)\b(?: group| arm| condition)?\s*$",
    re.IGNORECASE,
)
_CONTRAST = re.compile(
    r"\b(?:change|difference|differences|diff|mean diff|vs\.?|versus|paired differences|"
    r"between[- ]groups?|within[- ]groups?|"
    r"effect|improvement|t[- ]test|comparison|contrast)\b|[Δ→]|\bminus\b",
    re.IGNORECASE,
)
_DASHED = re.compile(r"^(.+?)\s*[-–—−→]\s*(.+)$")


def is_time(name: str) -> bool:
    return bool(_TIME.match(name)) and not is_contrast(name)


def is_group(name: str) -> bool:
    return bool(_GROUP.match(name))


def is_total(name: str) -> bool:
    return name.strip().casefold() in TOTALS


def is_contrast(name: str) -> bool:
    """Whether a name is of a change or difference: 'Change', 'T1–T2', 'A vs B'."""
    if _CONTRAST.search(name):
        return True
    match = _DASHED.match(name.strip())
    return bool(match) and match is not None and all(bool(_TIME.match(part)) for part in match.groups())


@dataclass(frozen=True)
class Moment:
    """section: a group, where columns are of groups and times. name: '' where a column names neither."""

    section: str = ""
    name: str = ""


class Moments:
    """The moments of a table's columns."""

    def __init__(self, paths: Iterable[tuple[str, ...]], summary_paths: Iterable[tuple[str, ...]]) -> None:
        paths = list(paths)
        self._is_crossed = any(
            len(path) > 1 and any(map(is_time, path)) and not all(map(is_time, path)) and not any(map(is_contrast, path))
            for path in paths
        )
        self._proper = list(
            dict.fromkeys(
                moment.name
                for moment in map(self.of_path, summary_paths)
                if moment.name
                and not is_contrast(moment.name)
                and not is_total(moment.name)
                and moment.name.casefold() not in NO_MOMENT
                and not moment.name.isdigit()
            )
        )

        self._contrasts = list(dict.fromkeys(name for path in paths for name in path if is_contrast(name)))

    @property
    def are_times(self) -> bool:
        return bool(self._proper) and all(map(is_time, self._proper))

    def of_path(self, path: Sequence[str]) -> Moment:
        if not self._is_crossed:
            return Moment("", " ".join(path))
        times = [name for name in path if is_time(name) or is_contrast(name)]
        groups = [name for name in path if name not in times]
        return Moment(" ".join(groups), " ".join(times))

    def pair(self, extra: Iterable[str] = ()) -> str:
        """The name of the comparison of the only two moments; a name of its own where there are more, '' where there
        are none."""
        names = list(dict.fromkeys([*self._proper, *extra]))
        if len(names) == 2:
            return " - ".join(names) if all(map(is_time, names)) else " vs ".join(names)
        if not names and len(self._contrasts) == 1:
            return self._contrasts[0]
        return COMPARISON if names else ""

    def comparison(self) -> str:
        """What a column is of that names no moment: of the only two, or, beside groups and times, of more than that."""
        return COMPARISON if self._is_crossed else self.pair()

    def timepoint_of(self, moment: Moment) -> str:
        """A column's moment as the auditor knows it: a change of the only two moments is called by them."""
        if not moment.name:
            return ""
        if is_contrast(moment.name) and not any(name.casefold() in moment.name.casefold() for name in self._proper):
            pair = self.pair()
            return pair if pair not in ("", COMPARISON) else moment.name
        return moment.name
