"""Which counts are hidden: the small ones, and as many others as it takes for nobody to calculate them.

Belongs here: primary and secondary suppression over all counts together. Does not belong here: which counts there are
(cells.py), linear programs (bounds.py), which counts need one (search.py), what earlier releases showed (ledger.py).

A count below the minimum is hidden where it is printed. It must also not follow from what is printed, and neither must the
small counts that are printed nowhere: who did not answer, who came to the first wave alone. For each of them the interval is
solved to which all printed counts, as rounded, and all sums narrow it down. Where that is narrower than the declared
protection, the cheapest of the counts that narrow it is hidden too, until every interval is wide enough.

What somebody knows from elsewhere, or from earlier releases, may narrow a count down by itself. No public release can undo
that. This one adds nothing to it: for whoever knows so much, the interval stays as it was, and for those who know less, it
is as wide as declared.
"""

from collections import ChainMap
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import numpy as np

from dagster_project.disclosure.bounds import UNKNOWN, Bound, Interval, Relation, System, components
from dagster_project.disclosure.cells import ITEM_NAMES, CountRegistry
from dagster_project.disclosure.search import TOLERANCE, Search, wide_enough
from dagster_project.study import Disclosure

#: Rules by which a count is hidden.
FEWER, SECONDARY, EARLIER = "fewer", "secondary", "earlier"
#: How the names of counts begin that follow from the roster: who is in the study, of which group and category.
_ROSTER_NAMES = ("flow/roster/", "flow_by_group/roster/", "characteristics/", "characteristics_by_group/")


@dataclass
class Suppression:
    """What is decided on counts, by name.

    counts: those that are printed, as printed. intervals: what is public of each count. rules: of those that are hidden, by
    which rule. ranges: of each small count, two values that it may have for all that is public, far enough apart. fixed:
    those that an earlier release printed, which no longer can be hidden. earlier: of those that an earlier release decided
    on, what is public of them for somebody who does not know how many came and went since; intervals holds what is public
    for those who know. formerly_small: those that were small when an earlier release was made. already_narrow: small counts
    that somebody can narrow down without this release.
    """

    counts: dict[str, int] = field(default_factory=dict)
    intervals: dict[str, Interval] = field(default_factory=dict)
    rules: dict[str, str] = field(default_factory=dict)
    ranges: dict[str, Interval] = field(default_factory=dict)
    fixed: set[str] = field(default_factory=set)
    earlier: dict[str, Interval] = field(default_factory=dict)
    formerly_small: set[str] = field(default_factory=set)
    already_narrow: set[str] = field(default_factory=set)

    def hide(self, name: str, rule: str, interval: Interval) -> None:
        self.counts.pop(name, None)
        self.rules[name] = rule
        self.intervals[name] = interval


@dataclass(frozen=True)
class Observer:
    """Somebody who reads public releases. knowledge: the counts that they know from elsewhere. unsure: those of which they
    do not know how many came and went since an earlier release."""

    knowledge: Mapping[str, Interval] = field(default_factory=dict)
    unsure: frozenset[str] = frozenset()

    def beliefs(self, suppression: Suppression) -> Mapping[str, Interval]:
        """What they hold of each count with all releases."""
        unsure = {name: suppression.earlier[name] for name in self.unsure if name in suppression.earlier}
        return ChainMap(dict(self.knowledge), unsure, suppression.intervals)

    def earlier_beliefs(self, suppression: Suppression) -> Mapping[str, Interval]:
        """What they hold without the release to come."""
        beliefs = self.beliefs(suppression)
        return {name: beliefs[name] for name in (*suppression.earlier, *self.knowledge)}

    def knowing_less(self, names: Collection[str]) -> "Observer":
        """Somebody who knows nothing of these counts but what is public."""
        return Observer(
            {name: interval for name, interval in self.knowledge.items() if name not in names}, self.unsure | set(names)
        )


def is_small(value: int, rule: Disclosure) -> bool:
    """Whether a count is of too few people."""
    return 0 < value < rule.minimum or (value == 0 and rule.zeros == "hidden")


def small_interval(rule: Disclosure) -> Interval:
    """What is known of a count that is hidden because it is small, also by those who know that this is why."""
    return (1.0 if rule.zeros == "shown" else 0.0), float(rule.minimum - 1)


def protect_counts(registry: CountRegistry, suppression: Suppression, rule: Disclosure) -> None:
    """Hide what must be hidden beside the small counts, which are hidden already."""
    of_roster = {name: (float(value),) * 2 for name, value in registry.values.items() if name.startswith(_ROSTER_NAMES)}
    for names, relations in components(registry.values, list(registry.relations)):
        small_names = [name for name in names if _is_to_protect(name, registry, suppression, rule)]
        # Who has the roster knows most: what they cannot find out, nobody can. What is on it, everybody else may try.
        largest = _largest_values(relations, of_roster)
        # Of a count that can be no larger, the roster says all that need be said.
        unlisted_names = [
            name for name in small_names if name not in of_roster and largest.get(name, UNKNOWN[1]) >= wide_enough(rule)
        ]
        system = System(names, relations)
        for observer, needy in (
            (Observer(of_roster), unlisted_names),
            (Observer(), [name for name in small_names if name not in unlisted_names]),
        ):
            if needy:
                _Protection(registry, suppression, rule, relations, system).protect(names, needy, observer)


def _is_to_protect(name: str, registry: CountRegistry, suppression: Suppression, rule: Disclosure) -> bool:
    """Whether a count is, or was in an earlier release, of so few people that nobody may narrow it down."""
    is_few = 0 < registry.values[name] < rule.minimum
    return is_few or suppression.rules.get(name) == FEWER or name in suppression.formerly_small


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


@dataclass
class _Protection:
    """Hiding counts of a component until the small ones are protected."""

    registry: CountRegistry
    suppression: Suppression
    rule: Disclosure
    relations: list[Relation]
    system: System

    def protect(self, names: list[str], needy: list[str], observer: Observer) -> None:
        """Protect the small counts from the observer or, where the observer knows them without this release, from those who
        know less."""
        search = self._search(names, needy, observer)
        tried: set[str] = set()
        while (narrow := search.narrow_count(observer.beliefs(self.suppression), self.rule)) is not None:
            name, bound = narrow
            if name not in tried and self._is_narrow_already(name, observer):
                search.forget(name)
                self._protect_already_narrow(name, observer)
                continue
            tried.add(name)
            if not self._hide_for(name, bound, observer):  # which solvers' tolerances alone bring about
                search.forget(name)
        ends = zip(search.lows.tolist(), search.highs.tolist(), strict=True)
        self.suppression.ranges |= dict(zip(search.needy, ends, strict=True))

    def _search(self, names: list[str], needy: list[str], observer: Observer) -> Search:
        index_of = {name: index for index, name in enumerate(names)}
        positions = np.array([index_of[name] for name in needy], dtype=np.int64)
        counts = np.array(
            [self.registry.values[name] for name in needy], dtype=np.float64
        )  # the first solution is the study
        search = Search(self.system, list(needy), positions, counts, counts.copy())
        if observer.knowledge:
            search.start(self.rule, observer.beliefs(self.suppression))
        else:  # the study itself is a solution, and what is on the roster hangs together in small blocks
            search.starts.append(np.array([self.registry.values[name] for name in names], dtype=np.float64))
        return search

    def _is_narrow_already(self, name: str, observer: Observer) -> bool:
        """Whether an observer narrows a small count down without this release. Who knows nothing does not: the study may be
        many times as large."""
        is_nothing_known = not observer.earlier_beliefs(self.suppression)
        if is_nothing_known and self.registry.values[name] > 0:
            return False
        return self._earlier_width(name, observer)[0] < wide_enough(self.rule)

    def _earlier_width(self, name: str, observer: Observer) -> tuple[float, frozenset[str]]:
        """How closely an observer can narrow down a count without this release, and by what."""
        bound, _ = self.system.bound(name, observer.earlier_beliefs(self.suppression))
        return bound.width, bound.binding

    def _protect_already_narrow(self, name: str, observer: Observer) -> None:
        """An observer narrows a count down without this release: it adds nothing. The same holds for those who do not know
        what the observer narrows it down by, and so on to those for whom it is as wide as declared."""
        bound, _ = self.system.bound(name, observer.beliefs(self.suppression))
        self.suppression.ranges[name] = (bound.low, bound.high)
        self.suppression.already_narrow.add(name)
        while self._says_anything_new():
            earlier_width, binding = self._earlier_width(name, observer)
            width = min(float(self.rule.least_width), earlier_width) - TOLERANCE
            while (bound := self.system.bound(name, observer.beliefs(self.suppression))[0]).width < width:
                if not self._hide_for(name, bound, observer):
                    break
            known_names = {code for code in binding if code in observer.knowledge or code in self.suppression.earlier}
            less_known_names = known_names - observer.unsure
            if earlier_width >= wide_enough(self.rule) or not less_known_names:
                return
            observer = observer.knowing_less(less_known_names)

    def _says_anything_new(self) -> bool:
        """Whether the release says anything of a count of the component that no earlier one decided on."""
        return any(
            code in self.system and code not in self.suppression.earlier and interval != UNKNOWN
            for code, interval in self.suppression.intervals.items()
        )

    def _hide_for(self, name: str, bound: Bound, observer: Observer) -> bool:
        """Hide the cheapest count that narrows a small one down; where none is printed, say no longer that those are small
        that narrow it down. Whether there was anything to hide."""
        suppression = self.suppression
        candidates = [code for code in bound.binding if _can_be_hidden(code, suppression, observer)]
        candidates = candidates or _neighbours(name, self.relations, suppression, observer)
        if candidates:
            cheapest = min(candidates, key=lambda code: (self.registry.costs[code], self.registry.values[code], code))
            further_names = _counts_of_other_items(cheapest, name, self.relations, self.registry, suppression, observer)
            for hidden_name in (cheapest, *further_names):
                suppression.hide(hidden_name, SECONDARY, UNKNOWN)
            return True
        labelled_names = [
            code
            for code, rule in suppression.rules.items()
            if rule == FEWER and code in self.system and code not in suppression.earlier
        ]
        binding_names = [code for code in labelled_names if code in bound.binding]
        for code in binding_names or labelled_names:
            suppression.hide(code, SECONDARY, UNKNOWN)  # that it is small would itself say too much
        return bool(labelled_names)


def _counts_of_other_items(
    cheapest: str, narrow_name: str, relations: list[Relation], registry: CountRegistry, suppression: Suppression,
    observer: Observer,
) -> list[str]:  # fmt: skip
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
            candidates = [
                part for part in relation.parts if part in registry.costs and _can_be_hidden(part, suppression, observer)
            ]
            if candidates:
                names.append(min(candidates, key=lambda code: (registry.costs[code], registry.values[code], code)))
    return list(dict.fromkeys(names))


def _can_be_hidden(name: str, suppression: Suppression, observer: Observer) -> bool:
    """Whether a count is printed, no earlier release printed it, and the observer does not know it anyway."""
    return name in suppression.counts and name not in suppression.fixed and name not in observer.knowledge


def _neighbours(name: str, relations: list[Relation], suppression: Suppression, observer: Observer) -> list[str]:
    """Printed counts that share a sum with the count; where there are none, those one sum further, and so on."""
    reached, size = {name}, 0
    while len(reached) > size:
        size = len(reached)
        for relation in relations:
            if reached & set(relation.names):
                reached |= set(relation.names)
        neighbours = [count_name for count_name in reached if _can_be_hidden(count_name, suppression, observer)]
        if neighbours:
            return neighbours
    return []
