"""Rules on tables of variance: sums of squares, degrees of freedom, mean squares, F, p and shares of variance.

Belongs here: effects with the row of residuals that they are tested against. Does not belong here: F of groups whose means
are printed (probabilities.py).
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import scipy

from dagster_project.audit.findings import Finding, RowCells, TableCell
from dagster_project.audit.intervals import Interval
from dagster_project.audit.outcome import Outcome, deviates, p_tolerance, width
from dagster_project.audit.rule import Rule

MEAN_SQUARE = Rule(
    "mean_square_of_sum",
    "A mean square is its sum of squares over its degrees of freedom.",
    "sum of squares, df and mean square of a row",
    "the mean square",
    "Dose: sum_of_squares 25.19, df 2, mean_square 15.59",
    "MS = SS / df",
)
F_OF_SQUARES = Rule(
    "f_of_mean_squares",
    "F is the mean square of an effect over that of the residuals.",
    "mean squares, or sums of squares and df, of an effect and of the residuals below it; F",
    "F",
    "Dose: mean_square 12.59, df 2, f 6.14; Error: mean_square 3.04, df 26",
    "F = MS / MS_residual",
)
P_OF_EFFECT = Rule(
    "p_of_effect",
    "F with the degrees of freedom of an effect and of the residuals gives p, unless all of a table's p are corrected.",
    "F, df and p of an effect, df of the residuals below it",
    "p",
    "A: f 4.14, df 2, p .327; B: f 5.10, df 1, p .033; A x B: f 9.20, df 2, p .001; Error: df 26, sum_of_squares 79.0",
    "p = P(F > f)",
)
SHARE_OF_VARIANCE = Rule(
    "share_of_variance",
    "Eta squared is the effect's share of the sums of squares: of its own and the residuals' (partial), or of all.",
    "eta squared, and sums of squares of effect and residuals, or F with the df of both",
    "eta squared",
    "Dose: sum_of_squares 25.19, df 2, eta2 .642; Error: sum_of_squares 79.05, df 26",
    "SS / (SS + SS_residual) = F df1 / (F df1 + df2), or SS / SS_total",
)
#: How the row of residuals is called, and that of all.
_RESIDUAL = ("residual", "error", "within")
_TOTAL = ("total", "corrected total")
#: How far, relative, another error term changes what is tested against it.
_ERROR_SCALE, _P_SCALE = 0.1, 0.05


@dataclass(frozen=True)
class Effect:
    """An effect's row and that of the residuals. total: the sum of squares of all effects and residuals."""

    cells: RowCells
    residual: RowCells
    total: Interval | None


def is_of_variance(cells: RowCells) -> bool:
    """Whether a row is one of a table of variance."""
    return "df" in cells and bool({"sum_of_squares", "mean_square"} & set(cells))


def mean_squares(rows: Iterable[RowCells]) -> Iterator[Outcome]:
    for cells in rows:
        if not {"sum_of_squares", "mean_square", "df"} <= set(cells) or cells["df"].number <= 0:
            continue
        bounds = cells["sum_of_squares"].interval.divided_by(cells["df"].interval)
        mean_square = cells["mean_square"]
        words = f"{cells['sum_of_squares'].text} / {cells['df'].text} = {bounds}, not {mean_square.text}"
        compared = tuple(cells[name] for name in ("mean_square", "sum_of_squares", "df"))
        yield _outcome_of(MEAN_SQUARE, mean_square, bounds, words, compared)


def effects_of(rows: Sequence[tuple[str, RowCells]]) -> list[Effect]:
    """The effects of a table's rows, each with the next row of residuals below it."""
    effects: list[Effect] = []
    open_rows: list[RowCells] = []
    for label, cells in rows:
        if label.strip().casefold().startswith(_RESIDUAL) and is_of_variance(cells):
            of_block = [*open_rows, cells]
            total = None
            if all("sum_of_squares" in row for row in of_block):
                total = _sum([row["sum_of_squares"].interval for row in of_block])
            effects += [Effect(row, cells, total) for row in open_rows]
            open_rows = []
        elif "df" in cells and not label.strip().casefold().startswith(_TOTAL):
            open_rows.append(cells)
    return effects


def effect_outcomes(effect: Effect) -> Iterator[Outcome]:
    """Judged by the table's other rows: another error term, or a correction, is a practice."""
    cells, residual = effect.cells, effect.residual
    square, residual_square = _mean_square(cells), _mean_square(residual)
    if "f" in cells and square is not None and residual_square is not None and residual_square.low > 0:
        bounds = square.divided_by(residual_square)
        texts = [row["mean_square"].text if "mean_square" in row else str(_mean_square(row)) for row in (cells, residual)]
        words = f"F = {texts[0]} / {texts[1]} = {bounds}, not {cells['f'].text}"
        compared = (cells["f"], *_printed_cells(cells), *_printed_cells(residual))
        yield _outcome_of(F_OF_SQUARES, cells["f"], bounds, words, compared, _ERROR_SCALE)
    df1, df2 = cells["df"].number, residual["df"].number
    if {"f", "p"} <= set(cells) and min(df1, df2) > 0:
        f = cells["f"].interval
        bounds = Interval(*(float(scipy.special.fdtrc(df1, df2, max(0.0, end))) for end in (f.high, f.low)))
        yield _p_outcome(cells, residual, bounds)
    if "eta2" in cells:
        shares = list(_shares(effect))
        if shares:
            eta = cells["eta2"]
            closest = min(shares, key=eta.interval.gap)
            words = f"the effect's share is {' or '.join(str(share) for share in shares)}, not {eta.text}"
            compared = (eta, *_printed_cells(cells), *_printed_cells(residual))
            outcome = _outcome_of(SHARE_OF_VARIANCE, eta, closest, words, compared, _ERROR_SCALE)
            # Of a larger whole, which stands in another table, a share is smaller.
            is_below = eta.interval.high < min(share.low for share in shares)
            yield replace(outcome, misfit=-1.0) if is_below else outcome


def _p_outcome(cells: RowCells, residual: RowCells, bounds: Interval) -> Outcome:
    p = cells["p"]
    findings: tuple[Finding, ...] = ()
    if p.interval.is_disjoint(bounds):
        words = f"F = {cells['f'].text} with {cells['df'].text} and {residual['df'].text} df has p {bounds}, not {p.text}"
        findings = (P_OF_EFFECT.finding(p, words, slack=p.interval.gap(bounds)),)
    misfit = deviates(p.interval).gap(deviates(bounds))
    return Outcome(
        P_OF_EFFECT.name, (p, cells["f"], cells["df"], residual["df"]), findings, p_tolerance(p.interval, bounds, _P_SCALE),
        misfit, is_above=p.interval.low > bounds.high,
    )  # fmt: skip


def _shares(effect: Effect) -> Iterator[Interval]:
    cells, residual = effect.cells, effect.residual
    if "sum_of_squares" in cells and "sum_of_squares" in residual:
        effect_sum, residual_sum = cells["sum_of_squares"].interval, residual["sum_of_squares"].interval
        yield _share(effect_sum, residual_sum)
        if effect.total is not None:
            yield effect_sum.divided_by(effect.total)
    elif "f" in cells:
        df1, df2 = cells["df"].number, residual["df"].number
        yield _share(cells["f"].interval.times(df1), Interval(df2, df2))


def _share(part: Interval, remainder: Interval) -> Interval:
    low, high = max(0.0, part.low), max(0.0, part.high)
    return Interval(low / max(low + remainder.high, 1e-300), high / max(high + max(0.0, remainder.low), 1e-300))


def _sum(intervals: Sequence[Interval]) -> Interval:
    return Interval(sum(interval.low for interval in intervals), sum(interval.high for interval in intervals))


def _printed_cells(cells: RowCells) -> tuple[TableCell, ...]:
    return tuple(cells[name] for name in ("sum_of_squares", "df", "mean_square") if name in cells)


def _mean_square(cells: Mapping[str, TableCell]) -> Interval | None:
    if "mean_square" in cells:
        return cells["mean_square"].interval
    if {"sum_of_squares", "df"} <= set(cells) and cells["df"].number > 0:
        return cells["sum_of_squares"].interval.divided_by(cells["df"].interval)
    return None


def _outcome_of(
    rule: Rule, judged_cell: TableCell, bounds: Interval, words: str, cells: tuple[TableCell, ...], scale: float = 0.0
) -> Outcome:
    """scale: how far, relative, another practice changes the number; 0 where none does."""
    interval = judged_cell.interval
    findings: tuple[Finding, ...] = ()
    if interval.is_disjoint(bounds):
        findings = (rule.finding(judged_cell, words, slack=interval.gap(bounds)),)
    reference = max(bounds.middle, 1e-12) if math.isfinite(bounds.middle) else 1e-12
    tolerance = width(interval, bounds) / (scale * reference) if scale else 0.1
    return Outcome(rule.name, cells, findings, tolerance, interval.gap(bounds) / reference, is_certain=not scale)
