"""Categories that only people are in whose covariate is not known: one term, as in R, and the method says so."""

import csv
import math
from collections.abc import Mapping
from pathlib import Path

import pytest
from covariate_moments import SCALE, Person, adjusted_study, covariate_moments, pairs_of
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.results import ResultRow, covariate_adjusted_results
from dagster_project.study import Study

pytestmark = pytest.mark.filterwarnings("error")

_SHARES = {"north": 0.5, "south": 0.3, "west": 0.2}
#: How many people, every how many of a region that is not known, the region of the others, whether some have no change.
_DATASETS = {
    "balanced": (60, 5, "north", False), "unbalanced": (80, 4, "south", True), "tiny": (9, 4, "west", False),
}  # fmt: skip
_WITNESS = Path(__file__).with_name("shared_terms_witness.csv")


def _people(n: int, every: int, known: str, late: bool, shares: Mapping[str, float]) -> list[Person]:
    people = [
        {
            "arm": "abc"[(number // 2 if late else number) % 3], "region": dict(shares) if number % every == 0 else known,
            "T1": float(3 + 7 * number % 12), "T2": float(3 + (5 * number**2 + 2 * number) % 13), "age": None, "dose": None,
        }
        for number in range(n)
    ]  # fmt: skip
    return [person for number, person in enumerate(people) if not late or number % 7 != 3]


def _results(study: Study, people: list[Person]) -> dict[tuple[str | None, str], ResultRow]:
    rows = covariate_adjusted_results(list(covariate_moments(study, people)), pairs_of(study, people), study)
    return {(row.people_group, row.statistic): row for row in rows if (row.outcome, row.contrast) == (SCALE, "up")}


@pytest.mark.parametrize("dataset", _DATASETS)
def test_r_gives_the_same_numbers(dataset: str) -> None:
    n, every, known, late = _DATASETS[dataset]
    results = _results(adjusted_study(["region"], has_means=True), _people(n, every, known, late, _SHARES))
    with _WITNESS.open(encoding="utf-8") as lines:
        next(lines)
        expected = [row for row in csv.DictReader(lines) if row["dataset"] == dataset]
    assert len(expected) == 14
    for row in expected:
        value = results[row["group"], row["statistic"]].value
        assert value == pytest.approx(float(row["value"]), rel=1e-9, abs=1e-9), row


def test_the_method_names_the_categories() -> None:
    results = _results(adjusted_study(["region"], has_means=True), _people(60, 5, "north", False, _SHARES))
    assert results["b", "difference"].method == (
        "change (T2 minus T1) adjusted for the score at baseline and Region, group minus reference; analysis of covariance,"
        " each its mean over the roster where it is not known, with one term for South or West of Region: nobody in the model"
        " is known to be in them"
    )
    assert str(results["b", "df"].method) == "people - groups - 2 slopes"


def test_a_category_with_one_known_person_has_a_term_of_its_own() -> None:
    people = _people(60, 5, "north", False, _SHARES)
    people[1]["region"] = "west"
    results = _results(adjusted_study(["region"], has_means=True), people)
    assert "one term" not in str(results["b", "difference"].method)
    assert results["b", "df"].value == 60 - 3 - 3


@settings(deadline=None, max_examples=25)
@given(st.integers(1, 98).flatmap(lambda first: st.tuples(st.just(first), st.integers(1, 99 - first))))
def test_how_the_roster_is_shared_among_them_changes_nothing(parts: tuple[int, int]) -> None:
    """One column times a number: the fit is the same whatever the shares."""
    shares = {"north": parts[0] / 100, "south": parts[1] / 100, "west": (100 - sum(parts)) / 100}
    study = adjusted_study(["region"], has_means=True)
    usual, other = (_results(study, _people(80, 4, "south", True, of)) for of in (_SHARES, shares))
    for statistic in ("difference", "se", "p"):
        value = other["c", statistic].value
        assert value is not None and math.isclose(value, usual["c", statistic].value or 0, rel_tol=1e-9, abs_tol=1e-9)
