"""Sums of people with the same times, and the rows that a model of growth is fitted from.

Belongs here: the sums, other units and origins of them, the covariates of people as columns. Does not belong here: the
likelihood (growth_likelihood.py), estimates (growth.py).

A covariate x moves a person's line: its level, and where it has a slope too, its change per unit of time. Sums over people
with the same times of M'CM, M'Z'y and y'y, with Z M the design of a person, have the same value over a row at the means of
their covariates and a row for each direction in which these vary (as in mmrm_covariates.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dagster_project.statistics.change import Floats

#: A person whose times spread less than this share of their squares has scores at one time only.
LEAST_SPREAD = 1e-13
#: A direction in which covariates, in units of their SD, vary by less than this share of all their variation is rounding.
_LEAST_SHARE = 1e-14
#: Two numbers or arrays of them, or three: the entries (0, 0), (0, 1) and (1, 1) of a symmetric matrix.
Pair = tuple[Floats, Floats]
Entries = tuple[Floats, Floats, Floats]
Tensor = NDArray[np.float64]


@dataclass(frozen=True)
class CovariateSums:
    """Covariates of the people of each row. mean: (m, q); products: (m, q, q) sums over people of products of deviations
    from it; score_products: (m, q, 2) the same with a person's sum y and sum t y."""

    mean: Tensor
    products: Tensor
    score_products: Tensor


@dataclass(frozen=True)
class TimeSums:
    """Sums of people with the same times, a row each, of one group.

    people: (m,) how many in each row; times: (m, 3) of a person n, sum t, sum t^2; scores: (m, 2) over people sum y, sum
    t y; products: (m, 3) over people (sum y)^2, (sum y)(sum t y), (sum t y)^2; squares: (m,) over people sum y^2.
    covariates: of the same rows, if the model has any.
    """

    people: Floats
    times: Tensor
    scores: Tensor
    products: Tensor
    squares: Floats
    covariates: CovariateSums | None = None

    @property
    def observations(self) -> float:
        return float(self.people @ self.times[:, 0])

    @property
    def determinants(self) -> Floats:
        """|Z'Z| of each row, 0 where all of a person's times are one."""
        n, first, second = self.times.T
        determinant = n * second - first**2
        return np.asarray(np.where(determinant > LEAST_SPREAD * n * second, determinant, 0.0))

    def centred(self, score: float) -> "TimeSums":
        """The same with scores y - score."""
        people, (n, total, _), (y, ty) = self.people, self.times.T, self.scores.T
        yy, yty, tyty = self.products.T
        products = [
            yy - 2 * score * n * y + people * (score * n) ** 2,
            yty - score * (total * y + n * ty) + people * score**2 * n * total,
            tyty - 2 * score * total * ty + people * (score * total) ** 2,
        ]
        scores = np.column_stack([y - people * score * n, ty - people * score * total])
        squares = self.squares - 2 * score * y + people * score**2 * n
        return replace(self, scores=scores, products=np.column_stack(products), squares=squares)

    def rescaled(self, centre: float, unit: float, score_unit: float) -> "TimeSums":
        """The same with time (t - centre) / unit and scores y / score_unit."""
        n, total, _ = self.times.T
        first = (total - centre * n) / unit
        # By way of |W|, which knows who has scores at one time only: a centre taken off would leave rounding error.
        times = np.column_stack([n, first, (first**2 + self.determinants / unit**2) / n])
        y, ty = self.scores.T
        yy, yty, tyty = self.products.T
        scores = np.column_stack([y, (ty - centre * y) / unit]) / score_unit
        products = np.column_stack([yy, (yty - centre * yy) / unit, (tyty - 2 * centre * yty + centre**2 * yy) / unit**2])
        covariates = self.covariates
        if covariates is not None:
            of_y, of_ty = covariates.score_products[:, :, 0], covariates.score_products[:, :, 1]
            score_products = np.stack([of_y, (of_ty - centre * of_y) / unit], axis=2) / score_unit
            covariates = replace(covariates, score_products=score_products)
        return TimeSums(self.people, times, scores, products / score_unit**2, self.squares / score_unit**2, covariates)

    def about_lines(self) -> tuple[float, float]:
        """The sum of squares about each person's own line, and its degrees of freedom."""
        n, first, second = self.times.T
        yy, yty, tyty = self.products.T
        determinants = self.determinants
        has_line = determinants > 0
        line = np.divide(second * yy - 2 * first * yty + n * tyty, determinants, out=yy / n, where=has_line)
        return float(np.sum(self.squares - line)), float(self.people @ (n - 1 - has_line))


@dataclass(frozen=True)
class GrowthRows:
    """Rows of one group: of people at the means of their covariates, and of directions in which these vary (people 0).

    weight: (m,) how often the row's design counts; levels, slopes: (m, p) its parts in the level and in the slope of a line,
    None of the group's own line alone.
    """

    people: Floats
    weight: Floats
    times: Tensor
    determinants: Floats
    scores: Tensor
    products: Tensor
    squares: Floats
    levels: Tensor | None
    slopes: Tensor | None

    @property
    def width(self) -> int:
        """How many coefficients these people have."""
        return 2 if self.levels is None else self.levels.shape[1]

    def lines(self, coefficients: Floats) -> Pair:
        """The level and the slope of each row."""
        if self.levels is None or self.slopes is None:
            return coefficients[0], coefficients[1]
        return self.levels @ coefficients, self.slopes @ coefficients

    def total(self, of_level: Floats, of_slope: Floats) -> Floats:
        """The sum of M'v over the rows, v (m, 2) by its columns, which are sums over people."""
        if self.levels is None or self.slopes is None:
            return np.array([np.sum(of_level), np.sum(of_slope)])
        return np.asarray(of_level @ self.levels + of_slope @ self.slopes)

    def sandwich(self, entries: Entries) -> Tensor:
        """The sum of M'AM over the people, of symmetric A (2, 2) by its entries."""
        first, mixed, last = (self.weight * entry for entry in entries)
        if self.levels is None or self.slopes is None:
            corner = float(mixed.sum())
            return np.array([[first.sum(), corner], [corner, last.sum()]])
        of_levels = self.levels * first[:, None] + self.slopes * mixed[:, None]
        of_slopes = self.levels * mixed[:, None] + self.slopes * last[:, None]
        return np.asarray(self.levels.T @ of_levels + self.slopes.T @ of_slopes)

    def variances(self, covariance: Tensor) -> Entries:
        """M V M' of each row by its entries, of a covariance of the coefficients."""
        if self.levels is None or self.slopes is None:
            return covariance[0, 0], covariance[0, 1], covariance[1, 1]
        of_levels, of_slopes = self.levels @ covariance, self.slopes @ covariance
        return (
            np.sum(of_levels * self.levels, axis=1),
            np.sum(of_levels * self.slopes, axis=1),
            np.sum(of_slopes * self.slopes, axis=1),
        )


def growth_rows(sums: TimeSums, centre: Floats, scale: Floats, *, has_slopes: bool) -> GrowthRows:
    """The rows of a group. centre, scale: (q,) of the covariates, fitted as (x - centre) / scale; has_slopes: whether they
    move the slopes of lines beside their levels. Columns: level and slope of the group, then the covariates'."""
    covariates, people = sums.covariates, sums.people
    if covariates is None:
        return GrowthRows(
            people, people, sums.times, sums.determinants, sums.scores, sums.products, sums.squares, None, None
        )
    values = (covariates.mean - centre) / scale
    products = covariates.products / np.outer(scale, scale)
    score_products = covariates.score_products / scale[:, None]
    sizes, axes = np.linalg.eigh((products + products.transpose(0, 2, 1)) / 2)
    is_free = sizes > _LEAST_SHARE * np.maximum(sizes.sum(axis=1, keepdims=True), 0.0)
    row, direction = np.nonzero(is_free)
    roots, axis = np.sqrt(sizes[row, direction]), axes[row, :, direction]
    explained = np.einsum("rq,rqs->rs", axis, score_products[row]) / roots[:, None]
    of_directions = np.column_stack([explained[:, 0] ** 2, explained[:, 0] * explained[:, 1], explained[:, 1] ** 2])
    left_over = sums.products.copy()
    np.subtract.at(left_over, row, of_directions)
    width, count = len(scale), len(people)
    is_of_people = np.concatenate([np.ones(count), np.zeros(len(row))])
    columns = np.concatenate([values, axis * roots[:, None]])
    zeros, zero = np.zeros((len(is_of_people), width)), np.zeros(len(is_of_people))
    own_levels = [is_of_people[:, None], zero[:, None], columns, *([zeros] if has_slopes else [])]
    own_slopes = [zero[:, None], is_of_people[:, None], zeros, *([columns] if has_slopes else [])]
    determinants = sums.determinants
    return GrowthRows(
        people=np.concatenate([people, np.zeros(len(row))]),
        weight=np.concatenate([people, np.ones(len(row))]),
        times=np.concatenate([sums.times, sums.times[row]]),
        determinants=np.concatenate([determinants, determinants[row]]),
        scores=np.concatenate([sums.scores, explained]),
        products=np.concatenate([left_over, of_directions]),
        squares=np.concatenate([sums.squares, np.zeros(len(row))]),
        levels=np.concatenate(own_levels, axis=1),
        slopes=np.concatenate(own_slopes, axis=1),
    )


def time_sums(
    people: ArrayLike, times: ArrayLike, scores: ArrayLike, products: ArrayLike, squares: ArrayLike,
    covariates: tuple[ArrayLike, ArrayLike, ArrayLike] | None = None,
) -> TimeSums:  # fmt: skip
    """The sums of one group as arrays; shapes as in TimeSums and CovariateSums, of m rows. Raises ValueError for others."""
    count = np.asarray(people, dtype=np.float64).reshape(-1)
    rows = len(count)
    arrays: list[Floats] = []
    for name, values, width in (("times", times, 3), ("scores", scores, 2), ("products", products, 3)):
        array = np.asarray(values, dtype=np.float64).reshape(rows, -1) if rows else np.zeros((0, width))
        if array.shape != (rows, width):
            raise ValueError(f"{name} have the shape {array.shape}; give ({rows}, {width})")
        arrays.append(array)
    of_times, of_scores, of_products = arrays
    of_covariates = None
    if covariates is not None:
        arrays = [np.asarray(values, dtype=np.float64) for values in covariates]
        width = arrays[0].shape[-1]
        shapes = [array.shape for array in arrays]
        if shapes != [(rows, width), (rows, width, width), (rows, width, 2)]:
            raise ValueError(
                f"covariates have the shapes {shapes[0]}, {shapes[1]} and {shapes[2]}; give ({rows}, q), ({rows}, q, q)"
                f" and ({rows}, q, 2)"
            )
        of_covariates = CovariateSums(*arrays)
    of_squares = np.asarray(squares, dtype=np.float64).reshape(rows)
    return TimeSums(count, of_times, of_scores, of_products, of_squares, of_covariates)


def sums_of_people(
    person: ArrayLike, time: ArrayLike, score: ArrayLike, covariates: Sequence[ArrayLike] | None = None
) -> TimeSums:
    """The sums of scores in long form, a row a score: a row for each person. covariates: of each, a value a score, the same
    in all of a person's."""
    codes, first_rows, index = np.unique(np.asarray(person), return_index=True, return_inverse=True)
    t, y = np.asarray(time, dtype=np.float64), np.asarray(score, dtype=np.float64)

    def total(values: Floats) -> Floats:
        return np.bincount(index, weights=values, minlength=len(codes)).astype(np.float64)

    sum_y, sum_ty = total(y), total(t * y)
    of_covariates = None
    if covariates is not None:
        mean = np.column_stack([np.asarray(values, dtype=np.float64)[first_rows] for values in covariates])
        rows, width = mean.shape
        of_covariates = CovariateSums(mean, np.zeros((rows, width, width)), np.zeros((rows, width, 2)))
    return TimeSums(
        people=np.ones(len(codes)),
        times=np.column_stack([total(np.ones_like(t)), total(t), total(t**2)]),
        scores=np.column_stack([sum_y, sum_ty]),
        products=np.column_stack([sum_y**2, sum_y * sum_ty, sum_ty**2]),
        squares=total(y**2),
        covariates=of_covariates,
    )
