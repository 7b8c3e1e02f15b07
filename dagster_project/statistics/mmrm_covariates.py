"""Covariates in a mixed model for repeated measures: one slope each, the same in all waves and groups.

Belongs here: the moments of people with covariates, which covariates have a slope of their own, the rows that stand for the
people of a pattern. Does not belong here: the treatments of the baseline (mmrm_design.py), the model (mmrm.py), which
covariates a study has.

With x a person's covariates, every wave's mean is that of the group plus b' x. Sums over the people of a pattern of X' A X,
X' A y and y' A y have the same value over a row at their means and a row for each direction in which their covariates vary.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dagster_project.statistics.change import Floats
from dagster_project.statistics.group_least_squares import ROUNDING, independent_columns
from dagster_project.statistics.mmrm_likelihood import People, people_of_means
from dagster_project.statistics.patterns import Pattern

#: A direction in which covariates, in units of their SD, vary by less than this share of all their variation is rounding.
_LEAST_SHARE = 1e-14


@dataclass(frozen=True, kw_only=True)
class CovariatePattern(Pattern):
    """People with a score in the same waves of whom every covariate is known. covariate_mean: (q,); covariate_products:
    (q, q), and shared_products: (q, w), with the scores, sums over people of the products of deviations from the means."""

    covariate_mean: Floats
    covariate_products: Floats
    shared_products: Floats


@dataclass(frozen=True)
class Slopes:
    """What covariates are fitted as, (x - centre) / scale. centre: (q,) the mean of all people; scale: (q,) their SD within
    groups. reason: why there is no slope for one of them."""

    centre: Floats
    scale: Floats
    reason: str

    @property
    def count(self) -> int:
        return len(self.centre)


def slopes_of(groups: Sequence[Sequence[Pattern]], covariates: Sequence[str]) -> Slopes:
    """The covariates of the people of patterns, at least one in each group. covariates: their names.

    A reason, with the name, for one that does not vary within the groups, or is collinear with those before it there.
    ValueError where a pattern has not as many covariates.
    """
    if not covariates:
        return Slopes(np.empty(0), np.empty(0), "")
    moments = [[_moments(pattern, len(covariates)) for pattern in group] for group in groups]
    products, sizes, means = np.zeros((len(covariates),) * 2), [], []
    for group in moments:
        n = float(sum(pattern.n for pattern in group))
        mean = np.asarray(sum(pattern.n * pattern.covariate_mean for pattern in group)) / n
        products += sum(pattern.covariate_products for pattern in group)
        for pattern in group:
            distance = pattern.covariate_mean - mean
            products += pattern.n * np.outer(distance, distance)
        sizes.append(n)
        means.append(mean)
    people = sum(sizes)
    centre = np.asarray(np.array(sizes) @ np.array(means) / people)
    size = np.sqrt(np.diag(products))
    is_constant = size <= ROUNDING * np.sqrt(people) * np.abs(np.array(means)).max(axis=0)
    columns, reason = independent_columns(products), ""
    for column, name in enumerate(covariates):
        if is_constant[column]:
            reason = f"covariate '{name}' does not vary within the groups"
        elif column not in columns:
            reason = f"covariate '{name}' is collinear with those before it"
        if reason:
            break
    return Slopes(centre, np.where(is_constant, 1.0, size / np.sqrt(people)), reason)


def _moments(pattern: Pattern, count: int) -> CovariatePattern:
    if not isinstance(pattern, CovariatePattern) or pattern.covariate_mean.shape != (count,):
        raise ValueError(f"a pattern has not the moments of {count} covariates; give a CovariatePattern")
    return pattern


def people_with_slopes(
    columns: tuple[int, ...],
    n: int,
    at_mean: Floats,
    mean: Floats,
    cross_products: Floats,
    directions: Floats,
    regressor_products: Floats,
    shared_products: Floats,
) -> People:
    """People whose design is at_mean (w, p) plus deviations of r regressors times directions (r, w, p).

    mean: (w,) of their scores; cross_products: (w, w) of these, regressor_products: (r, r), shared_products: (r, w) of both:
    sums of products of deviations.
    """
    people = people_of_means(columns, n, at_mean, mean, cross_products)
    sizes, axes = np.linalg.eigh((regressor_products + regressor_products.T) / 2)
    is_free = sizes > _LEAST_SHARE * max(float(sizes.sum()), 0.0)
    if not is_free.any():
        return people
    roots, axes = np.sqrt(sizes[is_free]), axes[:, is_free]
    explained = axes.T @ shared_products / roots[:, None]
    return People(
        columns,
        n,
        np.concatenate([people.design, np.einsum("rj,j,rwp->jwp", axes, roots, directions)]),
        np.concatenate([people.scores, explained]),
        cross_products - explained.T @ explained,
    )


def covariate_without_slope(information: Floats, first: int, covariates: Sequence[str]) -> str:
    """Why a covariate has no slope of its own beside the means, '' where all have one. information: (p, p) sums of products
    of the columns of the design, those of covariates from `first` on."""
    columns = independent_columns(information)
    for column, name in enumerate(covariates, start=first):
        if column not in columns:
            return f"covariate '{name}' is collinear with the means of groups and waves and what is before it"
    return ""
