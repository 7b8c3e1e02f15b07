"""What the numbers of a block of categories are: counts, percentages, the n that they are of.

Belongs here: whether n is a count or a denominator, whose n a block has, which denominators a percentage can be of. Does
not belong here: judging them (blocks.py).
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from dagster_project.audit.findings import RowCells, TableCell
from dagster_project.audit.intervals import Interval

_PERCENT_RANGE = Interval(0.0, 100.0)
#: How a row of those without an answer is called.
_UNKNOWN_LABELS = frozenset(
    ("unknown", "missing", "not known", "not reported", "no answer", "not stated", "n/a", "unspecified")
)
#: A denominator below this share of n is no loss of a few answers.
MIN_ANSWERED = 0.6
_NO_SIZE = Interval(1.0, 0.0)


@dataclass(frozen=True)
class Category:
    """A row of a block. n: its own denominator. size: the denominators that its percentage can be of."""

    label: str
    count: TableCell | None
    percent: TableCell | None
    n: TableCell | None
    sizes: Interval = _NO_SIZE

    @property
    def is_complete(self) -> bool:
        return self.count is not None and self.percent is not None

    @property
    def cells(self) -> tuple[TableCell, ...]:
        return tuple(cell for cell in (self.percent, self.count) if cell is not None)

    def is_of(self, size: float | None) -> bool:
        """Whether so many people give the percentage."""
        return size is not None and self.sizes.low <= size <= self.sizes.high

    @property
    def is_sharp(self) -> bool:
        """Whether a percentage of other people would hardly print like it."""
        if self.percent is None or self.count is None or self.count.number == 0:
            return False
        share = self.percent.interval
        return share.high - share.low <= 0.02 * max(min(share.middle, 100 - share.middle), 1e-9)


@dataclass(frozen=True)
class Block:
    """Categories of one section, table and moment. n: printed for all of them. unknown: people without an answer.
    is_n_a_count: its rows' n are counts."""

    rows: tuple[Category, ...]
    n: TableCell | None
    unknown: float | None
    is_n_a_count: bool = False

    @property
    def has_own_n(self) -> bool:
        return sum(row.n is not None for row in self.rows) >= 2


def people_cells(cells: RowCells) -> dict[str, TableCell]:
    """Without unbounded numbers of people, and with percentages cut to 0 to 100; in_bounds blames those outside."""
    result = {name: cell for name, cell in cells.items() if name not in ("n", "count") or cell.interval.is_bounded}
    if "percent" in result:
        share = result["percent"].interval.intersection(_PERCENT_RANGE)
        if share.is_empty:
            del result["percent"]
        else:
            result["percent"] = replace(result["percent"], interval=share)
    return result


def block_of(rows: Sequence[tuple[str, RowCells]], outer_n: TableCell | None) -> Block | None:
    """outer_n: the n of the moment that stands on a row of its own."""
    category_cells = [(label, people_cells(cells)) for label, cells in rows if {"count", "percent"} & set(cells)]
    if not category_cells:
        return None
    unknown = [cells["count"].number for label, cells in category_cells if _is_unknown(label) and "count" in cells]
    categories = [(label, cells) for label, cells in category_cells if not _is_unknown(label) or "percent" in cells]
    if any(_is_unknown(label) and "percent" in cells for label, cells in categories):
        unknown = []
    is_count = _is_n_a_count([cells for _, cells in categories])
    if is_count:
        categories = [
            (label, {("count" if name == "n" else name): cell for name, cell in cells.items()})
            for label, cells in categories
        ]
    lone_n = [cells["n"] for label, cells in rows if "n" in cells and not {"count", "percent", "mean"} & set(cells)]
    inner_n = [cells["n"] for _, cells in categories if "n" in cells]
    row_sizes = inner_n if len(inner_n) >= 2 else []
    n = (
        inner_n[0]
        if len(inner_n) == 1
        else lone_n[0]
        if len(lone_n) == 1 and not row_sizes
        else None
        if row_sizes
        else outer_n
    )
    if row_sizes and len({cell.number for cell in row_sizes}) == 1 and not is_count:
        n, row_sizes = row_sizes[0], []
    entries = tuple(
        Category(label, cells.get("count"), cells.get("percent"), cells.get("n") if row_sizes else None, _sizes(cells))
        for label, cells in categories
    )
    return Block(entries, None if is_count else n, sum(unknown) if unknown else None, is_count) if entries else None


def _is_unknown(label: str) -> bool:
    return label.strip().casefold() in _UNKNOWN_LABELS


def _is_n_a_count(rows: Iterable[RowCells]) -> bool:
    """Whether `n` beside percentages counts the category's people: no row has another count, and the shares are those of
    the n, or no number of people gives a percentage of its n."""
    rows = [cells for cells in rows if {"n", "percent"} <= set(cells)]
    if any("count" in cells for cells in rows) or len(rows) < 2 or len({cells["n"].number for cells in rows}) == 1:
        return False
    sizes = [_sizes({"count": cells["n"], "percent": cells["percent"]}) for cells in rows]
    size = commonest_size(sizes)
    of_counts = sum(size is not None and interval.low <= size <= interval.high for interval in sizes)
    of_n = sum(has_count(cells["percent"], cells["n"].number) for cells in rows)
    return of_counts >= 2 and (of_counts >= of_n or of_counts >= len(rows) - 1)


def has_count(percent: TableCell, people: float) -> bool:
    """Whether a whole number of these people gives the percentage."""
    counts = percent.interval.times(people / 100)
    return math.ceil(counts.low - 1e-9) <= math.floor(counts.high + 1e-9)


def _sizes(cells: Mapping[str, TableCell]) -> Interval:
    return denominators(cells["percent"], cells["count"]) if {"count", "percent"} <= set(cells) else _NO_SIZE


def denominators(percent: TableCell, count: TableCell) -> Interval:
    """The denominators, not below the count, that give the percentage; empty when there are none."""
    low, high = percent.interval.low, percent.interval.high
    if count.number == 0:
        return Interval(1.0, math.inf) if low <= 0 <= high else _NO_SIZE
    if high <= 0:
        return _NO_SIZE
    lowest = max(1, math.ceil(count.number), math.ceil(100 * count.number / high - 1e-9))
    return Interval(float(lowest), math.inf if low <= 0 else float(math.floor(100 * count.number / low + 1e-9)))


def commonest_size(sizes: Sequence[Interval]) -> float | None:
    """The smallest denominator that fits the most rows; None where no row has one."""
    candidates = sorted({interval.low for interval in sizes if not interval.is_empty})
    return max(
        candidates, key=lambda candidate: sum(interval.low <= candidate <= interval.high for interval in sizes), default=None
    )


def is_of_all(rows: Sequence[Category], size: int) -> bool:
    """Whether these people can give all percentages and, where they add up to 100, be divided among them."""
    intervals = [row.percent.interval.times(size / 100) for row in rows if row.percent is not None]
    if any(math.ceil(interval.low - 1e-9) > math.floor(interval.high + 1e-9) for interval in intervals):
        return False
    total = sum(row.percent.number for row in rows if row.percent is not None)
    if abs(total - 100) > 0.5:
        return True
    return sum(math.ceil(i.low - 1e-9) for i in intervals) <= size <= sum(math.floor(i.high + 1e-9) for i in intervals)
