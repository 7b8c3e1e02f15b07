"""Missing-data patterns: people grouped by the waves in which they have a score, and were planned to have one, with the
moments that a mixed model or a test of missingness needs.

Belongs here: the moments of missing-data patterns. Does not belong here: models.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from dagster_project.statistics.change import Floats


@dataclass(frozen=True)
class Pattern:
    """People with a score in the same waves. waves: indices from 0, ascending; n: people; mean: (w,) in these waves;
    cross_products: (w, w) sums over people of the products of deviations from the mean; planned: the waves in which these
    people were planned to have a score, None for every wave."""

    waves: tuple[int, ...]
    n: int
    mean: Floats
    cross_products: Floats
    planned: tuple[int, ...] | None = None


def by_plan(patterns: Sequence[Pattern]) -> list[list[Pattern]]:
    """Patterns of the people for whom the same waves were planned, together: those planned for every wave first."""
    groups: dict[tuple[int, ...], list[Pattern]] = {}
    for pattern in patterns:
        groups.setdefault(() if pattern.planned is None else pattern.planned, []).append(pattern)
    return [groups[planned] for planned in sorted(groups)]


def patterns_of(scores: ArrayLike) -> list[Pattern]:
    """The patterns of a (people, waves) array, NaN where a person has no score; people without any are left out."""
    matrix = np.asarray(scores, dtype=np.float64)
    is_observed = np.isfinite(matrix)
    patterns = []
    for observed in np.unique(is_observed, axis=0) if matrix.size else ():
        if observed.any():
            rows = matrix[(is_observed == observed).all(axis=1)][:, observed]
            mean = rows.mean(axis=0)
            waves = tuple(int(wave) for wave in np.flatnonzero(observed))
            patterns.append(Pattern(waves, len(rows), mean, (rows - mean).T @ (rows - mean)))
    return sorted(patterns, key=lambda pattern: pattern.waves)


def waves_present(patterns: Sequence[Pattern]) -> list[int]:
    """The waves in which anybody has a score."""
    return sorted({wave for pattern in patterns for wave in pattern.waves if pattern.n > 0})
