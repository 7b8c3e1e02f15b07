"""The declaration of covariates and subgroups: terms of a model, what is refused, and whose plan has a new hash."""

import re
from typing import Any

import pytest
import yaml
from group_study import PROTOCOL
from pydantic import ValidationError

from dagster_project.study import Protocol, covariate_words, covariates_of, imputes_covariates, subgroups_of, terms_of

_GROUPS = {"variable": "arm", "reference": "waiting", "design": "randomised"}
_WAVE_EXPORTS = [
    {
        "export": wave.lower(), "wave": wave, "folder": f"raw/{wave}", "reader": "delimited", "respondent": "Person",
        "blocks": [{"block": "mood", "template": "mood_{position}"}],
    }
    for wave in ("T1", "T2", "T3", "T4")
]  # fmt: skip


def _protocol(
    covariates: list[str] | None, variables: tuple[dict[str, Any], ...] = (), subgroups: list[str] | None = None
) -> Protocol:
    content = yaml.safe_load(PROTOCOL)
    content["exports"] = [*content["exports"], *_WAVE_EXPORTS]
    content["participant_variables"] += variables
    content["groups"] = _GROUPS if covariates is None else _GROUPS | {"covariates": covariates}
    if subgroups is not None:
        content["groups"] = content["groups"] | {"subgroups": subgroups}
    return Protocol.model_validate(content)


def test_numbers_enter_as_they_are_and_categories_as_indicators_beside_the_first() -> None:
    protocol = _protocol(["region", "age"])
    terms = [term for variable in covariates_of(protocol) for term in terms_of(variable)]
    assert [(term.term, term.variable, term.category, term.label) for term in terms] == [
        ("covariate/region/south", "region", "south", "Region: South"),
        ("covariate/region/west", "region", "west", "Region: West"),
        ("covariate/age", "age", None, "Age"),
    ]
    assert covariate_words(protocol) == "the score at baseline, Region and Age"
    assert covariate_words(_protocol(["age"])) == "the score at baseline and Age"


def test_without_covariates_there_are_none() -> None:
    assert covariates_of(_protocol(None)) == ()
    assert covariate_words(_protocol(None)) == "the score at baseline"
    content = yaml.safe_load(PROTOCOL) | {"groups": "none", "plan": {}}
    content["exports"] = [*content["exports"], *_WAVE_EXPORTS]
    assert covariates_of(Protocol.model_validate(content)) == ()


@pytest.mark.parametrize(
    ("covariates", "message"),
    [
        (["age", "arm"], "groups: arm makes the groups and cannot be a covariate; take it out of covariates"),
        (["site"], "groups: covariate 'site' is not a variable of the roster; name some of region, age, clinic"),
        (["age", "region", "age"], "groups: covariate age is named twice; name it once"),
        (
            ["clinic"],
            "groups: covariate clinic has one category only and tells nobody apart; take it out of covariates",
        ),
    ],
)
def test_a_covariate_that_adjusts_for_nothing_is_refused(covariates: list[str], message: str) -> None:
    clinic = {
        "variable": "clinic", "label": "Clinic", "section": "Clinic", "kind": "category",
        "categories": [{"category": "a", "label": "A"}],
    }  # fmt: skip
    with pytest.raises(ValidationError, match=re.escape(message)) as refusal:
        _protocol(covariates, (clinic,))
    assert len([line for line in str(refusal.value).splitlines() if message in line]) == 1


def test_a_plan_without_covariates_keeps_its_hash() -> None:
    """The hash of the trial as it was before covariates could be declared."""
    hashes = {
        "none": _protocol(None).plan_hash, "empty": _protocol([]).plan_hash, "age": _protocol(["age"]).plan_hash,
        "both": _protocol(["age", "region"]).plan_hash,
    }  # fmt: skip
    assert hashes["none"] == hashes["empty"] == "ec24910e944f5728"
    assert len(set(hashes.values())) == 3
    of_subgroups = {_protocol(covariates, subgroups=["region"]).plan_hash for covariates in (None, ["age"])}
    assert len({*of_subgroups, *hashes.values()}) == 5
    assert _protocol(None, subgroups=[]).plan_hash == hashes["none"]


@pytest.mark.parametrize(
    ("subgroups", "message"),
    [
        (["arm"], "groups: arm makes the groups and cannot be a subgroup; take it out of subgroups"),
        (["sex"], "groups: subgroup 'sex' is not a variable of the roster; name some of region, age"),
        (["region", "region"], "groups: subgroup region is named twice; name it once"),
        (["age"], "groups: subgroup age is a number; name a variable with categories, or add one with its bands"),
    ],
)
def test_subgroups_are_categories_of_other_variables(subgroups: list[str], message: str) -> None:
    with pytest.raises(ValidationError, match=re.escape(message)):
        _protocol(None, subgroups=subgroups)
    assert [variable.variable for variable in subgroups_of(_protocol(None, subgroups=["region"]))] == ["region"]
    assert subgroups_of(_protocol(None)) == ()


def _imputing(**changes: object) -> Protocol:
    content = yaml.safe_load(PROTOCOL)
    content["exports"] = [*content["exports"], *_WAVE_EXPORTS]
    content["groups"] = _GROUPS | {"covariates": ["age"]} | changes
    return Protocol.model_validate(content)


def test_means_in_place_of_what_is_not_known_are_declared_for_trials_alone() -> None:
    assert not imputes_covariates(_protocol(["age"]))
    assert imputes_covariates(_imputing(missing_covariates="mean"))
    with pytest.raises(ValidationError) as refusal:
        _imputing(missing_covariates="mean", design="natural")
    assert (
        "groups: missing_covariates: mean is for groups that were allocated by chance; leave it out, and people of whom a covariate"
        " is not known are left out of what is adjusted for it"
    ) in str(refusal.value)
    with pytest.raises(ValidationError) as refusal:
        _imputing(missing_covariates="mean", covariates=[])
    assert (
        "groups: missing_covariates is declared, and covariates are not; declare them, or take missing_covariates out"
    ) in str(refusal.value)


def test_means_belong_to_the_plan_and_leaving_people_out_is_what_was() -> None:
    plain = _protocol(["age"]).plan_hash
    assert _imputing(missing_covariates="left_out").plan_hash == plain
    assert _imputing(missing_covariates="mean").plan_hash != plain
