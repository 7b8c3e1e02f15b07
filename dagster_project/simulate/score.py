"""Scores and results of the stand-ins from their answers, to report which printed numbers they reproduce.

Belongs here: scoring a few people in plain Python. Does not belong here: scoring a study (dbt does that; the tests compare
the two).
"""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from dagster_project.results import (
    MartRow,
    ResultRow,
    characteristics_results,
    paired_results,
    service_results,
    summary_results,
)
from dagster_project.simulate.characteristics import Fact
from dagster_project.simulate.items import Answer
from dagster_project.study import Composite, Study

Answers = Mapping[tuple[str, str], Mapping[int, Answer]]
Scores = dict[tuple[str, str], dict[int, float]]


class Moments(NamedTuple):
    """Rows of the marts that the results of the same analyses are made of, of the stand-ins: scale_moments, change_moments,
    category_counts, number_moments, service_counts."""

    summary: Sequence[MartRow]
    change: Sequence[MartRow]
    categories: Sequence[MartRow]
    numbers: Sequence[MartRow]
    services: Sequence[MartRow]


def scores_of(study: Study, respondents: Mapping[str, list[int]], answers: Answers) -> Scores:
    """Scores by (scale, wave) and person, following the instruments' scoring rules."""
    scores: Scores = {}
    for code, (instrument, scale) in study.scales.items():
        for wave, people in respondents.items():
            wave_scores: dict[int, float] = {}
            for person in people:
                if isinstance(scale, Composite):
                    part_scores = [scores[part, wave][person] for part in scale.parts if person in scores[part, wave]]
                    if len(part_scores) >= instrument.minimum_parts(scale):
                        weight = len(scale.parts) if scale.aggregate == "sum" else 1
                        wave_scores[person] = sum(part_scores) * weight / len(part_scores)
                    continue
                item_scores = []
                for position in scale.items:
                    answer = answers.get((wave, instrument.item_code(position)), {}).get(person)
                    if isinstance(answer, int | float):
                        item_scores.append(instrument.scored_answer(position, answer, scale))
                if len(item_scores) < instrument.minimum_items(scale):
                    continue
                if scale.conversion is not None:
                    wave_scores[person] = scale.conversion[sum(item_scores)]
                else:
                    weight = len(scale.items) if scale.aggregate == "sum" else 1
                    score = sum(item_scores) * weight / len(item_scores) * scale.multiply
                    wave_scores[person] = math.floor(score + 0.5) if scale.rounded else score
            scores[code, wave] = wave_scores
    return scores


def moments_of(
    study: Study,
    count: int,
    respondents: Mapping[str, list[int]],
    answers: Answers,
    facts: Mapping[str, Sequence[Fact]],
    services: Mapping[tuple[str, str], Mapping[int, bool]],
) -> Moments:
    """The tables of moments from which results are built."""
    scores = scores_of(study, respondents, answers)
    summary_rows = [
        {"scale": scale, "wave": wave, **_moments(list(wave_scores.values()))}
        for (scale, wave), wave_scores in scores.items()
    ]
    change_rows = []
    for contrast in study.protocol.contrasts:
        for scale in study.scales:
            baseline_scores, followup_scores = scores[scale, contrast.baseline], scores[scale, contrast.followup]
            people = sorted(set(baseline_scores) & set(followup_scores))
            if not people:
                continue
            x = np.array([baseline_scores[person] for person in people])
            y = np.array([followup_scores[person] for person in people])
            baseline, followup, difference = (
                _moments(x.tolist()),
                _moments(y.tolist()),
                _moments((contrast.baseline_sign * (x - y)).tolist()),
            )
            change_rows.append(
                {
                    "contrast": contrast.contrast, "scale": scale, "n": len(people),
                    "mean_baseline": baseline["mean"], "sd_baseline": baseline["sd"],
                    "mean_followup": followup["mean"], "sd_followup": followup["sd"],
                    "covariance": float(np.cov(x, y)[0, 1]) if len(people) > 1 else None,
                    "mean_change": difference["mean"], "sd_change": difference["sd"],
                }
            )  # fmt: skip
    category_rows, number_rows = [], []
    for variable in study.protocol.participant_variables:
        known_facts = [fact for fact in facts[variable.variable] if fact is not None]
        if variable.kind == "number":
            number_rows.append({"variable": variable.variable, **_moments([float(fact) for fact in known_facts])})
        for category in variable.categories:
            identity = {"variable": variable.variable, "category": category.category}
            category_rows.append(identity | {"n": len(known_facts), "count": known_facts.count(category.category)})
    service_rows = [
        {"service": service, "wave": wave, "n": len(people), "count": sum(people.values())}
        for (wave, service), people in services.items()
    ]
    return Moments(summary_rows, change_rows, category_rows, number_rows, service_rows)


def results_of(study: Study, moments: Moments) -> dict[str, ResultRow]:
    """Results by id."""
    rows = [
        *characteristics_results(moments.categories, moments.numbers, study),
        *service_results(moments.services, study),
        *summary_results(moments.summary, [], [], study),
        *paired_results(moments.change, study),
    ]
    return {row.result_id: row for row in rows}


def _moments(values: list[float]) -> dict[str, float | None]:
    if not values:
        return {"n": 0, "mean": None, "sd": None, "min": None, "max": None}
    array = np.array(values)
    sd = float(array.std(ddof=1)) if len(values) > 1 else None
    return {"n": len(values), "mean": float(array.mean()), "sd": sd, "min": float(array.min()), "max": float(array.max())}
