"""Notes on a table as a whole, for the reader: nothing is contradicted.

Belongs here: severity `note`. Does not belong here: rules that contradict a number.
"""

from collections import Counter
from collections.abc import Iterator, Sequence

from dagster_project.audit.findings import NOTE, Finding, RowCells, TableCell
from dagster_project.results.rounding import printed_decimals

#: Two rows are copies from this many equal numbers on.
_MIN_COPIED = 6


def shared_norms(norms: Sequence[tuple[str, RowCells]]) -> Iterator[Finding]:
    """Rows of one instrument with the same norm. norms: label and its norm_mean and norm_sd."""
    labels: dict[tuple[float, float], str] = {}
    for label, cells in norms:
        if {"norm_mean", "norm_sd"} <= set(cells):
            key = (cells["norm_mean"].number, cells["norm_sd"].number)
            if key in labels:
                yield Finding(
                    cells["norm_mean"].value,
                    "shared_norms",
                    f"{label} has the same norm as {labels[key]}, {cells['norm_mean'].text}"
                    f" ({cells['norm_sd'].text}): is it one scale in the reference sample?",
                    NOTE,
                )
            else:
                labels[key] = label


def norm_without_n(norms: Sequence[tuple[str, RowCells]], has_n: bool) -> Iterator[Finding]:
    """A norm without a sample size: no test against it can be checked."""
    if norms and not has_n:
        label, cells = norms[0]
        yield Finding(
            next(iter(cells.values())).value,
            "norm_without_n",
            f"the norm of {label} has no sample size in the table or its footnotes",
            NOTE,
        )


def p_of_zero(p: TableCell) -> Iterator[Finding]:
    """No p is zero: a printed zero is less than its last digit."""
    if p.number == 0 and not p.text.strip().startswith(("<", "≤")):
        bound = f"{p.interval.high:.1g}"
        yield Finding(p.value, "p_of_zero", f"{p.text} means less than {bound}; print it as '< {bound}'", NOTE)


def decimals(column: Sequence[TableCell]) -> Iterator[Finding]:
    """A column whose numbers differ in decimals: the fewer, the more slack every check has."""
    decimal_counts = Counter(_decimals(cell) for cell in column if not cell.text.strip().startswith(("<", ">", "≤", "≥")))
    if len(decimal_counts) < 2 or len(column) < 4:
        return
    usual_decimals, usual_count = decimal_counts.most_common(1)[0]
    odd_cells = [cell for cell in column if _decimals(cell) != usual_decimals]
    if usual_count > len(column) / 2:
        yield Finding(
            odd_cells[0].value,
            "decimals",
            f"{', '.join(cell.text for cell in odd_cells[:5])} beside {usual_count} numbers with {usual_decimals}"
            f" decimal{'' if usual_decimals == 1 else 's'} in the column",
            NOTE,
        )


def _decimals(cell: TableCell) -> int:
    return printed_decimals(cell.text.strip().lstrip("<>≤≥ "))


def copied_rows(rows: Sequence[tuple[str, RowCells]]) -> Iterator[Finding]:
    """Two rows with the same numbers throughout. rows: label and cells."""
    labels: dict[tuple[tuple[str, str], ...], str] = {}
    for label, cells in rows:
        key = tuple(sorted((name, cell.text) for name, cell in cells.items()))
        if len(key) < _MIN_COPIED:
            continue
        if key in labels:
            first = next(iter(cells.values()))
            yield Finding(
                first.value, "copied_rows", f"{label} has the same {len(key)} numbers as {labels[key]}", NOTE
            )  # fmt: skip
        else:
            labels[key] = label
