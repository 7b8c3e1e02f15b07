"""The declaration of groups: what it gives, what it refuses, and that a study without it keeps its plan's hash."""

import pytest
import yaml
from group_study import PROTOCOL
from pydantic import ValidationError

from dagster_project.study import Groups, Protocol

_WAVE_EXPORTS = [
    {
        "export": wave.lower(), "wave": wave, "folder": f"raw/{wave}", "reader": "delimited", "respondent": "Person",
        "blocks": [{"block": "mood", "template": "mood_{position}"}],
    }
    for wave in ("T1", "T2", "T3", "T4")
]  # fmt: skip


def _protocol(**changes: object) -> Protocol:
    content = yaml.safe_load(PROTOCOL)
    content["exports"] = [*content["exports"], *_WAVE_EXPORTS]
    content |= changes
    return Protocol.model_validate({key: value for key, value in content.items() if value is not None})


def test_the_reference_stands_first_and_the_groups_variable_is_not_compared() -> None:
    protocol = _protocol()
    assert [group.category for group in protocol.compared_groups] == ["waiting", "course", "calls"]
    assert [variable.variable for variable in protocol.compared_variables] == ["region", "age"]
    assert protocol.is_randomised
    assert protocol.repeated_measures_baseline == "constrained"


def test_groups_that_people_belong_to_have_a_first_mean_of_their_own_unless_declared() -> None:
    natural = {"variable": "arm", "reference": "course", "design": "natural"}
    assert _protocol(groups=natural).repeated_measures_baseline == "free"
    covariate = natural | {"repeated_measures": {"baseline": "covariate"}}
    assert _protocol(groups=covariate).repeated_measures_baseline == "covariate"


def test_the_plans_hash_is_about_groups_where_there_are_any() -> None:
    plan = {"families": [{"family": "main", "role": "primary", "outcomes": ["mood_total"]}]}
    without_groups = _protocol(groups="none", plan=plan)
    written_out = {"families": [plan["families"][0] | {"compares": "waves"}]}
    assert without_groups.plan_hash == _protocol(groups="none", plan=written_out).plan_hash
    hashes = {
        _protocol(groups={"variable": "arm", "reference": reference, "design": "natural"}, plan=plan).plan_hash
        for reference in ("course", "waiting")
    }
    assert len({*hashes, without_groups.plan_hash}) == 3


@pytest.mark.parametrize("variable", ["arm", "Treatment", "ALLOCATION", "study_arm"])
def test_a_variable_that_is_called_like_an_arm_is_asked_about(variable: str) -> None:
    code = variable.lower()
    arms = {
        "variable": code, "label": "Arm", "section": "Arm", "kind": "category",
        "categories": [{"category": "a", "label": "A"}, {"category": "b", "label": "B"}],
    }  # fmt: skip
    with pytest.raises(
        ValidationError, match=rf"{code} \(a, b\) looks like the arms of a trial, and groups: is not declared"
    ):
        _protocol(groups=None, plan=None, participant_variables=[arms])
    # One category is no comparison, and a number no arm.
    single = arms | {"categories": [{"category": "a", "label": "A"}]}
    number = {"variable": code, "label": "Dose", "section": "Dose", "kind": "number"}
    for harmless in (single, number):
        assert _protocol(groups=None, plan=None, participant_variables=[harmless]).compared_groups == ()


def test_a_design_is_one_of_two() -> None:
    with pytest.raises(ValidationError, match="Input should be 'randomised' or 'natural'"):
        Groups.model_validate({"variable": "arm", "reference": "course", "design": "random"})
