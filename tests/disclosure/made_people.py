"""Made people of a study with rare categories, drop-out and groups, and the team's results of them. Belongs here: making them,
and counting them by hand. Does not belong here: what is public."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations, product
from pathlib import Path
from random import Random
from statistics import fmean, stdev
from typing import Any

from dagster_project.disclosure import ScorePattern
from dagster_project.results import (
    ResultRow,
    category_difference_results,
    category_results,
    change_difference_results,
    characteristics_difference_results,
    characteristics_results,
    flow_results,
    group_category_results,
    group_change_results,
    group_characteristics_results,
    group_flow_results,
    group_service_results,
    group_summary_results,
    norm_results,
    paired_results,
    service_difference_results,
    service_results,
    summary_results,
)
from dagster_project.results.result_collector import Rows
from dagster_project.study import Study, read_study

WAVES = ("T1", "T2", "T3")
CONTRASTS = {"T1-T2": ("T1", "T2"), "T1-T3": ("T1", "T3"), "T2-T3": ("T2", "T3")}
GROUPS = ("control", "treatment")
CATEGORIES = {"gender": ("woman", "man", "nonbinary"), "ethnicity": ("majority", "minority", "roma")}
HEALTH = ("poor", "fair", "good")
SCALES = ("low_mood", "sleep")
ITEMS, ANSWERS = ("worry", "rest", "used"), {"worry": (0, 1, 2, 3, 4), "rest": (1, 2, 3, 4), "used": (0, 1)}

_PROTOCOL = """
study: made_people
title: A made-up study
source: none
licence: none
waves:
  - {wave: T1, label: start, month: 0}
  - {wave: T2, label: half a year, month: 6}
  - {wave: T3, label: a year, month: 12}
contrasts:
  - {contrast: T1-T2, baseline: T1, followup: T2, direction: followup_minus_baseline}
  - {contrast: T1-T3, baseline: T1, followup: T3, direction: followup_minus_baseline}
  - {contrast: T2-T3, baseline: T2, followup: T3, direction: followup_minus_baseline}
measures:
  scores:
    - {measure: low_mood, label: Low mood, low: 0, high: 63, better: low, source: made up}
    - {measure: sleep, label: Sleep, low: 0, high: 28, better: high, source: made up}
  categories:
    - measure: health
      label: Health
      categories: [{category: poor, label: poor}, {category: fair, label: fair}, {category: good, label: good}]
outcomes: [low_mood, sleep]
groups: {variable: arm, reference: control, design: randomised}
service_use: {waves: [T1], used: ["Yes"], not_used: ["No"], services: [{service: gp, label: GP}]}
DISCLOSURE
participant_variables:
  - variable: arm
    section: Arm
    label: Arm
    kind: category
    categories: [{category: control, label: Control}, {category: treatment, label: Treatment}]
  - variable: gender
    section: Gender
    label: Gender
    kind: category
    categories: [{category: woman, label: Women}, {category: man, label: Men}, {category: nonbinary, label: Non-binary}]
  - variable: ethnicity
    section: Ethnicity
    label: Ethnicity
    kind: category
    categories: [{category: majority, label: Majority}, {category: minority, label: Minority}, {category: roma, label: Roma}]
  - {variable: age, section: Age, label: Age, kind: number, unit: years, minimum: 16, maximum: 100}
exports:
  - export: roster
    folder: raw/roster
    reader: delimited
    respondent: Person
    blocks: [{block: participants, columns: {arm: Arm, gender: Gender, ethnicity: Ethnicity, age: Age}}]
LEAVING"""
#: Where the roster asks who withdrew.
LEAVING = "    leaving: {withdrawn_on: Withdrawn}\n"
_NORMS = """
samples:
  - {sample: adults, instrument: measures, n: 900, population: Adults, source: made up, healthy: true}
norms:
  - {scale: low_mood, sample: adults, mean: 24.5, sd: 9.1}
"""
_EXPORT = """  - export: NAME
    wave: WAVE
    folder: raw/WAVE
    reader: delimited
    respondent: Person
    blocks: [{block: measures, columns: {low_mood: Mood, sleep: Sleep, health: Health}}SERVICES]
"""


@dataclass(frozen=True)
class Person:
    """One person; what is not known is None, and a wave that was not returned has no entry."""

    arm: str | None
    gender: str | None
    ethnicity: str | None
    age: float | None
    states: dict[str, str]
    scores: dict[tuple[str, str], float] = field(default_factory=dict)
    health: dict[str, str] = field(default_factory=dict)
    gp: bool | None = None
    items: dict[tuple[str, str], int] = field(default_factory=dict)
    complete_waves: frozenset[str] = frozenset()


def made_people(count: int, seed: int) -> list[Person]:
    """Mostly of large categories, a handful of rare ones, a few who are lost, a few answers missing."""
    random = Random(seed)
    return [with_items(_made_person(random)) for _ in range(count)]


def with_items(person: Person) -> Person:
    """Who has a score of low mood answered the items, and some who have none; a few answers are rare."""
    random, items = Random(repr(person)), {}
    for (item, answers), wave in product(ANSWERS.items(), WAVES):
        weights = [1, 8, 30, 50, 8][-len(answers) :] if len(answers) > 2 else [3, 1]
        has_answer = ("low_mood", wave) in person.scores or (person.states[wave] == "returned" and random.random() < 0.5)
        if has_answer:
            items[item, wave] = random.choices(answers, weights)[0]
    complete_waves = [wave for wave in WAVES if ("low_mood", wave) in person.scores and random.random() < 0.96]
    return replace(person, items=items, complete_waves=frozenset(complete_waves))


def _made_person(random: Random) -> Person:
    def known(value: Any, share: float = 0.97) -> Any:
        return value if random.random() < share else None

    states = {"T1": "returned" if random.random() < 0.98 else "not_returned"}
    for wave in ("T2", "T3"):
        states[wave] = random.choices(("returned", "not_returned", "withdrawn"), (0.9, 0.07, 0.03))[0]
    level = random.gauss(25, 9)
    scores, health = {}, {}
    for wave, state in states.items():
        if state == "returned":
            for scale, top in (("low_mood", 63), ("sleep", 28)):
                if random.random() < 0.97:
                    scores[scale, wave] = float(min(top, max(0, round(random.gauss(level, 5) * top / 63))))
            if random.random() < 0.97:
                health[wave] = random.choices(HEALTH, (0.03, 0.4, 0.57))[0]
    return Person(
        arm=known(random.choice(GROUPS), 0.98),
        gender=known(random.choices(CATEGORIES["gender"], (0.6, 0.385, 0.015))[0]),
        ethnicity=known(random.choices(CATEGORIES["ethnicity"], (0.85, 0.14, 0.01))[0]),
        age=known(float(round(random.gauss(45, 12)))),
        states=states,
        scores=scores,
        health=health,
        gp=known(random.random() < 0.03) if states["T1"] == "returned" else None,
    )


def changed_score(person: Person, scale: str, wave: str, score: float) -> Person:
    return replace(person, scores=person.scores | {(scale, wave): score})


def made_study(folder: Path, disclosure: str = "") -> Study:
    exports = "".join(
        _EXPORT.replace("NAME", wave.lower())
        .replace("WAVE", wave)
        .replace("SERVICES", ', {block: services, columns: {gp: "GP"}}' if wave == "T1" else "")
        for wave in WAVES
    )
    target = folder / "made_people"
    target.mkdir(parents=True, exist_ok=True)
    text = (
        _PROTOCOL.replace("LEAVING", LEAVING).replace("DISCLOSURE\n", f"disclosure: {disclosure}\n" if disclosure else "")
        + exports
    )
    (target / "study.yaml").write_text(text, encoding="utf-8")
    (target / "norms.yaml").write_text(_NORMS, encoding="utf-8")
    return read_study(target)


def made_patterns(people: Sequence[Person]) -> list[ScorePattern]:
    counts: dict[tuple[str, str | None, frozenset[str]], int] = {}
    for scale in SCALES:
        for person in people:
            key = (scale, person.arm, frozenset(wave for wave in WAVES if (scale, wave) in person.scores))
            counts[key] = counts.get(key, 0) + 1
    return [ScorePattern(*key, n) for key, n in counts.items()]


def made_results(study: Study, people: Sequence[Person]) -> dict[str, ResultRow]:
    """The team's results, as a run has them."""
    groups: list[tuple[str | None, Sequence[Person]]] = [
        (arm, [person for person in people if person.arm == arm]) for arm in GROUPS
    ]
    without = [person for person in people if person.arm is None]
    everybody = [(None, people)]
    rows = [
        *flow_results([*_flow(people, None)], study),
        *group_flow_results([row for arm, members in [*groups, (None, without)] for row in _flow(members, arm)], study),
        *characteristics_results(_categories(everybody), _ages(everybody), study),
        *group_characteristics_results(_categories(groups), _ages(groups), study),
        *service_results(_services(everybody), study),
        *group_service_results(_services(groups), study),
        *category_results(_health(everybody), study),
        *group_category_results(_health(groups), study),
        *summary_results(_moments(everybody), [], [], study),
        *group_summary_results(_moments(groups), study),
        *paired_results(_changes(everybody), study),
        *group_change_results(_changes(groups), study),
        *norm_results(_moments(everybody), study),
        *change_difference_results([row | {"sd_baseline": 1.0} for row in _changes(groups)], study),
        *characteristics_difference_results(_categories(groups), _ages(groups), study),
        *service_difference_results(_services(groups), study),
        *category_difference_results(_health(groups), study),
        *_items(study, people),
        *_reliability(study, people),
    ]
    return {row.result_id: row for row in rows}


def made_values(study: Study, people: Sequence[Person]) -> dict[str, float | None]:
    """What the team's results are, by id, and the counts of answers taken together."""
    values = {identifier: row.value for identifier, row in made_results(study, people).items()}
    for (item, answers), wave in product(ANSWERS.items(), WAVES):
        for low, high in combinations(answers, 2):
            given = [person.items.get((item, wave)) for person in people]
            count = sum(answer is not None and low <= answer <= high for answer in given)
            values[f"items/{item}/{low}_to_{high}/{wave}/count"] = float(count)
    return values


Groups = Sequence[tuple[str | None, Sequence[Person]]]


def _flow(people: Sequence[Person], arm: str | None) -> Iterator[dict[str, Any]]:
    blank = {"people_group": arm, "listed": len(people), "excluded": 0, "not_planned": 0, "returned_blank": 0}
    yield blank | {"step": "roster", "moment": "roster", "n": len(people)}
    for wave in WAVES:
        counts = {state: sum(person.states[wave] == state for person in people) for state in ("withdrawn", "not_returned")}
        n = sum(person.states[wave] == "returned" for person in people)
        yield blank | counts | {"step": "wave", "moment": wave, "n": n}
    for contrast, ends in CONTRASTS.items():
        n = sum(all(person.states[wave] == "returned" for wave in ends) for person in people)
        yield blank | {"step": "contrast", "moment": contrast, "n": n, "withdrawn": 0, "not_returned": len(people) - n}


def _items(study: Study, people: Sequence[Person]) -> Sequence[ResultRow]:
    rows = Rows("items", study)
    for (item, answers), wave in product(ANSWERS.items(), WAVES):
        given = [person.items[item, wave] for person in people if (item, wave) in person.items]
        rows.add(item, "n", len(given), len(given), wave=wave)
        for answer in answers:
            rows.add(item, "count", given.count(answer), len(given), category=str(answer), wave=wave)
    return rows.rows


def _reliability(study: Study, people: Sequence[Person]) -> Sequence[ResultRow]:
    """Of made-up items of low mood, which some who have a score did not answer all."""
    rows = Rows("measurement", study)
    for wave in WAVES:
        scores = [person.scores["low_mood", wave] for person in people if wave in person.complete_waves]
        alpha = 0.8 + stdev(scores) / 1000 if len(set(scores)) > 1 else None
        rows.add("low_mood", "n", len(scores), len(scores), wave=wave)
        for name, value in (("alpha", alpha), ("alpha_ci95_low", 0.5), ("alpha_ci95_high", 0.9), ("omega", alpha)):
            rows.add("low_mood", name, value, len(scores), wave=wave)
    return rows.rows


def _categories(groups: Groups) -> Iterator[dict[str, Any]]:
    for arm, members in groups:
        for variable, categories in (CATEGORIES | {"arm": GROUPS}).items():
            values = [getattr(person, variable) for person in members if getattr(person, variable) is not None]
            for category in categories:
                yield {
                    "people_group": arm, "variable": variable, "category": category, "n": len(values),
                    "count": values.count(category),
                }  # fmt: skip


def _described(values: Sequence[float]) -> dict[str, Any]:
    return {
        "n": len(values), "mean": fmean(values) if values else None, "sd": stdev(values) if len(values) > 1 else None,
        "min": min(values, default=None), "max": max(values, default=None),
    }  # fmt: skip


def _ages(groups: Groups) -> Iterator[dict[str, Any]]:
    for arm, members in groups:
        ages = [person.age for person in members if person.age is not None]
        yield {"people_group": arm, "variable": "age", **_described(ages)}


def _services(groups: Groups) -> Iterator[dict[str, Any]]:
    for arm, members in groups:
        answers = [person.gp for person in members if person.gp is not None]
        yield {"people_group": arm, "service": "gp", "wave": "T1", "n": len(answers), "count": sum(answers)}


def _health(groups: Groups) -> Iterator[dict[str, Any]]:
    for arm, members in groups:
        for wave in WAVES:
            answers = [person.health[wave] for person in members if wave in person.health]
            for category in HEALTH:
                yield {
                    "people_group": arm, "measure": "health", "wave": wave, "category": category, "n": len(answers),
                    "count": answers.count(category),
                }  # fmt: skip


def _moments(groups: Groups) -> Iterator[dict[str, Any]]:
    for arm, members in groups:
        for scale in SCALES:
            for wave in WAVES:
                values = [person.scores[scale, wave] for person in members if (scale, wave) in person.scores]
                yield {"people_group": arm, "scale": scale, "wave": wave, **_described(values)}


def _changes(groups: Groups) -> Iterator[dict[str, Any]]:
    for arm, members in groups:
        for scale in SCALES:
            for contrast, (first, second) in CONTRASTS.items():
                pairs = [
                    (person.scores[scale, first], person.scores[scale, second])
                    for person in members
                    if {(scale, first), (scale, second)} <= person.scores.keys()
                ]
                changes = _described([after - before for before, after in pairs])
                ends = {}
                for name, position in (("baseline", 0), ("followup", 1)):
                    end = _described([pair[position] for pair in pairs])
                    ends |= {f"mean_{name}": end["mean"], f"sd_{name}": end["sd"]}
                yield {
                    "people_group": arm, "contrast": contrast, "scale": scale, "n": len(pairs), "mean_change": changes["mean"],
                    "sd_change": changes["sd"], "covariance": 0.0, **ends,
                }  # fmt: skip


def small_facts(people: Sequence[Person]) -> dict[str, Callable[[Person], bool]]:
    """What somebody might want to know: who belongs to whom in the study, as a condition a fact. Whom it is true of is
    counted by hand."""
    facts: dict[str, Callable[[Person], bool]] = {}
    for arm in (None, *GROUPS):

        def is_in(person: Person, arm: str | None = arm) -> bool:
            return arm is None or person.arm == arm

        prefix = f"{arm or 'all'}:"
        for variable, categories in CATEGORIES.items():
            for category in (*categories, None):
                facts[f"{prefix}{variable}={category}"] = lambda person, is_in=is_in, variable=variable, category=category: (
                    is_in(person) and getattr(person, variable) == category
                )
        for answer in (True, False):
            facts[f"{prefix}gp={answer}"] = lambda person, is_in=is_in, answer=answer: is_in(person) and person.gp is answer
        for wave in WAVES:
            for state in ("returned", "not_returned", "withdrawn"):
                facts[f"{prefix}{wave}={state}"] = lambda person, is_in=is_in, wave=wave, state=state: (
                    is_in(person) and person.states[wave] == state
                )
            facts[f"{prefix}incomplete {wave}"] = lambda person, is_in=is_in, wave=wave: (
                is_in(person) and ("low_mood", wave) in person.scores and wave not in person.complete_waves
            )
            for category in HEALTH:
                facts[f"{prefix}health {wave}={category}"] = lambda person, is_in=is_in, wave=wave, category=category: (
                    is_in(person) and person.health.get(wave) == category
                )
            for item, answers in ANSWERS.items():
                for answer in (*answers, None):
                    facts[f"{prefix}{item} {wave}={answer}"] = (
                        lambda person, is_in=is_in, item=item, wave=wave, answer=answer: (
                            is_in(person) and person.items.get((item, wave)) == answer
                        )
                    )
        for scale in SCALES:
            for size in range(len(WAVES) + 1):
                for waves in combinations(WAVES, size):
                    facts[f"{prefix}{scale} in {'+'.join(waves)}"] = lambda person, is_in=is_in, scale=scale, waves=waves: (
                        is_in(person) and {wave for wave in WAVES if (scale, wave) in person.scores} == set(waves)
                    )
    assert people
    return facts
