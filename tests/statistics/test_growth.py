"""Linear growth against R on fourteen data sets, what must hold whatever the numbers are, and its refusals."""

import math
from collections import defaultdict
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from dagster_project.statistics import Estimate, GrowthModel, TimeSums, growth_model, sums_of_people, time_sums
from dagster_project.statistics.growth_inference import GROWTH_DF, GrowthDf

Floats = NDArray[np.float64]
Said = dict[tuple[str, str], dict[tuple[str, str], float]]
pytestmark = pytest.mark.filterwarnings("error")
COMPONENTS = ("sd_intercept", "sd_slope", "correlation", "sd_residual", "log_restricted_likelihood", "is_singular")
STATISTICS = ("estimate", "se", "df", "t", "p", "ci_low", "ci_high")


def _sums(said: dict[tuple[str, str], float]) -> list[TimeSums]:
    """The sums of each group, a row a person."""
    people: dict[int, dict[int, dict[str, float]]] = defaultdict(lambda: defaultdict(dict))
    for (name, statistic), value in said.items():
        group, person = map(int, name.split("-"))
        people[group][person][statistic] = value
    groups = []
    for _, rows in sorted(people.items()):
        columns = {name: np.array([row[name] for row in rows.values()]) for name in next(iter(rows.values()))}
        y, ty = columns["y"], columns["ty"]
        covariates = None
        if "x1" in columns:
            mean = np.column_stack([columns["x1"], columns["x2"]])
            covariates = (mean, np.zeros((len(y), 2, 2)), np.zeros((len(y), 2, 2)))
        groups.append(
            time_sums(
                np.ones(len(y)), np.column_stack([columns["n"], columns["t"], columns["tt"]]), np.column_stack([y, ty]),
                np.column_stack([y**2, y * ty, ty**2]), columns["yy"], covariates,
            )
        )  # fmt: skip
    return groups


def _by_times(sums: TimeSums) -> TimeSums:
    """The same with the people of the same times in one row."""
    times, row_of = np.unique(sums.times, axis=0, return_inverse=True)
    rows = [np.flatnonzero(row_of == index) for index in range(len(times))]
    of_covariates = None
    if sums.covariates is not None:
        x = [sums.covariates.mean[index] for index in rows]
        scores = [sums.scores[index] for index in rows]
        away = [values - values.mean(axis=0) for values in x]
        of_covariates = (
            np.array([values.mean(axis=0) for values in x]),
            np.array([values.T @ values for values in away]),
            np.array([values.T @ own for values, own in zip(away, scores, strict=True)]),
        )
    return time_sums(
        [len(index) for index in rows], times, [sums.scores[index].sum(axis=0) for index in rows],
        [sums.products[index].sum(axis=0) for index in rows], [sums.squares[index].sum() for index in rows], of_covariates,
    )  # fmt: skip


def _named(model: GrowthModel) -> dict[tuple[str, str], Estimate]:
    """Every estimate by R's name for it, and its number."""
    return {
        (name, f"_{order}"): estimate
        for name, estimates, first in (
            ("intercept", model.intercepts, 1), ("slope", model.slopes, 1), ("difference", model.differences, 2),
            ("level", [levels[0] for levels in model.levels], 1), ("covariate", model.covariate_levels, 1),
            ("covariate_slope", model.covariate_slopes, 1),
        )
        for order, estimate in enumerate(estimates, start=first)
    }  # fmt: skip


#: A p of 1e-40 and a correlation near 0 have fewer digits than what they are made of; lmerTest's slopes are numerical.
TOLERANCES = {"p": 1e-4, "correlation": 2e-5, "df": 2e-6}


@pytest.mark.parametrize("is_by_times", [False, True])
@pytest.mark.slow
def test_growth_is_what_r_says(witness: Callable[[str], Said], is_by_times: bool) -> None:
    """lmer with lmerTest and, after Kenward and Roger, pbkrtest; from a row a person, and from a row for the same times."""
    said, checked = witness("growth"), 0
    names = [dataset for dataset, scale in said if scale == "fit"]
    assert len(names) == 19
    for name in names:
        sums, expected = _sums(said[name, "sums"]), said[name, "fit"]
        covariates = ("x1", "x2") if sums[0].covariates is not None else ()
        has_slopes = ("covariate_slope_1", "estimate") in expected
        parts = [_by_times(part) for part in sums] if is_by_times else sums
        model, adjusted = (
            growth_model(parts, times=[2.5], covariates=covariates, has_covariate_slopes=has_slopes, df=df)
            for df in GROWTH_DF
        )
        assert model.has_converged, (name, model.reason)
        ours = {("", key): float(getattr(model, key)) for key in COMPONENTS}
        for (key, order), estimate in _named(model).items():
            ours |= {(f"{key}{order}", statistic): getattr(estimate, statistic) for statistic in STATISTICS}
        for (key, order), estimate in _named(adjusted).items():
            ours |= {(f"{key}{order}", "kr_se"): estimate.se, (f"{key}{order}", "kr_df"): estimate.df}
            assert estimate.t == pytest.approx(estimate.estimate / estimate.se)
        assert set(ours) == set(expected)
        for label, value in ours.items():
            tolerance = TOLERANCES.get(label[1], 1e-6)
            assert value == pytest.approx(expected[label], rel=tolerance, abs=0, nan_ok=True), (name, *label)
            checked += 1
    assert checked > 800


def test_a_singular_fit_is_called_that(witness: Callable[[str], Said]) -> None:
    said = witness("growth")
    reasons = {}
    for name in (name for name, scale in said if scale == "fit"):
        sums = _sums(said[name, "sums"])
        reasons[name] = growth_model(sums, covariates=("x1", "x2") if sums[0].covariates is not None else ()).reason
    assert {name: reason for name, reason in reasons.items() if reason} == {
        "slopes_alike": "singular: the levels and slopes of people vary in one direction only",
        "edge": "singular: the levels and slopes of people vary in one direction only",
        "edge_covariates": "singular: the levels and slopes of people vary in one direction only",
        "two_people": "singular: the levels and slopes of people vary in one direction only",
        "people_alike": "singular: people do not differ beyond chance in level or slope",
    }


def test_sleepstudy_is_what_is_published_of_it(witness: Callable[[str], Said]) -> None:
    """Bates and others, J Stat Softw 2015, 67(1): the fit of Reaction ~ Days + (Days | Subject) by REML."""
    model = growth_model(_sums(witness("growth")["sleepstudy", "sums"]))
    line = (model.intercepts[0].estimate, model.intercepts[0].se, model.slopes[0].estimate, model.slopes[0].se)
    assert [round(value, 3) for value in line] == [251.405, 6.825, 10.467, 1.546]
    spread = (model.sd_intercept, model.sd_slope, model.correlation, model.sd_residual)
    assert [round(value, 2) for value in spread] == [24.74, 5.92, 0.07, 25.59]
    assert round(-2 * model.log_restricted_likelihood, 1) == 1743.6


def _people(seed: int, people: int = 12, waves: int = 4) -> tuple[Floats, Floats, Floats]:
    random = np.random.default_rng(seed)
    person = np.repeat(np.arange(people), waves).astype(np.float64)
    time = np.round(np.tile(np.arange(waves) * 90.0, people) + random.uniform(0, 30, len(person)))
    score = (
        20
        - 0.01 * time
        + np.repeat(random.normal(0, 5, people), waves)
        + np.repeat(random.normal(0, 0.02, people), waves) * time
    )
    keep = random.random(len(person)) < 0.85
    keep[:waves] = True
    return person[keep], time[keep], (score + random.normal(0, 3, len(person)))[keep]


def _groups(person: Floats, time: Floats, score: Floats) -> list[TimeSums]:
    return [sums_of_people(*(values[person % 2 == group] for values in (person, time, score))) for group in (0, 1)]


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.floats(-50, 50), st.floats(0.01, 50), st.floats(0.01, 50))
def test_units_of_time_and_score_change_units_alone(seed: int, shift: float, time_unit: float, score_unit: float) -> None:
    person, time, score = _people(seed)
    df = GROWTH_DF[seed % 2]
    plain = growth_model(_groups(person, time, score), df=df)
    moved = growth_model(_groups(person, time * time_unit, shift + score * score_unit), df=df)
    assert (moved.reason, moved.n_people, moved.n_observations) == (plain.reason, plain.n_people, plain.n_observations)
    first, second = plain.differences[0], moved.differences[0]
    assert second.estimate == pytest.approx(first.estimate * score_unit / time_unit, rel=1e-6)
    assert (second.se, second.df) == pytest.approx((first.se * score_unit / time_unit, first.df), rel=1e-5)
    assert moved.sd_residual == pytest.approx(plain.sd_residual * score_unit, rel=1e-6)
    assert moved.intercepts[0].estimate == pytest.approx(
        plain.intercepts[0].estimate * score_unit + shift, rel=1e-6, abs=1e-6
    )


def _with_covariates(seed: int, factor: float = 1.0, shift: float = 0.0) -> tuple[list[TimeSums], tuple[Floats, ...]]:
    person, time, score = _people(seed)
    random = np.random.default_rng(seed + 1)
    age = random.normal(40, 12, 12)[person.astype(int)]
    is_treated = (random.random(12) < 0.5)[person.astype(int)].astype(float)
    score = score + 0.1 * age + 2 * is_treated - 0.01 * is_treated * time
    covariates = (shift + factor * age, is_treated)
    return [
        sums_of_people(
 person[person % 2 == group], time[person % 2 == group], score[person % 2 == group],
 [values[person % 2 == group] for values in covariates],
)
        for group in (0, 1)
    ], (person, time, score, *covariates)  # fmt: skip


@pytest.mark.parametrize("df", GROWTH_DF)
@pytest.mark.parametrize("has_slopes", [False, True])
def test_other_units_and_origins_of_covariates_change_their_effects_alone(df: GrowthDf, has_slopes: bool) -> None:
    plain, moved = (
        growth_model(
            _with_covariates(6, *unit)[0],
            times=[90.0],
            covariates=["age", "treated"],
            has_covariate_slopes=has_slopes,
            df=df,
        )
        for unit in ((1.0, 0.0), (-1e4, 3e6))
    )
    assert plain.has_converged
    pairs = [(plain.differences[0], moved.differences[0], 1.0), (plain.levels[1][0], moved.levels[1][0], 1.0),
             (plain.covariate_levels[0], moved.covariate_levels[0], -1e-4)]  # fmt: skip
    if has_slopes:
        pairs.append((plain.covariate_slopes[0], moved.covariate_slopes[0], -1e-4))
    assert len(plain.covariate_slopes) == (2 if has_slopes else 0)
    for ours, theirs, factor in pairs:
        expected = (ours.estimate * factor, ours.se * abs(factor), ours.df)
        assert (theirs.estimate, theirs.se, theirs.df) == pytest.approx(expected, rel=1e-6)


def test_a_covariate_without_an_effect_of_its_own_is_named() -> None:
    _, (person, time, score, age, _) = _with_covariates(7)

    def reason(first: Floats, second: Floats) -> str:
        groups = [
            sums_of_people(
 person[person % 2 == group], time[person % 2 == group], score[person % 2 == group],
 [values[person % 2 == group] for values in (first, second)],
)
            for group in (0, 1)
        ]  # fmt: skip
        model = growth_model(groups, covariates=["age", "treated"])
        assert math.isnan(model.differences[0].p)
        assert [len(estimates) for estimates in (model.covariate_levels, model.covariate_slopes)] == [2, 0]
        return model.reason

    assert reason(age, np.full(len(age), 0.1)) == "covariate 'treated' does not vary within the groups"
    assert reason(age, 7 - 3 * age) == "covariate 'treated' is collinear with those before it"
    # Of the people with scores at one time alone, a slope moved by a covariate cannot be told from its level.
    is_late = person < 4
    time = np.where(is_late, 90.0, time)
    groups = [sums_of_people(person, time, score, [np.where(is_late, age, 0.0)])]
    model = growth_model(groups, covariates=["age"], has_covariate_slopes=True)
    assert model.reason == "covariate 'age' is collinear with the lines and what is before it"


def test_sums_and_covariates_that_do_not_fit_are_refused() -> None:
    groups, _ = _with_covariates(8)
    with pytest.raises(ValueError, match=r"^the sums have 2 covariates, and 0 are named; give as many$"):
        growth_model(groups)
    with pytest.raises(ValueError, match=r"^the sums have 0 covariates, and 1 are named; give as many$"):
        growth_model([sums_of_people([1, 1, 2, 2], [0, 1, 0, 1], [1, 2, 3, 5])], covariates=["age"])
    with pytest.raises(
        ValueError, match=r"^there are no degrees of freedom 'residual'; give one of satterthwaite, kenward_roger$"
    ):
        growth_model(groups, covariates=["age", "treated"], df="residual")  # type: ignore[arg-type]
    with pytest.raises(
        ValueError, match=r"^covariates have the shapes \(1, 2\), \(1, 1, 1\) and \(1, 2, 2\); give \(1, q\)"
    ):
        time_sums([1], [[1, 0, 0]], [[2, 0]], [[4, 0, 0]], [4], (np.ones((1, 2)), np.ones((1, 1, 1)), np.ones((1, 2, 2))))


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6))
@pytest.mark.slow
def test_people_with_the_same_times_may_be_one_row(seed: int) -> None:
    """Sums of people with the same times give what the people give, one by one."""
    random = np.random.default_rng(seed)
    person = np.repeat(np.arange(30), 3)
    time = np.where(person % 3 == 0, np.tile([0.0, 90.0, 180.0], 30), np.tile([0.0, 60.0, 200.0], 30))
    score = random.normal(0, 5, 30)[person] + random.normal(0, 0.03, 30)[person] * time + random.normal(0, 3, 90)
    single = sums_of_people(person, time, score)
    rows = [np.flatnonzero(single.times[:, 1] == total) for total in (270.0, 260.0)]
    summed = time_sums(
        [len(index) for index in rows],
        [single.times[index[0]] for index in rows],
        [single.scores[index].sum(axis=0) for index in rows],
        [single.products[index].sum(axis=0) for index in rows],
        [single.squares[index].sum() for index in rows],
    )
    one_by_one, by_row = growth_model([single]), growth_model([summed])
    assert by_row.n_people == one_by_one.n_people == (30,)
    for name in ("estimate", "se", "df"):
        expected = getattr(one_by_one.slopes[0], name)
        assert getattr(by_row.slopes[0], name) == pytest.approx(expected, rel=1e-6, abs=1e-9)


@pytest.mark.slow
def test_a_hundred_thousand_people_have_the_lines_that_they_were_made_with() -> None:
    random, people = np.random.default_rng(3), 100_000
    person = np.repeat(np.arange(people), 4).astype(np.float64)
    time = np.tile([0.0, 3.0, 6.0, 12.0], people) + random.normal(0, 0.3, 4 * people)
    slopes = np.where(person % 2 == 1, -0.5, -0.3) + np.repeat(random.normal(0, 0.3, people), 4)
    score = 20 + np.repeat(random.normal(0, 4, people), 4) + slopes * time + random.normal(0, 3, 4 * people)
    model = growth_model(_groups(person, time, score))
    assert model.differences[0].estimate == pytest.approx(-0.2, abs=0.01)
    assert (model.sd_intercept, model.sd_slope, model.sd_residual) == pytest.approx((4, 0.3, 3), rel=0.02)


def _refusal(groups: Sequence[TimeSums]) -> str:
    model = growth_model(groups)
    assert not model.has_converged
    assert all(math.isnan(estimate.estimate) for estimate in (*model.intercepts, *model.slopes, *model.differences))
    assert math.isnan(model.sd_residual)
    return model.reason


NOBODY = time_sums([], [], [], [], [])


@pytest.mark.parametrize(
    ("groups", "reason"),
    [
        ([], "nobody has a score at a known time"),
        ([NOBODY, NOBODY], "nobody has a score at a known time"),
        ([sums_of_people([1, 2, 3], [0, 0, 0], [4, 5, 7])], "all scores are at one time"),
        ([sums_of_people([1, 2, 3], [0, 90, 180], [4, 5, 7])], "nobody has scores at two times"),
        (
            [sums_of_people([1, 1, 1, 2, 2, 2], [0, 9, 18] * 2, [4, 5, 7, 1, 5, 3]), sums_of_people([1, 2], [0, 0], [4, 5])],
            "all scores of group 2 are at one time",
        ),
        (
            [sums_of_people([1, 1], [0, 90], [4, 5])],
            "as many coefficients as scores: nothing is left to estimate their spread",
        ),
        ([sums_of_people([1, 1, 1, 2, 2, 2], [0, 9, 18] * 2, [0.0] * 6)], "no variation"),
        ([sums_of_people([1, 1, 1, 2, 2, 2], [0, 9, 18] * 2, [0, 1, 2] * 2)], "no variation about the line"),
        (
            [sums_of_people([1, 1, 1, 1], [0, 9, 18, 27], [4, 5, 7, 1])],
            "too few scores a person to tell the spread of slopes from that of scores",
        ),
        (
            [sums_of_people([1, 1, 2, 2, 3, 3], [0, 9] * 3, [4, 5, 7, 1, 2, 9])],
            "too few scores a person to tell the spread of slopes from that of scores",
        ),
        (
            [sums_of_people([1, 1, 2, 2, 3, 3, 4, 4], [0, 9, 1, 12, 0, 7, 2, 20], [4, 5, 7, 1, 2, 9, 3, 3])],
            "nobody has scores at three times: own slopes of people cannot be told from error",
        ),
        (
            [sums_of_people([1, 1, 1, 2, 2, 2, 3, 3, 3], [0, 9, 18] * 3, [0, 1, 2, 5, 3, 1, 7, 7, 7])],
            "the model does not converge: no variation of scores about people's own lines",
        ),
    ],
)
def test_why_there_is_no_model(groups: Sequence[TimeSums], reason: str) -> None:
    assert _refusal(groups) == reason


def test_a_group_without_people_has_no_line_and_the_others_have_theirs() -> None:
    person, time, score = _people(4)
    first, second = _groups(person, time, score)
    with_gap, pair = growth_model([first, NOBODY, second]), growth_model([first, second])
    assert math.isnan(with_gap.slopes[1].estimate)
    assert math.isnan(with_gap.differences[0].estimate)
    assert with_gap.differences[1] == pair.differences[0]
    assert with_gap.n_people == (pair.n_people[0], 0, pair.n_people[1])


def test_sums_of_another_shape_are_refused() -> None:
    with pytest.raises(ValueError, match=r"times have the shape \(2, 2\); give \(2, 3\)"):
        time_sums([1, 1], [[1, 2], [1, 2]], [[1, 2], [1, 2]], [[1, 2, 3], [1, 2, 3]], [1, 2])
