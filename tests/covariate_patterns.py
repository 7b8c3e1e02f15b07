"""The patterns of people with covariates, made from their numbers. Belongs here: these moments. Does not belong here: what follows
from them."""

from typing import Any

import numpy as np

from dagster_project.statistics import CovariatePattern

Matrix = np.ndarray[Any, Any]


def covariate_patterns_of(scores: Matrix, covariates: Matrix) -> list[CovariatePattern]:
    """scores: a row a person, NaN where there is none; covariates: a row a person. People without a score are left out."""
    is_observed = np.isfinite(scores)
    patterns = []
    for observed in np.unique(is_observed, axis=0) if scores.size else ():
        if observed.any():
            rows = (is_observed == observed).all(axis=1)
            waves = tuple(int(wave) for wave in np.flatnonzero(observed))
            patterns.append(pattern_of_terms(waves, np.column_stack([scores[rows][:, observed], covariates[rows]])))
    return sorted(patterns, key=lambda pattern: pattern.waves)


def pattern_of_terms(waves: tuple[int, ...], rows: Matrix) -> CovariatePattern:
    """rows: of each person the scores in these waves, then the covariates."""
    mean = rows.mean(axis=0)
    return pattern_of_moments(waves, len(rows), mean, (rows - mean).T @ (rows - mean))


def pattern_of_moments(waves: tuple[int, ...], n: int, mean: Matrix, products: Matrix) -> CovariatePattern:
    """mean and products: of the scores in these waves, then the covariates."""
    size = len(waves)
    return CovariatePattern(
        waves, n, mean[:size], products[:size, :size],
        covariate_mean=mean[size:], covariate_products=products[size:, size:], shared_products=products[size:, :size],
    )  # fmt: skip
