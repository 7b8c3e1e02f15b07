"""How closely a count can be narrowed down: the smallest and the largest value that all equations and intervals leave.

Belongs here: linear programs over counts. Does not belong here: which counts there are (cells.py), what is hidden
(suppression.py).
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Interval = tuple[float, float]
#: Nobody knows anything of a count but that it is none below zero.
UNKNOWN: Interval = (0.0, math.inf)
_TOLERANCE = 1e-6


@dataclass(frozen=True)
class Relation:
    """The total is the sum of its parts."""

    total: str
    parts: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return (self.total, *self.parts)

    def is_true_of(self, values: Mapping[str, int]) -> bool:
        """Whether the counts of a study obey it."""
        return values[self.total] == sum(values[part] for part in self.parts)


@dataclass(frozen=True)
class Bound:
    """To which interval a count can be narrowed down, and by which other counts' intervals."""

    low: float
    high: float
    binding: frozenset[str] = frozenset()

    @property
    def width(self) -> float:
        return self.high - self.low


class System:
    """Counts with the interval that is public of each, and the relations between them. Whole numbers are not asked for:
    the intervals are those of any numbers, as somebody with a solver of linear programs has them."""

    def __init__(self, names: Sequence[str], relations: Iterable[Relation]) -> None:
        self._index = {name: index for index, name in enumerate(names)}
        self._names = list(names)
        rows: list[int] = []
        columns: list[int] = []
        data: list[float] = []
        row_count = 0
        for row_count, relation in enumerate(relations, start=1):
            for name, sign in ((relation.total, 1.0), *((part, -1.0) for part in relation.parts)):
                rows.append(row_count - 1)
                columns.append(self._index[name])
                data.append(sign)
        self._entries = (rows, columns, data, row_count)

    def bound(self, name: str, intervals: Mapping[str, Interval]) -> tuple[Bound, list[npt.NDArray[np.float64]]]:
        """The bound of a count, and the two sets of counts that reach its ends."""
        lows, highs = self._limits(intervals)
        solutions: list[npt.NDArray[np.float64]] = []
        ends: list[float] = []
        binding: set[str] = set()
        for sign in (1.0, -1.0):
            objective = np.zeros(len(self._names))
            objective[self._index[name]] = sign
            solution = self._solve(objective, lows, highs)
            if solution is None:
                return Bound(intervals.get(name, UNKNOWN)[0], math.inf), solutions
            values, marginals = solution
            ends.append(float(values[self._index[name]]))
            solutions.append(values)
            binding |= {self._names[index] for index in np.flatnonzero(np.abs(marginals) > _TOLERANCE)}
        return Bound(ends[0], ends[1], frozenset(binding)), solutions

    def solutions(self, names: Sequence[str], intervals: Mapping[str, Interval]) -> Iterator[npt.NDArray[np.float64]]:
        """Some sets of counts that are far from each other in the named ones: where all are small or large together, and
        where every second, every second pair and so on are large and the others small."""
        lows, highs = self._limits(intervals)
        indexes = np.array([self._index[name] for name in names])
        positions = np.arange(len(names))
        patterns = [np.ones(len(names))]
        patterns += [np.where(positions >> bit & 1, 1.0, -1.0) for bit in range(max(1, len(names) - 1).bit_length())]
        for pattern in patterns:
            for sign in (1.0, -1.0):
                objective = np.zeros(len(self._names))
                objective[indexes] = sign * pattern
                if (solution := self._solve(objective, lows, highs)) is not None:
                    yield solution[0]

    def _limits(self, intervals: Mapping[str, Interval]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        pairs = [intervals.get(name, UNKNOWN) for name in self._names]
        return np.array([low for low, _ in pairs], dtype=np.float64), np.array([high for _, high in pairs], dtype=np.float64)

    def _solve(
        self, objective: npt.NDArray[np.float64], lows: npt.NDArray[np.float64], highs: npt.NDArray[np.float64]
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]] | None:
        """The counts of the smallest value of a sum, and what the ends of each count's interval take part in it; None where
        the value has no end."""
        # SciPy's solver takes a fifth of a second to come, and only a public release needs it.
        from scipy.optimize import linprog
        from scipy.sparse import csr_array

        rows, columns, data, row_count = self._entries
        matrix = csr_array((data, (rows, columns)), shape=(row_count, len(self._names))) if row_count else None
        answer = linprog(
            objective,
            A_eq=matrix,
            b_eq=np.zeros(row_count) if row_count else None,
            bounds=np.column_stack([lows, highs]),
            method="highs",
        )
        if answer.status in (3, 4):  # the counts of the study are a solution, so that there is one
            return None
        if answer.x is None:
            raise ValueError(f"the counts cannot be solved: {answer.message}")
        return answer.x, np.abs(answer.lower.marginals) + np.abs(answer.upper.marginals)


def components(names: Iterable[str], relations: Sequence[Relation]) -> Iterator[tuple[list[str], list[Relation]]]:
    """The counts that hang together by relations, and their relations: each can be solved by itself."""
    parent = {name: name for name in names}

    def root(name: str) -> str:
        while parent[name] != name:
            parent[name] = parent[parent[name]]
            name = parent[name]
        return name

    for relation in relations:
        for part in relation.parts:
            parent[root(part)] = root(relation.total)
    members: dict[str, list[str]] = {}
    for name in parent:
        members.setdefault(root(name), []).append(name)
    of_component: dict[str, list[Relation]] = {}
    for relation in relations:
        of_component.setdefault(root(relation.total), []).append(relation)
    for name, component in members.items():
        yield component, of_component.get(name, [])
