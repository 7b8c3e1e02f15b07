"""What becomes of every count: printed and rounded, hidden, or as an earlier release printed it.

Belongs here: the decision on counts, with the ledger in mind. Does not belong here: the search for what else must be hidden
(suppression.py), means (values.py).
"""

from dagster_project.disclosure.bounds import UNKNOWN, Interval
from dagster_project.disclosure.cells import ITEM_NAMES, CountRegistry
from dagster_project.disclosure.ledger import CountEntry, Ledger
from dagster_project.disclosure.rounding import lasting_count, rounded_count, rounded_interval
from dagster_project.disclosure.suppression import (
    EARLIER,
    FEWER,
    SECONDARY,
    Suppression,
    is_small,
    protect_counts,
    small_interval,
)
from dagster_project.study import Disclosure

#: Of a count that is printed nowhere.
_NOTHING_PUBLIC = (0.0, None)


def decide_counts(registry: CountRegistry, rule: Disclosure, key: bytes, ledger: Ledger) -> Suppression:
    """Every printed count, and why the others are hidden."""
    suppression = Suppression()
    for name in registry.costs:
        value, entry = registry.values[name], ledger.counts.get(name)
        if entry is not None and _is_near(value, entry, rule):
            _repeat(suppression, name, value, entry, rule)
        elif entry is not None and rule.round_to == 1 and (entry.count is not None or entry.rule == EARLIER):
            suppression.hide(name, EARLIER, UNKNOWN)  # two exact counts of those who left tell how few left between
        elif is_small(value, rule):
            suppression.hide(name, FEWER, small_interval(rule))
        elif name.startswith(ITEM_NAMES) and value < lasting_count(rule):
            suppression.hide(name, SECONDARY, UNKNOWN)  # were it small in a later release, it would be known
        else:
            count = rounded_count(value, name, rule, key)
            suppression.counts[name], suppression.intervals[name] = count, rounded_interval(count, rule)
    suppression.formerly_small = {
        name
        for name, entry in ledger.counts.items()
        if name in registry.values and 0 < entry.value < rule.minimum and _is_near(registry.values[name], entry, rule)
    }
    protect_counts(registry, suppression, rule)
    return suppression


def _is_near(value: int, entry: CountEntry, rule: Disclosure) -> bool:
    """Whether so few have come or gone since it was decided on that somebody may know how many."""
    return abs(value - entry.value) < rule.minimum


def _repeat(suppression: Suppression, name: str, value: int, entry: CountEntry, rule: Disclosure) -> None:
    """Few people more or fewer than when it was decided on: the same is printed, or hidden, again. Who knows by how many it
    differs knows as much of it now as then; others know that it differs by few."""
    difference, farthest = value - entry.value, rule.minimum - 1
    high = float("inf") if entry.high is None else entry.high
    interval: Interval = (max(0.0, entry.low + difference), high + difference)
    suppression.earlier[name] = (max(0.0, entry.low - farthest), high + farthest)
    if entry.count is None:
        suppression.hide(name, entry.rule or EARLIER, interval)
        return
    suppression.counts[name], suppression.intervals[name] = entry.count, interval
    suppression.fixed.add(name)


def count_entries(
    registry: CountRegistry, suppression: Suppression, rule: Disclosure, ledger: Ledger
) -> dict[str, CountEntry]:
    """What the ledger is to remember: the counts as they were last decided on, and those that are printed nowhere while they
    are small. Those that are not counted now, it keeps."""
    entries = dict(ledger.counts)
    for name in registry.costs:
        value, entry = registry.values[name], ledger.counts.get(name)
        printed_count = suppression.counts.get(name)
        is_same = entry is not None and _is_near(value, entry, rule) and entry.count == printed_count
        if not is_same:
            low, high = suppression.intervals.get(name, UNKNOWN)
            entries[name] = CountEntry(
                value, printed_count, low, None if high == float("inf") else high, suppression.rules.get(name)
            )
    for name, value in registry.values.items():
        is_unprinted = name not in registry.costs and name not in suppression.formerly_small
        if is_unprinted and 0 < value < rule.minimum:
            entries[name] = CountEntry(value, None, *_NOTHING_PUBLIC)
    return entries
