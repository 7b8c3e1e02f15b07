"""Who returned which wave and who has a score on which scale, matching the printed ns and numbers of pairs if possible.

Belongs here: patterns of participation and of missing scores. Does not belong here: scores.

Solved as a small mixed-integer program for each instrument (HiGHS, through SciPy). Numbers of people in a wave weigh most,
then pairs; random costs decide the rest and make the same people skip several scales, as in real data.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import scipy

from dagster_project.simulate.errors import SimulationError
from dagster_project.simulate.items import grid_of
from dagster_project.simulate.pair_numbers import allows_pairs
from dagster_project.simulate.problem import WAVE_STATISTICS, Flags, Floats, Target
from dagster_project.simulate.targets import PrintedNumbers, scale_targets, target_interval
from dagster_project.study import Composite, Contrast, Instrument, Study


def wave_participation(
    study: Study, printed_numbers: Mapping[str, PrintedNumbers], person_count: int, rng: np.random.Generator
) -> Flags:
    """Who returned each wave (people x waves): as many as the largest n of any scale."""
    waves = [wave.wave for wave in study.protocol.waves]
    largest_ns = [max([numbers.number("n", wave) or 0 for numbers in printed_numbers.values()], default=0) for wave in waves]
    counts = [min(int(n) or person_count, person_count) for n in largest_ns]
    propensity = rng.normal(size=person_count)
    participation = np.zeros((person_count, len(waves)), dtype=bool)
    for index, count in enumerate(counts):
        # Each person has one propensity to take part, with noise added in each wave.
        order = np.argsort(-(propensity + rng.normal(scale=0.8, size=person_count)))
        participation[order[:count], index] = True
    return participation


class _Program:
    """A mixed-integer program, built variable by variable and constraint by constraint."""

    def __init__(self) -> None:
        self.costs: list[float] = []
        self.integrality: list[int] = []
        self.upper_bounds: list[float] = []
        self._constraints: list[tuple[dict[int, float], float, float]] = []

    def add_variable(self, cost: float = 0.0, *, upper: float = 1.0, is_whole: bool = True) -> int:
        self.costs.append(cost)
        self.integrality.append(int(is_whole))
        self.upper_bounds.append(upper)
        return len(self.costs) - 1

    def add_constraint(self, terms: Mapping[int, float], low: float, high: float) -> None:
        self._constraints.append((dict(terms), low, high))

    def add_total(self, variables: Sequence[int], number: float, penalty: float) -> None:
        """Require variables to add up to a number, with a penalty for each unit of difference."""
        excess, shortfall = (self.add_variable(penalty, upper=1e4, is_whole=False) for _ in range(2))
        self.add_constraint({**dict.fromkeys(variables, 1.0), excess: -1.0, shortfall: 1.0}, number, number)

    def solve(self, seconds: float) -> Floats | None:
        rows, columns, values = [], [], []
        for index, (terms, _, _) in enumerate(self._constraints):
            for column, value in terms.items():
                rows.append(index)
                columns.append(column)
                values.append(value)
        matrix = scipy.sparse.csr_array((values, (rows, columns)), shape=(len(self._constraints), len(self.costs)))
        bounds = scipy.optimize.Bounds(np.zeros(len(self.costs)), np.array(self.upper_bounds))
        constraint = scipy.optimize.LinearConstraint(
            matrix, [low for _, low, _ in self._constraints], [high for _, _, high in self._constraints]
        )
        result = scipy.optimize.milp(
            np.array(self.costs),
            constraints=constraint,
            integrality=np.array(self.integrality),
            bounds=bounds,
            options={"time_limit": seconds, "mip_rel_gap": 0.02},
        )
        return None if result.x is None else np.asarray(result.x)


#: Penalties for each person or pair by which a printed n is missed.
_WAVE_PENALTY, _PAIR_PENALTY = 1000.0, 100.0
#: The same for a number of pairs that is not printed, or not possibly, but that the other numbers allow.
_ALLOWED_PAIR_PENALTY = 10.0
#: Of these, so many of the largest are tried in turn.
_ALLOWED_PAIRS_TRIED = 4


def instrument_availability(
    study: Study,
    instrument: Instrument,
    printed_numbers: Mapping[str, PrintedNumbers],
    participation: Flags,
    rng: np.random.Generator,
) -> tuple[dict[str, Flags], float]:
    """Which people have a score on each scale of an instrument in each wave.

    Returns people x waves by scale code (composites too), and the penalty (0 when every printed n is met).
    """
    program = _Program()
    people, waves = participation.shape
    skips = np.asarray(rng.gamma(1.0, 1.0, size=people), dtype=np.float64)
    score_variables: dict[str, dict[tuple[int, int], int]] = {}
    for scale in instrument.all_scales:
        score_variables[scale.scale] = {
            (person, wave): program.add_variable(-0.02 / (0.2 + skips[person]) - 0.001 * rng.random())
            for person in range(people)
            for wave in range(waves)
            if participation[person, wave]
        }
    for composite in instrument.composites:
        minimum, part_count = instrument.minimum_parts(composite), len(composite.parts)
        for cell, variable in score_variables[composite.scale].items():
            part_terms = {score_variables[part][cell]: 1.0 for part in composite.parts}
            program.add_constraint({**part_terms, variable: -float(minimum)}, 0, np.inf)
            program.add_constraint({**part_terms, variable: -float(part_count - minimum + 1)}, -np.inf, minimum - 1)
    for scale in instrument.all_scales:
        numbers = printed_numbers.get(scale.scale, PrintedNumbers())
        _add_printed_ns(program, study, scale.scale, numbers, score_variables[scale.scale], 0)
    solution = program.solve(seconds=20)
    if solution is None:
        raise SimulationError(f"{instrument.instrument}: no pattern of answering fits the printed ns; check them for slips")
    available = {code: _flags(participation, variables, solution) for code, variables in score_variables.items()}
    costs = np.array(program.costs)
    return available, float((costs * solution)[costs >= _PAIR_PENALTY].sum())


def _add_printed_ns(
    program: _Program,
    study: Study,
    code: str,
    numbers: PrintedNumbers,
    variables: Mapping[tuple[int, int], int],
    choice: int,
) -> None:
    """Require the printed numbers of people and pairs of a scale. Where a contrast has none, one of the numbers of pairs
    that its other numbers allow: choice 0 is the largest, choice 1 the next."""
    for index, wave in enumerate(study.protocol.waves):
        if (n := numbers.number("n", wave.wave)) is not None:
            wave_variables = [variable for (_, wave_index), variable in variables.items() if wave_index == index]
            program.add_total(wave_variables, n, _WAVE_PENALTY)
    for index, contrast in enumerate(study.protocol.contrasts):
        wave_pair = _wave_index(study, contrast.baseline), _wave_index(study, contrast.followup)
        n = numbers.number("n", contrast.contrast)
        if n is not None:
            _add_pair_total(program, variables, wave_pair, n, _PAIR_PENALTY)
        elif allowed_ns := allowed_pairs(study, code, numbers, index):
            allowed_n = allowed_ns[choice % min(len(allowed_ns), _ALLOWED_PAIRS_TRIED)]
            _add_pair_total(program, variables, wave_pair, allowed_n, _ALLOWED_PAIR_PENALTY)


def allowed_pairs(study: Study, code: str, numbers: PrintedNumbers, index: int) -> list[int]:
    """The numbers of pairs that a contrast's change, interval and p allow, the largest first; none for a composite, or where
    no change or no n is printed."""
    contrast = study.protocol.contrasts[index]
    wave_ns = [numbers.number("n", wave) for wave in (contrast.baseline, contrast.followup)]
    if isinstance(study.scales[code][1], Composite) or ("mean_change", contrast.contrast) not in numbers.values:
        return []
    grid, largest = grid_of(study, code), min((int(n) for n in wave_ns if n is not None), default=0)
    allowed_ns = []
    for n in range(largest, 1, -1):
        targets = scale_targets(numbers, study, [n] * len(study.protocol.contrasts))
        own_targets = [target for target in targets if target.statistic not in WAVE_STATISTICS and target.index == index]
        if allows_pairs(own_targets, grid, n) and _has_spread(numbers, contrast, own_targets, n):
            allowed_ns.append(n)
    return allowed_ns


def _has_spread(numbers: PrintedNumbers, contrast: Contrast, targets: Sequence[Target], n: int) -> bool:
    """Whether n people can have the SD that change and effect size imply: their squares are no more than everybody's."""
    ends = {target.statistic: (target.low, target.high) for target in targets}
    baseline_n, sd = numbers.number("n", contrast.baseline), numbers.values.get(("sd", contrast.baseline))
    if baseline_n is None or sd is None or not {"mean_change", "d_baseline"} <= set(ends):
        return True
    change, effect_size = ends["mean_change"], ends["d_baseline"]
    smallest_change = min(map(abs, change)) if change[0] * change[1] > 0 else 0.0
    smallest_sd = smallest_change / max(map(abs, effect_size))
    return smallest_sd**2 * (n - 1) <= target_interval(sd.printed)[1] ** 2 * (baseline_n - 1)


def scale_availability(
    study: Study, code: str, numbers: PrintedNumbers, participation: Flags, rng: np.random.Generator, choice: int
) -> Flags | None:
    """Which people have a score on one scale, drawn anew: as many as are printed, by chance who; None if that cannot be.
    choice: which number of pairs is taken where others than the printed one are allowed."""
    program = _Program()
    variables = {
        (int(person), int(wave)): program.add_variable(-0.02 * rng.random()) for person, wave in np.argwhere(participation)
    }
    _add_printed_ns(program, study, code, numbers, variables, choice)
    solution = program.solve(seconds=20)
    return None if solution is None else _flags(participation, variables, solution)


def _flags(participation: Flags, variables: Mapping[tuple[int, int], int], solution: Floats) -> Flags:
    flags = np.zeros(participation.shape, dtype=bool)
    for cell, variable in variables.items():
        flags[cell] = solution[variable] > 0.5
    return flags


def _add_pair_total(
    program: _Program,
    variables: Mapping[tuple[int, int], int],
    wave_pair: tuple[int, int],
    number: float,
    penalty: float,
) -> None:
    """Require a number of people who have a score in both waves. variables: by (person, wave), in order of persons."""
    baseline_wave, followup_wave = wave_pair
    pair_variables = []
    for person in dict.fromkeys(person for person, _ in variables):
        if (person, baseline_wave) in variables and (person, followup_wave) in variables:
            pair_variable = program.add_variable()
            baseline, followup = variables[person, baseline_wave], variables[person, followup_wave]
            program.add_constraint({pair_variable: 1.0, baseline: -1.0}, -np.inf, 0)
            program.add_constraint({pair_variable: 1.0, followup: -1.0}, -np.inf, 0)
            program.add_constraint({pair_variable: 1.0, baseline: -1.0, followup: -1.0}, -1, np.inf)
            pair_variables.append(pair_variable)
    program.add_total(pair_variables, number, penalty)


def _wave_index(study: Study, code: str) -> int:
    return [wave.wave for wave in study.protocol.waves].index(code)


def availability(
    study: Study, printed_numbers: Mapping[str, PrintedNumbers], person_count: int, rng: np.random.Generator, tries: int = 12
) -> tuple[Flags, dict[str, Flags]]:
    """Who returned each wave, and who has a score on each scale: the best of several random overlaps between waves."""
    best: tuple[float, Flags, dict[str, Flags]] | None = None
    for _ in range(tries):
        participation = wave_participation(study, printed_numbers, person_count, rng)
        available: dict[str, Flags] = {}
        total_penalty = 0.0
        # Instruments that are quick to solve come first: a poor overlap is rejected before those with composites.
        for instrument in sorted(study.instruments, key=lambda instrument: len(instrument.composites)):
            scales, penalty = instrument_availability(study, instrument, printed_numbers, participation, rng)
            available |= scales
            total_penalty += penalty
            if best is not None and total_penalty >= best[0]:
                break
        else:
            best = (total_penalty, participation, available)
            if total_penalty == 0:
                break
    assert best is not None
    return best[1], best[2]
