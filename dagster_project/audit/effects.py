"""Effect sizes of change against every named definition.

Belongs here: which values each definition allows, given the other printed numbers. Does not belong here: computing
effect sizes of answers (statistics/effect_sizes.py).

Definitions: d = change / denominator, with the SD of the changes (d_z), the SD at baseline of the pairs (d_baseline), the
average of both waves' SDs (d_av: the root of the mean variance, Cumming 2012, or the mean SD, Lakens 2013), the SD of the
changes over root(2 (1 - r)) (d_rm), or the pooled SD of two groups (d_s); g = d x (1 - 3 / (4 df - 1)), Hedges' correction.
Lakens 2013, Frontiers in Psychology 4:863; Hedges 1981, Journal of Educational Statistics 6(2), 107-128.
"""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from dagster_project.audit.change_row import ChangeRow, average_sd, change_of, se_of_change, se_of_two
from dagster_project.audit.designs import GROUPS, MODEL, OTHER_DESIGN, TTest, group_sizes
from dagster_project.audit.findings import INCONSISTENT, NOT_REPRODUCIBLE, NOTE, Finding, RowCells
from dagster_project.audit.intervals import Interval
from dagster_project.audit.rule import Rule
from dagster_project.audit.student import t_of_p
from dagster_project.results.rounding import printed_decimals
from dagster_project.study import EVERY_EFFECT_SIZE

EFFECT_SIZE = Rule(
    "effect_size",
    "An effect size is possible under its definition, and has the sign of its change.",
    "the effect size and its change, with n and SDs or an interval",
    "the effect size",
    "T1: n 16, mean 5.0, sd 2.0; T2: n 16, mean 3.0, sd 2.0; T1-T2: n 16, change 2.00, sd_change 4.00, es 1.50",
    "d = change / denominator; g = d (1 - 3 / (4 df - 1))",
    "Lakens 2013, Frontiers in Psychology 4:863; Hedges 1981, Journal of Educational Statistics 6, 107-128",
)
DEFINITIONS = Rule(
    "definitions", "How many of the table's effect sizes each definition can give.", "two effect sizes", "the first", ""
)
#: The names that a user gives, that of the SD of the changes first.
EFFECT_SIZE_DEFINITIONS = {
    size.name: f"change / {size.denominator}" for size in sorted(EVERY_EFFECT_SIZE, key=lambda size: size.name != "d_z")
}
#: A definition is the table's usual one when at least this many effect sizes, and this share of them, fit it.
_MIN_FITTING_ROWS, _MIN_FITTING_SHARE = 3, 0.75
#: How much, relative, an effect size alone must be off where nobody says its definition.
_GROSS_SHARE = 0.1


def effect_sizes(rows: Sequence[ChangeRow], definition: str | None, *, has_unsigned: bool = False) -> Iterator[Finding]:
    """Every `es` is possible under its definition, and has the sign of its change. Blames the effect size.

    definition: one of EFFECT_SIZE_DEFINITIONS or its g; without one, an effect size is not reproducible when it fits no
    definition, or not the one that most of the table's others fit, and a note says how many fit each. Cannot detect: most
    errors of d_baseline, d_av and d_rm where many pairs are missing in a wave, as the SDs of the pairs are not printed.
    """
    sizes_by_row = [_possible_sizes(row) if "es" in row.cells else {} for row in rows]
    fit_counts = Counter(
        name
        for row, sizes in zip(rows, sizes_by_row, strict=True)
        for name, size in sizes.items()
        if _is_informative(name, size) and not row.cells["es"].interval.absolute.is_disjoint(size)
    )
    total = sum(bool(sizes) for sizes in sizes_by_row)
    commonest = fit_counts.most_common(1)[0] if fit_counts else ("", 0)
    if definition is None and total > 1:
        counts_text = ", ".join(f"{count} {name}" for name, count in fit_counts.most_common()) or "none"
        yield Finding(
            next(row.cells["es"].value for row, sizes in zip(rows, sizes_by_row, strict=True) if sizes),
            DEFINITIONS.name,
            f"of {total} effect sizes whose definition is not named, so many can be: {counts_text}",
            NOTE,
        )
    usual = (
        commonest[0] if definition is None and commonest[1] >= max(_MIN_FITTING_ROWS, _MIN_FITTING_SHARE * total) else None
    )
    misfits = []
    for row, sizes in zip(rows, sizes_by_row, strict=True):
        if not sizes or (definition is not None and definition not in sizes):
            continue
        finding = _definition_finding(row, sizes, definition) if definition else _no_definition_finding(row, sizes)
        if finding is not None and definition is None:
            misfits.append(finding)
            continue
        if finding is None and usual in sizes and row.cells["es"].interval.absolute.is_disjoint(sizes[usual]):
            finding = _unusual_finding(
                row, usual, sizes[usual], f"{commonest[1]} of the table's {total} effect sizes can be"
            )
        if finding is not None:
            yield finding
        elif not has_unsigned:
            yield from _sign_findings(row, INCONSISTENT if definition else NOT_REPRODUCIBLE)
    yield from _judged_misfits(misfits, total)
    yield from _unlike_signs(rows)


def _unlike_signs(rows: Sequence[ChangeRow]) -> Iterator[Finding]:
    """Of effect sizes beside means alone, whose direction the table's other rows say: the one with the other sign."""
    signs = []
    for row in rows:
        if {"es", "change"} <= set(row.cells) and not row.has_change:
            size, by_means = row.cells["es"].interval, row.cells["change"].interval
            if size.min_absolute > 0 and by_means.min_absolute > 0:
                signs.append((row, size.low > 0, (size.low > 0) == (by_means.low > 0)))
    direction = sum(is_same for _, _, is_same in signs) * 2 > len(signs)
    usual = [is_positive for _, is_positive, is_same in signs if is_same == direction]
    odd = [row for row, _, is_same in signs if is_same != direction]
    if len(odd) == 1 and len(usual) >= _MIN_FITTING_ROWS and 0 < sum(usual) < len(usual):
        effect_size, means = odd[0].cells["es"], [moment["mean"] for moment in odd[0].moments]
        if (means[0].number > means[1].number) == (effect_size.number > 0):
            means.reverse()
        words = f"the sign of {effect_size.text} is not that of the change, {means[0].text} - {means[1].text}"
        reason = f"{len(usual)} of the table's {len(signs)} such numbers fit; this does not"
        yield EFFECT_SIZE.finding(effect_size, f"{words}; {reason}", severity=INCONSISTENT)


def _judged_misfits(misfits: Sequence[Finding], total: int) -> Iterator[Finding]:
    """Of effect sizes that no definition gives: notes where several of a table are so, as its definition may be another,
    and where it is one alone that is near."""
    for finding in misfits:
        n_fitting = total - len(misfits)
        is_habit = n_fitting >= _MIN_FITTING_ROWS and n_fitting >= _MIN_FITTING_SHARE * (total - 1)
        slack = finding.slack or 0.0
        is_gross = slack > _GROSS_SHARE * max(abs(finding.value.value), _GROSS_SHARE)
        is_habit = is_habit and not _may_be_cut(finding)
        yield finding if is_habit or (len(misfits) == 1 and is_gross) else replace(finding, severity=NOTE)


def _may_be_cut(finding: Finding) -> bool:
    """Whether an effect size would fit if its digits were cut off instead of rounded."""
    return (finding.slack or 0.0) <= 0.5 * 10.0 ** -printed_decimals(finding.value.printed)


def _unusual_finding(row: ChangeRow, usual: str, size: Interval, words: str) -> Finding:
    es = row.cells["es"]
    text = f"{words} {_definition_text(usual)}; here that is {size} in size, not {es.text}"
    finding = Finding(es.value, EFFECT_SIZE.name, text, NOT_REPRODUCIBLE, es.interval.absolute.gap(size))
    return replace(finding, severity=NOTE) if _may_be_cut(finding) else finding


def _is_informative(name: str, size: Interval) -> bool:
    """False of a d_rm whose correlation is unknown: it may be arbitrarily near zero, so that any value fits it."""
    return not (name.endswith("_rm") and size.low <= 0)


def _definition_text(name: str) -> str:
    definition = EFFECT_SIZE_DEFINITIONS["d" + name[1:]]
    return f"{name} ({definition})" if name.startswith("d") else f"{name} ({definition}, with Hedges' correction)"


def _sign_findings(row: ChangeRow, severity: str) -> Iterator[Finding]:
    es, change = row.cells["es"], row.cells["change"].interval if row.has_change else None
    if change is None:
        return
    if (es.interval.low > 0 and change.high < 0) or (es.interval.high < 0 and change.low > 0):
        yield Finding(
            es.value,
            EFFECT_SIZE.name,
            f"the sign of {es.text} is not that of the change, {row.cells['change'].text}",
            severity,
        )


def _definition_finding(row: ChangeRow, sizes: dict[str, Interval], definition: str) -> Finding | None:
    es, size = row.cells["es"], sizes[definition]
    if not es.interval.absolute.is_disjoint(size):
        return None
    too_small = es.interval.max_absolute < size.low
    change = _absolute_change(row)
    sd = (change.low / size.low if size.low else math.inf) if too_small else change.high / size.high
    change_bound = change.low if too_small else change.high
    pairs_text = row.cells["n"].text if "n" in row.cells else "these"
    finding = Finding(
        es.value,
        EFFECT_SIZE.name,
        f"a change of {change} in size (by change, interval and p) over the {'largest' if too_small else 'smallest'} SD that"
        f" {pairs_text} of {row.baseline['n'].text if 'n' in row.baseline else 'the'} people can have,"
        f" {sd:.3g}, is at {'least' if too_small else 'most'} {change_bound:.4g} / {sd:.3g} ="
        f" {size.low if too_small else size.high:.3g}, not {es.text}; it is declared as {_definition_text(definition)}",
        slack=es.interval.absolute.gap(size),
    )
    if es.interval.min_absolute == 0 and row.cells["change"].number == 0:
        # Still impossible given the interval, but the reader is told where the value comes from.
        finding = finding.softened(
            finding.severity, f"it is the effect size of the printed change, {row.cells['change'].text}"
        )
    return finding


def _no_definition_finding(row: ChangeRow, sizes: dict[str, Interval]) -> Finding | None:
    es = row.cells["es"]
    fitting_names = [name for name, size in sizes.items() if not es.interval.absolute.is_disjoint(size)]
    if [name for name in fitting_names if _is_informative(name, sizes[name])]:
        return None
    sizes_text = ", ".join(
        f"{name} = {EFFECT_SIZE_DEFINITIONS[name]} {size}"
        if math.isfinite(size.high)
        else f"{name} = {EFFECT_SIZE_DEFINITIONS[name]} {size.low:.4g} or more"
        for name, size in sizes.items()
        if name in EFFECT_SIZE_DEFINITIONS and _is_informative(name, size)
    )
    finding = Finding(
        es.value,
        EFFECT_SIZE.name,
        f"a change of {_absolute_change(row)} in size (by change, interval and p) has {sizes_text}, with Hedges'"
        f" correction a little less, not {es.text}",
        NOT_REPRODUCIBLE,
        min(es.interval.absolute.gap(size) for name, size in sizes.items() if _is_informative(name, size)),
    )
    if fitting_names:
        finding = finding.softened(NOT_REPRODUCIBLE, "a d_rm with an unprinted correlation could explain it")
    return finding


def _absolute_change(row: ChangeRow) -> Interval:
    change = change_of(row.cells)
    assert change is not None  # only rows with a change come here
    changes = [_change_by_p(row, change, n) for n in row.pair_counts] or [change]
    return Interval(min(by_p.low for by_p in changes), max(by_p.high for by_p in changes)).absolute


def _possible_sizes(row: ChangeRow) -> dict[str, Interval]:
    """The sizes that each definition allows; empty where the row prints too little, or is of another design."""
    change = change_of(row.cells)
    if change is None or "change" not in row.cells or change.is_empty or row.design.name in (OTHER_DESIGN, MODEL):
        return {}
    if row.design.name == GROUPS:
        return _group_effect_sizes(change.absolute, row)
    if not row.pair_counts or row.has_other_design:
        return {}
    sizes: dict[str, list[Interval]] = {}
    for n in row.pair_counts:
        abs_change = _change_by_p(row, change, n).absolute
        baseline_sd, followup_sd = (
            _sd_of_pairs(row.baseline, n, row.score_range),
            _sd_of_pairs(row.followup, n, row.score_range),
        )
        change_sd = _sd_of_changes(row, n)
        sd_by_definition = {
            "d_z": change_sd,
            "d_baseline": baseline_sd,
            "d_av": average_sd(baseline_sd, followup_sd),
            "d_rm": _sd_of_d_rm(row, n, baseline_sd, followup_sd, change_sd),
        }
        for name, sd in sd_by_definition.items():
            d = _quotient(abs_change, sd)
            sizes.setdefault(name, []).append(d)
            sizes.setdefault("g" + name[1:], []).append(_corrected(d, n - 1))
    hull = {
        name: Interval(min(interval.low for interval in intervals), max(interval.high for interval in intervals))
        for name, intervals in sizes.items()
    }
    return hull if row.design.name is not None else hull | _group_effect_sizes(change.absolute, row)


def _group_effect_sizes(abs_change: Interval, row: ChangeRow) -> dict[str, Interval]:
    """Effect sizes over the pooled SD of two groups, and, for a declared groups design, over one group's SD."""
    ns = group_sizes(row.baseline, row.followup)
    if (
        ns is None
        or min(ns) < 2
        or any("sd" not in wave or wave["sd"].interval.low < 0 for wave in (row.baseline, row.followup))
    ):
        return {}
    baseline_sd, followup_sd, df = row.baseline["sd"].interval, row.followup["sd"].interval, sum(ns) - 2
    pooled = [
        math.sqrt(((ns[0] - 1) * a * a + (ns[1] - 1) * b * b) / df)
        for a, b in ((baseline_sd.low, followup_sd.low), (baseline_sd.high, followup_sd.high))
    ]
    sizes = {"d_s": _quotient(abs_change, Interval(pooled[0], pooled[1]))}
    if row.design.name == GROUPS:
        any_sd = Interval(min(baseline_sd.low, followup_sd.low), max(baseline_sd.high, followup_sd.high))
        sizes |= {
            "d_baseline": _quotient(abs_change, any_sd),
            "d_av": _quotient(abs_change, average_sd(baseline_sd, followup_sd)),
        }
    return sizes | {"g" + name[1:]: _corrected(d, df) for name, d in sizes.items()}


def _corrected(d: Interval, df: float) -> Interval:
    """With Hedges' correction; the exact one differs from the usual formula by less than 0.03 / n."""
    correction, slack = 1 - 3 / (4 * df - 1), 0.03 / (df + 1)
    return Interval(d.low * (correction - slack), d.high * (correction + slack))


def _sd_of_d_rm(row: ChangeRow, n: int, baseline_sd: Interval, followup_sd: Interval, change_sd: Interval) -> Interval:
    """SD of the changes / root(2 (1 - r)). r is printed, or follows from the three SDs where everybody is in both waves:
    1 - r = (SD² - (SD1 - SD2)²) / (2 SD1 SD2). With an unknown r, at least root(SD1 SD2)."""
    lower_bound = Interval(math.sqrt(max(0.0, baseline_sd.low) * max(0.0, followup_sd.low)), math.inf)
    if "correlation" in row.cells:
        r = row.cells["correlation"].interval
        low = change_sd.low / math.sqrt(2 * (1 - max(-1.0, r.low))) if r.low < 1 else 0.0
        high = change_sd.high / math.sqrt(2 * (1 - r.high)) if r.high < 1 else math.inf
        return (
            lower_bound.intersection(Interval(low, high))
            if not lower_bound.is_disjoint(Interval(low, high))
            else Interval(low, high)
        )
    is_everybody = all({"n", "sd"} <= set(wave) and wave["n"].number == n for wave in (row.baseline, row.followup))
    if not is_everybody or change_sd.low <= 0:
        return lower_bound
    sd_difference = baseline_sd.minus(followup_sd).absolute
    factors = [1 - (sd_difference.low / change_sd.high) ** 2, 1 - (sd_difference.high / change_sd.low) ** 2]
    if factors[0] <= 0:
        return lower_bound
    high = math.sqrt(baseline_sd.high * followup_sd.high / factors[1]) if factors[1] > 0 else math.inf
    return Interval(lower_bound.low / math.sqrt(factors[0]), high)


def _quotient(abs_change: Interval, sd: Interval) -> Interval:
    return Interval(abs_change.low / sd.high if sd.high > 0 else 0.0, abs_change.high / sd.low if sd.low > 0 else math.inf)


def _sd_of_changes(row: ChangeRow, n: int) -> Interval:
    """The SD of the changes, from the interval and as printed."""
    se = se_of_change(row.cells, n, row.design.levels[0])
    bounds = Interval(0.0, math.inf) if se is None else Interval(max(0.0, se.low), se.high).times(math.sqrt(n))
    by_moments = (
        se_of_two(row, TTest(Interval(n - 1, n - 1), row.design.levels[0], "", True)) if row.is_of_everybody else None
    )
    if by_moments is not None and not bounds.is_disjoint(by_moments.times(math.sqrt(n))):
        bounds = bounds.intersection(by_moments.times(math.sqrt(n)))
    if "sd_change" in row.cells and not bounds.is_disjoint(row.cells["sd_change"].interval):
        bounds = bounds.intersection(row.cells["sd_change"].interval)
    change, t = change_of(row.cells), row.cells["t"].interval.absolute if "t" in row.cells else None
    if t is not None and t.low > 0 and change is not None and not change.is_empty:
        by_t = change.absolute.divided_by(t).times(math.sqrt(n))
        bounds = bounds if bounds.is_disjoint(by_t) else bounds.intersection(by_t)
    return bounds


def _change_by_p(row: ChangeRow, change: Interval, n: int) -> Interval:
    """The change narrowed by p and the interval's width: |change| = t(p) x standard error."""
    pairs, se = row.cells, se_of_change(row.cells, n, row.design.levels[0])
    if "p" not in pairs or se is None:
        return change
    t = t_of_p(pairs["p"].interval, n - 1)
    abs_change = Interval(t.low * se.low, t.high * se.high)
    overlaps = [
        overlap
        for overlap in (change.intersection(abs_change), change.intersection(abs_change.mirrored()))
        if not overlap.is_empty
    ]
    return (
        Interval(min(overlap.low for overlap in overlaps), max(overlap.high for overlap in overlaps)) if overlaps else change
    )


def _sd_of_pairs(wave: RowCells, n: int, score_range: Interval) -> Interval:
    """The possible SDs of n of a wave's people.

    With S the sum of squares of all N about their mean, the n have at most S; and at least S - k D² - k² D² / n, where
    k = N - n are missing and D is the largest distance of one of them from the mean.
    """
    half_range = (score_range.high - score_range.low) / 2
    max_sd = half_range * math.sqrt(n / (n - 1)) if math.isfinite(half_range) else math.inf
    if not {"n", "sd"} <= set(wave):
        return Interval(0.0, max_sd)
    wave_n, sd = int(wave["n"].number), wave["sd"].interval
    is_sound = wave_n > 1 and sd.high >= 0 and not sd.low > half_range * math.sqrt(wave_n / (wave_n - 1))
    if not is_sound or wave_n < n:
        return Interval(0.0, max_sd)
    high = min(max_sd, sd.high * math.sqrt((wave_n - 1) / (n - 1)))
    if wave_n == n:
        return Interval(max(0.0, sd.low), high)
    low, value_range = 0.0, score_range
    if {"min", "max"} <= set(wave):
        value_range = Interval(
            max(value_range.low, wave["min"].interval.low), min(value_range.high, wave["max"].interval.high)
        )
    if "mean" in wave and not value_range.is_empty and math.isfinite(value_range.high - value_range.low):
        mean, n_missing = wave["mean"].interval, wave_n - n
        max_distance = max(mean.high - value_range.low, value_range.high - mean.low, 0.0)
        sum_of_squares = (wave_n - 1) * max(0.0, sd.low) ** 2 - n_missing * max_distance**2 * (1 + n_missing / n)
        low = min(math.sqrt(max(0.0, sum_of_squares) / (n - 1)), high)
    return Interval(low, high)
