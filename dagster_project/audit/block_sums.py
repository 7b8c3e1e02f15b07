"""What categories of a block add up to: their percentages 100, their counts its n.

Belongs here: sums, and whether categories divide the people among them. Does not belong here: one category (blocks.py).
"""

import math
from collections.abc import Iterator, Sequence

from dagster_project.audit.block_roles import MIN_ANSWERED, Block, commonest_size, is_of_all
from dagster_project.audit.findings import INCONSISTENT, NOTE, Finding, TableCell
from dagster_project.audit.intervals import Interval
from dagster_project.audit.outcome import OF_CHANCE, Outcome
from dagster_project.audit.rule import Rule

BLOCK_SUM = Rule(
    "block_sum",
    "The counts of categories that exclude each other add up to n at most. A note where people may be in two: unless the"
    " percentages add up to 100, and are of neither n nor the counts' sum.",
    "counts and n",
    "the first count",
    "A: n 3, count 2; B: count 2",
)
PERCENT_SUM = Rule(
    "percent_sum",
    "The percentages of a block add up to 100 where its counts are everybody, weighted or not, or where those of the table's"
    " other blocks do.",
    "percentages of several categories, with counts and n, or in three blocks or more",
    "the first percentage",
    "A: percent 20.0; B: percent 70.0",
)
PERCENTS_OF_ONE_NUMBER = Rule(
    "percents_of_one_number",
    "Where it is so in the table's other blocks, the percentages of a block can all be of one whole number of people: its n,"
    " or those of them who answered.",
    "n and percentages of three categories or more, without counts, in two blocks or more",
    "the first percentage",
    "A: n 26, percent 7.1; B: percent 26.9; C: percent 65.4",
    "each percentage is 100 x a whole number / N; where they add up to 100, the whole numbers do to N",
)
#: Of a block that divides its people: rows, the slack of the percentages' sum, and how far the counts' sum may be off n.
_MIN_WHOLE_ROWS, _MAX_WHOLE_WIDTH, _NEAR_SHARE = 3, 1.0, 0.1
#: Counts of so many times n are of no misprinted n.
_OTHER_PEOPLE = 5
#: Of so many people percentages say of how many they are.
_MIN_DIVIDED, _MAX_DIVIDED = 10, 2000
#: The excess of a block that is of no number of people: it allows no broader practice.
_EXCESS = 1.5
#: How far, relative, weights change the share of a category.
_WEIGHT_RATIO = 1.35


def _percent_sum(block: Block) -> Interval | None:
    """Of all percentages of a block."""
    percents = [row.percent for row in block.rows if row.percent is not None]
    if len(percents) != len(block.rows) or len(percents) < 2:
        return None
    return Interval(*(sum(getattr(percent.interval, end) for percent in percents) for end in ("low", "high")))


def is_whole(block: Block) -> bool:
    """Whether three categories or more divide the people of n among them: their percentages add up to 100, and their counts
    to about n. They then have one denominator."""
    percent_sum, people = _percent_sum(block), count_sum(block)
    if percent_sum is None or people is None or block.n is None or len(block.rows) < _MIN_WHOLE_ROWS:
        return False
    is_full = percent_sum.low <= 100 <= percent_sum.high and percent_sum.high - percent_sum.low <= _MAX_WHOLE_WIDTH
    return is_full and abs(people - block.n.number) <= _NEAR_SHARE * block.n.number


def count_sum(block: Block) -> float | None:
    """Of the counts, with those who did not answer."""
    counts = [row.count.number for row in block.rows if row.count is not None]
    return sum(counts) + (block.unknown or 0) if len(counts) == len(block.rows) > 1 else None


def percent_sums(blocks: Sequence[Block]) -> Iterator[Outcome]:
    """The percentages of categories that exclude each other add up to 100: the table's other blocks decide whether they
    do."""
    for block in blocks:
        percents = [row.percent for row in block.rows if row.percent is not None]
        percent_sum = _percent_sum(block)
        if percent_sum is None or _is_explained(block, percents):
            continue
        findings: tuple[Finding, ...] = ()
        if not percent_sum.low <= 100 <= percent_sum.high:
            words = (
                f"{' + '.join(percent.text for percent in percents)} ="
                f" {sum(percent.number for percent in percents):g} %, not 100 %"
            )
            findings = (PERCENT_SUM.finding(percents[0], words),)
        is_certain = bool(findings) and _is_divided(block)
        yield Outcome("percent_sum", tuple(percents), findings, 0.1, 0.0 if is_certain else -1.0, is_certain=is_certain)


def _is_explained(block: Block, percents: Sequence[TableCell]) -> bool:
    """Whether percentages that do not add up to 100 are explained: their counts add up to about as much of the number of
    people that all of them but one are of; or the first of them do add up, and the rest are characteristics that no heading
    parts from them."""
    if _is_full(percents):
        return False
    size, people = commonest_size([row.sizes for row in block.rows]), count_sum(block)
    n_of_size = sum(row.is_complete and row.is_of(size) for row in block.rows)
    if size is not None and people is not None and n_of_size >= max(2, len(block.rows) - 1):
        total = sum(percent.number for percent in percents)
        if abs(total - 100 * people / size) < abs(total - 100) / 2:
            return True
    return any(_is_full(percents[:count]) for count in range(2, len(percents)))


def _is_full(percents: Sequence[TableCell]) -> bool:
    return sum(percent.interval.low for percent in percents) <= 100 <= sum(percent.interval.high for percent in percents)


def _is_divided(block: Block) -> bool:
    """Whether a block's counts add up to its n, and all of its percentages but one are near the counts' shares, though not
    all of one other number of people: of the column then, weighted or not, so that they add up to 100."""
    people = count_sum(block)
    if people is None or block.n is None or block.unknown or people != block.n.number or len(block.rows) < _MIN_WHOLE_ROWS:
        return False
    shares = [(row.percent.number, 100 * row.count.number / people) for row in block.rows if row.percent and row.count]
    is_near = [share / _WEIGHT_RATIO <= percent <= share * _WEIGHT_RATIO for percent, share in shares]
    size = commonest_size([row.sizes for row in block.rows])
    return sum(is_near) >= len(block.rows) - 1 and not all(row.is_of(size) for row in block.rows)


def percents_of_people(blocks: Sequence[Block]) -> Iterator[Outcome]:
    """Percentages without counts: the fewer the people, the less a fit is by accident."""
    for block in blocks:
        percents = [row.percent for row in block.rows if row.percent is not None and row.count is None]
        n = block.n.number if block.n is not None else 0.0
        if len(percents) != len(block.rows) or len(percents) < _MIN_WHOLE_ROWS or not _MIN_DIVIDED <= n <= _MAX_DIVIDED:
            continue
        sizes = range(math.ceil(MIN_ANSWERED * n), int(n) + 1)
        chance = sum(
            math.prod(min(1.0, (cell.interval.high - cell.interval.low) * size / 100) for cell in percents) for size in sizes
        )
        findings: tuple[Finding, ...] = ()
        if not any(is_of_all(block.rows, size) for size in sizes):
            words = (
                f"{', '.join(percent.text for percent in percents)} are percentages of no one number of people from"
                f" {sizes[0]} to {n:g}"
            )
            findings = (PERCENTS_OF_ONE_NUMBER.finding(percents[0], words),)
        yield Outcome("percents_of_one_number", tuple(percents), findings, chance / OF_CHANCE, -1.0, _EXCESS)


def block_sums(block: Block) -> Iterator[Outcome]:
    """Counts of more people than n: a note, as people may be in two categories."""
    total = count_sum(block)
    if total is None or block.n is None or block.has_own_n:
        return
    counts = [row.count for row in block.rows if row.count is not None]
    sum_text = " + ".join(count.text for count in counts)
    findings: tuple[Finding, ...] = ()
    if total > block.n.number:
        words = (
            f"{sum_text} = {total:g} in the block, of {block.n.text} people: one person must be in more than one category"
        )
        severity = NOTE
        percent_sum = _percent_sum(block)
        is_full = percent_sum is not None and percent_sum.low <= 100 <= percent_sum.high
        if is_full and len(block.rows) >= _MIN_WHOLE_ROWS and not _is_of_either(block, total):
            words += "; their percentages add up to 100, so that nobody is"
            severity = INCONSISTENT
        findings = (BLOCK_SUM.finding(counts[0], words, severity=severity),)
    yield Outcome("block_sum", (*counts, block.n), findings)


def is_of_other_people(block: Block) -> bool:
    """Whether all of a block's counts and percentages are of many times its n: weighted, or no people."""
    total = count_sum(block)
    if total is None or block.n is None or block.has_own_n or total < _OTHER_PEOPLE * block.n.number:
        return False
    return all(row.is_complete and row.is_of(total) for row in block.rows)


def _is_of_either(block: Block, total: float) -> bool:
    """Whether the percentages are of n, or of the sum of the counts, as those of mentions are."""
    sizes = (total, block.n.number if block.n is not None else None)
    return any(all(row.is_of(size) for row in block.rows) for size in sizes)
