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
    EarlierReleaseError,
    Suppression,
    is_small,
    protect_counts,
    small_interval,
)
from dagster_project.study import Disclosure


def decide_counts(registry: CountRegistry, rule: Disclosure, key: bytes, ledger: Ledger) -> Suppression:
    """Every printed count, and why the others are hidden. Raises EarlierReleaseError where nothing can be hidden now."""
    suppression = Suppression()
    for name in registry.costs:
        value, entry = registry.values[name], ledger.counts.get(name)
        if entry is not None and abs(value - entry.value) < rule.minimum:
            _repeat(suppression, name, value, entry)
        elif entry is not None and entry.count is not None and rule.round_to == 1:
            raise EarlierReleaseError(
                f"disclosure: counts are not rounded, and {name} is of {rule.minimum} people or more more or fewer than"
                " in the"
                " earlier public release: both together would tell of few people; declare round_to, or start anew with"
                " another"
                " edition"
            )
        elif is_small(value, rule):
            suppression.hide(name, FEWER, small_interval(rule))
        elif name.startswith(ITEM_NAMES) and value < lasting_count(rule):
            suppression.hide(name, SECONDARY, UNKNOWN)  # were it small in a later release, it would be known
        else:
            count = rounded_count(value, name, rule, key)
            suppression.counts[name], suppression.intervals[name] = count, rounded_interval(count, rule)
    protect_counts(registry, suppression, rule)
    return suppression


def _repeat(suppression: Suppression, name: str, value: int, entry: CountEntry) -> None:
    """Few people more or fewer than when it was decided on: the same is printed, or hidden, again. Who knows by how many it
    differs knows as much of it now as then."""
    difference = value - entry.value
    interval: Interval = (
        max(0.0, entry.low + difference), float("inf") if entry.high is None else entry.high + difference,
    )  # fmt: skip
    if entry.count is None:
        # A count that is hidden for the sake of others was, and is, of enough people.
        suppression.is_after_another |= difference != 0
        suppression.hide(name, entry.rule or EARLIER, interval)
        return
    suppression.counts[name], suppression.intervals[name] = entry.count, interval
    suppression.fixed.add(name)


def count_entries(
    registry: CountRegistry, suppression: Suppression, rule: Disclosure, ledger: Ledger
) -> dict[str, CountEntry]:
    """What the ledger is to remember: the counts as they were last decided on. Those of which it is silent now, it keeps."""
    entries = dict(ledger.counts)
    for name in registry.costs:
        value, entry = registry.values[name], ledger.counts.get(name)
        printed_count = suppression.counts.get(name)
        is_same = entry is not None and abs(value - entry.value) < rule.minimum and entry.count == printed_count
        if not is_same:
            low, high = suppression.intervals.get(name, UNKNOWN)
            entries[name] = CountEntry(
                value, printed_count, low, None if high == float("inf") else high, suppression.rules.get(name)
            )
    return entries
