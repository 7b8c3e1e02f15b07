"""Which rules the cells of one score at one moment are asked by, and in which order.

Belongs here: the order of rules, what each needs, and leaving out a blamed number afterwards. Does not belong here: a rule
(scores.py, grids.py, mean_errors.py), changes (changes.py), which rows there are (engine.py).
"""

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from dagster_project.audit import grids, mean_errors, scores
from dagster_project.audit.assumptions import ScaleFacts
from dagster_project.audit.designs import BOOTSTRAP, PAIRED, STANDARD_ERRORS, WEIGHTED, Design
from dagster_project.audit.findings import Finding, RowCells, TableCell
from dagster_project.audit.intervals import Interval
from dagster_project.audit.outcome import Outcome
from dagster_project.audit.rule import Rule

_ENDS = ("mean", "min", "q1", "median", "q3", "max")


def bounded_cells(cells: RowCells) -> dict[str, TableCell]:
    """Without numbers printed as below or above a bound, except a p."""
    return {name: cell for name, cell in cells.items() if cell.interval.is_bounded}


#: What numbers can be, where in_bounds blames those that cannot.
_POSSIBLE = {"p": Interval(0.0, 1.0), "correlation": Interval(-1.0, 1.0)} | dict.fromkeys(
    ("sd", "se", "sd_change", "sd_baseline", "sd_followup", "f", "chi2"), Interval(0.0, math.inf)
)


def possible_cells(cells: RowCells) -> dict[str, TableCell]:
    """Bounded cells, cut to what their statistic can be; without those that cannot be."""
    result = bounded_cells(cells)
    for name in set(_POSSIBLE) & set(result):
        interval = result[name].interval.intersection(_POSSIBLE[name])
        if interval.is_empty:
            del result[name]
        else:
            result[name] = replace(result[name], interval=interval)
    return result


@dataclass(frozen=True)
class _Step:
    """A rule, the numbers that it needs, and of which it needs at least so many."""

    rule: Rule
    needs: tuple[str, ...]
    choice: tuple[str, ...]
    check: Callable[[RowCells], Iterable[Finding]]
    min_choice: int = 1


def summary_outcomes(cells: RowCells, facts: ScaleFacts, design: Design) -> Iterator[Outcome]:
    """What holds for any data, then what follows from whole answers, then standard error and interval."""
    steps = [
        _Step(scores.IN_RANGE, (), _ENDS, lambda row: scores.in_range(row, facts)) if facts.score_range.has_end else None,
        _Step(scores.IN_ORDER, (), _ENDS, scores.in_order, 2),
    ]
    for step in steps:
        if step is not None:
            for outcome in _step_outcomes(step, cells):
                yield outcome
                cells = without_blamed(cells, outcome.findings)
    cells = {
        name: cell for name, cell in bounded_cells(cells).items() if name not in ("sd", "se") or cell.interval.high >= 0
    }
    for step in _steps(facts, design, cells):
        for outcome in _step_outcomes(step, cells):
            yield outcome
            cells = without_blamed(cells, outcome.findings)
    if WEIGHTED in design.practices:
        return
    if STANDARD_ERRORS not in design.practices and (outcome_of_error := mean_errors.error_of_mean(cells)) is not None:
        yield outcome_of_error
        cells = without_blamed(cells, outcome_of_error.findings)
    level = design.levels[0] if design.name == PAIRED or design.level else None
    yield from mean_errors.interval_of_mean(cells, level, is_symmetric=BOOTSTRAP not in design.practices)


def _steps(facts: ScaleFacts, design: Design, cells: RowCells) -> Iterator[_Step]:
    score_range = facts.score_range
    if "n" in cells and cells["n"].number == 1:
        yield _Step(scores.OF_ONE, ("n",), ("sd", "max"), scores.of_one)
    yield _Step(scores.MEAN_OF_RANGE, ("n", "mean", "min", "max"), (), scores.mean_of_range)
    if score_range.has_end or {"min", "max"} & set(cells):
        ends = ("q1", "median", "q3")
        yield _Step(scores.MEAN_OF_QUARTILES, ("n", "mean"), ends, lambda row: scores.mean_of_quartiles(row, score_range))
    if score_range.is_bounded or {"min", "max"} <= set(cells):
        yield _Step(scores.SPREAD_OF_RANGE, ("n", "mean", "sd"), (), lambda row: scores.sd_in_bounds(row, score_range))
    yield _Step(scores.MEAN_AND_MEDIAN, ("mean", "median", "sd"), (), scores.mean_and_median)
    if facts.steps is None or WEIGHTED in design.practices:
        return
    steps = facts.steps
    if grids.can_detect(cells, steps):
        yield _Step(grids.GRIM, ("n", "mean"), (), lambda row: grids.grim(row, steps))
    yield _Step(grids.WHOLE_ENDS, (), ("min", "max"), lambda row: grids.whole_ends(row, steps))
    if facts.is_binary:
        yield _Step(grids.DEBIT, ("n", "mean", "sd"), (), grids.debit)
    else:
        yield _Step(grids.GRIMMER, ("n", "mean", "sd"), (), lambda row: grids.grimmer(row, steps))


def _step_outcomes(step: _Step, cells: RowCells) -> Iterator[Outcome]:
    choices = [name for name in step.choice if name in cells]
    if not set(step.needs) <= set(cells) or (step.choice and len(choices) < step.min_choice):
        return
    compared = tuple(cells[name] for name in dict.fromkeys((*step.needs, *choices)))
    yield Outcome(step.rule.name, compared, tuple(step.check(cells)), is_certain=True)


def without_blamed(cells: RowCells, findings: Iterable[Finding]) -> RowCells:
    """A blamed number must not be used against others."""
    names = {finding.value.statistic for finding in findings}
    return {name: cell for name, cell in cells.items() if name not in names} if names else cells
