"""Alpha and omega: of enough people or hidden, as they were printed, and with an interval of printed numbers."""

from dataclasses import replace
from pathlib import Path

import pytest
from disclosure.made_people import Person, made_patterns, made_people, made_results, made_study
from scipy.stats import f as f_distribution

from dagster_project.disclosure import Ledger, PublicResults, public_results
from dagster_project.disclosure.reliability import coefficient_rows, coefficients
from dagster_project.disclosure.values import ValueDecision
from dagster_project.places import EXAMPLE
from dagster_project.results import ResultRow
from dagster_project.results.result_collector import Rows
from dagster_project.statistics import feldt_interval
from dagster_project.study import Study, read_study

NAMES = ("n", "alpha", "alpha_ci95_low", "alpha_ci95_high", "omega")


def public_of(
    study: Study, people: list[Person], ledger: Ledger | None = None, changed: dict[str, float] | None = None
) -> PublicResults:
    results: dict[str, ResultRow] = made_results(study, people)
    for identifier, value in (changed or {}).items():
        results[identifier] = replace(results[identifier], value=value)
    return public_results(study, results, made_patterns(people), [], b"k", ledger or Ledger(1), "r")


def printed(public: PublicResults, wave: str = "T1") -> list[str]:
    return [public.rows[f"measurement/low_mood/{wave}/{name}"].printed for name in NAMES]


@pytest.mark.slow
def test_few_people_have_none(tmp_path: Path) -> None:
    study = made_study(tmp_path)
    assert printed(public_of(study, made_people(9, 2))) == ["*"] * 5
    eleven = [person for person in made_people(60, 2) if "T1" in person.complete_waves][:11]
    public = public_of(study, eleven)
    assert printed(public)[1:] == ["*"] * 4
    assert public.rows["measurement/low_mood/T1/alpha"].note in (
        "hidden: of too few people for a coefficient",
        "hidden: with it a count of fewer than 10 people could be calculated",
    )


def test_a_coefficient_of_scores_that_hardly_differ_is_hidden(tmp_path: Path) -> None:
    people = [
        replace(person, scores=dict.fromkeys(person.scores, 0.0) if index else person.scores)
        for index, person in enumerate(made_people(200, 5))
    ]
    public = public_of(made_study(tmp_path), people)
    assert printed(public)[1] == "*"
    assert public.rows["measurement/low_mood/T1/alpha"].note in (
        "hidden: it would tell too much of single people",
        "hidden: a mean of so few values would be a count of people",
    )


@pytest.mark.slow
def test_it_stays_as_printed_until_ten_people_more_or_fewer_answered(tmp_path: Path) -> None:
    study, people = made_study(tmp_path), made_people(240, 6)
    first = public_of(study, people[:200])
    changed = {"measurement/low_mood/T1/alpha": 0.31, "measurement/low_mood/T1/omega": 0.3}
    second = public_of(study, people[:203], first.ledger, changed)
    assert printed(second)[1] == printed(first)[1] != "*"
    assert printed(second)[4] == printed(first)[4]
    third = public_of(study, people, second.ledger, changed)
    assert [printed(third)[index] for index in (1, 4)] == [".31", ".30"]


def feldt(alpha: float, n: int, item_count: int) -> tuple[float, float]:
    """Written out once more."""
    df = n - 1, (n - 1) * (item_count - 1)
    low, high = (1 - (1 - alpha) * f_distribution.ppf(order, *df) for order in (0.975, 0.025))
    return low, high


@pytest.mark.slow
def test_feldts_interval() -> None:
    assert feldt_interval(0.85, 100, 5) == pytest.approx(feldt(0.85, 100, 5), abs=1e-12)


def test_the_interval_is_of_printed_numbers() -> None:
    """Whoever has results.csv computes it: of alpha and n as printed, and the number of items."""
    study = read_study(EXAMPLE)
    rows = Rows("measurement", study)
    for name, value in (("n", 27), ("alpha", 0.8961), ("alpha_ci95_low", 0.83), ("alpha_ci95_high", 0.94), ("omega", None)):
        rows.add("wellbeing", name, value, 27, wave="T1", note="no convergence")
    results = {row.result_id: row for row in rows.rows}
    (entry,) = coefficients(results)
    public_rows = [row for row, _ in coefficient_rows(study, results, entry, ValueDecision(".90", None), 25)]
    low, high = feldt(0.90, 25, 14)
    assert [(row.statistic, row.printed, row.n) for row in public_rows] == [
        ("alpha", ".90", 25), ("omega", "—", None), ("alpha_ci95_low", f"{low:.2f}"[1:], 25),
        ("alpha_ci95_high", f"{high:.2f}"[1:], 25),
    ]  # fmt: skip
