"""Notes on a table as a whole: what a reader should know, though nothing is contradicted. Belongs here: severity `note`, and
which definition an effect size follows. Does not belong here: anything that forbids a number."""

import math
from collections import Counter
from collections.abc import Iterator, Sequence

from dagster_project.audit.findings import NOTE, Cell, Cells, Finding
from dagster_project.audit.intervals import Interval
from dagster_project.audit.pairs import change_of, error_of
from dagster_project.results.rounding import printed_decimals

#: A copied row shares so many numbers or more.
_COPIED = 6


def shared_norms(norms: Sequence[tuple[str, Cells]]) -> Iterator[Finding]:
    """Rows of one instrument with the same norm. norms: label and its norm_mean and norm_sd."""
    seen: dict[tuple[float, float], str] = {}
    for label, cells in norms:
        if {"norm_mean", "norm_sd"} <= set(cells):
            key = (cells["norm_mean"].number, cells["norm_sd"].number)
            if key in seen:
                yield Finding(
                    cells["norm_mean"].value,
                    "shared_norms",
                    f"{label} has the same norm as {seen[key]}, {cells['norm_mean'].printed}"
                    f" ({cells['norm_sd'].printed}): is it one scale in the reference sample?",
                    NOTE,
                )
            else:
                seen[key] = label


def norm_without_n(norms: Sequence[tuple[str, Cells]], has_n: bool) -> Iterator[Finding]:
    """A norm whose sample size no row and no footnote says: no test against it can be checked."""
    if norms and not has_n:
        label, cells = norms[0]
        yield Finding(
            next(iter(cells.values())).value,
            "norm_without_n",
            f"the norm of {label} has no sample size in the table or its footnotes",
            NOTE,
        )


def p_of_zero(p: Cell) -> Iterator[Finding]:
    """No p is zero: one that prints so is less than its last digit."""
    if p.number == 0 and not p.printed.strip().startswith(("<", "≤")):
        yield Finding(
            p.value, "p_of_zero", f"{p.printed} stands for less than {p.interval.high:.1g}; print it so", NOTE
        )  # fmt: skip


def decimals(column: Sequence[Cell]) -> Iterator[Finding]:
    """A column whose numbers have unlike decimals: the fewer, the more slack every check has."""
    counts = Counter(_decimals(cell) for cell in column if not cell.printed.strip().startswith(("<", ">", "≤", "≥")))
    if len(counts) < 2 or len(column) < 4:
        return
    usual, often = counts.most_common(1)[0]
    odd = [cell for cell in column if _decimals(cell) != usual]
    if often > len(column) / 2:
        yield Finding(
            odd[0].value,
            "decimals",
            f"{', '.join(cell.printed for cell in odd[:5])} beside {often} numbers with {usual} decimals in the column",
            NOTE,
        )


def _decimals(cell: Cell) -> int:
    return printed_decimals(cell.printed.strip().lstrip("<>≤≥ "))


def copied_rows(rows: Sequence[tuple[str, Cells]]) -> Iterator[Finding]:
    """Two rows with the same numbers throughout. rows: label and cells."""
    seen: dict[tuple[tuple[str, str], ...], str] = {}
    for label, cells in rows:
        key = tuple(sorted((name, cell.printed) for name, cell in cells.items()))
        if len(key) < _COPIED:
            continue
        if key in seen:
            first = next(iter(cells.values()))
            yield Finding(
                first.value, "copied_rows", f"{label} has the very numbers of {seen[key]}, all {len(key)} of them", NOTE
            )  # fmt: skip
        else:
            seen[key] = label


def definitions(rows: Sequence[tuple[Cells, Cells, Cells]]) -> Iterator[Finding]:
    """Which definition of the effect size a table's values can follow. rows: pairs, baseline, follow-up.

    d_z is told by n and interval; SDs of a wave are those of everybody there, which the pairs' own come near. A note on the
    first effect size.
    """
    names = {
        "change / SD of the changes (d_z)": 0,
        "change / SD at baseline (d_baseline)": 0,
        "change as printed / SD at baseline": 0,
        "change / root of both waves' mean variance (d_av)": 0,
    }
    told, first = 0, None
    for pairs, baseline, followup in rows:
        change = change_of(pairs)
        if "es" not in pairs or "n" not in pairs or change is None or change.is_empty or pairs["n"].number < 2:
            continue
        error = error_of(pairs, int(pairs["n"].number))
        sds = [wave["sd"].interval if "sd" in wave else None for wave in (baseline, followup)]
        if error is None or error.low <= 0 or sds[0] is None:
            continue
        first = first or pairs["es"]
        told += 1
        root = math.sqrt(pairs["n"].number)
        wide = Interval(sds[0].low * 0.85, sds[0].high * 1.15)
        printed = Interval(pairs["change"].number, pairs["change"].number)
        sizes = [change.over(error.times(root)), change.over(wide), printed.over(wide)]
        if sds[1] is not None:
            both = Interval(*(math.sqrt((max(a, 0.0) ** 2 + max(b, 0.0) ** 2) / 2) for a, b in (
                (sds[0].low, sds[1].low), (sds[0].high, sds[1].high))))  # fmt: skip
            sizes.append(change.over(Interval(both.low * 0.85, both.high * 1.15)))
        for name, size in zip(names, sizes, strict=False):
            names[name] += not size.size.misses(pairs["es"].interval.size)
    if first is not None and told > 1:
        said = ", ".join(f"{count} {name}" for name, count in sorted(names.items(), key=lambda one: -one[1]))
        yield Finding(
            first.value,
            "definitions",
            f"of {told} effect sizes of unnamed definition, so many can be: {said} (an SD of a wave taken as within 15 % of"
            " that of everybody there)",
            NOTE,
        )
