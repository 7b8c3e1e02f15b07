"""What an attacker can still know of made studies: of no few people more than is declared, over one release and three."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import combinations, product
from pathlib import Path

import numpy as np
import pytest
from disclosure.attacker import Attacker, Interval, Published, numbers_in_tables, other_texts
from disclosure.made_people import (
    CONTRASTS,
    GROUPS,
    SCALES,
    WAVES,
    Person,
    changed_score,
    made_people,
    made_results,
    made_study,
    made_values,
    small_facts,
    with_items,
)
from disclosure.published_study import PublishedStudy, published_from
from scipy.stats import t as t_distribution

from dagster_project.disclosure import Ledger

MINIMUM, PROTECTION = 10, 4
#: Every test draws people by the hundred, and solves linear programs over all that is published of them.
pytestmark = pytest.mark.slow
Publish = Callable[..., PublishedStudy]


def questions_of(attacker: Attacker, people: Sequence[Person]) -> dict[str, tuple[dict, int]]:
    """Facts that are true of few people of the study, counted by hand, as sums of the attacker's unknowns."""
    questions = {}
    for fact, condition in small_facts(people).items():
        count = sum(map(condition, people))
        if 0 < count < MINIMUM:
            questions[fact] = (expression_of_fact(attacker, fact), count)
    return questions


def expression_of_fact(attacker: Attacker, fact: str) -> dict:
    where, _, words = fact.partition(":")
    arms = (*GROUPS, None) if where == "all" else (where,)
    if " in " in words:
        scale, _, waves = words.partition(" in ")
        return {(arm, scale, frozenset(waves.split("+") if waves else ())): 1.0 for arm in arms}
    if words.startswith("incomplete"):
        wave = words.split()[1]
        complete = {(arm, f"complete {wave}", True): -1.0 for arm in arms}
        return {key: 1.0 for arm in arms for key in attacker.with_scores(arm, "low_mood", {wave})} | complete
    name, _, text = words.partition("=")
    value: object = {"None": None, "True": True, "False": False}.get(text, text)
    return {(arm, name, value): 1.0 for arm in arms}


def known_interval(row: Published, base: int, shift: float = 0.0) -> tuple[float, float]:
    """What anybody knows of a count by how it is printed."""
    if row.printed == "*":
        return 0.0, MINIMUM - 1.0 + shift if row.note == f"hidden: of fewer than {MINIMUM} people" else np.inf
    count = int(row.printed)
    low, high = (count - base // 2, count + base - 1 - base // 2) if base > 1 else (count, count)
    return max(0.0, max(low, MINIMUM) + shift), high + shift


def assert_protected(people: Sequence[Person], published: dict[str, Published], base: int) -> int:
    """No small fact can be narrowed down further than declared. Returns how many were tried."""
    attacker = Attacker()
    intervals = [
        (expression, *known_interval(row, base))
        for row in published.values()
        if (expression := attacker.expression_of(row.result_id))
    ]
    return assert_wide(people, intervals, attacker)


def assert_wide(people: Sequence[Person], intervals: Sequence[Interval], attacker: Attacker) -> int:
    """With these intervals no small fact is known any closer than declared. Returns how many were tried."""
    questions = questions_of(attacker, people)
    for fact, (low, high) in attacker.narrow_answers(intervals, questions, people, PROTECTION).items():
        raise AssertionError(f"{fact}: {questions[fact][1]} people, narrowed down to {low:g} to {high:g}")
    return len(questions)


def assert_protected_from_roster(people: Sequence[Person], intervals: Sequence[Interval], attacker: Attacker) -> int:
    """Whoever knows of everybody arm, gender and ethnicity finds out no closer how few answered, left, used or returned what,
    unless the roster alone says so. Returns how many such facts were tried."""
    questions = {
        fact: (expression, count)
        for fact, (expression, count) in questions_of(attacker, people).items()
        if "gender" not in fact and "ethnicity" not in fact
    }
    roster = attacker.roster(people)
    narrow = attacker.narrow_answers([*intervals, *roster], questions, people, PROTECTION)
    alone = attacker.intervals(roster, {fact: questions[fact][0] for fact in narrow})
    for fact, (low, high) in narrow.items():
        width = min(PROTECTION, alone[fact][1] - alone[fact][0])
        assert high - low >= width - 1e-6, f"{fact}: {questions[fact][1]} people, narrowed down to {low:g} to {high:g}"
    return len(questions)


#: Declarations with how many counts may be printed as one: by chance up or down, more than to the nearest.
ROUNDINGS = {"": 5, "{round_to: 1}": 1, "{round_to: 3}": 3, "{rounding: random}": 9, "{round_to: 3, rounding: random}": 5}


@pytest.mark.parametrize(
    ("count", "seed", "disclosure"),
    [
        *((count, seed, "") for count, seed in ((12, 12), (32, 32), (200, 7), (200, 17), (5000, 5000))),
        *((count, seed, disclosure) for count, seed in ((32, 32), (200, 17)) for disclosure in ROUNDINGS if disclosure),
    ],
)
def test_no_few_people_are_known_to_whoever_has_the_roster(
    count: int, seed: int, disclosure: str, published_study: Publish
) -> None:
    study = published_study(count, seed, disclosure)
    attacker = Attacker()
    intervals = [
        (expression, *known_interval(row, ROUNDINGS[disclosure]))
        for row in study.published.values()
        if (expression := attacker.expression_of(row.result_id))
    ]
    assert assert_protected_from_roster(study.people, intervals, attacker) > 5


@pytest.mark.parametrize("count", [12, 32, 200, 5000])
def test_no_few_people_are_known_from_one_release(count: int, published_study: Publish) -> None:
    study = published_study(count, count)
    assert assert_protected(study.people, study.published, 5) > 5


@pytest.mark.parametrize(
    ("disclosure", "base", "is_random"),
    [("{round_to: 1}", 1, False), ("{round_to: 3}", 3, False), ("{rounding: random}", 5, True)],
)
def test_other_declarations_keep_their_promise(
    disclosure: str, base: int, is_random: bool, published_study: Publish
) -> None:
    study = published_study(200, 7, disclosure)
    if is_random:  # up or down: wider than to the nearest
        base = 2 * base - 1
    assert assert_protected(study.people, study.published, base) > 20
    assert any("could be calculated" in row.note for row in study.published.values())
    assert len(study.public.suppression.counts) > 20


def test_the_attacker_succeeds_where_only_small_counts_are_hidden(tmp_path: Path) -> None:
    study, people = made_study(tmp_path), made_people(200, 7)
    published = {
        row.result_id: Published(row.result_id, "*" if row.value < MINIMUM else row.printed, "hidden")
        for row in made_results(study, people).values()
        if row.statistic in ("n", "count") and row.value is not None
    }
    with pytest.raises(AssertionError, match="narrowed down to"):
        assert_protected(people, published, 1)


@pytest.mark.parametrize("count", [200, 5000])
def test_every_file_prints_the_same(count: int, published_study: Publish) -> None:
    """Tables, page, analysis results data and alternative texts add nothing to results.csv."""
    study = published_study(count, 3, has_files=True)
    published, texts = study.published, other_texts(study.folder)
    assert texts.keys() <= published.keys()
    for identifier, printed_texts in texts.items():
        number = published[identifier].printed.replace("−", "-")
        as_value = {f"{float(number):g}"} if re.fullmatch(r"-?[0-9.]+", number) else set()
        assert {text.replace("−", "-") for text in printed_texts} <= {number} | as_value, identifier
    printed_numbers = {number.lstrip(".") for row in published.values() for number in row.printed.split()}
    assert numbers_in_tables(study.folder) - printed_numbers - {"001", "01", "05"} <= {"0", ".001"}
    assert "min" not in {identifier.rpartition("/")[2] for identifier in published}
    assert not any("median" in identifier or identifier.endswith("/max") for identifier in published)


def person_sums(people: Sequence[Person], scale: str, arm: str | None, waves: Sequence[str]) -> np.ndarray:
    """How often each value of each person stands in the sum behind a mean."""
    row = np.zeros((len(people), len(WAVES)))
    for index, person in enumerate(people):
        if arm in (None, person.arm) and all((scale, wave) in person.scores for wave in waves):
            signs = (1,) if len(waves) == 1 else (-1, 1)
            for wave, sign in zip(waves, signs, strict=True):
                row[index, WAVES.index(wave)] = sign
    return row


def printed_means(published: dict[str, Published], scale: str) -> dict[str, tuple[str | None, tuple[str, ...]]]:
    """The means of a scale that are printed: by id, of which arm and waves."""
    means = {}
    for arm, (moment, waves) in product((None, *GROUPS), [*((wave, (wave,)) for wave in WAVES), *CONTRASTS.items()]):
        analysis = ("change" if len(waves) == 2 else "summary") + ("_by_group" if arm else "")
        statistic = "mean_change" if len(waves) == 2 else "mean"
        identifier = "/".join(part for part in (analysis, scale, arm, moment, statistic) if part)
        if published[identifier].printed != "*":
            means[identifier] = (arm, waves)
    return means


def assert_no_sum_of_few(people: Sequence[Person], sums: dict[str, np.ndarray], largest: int = 4) -> int:
    """No combination of up to so many means, each taken once, is of 1 to 9 people. Returns how many were tried."""
    names, tried_count = list(sums), 0
    for size in range(1, largest + 1):
        for chosen_names in combinations(names, size):
            for signs in product((1, -1), repeat=size - 1):
                total = sum(sign * sums[name] for sign, name in zip((1, *signs), chosen_names, strict=True))
                people_count = int(np.any(total != 0, axis=1).sum())
                assert people_count == 0 or people_count >= MINIMUM, (chosen_names, signs, people_count)
                tried_count += 1
    return tried_count


@pytest.mark.parametrize(("count", "keeps"), [(32, "change"), (100, "change"), (100, "levels")])
def test_no_means_together_tell_of_few_people(count: int, keeps: str, published_study: Publish) -> None:
    study = published_study(count, 11, f"{{keeps: {keeps}}}")
    for scale in SCALES:
        means = printed_means(study.published, scale)
        sums = {identifier: person_sums(study.people, scale, *of) for identifier, of in means.items()}
        assert assert_no_sum_of_few(study.people, sums) > 10
        if count == 100:  # of 32 in two groups hardly anything is of ten people
            of_arm = [waves for arm, waves in means.values() if arm == "control"]
            contrast_count = sum(len(waves) == 2 for waves in of_arm)
            level_count = len(of_arm) - contrast_count
            assert (contrast_count, level_count < 3) == (3, True) if keeps == "change" else contrast_count < level_count == 3


def test_means_of_two_generations_together_tell_of_no_few(tmp_path: Path) -> None:
    """Sixty people and twelve who left, then twenty more and three more who left: of the twelve and of the fifteen together the
    means may tell, of the three they may not."""
    everybody = [leaver(person, 60 <= index < 72 or index >= 92) for index, person in enumerate(made_people(95, 21))]
    study, ledger = made_study(tmp_path), Ledger(1)
    generations = []
    for number, count in enumerate((72, 95)):
        people = everybody[:count]
        published, public = published_from(study, people, tmp_path / f"public{number}", ledger, f"r{number}")
        ledger = public.ledger
        generations.append((people, published))
    sums = {}
    for number, (people, published) in enumerate(generations):
        for identifier, (arm, waves) in printed_means(published, "low_mood").items():
            if arm == "control" and "T3" not in waves:
                sums[f"{number}: {identifier}"] = np.zeros((len(everybody), len(WAVES)))
                sums[f"{number}: {identifier}"][: len(people)] = person_sums(people, "low_mood", arm, waves)
    assert len(sums) == 5  # all three of the first release, and one fewer of the second
    assert assert_no_sum_of_few(everybody, sums, largest=6) > 100
    new_means = [row.printed for row in generations[1][1].values() if row.result_id.endswith("/mean")]
    assert new_means != [row.printed for row in generations[0][1].values() if row.result_id.endswith("/mean")]


def leaver(person: Person, is_leaver: bool) -> Person:
    """Of the control group, with scores in all waves, or in the first alone."""
    waves = WAVES[:1] if is_leaver else WAVES
    scores = {(scale, wave): 20.0 + len(person.scores) + 3 * (wave == "T2") for scale in SCALES for wave in waves}
    scores |= {
        ("low_mood", wave): 10.0 + (person.age or 40) / 2 + 5 * (wave == "T2") * (len(person.health)) for wave in waves
    }
    states = {wave: "returned" if wave in waves else "not_returned" for wave in WAVES}
    health = {wave: answer for wave, answer in person.health.items() if wave in waves}
    return with_items(replace(person, arm="control", scores=scores, states=states, health=health))


def test_three_releases_in_a_row_tell_no_single_person_apart(tmp_path: Path) -> None:
    """One person more, then a corrected answer and two fewer, then twenty more."""
    study = made_study(tmp_path)
    everybody = made_people(223, 5)
    first = everybody[:200]
    second = [*everybody[:201]]
    corrected = next(index for index, person in enumerate(second) if ("low_mood", "T1") in person.scores)
    third = [*second[:corrected], changed_score(second[corrected], "low_mood", "T1", 60.0), *second[corrected + 1 : 199]]
    fourth = [*third, *everybody[201:]]
    ledger, releases = Ledger(1), []
    for number, people in enumerate((first, second, third, fourth)):
        published, public = published_from(study, people, tmp_path / f"public{number}", ledger, f"r{number}")
        ledger = public.ledger
        releases.append((people, published))
    assert ledger.releases == ("r0", "r1", "r2", "r3")
    base_counts = made_values(study, first)
    for people, published in releases[1:3]:
        assert made_values(study, people) != base_counts
        for identifier, row in published.items():
            assert row.printed == releases[0][1][identifier].printed, identifier
    # Twenty more: what they changed by ten or more is new, and not narrower together with what was printed before.
    people, published = releases[3]
    assert sum(row.printed != releases[0][1][identifier].printed for identifier, row in published.items()) > 5
    counts, intervals, attacker = made_values(study, people), [], Attacker()
    for identifier, row in published.items():
        expression = attacker.expression_of(identifier)
        if expression:
            difference = counts[identifier] - base_counts[identifier]
            # Who knows how few came or went since the first release knows by how much the old number is off.
            intervals.append((expression, *known_interval(row, 5, difference if abs(difference) < MINIMUM else 0.0)))
    assert assert_wide(people, intervals, attacker) > 20
    assert assert_protected_from_roster(people, intervals, attacker) > 20


def test_whoever_has_the_roster_succeeds_where_it_is_not_thought_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dagster_project.disclosure.suppression._ROSTER_NAMES", ("no name begins so",))
    study, people = made_study(tmp_path), made_people(200, 17)
    published, _ = published_from(study, people, tmp_path / "public", Ledger(1))
    attacker = Attacker()
    intervals = [
        (expression, *known_interval(row, 5))
        for row in published.values()
        if (expression := attacker.expression_of(row.result_id))
    ]
    with pytest.raises(AssertionError, match="narrowed down to"):
        assert_protected_from_roster(people, intervals, attacker)


@pytest.mark.parametrize("count", [32, 200, 5000])
def test_a_mean_does_not_tell_how_many_people_it_is_of(count: int, published_study: Publish) -> None:
    """Whole scores add up to a whole number, whoever and however many have them: each number of people that may be printed as n
    has one whose mean is printed so. Interval and p are the same for each of them."""
    published, tried_count = published_study(count, 13).published, 0
    for identifier, row in published.items():
        base, _, statistic = identifier.rpartition("/")
        if statistic not in ("mean", "mean_change") or row.printed == "*":
            continue
        mean = float(row.printed.replace("−", "-"))
        decimals = len(row.printed.partition(".")[2])
        low, high = known_interval(published[f"{base}/n"], 5)
        half_unit = 0.5 * 10**-decimals
        for n in range(int(low), int(high) + 1):
            assert np.floor((mean + half_unit) * n + 1e-6) >= np.ceil((mean - half_unit) * n - 1e-6), (identifier, n)
            tried_count += 1
        if f"{base}/ci95_low" in published:
            sd = float(published[f"{base}/{statistic.replace('mean', 'sd')}"].printed)
            n = int(published[f"{base}/n"].printed)
            expected = mean - t_distribution.ppf(0.975, n - 1) * sd / np.sqrt(n)
            printed_low = float(published[f"{base}/ci95_low"].printed.replace("−", "-"))
            assert abs(printed_low - expected) <= half_unit + 1e-9
    assert tried_count > 10
