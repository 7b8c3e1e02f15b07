"""Results tables made of made-up answers, printed as a careful author would, and the slips that befall such tables.

Belongs here: tables that are right by construction, and one planted slip of a kind. Does not belong here: the auditor.
"""

import csv
import io
import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from scipy import stats

from dagster_project.audit import Finding, audit_table, read_table
from dagster_project.results import PublishedValue

COLUMNS = (
    "table", "section", "label", "timepoint", "statistic", "printed", "items", "aggregate", "low", "high", "design", "level",
    "practice",
)  # fmt: skip


@dataclass(frozen=True)
class Printed:
    """One row of a table in long form; what is known of the score stands in the last four columns."""

    table: str
    section: str
    label: str
    timepoint: str
    statistic: str = ""
    printed: str = ""
    items: str = ""
    aggregate: str = ""
    low: str = ""
    high: str = ""
    design: str = ""
    level: str = ""
    practice: str = ""


def audited(rows: list[Printed], design: str | None = None, *, cut: bool = False) -> list[Finding]:
    """As `wavehouse audit` does it: by way of a file's text."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS)
    writer.writeheader()
    writer.writerows({name: getattr(row, name) for name in COLUMNS} for row in rows)
    table = read_table("made.csv", text.getvalue())
    return audit_table(table.values, table.facts, by_line=table.by_line, design=design, may_be_cut=cut)


def score_rows(cells: str, label: str = "Score", **known: str) -> list[Printed]:
    """Rows written as `T1: n 20, mean 3.45; T1-T2: change 0.2`, all of one score."""
    return [
        Printed("1", "", label, moment.strip(), *cell.split(), **known)
        for part in cells.split(";")
        for moment, wave_cells in [part.split(":")]
        for cell in wave_cells.split(",")
    ]


def category_rows(cells: str, section: str = "") -> list[Printed]:
    """Rows written as `Female: n 32, count 21; Male: count 11`, all at one moment."""
    return [
        Printed("1", section, label.strip(), "T1", *cell.split())
        for part in cells.split(";")
        for label, row_cells in [part.split(":")]
        for cell in row_cells.split(",")
    ]


def location_of(value: PublishedValue | Printed) -> tuple[str, str, str, str]:
    return value.section, value.label, value.timepoint, value.statistic


# --- tables that are right ---------------------------------------------------------------------------------------------


def correct_table(seed: int) -> list[Printed]:
    """Blocks of counts, scores of two or three waves and their changes: sizes, scales, attrition, decimals, direction and
    the definition of the effect size by the seed."""
    rng = np.random.default_rng(seed)
    people = int(np.exp(rng.uniform(np.log(5), np.log(400))))
    waves = [f"T{number + 1}" for number in range(rng.integers(2, 4))]
    is_present = np.ones((len(waves), people), dtype=bool)
    for number in range(len(waves)):
        is_present[number] = rng.random(people) >= rng.uniform(0, 0.45) * (number > 0)
    rows = _blocks(rng, people)
    style = _Style(
        direction=int(rng.choice([1, -1])),
        es=str(rng.choice(["d_z", "d_baseline", "d_av"])),
        mean=int(rng.integers(1, 4)),
        change=int(rng.integers(1, 4)),
        has_named=bool(rng.random() < 0.3),
        p_as_zero=bool(rng.random() < 0.3),
        section=str(rng.choice(["", "Scales"])),
    )
    for number in range(rng.integers(2, 7)):
        rows += _scale(rng, f"Scale {number + 1}", waves, is_present, style)
    return rows


def _blocks(rng: np.random.Generator, people: int) -> list[Printed]:
    rows = []
    for number in range(rng.integers(1, 4)):
        known_count = int(rng.integers(max(1, people - 4), people + 1))
        counts = rng.multinomial(known_count, rng.dirichlet(np.ones(rng.integers(2, 7))))
        digits = int(rng.choice([0, 1, 1, 2]))
        for category, count in enumerate(counts):
            row = Printed("1", f"Block {number + 1}", f"Category {category + 1}", "T1", "n", str(known_count))
            if category == 0:
                rows.append(row)
            rows.append(replace(row, statistic="count", printed=str(count)))
            rows.append(replace(row, statistic="percent", printed=_text(100 * count / known_count, digits)))
    return rows


@dataclass(frozen=True)
class _Style:
    direction: int
    es: str
    mean: int
    change: int
    has_named: bool
    p_as_zero: bool
    section: str


def _scale(rng: np.random.Generator, label: str, waves: list[str], here: np.ndarray, style: _Style) -> list[Printed]:
    people = here.shape[1]
    items = int(rng.choice([1, 1, 4, 8, 14]))
    low, high = ((0, 1), (0, 4), (1, 5), (1, 7), (0, 10))[rng.integers(0, 5)]
    if items > 1 and high == 1:
        low, high = 1, 5
    is_sum, is_prorated = bool(rng.random() < 0.5), bool(items > 1 and rng.random() < 0.3)
    level, variation = rng.uniform(0.2, 0.8), rng.uniform(0.05, 0.5)
    person = rng.normal(0, variation, people)
    template = Printed(
        "2",
        style.section,
        label,
        "",
        "",
        "",
        str("" if is_prorated else items),
        "sum" if is_sum else "mean",
        str(low),
        str(high),
    )
    if is_prorated and is_sum:  # the range of a sum needs its items
        template = replace(template, low="", high="")
    scores = np.full(here.shape, np.nan)
    for number in range(len(waves)):
        shift = level + rng.normal(0, 0.1) * (number > 0)
        answers = np.round(low + (high - low) * (shift + person + rng.normal(0, 0.2, (items, people))))
        answers = np.clip(answers, low, high).astype(float)
        if is_prorated:
            answers[rng.random(answers.shape) < 0.05] = np.nan
            answers[0] = np.where(np.isnan(answers[0]), low, answers[0])
        score = np.nanmean(answers, axis=0) * (items if is_sum else 1)
        scores[number] = np.where(here[number], score, np.nan)
    rows = []
    for number, wave in enumerate(waves):
        present_scores = scores[number][here[number]]
        if len(present_scores) < 2:
            return []
        statistics = {
            "n": (len(present_scores), 0),
            "mean": (present_scores.mean(), style.mean),
            "sd": (present_scores.std(ddof=1), style.mean),
        }
        statistics |= {"min": (present_scores.min(), min(style.mean, 2)), "max": (present_scores.max(), min(style.mean, 2))}
        rows += [
            replace(template, timepoint=wave, statistic=name, printed=_text(*value)) for name, value in statistics.items()
        ]
    for number in range(1, len(waves)):
        rows += _change(
            replace(template, table="3", timepoint=f"{waves[0]}-{waves[number]}"), scores[0], scores[number], style
        )
    return rows


def _change(row: Printed, baseline: np.ndarray, followup: np.ndarray, style: _Style) -> list[Printed]:
    is_paired = ~np.isnan(baseline) & ~np.isnan(followup)
    x, y = baseline[is_paired], followup[is_paired]
    n, changes = len(x), (x - y) * style.direction
    if n < 3 or np.ptp(changes) == 0 or np.ptp(x) == 0:
        return []
    change, sd = changes.mean(), changes.std(ddof=1)
    t, half = change / (sd / np.sqrt(n)), stats.t.isf(0.025, n - 1) * sd / np.sqrt(n)
    p = 2 * stats.t.sf(abs(t), n - 1)
    denominators = {"d_z": sd, "d_baseline": x.std(ddof=1), "d_av": np.sqrt((x.var(ddof=1) + y.var(ddof=1)) / 2)}[style.es]
    digits = style.change
    small = "0.000" if style.p_as_zero else "<0.001"
    fields = {
        "n": str(n), "change": _text(change, digits), "ci_low": _text(change - half, digits),
        "ci_high": _text(change + half, digits), "p": small if p < 0.0005 else _text(p, 3), "es": _text(change / denominators, 2),
    }  # fmt: skip
    if style.has_named:
        fields |= {"t": _text(t, 2), "df": str(n - 1), "sd_change": _text(sd, 3)}
    return [replace(row, statistic=name, printed=text) for name, text in fields.items()]


def _text(number: float, digits: int = 0) -> str:
    text = f"{_cut(number, digits) if _IS_CUT[-1] else number:.{digits}f}"
    return text.lstrip("-") if float(text) == 0 else text


#: Whether numbers are cut off where the table is made.
_IS_CUT = [False]


def _cut(number: float, digits: int) -> float:
    # A sum in floating point may lie a hair below the number that it stands for.
    return math.trunc(number * 10**digits + math.copysign(1e-9, number)) / 10**digits


def cut_table(seed: int) -> list[Printed]:
    """The same right table, its numbers cut off instead of rounded."""
    _IS_CUT.append(True)
    try:
        return correct_table(seed)
    finally:
        _IS_CUT.pop()


# --- right tables of other designs -------------------------------------------------------------------------------------


def other_table(kind: str, seed: int) -> list[Printed]:
    """Five scores at two moments, or of two groups, as somebody prints them who did not do a paired t test at 95 %."""
    rng = np.random.default_rng(seed)
    rows: list[Printed] = []
    for number in range(5):
        n, m = int(rng.integers(5, 80)), int(rng.integers(5, 80))
        person = rng.normal(0, 1, n)
        x = 10 + 2 * (person + rng.normal(0, 0.7, n))
        y = x + rng.normal(rng.choice([0.0, 0.8]), 2, n) if kind not in _GROUPS else 10.5 + rng.normal(0, 3, m)
        row = Printed("1", "", f"Score {number + 1}", "A")
        moments = ("A", "B") if kind in _GROUPS else ("T1", "T2")
        for moment, sample in zip(moments, (x, y), strict=True):
            statistics = {"n": (len(sample), 0), "mean": (sample.mean(), 2), "sd": (sample.std(ddof=1), 2)}
            rows += [
                replace(row, timepoint=moment, statistic=name, printed=_text(*value)) for name, value in statistics.items()
            ]
        fields = _OTHERS[kind](rng, x, y, number)
        moment = " vs ".join(moments) if kind in _GROUPS else "-".join(moments)
        rows += [replace(row, timepoint=moment, statistic=name, printed=text) for name, text in fields.items()]
    return rows


def _given(change: float, low: float, high: float, p: float, **more: str) -> dict[str, str]:
    small = "<.001" if p < 0.0005 else _text(p, 3)
    return {"change": _text(change, 2), "ci_low": _text(low, 2), "ci_high": _text(high, 2), "p": small, **more}


def _groups(
    is_welch: bool, level: float = 0.95
) -> "Callable[[np.random.Generator, np.ndarray, np.ndarray, int], dict[str, str]]":
    def made(rng: np.random.Generator, x: np.ndarray, y: np.ndarray, number: int) -> dict[str, str]:
        test = stats.ttest_ind(x, y, equal_var=not is_welch)
        ends = test.confidence_interval(level)
        n = {"n": str(len(x) + len(y))} if number % 2 else {}
        pooled = np.sqrt(((len(x) - 1) * x.var(ddof=1) + (len(y) - 1) * y.var(ddof=1)) / (len(x) + len(y) - 2))
        fields = _given(x.mean() - y.mean(), ends.low, ends.high, test.pvalue, es=_text((x.mean() - y.mean()) / pooled, 2))
        return n | fields | {"t": _text(test.statistic, 2), "df": _text(test.df, 1 if is_welch else 0)}

    return made


def _pairs(kind: str) -> "Callable[[np.random.Generator, np.ndarray, np.ndarray, int], dict[str, str]]":
    def made(rng: np.random.Generator, x: np.ndarray, y: np.ndarray, number: int) -> dict[str, str]:
        changes, n = y - x, len(x)
        mean, se = changes.mean(), changes.std(ddof=1) / np.sqrt(n)
        df = float(rng.uniform(n, 3 * n)) if kind == "mixed" else n - 1.0
        if kind == "mixed":
            mean, se = mean + rng.normal(0, se / 10), se * rng.uniform(0.8, 1.2)
        half = stats.t.isf(0.05 if kind == "90 %" else 0.025, df) * se
        low, high, p = mean - half, mean + half, 2 * stats.t.sf(abs(mean / se), df)
        if kind == "Wilcoxon":
            p = stats.wilcoxon(changes).pvalue
        elif kind == "Holm":
            p = min(1.0, p * (5 - number))
        elif kind == "bootstrap":
            resampled_means = rng.choice(changes, (500, n)).mean(axis=1)
            low, high = np.quantile(resampled_means, [0.025, 0.975])
        return {"n": str(n)} | _given(mean, low, high, p) | ({"df": _text(df, 1)} if kind == "mixed" else {})

    return made


_GROUPS = ("groups", "Welch")
_OTHERS = {
    "groups": _groups(False), "Welch": _groups(True),
    **{kind: _pairs(kind) for kind in ("mixed", "90 %", "Wilcoxon", "Holm", "bootstrap")},
}  # fmt: skip
OTHER_DESIGNS = tuple(_OTHERS)


# --- slips -------------------------------------------------------------------------------------------------------------

Rows = list[Printed]
#: Given a generator and a right table: the table with the slip, and the row that carries it; None where it has no place.
Slip = Callable[[np.random.Generator, Rows], tuple[Rows, int] | None]


def _at(wanted: Callable[[Printed], bool], change: Callable[[np.random.Generator, Rows, int], str | None]) -> Slip:
    def slip(rng: np.random.Generator, rows: Rows) -> tuple[Rows, int] | None:
        indices = [number for number, row in enumerate(rows) if wanted(row)]
        for number in rng.permutation(indices):
            text = change(rng, rows, int(number))
            if text is not None and text != rows[number].printed and _is_other(text, rows[number].printed):
                return [*rows[:number], replace(rows[number], printed=text), *rows[number + 1 :]], int(number)
        return None

    return slip


def _is_other(first: str, second: str) -> bool:
    return first.lstrip("<") != second.lstrip("<")


def _of(*names: str) -> Callable[[Printed], bool]:
    return lambda row: row.statistic in names


def _swapped(rng: np.random.Generator, rows: Rows, number: int) -> str | None:
    text = rows[number].printed
    positions = [i for i in range(len(text) - 1) if text[i : i + 2].isdigit() and text[i] != text[i + 1]]
    if not positions:
        return None
    position = int(rng.choice(positions))
    return text[:position] + text[position + 1] + text[position] + text[position + 2 :]


def _mistyped(rng: np.random.Generator, rows: Rows, number: int) -> str | None:
    text = rows[number].printed
    if "<" in text:
        return None
    positions = [i for i, sign in enumerate(text) if sign.isdigit()]
    position = int(rng.choice(positions))
    return text[:position] + str((int(text[position]) + int(rng.integers(1, 10))) % 10) + text[position + 1 :]


def _point_lost(rng: np.random.Generator, rows: Rows, number: int) -> str | None:
    text = rows[number].printed
    return text.replace(".", "") if "." in text and float(text.lstrip("<")) >= 1 else None


def _point_moved(rng: np.random.Generator, rows: Rows, number: int) -> str | None:
    text = rows[number].printed
    if "." not in text or float(text) == 0:
        return None
    return _text(float(text) * 10, len(text.split(".")[1]) - 1 or 1)


def _sign_lost(rng: np.random.Generator, rows: Rows, number: int) -> str | None:
    text = rows[number].printed
    if float(text) == 0:
        return None
    return text[1:] if text.startswith("-") else f"-{text}"


def _of_another_row(rng: np.random.Generator, rows: Rows, number: int) -> str | None:
    row = rows[number]
    candidates = [
        candidate.printed
        for candidate in rows
        if (candidate.statistic, candidate.timepoint, candidate.section) == (row.statistic, row.timepoint, row.section)
        and candidate.label != row.label
    ]
    return str(rng.choice(candidates)) if candidates else None


def _partner(rows: Rows, number: int, statistic: str, timepoint: str | None = None) -> str | None:
    row = rows[number]
    key = (row.section, row.label, timepoint or row.timepoint, statistic)
    return next((row.printed for row in rows if location_of(row) == key), None)


def _se_for_sd(rng: np.random.Generator, rows: Rows, number: int) -> str | None:
    n, text = _partner(rows, number, "n"), rows[number].printed
    return _text(float(text) / np.sqrt(float(n)), len(text.split(".")[1])) if n else None


def _too_many_pairs(rng: np.random.Generator, rows: Rows, number: int) -> str | None:
    waves = rows[number].timepoint.split("-")
    if len(waves) != 2:
        return None
    sizes = [_partner(rows, number, "n", wave) for wave in waves]
    return str(min(int(size) for size in sizes if size) + int(rng.integers(1, 3)))


def _one_more(rng: np.random.Generator, rows: Rows, number: int) -> str | None:
    text = rows[number].printed
    return str(max(0, int(text) + int(rng.choice([-1, 1])))) if text.isdigit() else None


def _other_denominator(rng: np.random.Generator, rows: Rows, number: int) -> str | None:
    row = rows[number]
    count = _partner(rows, number, "count")
    n = next(block_row.printed for block_row in rows if (block_row.section, block_row.statistic) == (row.section, "n"))
    new_n = int(n) + int(rng.choice([-3, -2, 2, 3]))
    digits = len(row.printed.split(".")[1]) if "." in row.printed else 0
    return _text(100 * int(count) / new_n, digits) if count and int(count) <= new_n > 0 else None


def _outside(rng: np.random.Generator, rows: Rows, number: int) -> str | None:
    row = rows[number]
    if not row.high or (row.aggregate == "sum" and not row.items):
        return None
    maximum = float(row.high) * (float(row.items) if row.aggregate == "sum" else 1)
    return _text(maximum + rng.uniform(0.2, 1.0) * max(1.0, maximum / 10), len(row.printed.split(".")[1]))


def _one_sided(rng: np.random.Generator, rows: Rows, number: int) -> str | None:
    text = rows[number].printed
    return None if "<" in text or float(text) < 0.004 else _text(float(text) / 2, 3)


def _ends_swapped(rng: np.random.Generator, rows: Rows) -> tuple[Rows, int] | None:
    indices = [n for n, row in enumerate(rows) if row.statistic == "min" and row.printed != rows[n + 1].printed]
    if not indices:
        return None
    n = int(rng.choice(indices))
    swapped = [replace(rows[n], printed=rows[n + 1].printed), replace(rows[n + 1], printed=rows[n].printed)]
    return [*rows[:n], *swapped, *rows[n + 2 :]], n + 1


def _turned(rng: np.random.Generator, rows: Rows) -> tuple[Rows, int] | None:
    """One row's change the other way round than the table's others, interval and effect size with it."""
    indices = [n for n, row in enumerate(rows) if row.statistic == "change" and float(row.printed) != 0]
    if len(indices) < 3:
        return None
    n = int(rng.choice(indices))
    new = list(rows)
    for index in range(n - 1, len(rows)):
        row = rows[index]
        if location_of(row)[:3] != location_of(rows[n])[:3]:
            break
        if row.statistic in ("change", "es", "t"):
            new[index] = replace(row, printed=_sign_lost(rng, rows, index) or row.printed)
        elif row.statistic in ("ci_low", "ci_high"):
            partner = index + (1 if row.statistic == "ci_low" else -1)
            new[index] = replace(row, printed=_sign_lost(rng, rows, partner) or rows[partner].printed)
    return new, n


def _is_share(row: Printed) -> bool:
    return row.statistic == "percent"


def _is_pairs(row: Printed) -> bool:
    return row.statistic == "n" and "-" in row.timepoint


def _is_wave(row: Printed) -> bool:
    return row.statistic == "n" and row.table == "2"


SLIPS: dict[str, Slip] = {
    "percentage: a digit mistyped": _at(_is_share, _mistyped),
    "percentage: of another denominator": _at(_is_share, _other_denominator),
    "count: one more or less": _at(_of("count"), _one_more),
    "mean: a digit mistyped": _at(_of("mean"), _mistyped),
    "mean: two digits swapped": _at(_of("mean"), _swapped),
    "mean: another row's": _at(_of("mean"), _of_another_row),
    "SD: a digit mistyped": _at(_of("sd"), _mistyped),
    "SD: decimal point lost": _at(_of("sd"), _point_lost),
    "SD: the standard error": _at(_of("sd"), _se_for_sd),
    "wave's n: one more or less": _at(_is_wave, _one_more),
    "min and max swapped": _ends_swapped,
    "max: outside the scale": _at(_of("max"), _outside),
    "pairs: more than in a wave": _at(_is_pairs, _too_many_pairs),
    "pairs: one more or less": _at(_is_pairs, _one_more),
    "change: a digit mistyped": _at(_of("change"), _mistyped),
    "change: sign lost": _at(_of("change"), _sign_lost),
    "change: whole row turned": _turned,
    "interval: an end's digit mistyped": _at(_of("ci_low", "ci_high"), _mistyped),
    "interval: an end's sign lost": _at(_of("ci_low", "ci_high"), _sign_lost),
    "p: a digit mistyped": _at(_of("p"), _mistyped),
    "p: another row's": _at(_of("p"), _of_another_row),
    "p: one-sided": _at(_of("p"), _one_sided),
    "effect size: a digit mistyped": _at(_of("es"), _mistyped),
    "effect size: sign lost": _at(_of("es"), _sign_lost),
    "effect size: decimal point moved": _at(_of("es"), _point_moved),
}
