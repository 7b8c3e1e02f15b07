"""Means that would give away few people when they are put together.

Belongs here: which means may stand beside each other. Does not belong here: counts (suppression.py), printing (numbers.py).

A mean times its number of people is a sum over people, and sums can be added and subtracted: the sum of the first wave plus
that of the changes minus that of the second wave is a sum over those alone who were in one of them and not in the other.
Where
these are few, that is a number about few people, whoever knows the numbers of people exactly. The means of a measure are
therefore taken in the declared order, and one is left out where with those before it some such sum would be of fewer people
than the minimum. That nobody differs does no harm.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

_TOLERANCE = 1e-9

#: A kind of people: their group (None: of no known group) and the waves in which they have a value.
Kind = tuple[str | None, frozenset[str]]
#: As a minimum: no number of people of a study is enough.
ENOUGH_PEOPLE = 10**9


@dataclass(frozen=True)
class MeanOf:
    """A mean: of a group (None: of everybody), of one wave, or of the change between two (baseline, follow-up)."""

    name: str
    people_group: str | None
    waves: tuple[str, ...]

    def includes(self, kind: Kind) -> bool:
        people_group, waves = kind
        return self.people_group in (None, people_group) and waves.issuperset(self.waves)


def safe_means(
    means: Sequence[MeanOf],
    people: Mapping[Kind, int],
    minimum: int,
    earlier: Sequence[str] = (),
    outdated: Sequence[str] = (),
) -> list[str]:
    """The names of the means that may be printed together, of `means` in order of importance.

    people: how many there are of each kind. earlier: means that an earlier release printed: they stay, and come first.
    outdated: those of them that are of people who are no longer quite the same, or of answers that were corrected: each is
    also about somebody whom nobody knows, and no sum with it is safe.
    """
    kinds = [kind for kind, n in people.items() if n]
    columns = {(kind, wave): index for index, (kind, wave) in enumerate((kind, wave) for kind in kinds for wave in kind[1])}
    unknown = {name: len(columns) + index for index, name in enumerate(outdated)}
    small_columns = {index: kind for (kind, _), index in columns.items() if people[kind] < minimum}
    rows: list[npt.NDArray[np.float64]] = []
    names: list[str] = []
    for mean in sorted(means, key=lambda mean: mean.name not in earlier):
        row = _row(mean, columns, len(columns) + len(unknown))
        if mean.name in unknown:
            row[unknown[mean.name]] = 1.0
        if mean.name in earlier or _is_safe(np.array([*rows, row]), small_columns, set(unknown.values()), people, minimum):
            rows.append(row)
            names.append(mean.name)
    return names


def strict_people(people: Mapping[Kind, int]) -> dict[Kind, int]:
    """For means that take the place of others that were printed: whoever is not in all waves, or not in a group as the
    others
    are, counts as few, however many they are. A sum over them, printed twice, would tell of the few who came between."""
    longest = max((len(waves) for _, waves in people), default=0)
    has_groups = any(people_group is not None for people_group, _ in people)
    return {
        kind: ENOUGH_PEOPLE if len(kind[1]) == longest and (kind[0] is not None or not has_groups) else 1
        for kind, n in people.items()
        if n
    }


def _row(mean: MeanOf, columns: Mapping[tuple[Kind, str], int], width: int) -> npt.NDArray[np.float64]:
    """How often the values of each kind of people in each wave stand in the sum."""
    row = np.zeros(width)
    signs = dict(zip(mean.waves, (1.0,) if len(mean.waves) == 1 else (-1.0, 1.0), strict=True))
    for (kind, wave), index in columns.items():
        if wave in signs and mean.includes(kind):
            row[index] = signs[wave]
    return row


def _is_safe(
    sums: npt.NDArray[np.float64],
    small_columns: Mapping[int, Kind],
    unknown_columns: set[int],
    people: Mapping[Kind, int],
    minimum: int,
) -> bool:
    """Whether no combination of the sums is of few people alone. Where combinations of several kinds of few people are
    possible, none of which is fixed, there is one that is of a single kind at least: that is not safe."""
    narrow = sorted({*small_columns, *unknown_columns})
    wide = [index for index in range(sums.shape[1]) if index not in narrow]
    combinations = _null_space(sums[:, wide].T) if wide else np.eye(len(sums))
    leftovers = combinations @ sums[:, narrow]
    if not np.any(np.abs(leftovers) > _TOLERANCE):
        return True
    rank = int(np.linalg.matrix_rank(leftovers, tol=_TOLERANCE))
    if rank > 1:
        return False
    nonzero = {narrow[index] for index in np.flatnonzero(np.max(np.abs(leftovers), axis=0) > _TOLERANCE)}
    if nonzero & unknown_columns:
        return False
    return sum(people[kind] for kind in {small_columns[index] for index in nonzero}) >= minimum


def _null_space(matrix: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """An orthonormal basis, a row each, of what the matrix takes to zero."""
    if matrix.shape[0] == 0:
        return np.eye(matrix.shape[1])
    _, sizes, vectors = np.linalg.svd(matrix)
    rank = int(np.sum(sizes > _TOLERANCE * max(1.0, sizes[0] if len(sizes) else 0.0)))
    return vectors[rank:]
