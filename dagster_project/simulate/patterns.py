"""Who answered what: people x scales x waves, so that every printed n and number of pairs holds where it can.

Belongs here: return patterns and which scales a person skipped. Does not belong here: scores.

Solved as a small mixed-integer program for each instrument (HiGHS, through SciPy). Numbers of people in a wave weigh most,
then pairs; what remains is decided by random costs that make the same people skip several scales, as people do.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import scipy
from numpy.typing import NDArray

from dagster_project.simulate.errors import SimulationError
from dagster_project.simulate.targets import Printed
from dagster_project.study import Instrument, Study

Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]


def returns(study: Study, printed: Mapping[str, Printed], people: int, rng: np.random.Generator) -> Flags:
    """Who returned each wave (people x waves): as many as the largest n of any scale, overlapping as far as pairs ask."""
    waves = [wave.wave for wave in study.protocol.waves]
    counts = [int(max([one.number("n", wave) or 0 for one in printed.values()], default=0)) or people for wave in waves]
    counts = [min(count, people) for count in counts]
    stays = rng.normal(size=people)
    returned = np.zeros((people, len(waves)), dtype=bool)
    for index, count in enumerate(counts):
        # People who stay tend to stay: the propensity is shared, the noise is the wave's own.
        order = np.argsort(-(stays + rng.normal(scale=0.8, size=people)))
        returned[order[:count], index] = True
    return returned


class _Program:
    """A mixed-integer program that is written variable by variable and row by row."""

    def __init__(self) -> None:
        self.costs: list[float] = []
        self.whole: list[int] = []
        self.upper: list[float] = []
        self._rows: list[tuple[dict[int, float], float, float]] = []

    def variable(self, cost: float = 0.0, *, upper: float = 1.0, is_whole: bool = True) -> int:
        self.costs.append(cost)
        self.whole.append(int(is_whole))
        self.upper.append(upper)
        return len(self.costs) - 1

    def row(self, terms: Mapping[int, float], low: float, high: float) -> None:
        self._rows.append((dict(terms), low, high))

    def total(self, variables: Sequence[int], wanted: float, penalty: float) -> None:
        """Make some variables add up to a number, or pay the penalty for each one off."""
        over, under = (self.variable(penalty, upper=1e4, is_whole=False) for _ in range(2))
        self.row({**dict.fromkeys(variables, 1.0), over: -1.0, under: 1.0}, wanted, wanted)

    def solve(self, seconds: float) -> Floats | None:
        rows, columns, values = [], [], []
        for index, (terms, _, _) in enumerate(self._rows):
            for column, value in terms.items():
                rows.append(index)
                columns.append(column)
                values.append(value)
        matrix = scipy.sparse.csr_array((values, (rows, columns)), shape=(len(self._rows), len(self.costs)))
        bounds = scipy.optimize.Bounds(np.zeros(len(self.costs)), np.array(self.upper))
        constraint = scipy.optimize.LinearConstraint(
            matrix, [low for _, low, _ in self._rows], [high for _, _, high in self._rows]
        )
        solved = scipy.optimize.milp(
            np.array(self.costs),
            constraints=constraint,
            integrality=np.array(self.whole),
            bounds=bounds,
            options={"time_limit": seconds, "mip_rel_gap": 0.02},
        )
        return None if solved.x is None else np.asarray(solved.x)


_OFF_WAVE, _OFF_PAIRS = 1000.0, 100.0


def instrument_availability(
    study: Study, instrument: Instrument, printed: Mapping[str, Printed], returned: Flags, rng: np.random.Generator
) -> tuple[dict[str, Flags], float]:
    """Which people have a score on each scale of an instrument in each wave, and how far the printed ns are missed.

    Returns people x waves by scale code (composites too), and the penalty paid (0 when every printed n holds).
    """
    program = _Program()
    people, waves = returned.shape
    skips = rng.gamma(1.0, 1.0, size=people)
    has: dict[str, dict[tuple[int, int], int]] = {}
    for scale in instrument.all_scales:
        has[scale.scale] = {
            (person, wave): program.variable(-0.02 / (0.2 + skips[person]) - 0.001 * rng.random())
            for person in range(people)
            for wave in range(waves)
            if returned[person, wave]
        }
    for composite in instrument.composites:
        least, most = instrument.minimum_parts(composite), len(composite.parts)
        for place, one in has[composite.scale].items():
            parts = {has[part][place]: 1.0 for part in composite.parts}
            program.row({**parts, one: -float(least)}, 0, np.inf)
            program.row({**parts, one: -float(most - least + 1)}, -np.inf, least - 1)
    for scale in instrument.all_scales:
        numbers = printed.get(scale.scale, Printed())
        cells = has[scale.scale]
        for index, wave in enumerate(study.protocol.waves):
            if (n := numbers.number("n", wave.wave)) is not None:
                program.total([one for (_, at), one in cells.items() if at == index], n, _OFF_WAVE)
        for contrast in study.protocol.contrasts:
            n = numbers.number("n", contrast.contrast)
            if n is None:
                continue
            first, last = _wave_index(study, contrast.baseline), _wave_index(study, contrast.followup)
            both = []
            for person in range(people):
                if (person, first) in cells and (person, last) in cells:
                    pair = program.variable()
                    base, follow = cells[person, first], cells[person, last]
                    program.row({pair: 1.0, base: -1.0}, -np.inf, 0)
                    program.row({pair: 1.0, follow: -1.0}, -np.inf, 0)
                    program.row({pair: 1.0, base: -1.0, follow: -1.0}, -1, np.inf)
                    both.append(pair)
            program.total(both, n, _OFF_PAIRS)
    solution = program.solve(seconds=20)
    if solution is None:
        raise SimulationError(f"{instrument.instrument}: no pattern of answering fits the printed ns; check them for slips")
    available = {}
    for code, cells in has.items():
        flags = np.zeros(returned.shape, dtype=bool)
        for place, one in cells.items():
            flags[place] = solution[one] > 0.5
        available[code] = flags
    costs = np.array(program.costs)
    return available, float((costs * solution)[costs >= _OFF_PAIRS].sum())


def _wave_index(study: Study, wave: str) -> int:
    return [one.wave for one in study.protocol.waves].index(wave)


def availability(
    study: Study, printed: Mapping[str, Printed], people: int, rng: np.random.Generator, tries: int = 12
) -> tuple[Flags, dict[str, Flags]]:
    """Who returned each wave, and who has a score on each scale: the best of several random overlaps between waves."""
    best: tuple[float, Flags, dict[str, Flags]] | None = None
    for _ in range(tries):
        returned = returns(study, printed, people, rng)
        found: dict[str, Flags] = {}
        missed = 0.0
        # The cheap instruments first: a bad overlap shows there, before the one with composites is solved.
        for instrument in sorted(study.instruments, key=lambda one: len(one.composites)):
            scales, penalty = instrument_availability(study, instrument, printed, returned, rng)
            found |= scales
            missed += penalty
            if best is not None and missed >= best[0]:
                break
        else:
            best = (missed, returned, found)
            if missed == 0:
                break
    assert best is not None
    return best[1], best[2]
