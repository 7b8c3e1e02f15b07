"""A second public release soon after the first: it is made, and adds nothing to what the first one tells of few people.

Belongs here: what somebody knows after two releases who knows how many came and went, of some numbers or of none. Does not belong
here: one release (test_attack.py), the decision count by count (test_counts.py).
"""

import random
from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np
import pytest
from disclosure.attacker import Attacker, Interval, Published
from disclosure.made_people import Person, made_patterns, made_people, made_results, made_study, made_values
from disclosure.published_study import KEY
from disclosure.test_attack import questions_of

from dagster_project.disclosure import Ledger, public_results
from dagster_project.study import Study

#: Every test solves linear programs over all that two releases print.
pytestmark = pytest.mark.slow
#: Declarations with the minimum, the protection, and how many counts may be printed as one.
DECLARATIONS = {
    "": (10, 4, 5), "{minimum: 5, protection: 3, round_to: 3}": (5, 3, 3), "{round_to: 1}": (10, 4, 1),
    "{rounding: random}": (10, 4, 9), "{round_to: 3, protection: 2}": (10, 2, 3),
}  # fmt: skip


def two_releases(count: int, seed: int) -> tuple[list[Person], list[Person]]:
    """Who is in the study when it is first published, and soon after: one to three have gone, and up to three have come."""
    chance = random.Random(seed)
    everybody = made_people(count + 3, seed)
    gone = set(chance.sample(range(count), chance.randint(1, 3)))
    stayed = [person for index, person in enumerate(everybody[:count]) if index not in gone]
    return everybody[:count], [*stayed, *everybody[count : count + chance.randint(0, 3)]]


class TwoReleases:
    """What two releases printed, and what the counts were."""

    def __init__(self, study: Study, people: Sequence[Sequence[Person]], declaration: str) -> None:
        self.people, self.attacker = people[1], Attacker()
        self.minimum, self.protection, self.base = DECLARATIONS[declaration]
        self.values = [made_values(study, of_release) for of_release in people]
        self.printed: list[dict[str, Published]] = []
        self.suppressions = []
        ledger = Ledger(1)
        for number, of_release in enumerate(people):
            results = made_results(study, of_release)
            public = public_results(study, results, made_patterns(of_release), [], KEY, ledger, f"r{number}")
            ledger = public.ledger
            self.suppressions.append(public.suppression)
            self.printed.append(
                {
                    name: Published(name, row.printed, row.note or "")
                    for name, row in public.rows.items()
                    if name in self.values[1]
                }
            )

    def is_near(self, name: str) -> bool:
        return name in self.printed[0] and abs(self.values[1][name] - self.values[0][name]) < self.minimum

    def knowledge(self, known_names: Collection[str], *, has_second: bool) -> list[Interval]:
        """What somebody holds of the counts at the second release who knows by how many these have changed: from the first
        release alone, or from both."""
        intervals = []
        for name, row in self.printed[1].items():
            expression = self.attacker.expression_of(name)
            if not expression:
                continue
            if self.is_near(name):
                low, high = self._interval(self.printed[0][name])
                difference = self.values[1][name] - self.values[0][name]
                shifts = (difference, difference) if name in known_names else (1 - self.minimum, self.minimum - 1)
                intervals.append((expression, max(0.0, low + shifts[0]), high + shifts[1]))
            elif has_second:
                intervals.append((expression, *self._interval(row)))
        return intervals

    def _interval(self, row: Published) -> tuple[float, float]:
        if row.printed == "*" and row.note == f"hidden: of fewer than {self.minimum} people":
            return 0.0, self.minimum - 1.0
        if row.printed == "*":
            return 0.0, np.inf
        count = int(row.printed)
        # By chance to the lower or the higher multiple of five, or to the nearest one.
        below, above = (4, 4) if self.base == 9 else (self.base // 2, self.base - 1 - self.base // 2)
        return float(max(self.minimum, count - below)), float(max(self.minimum, count + above))

    def assert_nothing_added(self, known_names: Collection[str], roster: Sequence[Interval]) -> tuple[int, int]:
        """No fact of few people is narrower with both releases than with the first, or than is declared. Returns how many were
        tried, and of how many the first release alone tells more than is declared."""
        questions = {
            fact: (expression, count)
            for fact, (expression, count) in questions_of(self.attacker, self.people).items()
            if count < self.minimum and not (roster and ("gender" in fact or "ethnicity" in fact))
        }
        both = [*self.knowledge(known_names, has_second=True), *roster]
        narrow = self.attacker.narrow_answers(both, questions, self.people, self.protection)
        first = [*self.knowledge(known_names, has_second=False), *roster]
        alone = self.attacker.intervals(first, {fact: questions[fact][0] for fact in narrow})
        for fact, (low, high) in narrow.items():
            assert high - low >= alone[fact][1] - alone[fact][0] - 1e-6, (
                f"{fact}: {questions[fact][1]} people, {alone[fact]}, then {low:g} to {high:g}"
            )
        return len(questions), len(narrow)


def attack(study: Study, count: int, seed: int, declaration: str) -> tuple[int, int]:
    releases = TwoReleases(study, two_releases(count, seed), declaration)
    names = sorted(releases.printed[1])
    roster = releases.attacker.roster(releases.people)
    chance, tried_count, told_count = random.Random(seed), 0, 0
    some_names, few_names = chance.sample(names, len(names) // 2), chance.sample(names, len(names) // 10)
    for known_names, further in ((names, roster), (some_names, roster), (few_names, []), ([], [])):
        tried, told = releases.assert_nothing_added(known_names, further)
        tried_count, told_count = tried_count + tried, told_count + told
    return tried_count, told_count


@pytest.mark.parametrize(
    ("count", "seed", "declaration", "is_told"),
    [
        (12, 2, "", False),
        (20, 0, "", True),
        (20, 3, "", True),
        (32, 4, "", True),
        (20, 4, "{minimum: 5, protection: 3, round_to: 3}", False),
        (20, 1, "{round_to: 1}", False),
        (32, 2, "{rounding: random}", False),
        (32, 2, "{round_to: 3, protection: 2}", False),
    ],
)
def test_a_second_release_soon_after_the_first_is_made_and_adds_nothing(
    count: int, seed: int, declaration: str, is_told: bool, tmp_path: Path
) -> None:
    """To whoever knows of all numbers, of half of them, of a tenth or of none by how many people they have changed. is_told:
    whether the first release alone tells of few people who knows that of all numbers."""
    tried_count, told_count = attack(made_study(tmp_path, declaration), count, seed, declaration)
    assert tried_count > 200
    assert not is_told or told_count > 0
