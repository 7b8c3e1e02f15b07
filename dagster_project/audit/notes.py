"""Notes on a table as a whole, for the reader: nothing is contradicted.

Belongs here: severity `note`. Does not belong here: rules that contradict a number.
"""

from collections import Counter
from collections.abc import Iterator, Sequence

from dagster_project.audit.assumptions import ScaleFacts
from dagster_project.audit.findings import NOTE, Finding, RowCells, TableCell
from dagster_project.audit.layout import TableLayout
from dagster_project.audit.rule import Rule
from dagster_project.results.rounding import printed_decimals

NOTES = tuple(
    Rule(name, statement, "", "nothing: it is information", "")
    for name, statement in {
        "shared_norms": "Two rows of an instrument have the same norm: is it one scale in the reference sample?",
        "norm_without_n": "A norm without a sample size cannot be tested against.",
        "p_of_zero": "No p is zero: print that it is less than its last digit.",
        "decimals": "The numbers of a column differ in decimals; the fewer there are, the more slack every rule has.",
        "copied_rows": "Two rows have the same numbers: from two of three digits on, as an interval has.",
        "cut_off": "More of the table's numbers follow from one another if digits were cut off instead of rounded.",
        "unlike_names": "Two labels or moments differ only in case or blanks; they are taken for the same.",
        "repeated_cell": "A number is printed twice; where the two disagree, a section is asked for.",
        "change_without_waves": "A change has no rows at its two moments, so that it is compared with nothing.",
        "without_sign": "No t, or effect size, of a table is negative beside changes that are: they are absolute values.",
        "sum_or_mean": "A score of several items lies above what their mean can be, and nobody says that it is a sum.",
    }.items()
)
#: Two rows are copies from this many equal numbers of so many digits on.
_MIN_COPIED, _MIN_DIGITS = 2, 3
#: Numbers that rows share rightly.
_COMMON_STATISTICS = ("n", "p", "df", "df1", "df2", "count", "percent")


def table_notes(layout: TableLayout) -> Iterator[Finding]:
    """Notes on norms, p, decimals, copies and names."""
    norms: dict[str, list[tuple[str, RowCells]]] = {}
    has_n: set[str] = set()
    for row in layout:
        norm = row.moments.get("norm", {})
        if {"norm_mean", "norm_sd"} & set(norm):
            norms.setdefault(row.section, []).append((row.label, norm))
        if "n" in norm:
            has_n.add(row.section)
        for cells in row.moments.values():
            if "p" in cells:
                yield from p_of_zero(cells["p"])
    for section, rows in norms.items():
        yield from shared_norms(rows)
        yield from norm_without_n(rows, section in has_n)
    for column in layout.columns.values():
        yield from decimals(column)
    moments = dict.fromkeys(moment for row in layout for moment in row.moments)
    for moment in moments:
        yield from copied_rows([(row.label, row.moments[moment]) for row in layout if moment in row.moments])
    yield from layout.notes()


def without_sign(cell: TableCell, count: int) -> Finding:
    """t, or effect sizes, of which none is negative beside changes that are."""
    name = "effect sizes" if cell.value.statistic == "es" else cell.value.statistic
    words = f"all {count} {name} of {cell.value.timepoint!r} are printed without sign; taken for absolute values"
    return Finding(cell.value, "without_sign", words, NOTE)


def sum_or_mean(cells: RowCells, facts: ScaleFacts) -> Finding:
    """A score of several items, above what their mean can be, of which nobody says that it is a sum."""
    assert facts.mean_range is not None
    cell = next(cells[name] for name in ("mean", "median", "q3", "max", *cells) if name in cells)
    words = (
        f"{cell.text} is above {facts.mean_range.high:g}, the most that a mean of items can be: taken for a"
        f" sum; declare it in aggregate"
    )
    return Finding(cell.value, "sum_or_mean", words, NOTE)


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
    """Two rows with the same numbers: from two on that have three digits each, as an interval has. n, p and df may be the
    same. rows: label and cells."""
    labels: dict[tuple[tuple[str, str], ...], str] = {}
    for label, cells in rows:
        telling = {
            name: cell for name, cell in cells.items() if name not in _COMMON_STATISTICS and _digits(cell) >= _MIN_DIGITS
        }
        parts = [tuple(sorted((name, cell.text) for name, cell in telling.items()))]
        parts.append(tuple(sorted((name, cell.text) for name, cell in telling.items() if name in ("ci_low", "ci_high"))))
        for part in dict.fromkeys(part for part in parts if len(part) >= _MIN_COPIED):
            if part in labels and labels[part] != label:
                names = ", ".join(f"{name} {text}" for name, text in part)
                yield Finding(
                    telling[part[0][0]].value, "copied_rows", f"{label} has the same {names} as {labels[part]}", NOTE
                )
                break
            labels.setdefault(part, label)


def _digits(cell: TableCell) -> int:
    return len("".join(sign for sign in cell.text if sign.isdigit()).lstrip("0"))
