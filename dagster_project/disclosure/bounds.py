"""How closely a count can be narrowed down: the smallest and the largest value that all equations and intervals leave.

Belongs here: linear programs over counts. Does not belong here: which counts there are (cells.py), what is hidden
(suppression.py).
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

Interval = tuple[float, float]
#: Nobody knows anything of a count but that it is none below zero.
UNKNOWN: Interval = (0.0, math.inf)
_TOLERANCE = 1e-6
#: A count that stands in more sums ties blocks of counts together: the people of a wave, those of the roster.
_MOST_SUMS_IN_BLOCK = 12


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
        self._programs: dict[int, tuple[npt.NDArray[np.int64], Any, Any]] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._index

    def bound(
        self, name: str, intervals: Mapping[str, Interval], reached: Interval | None = None, width: float = math.inf
    ) -> tuple[Bound, list[npt.NDArray[np.float64]]]:
        """The bound of a count, and the two sets of counts that reach its ends. Where with the values that it is known to
        reach the first end shows that the bound is so wide, the second is not solved."""
        return self._bound(name, intervals, np.arange(len(self._names)), self._matrix, reached, width)

    def outer_bound(self, name: str, intervals: Mapping[str, Interval]) -> Bound | None:
        """A bound of a count by the sums of its block alone, which is no narrower than that by all sums; None where it is in
        no block."""
        block = int(self._blocks[self._index[name]])
        if block < 0:
            return None
        _, _, matrix = self._block(block)
        involved = np.flatnonzero(np.asarray(abs(matrix).sum(axis=0)).ravel())
        return self._bound(name, intervals, involved, matrix[:, involved])[0]

    def _bound(
        self, name: str, intervals: Mapping[str, Interval], involved: npt.NDArray[np.int64], matrix: Any,
        reached: Interval | None = None, width: float = math.inf,
    ) -> tuple[Bound, list[npt.NDArray[np.float64]]]:  # fmt: skip
        lows, highs = self._limits(intervals, involved)
        solutions: list[npt.NDArray[np.float64]] = []
        ends: list[float] = []
        binding: set[str] = set()
        objective = np.where(involved == self._index[name], 1.0, 0.0)
        for sign in (1.0, -1.0):
            solution = self._solve(sign * objective, lows, highs, matrix)
            if solution is None:
                return Bound(intervals.get(name, UNKNOWN)[0], math.inf), solutions
            values, marginals = solution
            ends.append(float(values @ objective))
            solutions.append(values)
            if reached is not None and reached[1] - ends[0] >= width:
                return Bound(ends[0], reached[1]), solutions
            binding |= {self._names[involved[index]] for index in np.flatnonzero(np.abs(marginals) > _TOLERANCE)}
        return Bound(ends[0], ends[1], frozenset(binding)), solutions

    def far_apart(
        self, names: Sequence[str], signs: npt.NDArray[np.float64], intervals: Mapping[str, Interval]
    ) -> Iterator[npt.NDArray[np.float64]]:
        """Two sets of counts that are far from each other in the named ones: where those with a sign above zero are large
        together and the others small, and the other way round. No count is taken for larger than any study is."""
        lows, highs = self._limits(intervals, np.arange(len(self._names)))
        highs = np.minimum(highs, np.max(highs[np.isfinite(highs)], initial=0.0) * 2 + 1000)
        indexes = np.array([self._index[name] for name in names])
        for sign in (1.0, -1.0):
            objective = np.zeros(len(self._names))
            objective[indexes] = sign * signs
            if (solution := self._solve(objective, lows, highs, self._matrix)) is not None:
                yield solution[0]

    def neighbouring_solutions(
        self, name: str, intervals: Mapping[str, Interval], solution: npt.NDArray[np.float64]
    ) -> Iterator[npt.NDArray[np.float64]]:
        """Two solutions with a small and a large value of a count, that are like a known one but for the counts of its own
        block: a small program, whose solutions are solutions of the whole."""
        block = int(self._blocks[self._index[name]])
        if block < 0:
            return
        members, matrix, outside_matrix = self._block(block)
        lows, highs = self._limits(intervals, members)
        objective = np.where(members == self._index[name], 1.0, 0.0)
        sums = matrix @ solution[members] - outside_matrix @ solution  # what the block has to add up to
        for sign in (1.0, -1.0):
            answer = self._solve_program(sign * objective, lows, highs, matrix, sums)
            if answer.x is not None:
                values = solution.copy()
                values[members] = answer.x
                yield values

    def _block(self, block: int) -> tuple[npt.NDArray[np.int64], Any, Any]:
        """The counts of a block, the sums with any of them: of them alone, and of all counts."""
        if block not in self._programs:
            members = np.flatnonzero(self._blocks == block)
            rows = np.flatnonzero(np.diff(self._matrix[:, members].indptr))
            matrix = self._matrix[rows]
            self._programs[block] = (members, matrix[:, members], matrix)
        return self._programs[block]

    @cached_property
    def _blocks(self) -> npt.NDArray[np.int64]:
        """By count, the number of its block: what hangs together without the counts that stand in many sums, which are in
        none (-1)."""
        from scipy.sparse.csgraph import connected_components

        if self._matrix is None:
            return np.full(len(self._names), -1)
        matrix = abs(self._matrix)
        is_hub = np.asarray(matrix.sum(axis=0)).ravel() > _MOST_SUMS_IN_BLOCK
        block_sums = matrix[:, ~is_hub]
        blocks = np.full(len(self._names), -1)
        blocks[~is_hub] = connected_components(block_sums.T @ block_sums, directed=False)[1]
        return blocks

    def _limits(
        self, intervals: Mapping[str, Interval], involved: npt.NDArray[np.int64]
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        pairs = [intervals.get(self._names[index], UNKNOWN) for index in involved]
        return np.array([low for low, _ in pairs], dtype=np.float64), np.array([high for _, high in pairs], dtype=np.float64)

    @cached_property
    def _matrix(self) -> Any:
        from scipy.sparse import csr_array

        rows, columns, data, row_count = self._entries
        return csr_array((data, (rows, columns)), shape=(row_count, len(self._names))) if row_count else None

    def _solve(
        self, objective: npt.NDArray[np.float64], lows: npt.NDArray[np.float64], highs: npt.NDArray[np.float64], matrix: Any
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]] | None:
        """The counts of the smallest value of a sum, and what the ends of each count's interval take part in it; None where
        the value has no end."""
        answer = self._solve_program(
            objective, lows, highs, matrix, np.zeros(matrix.shape[0]) if matrix is not None else None
        )
        if answer.status in (3, 4):  # the counts of the study are a solution, so that there is one
            return None
        if answer.x is None:
            raise ValueError(f"the counts cannot be solved: {answer.message}")
        return answer.x, np.abs(answer.lower.marginals) + np.abs(answer.upper.marginals)

    def _solve_program(
        self, objective: npt.NDArray[np.float64], lows: npt.NDArray[np.float64], highs: npt.NDArray[np.float64],
        matrix: Any, sums: npt.NDArray[np.float64] | None,
    ) -> Any:  # fmt: skip
        # SciPy's solver takes a fifth of a second to come, and only a public release needs it.
        from scipy.optimize import linprog

        return linprog(objective, A_eq=matrix, b_eq=sums, bounds=np.column_stack([lows, highs]), method="highs")


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
