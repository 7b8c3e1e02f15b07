"""What is said of differences adjusted for covariates: methods, people left out, families, and reasons without a number."""

from random import Random

import pytest
from covariate_moments import SCALE, Person, adjusted_study, covariate_moments, pairs_of

from dagster_project.results import ResultRow, adjusted_change_results, covariate_adjusted_results, planned_analyses
from dagster_project.study import Family, Study

pytestmark = pytest.mark.filterwarnings("error")


def _people(count: int = 60, seed: int = 5, regions: str = "north south west") -> list[Person]:
    random = Random(seed)
    return [
        {
            "arm": "abc"[number % 3], "region": random.choice(regions.split()), "age": float(random.randint(19, 70)),
            "dose": random.gauss(2, 0.4), "T1": float(random.randint(3, 15)), "T2": float(random.randint(3, 15)),
        }
        for number in range(count)
    ]  # fmt: skip


def _results(study: Study, people: list[Person], group: str = "b", contrast: str = "up") -> dict[str, ResultRow]:
    rows = covariate_adjusted_results(list(covariate_moments(study, people)), pairs_of(study, people), study)
    return {row.statistic: row for row in rows if (row.outcome, row.people_group, row.contrast) == (SCALE, group, contrast)}


def test_the_method_names_the_covariates_and_the_people() -> None:
    rows = _results(adjusted_study(["age", "region"]), _people())
    assert rows["difference"].method == (
        "change (T2 minus T1) adjusted for the score at baseline, Age and Region, group minus reference; analysis of covariance"
    )
    assert rows["n"].method == "people of all groups with both scores and every covariate known"
    assert (rows["df"].method, rows["df"].value) == ("people - groups - 4 slopes", 60 - 3 - 4)
    means = {name for name in rows if name.startswith("adjusted_mean")}
    assert {row.compared_with for name, row in rows.items() if name not in means} == {"a"}
    assert {rows[name].compared_with for name in means} == {None}


def test_people_without_a_covariate_are_left_out_and_counted() -> None:
    people = _people()
    people[0]["age"] = people[1]["region"] = people[2]["age"] = people[2]["region"] = None
    people[3]["T2"] = people[3]["age"] = None  # has no change to leave out
    people[4]["dose"] = None  # no covariate here
    rows = _results(adjusted_study(["age", "region"]), people)
    assert (rows["n"].value, rows["p"].n) == (56, 56)
    assert (rows["n_covariate_unknown"].value, rows["n_covariate_unknown"].n) == (3, 59)
    assert rows["n_covariate_unknown"].method == "people of all groups with both scores of whom a covariate is not known"


@pytest.mark.parametrize(("regions", "empty"), [("north south", "West"), ("south west", "North")])
def test_a_category_without_people_has_no_term_and_the_method_says_so(regions: str, empty: str) -> None:
    rows = _results(adjusted_study(["region", "age"]), _people(regions=regions))
    assert str(rows["difference"].method).endswith(
        f"; analysis of covariance, without a term for {empty} of Region: nobody in the model is in it"
    )
    assert rows["df"].value == 60 - 3 - 3
    assert rows["p"].value is not None


def test_what_gives_no_number_has_a_reason() -> None:
    def note(people: list[Person], *covariates: str, group: str = "b") -> str | None:
        row = _results(adjusted_study(covariates), people, group)["p"]
        assert row.value is None
        return row.note

    assert note(_people(regions="south"), "region") == "covariate 'Region' does not vary within the groups"
    same_age = [person | {"age": 0.1} for person in _people()]
    assert note(same_age, "dose", "age") == "covariate 'Age' does not vary within the groups"
    by_arm = [
        person | {"region": dict(zip("abc", ("north", "south", "west"), strict=True))[person["arm"]]} for person in _people()
    ]
    assert note(by_arm, "region") == "covariate 'Region: South' does not vary within the groups"
    twice = [person | {"dose": 70 - 2 * person["age"]} for person in _people()]
    assert note(twice, "age", "dose") == "covariate 'Dose' is collinear with those before it"
    as_baseline = [person | {"dose": 3 * person["T1"]} for person in _people()]
    assert note(as_baseline, "dose") == "covariate 'Dose' is collinear with those before it"
    assert note(_people(7), "region", "age") == "no residual degrees of freedom"
    assert note([person for person in _people() if person["arm"] != "b"], "age") == "nobody in the group"
    assert note([person for person in _people() if person["arm"] != "a"], "age") == "nobody in the reference group"
    assert note([], "age", "region") == "nobody in the reference group"


def test_numbers_of_a_model_without_an_interval_still_have_their_people() -> None:
    rows = _results(adjusted_study(["region", "age"]), _people(7))
    assert (rows["n"].value, rows["n_covariate_unknown"].value, rows["difference"].value is None) == (7, 0, False)
    assert all(row.value is not None or row.note for row in rows.values())


def test_the_planned_adjusted_test_is_the_one_with_the_covariates() -> None:
    family = Family(family="main", role="primary", outcomes=(SCALE,), contrasts=("up",), compares="groups_adjusted")
    study, people = adjusted_study(["age"], families=[family]), _people()
    assert planned_analyses(study)["groups_adjusted"] == "change_covariate_adjusted"
    rows = _results(study, people)
    assert {(rows[name].role, rows[name].family) for name in ("n", "difference", "p", "p_holm")} == {("primary", "main")}
    assert rows["p_slopes"].role == "exploratory"
    assert "p_holm" not in _results(study, people, contrast="down")
    of_baseline_alone = adjusted_change_results([], study)
    assert {(row.role, row.family) for row in of_baseline_alone} == {("exploratory", None)}
    assert "p_holm" not in {row.statistic for row in of_baseline_alone}
    without = adjusted_study([], families=[family])
    assert planned_analyses(without)["groups_adjusted"] == "change_adjusted"
    assert covariate_adjusted_results([], [], without) == []
    assert ("primary", "main") in {(row.role, row.family) for row in adjusted_change_results([], without)}
