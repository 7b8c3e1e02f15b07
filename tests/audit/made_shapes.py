"""Right tables of many shapes, each from simulated people: what a careful author of such a paper prints.

Belongs here: a function a shape. Does not belong here: slips (made_slips.py), tables in detail of one shape
(made_tables.py).
"""

from collections.abc import Callable

import numpy as np
from made_people_shapes import PEOPLE_SHAPES
from printed_table import MadeTable
from scipy import stats

Shape = Callable[[MadeTable], None]


def _sample(table: MadeTable, low: int = 12, high: int = 90) -> int:
    return int(table.rng.integers(low, high))


def _scores(table: MadeTable, n: int, shift: float = 0.0) -> np.ndarray:
    return 20 + shift + 6 * table.rng.standard_normal(n)


def _labels(table: MadeTable, low: int = 4, high: int = 8) -> list[str]:
    return [f"Outcome {number + 1}" for number in range(int(table.rng.integers(low, high)))]


def _summary(table: MadeTable, label: str, moment: str, sample: np.ndarray, digits: int = 2, **more: str) -> None:
    table.add(
        label, moment, n=len(sample), mean=(sample.mean(), digits), sd=(sample.std(ddof=1), digits),
        **{name: (float(getattr(np, name)(sample)), digits) for name in more},
    )  # fmt: skip


def _pair(table: MadeTable) -> tuple[np.ndarray, np.ndarray]:
    n = _sample(table)
    person = 5 * table.rng.standard_normal(n)
    shift = table.rng.choice([0.0, 2.0, -3.0])
    return 20 + person + 3 * table.rng.standard_normal(n), 20 + shift + person + 4 * table.rng.standard_normal(n)


def _groups(table: MadeTable) -> tuple[np.ndarray, np.ndarray]:
    return _scores(table, _sample(table)), _scores(table, _sample(table), table.rng.choice([0.0, 3.0, -4.0]))


# --- the same people twice ---------------------------------------------------------------------------------------------


def likert(table: MadeTable) -> None:
    table.declare(design="paired")
    n = _sample(table, 10, 60)
    for label in _labels(table):
        items = int(table.rng.choice([1, 4, 8]))
        is_sum = bool(table.rng.random() < 0.5)
        table.facts = {"items": str(items), "aggregate": "sum" if is_sum else "mean", "low": "1", "high": "5"}
        person = table.rng.normal(3, 0.8, n)
        x, y = (
            np.clip(np.round(person + shift + table.rng.normal(0, 0.8, (items, n))), 1, 5).mean(axis=0)
            * (items if is_sum else 1)
            for shift in (0, 0.4)
        )
        _summary(table, label, "T1", x)
        _summary(table, label, "T2", y)
        changes = y - x
        test = stats.ttest_rel(y, x)
        ends = test.confidence_interval()
        if np.ptp(changes) > 0:
            table.add(
                label, "T1-T2", n=n, change=(changes.mean(), 2), ci_low=(ends.low, 2), ci_high=(ends.high, 2),
                p=table.p_text(test.pvalue),
            )  # fmt: skip
    table.facts = {}


def _paired(**printed: bool) -> Shape:
    """Pre and post, and what is printed of the change."""

    def shape(table: MadeTable) -> None:
        table.declare(design="paired")
        for label in _labels(table):
            x, y = _pair(table)
            _summary(table, label, "Pre", x)
            _summary(table, label, "Post", y)
            test, n, changes = stats.ttest_rel(x, y), len(x), x - y
            ends = test.confidence_interval()
            sd = changes.std(ddof=1)
            sign = abs if printed.get("unsigned") else float
            optional = {
                "change": (changes.mean(), 2), "sd_change": (sd, 2), "correlation": (float(np.corrcoef(x, y)[0, 1]), 2),
                "ci_low": (ends.low, 2), "ci_high": (ends.high, 2), "t": (sign(test.statistic), 2), "df": n - 1,
                "d": (sign(changes.mean() / sd), 2),
            }  # fmt: skip
            cells = {name: cell for name, cell in optional.items() if printed.get(name)}
            table.add(label, "Pre-Post", n=n, **cells, p=table.p_text(test.pvalue))

    return shape


def change_as_mean(table: MadeTable) -> None:
    table.declare(design="paired")
    for label in _labels(table):
        x, y = _pair(table)
        for moment, sample in (("Pre", x), ("Post", y), ("Post-Pre", y - x)):
            _summary(table, label, moment, sample)
        table.add(label, "Post-Pre", p=table.p_text(stats.ttest_rel(x, y).pvalue))


def percent_change(table: MadeTable) -> None:
    table.declare(design="paired")
    for label in _labels(table):
        x, y = _pair(table)
        _summary(table, label, "T1", x)
        _summary(table, label, "T2", y)
        change = y.mean() - x.mean()
        table.add(label, "T1-T2", n=len(x), change=(change, 2), percent=(100 * change / x.mean(), 1))


def wilcoxon(table: MadeTable) -> None:
    table.declare(design="paired", practice="ranks")
    for label in _labels(table):
        x, y = _pair(table)
        _summary(table, label, "Pre", x)
        _summary(table, label, "Post", y)
        table.add(label, "Pre-Post", n=len(x), change=((x - y).mean(), 2), p=table.p_text(stats.wilcoxon(x, y).pvalue))


def _adjusted_p(practice: str) -> Shape:
    def shape(table: MadeTable) -> None:
        table.declare(design="paired", practice=practice)
        labels = _labels(table)
        for label in labels:
            x, y = _pair(table)
            test = stats.ttest_rel(x, y)
            ends = test.confidence_interval()
            p = min(1.0, test.pvalue * (len(labels) if practice == "adjusted" else 1))
            if practice == "one-sided":
                p = test.pvalue / 2
            table.add(
                label, "Pre-Post", n=len(x), change=((x - y).mean(), 2), ci_low=(ends.low, 2), ci_high=(ends.high, 2),
                p=table.p_text(p),
            )  # fmt: skip

    return shape


def bootstrap_change(table: MadeTable) -> None:
    table.declare(design="paired", practice="bootstrap")
    for label in _labels(table):
        x, y = _pair(table)
        changes = np.exp(table.rng.normal(0, 0.5)) * (x - y)
        ends = np.quantile(table.rng.choice(changes, (400, len(x))).mean(axis=1), [0.025, 0.975])
        p = stats.ttest_1samp(changes, 0).pvalue
        table.add(
            label,
            "Pre-Post",
            n=len(x),
            change=(changes.mean(), 2),
            ci_low=(ends[0], 2),
            ci_high=(ends[1], 2),
            p=table.p_text(p),
        )


# --- two groups --------------------------------------------------------------------------------------------------------


def _two_groups(*, is_welch: bool = False, level: float = 0.95, **printed: bool) -> Shape:
    def shape(table: MadeTable) -> None:
        table.declare(design="groups", **({"level": "90"} if level == 0.9 else {}))
        for label in _labels(table):
            x, y = _groups(table)
            _summary(table, label, "Treated", x)
            _summary(table, label, "Control", y)
            n1, n2 = len(x), len(y)
            test = stats.ttest_ind(x, y, equal_var=not is_welch)
            ends = test.confidence_interval(level)
            pooled = np.sqrt(((n1 - 1) * x.var(ddof=1) + (n2 - 1) * y.var(ddof=1)) / (n1 + n2 - 2))
            sign = abs if printed.get("unsigned") else float
            d = sign((x.mean() - y.mean()) / pooled)
            half = 1.96 * np.sqrt(1 / n1 + 1 / n2 + d * d / (2 * (n1 + n2)))
            optional = {
                "change": (x.mean() - y.mean(), 2), "ci_low": (ends.low, 2), "ci_high": (ends.high, 2),
                "t": (sign(test.statistic), 2), "f": (test.statistic**2, 2), "df": (test.df, 1) if is_welch else n1 + n2 - 2,
                "d": (d, 2), "g": (d * (1 - 3 / (4 * (n1 + n2 - 2) - 1)), 2),
            }  # fmt: skip
            if printed.get("d_interval"):
                optional |= {"ci_low": (d - half, 2), "ci_high": (d + half, 2)}
            cells = {name: cell for name, cell in optional.items() if printed.get(name)}
            table.add(label, "Treated - Control", **cells, p=table.p_text(test.pvalue))

    return shape


def mann_whitney(table: MadeTable) -> None:
    table.declare(design="groups", practice="ranks")
    for label in _labels(table):
        x, y = _groups(table)
        _summary(table, label, "Treated", x)
        _summary(table, label, "Control", y)
        table.add(label, "Treated - Control", p=table.p_text(stats.mannwhitneyu(x, y).pvalue))


def quartiles(table: MadeTable) -> None:
    table.declare(design="groups", practice="ranks")
    for label in _labels(table):
        samples = [np.exp(sample / 10) for sample in _groups(table)]
        for moment, sample in zip(("Treated", "Control"), samples, strict=True):
            q1, median, q3 = np.quantile(sample, [0.25, 0.5, 0.75])
            table.add(
                label, moment, n=len(sample), mean=(sample.mean(), 1), sd=(sample.std(ddof=1), 1), min=(sample.min(), 1),
                q1=(q1, 1), median=(median, 1), q3=(q3, 1), max=(sample.max(), 1),
            )  # fmt: skip
        table.add(label, "Treated - Control", p=table.p_text(stats.mannwhitneyu(*samples).pvalue))


def total_means(table: MadeTable) -> None:
    for label in _labels(table):
        x, y = _groups(table)
        for moment, sample in (("Women", x), ("Men", y), ("Total", np.concatenate([x, y]))):
            _summary(table, label, moment, sample, 1)


def three_groups(table: MadeTable) -> None:
    for label in _labels(table):
        samples = [_scores(table, _sample(table), shift) for shift in (0, 1, 3)]
        for moment, sample in zip("ABC", samples, strict=True):
            _summary(table, label, f"Arm {moment}", sample)
        test = stats.f_oneway(*samples)
        n = sum(map(len, samples))
        table.add(label, "Overall", f=(test.statistic, 2), df1=2, df2=n - 3, p=table.p_text(test.pvalue))


# --- models ------------------------------------------------------------------------------------------------------------


def _estimate(table: MadeTable, label: str, moment: str, value: float, se: float, df: float, *names: str) -> None:
    half, t = stats.t.isf(0.025, df) * se, value / se
    optional = {
        "change": (value, 2), "estimate": (value, 2), "se": (se, 2), "ci_low": (value - half, 2), "ci_high": (value + half, 2),
        "t": (t, 2), "z": (t, 2), "df": (df, 1), "p": table.p_text(2 * stats.t.sf(abs(t), df)),
    }  # fmt: skip
    table.add(label, moment, **{name: cell for name, cell in optional.items() if name in names})


def ancova(table: MadeTable) -> None:
    """Differences adjusted for baseline, beside unadjusted means."""
    table.declare(design="model")
    for label in _labels(table):
        x, y = _groups(table)
        _summary(table, label, "Treated", x)
        _summary(table, label, "Control", y)
        df, share = len(x) + len(y) - 3, table.rng.uniform(0.6, 0.95)
        se = share * np.sqrt(x.var(ddof=1) / len(x) + y.var(ddof=1) / len(y))
        value = x.mean() - y.mean() + table.rng.normal(0, 0.8)
        _estimate(table, label, "Treated - Control", value, se, df, "change", "ci_low", "ci_high", "p")


def cluster(table: MadeTable) -> None:
    """The means' own difference, with a standard error of clusters."""
    table.declare(design="model")
    clusters = int(table.rng.integers(8, 30))
    for label in _labels(table):
        x, y = _groups(table)
        _summary(table, label, "Treated", x)
        _summary(table, label, "Control", y)
        se = table.rng.uniform(1.2, 2.0) * np.sqrt(x.var(ddof=1) / len(x) + y.var(ddof=1) / len(y))
        names = ("change", "ci_low", "ci_high", "p")
        _estimate(table, label, "Treated - Control", x.mean() - y.mean(), se, clusters - 2, *names)


def _model(*names: str, df_range: tuple[float, float] = (20, 300)) -> Shape:
    def shape(table: MadeTable) -> None:
        table.declare(design="model")
        df = float(table.rng.uniform(*df_range))
        for label in _labels(table):
            row_df = 1e9 if "z" in names else df + table.rng.uniform(-3, 3) if "df" in names else df
            value, se = table.rng.normal(0, 3), float(np.exp(table.rng.normal(0, 0.5)))
            _estimate(table, label, "Model 1", value, se, row_df, *names)

    return shape


def _ratio(name: str, digits: int = 2, *, has_n: bool = False, has_p: bool = True) -> Shape:
    def shape(table: MadeTable) -> None:
        table.declare(design="model")
        for label in _labels(table):
            log, se = table.rng.normal(0, 0.6), float(np.exp(table.rng.normal(-1.2, 0.4)))
            cells = {"n": _sample(table, 100, 900)} if has_n else {}
            ends = {"ci_low": (np.exp(log - 1.96 * se), digits), "ci_high": (np.exp(log + 1.96 * se), digits)}
            p = {"p": table.p_text(2 * stats.norm.sf(abs(log / se)))} if has_p else {}
            table.add(label, "Model 1", **cells, **{name: (np.exp(log), digits)}, **ends, **p)

    return shape


def correlations(table: MadeTable) -> None:
    for label in _labels(table):
        x, y = _pair(table)
        y = y + table.rng.uniform(0, 3) * _scores(table, len(x))
        test = stats.pearsonr(x, y)
        table.add(label, "Sample", n=len(x), r=(test.statistic, 2), p=table.p_text(test.pvalue))


# --- intervals of means ------------------------------------------------------------------------------------------------


def _mean_interval(kind: str) -> Shape:
    def shape(table: MadeTable) -> None:
        table.declare(design="other" if kind == "bootstrap" else "paired")
        if kind == "bootstrap":
            table.declare(practice="bootstrap")
        for label in _labels(table):
            sample = np.exp(_scores(table, _sample(table)) / 10)
            _summary(table, label, "T1", sample, 2)
            se = sample.std(ddof=1) / np.sqrt(len(sample))
            if kind == "se":
                table.add(label, "T1", se=(se, 3))
                continue
            half = stats.t.isf(0.025, len(sample) - 1) * se
            ends = (sample.mean() - half, sample.mean() + half)
            if kind == "bootstrap":
                ends = np.quantile(table.rng.choice(sample, (400, len(sample))).mean(axis=1), [0.025, 0.975])
            table.add(label, "T1", ci_low=(ends[0], 2), ci_high=(ends[1], 2))

    return shape


def sum_without_aggregate(table: MadeTable) -> None:
    for label in _labels(table):
        items = int(table.rng.integers(5, 12))
        table.facts = {"items": str(items), "low": "0", "high": "3"}
        n = _sample(table)
        answers = np.clip(np.round(table.rng.normal(1.4, 1, (items, n))), 0, 3)
        _summary(table, label, "T1", answers.sum(axis=0))
    table.facts = {}


SHAPES: dict[str, Shape] = {
    "paired Likert": likert,
    "paired: change and interval": _paired(change=True, ci_low=True, ci_high=True),
    "paired: SD of change, t, d": _paired(change=True, sd_change=True, t=True, df=True, d=True),
    "paired: no change column, t": _paired(t=True, df=True),
    "paired: no change column, r and t": _paired(correlation=True, t=True),
    "paired: only p": _paired(),
    "paired: t and d without sign": _paired(change=True, t=True, d=True, unsigned=True),
    "paired: change as mean and SD": change_as_mean,
    "paired: percentage change": percent_change,
    "paired: Wilcoxon": wilcoxon,
    "paired: adjusted p": _adjusted_p("adjusted"),
    "paired: one-sided p": _adjusted_p("one-sided"),
    "paired: bootstrap interval": bootstrap_change,
    "groups: pooled t": _two_groups(change=True, t=True, df=True),
    "groups: Welch's t": _two_groups(is_welch=True, change=True, t=True, df=True),
    "groups: t alone": _two_groups(t=True),
    "groups: only p": _two_groups(),
    "groups: F": _two_groups(f=True),
    "groups: difference and interval": _two_groups(change=True, ci_low=True, ci_high=True),
    "groups: interval of 90 %": _two_groups(level=0.9, change=True, ci_low=True, ci_high=True),
    "groups: d": _two_groups(change=True, d=True, unsigned=True),
    "groups: g": _two_groups(g=True),
    "groups: d and its interval": _two_groups(d=True, d_interval=True, ci_low=True, ci_high=True),
    "groups: Mann and Whitney": mann_whitney,
    "groups: quartiles": quartiles,
    "groups and total: means": total_means,
    "three groups: F": three_groups,
    "model: ANCOVA": ancova,
    "model: clusters": cluster,
    "model: mixed": _model("change", "se", "df", "t", "p", df_range=(15, 120)),
    "model: coefficients and intervals": _model("estimate", "ci_low", "ci_high", "p"),
    "model: coefficients, SE and z": _model("estimate", "se", "z", "p"),
    "ratios: OR": _ratio("or"),
    "ratios: HR with n": _ratio("hr", has_n=True),
    "ratios: RR without p": _ratio("rr", has_p=False),
    "correlations": correlations,
    "one group: interval of the mean": _mean_interval("t"),
    "one group: bootstrap interval": _mean_interval("bootstrap"),
    "one group: SE": _mean_interval("se"),
    "one group: sums, aggregate not said": sum_without_aggregate,
    **PEOPLE_SHAPES,
}
