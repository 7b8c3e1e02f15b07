"""Whether people who change between two times go as often one way as the other, over several categories.

Belongs here: Bowker's test. Does not belong here: two categories (McNemar's test, proportions.py).
"""

import math
from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import ArrayLike


@dataclass(frozen=True)
class Symmetry:
    """Bowker's test. reason: why there is no value."""

    chi_square: float
    df: float
    p: float
    reason: str = ""


def bowker(counts: ArrayLike) -> Symmetry:
    """Bowker's test of symmetry.

    counts: people by category at the first time (rows) and at the second (columns), shape (k, k). Each pair of categories
    that somebody changed between gives (n_ij - n_ji)^2 / (n_ij + n_ji) and one degree of freedom; pairs that nobody changed
    between give neither.

    Source: Bowker, J Am Stat Assoc 1948, 43, 572-574. R: mcnemar.test(x, correct = FALSE) where every pair has somebody.
    """
    table = np.asarray(counts, dtype=np.float64)
    upper = np.triu_indices(len(table), 1)
    one_way, other_way = table[upper], table.T[upper]
    total = one_way + other_way
    has_people = total > 0
    df = int(has_people.sum())
    if df == 0:
        reason = "nobody answered in both waves" if table.sum() == 0 else "nobody changed"
        return Symmetry(math.nan, math.nan, math.nan, reason)
    chi_square = float((((one_way - other_way) ** 2)[has_people] / total[has_people]).sum())
    return Symmetry(chi_square, df, float(scipy.stats.chi2.sf(chi_square, df)))
