"""What is said of the model of answers over all waves: which measures have one, names, methods, and reasons without a number."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from measures_study import write_measures_study

from dagster_project.report.group_methods import group_methods
from dagster_project.results import ResultRow, group_tables, repeated_answers_results
from dagster_project.statistics import AnswerPattern, fit_repeated_answers
from dagster_project.study import RepeatedMeasures, Study, read_study

pytestmark = pytest.mark.filterwarnings("error")


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return read_study(write_measures_study(tmp_path_factory.mktemp("answers") / "measures_study", size=2))


def _trial(cohort: Study, **groups: Any) -> Study:
    """The same as a trial, or with other keys of groups."""
    definition = cohort.protocol.groups.model_copy(update={"design": "randomised", **groups})  # type: ignore[union-attr]
    return replace(cohort, protocol=cohort.protocol.model_copy(update={"groups": definition}))


def _mart(people: Sequence[tuple[str, str, str, int]], measure: str = "in_work") -> list[dict[str, Any]]:
    """Rows of marts.group_answer_patterns: group, waves, answers, n."""
    names = ("people_group", "pattern", "answers", "n")
    return [{"measure": measure} | dict(zip(names, row, strict=True)) for row in people]


_IN_WORK = [
    ("town", "T1+T2+T3", "0+1+1", 5), ("town", "T1+T2+T3", "1+0+0", 4), ("town", "T1+T2", "1+1", 6), ("town", "T1", "0", 3),
    ("town", "T1+T2+T3", "0+0+0", 5), ("country", "T1+T2+T3", "0+1+1", 7), ("country", "T1+T2+T3", "1+1+0", 3),
    ("country", "T1+T3", "1+1", 6), ("country", "T1+T2+T3", "0+0+0", 4), ("country", "T3", "1", 1),
]  # fmt: skip


def _results(study: Study, mart: Sequence[dict[str, Any]]) -> dict[str, ResultRow]:
    rows = repeated_answers_results(mart, study)
    assert all(row.value is not None or row.note for row in rows)
    ids = [row.result_id for row in rows]
    assert len(set(ids)) == len(ids)
    return {row.result_id: row for row in rows}


def _patterns(group: str) -> list[AnswerPattern]:
    waves = {"T1": 0, "T2": 1, "T3": 2}
    return [
        AnswerPattern(tuple(waves[wave] for wave in pattern.split("+")), tuple(map(int, answers.split("+"))), n)
        for name, pattern, answers, n in _IN_WORK
        if name == group
    ]


def test_the_numbers_are_those_of_the_model(cohort: Study) -> None:
    results = _results(_trial(cohort), _mart(_IN_WORK))
    weights = [[[0, -1, 0], [0, 1, 0]], [[1, 0, -1], [-1, 0, 1]]]
    patterns = [_patterns("town"), _patterns("country")]
    model = fit_repeated_answers(patterns, 3, 2, weights, baseline="constrained")
    assert (results["glmm/in_work/n"].value, results["glmm/in_work/n_answers"].value) == (44, model.n_answers)
    odds = model.contrasts[0]
    for name, value in (
        ("odds_ratio", odds.ratio), ("odds_ratio_ci95_low", odds.ci_low), ("odds_ratio_ci95_high", odds.ci_high),
        ("se", odds.se), ("z", odds.z), ("p", odds.p),
    ):  # fmt: skip
        row = results[f"glmm_difference/in_work/country/T2/{name}"]
        assert row.value == pytest.approx(value, rel=1e-12)
        assert (row.n, row.role, row.compared_with) == (44, "exploratory", "town")
    # Of a first wave that is the same in all groups nothing is compared; a change from it is what the later wave is.
    assert "glmm_difference/in_work/country/T1/odds_ratio" not in results
    change = results["glmm_difference/in_work/country/T1-T3/odds_ratio"]
    assert change.value == pytest.approx(model.contrasts[1].ratio, rel=1e-12)
    assert change.value == pytest.approx(results["glmm_difference/in_work/country/T3/odds_ratio"].value, rel=1e-9)
    assert change.method == (
        "ratio of odds ratios of a person: odds of yes at T3 / at T1, in the group / in the reference; logistic regression with"
        " a normal random intercept of each person, by maximum likelihood; the first wave with the same share in all groups"
    )
    share = results["glmm/in_work/yes/town/T3/percent"]
    assert share.value == pytest.approx(100 * model.shares[0][2][1].share, rel=1e-12)
    assert "glmm/in_work/no/town/T3/percent" not in results
    difference = results["glmm_difference/in_work/yes/country/T3/risk_difference"]
    assert difference.value == pytest.approx(results["glmm/in_work/yes/country/T3/percent"].value - share.value, rel=1e-9)  # type: ignore[operator]


@pytest.mark.parametrize(
    ("design", "declared", "words"),
    [
        ("randomised", None, "the same share in all groups"), ("natural", None, "a share of each group"),
        ("randomised", "free", "a share of each group"), ("natural", "constrained", "the same share in all groups"),
        ("randomised", "covariate", "the same share in all groups"), ("natural", "covariate", "a share of each group"),
    ],
)  # fmt: skip
def test_the_first_wave_is_taken_as_the_mixed_model_takes_it(cohort: Study, design: str, declared: Any, words: str) -> None:
    study = _trial(cohort, design=design, repeated_measures=RepeatedMeasures(baseline=declared))
    results = _results(study, _mart(_IN_WORK))
    assert results["glmm/in_work/icc"].method.endswith(f"the first wave with {words}")
    assert ("glmm_difference/in_work/country/T1/odds_ratio" in results) == (words == "a share of each group")
    said = next(line for line in group_methods(study, {"glmm_difference"}) if line.startswith("Answers in all waves"))
    assert ("one share for all groups" in said) == (words == "the same share in all groups")


def test_ordered_categories_have_a_model_and_others_have_none(cohort: Study) -> None:
    """Health is asked in T1 and T3; where somebody lives has no order."""
    people = [
        (group, "T1+T3", f"{first}+{last}", 1 + (3 * first + last + number) % 4)
        for number, group in enumerate(("town", "country"))
        for first in (1, 2, 3)
        for last in (1, 2, 3)
    ]
    results = _results(cohort, [*_mart(people, "health"), *_mart(people, "living")])
    assert {row.outcome for row in results.values()} == {"in_work", "health"}
    assert "odds of a higher category at T3 in the group" in results["glmm_difference/health/country/T3/p"].method
    shares = [results[f"glmm/health/{category}/town/T3/percent"].value or 0.0 for category in ("poor", "fair", "good")]
    assert sum(shares) == pytest.approx(100, rel=1e-12)
    assert results["glmm/in_work/icc"].note == "nobody has an answer"


def test_what_has_no_number_says_why_by_the_names_of_groups_waves_and_answers(cohort: Study) -> None:
    everybody = [
        row if row[0] == "town" else ("country", "T1+T2+T3", f"{number % 2}+1+0", 4) for number, row in enumerate(_IN_WORK)
    ]
    results = _results(_trial(cohort), _mart(everybody))
    odds = results["glmm_difference/in_work/country/T2/odds_ratio"]
    assert (odds.value, odds.note) == (None, "everybody in group country gave yes in T2")
    share, low = (results[f"glmm/in_work/yes/country/T2/{name}"] for name in ("percent", "ci95_low"))
    assert (share.value, low.value, low.note) == (100, None, "everybody in group country gave yes in T2")
    assert results["glmm_difference/in_work/yes/country/T2/risk_difference"].value is not None
    nobody = _results(_trial(cohort), _mart([row for row in _IN_WORK if row[0] == "town"]))
    assert nobody["glmm_difference/in_work/country/T2/p"].note == "nobody in group country has an answer"
    assert nobody["glmm/in_work/n"].value == sum(row[3] for row in _IN_WORK if row[0] == "town")
    alone = _results(_trial(cohort), _mart([("town", "T3", "1", 4), ("country", "T3", "0", 2)]))
    assert alone["glmm/in_work/icc"].note == "answers in T3 alone"


def test_a_variance_of_0_is_remarked(cohort: Study) -> None:
    people = [
        (group, "T1+T2+T3", answers, 5) for group in ("town", "country") for answers in ("0+1+0", "1+0+1", "0+0+1", "1+1+0")
    ]
    row = _results(_trial(cohort), _mart(people))["glmm/in_work/intercept_variance"]
    assert row.value == 0
    assert row.note == (
        "the variance of the random intercept is at its lowest, 0: a person's answers are as independent as those of others"
    )


def test_tables_have_a_row_for_each_group_and_answer(cohort: Study) -> None:
    rows = repeated_answers_results(_mart(_IN_WORK), _trial(cohort))
    tables = {table.name: table for table in group_tables(_trial(cohort), rows)}
    shares, odds = tables["answers_model"], tables["answers_model_odds"]
    assert [row.label for row in shares.rows][:3] == ["In paid work", "Town (reference)", "Country"]
    assert [row.label for row in odds.rows][:2] == ["In paid work", "Country"]
    assert odds.rows[1].cells[0].text == "44"
    assert tables["answers_model_differences"].rows[1].cells[2].result_ids[0].endswith("/T3/risk_difference")


def test_without_groups_there_is_no_model(cohort: Study) -> None:
    protocol = cohort.protocol.model_copy(update={"groups": "none"})
    assert repeated_answers_results(_mart(_IN_WORK), replace(cohort, protocol=protocol)) == []


def test_people_counted_in_parts_are_the_same_people(cohort: Study) -> None:
    halves = [(group, pattern, answers, 1) for group, pattern, answers, n in _IN_WORK for _ in range(n)]
    whole, parts = (_results(_trial(cohort), _mart(people)) for people in (_IN_WORK, halves))
    values = {name: row.value for name, row in whole.items() if row.outcome == "in_work"}
    assert {name: parts[name].value for name in values} == pytest.approx(values, rel=1e-7)
    assert None not in values.values()
