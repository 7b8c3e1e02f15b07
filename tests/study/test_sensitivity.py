"""The declaration of sensitivity analyses: scenarios, what is refused, and whose plan has a new hash."""

import re
from typing import Any

import pytest
import yaml
from group_study import PROTOCOL
from pydantic import ValidationError

from dagster_project.study import Protocol, Sensitivity, all_scenarios, directions_of, scenarios_of

_WAVE_EXPORTS = [
    {
        "export": wave.lower(), "wave": wave, "folder": f"raw/{wave}", "reader": "delimited", "respondent": "Person",
        "blocks": [{"block": "mood", "template": "mood_{position}"}],
    }
    for wave in ("T1", "T2", "T3", "T4")
]  # fmt: skip


def _protocol(sensitivity: Any = None) -> Protocol:
    content = yaml.safe_load(PROTOCOL)
    content["exports"] = [*content["exports"], *_WAVE_EXPORTS]
    if sensitivity is not None:
        content["groups"] = content["groups"] | {"sensitivity": sensitivity}
    return Protocol.model_validate(content)


def _names(sensitivity: Sensitivity, better_sign: int) -> list[tuple[str, str, str, float, int]]:
    return [
        (scenario.scenario, scenario.label, scenario.method, scenario.delta, scenario.sign)
        for scenario in scenarios_of(sensitivity, better_sign)
    ]


def test_a_delta_is_for_the_worse_and_goes_both_ways_where_there_is_none() -> None:
    sensitivity = Sensitivity(reference_based=("copy_increments",), deltas=(0.25, 2), delta_unit="baseline_sd")
    first = [
        ("missing_at_random", "Missing at random within groups", "missing_at_random", 0.0, 1),
        ("copy_increments", "Copy increments in reference", "copy_increments", 0.0, 1),
    ]
    for better_sign in (1, -1):
        assert _names(sensitivity, better_sign) == [
            *first,
            ("worse_0_25", "0.25 SD worse", "missing_at_random", 0.25, -better_sign),
            ("worse_2", "2 SD worse", "missing_at_random", 2.0, -better_sign),
        ]
    assert [(name, delta, sign) for name, _, _, delta, sign in _names(sensitivity, 0)[2:]] == [
        ("higher_0_25", 0.25, 1), ("lower_0_25", 0.25, -1), ("higher_2", 2.0, 1), ("lower_2", 2.0, -1),
    ]  # fmt: skip
    assert [scenario.scenario for scenario in all_scenarios(sensitivity, [0, 1, -1])] == [
        "missing_at_random", "copy_increments", "worse_0_25", "worse_2", "higher_0_25", "lower_0_25", "higher_2", "lower_2",
    ]  # fmt: skip
    assert directions_of(-1) == (("worse", 1),)


def test_nothing_declared_is_missing_at_random_alone_or_nothing() -> None:
    assert [name for name, *_ in _names(Sensitivity(), 1)] == ["missing_at_random"]
    assert _protocol({}).sensitivity == Sensitivity()
    assert _protocol().sensitivity is None
    assert _protocol().plan_hash != _protocol({}).plan_hash != _protocol({"tipping_point": True}).plan_hash
    content = yaml.safe_load(PROTOCOL) | {"groups": "none", "plan": {}}
    content["exports"] = [*content["exports"], *_WAVE_EXPORTS]
    assert Protocol.model_validate(content).sensitivity is None


@pytest.mark.parametrize(
    ("sensitivity", "message"),
    [
        ({"deltas": [1]}, "deltas need a unit; add delta_unit: points, or delta_unit: baseline_sd"),
        ({"delta_unit": "points"}, "delta_unit has no deltas to be the unit of; add deltas, or take it out"),
        (
            {"deltas": [1, -2], "delta_unit": "points"},
            "a delta of -2: a delta says by how much worse, and is above 0",
        ),
        ({"deltas": [0], "delta_unit": "points"}, "a delta of 0: a delta says by how much worse, and is above 0"),
        ({"deltas": [1, 2, 1.0], "delta_unit": "points"}, "the delta 1 is named twice; name it once"),
        (
            {"reference_based": ["copy_increments", "copy_increments"]},
            "copy_increments is named twice; name it once",
        ),
        ({"reference_based": ["last_observation"]}, "Input should be 'jump_to_reference' or 'copy_increments'"),
        ({"delta": [1]}, "Extra inputs are not permitted"),
    ],
)
def test_what_is_refused_says_why(sensitivity: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=re.escape(message)):
        _protocol(sensitivity)
