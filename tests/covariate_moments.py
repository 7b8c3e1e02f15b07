"""A study whose change is adjusted for covariates, and the moments that the warehouse would give of its people. Belongs here:
both, made from people. Does not belong here: what follows from the moments."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from dagster_project.study import (
    Category,
    Contrast,
    Family,
    Groups,
    ParticipantVariable,
    Plan,
    Study,
    covariates_of,
    read_study,
    terms_of,
)

SMALL = Path(__file__).parent / "small_study"
ARMS, REGIONS = ("a", "b", "c"), ("north", "south", "west")
SCALE = "mood_total"
#: Somebody's arm, region, age, dose, scores at T1 and T2; None where it is not known, shares of the regions where these stand
#: for a region that is not.
Person = dict[str, Any]


def adjusted_study(
    covariates: Sequence[str], arms: int = 3, families: Sequence[Family] = (), *, has_means: bool = False
) -> Study:
    """Arms a, b, c, the first the reference, with change in both directions: up (T2 minus T1) and down. has_means: a covariate
    that is not known is its mean."""
    variables = (
        *(
            ParticipantVariable(
                variable=name, label=name.capitalize(), section=name, kind="category",
                categories=tuple(Category(category=code, label=code.capitalize()) for code in codes),
            )
            for name, codes in (("arm", ARMS[:arms]), ("region", REGIONS))
        ),
        *(ParticipantVariable(variable=name, label=name.capitalize(), section=name, kind="number") for name in ("age", "dose")),
    )  # fmt: skip
    contrasts = tuple(
        Contrast(contrast=name, baseline="T1", followup="T2", direction=direction)  # type: ignore[arg-type]
        for name, direction in (("up", "followup_minus_baseline"), ("down", "baseline_minus_followup"))
    )
    study = read_study(SMALL)
    changes = {
        "participant_variables": variables, "contrasts": contrasts, "plan": Plan(families=tuple(families)),
        "groups": Groups(
            variable="arm", reference="a", design="randomised", covariates=tuple(covariates),
            missing_covariates="mean" if has_means else "left_out",
        ),
    }  # fmt: skip
    return replace(study, protocol=study.protocol.model_copy(update=changes))


def pairs_of(study: Study, people: Sequence[Person]) -> list[dict[str, Any]]:
    """The rows of marts.group_change_moments that say how many people have both scores."""
    arms = [group.category for group in study.protocol.compared_groups]
    both = [person for person in people if person["T1"] is not None and person["T2"] is not None]
    counts = {arm: sum(person["arm"] == arm for person in both) for arm in arms}
    return [
        {"people_group": arm, "contrast": contrast.contrast, "scale": SCALE, "n": n}
        for contrast in study.protocol.contrasts
        for arm, n in counts.items()
        if n
    ]


def covariate_moments(study: Study, people: Sequence[Person]) -> Iterator[dict[str, Any]]:
    """The rows of marts.group_covariate_moments."""
    covariates = covariates_of(study.protocol)
    needed = ("arm", "T1", "T2", *(variable.variable for variable in covariates))
    known = [person for person in people if all(person[name] is not None for name in needed)]
    terms = [term for variable in covariates for term in terms_of(variable)]
    for contrast in study.protocol.contrasts:
        for group in study.protocol.compared_groups:
            members = [person for person in known if person["arm"] == group.category]
            if not members:
                continue
            columns = {
                "change": [contrast.baseline_sign * (person["T1"] - person["T2"]) for person in members],
                "baseline": [person["T1"] for person in members], "followup": [person["T2"] for person in members],
            }  # fmt: skip
            for term in terms:
                values = [person[term.variable] for person in members]
                columns[term.term] = [_number(value, term.category) for value in values]
            means = {name: math.fsum(values) / len(values) for name, values in columns.items()}
            deviations = {name: np.array(values) - means[name] for name, values in columns.items()}
            names = list(columns)
            for order, name in enumerate(names):
                for other in names[order:]:
                    yield {
                        "people_group": group.category, "contrast": contrast.contrast, "scale": SCALE, "term": name,
                        "other_term": other, "n": len(members), "mean": means[name], "other_mean": means[other],
                        "cross_products": math.fsum(deviations[name] * deviations[other]),
                    }  # fmt: skip


def _number(value: Any, category: str | None) -> float:
    if isinstance(value, dict):
        return float(value[category])
    return float(value if category is None else value == category)
