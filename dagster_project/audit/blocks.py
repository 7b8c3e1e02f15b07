"""Rules on counts and percentages of people, a block of categories at a time.

Belongs here: one block against its n, its own denominators, its sum, and the table's other blocks. Does not belong here:
what is a count and what a denominator (block_roles.py), totals over columns (totals.py).

A block is judged as a block: where all of its percentages are of one other number of people there is one finding, a note
where fewer people than n, or an Unknown row, explain it. Weights are a habit of the table: where its other percentages are
of whole people they excuse none.
"""

import math
from collections.abc import Iterator, Sequence

from dagster_project.audit.block_roles import MIN_ANSWERED, Block, Category, commonest_size, has_count, is_of_all
from dagster_project.audit.block_sums import block_sums, count_sum, is_of_other_people, is_whole
from dagster_project.audit.findings import IMPOSSIBLE, INCONSISTENT, NOT_REPRODUCIBLE, NOTE, Finding, TableCell
from dagster_project.audit.intervals import Interval
from dagster_project.audit.outcome import Outcome
from dagster_project.audit.rule import Rule

PERCENT_OF_COUNT = Rule(
    "percent_of_count",
    "A percentage is 100 count / n of its block, or of the people who answered.",
    "count, percentage, and n of the row, of the block or of the column",
    "the percentage",
    "A: n 30, count 20, percent 61.7",
    "100 count / n",
)
COUNTS_WITHIN = Rule(
    "counts_within", "A category has no more people than its block.", "count and n", "the count", "A: n 30, count 31"
)
ONE_DENOMINATOR = Rule(
    "one_denominator",
    "The percentages of a block have one denominator: its n, or fewer people who answered.",
    "counts, or percentages alone, of several categories",
    "all percentages at once, or the odd one",
    "Parallel: n 114, count 102, percent 87.2; Factorial: count 3, percent 2.6; Other: count 9, percent 7.7",
)
PERCENT_OF_PEOPLE = Rule(
    "percent_of_people",
    "A percentage of n people is 100 times a whole number / n.",
    "percentage and n",
    "the percentage",
    "A: n 7, percent 50.0",
)
_MIN_FITTING = 2


def block_outcomes(blocks: Sequence[Block], *, may_be_weighted: bool, excuses: bool) -> Iterator[Outcome]:
    """may_be_weighted: percentages need not be of whole people. excuses: another denominator than n explains a
    percentage."""
    fits = sum(row.is_of(_base(block, row)) and row.is_sharp for block in blocks for row in block.rows)
    for block in blocks:
        n_elsewhere = fits - sum(row.is_of(_base(block, row)) and row.is_sharp for row in block.rows)
        judge = _BlockJudge(block, n_elsewhere, may_be_weighted=may_be_weighted, excuses=excuses)
        yield from judge.outcomes()
        yield from block_sums(block)


def _base(block: Block, row: Category) -> float | None:
    cell = row.n or block.n
    return cell.number if cell is not None else None


class _BlockJudge:
    """A block and the rules applied to it. fits_elsewhere: how many percentages of the table's other blocks are of whole
    people."""

    def __init__(self, block: Block, fits_elsewhere: int, *, may_be_weighted: bool, excuses: bool) -> None:
        self._block = block
        self._excuses = excuses
        self._may_be_weighted = may_be_weighted and excuses
        self._fits = fits_elsewhere
        self._complete = [row for row in block.rows if row.is_complete]
        counts = [row.count.number for row in block.rows if row.count is not None]
        self._is_exclusive = len(counts) == len(block.rows) > 1 and block.n is not None and sum(counts) == block.n.number
        self._is_whole = is_whole(block)
        self._is_of_others = excuses and is_of_other_people(block)

    def outcomes(self) -> Iterator[Outcome]:
        yield from self._counts_within()
        if self._block.has_own_n:
            for row in self._block.rows:
                yield from self._row_outcomes(row, row.n, self._complete)
            return
        if self._complete:
            yield from self._shared_n()
        alone = [row for row in self._block.rows if row.count is None and row.percent is not None]
        if alone and self._block.n is not None:
            yield from self._percentages(alone, self._block.n)

    def _counts_within(self) -> Iterator[Outcome]:
        for row in self._block.rows:
            n = row.n or self._block.n
            if row.count is None or n is None:
                continue
            findings: tuple[Finding, ...] = ()
            if row.count.number > n.number:
                is_own = n.value.label == row.label or not self._excuses
                severity = NOTE if self._is_of_others else IMPOSSIBLE if is_own else INCONSISTENT
                words = f"{row.count.text} people in the category, but {n.text} in all"
                words += "; weighted, the block's counts and percentages fit one another" if self._is_of_others else ""
                finding = COUNTS_WITHIN.finding(row.count, words, slack=row.count.number - n.number, severity=severity)
                findings = (finding,)
            yield Outcome("counts_within", (row.count, n), findings, is_certain=True)

    def _row_outcomes(self, row: Category, n: TableCell | None, rows: Sequence[Category]) -> Iterator[Outcome]:
        """One row against its n."""
        if n is None or row.percent is None or n.number <= 0:
            return
        if row.count is None:
            yield from self._percentages([row], n)
            return
        cells = (row.percent, row.count, n)
        if row.is_of(n.number) or row.count.number > n.number:
            yield Outcome("percent_of_count", cells, (), 0.5 if row.is_sharp else math.inf)
            return
        misfits = sum(not block_row.is_of(_base(self._block, block_row)) for block_row in rows) - 1
        yield Outcome("percent_of_count", cells, (self._misfit(row, n, misfits),))

    def _misfit(self, row: Category, n: TableCell, other_misfits: int) -> Finding:
        """A percentage that is not of n, beside others that are."""
        assert row.count is not None and row.percent is not None
        share = 100 * row.count.number / n.number
        words = (
            f"{row.count.text} of {n.text} is 100 x {row.count.text} / {n.text} = {share:.2f} %, not"
            f" {row.percent.percent_text}"
        )
        finding = PERCENT_OF_COUNT.finding(row.percent, words, slack=row.percent.interval.gap(Interval(share, share)))
        if not self._excuses:
            return finding
        is_own = row.n is not None
        unknown = self._block.unknown or 0
        if unknown and row.is_of(n.number - unknown):
            return finding.softened(NOTE, f"it is of {n.number - unknown:g}, as {unknown:g} are unknown")
        has_size = not row.sizes.is_empty and math.isfinite(row.sizes.high)
        fits = self._fits + sum(
            block_row.is_of(_base(self._block, block_row)) and block_row.is_sharp for block_row in self._complete
        )
        if has_size:
            finding = finding.softened(INCONSISTENT, f"it fits the denominator {row.sizes.low:g}")
            is_loss = row.sizes.low < n.number and row.sizes.high >= MIN_ANSWERED * n.number
            is_divided = self._is_exclusive or (self._is_whole and other_misfits == 0)
            if is_loss and not is_own and not is_divided and self._fits_without(row):
                return finding.softened(NOTE, "some may not have answered")
        if self._may_be_weighted and (fits < _MIN_FITTING or other_misfits * 3 > fits):
            return finding.softened(NOTE, "weighted data could give it")
        return (
            finding.softened(INCONSISTENT, "weighted data could give it")
            if self._may_be_weighted and not has_size
            else finding
        )

    def _fits_without(self, row: Category) -> bool:
        """Whether the block may be of fewer people: its counts do not say otherwise."""
        total = count_sum(self._block)
        return total is None or self._block.n is None or total != self._block.n.number or len(self._block.rows) == 1

    def _shared_n(self) -> Iterator[Outcome]:
        """All rows of one n, printed or not."""
        rows, n = self._complete, self._block.n
        size = commonest_size([row.sizes for row in rows])
        if n is not None and all(row.is_of(n.number) for row in rows):
            for row in rows:
                yield from self._row_outcomes(row, n, rows)
            return
        n_of_size = sum(row.is_of(size) for row in rows)
        if n is not None and size is not None and len(rows) >= 2 and n_of_size == len(rows):
            yield self._of_another(rows, n, size)
            yield from (Outcome("one_denominator", row.cells, (), 0.5 if row.is_sharp else math.inf) for row in rows)
            return
        if n is not None and len(rows) == 1:
            yield from self._row_outcomes(rows[0], n, rows)
            return
        n_of_n = sum(row.is_of(n.number) for row in rows) if n is not None else 0
        if n is not None and (n_of_n >= n_of_size or size is None or size > n.number or n_of_size < len(rows) - 1):
            for row in rows:
                yield from self._row_outcomes(row, n, rows)
            yield from self._two_denominators(rows, n)
        elif size is not None and n_of_size >= 2:
            for row in rows:
                yield from self._odd(row, rows, size, n_of_size)

    def _of_another(self, rows: Sequence[Category], n: TableCell, size: float) -> Outcome:
        """One finding for a block that is of another number of people than its n."""
        cells = tuple(cell for row in rows for cell in row.cells)
        highest = min(row.sizes.high for row in rows)
        people = count_sum(self._block)
        unknown = self._block.unknown or 0
        if people is not None and size <= people - unknown <= highest:
            size = people - unknown
        elif size < n.number <= highest + 1:
            size = highest
        first = rows[0].percent
        assert first is not None
        words = f"all {len(rows)} percentages of the block are of {size:g}, not of the n of {n.text}"
        finding = ONE_DENOMINATOR.finding(first, words, severity=NOTE if self._is_of_others else INCONSISTENT)
        if size < n.number:
            missing = (
                f"; {unknown:g} are unknown"
                if unknown == n.number - size
                else f": {n.number - size:g} fewer, who may not have answered"
            )
            is_loss = size >= MIN_ANSWERED * n.number or unknown == n.number - size
            finding = ONE_DENOMINATOR.finding(first, words + missing, severity=NOTE if is_loss else NOT_REPRODUCIBLE)
        return Outcome("one_denominator", (*cells, n), (finding,))

    def _two_denominators(self, rows: Sequence[Category], n: TableCell) -> Iterator[Outcome]:
        """A note on rows that share a denominator beside others that are of n."""
        odd_rows = [row for row in rows if not row.is_of(n.number)]
        size = commonest_size([row.sizes for row in odd_rows])
        sharing_rows = [row for row in odd_rows if row.is_of(size)]
        if size is None or len(rows) < 2:
            return
        rows_text = ", ".join(
            f"{row.count.text} ({row.percent.percent_text})" for row in sharing_rows if row.count and row.percent
        )
        first = sharing_rows[0].percent
        assert first is not None
        words = (
            f"{rows_text} fit{'s' if len(sharing_rows) == 1 else ''} the denominator {size:g}, while"
            f" {len(rows) - len(odd_rows)} of the"
            f" block's {len(rows)} rows fit {n.number:g}: the block uses more than one denominator"
        )
        yield Outcome("one_denominator", (first,), (ONE_DENOMINATOR.finding(first, words, severity=NOTE),))

    def _odd(self, row: Category, rows: Sequence[Category], size: float, n_of_size: int) -> Iterator[Outcome]:
        """A block without n, or of fewer people: a row that is of another number than most."""
        assert row.percent is not None and row.count is not None
        cells = (row.percent, row.count)
        if row.is_of(size):
            yield Outcome("one_denominator", cells, (), 0.5 if row.is_sharp else math.inf)
            return
        share = 100 * row.count.number / size
        size_text = f", this one the denominator {row.sizes.low:g}" if not row.sizes.is_empty else ""
        words = (
            f"{n_of_size} of the block's {len(rows)} rows fit the denominator {size:g}{size_text}:"
            f" {row.count.text} of {size:g} is"
            f" {share:.2f} %, not {row.percent.percent_text}: the block uses more than one denominator"
        )
        sharp = sum(block_row.is_of(size) and block_row.is_sharp for block_row in rows)
        # Beside a printed n of other people, two rows may share a denominator by accident.
        n_needed = _MIN_FITTING if self._block.n is None else _MIN_FITTING + 1
        is_clear = (sharp >= n_needed and n_of_size == len(rows) - 1) or (n_of_size >= 2 and self._fits >= 3)
        severity = INCONSISTENT if is_clear and not (self._may_be_weighted and sharp + self._fits < _MIN_FITTING) else NOTE
        is_of_n = self._block.n is not None and row.is_of(self._block.n.number)
        if is_of_n or self._is_two_blocks(rows, size):
            severity = NOTE
        yield Outcome("one_denominator", cells, (ONE_DENOMINATOR.finding(row.percent, words, severity=severity),))

    def _is_two_blocks(self, rows: Sequence[Category], size: float) -> bool:
        """Whether the odd rows add up to a block of their own."""
        odd = [row for row in rows if not row.is_of(size)]
        odd_size = commonest_size([row.sizes for row in odd])
        usual = sum(row.count.number for row in rows if row.count and row.is_of(size))
        return len(odd) > 1 and sum(row.count.number for row in odd if row.count) == odd_size and usual == size

    def _percentages(self, rows: Sequence[Category], n: TableCell) -> Iterator[Outcome]:
        """Percentages without counts."""
        if n.number < 1:
            return
        misfits = [row for row in rows if row.percent is not None and not has_count(row.percent, n.number)]
        for row in rows:
            if row.percent is not None and row not in misfits:
                yield Outcome("percent_of_people", (row.percent, n))
        if not misfits:
            return
        size = next(
            (size for size in range(int(n.number) - 1, max(2, int(MIN_ANSWERED * n.number)), -1) if is_of_all(rows, size)),
            None,
        )
        first = misfits[0].percent
        assert first is not None
        if size is not None and len(rows) > 1 and self._excuses:
            words = (
                f"{'both' if len(rows) == 2 else f'all {len(rows)}'} percentages of the block can be of {size}, not"
                f" of the n of {n.text}: {n.number - size:g} may not have answered"
            )
            yield Outcome("one_denominator", (first, n), (ONE_DENOMINATOR.finding(first, words, severity=NOTE),))
            return
        for row in misfits:
            yield (
                Outcome("percent_of_people", (row.percent, n), (self._no_count(row, n),)) if row.percent else Outcome("", ())
            )

    def _no_count(self, row: Category, n: TableCell) -> Finding:
        percent = row.percent
        assert percent is not None
        counts = percent.interval.times(n.number / 100)
        lower, upper = math.floor(counts.high), math.ceil(counts.low)
        shares = [100 * count / n.number for count in (lower, upper)]
        words = (
            f"{lower} of {n.text} is {shares[0]:.2f} % and {upper} of {n.text} is {shares[1]:.2f} %, so no count gives"
            f" {percent.percent_text}"
        )
        slack = min(percent.interval.gap(Interval(share, share)) for share in shares)
        finding = PERCENT_OF_PEOPLE.finding(percent, words, slack=slack)
        if not self._excuses:
            return finding
        is_lone = len(self._block.rows) == 1
        reason = (
            f"its denominator may not be these {n.text}" if not is_lone else f"{n.text} may be the count, or people weighted"
        )
        return finding.softened(NOTE, reason)
