"""What the groups' patterns are to a mixed model for repeated measures: its outcomes, its columns and its people.

Belongs here: the treatments of the baseline (the first wave), cells of group and wave, centring and scaling. Does not belong
here: covariates of the roster (mmrm_covariates.py); the likelihood; estimates.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np

from dagster_project.statistics.change import Floats
from dagster_project.statistics.mmrm_covariates import CovariatePattern, Slopes, people_with_slopes
from dagster_project.statistics.mmrm_likelihood import People, people_of_means
from dagster_project.statistics.patterns import Pattern

Baseline = Literal["free", "constrained", "covariate"]
BASELINES: tuple[Baseline, ...] = get_args(Baseline)


@dataclass(frozen=True)
class Design:
    """People and the columns of their design. waves: outcomes, as indices of the waves; column_of: cell (group, wave) to
    column, without cells where nobody has a score; slope_of: wave to the column of the baseline's slope. Covariates have the
    last columns.

    Scores are fitted as (score - centre) / scale; baselines as (baseline - baseline_mean) / scale.
    """

    people: tuple[People, ...]
    n_people: tuple[int, ...]
    waves: tuple[int, ...]
    column_of: dict[tuple[int, int], int]
    slope_of: dict[int, int]
    centre: float
    scale: float
    baseline_mean: float
    covariates: Slopes

    @property
    def first_covariate(self) -> int:
        """The column of the first covariate."""
        return len(set(self.column_of.values())) + len(self.slope_of)

    @property
    def size(self) -> int:
        """How many columns there are."""
        return self.first_covariate + self.covariates.count


def included_patterns(groups: Sequence[Sequence[Pattern]], baseline: Baseline) -> list[list[Pattern]]:
    """The patterns of the people who count: with a score, or, where the baseline is a covariate, with it and a later one."""
    if baseline != "covariate":
        return [[pattern for pattern in group if pattern.n > 0 and pattern.waves] for group in groups]
    return [
        [pattern for pattern in group if pattern.n > 0 and len(pattern.waves) > 1 and pattern.waves[0] == 0]
        for group in groups
    ]


def design_of(groups: Sequence[Sequence[Pattern]], waves: int, baseline: Baseline, covariates: Slopes) -> Design | None:
    """The design of the patterns that count, of at least one person in each group; None where no score differs from
    another. covariates: of these people."""
    outcomes = tuple(range(1 if baseline == "covariate" else 0, waves))
    column_of: dict[tuple[int, int], int] = {}
    for index, group in enumerate(groups):
        for wave in sorted({wave for pattern in group for wave in pattern.waves if wave in outcomes}):
            shares = baseline == "constrained" and wave == 0
            first_with = next((cell for cell in column_of if shares and cell[1] == 0), None)
            column = max(column_of.values(), default=-1) + 1 if first_with is None else column_of[first_with]
            column_of[index, wave] = column
    means = len(set(column_of.values()))
    slope_of = {wave: means + index for index, wave in enumerate(outcomes)} if baseline == "covariate" else {}
    patterns = [pattern for group in groups for pattern in group]
    centre, scale = _centre_and_scale(patterns, outcomes)
    baseline_mean = float("nan")
    if baseline == "covariate":
        people = sum(pattern.n for pattern in patterns)
        baseline_mean = float(sum(pattern.n * pattern.mean[0] for pattern in patterns)) / people
    if not scale > 0:
        return None
    n_people = tuple(sum(pattern.n for pattern in group) for group in groups)
    bare = Design((), n_people, outcomes, column_of, slope_of, centre, scale, baseline_mean, covariates)
    parts = tuple(_people(bare, index, pattern) for index, group in enumerate(groups) for pattern in group)
    return replace(bare, people=parts)


def _centre_and_scale(patterns: Sequence[Pattern], outcomes: Sequence[int]) -> tuple[float, float]:
    """Mean and SD of all scores of the outcomes; SD 0 where they differ by no more than rounding."""
    total, count, squares = 0.0, 0, 0.0
    columns = [[index for index, wave in enumerate(pattern.waves) if wave in outcomes] for pattern in patterns]
    for pattern, column in zip(patterns, columns, strict=True):
        total += pattern.n * float(pattern.mean[column].sum())
        count += pattern.n * len(column)
    centre = total / count
    for pattern, column in zip(patterns, columns, strict=True):
        squares += float(np.diag(pattern.cross_products)[column].sum())
        squares += pattern.n * float(((pattern.mean[column] - centre) ** 2).sum())
    return centre, 0.0 if squares <= 1e-20 * count * centre**2 else float(np.sqrt(squares / count))


def _people(design: Design, group: int, pattern: Pattern) -> People:
    """The people of a pattern. columns: rows of the covariance, counted from the first outcome."""
    first_outcome = design.waves[0]
    skipped = 1 if design.slope_of else 0
    waves = pattern.waves[skipped:]
    columns = tuple(wave - first_outcome for wave in waves)
    cells = np.zeros((len(waves), design.size))
    cells[np.arange(len(waves)), [design.column_of[group, wave] for wave in waves]] = 1.0
    mean = (pattern.mean[skipped:] - design.centre) / design.scale
    products = pattern.cross_products / design.scale**2
    if not design.slope_of and not design.covariates.count:
        return people_of_means(columns, pattern.n, cells, mean, products)
    return _people_with_slopes(design, pattern, columns, cells, mean, products)


def _people_with_slopes(
    design: Design, pattern: Pattern, columns: tuple[int, ...], cells: Floats, mean: Floats, products: Floats
) -> People:
    """The baseline's slope on each later wave, where it is a covariate, and the covariates' slopes in all waves."""
    directions, means, regressors, with_scores = [], [], [], []
    rows, skipped = np.arange(len(columns)), len(pattern.waves) - len(columns)
    if design.slope_of:
        directions.append(np.zeros_like(cells))
        directions[0][rows, [design.slope_of[wave] for wave in pattern.waves[1:]]] = 1.0
        means.append((pattern.mean[0] - design.baseline_mean) / design.scale)
        regressors.append(products[0, :1])
        with_scores.append(products[0, 1:])
    if isinstance(pattern, CovariatePattern):
        scale = design.covariates.scale
        for column in range(design.covariates.count):
            directions.append(np.zeros_like(cells))
            directions[-1][:, design.first_covariate + column] = 1.0
        means += list((pattern.covariate_mean - design.covariates.centre) / scale)
        covariate_rows = pattern.covariate_products / np.outer(scale, scale)
        score_rows = pattern.shared_products / scale[:, None] / design.scale
        if design.slope_of:
            regressors[0] = np.concatenate([regressors[0], score_rows[:, 0]])
            covariate_rows = np.concatenate([score_rows[:, :1], covariate_rows], axis=1)
        regressors += list(covariate_rows)
        with_scores += list(score_rows[:, skipped:])
    at_mean = cells + np.einsum("r,rwp->wp", np.array(means), np.array(directions))
    return people_with_slopes(
        columns, pattern.n, at_mean, mean, products[skipped:, skipped:], np.array(directions), np.array(regressors),
        np.array(with_scores),
    )  # fmt: skip
