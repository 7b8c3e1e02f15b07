"""The engine: every rule over every cell of a results table, a paper's or our own.

Belongs here: which cells belong together, which rules they are asked, what a truncated number would excuse, what a table's
other rows say of a design that nobody declared. Does not belong here: a rule (counts.py, scores.py, grids.py, pairs.py,
notes.py), which cells are about one thing (places.py), reading files (read.py).
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from dagster_project.audit import counts, effects, grids, notes, pairs, scores
from dagster_project.audit.designs import GROUPS, OTHER, PAIRED, UNDECLARED, Design, ways
from dagster_project.audit.findings import INCONSISTENT, NOT_REPRODUCIBLE, NOTE, SEVERITIES, Cell, Cells, Finding
from dagster_project.audit.intervals import Interval
from dagster_project.audit.places import Contrasts, Places
from dagster_project.results.published import PublishedValue

ANYTHING = Interval(float("-inf"), float("inf"))
#: Numbers of people, and degrees of freedom where they are printed whole: never rounded.
_EXACT = ("n", "count", "df")
#: The moment of norms.
NORM = "norm"
#: A table's other rows say what its design is when so many of them, and so large a part, fit a paired t test.
_HABIT, _MOST = 3, 0.75
#: So many numbers that fit only when cut off are worth a note on the table.
_MANY_CUT = 5


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


@dataclass(frozen=True)
class Assumptions:
    """What a table is taken to be.

    design: of its changes, where a row does not say otherwise. by_line: of single rows, by the line of one of their cells.
    effect_size: the definition that its effect sizes have, such as d_baseline (effects.py). may_be_cut: numbers may be cut
    off instead of rounded. excuses: a practice that is named makes an impossible number inconsistent.
    """

    design: Design = UNDECLARED
    by_line: Mapping[int, Design] = field(default_factory=dict)
    effect_size: str | None = None
    may_be_cut: bool = False
    excuses: bool = True


def audit_table(
    values: Sequence[PublishedValue],
    facts: Facts | None = None,
    contrasts: Contrasts | None = None,
    *,
    effect_size: str | None = None,
    design: str | None = None,
    level: int | None = None,
    by_line: Mapping[int, Design] | None = None,
    may_be_cut: bool = False,
    excuses: bool = True,
) -> list[Finding]:
    """All findings on a printed table, in its order. A correct table of a declared design gives none above `note`, and one
    of an undeclared design nothing impossible.

    A number that does not go as rounded and does as cut off is inconsistent at most, unless `excuses` is off. facts: of
    instruments, where known. contrasts: as declared; else they are told from the table's own moments, and their sign from
    the table. design, level, by_line: see Assumptions and designs.py. may_be_cut: as `wavehouse audit --cut`.
    """
    assumed = Assumptions(Design(design, level), by_line or {}, effect_size, may_be_cut, excuses)

    def found(*, cut: bool) -> list[Finding]:
        cells = [Cell(value, _stands_for(value, may_be_cut=cut)) for value in values]
        return audit_cells(cells, facts, contrasts, replace(assumed, may_be_cut=cut))

    first = found(cut=may_be_cut)
    if may_be_cut or not excuses or all(one.severity == NOTE for one in first):
        return first
    as_cut = {(one.value, one.rule): one.severity for one in found(cut=True) if one.severity != NOTE}
    excused = [one for one in first if one.severity != NOTE and (one.value, one.rule) not in as_cut]
    result = [
        one.softened(
            NOT_REPRODUCIBLE if one.severity == NOT_REPRODUCIBLE else INCONSISTENT,
            "it would fit if digits were cut off instead of rounded",
        )
        if one in excused
        else one
        for one in first
    ]
    if len(excused) >= _MANY_CUT:
        note = Finding(
            excused[0].value,
            "cut_off",
            f"{len(excused)} numbers of the table fit only when digits are cut off instead of rounded; if all are (--cut),"
            " say so",
            NOTE,
        )
        result = _in_order([*result, note])
    return result


def _stands_for(value: PublishedValue, *, may_be_cut: bool) -> Interval:
    if (
        value.statistic in _EXACT
        and value.value == int(value.value)
        and not value.printed.strip().startswith(("<", ">", "≤", "≥"))
    ):
        return Interval(value.value, value.value)
    return Interval.printed(value.printed, may_be_cut=may_be_cut, is_p=value.statistic == "p")


def audit_cells(
    cells: Iterable[Cell],
    facts: Facts | None = None,
    contrasts: Contrasts | None = None,
    assumed: Assumptions | None = None,
    *,
    with_notes: bool = True,
) -> list[Finding]:
    """All findings on cells whose intervals are known, in the order of their lines, the gravest first. Notes are for readers
    of a table as it is laid out."""
    table = _Table(cells, facts or {}, contrasts, assumed or Assumptions(), with_notes=with_notes)
    return _in_order([*table.blocks(), *table.rows(), *table.changes(), *(table.notes() if with_notes else ())])


def _in_order(found: Iterable[Finding]) -> list[Finding]:
    return sorted(found, key=lambda one: (one.value.line, SEVERITIES.index(one.severity)))


@dataclass(frozen=True)
class _Change:
    """What was asked of a change whose design is not declared."""

    asked: tuple[pairs.Asked, ...]


class _Table:
    """The rules, asked of cells by what they are about."""

    def __init__(
        self, cells: Iterable[Cell], facts: Facts, contrasts: Contrasts | None, assumed: Assumptions, *, with_notes: bool
    ) -> None:
        self._places = Places(cells, contrasts)
        self._facts = {(section.casefold(), label.casefold()): one for (section, label), one in facts.items()}
        self._assumed = assumed
        self._with_notes = with_notes

    def _facts_of(self, section: str, label: str) -> ScaleFacts:
        return self._facts.get((section.casefold(), label.casefold()), UNKNOWN)

    def _design(self, cells: Cells) -> Design:
        for cell in cells.values() if self._assumed.by_line else ():
            if cell.value.line in self._assumed.by_line:
                own = self._assumed.by_line[cell.value.line]
                return Design(own.name or self._assumed.design.name, own.level or self._assumed.design.level)
        return self._assumed.design

    def blocks(self) -> Iterator[Finding]:
        """Counts and percentages."""
        # Of a model or a weighted sample shares need not be whole people's.
        weights = self._assumed.excuses and self._assumed.design.name in (None, OTHER)
        for rows in self._places.blocks:
            n: Cell | None = None
            counted: list[tuple[Cells, Cell | None]] = []
            printed: list[counts.Denominator] = []
            for label, all_cells in rows:
                row = _of_people(all_cells)
                is_counted = "count" in row or "percent" in row
                if is_counted:
                    n = row.get("n", n)
                    counted.append((row, n))
                if "n" in row:
                    printed.append(counts.Denominator(row["n"].number, f"the n of {label!r}"))
                if "count" in row:
                    printed.append(counts.Denominator(row["count"].number, f"the count of {label!r}"))
            for cells, people in counted:
                if people is None:
                    continue
                excuse = counts.Excuse(self._assumed.excuses and "n" not in cells, weights)
                others = [
                    one
                    for one in printed
                    if one.people != people.number and not ("count" in cells and one.people == cells["count"].number)
                ]
                if "count" in cells:
                    yield from counts.counts_within(cells["count"], people, others, excuse)
                if "percent" in cells:
                    if "count" in cells:
                        yield from counts.percent_of_count(cells["percent"], cells["count"], people, others, excuse)
                    else:
                        yield from counts.percent_of_people(cells["percent"], people, excuse)
            shared = {people for _, people in counted}
            if len(shared) == 1:
                together = [cells for cells, _ in counted]
                yield from counts.one_denominator(together, counted[0][1])
                yield from counts.block_sum(together, counted[0][1])

    def rows(self) -> Iterator[Finding]:
        """One score at one moment."""
        for place in self._places:
            facts = self._facts_of(place.section, place.label)
            for moment, cells in place.moments.items():
                yield from scores.in_bounds(cells)
                if moment != NORM and not self._places.is_change(moment, cells):
                    design = self._design(cells)
                    yield from pairs.interval_ends(cells)
                    yield from _row(cells, facts, design.levels[0] if design.name == PAIRED or design.level else None)

    def changes(self) -> Iterator[Finding]:
        """Two moments of one score."""
        signs = {contrast: declared or pairs.directions(list(self._rows_of(contrast)))
                 for contrast, (_, _, declared) in self._places.contrasts.items()}  # fmt: skip
        rows: list[effects.Row] = []
        undeclared: list[_Change] = []
        for place in self._places:
            facts = self._facts_of(place.section, place.label)
            for moment, cells in place.moments.items():
                if not self._places.is_change(moment, cells):
                    continue
                baseline, followup = map(_bounded, self._places.waves(place, moment))
                design = self._design(cells)
                free, asked, row = _change(_bounded(cells), baseline, followup, facts.possible, signs.get(moment, 0), design)
                yield from free
                rows.append(row)
                if design.name is None:
                    undeclared.append(_Change(tuple(asked)))
                else:
                    yield from (one for each in asked for one in each.findings)
        yield from _by_the_others(undeclared, with_notes=self._with_notes)
        yield from effects.effect_sizes(rows, self._assumed.effect_size)

    def _rows_of(self, contrast: str) -> Iterator[tuple[Cells, Cells, Cells, Interval, bool]]:
        for place in self._places:
            if contrast in place.moments:
                cells = place.moments[contrast]
                waves = [_bounded(wave) for wave in self._places.waves(place, contrast)]
                possible = self._facts_of(place.section, place.label).possible
                design = self._design(cells)
                sizes = [wave["n"].number for wave in waves if "n" in wave]
                is_groups = design.name == GROUPS or (
                    design.name is None and len(sizes) == 2 and "n" in cells and cells["n"].number == sum(sizes)
                )
                yield _bounded(cells), waves[0], waves[1], possible, is_groups

    def notes(self) -> Iterator[Finding]:
        """What a reader of the whole table should know."""
        norms: dict[str, list[tuple[str, Cells]]] = {}
        has_n: set[str] = set()
        for place in self._places:
            if NORM in place.moments:
                norm = place.moments[NORM]
                if {"norm_mean", "norm_sd"} & set(norm):
                    norms.setdefault(place.section, []).append((place.label, norm))
                if "n" in norm:
                    has_n.add(place.section)
            for cells in place.moments.values():
                if "p" in cells:
                    yield from notes.p_of_zero(cells["p"])
        for section, rows in norms.items():
            yield from notes.shared_norms(rows)
            yield from notes.norm_without_n(rows, section in has_n)
        for column in self._places.columns.values():
            yield from notes.decimals(column)
        moments_of = dict.fromkeys(moment for place in self._places for moment in place.moments)
        for moment in moments_of:
            yield from notes.copied_rows(
                [(place.label, place.moments[moment]) for place in self._places if moment in place.moments]
            )
        yield from self._places.notes()


_SHARES = Interval(0.0, 100.0)


def _of_people(cells: Cells) -> Cells:
    """Numbers of people that are known, and percentages within 0 to 100; in_bounds blames the others."""
    found = {name: cell for name, cell in cells.items() if name not in ("n", "count") or cell.interval.is_bounded}
    if "percent" in found:
        share = found["percent"].interval.meet(_SHARES)
        if share.is_empty:
            del found["percent"]
        else:
            found["percent"] = replace(found["percent"], interval=share)
    return found


def _bounded(cells: Cells) -> Cells:
    """Without numbers that are printed as below or above something: only a p's bound is one of a range."""
    return {name: cell for name, cell in cells.items() if cell.interval.is_bounded}


def _row(cells: Cells, facts: ScaleFacts, level: int | None) -> Iterator[Finding]:
    rules: list[Callable[[Cells], Iterator[Finding]]] = [
        lambda some: scores.in_range(some, facts.possible),
        scores.in_order,
    ]
    for rule in rules:
        found = list(rule(cells))
        yield from found
        cells = _without(cells, found)
    cells = {name: cell for name, cell in _bounded(cells).items() if name not in ("sd", "se") or cell.interval.high >= 0}
    rules = [
        scores.of_one,
        scores.mean_of_range,
        lambda some: scores.mean_of_quartiles(some, facts.possible),
        lambda some: scores.spread(some, facts.possible),
        scores.mean_and_median,
        scores.error_of_mean,
        lambda some: scores.interval_of_mean(some, level),
    ]
    if facts.steps is not None:
        steps = facts.steps
        rules += [lambda some: grids.grim(some, steps), lambda some: grids.whole_ends(some, steps)]
        rules.append(grids.debit if facts.is_binary else lambda some: grids.grimmer(some, steps))
    for rule in rules:
        found = list(rule(cells))
        yield from found
        cells = _without(cells, found)


def _change(
    cells: Cells, baseline: Cells, followup: Cells, possible: Interval, sign: int, design: Design
) -> tuple[list[Finding], list[pairs.Asked], effects.Row]:
    """Findings that hold of any design, what was asked of this one, and the numbers that nobody blames."""
    free = [*(pairs.p_in_bounds(cells["p"]) if "p" in cells else ()), *pairs.interval_ends(cells)]
    free += pairs.change_in_range(cells, possible)
    sound = _without(cells, free)
    asked: list[pairs.Asked] = []

    def ask(one: pairs.Asked | None) -> bool:
        """Whether it was asked and something was found; what is blamed is no witness any more."""
        nonlocal sound
        if one is None:
            return False
        asked.append(one)
        sound = _without(sound, [found for found in one.findings if found.value.statistic != "n"])
        return bool(one.findings)

    too_many = ask(pairs.pairs_in_waves(sound, baseline, followup, design))
    is_groups = design.name == GROUPS or (too_many and bool(asked[-1].other))
    sizes = pairs.possible_pairs(sound, baseline, followup, is_printed_n_possible=not too_many)
    usual, others = ways(design, sound, baseline, followup, () if is_groups and design.name is None else sizes)
    if is_groups and design.name is None and not usual:
        usual = others
    if design.name != OTHER:
        ask(pairs.interval_around_change(sound, usual))
        for one in pairs.tests(sound, usual, others, design):
            ask(one)
        if not usual:
            ask(pairs.p_beside_interval(sound, design))
        if not too_many or is_groups:
            ask(pairs.change_of_means(sound, baseline, followup, possible, sign, is_groups=is_groups))
        ask(pairs.sign_of_t(sound))
        if not is_groups:
            ask(pairs.sd_of_changes(sound, baseline, followup, usual, design))
        elif design.name == GROUPS:
            ask(pairs.error_of_groups(sound, baseline, followup, design))
    free += pairs.named_statistics(sound)
    is_other = is_groups or any(one.findings and one.other for one in asked) or (bool(usual) and not usual[0].is_paired)
    return free, asked, effects.Row(sound, sizes, baseline, followup, possible, design, is_other)


def _by_the_others(changes: Sequence[_Change], *, with_notes: bool) -> Iterator[Finding]:
    """Findings on changes whose design nobody declared. One that another design would give is a note. One that no named
    design would give is not reproducible, and inconsistent where most of the table's other rows fit a paired t test."""
    fitting: Counter[str] = Counter()
    asked: Counter[str] = Counter()
    for change in changes:
        for one in {each.rule: each for each in change.asked}.values():
            asked[one.rule] += 1
            fitting[one.rule] += not any(each.findings for each in change.asked if each.rule == one.rule)
    excused: dict[str, list[Finding]] = {}
    for change in changes:
        for one in change.asked:
            others, fit = asked[one.rule] - 1, fitting[one.rule]
            is_habit = fit >= _HABIT and fit >= _MOST * others
            if one.findings and one.other:
                excused.setdefault(one.other, []).extend(one.findings)
            for found in () if one.other else one.findings:
                if is_habit:
                    rows = f"{fit} of the table's {others + 1} changes"
                    words = f"{rows} fit the same people and a paired t test at 95 %; this does not"
                    yield found.softened(INCONSISTENT, words)
                elif not one.is_by_habit:
                    yield found.softened(NOT_REPRODUCIBLE, _UNREPRODUCED)
    for other, some in excused.items() if with_notes else ():
        first = some[0]
        yield first.softened(
            NOTE,
            f"{other} would give it" + (f", and {len(some) - 1} others" if len(some) > 1 else "") + "; --design declares it",
        )


_UNREPRODUCED = (
    "not reproducible from what is printed as a paired t test, two groups or at 90, 95 or 99 %; an adjusted p, another"
    " test or"
    " a bootstrap interval could be it"
)


def _without(cells: Cells, blamed: Iterable[Finding]) -> Cells:
    """A number that is blamed is no witness against others."""
    names = {one.value.statistic for one in blamed}
    return {name: cell for name, cell in cells.items() if name not in names} if names else cells
