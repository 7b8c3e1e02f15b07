"""People summed up by the waves in which they have a score: all that a mixed model or a test of missingness needs of them.

Belongs here: the moments of missing-data patterns. Does not belong here: models.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from dagster_project.statistics.change import Floats


@dataclass(frozen=True)
class Pattern:
    """People with a score in the same waves. waves: their places, from 0, in order; n: people; mean: (w,) in these waves;
    cross_products: (w, w) sums over people of the products of deviations from the mean."""

    waves: tuple[int, ...]
    n: int
    mean: Floats
    cross_products: Floats


def patterns_of(scores: ArrayLike) -> list[Pattern]:
    """The patterns of a (people, waves) array, NaN where a person has no score; people without any are left out."""
    matrix = np.asarray(scores, dtype=np.float64)
    has = np.isfinite(matrix)
    found = []
    for present in np.unique(has, axis=0) if matrix.size else ():
        if present.any():
            rows = matrix[(has == present).all(axis=1)][:, present]
            mean = rows.mean(axis=0)
            waves = tuple(int(wave) for wave in np.flatnonzero(present))
            found.append(Pattern(waves, len(rows), mean, (rows - mean).T @ (rows - mean)))
    return sorted(found, key=lambda pattern: pattern.waves)


def waves_present(patterns: Sequence[Pattern]) -> list[int]:
    """The waves in which anybody has a score."""
    return sorted({wave for pattern in patterns for wave in pattern.waves if pattern.n > 0})
