"""Numbers whose practice nobody declared, judged by the table's other rows.

Belongs here: how the fit of other rows decides what a misfit means. Does not belong here: a rule.

Each row is asked under every design that it allows. A practice that other rows follow so closely that it is no accident,
three quarters of those that it could hold for, is the table's habit: what breaks it is inconsistent. Without a habit, a
misfit under every design is not reproducible where it is gross, and where no other row shows the same; else it is a note.
"""

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from dagster_project.audit.designs import ONE_SIDED, UNDECLARED, Design
from dagster_project.audit.findings import INCONSISTENT, NOT_REPRODUCIBLE, NOTE, Finding
from dagster_project.audit.outcome import Outcome
from dagster_project.audit.student import LEVELS
from dagster_project.results.published import PublishedValue

#: What a habit is: so many other rows fit, and this share of them.
_MIN_FITTING_ROWS, _MIN_FITTING_SHARE = 2, 0.75
#: A fit so improbable by accident says as much as two.
_MAX_LONE_CHANCE = 1e-3
#: From which excess of a misfit on which chance is allowed that the others fit by accident. A practice that would explain a
#: number that is off by more, in the unit by which other practices change it, changes the others by more, too: so many
#: units it is off are usual, and no practice changes numbers more than so many times as much as others.
_MAX_CHANCES = ((1.5, 0.02), (0.8, 3e-4), (0.0, 1e-5))
_USUAL_EXCESS, _MAX_BREADTH = 1.5, 5.0
#: What another row that breaks a habit takes from the evidence for it.
_MISFIT_COST = 4.0
#: From which misfit on one is gross, by the judged statistic: relative, of a p in standard normal deviates, of an
#: interval's centre in half widths. A p that is too large may be adjusted, so that more is asked of it where no two others
#: fit as they are.
_GROSS = {"p": 0.5, "ci_high": 0.3, "change": 0.1, "df": math.inf}
_GROSS_OTHERWISE, _GROSS_LARGE_P, _GROSS_UNLIKE_P = 0.05, 1.3, 0.7
#: From which misfit on no habit excuses a number.
_EXTREME = {"p": 3.0, "ci_high": 1.5, "df": math.inf}
_EXTREME_OTHERWISE = 3.0
#: Statistics that are judged like another.
_KINDS = dict.fromkeys(("mean", "estimate", "or", "rr", "hr", "irr"), "change") | {"ci_low": "ci_high"}
#: The group of rows of a matrix of correlations, which are of no design.
CORRELATIONS = "correlations"
#: The group of the effects of a table of variance.
VARIANCES = "variances"
_ERROR_TERMS = "another error term, or a correction, could explain it"
_WEIGHTS = "weights, or other people than those that are printed, could explain it"
_PRACTICES = "another test, a model, an adjusted p or a bootstrap could explain it"


@dataclass(frozen=True)
class JudgedRow:
    """The outcomes of a row by design. group: rows of one are compared with one another. is_declared: the only design is
    declared."""

    group: str
    outcomes: Mapping[Design, Sequence[Outcome]]
    is_declared: bool = False
    is_other: bool = False


def judge(rows: Sequence[JudgedRow], *, with_notes: bool) -> Iterator[Finding]:
    """Findings of rows, each number and rule once."""
    groups: dict[str, list[JudgedRow]] = defaultdict(list)
    for row in rows:
        groups[row.group].append(row)
    for group_rows in groups.values():
        yield from _judge_group(group_rows, with_notes=with_notes)


@dataclass(frozen=True)
class _Habit:
    """The fits of a practice, and how many rows break it."""

    fits_of_rows: tuple[Outcome, ...] = ()
    misfits: int = 0

    @property
    def fits(self) -> int:
        """How many rows follow it so closely that it says something."""
        return sum(outcome.is_sharp for outcome in self.fits_of_rows)

    def holds_against(self, misfit: Outcome) -> bool:
        """Whether it is the table's, one row that breaks it aside. A row that breaks it by as little as another practice
        would asks for more evidence."""
        n_others = max(0, self.misfits - 1)
        breadth = min(_MAX_BREADTH, max(1.0, misfit.excess / _USUAL_EXCESS))
        chances = [chance for outcome in self.fits_of_rows if (chance := outcome.chance_at(breadth)) < 1]
        is_enough = len(chances) >= _MIN_FITTING_ROWS or min(chances, default=1.0) <= _MAX_LONE_CHANCE
        if misfit.cells[0].value.statistic == "p":
            is_enough = self.fits >= _MIN_FITTING_ROWS  # beside one p of a t test, another may be of ranks
        is_usual = is_enough and len(chances) >= _MIN_FITTING_SHARE * (len(chances) + n_others)
        max_chance = next((chance for excess, chance in _MAX_CHANCES if misfit.excess >= excess), _MAX_CHANCES[-1][1])
        log_chance = sum(math.log(max(chance, 1e-3)) for chance in chances)
        return is_usual and log_chance + _MISFIT_COST * n_others <= math.log(max_chance)


_Habits = Mapping[tuple[Design, str], _Habit]


def _judge_group(rows: Sequence[JudgedRow], *, with_notes: bool) -> Iterator[Finding]:
    habits = _habits(rows)
    one_sided_excused = _is_one_sided_possible(habits)
    lone = [_lone_misfits(row, is_one_sided_possible=one_sided_excused) for row in rows]
    explained: list[Finding] = []
    for row, misfits in zip(rows, lone, strict=True):
        blamed_statistics: set[str] = set()
        values: set[PublishedValue] = set()
        for finding in (*_declared_findings(row), *_against_habit(row, habits)):
            if finding.value.statistic not in blamed_statistics or row.is_declared:
                blamed_statistics.add(finding.value.statistic)
                values.add(finding.value)
                yield finding
        design_names = {design.name for design in row.outcomes} - {None}
        for statistic, outcome in misfits.items():
            if statistic in blamed_statistics or row.is_declared or values & {cell.value for cell in outcome.cells}:
                continue
            n_others = sum(statistic in other_misfits for other_misfits in lone) - 1
            severity = _severity_alone(outcome, statistic, n_others, _sharp_fits(rows, statistic))
            if severity == NOTE or (row.is_other and severity != INCONSISTENT):
                explained += outcome.findings[:1] if outcome.misfit >= 0 else ()
            else:
                values |= {finding.value for finding in outcome.findings}
                reason = f"not reproducible by any design that the row allows; {_PRACTICES}" if design_names else _WEIGHTS
                reason = _ERROR_TERMS if row.group == VARIANCES else reason
                for finding in outcome.findings[:1]:
                    is_plain = outcome.is_certain
                    yield replace(finding, severity=severity) if is_plain else finding.softened(severity, reason)
    if explained and with_notes:
        others_text = f", and {len(explained) - 1} others of {rows[0].group!r}" if len(explained) > 1 else ""
        note = explained[0].softened(NOTE, f"{_PRACTICES}{others_text}; declare it with --design or --practice")
        yield replace(note, is_open=True)


def _habits(rows: Sequence[JudgedRow]) -> _Habits:
    """The habits of rows, by design and what is judged."""
    outcomes_by_habit: dict[tuple[Design, str], list[Outcome]] = defaultdict(list)
    for row in rows:
        for design, outcomes in row.outcomes.items():
            for outcome in outcomes:
                outcomes_by_habit[design, outcome.habit].append(outcome)
    return {
        key: _Habit(
            tuple(outcome for outcome in outcomes if not outcome.findings and math.isfinite(outcome.tolerance)),
            sum(bool(outcome.findings) for outcome in outcomes),
        )
        for key, outcomes in outcomes_by_habit.items()
    }


def comparisons(rows: Sequence[JudgedRow]) -> Iterator[tuple[tuple[str, str], Design, PublishedValue, int]]:
    """Of what is judged, the design and the number: 1 where it fits beyond accident, -1 where it does not fit, else 0."""
    for row in rows:
        for design, outcomes in row.outcomes.items():
            for outcome in outcomes:
                fit = -1 if outcome.findings else int(outcome.is_sharp)
                yield (row.group, outcome.habit), design, outcome.cells[0].value, fit


def _declared_findings(row: JudgedRow) -> Iterator[Finding]:
    if row.is_declared:
        first = next(iter(row.outcomes))
        yield from (finding for outcome in row.outcomes[first] if outcome.misfit >= 0 for finding in outcome.findings)


def _against_habit(row: JudgedRow, habits: _Habits) -> Iterator[Finding]:
    """Against a practice of the table's other rows. Of a declared design only where what is declared leaves it open."""
    for number, (design, outcomes) in enumerate(row.outcomes.items()):
        for outcome in outcomes:
            is_declared = row.is_declared and number == 0 and outcome.misfit >= 0
            if outcome.is_certain or is_declared:
                continue
            habit = habits[design, outcome.habit]
            if outcome.findings and habit.holds_against(outcome) and not _is_better_explained(row, outcome, habit, habits):
                has_words = design.description and row.group != CORRELATIONS
                words = f" fit {design.description}" if has_words else " fit"
                reason = f"{habit.fits} of the table's {habit.fits + habit.misfits} such numbers{words}; this does not"
                for finding in outcome.findings:
                    yield finding.softened(INCONSISTENT, reason)


def _is_better_explained(row: JudgedRow, misfit: Outcome, habit: _Habit, habits: _Habits) -> bool:
    """Whether the judged number fits another design that at least as many rows of the table follow."""
    value = misfit.cells[0].value
    return any(
        not outcome.findings and outcome.is_sharp and outcome.cells[0].value == value and outcome.habit == misfit.habit
        and habits[design, outcome.habit].fits >= habit.fits and habits[design, outcome.habit].misfits < habit.misfits
        for design, outcomes in row.outcomes.items()
        for outcome in outcomes
    )  # fmt: skip


def _is_one_sided_possible(habits: _Habits) -> bool:
    """Whether the table's p may be one-sided: those of other rows do not say that they are two-sided."""
    fits = {
        is_one_sided: max(
            (habit.fits for (design, name), habit in habits.items()
             if " p " in f" {name} " and (ONE_SIDED in design.practices) == is_one_sided), default=0)
        for is_one_sided in (False, True)
    }  # fmt: skip
    return fits[True] > 0 or fits[False] == 0


def _lone_misfits(row: JudgedRow, *, is_one_sided_possible: bool) -> dict[str, Outcome]:
    """By statistic, the mildest misfit of a number that no design explains."""
    result: dict[str, Outcome] = {}
    misfits: dict[str, list[tuple[Design, Outcome]]] = defaultdict(list)
    explained: set[str] = set()
    for design, outcomes in row.outcomes.items():
        if ONE_SIDED in design.practices and not is_one_sided_possible and len(row.outcomes) > 1:
            continue
        misfit_statistics = {outcome.cells[0].value.statistic for outcome in outcomes if outcome.findings}
        misfit_statistics |= {finding.value.statistic for outcome in outcomes for finding in outcome.findings}
        for outcome in outcomes:
            if outcome.findings:
                misfits[outcome.cells[0].value.statistic].append((design, outcome))
            else:
                explained |= {cell.value.statistic for cell in outcome.cells} - misfit_statistics
    for statistic, of_statistic in misfits.items():
        certain = [outcome for _, outcome in of_statistic if outcome.is_certain]
        if certain and (statistic not in explained or len(certain) >= len(row.outcomes)):
            result[statistic] = certain[0]
        elif statistic not in explained:
            # A model of hardly any degrees of freedom, or another level, may excuse a number; it does not measure it.
            usual = [
                outcome for design, outcome in of_statistic if not design.has_few_df and design.level in (None, LEVELS[0])
            ]
            result[statistic] = min(usual or [outcome for _, outcome in of_statistic], key=lambda outcome: outcome.misfit)
    return result


def _sharp_fits(rows: Sequence[JudgedRow], statistic: str) -> int:
    return sum(
        any(
            outcome.is_sharp and not outcome.findings and outcome.cells[0].value.statistic == statistic
            for outcomes in row.outcomes.values()
            for outcome in outcomes
        )
        for row in rows
    )


def _severity_alone(outcome: Outcome, statistic: str, n_others: int, n_fitting: int) -> str:
    kind = _KINDS.get(statistic, statistic)
    if outcome.is_certain or outcome.misfit > _EXTREME.get(kind, _EXTREME_OTHERWISE):
        return INCONSISTENT
    if n_others and n_others * 3 > n_fitting:
        return NOTE
    gross = _GROSS.get(kind, _GROSS_OTHERWISE)
    if kind == "p" and outcome.is_above:
        is_alone = n_fitting < _MIN_FITTING_ROWS or outcome.excess == 0
        gross = _GROSS_LARGE_P if is_alone else _GROSS_UNLIKE_P
    return NOT_REPRODUCIBLE if outcome.misfit > gross else NOTE


def judge_table(outcomes_by_row: Sequence[Sequence[Outcome]], group: str, *, with_notes: bool) -> Iterator[Finding]:
    """The same of rows that no design is about."""
    rows = [JudgedRow(group, {UNDECLARED: outcomes}) for outcomes in outcomes_by_row]
    yield from judge(rows, with_notes=with_notes)
