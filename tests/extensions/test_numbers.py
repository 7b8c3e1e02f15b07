"""Numbers of an analysis of a study's own as results: what they must keep to."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dagster_project.extensions.declaration import DeclaredAnalysis, Number, analysis, number, statistic
from dagster_project.extensions.numbers import AnalysisError, CountedPeople, checked_statistics, result_rows
from dagster_project.extensions.python_files import PythonAnalysis
from dagster_project.study import read_study

_STUDY = read_study(Path(__file__).parents[1] / "small_study")
_FILE = PythonAnalysis("gain", "analyses/gain.py", ("scale_scores",))
_PEOPLE = CountedPeople({("both", "mood_total", "T1-T2", None): 3, ("any", "mood_total", "", None): 4}, frozenset("abcd"))
_STATISTICS = (
    statistic("mean", formula="sum / n", people="both", unit="points"),
    statistic("share", formula="count / n", people="named", decimals=1),
    statistic("p", formula="P", people="nobody", decimals=3, kind="p"),
    statistic("answered", formula="count", people="any", decimals=0),
)


def _declared(*statistics: Any, reads: tuple[str, ...] = ("scale_scores",)) -> DeclaredAnalysis:
    return analysis(reads=reads, statistics=statistics or _STATISTICS, description="What it gives.")(lambda data: [])


def _rows(*numbers: Number) -> Any:
    return result_rows(_STUDY, _FILE, _declared(), numbers, _PEOPLE)


def test_a_number_is_a_result_with_the_statistics_words() -> None:
    rows, people = _rows(
        number("mean", "mood_total", 2.345, contrast="T1-T2"),
        number("share", "gain", 50, people={"b": 1.0, "a": None}, wave="T1"),
        number("p", "gain", 0.0001, category="one"),
        number("answered", "mood_total", 4),
    )
    assert [(row.result_id, row.printed, row.n, row.unit, row.role) for row in rows] == [
        ("own_gain/mood_total/T1-T2/mean", "2.35", 3, "points", "exploratory"),
        ("own_gain/gain/T1/share", "50.0", 2, "", "descriptive"),
        ("own_gain/gain/one/p", "< .001", None, "", "descriptive"),
        ("own_gain/mood_total/answered", "4", 4, "", "descriptive"),
    ]
    assert rows[0].method == "What it gives (analyses/gain.py, from marts.scale_scores)"
    assert people == [("own_gain/gain/T1/share", "a", None), ("own_gain/gain/T1/share", "b", 1.0)]


@pytest.mark.parametrize("value", [None, float("nan"), float("inf"), np.float64("nan")])
def test_what_is_undefined_has_a_reason(value: float | None) -> None:
    ((row,), _) = _rows(number("p", "gain", value, note="nobody changed"))
    assert (row.value, row.printed, row.note) == (None, "—", "nobody changed")
    with pytest.raises(AnalysisError, match=r"^own_gain/gain/p: has (no value|the value (nan|inf)), and no note says why"):
        _rows(number("p", "gain", value))


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        ([number("maen", "gain", 1)], "gives the statistic 'maen', which it does not declare; do you mean mean?"),
        (
            [number("p", "gain", 1), number("p", "gain", 2)],
            "gives own_gain/gain/p twice; give it once, or each an outcome, wave, category or group of its own",
        ),
        (
            [number("p", "a b", 1)],
            "'a b' cannot be part of a result id; use letters, digits, underscores and hyphens",
        ),
        ([number("p", "gain", 1, wave="T9")], "own_gain/gain/T9/p: the study has no wave T9; do you mean T2 or T1?"),
        ([number("p", "gain", 1, contrast="T1_T2")], "the study has no contrast T1_T2; do you mean T1-T2?"),
        ([number("p", "gain", 1, group="men")], "own_gain/gain/men/p: the study has no group men"),
        ([number("p", "gain", 1, wave="T1", contrast="T1-T2")], "has a wave and a contrast; give one of them"),
        ([number("p", "gain", "much")], "own_gain/gain/p: the value 'much' is no number"),  # type: ignore[arg-type]
        (
            [number("mean", "mood_total", 1, contrast="T1-T2", n=2)],
            "says n = 2, and 'both' counts 3; give all of them, or declare 'named'",
        ),
        (
            [number("mean", "gain", 1, contrast="T1-T2")],
            "people='both' counts nobody for 'gain' in T1-T2; give an outcome and moment of the study that it counts, or"
            " declare 'named' and give people=",
        ),
        (
            [number("share", "gain", 1, people=["a", "x"])],
            "own_gain/gain/share: names 1 who are not on the roster, of 2; give pseudonyms",
        ),
        ([number("share", "gain", 1)], "names nobody, and its statistic says people='named'; give people="),
        ([number("share", "gain", 1, people=["a"], n=2)], "says n = 2, and it names 1; give all of them"),
        ([number("p", 3, 1)], "gives a number of 'p' for 3: outcome is 3, which is no text"),  # type: ignore[arg-type]
        ([number("p", "gain", 1, group=3)], "gives a number of 'p' for 'gain': group is 3, which is no text"),  # type: ignore[arg-type]
        ([number("p", "gain", None, note=3)], "gives a number of 'p' for 'gain': note is 3, which is no text"),  # type: ignore[arg-type]
        ([number("p", "gain", 10**400)], "own_gain/gain/p: the value is too large to be kept; give a smaller unit"),
        *(
            ([number("p", "gain", 1, n=n)], f"own_gain/gain/p: n is {n!r}; give a whole number of people, or leave it out")
            for n in (float("nan"), 2.5, -1, "2")
        ),  # type: ignore[arg-type]
        ([number("p", "gain", 1, df=float("nan"))], "own_gain/gain/p: df is nan; give a number above 0, or leave it out"),
        (
            [number("p", "gain", 1, level=95)],
            "own_gain/gain/p: level is 95; give a share between 0 and 1, e.g. 0.95, or leave it out",
        ),
        (
            [number("share", "gain", 1, people=[None, "a"])],  # type: ignore[list-item]
            "own_gain/gain/share: people names None, which is no text; give pseudonyms",
        ),
        (
            [number("share", "gain", 1, people={"a": float("nan")})],
            "own_gain/gain/share: people: the value of somebody is nan; give a number, or None where there is none",
        ),
        ([number("p", "gain", 1, people=["a"])], "names people, and its statistic says people='nobody'; declare 'named'"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_line(numbers: list[Number], message: str) -> None:
    with pytest.raises(AnalysisError) as caught:
        _rows(*numbers)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def _with(**keywords: Any) -> Any:
    return statistic(**({"name": "mean", "formula": "sum", "people": "both"} | keywords))


@pytest.mark.parametrize(
    ("statistics", "message"),
    [
        ([_with(name="Mean")], "statistic 'Mean': its name has small letters, digits and underscores"),
        ([_with(), _with()], "statistic 'mean': it is declared twice"),
        ([_with(formula=" ")], "statistic 'mean': its formula is missing"),
        ([_with(people="all")], "people is 'all'; give one of score, both, any, value, named, nobody"),
        ([_with(kind="percent")], "kind is 'percent'; give one of number, p, within_one"),
        ([_with(name=3)], "statistic 3: name is 3, which is no text"),
        ([_with(formula=None)], "statistic 'mean': formula is None, which is no text"),
        ([_with(decimals="2")], "decimals is '2'; give 0 to 6"),
        ([_with(decimals=9)], "decimals is 9; give 0 to 6"),
        ([_with(limit_of="median")], "limit_of names 'median', which is no statistic of the analysis"),
    ],
)
def test_statistics_are_declared_whole(statistics: list[Any], message: str) -> None:
    with pytest.raises(AnalysisError) as caught:
        checked_statistics(_declared(*statistics))
    assert message in str(caught.value)


def test_an_analysis_says_what_it_reads() -> None:
    with pytest.raises(AnalysisError, match=r"^declares nothing that it reads, or no statistic; give reads and statistics$"):
        checked_statistics(_declared(reads=()))


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"reads": "scale_scores"}, "reads is 'scale_scores'; give a list"),
        ({"reads": [3]}, "reads names 3, which is no text; give names of tables"),
        ({"statistics": ["mean"]}, "statistics has 'mean'; give what wavehouse.statistic(…) gives"),
        ({"description": None}, "description is None, which is no text"),
    ],
)
def test_a_declaration_of_another_kind_is_refused_where_it_stands(keywords: dict[str, Any], message: str) -> None:
    with pytest.raises(TypeError) as caught:
        analysis(**({"reads": ["scale_scores"], "statistics": [_STATISTICS[0]]} | keywords))
    assert str(caught.value) == message
