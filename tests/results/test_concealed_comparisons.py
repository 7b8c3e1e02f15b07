"""Comparisons of concealed groups are those of an open study that has the group behind A as its reference, but for the names."""

from dataclasses import replace
from random import Random

import pytest
from covariate_moments import Person, adjusted_study, covariate_moments, pairs_of

from dagster_project.results import covariate_adjusted_results
from dagster_project.study import Study
from dagster_project.study.concealment import concealed_protocol, letters_of

pytestmark = pytest.mark.filterwarnings("error")


def _people() -> list[Person]:
    random = Random(9)
    return [
        {
            "arm": "abc"[number % 3], "region": "north", "age": float(random.randint(19, 70)), "dose": 1.0,
            "T1": random.gauss(8, 2), "T2": random.gauss(8 + number % 3, 2),
        }
        for number in range(48)
    ]  # fmt: skip


def _with_groups(study: Study, **changes: object) -> Study:
    groups = study.protocol.groups.model_copy(update=changes)  # type: ignore[union-attr]
    return replace(study, protocol=study.protocol.model_copy(update={"groups": groups}))


@pytest.mark.parametrize(("arms", "seed"), [(2, 734512), (2, 734513), (2, 734514), (3, 734512), (3, 734513), (3, 734515)])
def test_what_is_concealed_is_an_open_study_by_other_names(arms: int, seed: int) -> None:
    study, people = adjusted_study(["age"], arms), [person for person in _people() if person["arm"] in "abc"[:arms]]
    declared = _with_groups(study, concealed=True, concealment_seed=seed)
    variable = next(entry for entry in study.protocol.participant_variables if entry.variable == "arm")
    letters = letters_of(declared.protocol.groups, variable.categories)  # type: ignore[arg-type]
    (behind_a,) = (code for code, letter in letters.items() if letter == "A")
    concealed = replace(declared, protocol=concealed_protocol(declared.protocol))
    in_letters = [person | {"arm": letters[person["arm"]]} for person in people]
    open_study = _with_groups(study, reference=behind_a)
    shown, expected = (
        covariate_adjusted_results(list(covariate_moments(of_study, rows)), pairs_of(of_study, rows), of_study)
        for of_study, rows in ((concealed, in_letters), (open_study, people))
    )
    by_letter = {
        (
            letters[row.people_group or ""],
            letters.get(row.compared_with or "", ""),
            row.outcome,
            row.contrast,
            row.statistic,
        ): row.value
        for row in expected
    }
    assert len(shown) == len(expected) == len(by_letter)
    assert any(row.value is not None for row in shown)
    for row in shown:
        value = by_letter[row.people_group or "", row.compared_with or "", row.outcome, row.contrast, row.statistic]
        is_same = row.value is None if value is None else row.value == pytest.approx(value, rel=1e-9)
        assert is_same, row.result_id
    assert {row.compared_with for row in shown} == {"A", None}  # an adjusted mean is of a group by itself
    assert concealed.protocol.plan_hash == study.protocol.plan_hash
