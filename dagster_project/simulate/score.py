"""Scoring stand-ins from their answers, to say honestly what they give.

Belongs here: the plain arithmetic of scoring on a few people. Does not belong here: scoring a study (dbt does that, and
the tests hold the two against each other).
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from dagster_project.results import ResultRow, characteristics_results, paired_results, service_results, summary_results
from dagster_project.simulate.characteristics import Fact
from dagster_project.simulate.items import Answer
from dagster_project.study import Composite, Study

Answers = Mapping[tuple[str, str], Mapping[int, Answer]]
Scores = dict[tuple[str, str], dict[int, float]]


def scores_of(study: Study, returned: Mapping[str, list[int]], answers: Answers) -> Scores:
    """Scores by (scale, wave) and person, by the instruments' rules."""
    scores: Scores = {}
    for code, (instrument, scale) in study.scales.items():
        for wave, people in returned.items():
            at: dict[int, float] = {}
            for person in people:
                if isinstance(scale, Composite):
                    parts = [scores[part, wave][person] for part in scale.parts if person in scores[part, wave]]
                    if len(parts) >= instrument.minimum_parts(scale):
                        at[person] = sum(parts) / len(parts)
                    continue
                keyed = []
                for position in scale.items:
                    answer = answers.get((wave, instrument.item_code(position)), {}).get(person)
                    if isinstance(answer, int):
                        keyed.append(instrument.keyed(position, answer))
                if len(keyed) < instrument.minimum_items(scale):
                    continue
                if scale.conversion is not None:
                    at[person] = scale.conversion[sum(keyed)]
                elif scale.aggregate == "sum":
                    at[person] = sum(keyed) * len(scale.items) / len(keyed)
                else:
                    at[person] = sum(keyed) / len(keyed)
            scores[code, wave] = at
    return scores


def moments_of(
    study: Study,
    count: int,
    returned: Mapping[str, list[int]],
    answers: Answers,
    facts: Mapping[str, Sequence[Fact]],
    services: Mapping[tuple[str, str], Mapping[int, bool]],
) -> dict[str, list[dict[str, Any]]]:
    """The moment tables that results are built from, by name."""
    scores = scores_of(study, returned, answers)
    summary = [{"scale": scale, "wave": wave, **_moments(list(at.values()))} for (scale, wave), at in scores.items()]
    change = []
    for contrast in study.protocol.contrasts:
        for scale in study.scales:
            base, follow = scores[scale, contrast.baseline], scores[scale, contrast.followup]
            people = sorted(set(base) & set(follow))
            if not people:
                continue
            x, y = np.array([base[p] for p in people]), np.array([follow[p] for p in people])
            first, last, both = (
                _moments(x.tolist()),
                _moments(y.tolist()),
                _moments((contrast.baseline_sign * (x - y)).tolist()),
            )
            change.append(
                {
                    "contrast": contrast.contrast, "scale": scale, "n": len(people),
                    "mean_baseline": first["mean"], "sd_baseline": first["sd"],
                    "mean_followup": last["mean"], "sd_followup": last["sd"],
                    "covariance": float(np.cov(x, y)[0, 1]) if len(people) > 1 else None,
                    "mean_change": both["mean"], "sd_change": both["sd"],
                }
            )  # fmt: skip
    categories, numbers = [], []
    for variable in study.protocol.participant_variables:
        known = [fact for fact in facts[variable.variable] if fact is not None]
        if variable.kind == "number":
            numbers.append({"variable": variable.variable, **_moments([float(fact) for fact in known])})
        for category in variable.categories:
            place = {"variable": variable.variable, "category": category.category}
            categories.append(place | {"n": len(known), "count": known.count(category.category)})
    used = [
        {"service": service, "wave": wave, "n": len(people), "count": sum(people.values())}
        for (wave, service), people in services.items()
    ]
    return {"summary": summary, "change": change, "categories": categories, "numbers": numbers, "services": used}


def results_of(study: Study, moments: Mapping[str, list[dict[str, Any]]]) -> dict[str, ResultRow]:
    """Results by id."""
    rows = [
        *characteristics_results(moments["categories"], moments["numbers"], study),
        *service_results(moments["services"], study),
        *summary_results(moments["summary"], [], [], study),
        *paired_results(moments["change"], study),
    ]
    return {row.result_id: row for row in rows}


def _moments(values: list[float]) -> dict[str, Any]:
    if not values:
        return {"n": 0, "mean": None, "sd": None, "min": None, "max": None}
    array = np.array(values)
    sd = float(array.std(ddof=1)) if len(values) > 1 else None
    return {"n": len(values), "mean": float(array.mean()), "sd": sd, "min": float(array.min()), "max": float(array.max())}
