"""The engine: every rule over every cell of a results table, a paper's or our own.

Belongs here: which cells belong together, which rules they are asked, what a truncated number would excuse. Does not belong
here: a rule (counts.py, scores.py, grids.py, pairs.py, notes.py), reading files (read.py).
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from dagster_project.audit import counts, effects, grids, notes, pairs, scores
from dagster_project.audit.findings import IMPOSSIBLE, INCONSISTENT, SEVERITIES, Cell, Cells, Finding
from dagster_project.audit.intervals import Interval
from dagster_project.results.published import PublishedValue

ANYTHING = Interval(float("-inf"), float("inf"))
#: What stands between the two waves of a contrast.
_BETWEEN = re.compile(r"\s*(?:-|–|—|\bto\b|\bvs?\.?\b|→)\s*")
#: Numbers of people: never rounded.
_COUNTS = ("n", "count")
#: The moment of norms.
NORM = "norm"


@dataclass(frozen=True)
class ScaleFacts:
    """What is known of a row's score beside the table.

    steps: of how many equal steps a point is made, where every score is a whole number of them (the items of a mean, 1 for a
    sum); None where scores may be prorated, or nobody knows.
    """

    possible: Interval = ANYTHING
    steps: int | None = None
    is_binary: bool = False


UNKNOWN = ScaleFacts()
#: (section, label) to what is known of it.
Facts = Mapping[tuple[str, str], ScaleFacts]
#: A contrast's name to its waves and its sign: 1 for baseline minus follow-up, -1 for the reverse, 0 for unknown.
Contrasts = Mapping[str, tuple[str, str, int]]


def audit_table(
    values: Sequence[PublishedValue],
    facts: Facts | None = None,
    contrasts: Contrasts | None = None,
    *,
    effect_size: str | None = None,
    excuse_cutting: bool = True,
) -> list[Finding]:
    """All findings on a printed table, in its order. A correct table gives none above `note`.

    A number that is impossible as rounded and possible as cut off is inconsistent, unless `excuse_cutting` is off. facts: of
    instruments, where known. contrasts: as declared; else they are told from their names, such as T1-T2, and their sign from
    the table. effect_size: the definition that the table says its effect sizes have, such as d_baseline (effects.py).
    """

    def found(*, may_be_cut: bool) -> list[Finding]:
        cells = [Cell(value, _stands_for(value, may_be_cut=may_be_cut)) for value in values]
        return audit_cells(cells, facts, contrasts, effect_size=effect_size)

    as_rounded = found(may_be_cut=False)
    if not excuse_cutting or not any(one.severity == IMPOSSIBLE for one in as_rounded):
        return as_rounded
    as_cut = {(one.value, one.rule) for one in found(may_be_cut=True) if one.severity == IMPOSSIBLE}
    return [
        one.softened(INCONSISTENT, "it would fit if digits were cut off instead of rounded")
        if one.severity == IMPOSSIBLE and (one.value, one.rule) not in as_cut
        else one
        for one in as_rounded
    ]


def _stands_for(value: PublishedValue, *, may_be_cut: bool) -> Interval:
    if value.statistic in _COUNTS:
        return Interval(value.value, value.value)
    return Interval.printed(value.printed, may_be_cut=may_be_cut)


def audit_cells(
    cells: Iterable[Cell],
    facts: Facts | None = None,
    contrasts: Contrasts | None = None,
    *,
    effect_size: str | None = None,
    with_notes: bool = True,
) -> list[Finding]:
    """All findings on cells whose intervals are known, in the order of their lines, the gravest first. Notes are for readers
    of a table as it is laid out."""
    table = _Table(cells, facts or {}, contrasts)
    found = [*table.blocks(), *table.rows(), *table.changes(effect_size), *(table.notes() if with_notes else ())]
    return sorted(found, key=lambda one: (one.value.line, SEVERITIES.index(one.severity)))


class _Table:
    """Cells by what they are about."""

    def __init__(self, cells: Iterable[Cell], facts: Facts, contrasts: Contrasts | None) -> None:
        self._facts = facts
        #: (section, label) to moment to statistic to cell, whatever table they stand in.
        self._places: dict[tuple[str, str], dict[str, dict[str, Cell]]] = {}
        #: (table, section, moment) to the block's rows in order.
        self._blocks: dict[tuple[str, str, str], dict[str, dict[str, Cell]]] = {}
        self._columns: dict[tuple[str, str, str], list[Cell]] = {}
        for cell in cells:
            one = cell.value
            self._places.setdefault((one.section, one.label), {}).setdefault(one.timepoint, {}).setdefault(
                one.statistic, cell
            )
            block = self._blocks.setdefault((one.table, one.section, one.timepoint), {})
            block.setdefault(one.label, {})[one.statistic] = cell
            self._columns.setdefault((one.table, one.timepoint, one.statistic), []).append(cell)
        self._contrasts = contrasts if contrasts is not None else self._named_contrasts()

    def _named_contrasts(self) -> Contrasts:
        found: dict[str, tuple[str, str, int]] = {}
        for moments in self._places.values():
            for moment, cells in moments.items():
                if "change" not in cells or moment in found:
                    continue
                parts = _BETWEEN.split(moment.strip())
                if len(parts) == 2 and all(parts):
                    found[moment] = (parts[0], parts[1], 0)
        return found

    def blocks(self) -> Iterator[Finding]:
        """Counts and percentages."""
        for rows in self._blocks.values():
            n: Cell | None = None
            counted: list[tuple[Cells, Cell | None]] = []
            for row in rows.values():
                n = row.get("n", n)
                if "count" in row or "percent" in row:
                    counted.append((row, n))
            for cells, people in counted:
                if people is None:
                    continue
                if "count" in cells:
                    yield from counts.counts_within(cells["count"], people)
                if "percent" in cells and "count" in cells:
                    yield from counts.percent_of_count(cells["percent"], cells["count"], people)
                elif "percent" in cells:
                    yield from counts.percent_of_people(cells["percent"], people)
            shared = {people for _, people in counted}
            if len(shared) == 1:
                together = [cells for cells, _ in counted]
                yield from counts.one_denominator(together, counted[0][1])
                yield from counts.block_sum(together, counted[0][1])

    def rows(self) -> Iterator[Finding]:
        """One score at one moment."""
        for place, moments in self._places.items():
            facts = self._facts.get(place, UNKNOWN)
            for moment, cells in moments.items():
                if moment != NORM and moment not in self._contrasts:
                    yield from _row(cells, facts)

    def changes(self, effect_size: str | None) -> Iterator[Finding]:
        """Two moments of one score."""
        signs: dict[str, int] = {}
        for contrast in self._contrasts:
            declared = self._contrasts[contrast][2]
            signs[contrast] = declared or pairs.directions(list(self._rows_of(contrast)))
        rows = []
        for place, moments in self._places.items():
            facts = self._facts.get(place, UNKNOWN)
            for moment, cells in moments.items():
                if "change" not in cells and not {"p", "t"} & set(cells):
                    continue
                baseline, followup, _ = self._contrasts.get(moment, ("", "", 0))
                waves = (moments.get(baseline, {}), moments.get(followup, {}))
                found, row = _pairs(cells, *waves, facts.possible, signs.get(moment, 0))
                yield from found
                rows.append(row)
        yield from effects.effect_sizes(rows, effect_size)

    def _rows_of(self, contrast: str) -> Iterator[tuple[Cells, Cells, Cells, Interval]]:
        baseline, followup, _ = self._contrasts[contrast]
        for place, moments in self._places.items():
            if contrast in moments:
                possible = self._facts.get(place, UNKNOWN).possible
                yield moments[contrast], moments.get(baseline, {}), moments.get(followup, {}), possible

    def notes(self) -> Iterator[Finding]:
        """What a reader of the whole table should know."""
        norms: dict[str, list[tuple[str, Cells]]] = {}
        has_n: set[str] = set()
        for (section, label), moments in self._places.items():
            if NORM in moments:
                if {"norm_mean", "norm_sd"} & set(moments[NORM]):
                    norms.setdefault(section, []).append((label, moments[NORM]))
                if "n" in moments[NORM]:
                    has_n.add(section)
            for cells in moments.values():
                if "p" in cells:
                    yield from notes.p_of_zero(cells["p"])
        for section, rows in norms.items():
            yield from notes.shared_norms(rows)
            yield from notes.norm_without_n(rows, section in has_n)
        for column in self._columns.values():
            yield from notes.decimals(column)
        moments_of = dict.fromkeys(moment for moments in self._places.values() for moment in moments)
        for moment in moments_of:
            yield from notes.copied_rows(
                [(place[1], moments[moment]) for place, moments in self._places.items() if moment in moments]
            )


def _row(cells: Cells, facts: ScaleFacts) -> Iterator[Finding]:
    rules: list[Callable[[Cells], Iterator[Finding]]] = [
        lambda some: scores.in_range(some, facts.possible),
        scores.in_order,
        scores.mean_of_range,
        lambda some: scores.spread(some, facts.possible),
        scores.error_of_mean,
    ]
    if facts.steps is not None:
        steps = facts.steps
        rules += [lambda some: grids.grim(some, steps), lambda some: grids.whole_ends(some, steps)]
        rules.append(grids.debit if facts.is_binary else lambda some: grids.grimmer(some, steps))
    for rule in rules:
        found = list(rule(cells))
        yield from found
        cells = _without(cells, found)


def _pairs(
    cells: Cells, baseline: Cells, followup: Cells, possible: Interval, sign: int
) -> tuple[list[Finding], effects.Row]:
    """Findings on a change, and the numbers of it that nobody blames."""
    found = list(pairs.p_in_bounds(cells["p"])) if "p" in cells else []
    too_many = list(pairs.pairs_in_waves(cells, baseline, followup))
    sizes = pairs.possible_pairs(cells, baseline, followup, is_printed_n_possible=not too_many)
    found += [*too_many, *pairs.interval_around_change(cells, sizes)]
    sound = _without(cells, [one for one in found if one.value.statistic != "n"])
    found += pairs.p_of_interval(sound, sizes)
    sound = _without(sound, [one for one in found if one.value.statistic != "n"])
    if not too_many:
        found += pairs.change_of_means(sound, baseline, followup, possible, sign)
    found += pairs.named_statistics(sound)
    return found, effects.Row(sound, sizes, baseline, followup, possible)


def _without(cells: Cells, blamed: Iterable[Finding]) -> Cells:
    """A number that is blamed is no witness against others."""
    names = {one.value.statistic for one in blamed}
    return {name: cell for name, cell in cells.items() if name not in names}
