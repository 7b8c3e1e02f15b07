"""Whether a right table of people in categories could have the numbers of a slipped one.

Belongs here: a function a shape. Does not belong here: scores and tests (made_families.py).
"""

import math
from collections.abc import Callable, Sequence

from made_tables import Printed
from scipy import special

Rows = list[Printed]
#: Whether rows are possible: given their rounding habit, and label and section of the only row that may be wrong.
Family = Callable[[Rows, str, str, str], bool]
_WHOLE = ("n", "count", "n (%)", "df1", "df2")


def bounds_of(text: str, habit: str, statistic: str) -> tuple[float, float]:
    """What prints as a text."""
    if text.startswith("<"):
        return 0.0, float(text[1:])
    number, unit = float(text), 10.0 ** -len(text.partition(".")[2])
    if statistic in _WHOLE or (statistic == "df" and unit == 1):
        return number, number
    if habit != "cut off":
        return number - unit / 2 * (1 + 1e-9), number + unit / 2 * (1 + 1e-9)
    return (number - unit if number <= 0 else number) - 1e-9 * unit, (number + unit if number >= 0 else number) + 1e-9 * unit


def _blocks(rows: Rows, section: str) -> Rows:
    return [row for row in rows if row.section == section]


def _numbers(rows: Rows, statistic: str) -> list[float]:
    return [float(row.printed) for row in rows if row.statistic == statistic]


def _percents(rows: Rows, habit: str) -> list[tuple[float, float]]:
    return [bounds_of(row.printed, habit, "percent") for row in rows if row.statistic == "percent"]


def _holds(bounds: tuple[float, float], count: float, people: float) -> bool:
    return people > 0 and bounds[0] <= 100 * count / people <= bounds[1]


def _is_divided(counts: Sequence[float], percents: Sequence[tuple[float, float]], people: float, known: float) -> bool:
    return sum(counts) == known <= people and all(
        _holds(bounds, count, known) for bounds, count in zip(percents, counts, strict=True)
    )


def _everybody(rows: Rows) -> float | None:
    """The only n of a table, None where it has several."""
    sizes = set(_numbers(rows, "n"))
    return sizes.pop() if len(sizes) == 1 else None


def _n_printed(rows: Rows, habit: str, label: str, section: str) -> bool:
    people = _everybody(rows)
    sections = dict.fromkeys(row.section for row in rows if row.statistic == "percent")
    blocks = [_blocks(rows, name) for name in sections]
    return people is not None and all(
        _is_divided(_numbers(block, "count"), _percents(block, habit), people, people) for block in blocks
    )


def _n_is_count(statistic: str) -> Family:
    def family(rows: Rows, habit: str, label: str, section: str) -> bool:
        sections = dict.fromkeys(row.section for row in rows)
        sums = {sum(_numbers(_blocks(rows, name), statistic)) for name in sections}
        block = _blocks(rows, section)
        counts = _numbers(block, statistic)
        return len(sums) == 1 and _is_divided(counts, _percents(block, habit), sum(counts), sum(counts))

    return family


def _valid(rows: Rows, habit: str, label: str, section: str) -> bool:
    people, percents = _everybody(rows), _percents(_blocks(rows, section), habit)
    if people is None:
        return False
    for known in range(int(people) - max(1, int(people) // 10), int(people)):
        lows = [math.ceil(low * known / 100 - 1e-9) for low, _ in percents]
        highs = [math.floor(high * known / 100 + 1e-9) for _, high in percents]
        if all(low <= high for low, high in zip(lows, highs, strict=True)) and sum(lows) <= known <= sum(highs):
            return True
    return False


def _unknown(rows: Rows, habit: str, label: str, section: str) -> bool:
    people, block = _everybody(rows), _blocks(rows, section)
    counts = _numbers([row for row in block if row.label != "Unknown"], "count")
    missing = sum(_numbers([row for row in block if row.label == "Unknown"], "count"))
    return people is not None and _is_divided(counts, _percents(block, habit), people, people - missing)


#: Weights of 0.8 to 1.25 change a category's share by as much.
_WEIGHTS = (0.8 / 1.25, 1.25 / 0.8)


def _weighted(rows: Rows, habit: str, label: str, section: str) -> bool:
    people, block = _everybody(rows), _blocks(rows, section)
    counts, percents = _numbers(block, "count"), _percents(block, habit)
    if (
        people is None
        or sum(counts) != people
        or not sum(low for low, _ in percents) <= 100 <= sum(high for _, high in percents)
    ):
        return False
    shares = [100 * count / people for count in counts]
    return all(
        low <= _WEIGHTS[1] * share and high >= _WEIGHTS[0] * share
        for (low, high), share in zip(percents, shares, strict=True)
    )


def _several(rows: Rows, habit: str, label: str, section: str) -> bool:
    people, block = _everybody(rows), _blocks(rows, section)
    pairs = zip(_percents(block, habit), _numbers(block, "count"), strict=True)
    return people is not None and all(count <= people and _holds(bounds, count, people) for bounds, count in pairs)


def _own(rows: Rows, habit: str, label: str, section: str) -> bool:
    row = [cell for cell in rows if cell.label == label]
    (n,), (count,), (bounds,) = _numbers(row, "n"), _numbers(row, "count"), _percents(row, habit)
    return count <= n and _holds(bounds, count, n)


def _some_missing(rows: Rows, habit: str, label: str, section: str) -> bool:
    people = _everybody(rows)
    if people is None:
        return False
    pairs = list(zip(_percents(rows, habit), _numbers(rows, "count"), strict=True))
    knowns = range(int(people) - int(people) // 15, int(people) + 1)
    return all(any(count <= known and _holds(bounds, count, known) for known in knowns) for bounds, count in pairs)


def _totals(rows: Rows, habit: str, label: str, section: str) -> bool:
    columns = [
        [row for row in rows if row.label == label and row.timepoint == moment] for moment in ("Women", "Men", "Total")
    ]
    sizes, counts = ([_numbers(column, name)[0] for column in columns] for name in ("n", "count"))
    everybody = [
        {row.printed for row in rows if row.timepoint == moment and row.statistic == "n"}
        for moment in ("Women", "Men", "Total")
    ]
    is_sum = (
        sizes[0] + sizes[1] == sizes[2]
        and counts[0] + counts[1] == counts[2]
        and all(len(names) == 1 for names in everybody)
    )
    return is_sum and all(
        _holds(_percents(column, habit)[0], count, n) for column, count, n in zip(columns, counts, sizes, strict=True)
    )


def _chi_square(rows: Rows, habit: str, label: str, section: str) -> bool:
    cells = {row.statistic: row.printed for row in rows if row.label == label}
    df, chi2, p = float(cells["df"]), bounds_of(cells["chi2"], habit, "chi2"), bounds_of(cells["p"], habit, "p")
    ends = [float(special.chdtrc(df, max(0.0, end))) for end in chi2]
    return df >= 1 and ends[1] <= p[1] and ends[0] >= p[0]


PEOPLE_FAMILIES: dict[str, Family] = {
    "categories: n on the first": _n_printed,
    "categories: n on its own row": _n_printed,
    "categories: n is the count": _n_is_count("n"),
    "categories: n (%)": _n_is_count("n (%)"),
    "categories: valid percentages": _valid,
    "categories: Unknown row": _unknown,
    "categories: weighted": _weighted,
    "categories: several answers": _several,
    "characteristics: own n": _own,
    "characteristics: some missing": _some_missing,
    "characteristics: groups and total": _totals,
    "tests: chi-square": _chi_square,
}
