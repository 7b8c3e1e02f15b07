"""Which counts are hidden: the small ones, and as many others as it takes for nobody to calculate them.

Belongs here: primary and secondary suppression over all counts together. Does not belong here: which counts there are
(cells.py), linear programs (bounds.py), what earlier releases showed (ledger.py).

A count below the minimum is hidden where it is printed. It must also not follow from what is printed, and neither must the
small counts that are printed nowhere: who did not answer, who came to the first wave alone. For each of them the interval is
solved to which all printed counts, as rounded, and all sums narrow it down. Where that is narrower than the declared
protection, the cheapest of the counts that narrow it is hidden too, until every interval is wide enough.
"""

from collections import ChainMap
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from dagster_project.disclosure.bounds import UNKNOWN, Bound, Interval, Relation, System, components
from dagster_project.disclosure.cells import ITEM_NAMES, CountRegistry
from dagster_project.study import Disclosure

#: Rules by which a count is hidden.
FEWER, SECONDARY, EARLIER = "fewer", "secondary", "earlier"
_TOLERANCE = 1e-6
#: So few small counts are solved one by one.
_SHORT_SEARCH = 10
#: How the names of counts begin that follow from the roster: who is in the study, of which group and category.
_ROSTER_NAMES = ("flow/roster/", "flow_by_group/roster/", "characteristics/", "characteristics_by_group/")
#: So many solutions are looked at once more nearby.
_MOST_STARTS = 4


class DisclosureError(ValueError):
    """There can be no public release. The message is one line with the cure."""


class EarlierReleaseError(DisclosureError):
    """A new public release would give people away together with earlier ones, which stay as they are."""


@dataclass
class Suppression:
    """What is decided on counts, by name.

    counts: those that are printed, as printed. intervals: what is public of each count. rules: of those that are hidden, by
    which rule. ranges: of each small count, two values that it may have for all that is public, far enough apart. fixed:
    those that an earlier release printed, which no longer can be hidden. is_after_another: whether one was hidden in an
    earlier release, too, and is another number now. knowledge: of the counts that somebody knows from elsewhere, while it is
    looked at what such a person could find out.
    """

    counts: dict[str, int] = field(default_factory=dict)
    intervals: dict[str, Interval] = field(default_factory=dict)
    rules: dict[str, str] = field(default_factory=dict)
    ranges: dict[str, Interval] = field(default_factory=dict)
    fixed: set[str] = field(default_factory=set)
    is_after_another: bool = False
    knowledge: dict[str, Interval] = field(default_factory=dict)

    @property
    def beliefs(self) -> Mapping[str, Interval]:
        """What somebody holds of each count: what is public, or what they know."""
        return ChainMap(self.knowledge, self.intervals)

    def hide(self, name: str, rule: str, interval: Interval) -> None:
        self.counts.pop(name, None)
        self.rules[name] = rule
        self.intervals[name] = interval


def is_small(value: int, rule: Disclosure) -> bool:
    """Whether a count is of too few people."""
    return 0 < value < rule.minimum or (value == 0 and rule.zeros == "hidden")


def small_interval(rule: Disclosure) -> Interval:
    """What is known of a count that is hidden because it is small, also by those who know that this is why."""
    return (1.0 if rule.zeros == "shown" else 0.0), float(rule.minimum - 1)


def protect_counts(registry: CountRegistry, suppression: Suppression, rule: Disclosure) -> None:
    """Hide what must be hidden beside the small counts, which are hidden already. Raises DisclosureError where only counts
    that are out already narrow one down."""
    of_roster = {name: (float(value),) * 2 for name, value in registry.values.items() if name.startswith(_ROSTER_NAMES)}
    for names, relations in components(registry.values, list(registry.relations)):
        small_names = [
            name for name in names if 0 < registry.values[name] < rule.minimum or suppression.rules.get(name) == FEWER
        ]
        # Who has the roster knows most: what they cannot find out, nobody can. What is on it, everybody else may try.
        suppression.knowledge = of_roster
        largest = _largest_values(relations, of_roster)
        # Of a count that can be no larger, the roster says all that need be said.
        needy = [
            name
            for name in small_names
            if name not in of_roster and largest.get(name, UNKNOWN[1]) >= rule.least_width - _TOLERANCE
        ]
        _protect_component(registry, suppression, rule, names, relations, needy)
        suppression.knowledge = {}
        needy = [name for name in small_names if name in of_roster]
        _protect_component(registry, suppression, rule, names, relations, needy)


def _largest_values(relations: list[Relation], knowledge: Mapping[str, Interval]) -> dict[str, float]:
    """The largest value that counts can have for somebody who knows some: that of the total they are a part of."""
    largest = {name: high for name, (_, high) in knowledge.items()}
    is_new = True
    while is_new:
        is_new = False
        for relation in relations:
            limit = largest.get(relation.total, UNKNOWN[1])
            for part in relation.parts:
                if limit < largest.get(part, UNKNOWN[1]):
                    largest[part], is_new = limit, True
    return largest


def _protect_component(
    registry: CountRegistry, suppression: Suppression, rule: Disclosure, names: list[str], relations: list[Relation],
    needy: list[str],
) -> None:  # fmt: skip
    if not needy:
        return
    index_of = {name: index for index, name in enumerate(names)}
    positions = np.array([index_of[name] for name in needy], dtype=np.int64)
    counts = np.array([registry.values[name] for name in needy], dtype=np.float64)  # the first solution is the study
    search = _Search(System(names, relations), needy, positions, counts, counts.copy())
    if suppression.knowledge:
        search.start(rule, suppression)
    else:  # the study itself is a solution, and what is on the roster hangs together in small blocks
        search.starts.append(np.array([registry.values[name] for name in names], dtype=np.float64))
    while True:
        narrow = search.narrow_count(suppression, rule)
        if narrow is None:
            ends = zip(search.lows.tolist(), search.highs.tolist(), strict=True)
            suppression.ranges |= dict(zip(search.needy, ends, strict=True))
            return
        name, bound = narrow
        if (
            suppression.knowledge
            and search.system.bound(name, suppression.knowledge)[0].width < rule.least_width - _TOLERANCE
        ):
            search.forget(name)  # the roster says it by itself
            continue
        candidates = [count_name for count_name in bound.binding if _can_be_hidden(count_name, suppression)]
        candidates = candidates or _neighbours(name, relations, suppression)
        if not candidates and registry.values[name] == 0:
            search.forget(name)  # nobody, as everybody knows who knows the design
            continue
        if not candidates:
            # Without the numbers: a run's history is no place for them.
            if suppression.fixed or suppression.is_after_another:
                raise EarlierReleaseError(
                    f"disclosure: with what earlier public releases printed, {name} could be narrowed down to a few"
                    " people; keep to the public release that there is, or start anew with another edition"
                )
            raise DisclosureError(
                f"disclosure: {name} could be narrowed down to a few people, and nothing else can be hidden; declare a"
                " smaller protection, or disclosure: none"
            )
        cheapest = min(candidates, key=lambda code: (registry.costs[code], registry.values[code], code))
        further_names = _counts_of_other_items(cheapest, name, relations, registry, suppression)
        for hidden_name in (cheapest, *further_names):
            suppression.hide(hidden_name, SECONDARY, UNKNOWN)


def _counts_of_other_items(
    cheapest: str, narrow_name: str, relations: list[Relation], registry: CountRegistry, suppression: Suppression
) -> list[str]:
    """Where answers to an item that are printed too high narrow down how many people returned a wave, so do those to other
    items of the wave that add up to as many: the cheapest of each, to be hidden at once."""
    totals = [
        relation.total for relation in relations if cheapest in relation.parts and relation.total in registry.item_totals
    ]
    if not totals or narrow_name.startswith(ITEM_NAMES):
        return []
    total = totals[0]

    def lowest(parts: tuple[str, ...]) -> float:
        return sum(suppression.intervals.get(part, UNKNOWN)[0] for part in parts)

    lowest_of_item = max(lowest(relation.parts) for relation in relations if relation.total == total)
    names = []
    for relation in relations:
        is_twin = relation.total != total and registry.item_totals.get(relation.total) == registry.item_totals[total]
        if is_twin and len(relation.parts) > 1 and lowest(relation.parts) >= lowest_of_item:
            candidates = [part for part in relation.parts if part in registry.costs and _can_be_hidden(part, suppression)]
            if candidates:
                names.append(min(candidates, key=lambda code: (registry.costs[code], registry.values[code], code)))
    return list(dict.fromkeys(names))


def _can_be_hidden(name: str, suppression: Suppression) -> bool:
    """Whether a count is printed, and no earlier release printed it."""
    return name in suppression.counts and name not in suppression.fixed and name not in suppression.knowledge


def _neighbours(name: str, relations: list[Relation], suppression: Suppression) -> list[str]:
    """Printed counts that share a sum with the count; where there are none, those one sum further, and so on."""
    reached, size = {name}, 0
    while len(reached) > size:
        size = len(reached)
        for relation in relations:
            if reached & set(relation.names):
                reached |= set(relation.names)
        neighbours = [count_name for count_name in reached if _can_be_hidden(count_name, suppression)]
        if neighbours:
            return neighbours
    return []


@dataclass
class _Search:
    """The small counts of a component, each with the smallest and the largest value that a solution gave it so far.
    Solutions stay solutions when more is hidden, and two that lie far enough apart in a count show that it is protected:
    that spares most programs. positions: of the small counts among all."""

    system: System
    needy: list[str]
    positions: npt.NDArray[np.int64]
    lows: npt.NDArray[np.float64]
    highs: npt.NDArray[np.float64]
    starts: list[npt.NDArray[np.float64]] = field(default_factory=list)

    def start(self, rule: Disclosure, suppression: Suppression) -> None:
        """Show of as many counts as possible that they are protected, all together: solutions where all that are not yet
        are large or small, or every second, every second pair and so on, until that helps no more."""
        pending, shift = self.pending(rule), 0
        while len(pending) > _SHORT_SEARCH and shift < max(1, len(pending) - 1).bit_length() + 1:
            positions = np.arange(len(pending))
            signs = np.ones(len(pending)) if shift == 0 else np.where(positions >> (shift - 1) & 1, 1.0, -1.0)
            for values in self.system.far_apart(pending, signs, suppression.beliefs):
                self.note(values)
                self.starts = [*self.starts, values][-_MOST_STARTS:]
            still_pending = self.pending(rule)
            shift = 0 if shift and 2 * len(still_pending) < len(pending) else shift + 1
            pending = still_pending

    def forget(self, name: str) -> None:
        """Look at a count no longer."""
        index = self.needy.index(name)
        self.needy.remove(name)
        self.positions = np.delete(self.positions, index)
        self.lows, self.highs = np.delete(self.lows, index), np.delete(self.highs, index)

    def pending(self, rule: Disclosure) -> list[str]:
        """The small counts of which no two solutions are far enough apart yet."""
        is_narrow = self.highs - self.lows < rule.least_width - _TOLERANCE
        return [self.needy[index] for index in np.flatnonzero(is_narrow)]

    def note(self, values: npt.NDArray[np.float64]) -> None:
        """What a solution gives the small counts."""
        self.lows = np.minimum(self.lows, values[self.positions])
        self.highs = np.maximum(self.highs, values[self.positions])

    def narrow_count(self, suppression: Suppression, rule: Disclosure) -> tuple[str, Bound] | None:
        """The first count that is not protected, with its bound; None where all are."""
        for name in self.pending(rule):
            if self._is_protected(name, rule):  # by a solution of a count before it
                continue
            index, width = self.needy.index(name), rule.least_width - _TOLERANCE
            outer = self.system.outer_bound(name, suppression.beliefs)
            if outer is not None and outer.width < width:
                return name, outer
            if self._is_protected_nearby(name, suppression, rule):
                continue
            reached = (float(self.lows[index]), float(self.highs[index]))
            bound, solutions = self.system.bound(name, suppression.beliefs, reached, width)
            if bound.width < width:
                return name, bound
            for values in solutions:
                self.note(values)
            self.starts = [*self.starts, *solutions][-_MOST_STARTS:]
            self.lows[index] = min(self.lows[index], bound.low)
            self.highs[index] = max(self.highs[index], bound.high)
        return None

    def _is_protected(self, name: str, rule: Disclosure) -> bool:
        index = self.needy.index(name)
        return bool(self.highs[index] - self.lows[index] >= rule.least_width - _TOLERANCE)

    def _is_protected_nearby(self, name: str, suppression: Suppression, rule: Disclosure) -> bool:
        """Whether solutions near the known ones show it: a small program each."""
        for solution in reversed(self.starts):
            for values in self.system.neighbouring_solutions(name, suppression.beliefs, solution):
                self.note(values)
            if self._is_protected(name, rule):
                return True
        return False
