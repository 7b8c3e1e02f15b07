"""Whether a right table of a shape could have the numbers of a slipped one: then no arithmetic can tell that they are wrong.

Belongs here: scores, differences, estimates and their tests. Does not belong here: counts and percentages
(made_people_families.py), slips (made_slips.py).

A row's family: its numbers of people, means, SDs, correlations, estimates and standard errors are free, all else that is
printed follows; people may miss a moment. Parameters are searched for until every number prints as it stands. A search that
ends without any leaves the slip among those that should be found.
"""

import math
from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np
from made_people_families import PEOPLE_FAMILIES, Rows, bounds_of
from made_quartiles import is_summary_possible
from made_search import EXCESS, Row, critical, middle, moments, number_of, p_of_t, solves
from scipy import special

_CORRELATIONS = (0.0, 0.5, 0.8, -0.5, 0.97)


def is_possible(shape: str, rows: Rows, habit: str, label: str, section: str = "") -> bool:
    """Whether a right table of the shape has these rows. label, section: of the only row that may be wrong."""
    if shape in PEOPLE_FAMILIES:
        return PEOPLE_FAMILIES[shape](rows, habit, label, section)
    labels = dict.fromkeys(row.label for row in rows)
    by_label = {
        name: {
            (row.timepoint, row.statistic): bounds_of(row.printed, habit, row.statistic) for row in rows if row.label == name
        }
        for name in labels
    }
    if shape in _SHARED_DF:
        dfs = [
            df
            for df in _SHARED_DF[shape]
            if all(_is_sure_row_possible(tuple(by_label[name].items()), df) for name in labels if name != label)
        ]
        return any(_is_estimate_possible(by_label[label], df) for df in dfs)
    first = next(row for row in rows if row.label == label)
    if first.items and not _are_answers_possible(
        by_label[label], int(first.items), first.aggregate, float(first.low), float(first.high)
    ):
        return False
    return _FAMILIES[shape](by_label[label], len(labels))


# --- the same people twice ---------------------------------------------------------------------------------------------


def _paired(
    first: str, second: str, contrast: str, *, sign: int = 1, is_unsigned: bool = False, has_p: bool = True
) -> Callable[[Row, int], bool]:
    """sign: of first less second."""

    def is_row_possible(row: Row, _: int) -> bool:
        sizes = [number_of(row, moment) for moment in (first, second, contrast)]
        n = sizes[2]
        if n > min(sizes[:2]) or n < 2 or ((contrast, "df") in row and number_of(row, contrast, "df") != n - 1):
            return False
        missing = [size - n for size in sizes[:2]]

        def predict(x: np.ndarray) -> dict[tuple[str, str], float]:
            means, sds, r, excess = [x[0], x[2]], [abs(x[1]), abs(x[3])], math.tanh(x[4]), 0.0
            values = {
                (first, "mean"): x[0], (first, "sd"): sds[0], (second, "mean"): x[2], (second, "sd"): sds[1],
            }  # fmt: skip
            for number, (size, lost) in enumerate(zip(sizes, missing, strict=False)):
                if lost:
                    # Of the squares, the pairs have a part, and their mean lies off by another.
                    part, off = x[5 + 2 * number], x[6 + 2 * number]
                    excess = max(excess, part**2 + off**2 - 1)
                    means[number] += off * sds[number] * math.sqrt((size - 1) * lost / (size * n))
                    sds[number] *= abs(part) * math.sqrt((size - 1) / (n - 1))
            change = sign * (means[0] - means[1])
            sd = math.sqrt(max(1e-12, sds[0] ** 2 + sds[1] ** 2 - 2 * r * sds[0] * sds[1]))
            return values | _of_change(contrast, change, sd, r, n, excess, is_unsigned=is_unsigned, has_p=has_p) | {
                (contrast, "percent"): 100 * change / means[0]}  # fmt: skip

        starts = _summary_starts(row, (first, second))
        return solves(
            row, predict, ([*start, math.atanh(r), 0.97, 0.0, 0.97, 0.0] for start in starts for r in _CORRELATIONS)
        )

    return is_row_possible


def _of_change(
    contrast: str, change: float, sd: float, r: float, n: float, excess: float, *, is_unsigned: bool, has_p: bool
) -> dict[tuple[str, str], float]:
    se, take = sd / math.sqrt(n), abs if is_unsigned else float
    half = critical(n - 1) * se
    values = {
        "change": change, "mean": change, "sd_change": sd, "sd": sd, "correlation": r, "ci_low": change - half,
        "ci_high": change + half, "t": take(change / se), "d": take(change / sd),
    }  # fmt: skip
    if has_p:
        values["p"] = p_of_t(change / se, n - 1)
    return {(contrast, name): value for name, value in values.items()} | {EXCESS: excess}


def _are_answers_possible(row: Row, items: int, aggregate: str, low: float, high: float) -> bool:
    """Whether whole answers give each mean and SD: their sum and their squares' sum are whole numbers that are both even or
    both odd."""
    steps = 1 if aggregate in ("sum", "") else items
    least, most = low * items, high * items
    for moment in moments(row):
        if (moment, "mean") not in row:
            continue
        n = number_of(row, moment)
        mean, sd = row[moment, "mean"], row.get((moment, "sd"), (0.0, math.inf))
        sums = range(math.ceil(mean[0] * n * steps - 1e-6), math.floor(mean[1] * n * steps + 1e-6) + 1)
        if not any(
            n * least <= total <= n * most and _has_squares(total, n, [end * steps for end in sd], least, most)
            for total in sums
        ):
            return False
    return True


def _has_squares(total: int, n: float, sd: Sequence[float], least: float, most: float) -> bool:
    low = math.ceil((n - 1) * max(0.0, sd[0]) ** 2 + total**2 / n - 1e-6)
    high = math.floor(min((n - 1) * sd[1] ** 2, n * (most - total / n) * (total / n - least)) + total**2 / n + 1e-6)
    return (low if (low - total) % 2 == 0 else low + 1) <= high


# --- two groups and more -----------------------------------------------------------------------------------------------


def _groups(
    *,
    is_welch: bool = False,
    level: float = 0.95,
    is_unsigned: bool = False,
    has_p: bool = True,
    has_d_interval: bool = False,
) -> Callable[[Row, int], bool]:
    def is_row_possible(row: Row, _: int) -> bool:
        n1, n2 = number_of(row, "Treated"), number_of(row, "Control")
        if min(n1, n2) < 2:
            return False

        def predict(x: np.ndarray) -> dict[tuple[str, str], float]:
            m1, m2, v1, v2 = x[0], x[2], x[1] ** 2, x[3] ** 2
            pooled = ((n1 - 1) * v1 + (n2 - 1) * v2) / (n1 + n2 - 2)
            variance = v1 / n1 + v2 / n2 if is_welch else pooled * (1 / n1 + 1 / n2)
            df = variance**2 / ((v1 / n1) ** 2 / (n1 - 1) + (v2 / n2) ** 2 / (n2 - 1)) if is_welch else n1 + n2 - 2
            se, change, take = math.sqrt(variance), m1 - m2, abs if is_unsigned else float
            d = take(change / math.sqrt(pooled))
            half = (
                1.96 * math.sqrt(1 / n1 + 1 / n2 + d * d / (2 * (n1 + n2))) if has_d_interval else critical(df, level) * se
            )
            centre = d if has_d_interval else change
            values = {
                "change": change, "ci_low": centre - half, "ci_high": centre + half, "t": change / se, "f": (change / se) ** 2,
                "df": df, "d": d, "g": d * (1 - 3 / (4 * (n1 + n2 - 2) - 1)),
            } | ({"p": p_of_t(change / se, df)} if has_p else {})  # fmt: skip
            return {("Treated - Control", name): value for name, value in values.items()} | {
                ("Treated", "mean"): m1, ("Treated", "sd"): abs(x[1]), ("Control", "mean"): m2, ("Control", "sd"): abs(x[3]),
            }  # fmt: skip

        return solves(row, predict, _summary_starts(row, ("Treated", "Control")))

    return is_row_possible


def _summary_starts(row: Row, moments: Sequence[str]) -> list[list[float]]:
    """The printed means and SDs; and, further on, the ends of what prints like them."""
    cells = [row[moment, name] for moment in moments for name in ("mean", "sd")]
    return [[low + share * (high - low) for low, high in cells] for share in (0.5, 0.1, 0.9)]


def _is_total_possible(row: Row, _: int) -> bool:
    n1, n2, total = (number_of(row, moment) for moment in ("Women", "Men", "Total"))
    if n1 + n2 != total:
        return False

    def predict(x: np.ndarray) -> dict[tuple[str, str], float]:
        mean = (n1 * x[0] + n2 * x[2]) / total
        squares = (n1 - 1) * x[1] ** 2 + (n2 - 1) * x[3] ** 2 + n1 * (x[0] - mean) ** 2 + n2 * (x[2] - mean) ** 2
        return {
            ("Women", "mean"): x[0], ("Women", "sd"): abs(x[1]), ("Men", "mean"): x[2], ("Men", "sd"): abs(x[3]),
            ("Total", "mean"): mean, ("Total", "sd"): math.sqrt(squares / (total - 1)),
        }  # fmt: skip

    return solves(row, predict, _summary_starts(row, ("Women", "Men")))


def _is_f_possible(row: Row, _: int) -> bool:
    arms = ("Arm A", "Arm B", "Arm C")
    sizes = np.array([number_of(row, arm) for arm in arms])
    df2 = sizes.sum() - 3
    if number_of(row, "Overall", "df1") != 2 or number_of(row, "Overall", "df2") != df2 or sizes.min() < 2:
        return False

    def predict(x: np.ndarray) -> dict[tuple[str, str], float]:
        means, sds = x[::2], np.abs(x[1::2])
        between = (sizes * (means - (sizes * means).sum() / sizes.sum()) ** 2).sum() / 2
        f = between / (((sizes - 1) * sds**2).sum() / df2)
        values = {(arm, "mean"): mean for arm, mean in zip(arms, means, strict=True)}
        values |= {(arm, "sd"): sd for arm, sd in zip(arms, sds, strict=True)}
        return values | {("Overall", "f"): f, ("Overall", "p"): float(special.fdtrc(2, df2, f))}

    return solves(row, predict, _summary_starts(row, arms))


def _are_quartiles_possible(row: Row, _: int) -> bool:
    return all(
        is_summary_possible(
            number_of(row, moment), {name: row[moment, name] for name in ("mean", "sd", "min", "q1", "median", "q3", "max")}
        )
        for moment in ("Treated", "Control")
    )


# --- estimates ---------------------------------------------------------------------------------------------------------

#: How much of the unadjusted standard error an estimate's is: one adjusted for a baseline is no larger, one of clusters not
#: much smaller.
_SHARES = {"ancova": (0.0, 1.1), "clusters": (0.7, math.inf)}


def _is_estimate_possible(
    row: Row, df: float, *, p_factor: float = 1.0, is_log: bool = False, shares: str = "clusters"
) -> bool:
    """value and standard error are free."""
    moment = next(moment for moment, name in row if name in ("p", "ci_low", "se"))
    values = [row[moment, name] for name in ("change", "estimate", "or", "hr", "rr") if (moment, name) in row]
    ends = [row[moment, name] for name in ("ci_low", "ci_high") if (moment, name) in row]
    if is_log and min(bounds[1] for bounds in (*values, *ends)) <= 0:
        return False
    take = (lambda number: math.log(max(number, 1e-9))) if is_log else float
    centres = [
        *(take(low + share * (high - low)) for low, high in values for share in (0.5, 0.1, 0.9)),
        *([(take(middle(ends[0])) + take(middle(ends[1]))) / 2] if ends else []),
    ]
    if (moment, "se") in row:
        low, high = row[moment, "se"]
        errors = [low + share * (high - low) for share in (0.5, 0.1, 0.9)]
    else:
        errors = [abs(take(middle(ends[1])) - take(middle(ends[0]))) / 2 / critical(df)]
        errors += [abs(take(middle(bounds)) - centres[0]) / critical(df) for bounds in ends]
    groups = [moment for moment in ("Treated", "Control") if (moment, "mean") in row]
    welch = math.sqrt(sum(middle(row[group, "sd"]) ** 2 / max(1.0, number_of(row, group)) for group in groups))
    is_difference = bool(groups) and shares == "clusters"

    def predict(x: np.ndarray) -> dict[tuple[str, str], float]:
        value, se = x[0], math.exp(x[1])
        ends = [value - critical(df) * se, value + critical(df) * se]
        if is_log:
            value, *ends = (math.exp(min(number, 50)) for number in (value, *ends))
        p = min(1.0, p_factor * p_of_t(x[0] / se, df))
        numbers = dict.fromkeys(("change", "estimate", "or", "hr", "rr"), value) | {
            "se": se, "ci_low": ends[0], "ci_high": ends[1], "t": x[0] / se, "z": x[0] / se, "p": p}  # fmt: skip
        result = {(moment, name): number for name, number in numbers.items()}
        if groups:
            low, high = _SHARES[shares]
            result[EXCESS] = max(0.0, low * welch - se, se - high * welch)
        if is_difference:
            slack = sum(row[group, "mean"][1] - row[group, "mean"][0] for group in groups) / 2
            off = abs(value - middle(row[groups[0], "mean"]) + middle(row[groups[1], "mean"])) - slack
            result[EXCESS] = max(result[EXCESS], off)
        return result

    return solves(row, predict, ([centre, math.log(max(error, 1e-6))] for centre in centres for error in errors))


@lru_cache(maxsize=8192)
def _is_sure_row_possible(row: tuple[tuple[tuple[str, str], tuple[float, float]], ...], df: float) -> bool:
    """Of a row that is asked for each slip in another."""
    return _is_estimate_possible(dict(row), df)


def _with_df(df_of: Callable[[Row], float], **options: object) -> Callable[[Row, int], bool]:
    return lambda row, _: _is_estimate_possible(row, df_of(row), **options)  # type: ignore[arg-type]


def _is_adjusted_possible(row: Row, n_rows: int) -> bool:
    """Holm's or Bonferroni's: the factor of p is one of the numbers of tests."""
    df = number_of(row, "Pre-Post") - 1
    return df >= 1 and any(_is_estimate_possible(row, df, p_factor=factor) for factor in range(n_rows, 0, -1))


def _is_mixed_possible(row: Row, _: int) -> bool:
    low, high = row["Model 1", "df"]
    return any(_is_estimate_possible(row, df) for df in (low, (low + high) / 2, high))


def _is_correlation_possible(row: Row, _: int) -> bool:
    n, (low, high) = number_of(row, "Sample"), row["Sample", "r"]
    if n < 3 or low > 1 or high < -1:
        return False
    sizes = [0.0 if low <= 0 <= high else min(abs(low), abs(high)), min(1.0, max(abs(low), abs(high)))]
    ps = [0.0 if r >= 1 else p_of_t(r * math.sqrt((n - 2) / (1 - r * r)), n - 2) for r in sizes]
    return row["Sample", "p"][0] <= ps[0] and ps[1] <= row["Sample", "p"][1]


# --- intervals of means ------------------------------------------------------------------------------------------------

#: How much of the usual half width each half of a bootstrap's interval is.
_BOOTSTRAP_HALVES = (0.6, 1.5)


def _is_mean_possible(kind: str) -> Callable[[Row, int], bool]:
    def is_row_possible(row: Row, _: int) -> bool:
        n = number_of(row, "T1")
        if n < 2:
            return False
        if kind == "bootstrap":
            half = 1.96 * middle(row["T1", "sd"]) / math.sqrt(n)
            return _are_halves_possible(row, "T1", "mean", half)

        def predict(x: np.ndarray) -> dict[tuple[str, str], float]:
            se = abs(x[1]) / math.sqrt(n)
            numbers = {
                "mean": x[0],
                "sd": abs(x[1]),
                "se": se,
                "ci_low": x[0] - critical(n - 1) * se,
                "ci_high": x[0] + critical(n - 1) * se,
            }
            return {("T1", name): number for name, number in numbers.items()}

        return solves(row, predict, _summary_starts(row, ("T1",)))

    return is_row_possible


def _are_halves_possible(row: Row, moment: str, centre: str, half: float) -> bool:
    low, high = (low_share * half for low_share in _BOOTSTRAP_HALVES)
    below = [row[moment, centre][0] - row[moment, "ci_low"][1], row[moment, centre][1] - row[moment, "ci_low"][0]]
    above = [row[moment, "ci_high"][0] - row[moment, centre][1], row[moment, "ci_high"][1] - row[moment, centre][0]]
    return all(side[0] <= high and side[1] >= low for side in (below, above))


def _is_bootstrap_change_possible(row: Row, _: int) -> bool:
    """The p of a t test beside it gives the standard error."""
    n, p = number_of(row, "Pre-Post"), row["Pre-Post", "p"]
    change = max(map(abs, row["Pre-Post", "change"]))
    ends = [-float(special.stdtrit(n - 1, max(end, 1e-12) / 2)) for end in p]
    errors = [change / max(end, 1e-9) for end in ends]
    steps = np.linspace(math.log(min(errors)), math.log(max(errors)), 40)
    return n >= 2 and any(_are_halves_possible(row, "Pre-Post", "change", 1.96 * math.exp(step)) for step in steps)


_SHARED_DF = {
    "model: clusters": tuple(float(df) for df in range(6, 28)),
    "model: coefficients and intervals": tuple(np.exp(np.linspace(math.log(20), math.log(300), 24))),
}
_PRE_POST = ("Pre", "Post", "Pre-Post")


def _pairs(row: Row) -> float:
    return max(1.0, number_of(row, "Pre-Post") - 1)


def _infinite(_: Row) -> float:
    return math.inf


_FAMILIES: dict[str, Callable[[Row, int], bool]] = {
    "paired Likert": _paired("T1", "T2", "T1-T2", sign=-1),
    **dict.fromkeys(
        ("paired: change and interval", "paired: SD of change, t, d", "paired: no change column, t",
         "paired: no change column, r and t", "paired: only p"), _paired(*_PRE_POST)),
    "paired: t and d without sign": _paired(*_PRE_POST, is_unsigned=True),
    "paired: change as mean and SD": _paired("Pre", "Post", "Post-Pre", sign=-1),
    "paired: percentage change": _paired("T1", "T2", "T1-T2", sign=-1),
    "paired: Wilcoxon": _paired(*_PRE_POST, has_p=False),
    "paired: adjusted p": _is_adjusted_possible,
    "paired: one-sided p": _with_df(_pairs, p_factor=0.5),
    "paired: bootstrap interval": _is_bootstrap_change_possible,
    **dict.fromkeys(("groups: pooled t", "groups: t alone", "groups: only p", "groups: F", "groups: difference and interval", "groups: g"), _groups()),
    "groups: Welch's t": _groups(is_welch=True),
    "groups: interval of 90 %": _groups(level=0.9),
    "groups: d": _groups(is_unsigned=True),
    "groups: d and its interval": _groups(has_d_interval=True),
    "groups: Mann and Whitney": _groups(has_p=False),
    "groups: quartiles": _are_quartiles_possible,
    "groups and total: means": _is_total_possible,
    "three groups: F": _is_f_possible,
    "model: ANCOVA": _with_df(lambda row: max(1.0, number_of(row, "Treated") + number_of(row, "Control") - 3), shares="ancova"),
    "model: mixed": _is_mixed_possible,
    "model: coefficients, SE and z": _with_df(_infinite),
    **dict.fromkeys(("ratios: OR", "ratios: HR with n", "ratios: RR without p"), _with_df(_infinite, is_log=True)),
    "correlations": _is_correlation_possible,
    "one group: interval of the mean": _is_mean_possible("t"),
    "one group: bootstrap interval": _is_mean_possible("bootstrap"),
    "one group: SE": _is_mean_possible("se"),
    "one group: sums, aggregate not said": lambda _, __: True,
}  # fmt: skip
