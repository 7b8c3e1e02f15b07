"""Rounding a count, and what somebody who sees the rounded count knows of it.

Belongs here: rounding to a multiple, to the nearest or by chance. Does not belong here: which counts are rounded.
"""

import hashlib
import hmac

from dagster_project.disclosure.bounds import Interval
from dagster_project.study import Disclosure


def rounded_count(value: int, name: str, rule: Disclosure, key: bytes) -> int:
    """A count as it is printed. The same count of the same cell is rounded alike, in every release: chance is a hash, keyed
    with the study's key."""
    base = rule.round_to
    if rule.rounding == "nearest" or base == 1:
        return (value + base // 2) // base * base
    low, remainder = divmod(value, base)
    digest = hmac.new(key, f"rounding\0{name}\0{value}".encode(), hashlib.sha256).digest()
    is_up = int.from_bytes(digest[:8]) % base < remainder
    return (low + is_up) * base


def rounded_interval(count: int, rule: Disclosure) -> Interval:
    """The counts that may be printed as this. Nothing below the minimum is printed, but for nobody where that is shown."""
    base = rule.round_to
    if rule.zeros == "shown" and count == 0:
        return 0.0, 0.0
    low, high = (count - base // 2, count + base - 1 - base // 2) if rule.rounding == "nearest" else (
        count - base + 1, count + base - 1,
    )  # fmt: skip
    return float(max(low, rule.minimum)), float(max(high, rule.minimum))


def lasting_count(rule: Disclosure) -> int:
    """The least count that may be printed and need not be regretted: how it is printed leaves the declared protection, also
    when a few people go and it becomes a small one, or so many would have to go that it is printed anew."""
    farthest = 2 * rule.minimum - 1
    for value in range(farthest, rule.minimum - 1, -1):
        multiples = {value // rule.round_to * rule.round_to, -(-value // rule.round_to) * rule.round_to}
        intervals = [rounded_interval(count, rule) for count in multiples if count >= rule.minimum]
        if any(low <= value <= high and high - low < rule.least_width for low, high in intervals):
            return min(value + 1, farthest)
    return rule.minimum
