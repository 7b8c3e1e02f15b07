"""Somebody who has the public files, knows how studies are made, and wants to know how few people a number is of. Belongs here:
reading what is published, the sums that anybody knows, linear programs over them. Does not belong here: any code of the
package."""

import csv
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from disclosure.made_people import ANSWERS, CATEGORIES, CONTRASTS, GROUPS, HEALTH, SCALES, WAVES, Person
from scipy.optimize import linprog
from scipy.sparse import csr_array

ARMS = (*GROUPS, None)
STATES = ("returned", "not_returned", "withdrawn")
Expression = dict[tuple, float]
#: A sum of counts, and between which numbers it lies.
Interval = tuple[Expression, float, float]
#: Of the solver's solutions.
_TOLERANCE = 1e-6
_NO_STUDY_IS_LARGER = 1e6


@dataclass(frozen=True)
class Published:
    """A number in results.csv."""

    result_id: str
    printed: str
    note: str


def read_published(folder: Path) -> dict[str, Published]:
    with (folder / "results.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = [Published(row["result_id"], row["printed"], row["note"]) for row in csv.DictReader(stream)]
    return {row.result_id: row for row in rows}


def other_texts(folder: Path) -> dict[str, set[str]]:
    """What the other files print of each result: by id, the texts."""
    texts: dict[str, set[str]] = {}
    for row in json.loads((folder / "ard.json").read_text(encoding="utf-8")):
        texts.setdefault(row["result_id"], set()).add(row["stat_fmt"])
        if row["stat"] is not None and row["context"] not in ("norm",) and row["stat_name"] != "p":
            texts[row["result_id"]].add(f"{row['stat']:g}")
    page = (folder / "index.html").read_text(encoding="utf-8")
    data = json.loads(re.search(r'id="page-data">(.*?)</script>', page, re.S)[1])
    for identifier, lines in data.items():
        texts.setdefault(identifier, set()).add(dict(lines)["number"].partition(" = ")[2])
    return texts


def _cells(folder: Path) -> Iterable[str]:
    for file in sorted((folder / "tables").glob("*.csv")):
        with file.open(encoding="utf-8-sig", newline="") as stream:
            for row in list(csv.reader(stream))[1:]:
                yield from row[2:]


def numbers_in_tables(folder: Path) -> set[str]:
    """Every number in a cell of a table."""
    return {number for cell in _cells(folder) for number in re.findall(r"−?\d+(?:\.\d+)?", cell)}


class Attacker:
    """All counts of a study as sums of the smallest ones, which nobody prints: of an arm, a value of one variable."""

    def __init__(self) -> None:
        self.variables: dict[tuple, int] = {}
        families = [(variable, (*categories, None)) for variable, categories in CATEGORIES.items()]
        families += [("gp", (True, False, None)), *((f"health {wave}", (*HEALTH, None)) for wave in WAVES)]
        families += [(wave, STATES) for wave in WAVES]
        families += [(f"complete {wave}", (True, False)) for wave in WAVES]
        families += [(f"{item} {wave}", (*map(str, answers), None)) for item, answers in ANSWERS.items() for wave in WAVES]
        subsets = [frozenset(waves) for size in range(len(WAVES) + 1) for waves in combinations(WAVES, size)]
        families += [(scale, subsets) for scale in SCALES] + [("age", (True, False))]
        self.families = dict(families)
        for arm in ARMS:
            for name, values in families:
                for value in values:
                    self.variables[arm, name, value] = len(self.variables)
            for contrast in CONTRASTS:
                self.variables[arm, contrast, "both"] = len(self.variables)
        self.equalities: list[Expression] = []
        self.inequalities: list[Expression] = []  # none of them below zero
        for arm in ARMS:
            self._sums_of(arm)

    def _of(self, arm: str | None, name: str, values: Iterable) -> Expression:
        return {(arm, name, value): 1.0 for value in values}

    def _sums_of(self, arm: str | None) -> None:
        roster = self._of(arm, "T1", STATES)
        for name, values in self.families.items():
            if name != "T1":
                self.equalities.append(_minus(roster, self._of(arm, name, values)))
        returned = {wave: {(arm, wave, "returned"): 1.0} for wave in WAVES}
        self.inequalities.append(_minus(returned["T1"], self._of(arm, "gp", (True, False))))
        for wave in WAVES:
            self.inequalities.append(_minus(returned[wave], self._of(arm, f"health {wave}", HEALTH)))
            complete = {(arm, f"complete {wave}", True): 1.0}
            self.inequalities.append(_minus(self.with_scores(arm, "low_mood", {wave}), complete))
            for item, answers in ANSWERS.items():
                who_answered = self._of(arm, f"{item} {wave}", map(str, answers))
                self.inequalities.append(_minus(returned[wave], who_answered))
                # Nobody has a score of low mood who left an item out.
                self.inequalities.append(_minus(who_answered, self.with_scores(arm, "low_mood", {wave})))
            for scale in SCALES:
                self.inequalities.append(_minus(returned[wave], self.with_scores(arm, scale, {wave})))
        for contrast, ends in CONTRASTS.items():
            both = {(arm, contrast, "both"): 1.0}
            for wave in ends:
                self.inequalities.append(_minus(returned[wave], both))
            union = _plus(_minus(returned[ends[0]], both), returned[ends[1]])
            self.inequalities.append(_minus(roster, union))

    def with_scores(self, arm: str | None, scale: str, waves: set[str]) -> Expression:
        return self._of(arm, scale, [subset for subset in self.families[scale] if waves <= subset])

    def roster(self, people: Sequence[Person]) -> list[Interval]:
        """What somebody knows who has the roster: of each arm how many there are, and of each gender and ethnicity."""
        known_counts: list[Interval] = []
        for arm in ARMS:
            members = [person for person in people if person.arm == arm]
            known_counts.append((self._of(arm, "T1", STATES), len(members), len(members)))
            for variable, categories in CATEGORIES.items():
                for category in (*categories, None):
                    count = sum(getattr(person, variable) == category for person in members)
                    known_counts.append(({(arm, variable, category): 1.0}, count, count))
        return known_counts

    def expression_of(self, result_id: str) -> Expression | None:
        """What a published count is a sum of; None for a number that is no count."""
        analysis, outcome, *rest = result_id.split("/")
        is_group = analysis.endswith("_by_group")
        *where, statistic = rest
        kind = analysis.removesuffix("_by_group")
        if kind == "flow" and statistic == "n_without_group":
            return self._of(None, "T1", STATES)
        total: Expression = {}
        arms = [arm for arm in GROUPS if arm in where] if is_group else ARMS
        assert arms
        where = [part for part in where if not (is_group and part in GROUPS)]
        for arm in arms:
            part = self._in_arm(arm, kind, outcome, where, statistic)
            if part is None:
                return None
            total = _plus(total, part)
        return total

    def _in_arm(self, arm: str | None, kind: str, outcome: str, where: Sequence[str], statistic: str) -> Expression | None:
        if kind == "flow":
            if outcome == "roster":
                return self._of(arm, "T1", STATES) if statistic in ("n", "n_listed") else {}
            if where[0] in CONTRASTS:
                both = {(arm, where[0], "both"): 1.0}
                return both if statistic == "n" else _minus(self._of(arm, "T1", STATES), both)
            state = {"n": "returned", "n_not_returned": "not_returned", "n_withdrawn": "withdrawn"}.get(statistic)
            return {(arm, where[0], state): 1.0} if state else {}
        if statistic not in ("n", "count"):
            return None
        if kind == "characteristics":
            if outcome == "arm":
                arms = GROUPS if statistic == "n" else tuple(where)
                return self._of(arm, "T1", STATES) if arm in arms else {}
            known = (True,) if outcome == "age" else CATEGORIES[outcome]
            return self._of(arm, outcome, known if statistic == "n" else where)
        if kind == "service_use":
            return self._of(arm, "gp", (True, False) if statistic == "n" else (True,))
        if kind == "categories":
            wave = next(part for part in where if part in WAVES)
            return self._of(
                arm, f"health {wave}", HEALTH if statistic == "n" else [part for part in where if part in HEALTH]
            )
        if kind == "items":
            first, _, last = where[0].partition("_to_")
            answers = [str(answer) for answer in ANSWERS[outcome]]
            if statistic == "count":
                answers = [str(answer) for answer in range(int(first), int(last or first) + 1)]
            return self._of(arm, f"{outcome} {where[-1]}", answers)
        if kind == "measurement":
            return {(arm, f"complete {where[0]}", True): 1.0}
        if kind == "summary":
            return self.with_scores(arm, outcome, {where[0]})
        if kind == "change":
            return self.with_scores(arm, outcome, set(CONTRASTS[where[0]]))
        return None

    def intervals(
        self, intervals: Sequence[Interval], questions: Mapping[str, Expression]
    ) -> dict[str, tuple[float, float]]:
        """The smallest and the largest value of each question. intervals: of published counts."""
        program = self._program(intervals)
        return {name: program.ends(self._row(expression)) for name, expression in questions.items()}

    def narrow_answers(
        self,
        intervals: Sequence[Interval],
        questions: Mapping[str, tuple[Expression, int]],
        people: Sequence[Person],
        width: float,
    ) -> dict[str, tuple[float, float]]:
        """The questions that are answered more closely than the width, with their smallest and largest value. The study is
        one of all that may be so; another in which a question has a value so far off shows that it is not answered, and one
        solution shows it of many questions. questions: with the counts of the study."""
        program, study = self._program(intervals), self.counts_of(people)
        program.assert_possible(study)
        rows = np.array([self._row(expression) for expression, _ in questions.values()]).reshape(len(questions), study.size)
        lows, highs = rows @ study, rows @ study
        assert list(lows) == [count for _, count in questions.values()]

        def note(solution: np.ndarray) -> None:
            np.minimum(lows, rows @ solution, out=lows)
            np.maximum(highs, rows @ solution, out=highs)

        def pending() -> np.ndarray:
            return np.flatnonzero(highs - lows < width - _TOLERANCE)

        chance, pending_count = np.random.default_rng(1), len(rows) + 1
        while 1 < len(pending()) < pending_count:  # many together, by chance large or small, as long as that shows more
            pending_count = len(pending())
            objective = chance.choice((-1.0, 1.0), pending_count) @ rows[pending()]
            for sign in (1.0, -1.0):
                note(program.solution(sign * objective, largest=_NO_STUDY_IS_LARGER))
        narrow = {}
        for index, (name, row) in enumerate(zip(questions, rows, strict=True)):
            if index in pending():
                low, high = program.ends(row, note)
                if high - low < width - _TOLERANCE:
                    narrow[name] = (low, high)
        return narrow

    def counts_of(self, people: Sequence[Person]) -> np.ndarray:
        """The smallest counts of a study, counted by hand."""
        return np.array(
            [
                sum(person.arm == arm and value_of(person, name) == value for person in people)
                for arm, name, value in self.variables
            ],
            dtype=np.float64,
        )

    def _program(self, intervals: Sequence[Interval]) -> "Program":
        rows, limits = [], []
        for expression, low, high in intervals:
            row = self._row(expression)
            if np.isfinite(high):
                rows.append(row)
                limits.append(high)
            rows.append(-row)
            limits.append(-low)
        rows += [-self._row(expression) for expression in self.inequalities]
        limits += [0.0] * len(self.inequalities)
        equal = csr_array([self._row(expression) for expression in self.equalities])
        return Program(csr_array(rows), np.array(limits), equal)

    def _row(self, expression: Expression) -> np.ndarray:
        row = np.zeros(len(self.variables))
        for variable, sign in expression.items():
            row[self.variables[variable]] += sign
        return row


@dataclass(frozen=True)
class Program:
    """What is known of the smallest counts: none of the unequal sums is above its limit, each equal one is nothing."""

    unequal: Any
    limits: np.ndarray
    equal: Any

    def assert_possible(self, counts: np.ndarray) -> None:
        """The counts are among those that may be so."""
        assert np.all(self.unequal @ counts <= self.limits + _TOLERANCE)
        assert not np.any(self.equal @ counts)

    def solution(self, objective: np.ndarray, largest: float | None = None) -> np.ndarray | None:
        """The counts, none larger than the largest, of the smallest value of a sum; None where that has no end."""
        answer = linprog(
            objective, A_ub=self.unequal, b_ub=self.limits, A_eq=self.equal, b_eq=np.zeros(self.equal.shape[0]),
            bounds=(0, largest), method="highs",
        )  # fmt: skip
        assert answer.status in (0, 3, 4), answer.message
        assert answer.status == 0 or largest is None, answer.message
        return answer.x if answer.status == 0 else None

    def ends(self, row: np.ndarray, note: Callable[[np.ndarray], None] = lambda solution: None) -> tuple[float, float]:
        """The smallest and the largest value of a sum. note: is given the counts that have them."""
        ends = []
        for sign in (1.0, -1.0):
            solution = self.solution(sign * row)
            ends.append(-sign * np.inf if solution is None else float(row @ solution))
            if solution is not None:
                note(solution)
        return ends[0], ends[1]


def value_of(person: Person, name: str) -> object:
    """What a variable of the attacker is of a person."""
    if name in CONTRASTS:
        return "both" if all(person.states[wave] == "returned" for wave in CONTRASTS[name]) else None
    if name in SCALES:
        return frozenset(wave for wave in WAVES if (name, wave) in person.scores)
    if name in WAVES:
        return person.states[name]
    if name == "age":
        return person.age is not None
    variable, _, wave = name.partition(" ")
    if not wave:
        return getattr(person, variable)
    if variable == "health":
        return person.health.get(wave)
    if variable == "complete":
        return wave in person.complete_waves
    answer = person.items.get((variable, wave))
    return None if answer is None else str(answer)


def _plus(first: Expression, second: Expression) -> Expression:
    return {key: first.get(key, 0.0) + second.get(key, 0.0) for key in {*first, *second}}


def _minus(first: Expression, second: Expression) -> Expression:
    return _plus(first, {key: -sign for key, sign in second.items()})
