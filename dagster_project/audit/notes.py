"""Notes on a table as a whole: what a reader should know, though nothing is contradicted.

Belongs here: severity `note`. Does not belong here: anything that forbids a number.
"""

from collections import Counter
from collections.abc import Iterator, Sequence

from dagster_project.audit.findings import NOTE, Cell, Cells, Finding
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
            f"{', '.join(cell.printed for cell in odd[:5])} beside {often} numbers with {usual}"
            f" decimal{'' if usual == 1 else 's'} in the column",
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
