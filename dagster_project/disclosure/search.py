"""Which small counts are not yet protected: a search that solves as few linear programs as possible.

Belongs here: keeping what solutions show of the small counts. Does not belong here: the programs (bounds.py), what is hidden
(suppression.py).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

import numpy as np
import numpy.typing as npt

from dagster_project.disclosure.bounds import Bound, Interval, System
from dagster_project.study import Disclosure

#: Of the solvers' solutions.
TOLERANCE = 1e-6
#: So few small counts are solved one by one.
_SHORT_SEARCH = 10
#: So many solutions are looked at once more nearby.
_MOST_STARTS = 4


def wide_enough(rule: Disclosure) -> float:
    """From which width on an interval protects a count, as solvers compute it."""
    return rule.least_width - TOLERANCE


@dataclass
class Search:
    """The small counts of a component, each with the smallest and the largest value that a solution gave it so far.
    Solutions stay solutions when more is hidden, and two that lie far enough apart in a count show that it is protected:
    that spares most programs. positions: of the small counts among all.
    narrow_name: the count that was not protected when last one was looked for."""

    system: System
    needy: list[str]
    positions: npt.NDArray[np.int64]
    lows: npt.NDArray[np.float64]
    highs: npt.NDArray[np.float64]
    starts: list[npt.NDArray[np.float64]] = field(default_factory=list)
    narrow_name: str | None = None

    def start(self, rule: Disclosure, beliefs: Mapping[str, Interval]) -> None:
        """Show of as many counts as possible that they are protected, all together: solutions where all that are not yet
        are large or small, or every second, every second pair and so on, until that helps no more."""
        pending, shift = self.pending(rule), 0
        while len(pending) > _SHORT_SEARCH and shift < max(1, len(pending) - 1).bit_length() + 1:
            positions = np.arange(len(pending))
            signs = np.ones(len(pending)) if shift == 0 else np.where(positions >> (shift - 1) & 1, 1.0, -1.0)
            for values in self.system.far_apart(pending, signs, beliefs):
                self.note(values)
                self.starts = [*self.starts, values][-_MOST_STARTS:]
            still_pending = self.pending(rule)
            shift = 0 if shift and 2 * len(still_pending) < len(pending) else shift + 1
            pending = still_pending

    def forget(self, name: str) -> None:
        """Look at a count no longer."""
        index = self.needy.index(name)
        self.needy.remove(name)
        self.positions = np.delete(self.positions, index)
        self.lows, self.highs = np.delete(self.lows, index), np.delete(self.highs, index)

    def pending(self, rule: Disclosure) -> list[str]:
        """The small counts of which no two solutions are far enough apart yet."""
        is_narrow = self.highs - self.lows < wide_enough(rule)
        return [self.needy[index] for index in np.flatnonzero(is_narrow)]

    def note(self, values: npt.NDArray[np.float64]) -> None:
        """What a solution gives the small counts."""
        self.lows = np.minimum(self.lows, values[self.positions])
        self.highs = np.maximum(self.highs, values[self.positions])

    def narrow_count(self, beliefs: Mapping[str, Interval], rule: Disclosure) -> tuple[str, Bound] | None:
        """The first count that is not protected, with its bound; None where all are."""
        for name in self.pending(rule):
            if self._is_protected(name, rule):  # by a solution of a count before it
                continue
            index, width = self.needy.index(name), wide_enough(rule)
            attempts = self._solutions_nearby(name, beliefs)
            # Most counts that nothing is known of are protected; that which was narrow is likely to be so still.
            first_attempt = next(attempts, []) if name != self.narrow_name else []
            if self._are_protecting(index, first_attempt, rule):
                self._note_all(first_attempt)
                continue
            outer = self.system.outer_bound(name, beliefs)
            if outer is not None and outer.width < width:
                self.narrow_name = name
                return name, outer
            if self._is_protected_nearby(name, chain([first_attempt], attempts), rule):
                continue
            reached = (float(self.lows[index]), float(self.highs[index]))
            bound, solutions = self.system.bound(name, beliefs, reached, width)
            if bound.width < width:
                self.narrow_name = name
                return name, bound
            self._note_all(solutions)
            self.starts = [*self.starts, *solutions][-_MOST_STARTS:]
            self.lows[index] = min(self.lows[index], bound.low)
            self.highs[index] = max(self.highs[index], bound.high)
        return None

    def _is_protected(self, name: str, rule: Disclosure) -> bool:
        index = self.needy.index(name)
        return bool(self.highs[index] - self.lows[index] >= wide_enough(rule))

    def _solutions_nearby(self, name: str, beliefs: Mapping[str, Interval]) -> Iterator[list[npt.NDArray[np.float64]]]:
        """Solutions near each of the known ones: a small program each."""
        for solution in reversed(self.starts):
            yield list(self.system.neighbouring_solutions(name, beliefs, solution))

    def _are_protecting(self, index: int, solutions: Sequence[npt.NDArray[np.float64]], rule: Disclosure) -> bool:
        """Whether these solutions, with those before them, show that a small count is protected."""
        values = [float(solution[self.positions[index]]) for solution in solutions]
        width = max([self.highs[index], *values]) - min([self.lows[index], *values])
        return bool(width >= wide_enough(rule))

    def _is_protected_nearby(self, name: str, attempts: Iterable[list[npt.NDArray[np.float64]]], rule: Disclosure) -> bool:
        """Whether solutions near the known ones show it."""
        for solutions in attempts:
            self._note_all(solutions)
            if self._is_protected(name, rule):
                return True
        return False

    def _note_all(self, solutions: Iterable[npt.NDArray[np.float64]]) -> None:
        for values in solutions:
            self.note(values)
