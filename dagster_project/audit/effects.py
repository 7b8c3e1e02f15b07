"""Effect sizes of change against every named definition.

Belongs here: which values each definition can have beside what is printed. Does not belong here: computing effect sizes of
answers (statistics/effect_sizes.py).

Definitions: d = change / denominator, with the SD of the changes (d_z), the SD at baseline of the pairs (d_baseline), the
average of both waves' SDs (d_av: the root of the mean variance, Cumming 2012, or the mean SD, Lakens 2013), the SD of the
changes over root(2 (1 - r)) (d_rm), or the pooled SD of two groups (d_s); g = d x (1 - 3 / (4 df - 1)), Hedges' correction.
Lakens 2013, Frontiers in Psychology 4:863; Hedges 1981, Journal of Educational Statistics 6(2), 107-128.
"""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dagster_project.audit.designs import GROUPS, OTHER, UNDECLARED, Design, group_sizes
from dagster_project.audit.findings import INCONSISTENT, NOT_REPRODUCIBLE, NOTE, Cells, Finding
from dagster_project.audit.intervals import Interval
from dagster_project.audit.pairs import average_sd, change_of, error_of
from dagster_project.audit.student import t_of_p
from dagster_project.study import EVERY_EFFECT_SIZE

#: What a reader calls them, that of the SD of the changes first.
DEFINITIONS = {
    size.name: f"change / {size.denominator}" for size in sorted(EVERY_EFFECT_SIZE, key=lambda size: size.name != "d_z")
}
#: Rows that a habit needs before a row against it is told.
_HABIT = 3


@dataclass(frozen=True)
class Row:
    """One score's change with both waves' summaries.

    counts: the numbers of pairs to reckon with. possible: what the score can be. level: of its interval, per cent. is_other:
    the row is of another design, or the paired t test that would give an SD of the changes does not fit it.
    """

    pairs: Cells
    counts: Sequence[int]
    baseline: Cells
    followup: Cells
    possible: Interval
    design: Design = UNDECLARED
    is_other: bool = False


def effect_sizes(rows: Sequence[Row], definition: str | None) -> Iterator[Finding]:
    """Every `es` is what its definition can give, and has the sign of its change. Blames the effect size.

    definition: one of DEFINITIONS or its g; without one, an effect size is not reproducible when no definition can give it,
    or when the definition that fits most of the table's others cannot, and a note says how many each fits. Cannot see: much
    of d_baseline, d_av and d_rm where many pairs are missing in a wave, as the SDs of the pairs are not printed.
    """
    allowed = [_allowed(row) if "es" in row.pairs else {} for row in rows]
    habit = Counter(
        name
        for row, some in zip(rows, allowed, strict=True)
        for name, one in some.items()
        if _is_bound(name, one) and not row.pairs["es"].interval.size.misses(one)
    )
    told = sum(bool(some) for some in allowed)
    usual = habit.most_common(1)[0] if habit else ("", 0)
    if definition is None and told > 1:
        said = ", ".join(f"{count} {name}" for name, count in habit.most_common())
        yield Finding(
            next(row.pairs["es"].value for row, some in zip(rows, allowed, strict=True) if some),
            "definitions",
            f"of {told} effect sizes whose definition is not named, so many can be: {said}",
            NOTE,
        )
    is_habit = definition is None and usual[1] >= max(_HABIT, 0.75 * told)
    for row, some in zip(rows, allowed, strict=True):
        if not some:
            continue
        if definition is not None and definition not in some:
            continue
        found = _against_definition(row, some, definition) if definition else _against_all(row, some)
        if found is None and is_habit and usual[0] in some and row.pairs["es"].interval.size.misses(some[usual[0]]):
            words, one = _words(usual[0]), some[usual[0]]
            found = Finding(
                row.pairs["es"].value,
                "effect_size",
                f"{usual[1]} of the table's {told} effect sizes can be {words}; here that is {one} in size, not"
                f" {row.pairs['es'].printed}",
                NOT_REPRODUCIBLE,
                row.pairs["es"].interval.size.gap(one),
            )
        if found is not None:
            yield found
        else:
            yield from _sign(row, INCONSISTENT if definition else NOT_REPRODUCIBLE)


def _is_bound(name: str, one: Interval) -> bool:
    """A d_rm of an unknown correlation may be as near to zero as one likes: that explains everything, so it explains
    nothing."""
    return not (name.endswith("_rm") and one.low <= 0)


def _words(name: str) -> str:
    plain = DEFINITIONS["d" + name[1:]]
    return f"{name} ({plain})" if name.startswith("d") else f"{name} ({plain}, with Hedges' correction)"


def _sign(row: Row, severity: str) -> Iterator[Finding]:
    es, change = row.pairs["es"], change_of(row.pairs)
    if change is None or change.is_empty:
        return
    if (es.interval.low > 0 and change.high < 0) or (es.interval.high < 0 and change.low > 0):
        yield Finding(
            es.value,
            "effect_size",
            f"the sign of {es.printed} is not that of the change, {row.pairs['change'].printed}",
            severity,
        )


def _against_definition(row: Row, allowed: dict[str, Interval], definition: str) -> Finding | None:
    es, one = row.pairs["es"], allowed[definition]
    if not es.interval.size.misses(one):
        return None
    too_small = es.interval.largest_size < one.low
    change = _size_of_change(row)
    sd = (change.low / one.low if one.low else math.inf) if too_small else change.high / one.high
    end = change.low if too_small else change.high
    people = row.pairs["n"].printed if "n" in row.pairs else "these"
    found = Finding(
        es.value,
        "effect_size",
        f"a change of {change} in size (by change, interval and p) over the {'largest' if too_small else 'smallest'} SD that"
        f" {people} of {row.baseline['n'].printed if 'n' in row.baseline else 'the'} people can have,"
        f" {sd:.3g}, is at {'least' if too_small else 'most'} {end:.4g} / {sd:.3g} ="
        f" {one.low if too_small else one.high:.3g}, not {es.printed}; it is declared as {_words(definition)}",
        slack=es.interval.size.gap(one),
    )
    if es.interval.smallest_size == 0 and row.pairs["change"].number == 0:
        # Still impossible of the change itself; the reader is told where it comes from.
        found = found.softened(
            found.severity, f"that effect size is the one of the change as printed, {row.pairs['change'].printed}"
        )
    return found


def _against_all(row: Row, allowed: dict[str, Interval]) -> Finding | None:
    es = row.pairs["es"]
    fits = [name for name, one in allowed.items() if not es.interval.size.misses(one)]
    if [name for name in fits if _is_bound(name, allowed[name])]:
        return None
    can = ", ".join(
        f"{name} = {DEFINITIONS[name]} {one}"
        if math.isfinite(one.high)
        else f"{name} = {DEFINITIONS[name]} {one.low:.4g} or more"
        for name, one in allowed.items()
        if name in DEFINITIONS and _is_bound(name, one)
    )
    found = Finding(
        es.value,
        "effect_size",
        f"a change of {_size_of_change(row)} in size (by change, interval and p) has {can}, with Hedges'"
        f" correction a little less, not {es.printed}",
        NOT_REPRODUCIBLE,
        min(es.interval.size.gap(one) for name, one in allowed.items() if _is_bound(name, one)),
    )
    if fits:
        found = found.softened(NOT_REPRODUCIBLE, "d_rm, of a correlation that is not printed, could be it")
    return found


def _size_of_change(row: Row) -> Interval:
    change = change_of(row.pairs)
    assert change is not None  # asked of rows with a change alone
    narrowed = [_change_by_p(row, change, n) for n in row.counts] or [change]
    return Interval(min(one.low for one in narrowed), max(one.high for one in narrowed)).size


def _allowed(row: Row) -> dict[str, Interval]:
    """The size that each definition can have; empty where the row says too little, or another design than its own."""
    change = change_of(row.pairs)
    if change is None or "change" not in row.pairs or change.is_empty or row.design.name == OTHER:
        return {}
    if row.design.name == GROUPS:
        return _of_groups(change.size, row)
    if not row.counts or row.is_other:
        return {}
    found: dict[str, list[Interval]] = {}
    for n in row.counts:
        size = _change_by_p(row, change, n).size
        first, second = _sd_of_pairs(row.baseline, n, row.possible), _sd_of_pairs(row.followup, n, row.possible)
        changes = _changes_sd(row, n)
        by = {
            "d_z": changes,
            "d_baseline": first,
            "d_av": average_sd(first, second),
            "d_rm": _sd_of_repeated(row, n, first, second, changes),
        }
        for name, sd in by.items():
            one = _over(size, sd)
            found.setdefault(name, []).append(one)
            found.setdefault("g" + name[1:], []).append(_corrected(one, n - 1))
    hull = {name: Interval(min(one.low for one in some), max(one.high for one in some)) for name, some in found.items()}
    return hull if row.design.name is not None else hull | _of_groups(change.size, row)


def _of_groups(size: Interval, row: Row) -> dict[str, Interval]:
    """Over the pooled SD of two groups, or over one group's."""
    sizes = group_sizes(row.baseline, row.followup)
    if (
        sizes is None
        or min(sizes) < 2
        or any("sd" not in one or one["sd"].interval.low < 0 for one in (row.baseline, row.followup))
    ):
        return {}
    first, second, df = row.baseline["sd"].interval, row.followup["sd"].interval, sum(sizes) - 2
    pooled = [
        math.sqrt(((sizes[0] - 1) * a * a + (sizes[1] - 1) * b * b) / df)
        for a, b in ((first.low, second.low), (first.high, second.high))
    ]
    found = {"d_s": _over(size, Interval(pooled[0], pooled[1]))}
    if row.design.name == GROUPS:
        either = Interval(min(first.low, second.low), max(first.high, second.high))
        found |= {"d_baseline": _over(size, either), "d_av": _over(size, average_sd(first, second))}
    return found | {"g" + name[1:]: _corrected(one, df) for name, one in found.items()}


def _corrected(one: Interval, df: float) -> Interval:
    """Hedges' correction. The exact one differs from the usual formula by less than 0.03 / n."""
    hedges, slack = 1 - 3 / (4 * df - 1), 0.03 / (df + 1)
    return Interval(one.low * (hedges - slack), one.high * (hedges + slack))


def _sd_of_repeated(row: Row, n: int, first: Interval, second: Interval, changes: Interval) -> Interval:
    """SD of the changes / root(2 (1 - r)). r is printed, or follows from three SDs where everybody is in both waves:
    1 - r = (SD² - (SD1 - SD2)²) / (2 SD1 SD2). Without it, at least root(SD1 SD2)."""
    least = Interval(math.sqrt(max(0.0, first.low) * max(0.0, second.low)), math.inf)
    if "correlation" in row.pairs:
        r = row.pairs["correlation"].interval
        low = changes.low / math.sqrt(2 * (1 - max(-1.0, r.low)))
        high = changes.high / math.sqrt(2 * (1 - r.high)) if r.high < 1 else math.inf
        return least.meet(Interval(low, high)) if not least.misses(Interval(low, high)) else Interval(low, high)
    is_everybody = all({"n", "sd"} <= set(one) and one["n"].number == n for one in (row.baseline, row.followup))
    if not is_everybody or changes.low <= 0:
        return least
    apart = first.minus(second).size
    shares = [1 - (apart.low / changes.high) ** 2, 1 - (apart.high / changes.low) ** 2]
    if shares[0] <= 0:
        return least
    high = math.sqrt(first.high * second.high / shares[1]) if shares[1] > 0 else math.inf
    return Interval(least.low / math.sqrt(shares[0]), high)


def _over(size: Interval, sd: Interval) -> Interval:
    return Interval(size.low / sd.high if sd.high > 0 else 0.0, size.high / sd.low if sd.low > 0 else math.inf)


def _changes_sd(row: Row, n: int) -> Interval:
    """By the interval, and by the SD of the changes where it is printed."""
    error = error_of(row.pairs, n, row.design.levels[0])
    found = Interval(0.0, math.inf) if error is None else Interval(max(0.0, error.low), error.high).times(math.sqrt(n))
    if "sd_change" in row.pairs and not found.misses(row.pairs["sd_change"].interval):
        found = found.meet(row.pairs["sd_change"].interval)
    return found


def _change_by_p(row: Row, change: Interval, n: int) -> Interval:
    """The change narrowed by p and the interval's width: |change| = t(p) x standard error."""
    pairs, error = row.pairs, error_of(row.pairs, n, row.design.levels[0])
    if "p" not in pairs or error is None:
        return change
    t = t_of_p(pairs["p"].interval, n - 1)
    size = Interval(t.low * error.low, t.high * error.high)
    met = [one for one in (change.meet(size), change.meet(size.mirrored())) if not one.is_empty]
    return Interval(min(one.low for one in met), max(one.high for one in met)) if met else change


def _sd_of_pairs(wave: Cells, n: int, possible: Interval) -> Interval:
    """The SDs that n of a wave's people can have.

    With S the sum of squares of all N about their mean, the n have at most S; and at least S - k D² - k² D² / n, where
    k = N - n are left out and D is the farthest that one of them can lie from the mean.
    """
    widest = (possible.high - possible.low) / 2
    most = widest * math.sqrt(n / (n - 1)) if math.isfinite(widest) else math.inf
    if not {"n", "sd"} <= set(wave):
        return Interval(0.0, most)
    everybody, sd = int(wave["n"].number), wave["sd"].interval
    is_sound = everybody > 1 and sd.high >= 0 and not sd.low > widest * math.sqrt(everybody / (everybody - 1))
    if not is_sound or everybody < n:
        return Interval(0.0, most)
    high = min(most, sd.high * math.sqrt((everybody - 1) / (n - 1)))
    if everybody == n:
        return Interval(max(0.0, sd.low), high)
    low, ends = 0.0, possible
    if {"min", "max"} <= set(wave):
        ends = Interval(max(ends.low, wave["min"].interval.low), min(ends.high, wave["max"].interval.high))
    if "mean" in wave and not ends.is_empty and math.isfinite(ends.high - ends.low):
        mean, left = wave["mean"].interval, everybody - n
        farthest = max(mean.high - ends.low, ends.high - mean.low, 0.0)
        squares = (everybody - 1) * max(0.0, sd.low) ** 2 - left * farthest**2 * (1 + left / n)
        low = min(math.sqrt(max(0.0, squares) / (n - 1)), high)
    return Interval(low, high)
