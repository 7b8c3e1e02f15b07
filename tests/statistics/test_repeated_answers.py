"""The model of answers over all waves against R's lme4 and ordinal on five data sets."""

import math
from collections import Counter, defaultdict
from collections.abc import Callable

import numpy as np
import pytest

from dagster_project.statistics import AnswerPattern, RepeatedAnswers, fit_repeated_answers

Values = dict[tuple[str, str], float]
Said = dict[tuple[str, str], Values]
Groups = list[list[AnswerPattern]]
pytestmark = pytest.mark.filterwarnings("error")


def _groups_of(values: Said, dataset: str) -> Groups:
    """The people of each group by their answers."""
    answers: dict[tuple[int, int], dict[int, int]] = defaultdict(dict)
    for (group, cell), value in values[dataset, "data"].items():
        row, column = cell.split("-")
        if not math.isnan(value):
            answers[int(group), int(row)][int(column) - 1] = int(value)
    counts = Counter((group, tuple(sorted(answer_in.items()))) for (group, _), answer_in in answers.items())
    groups: Groups = [[] for _ in range(max(number for number, _ in counts))]
    for (number, pattern), n in sorted(counts.items()):
        groups[number - 1].append(
            AnswerPattern(tuple(wave for wave, _ in pattern), tuple(answer for _, answer in pattern), n)
        )
    return groups


def _fit(groups: Groups, baseline: str) -> RepeatedAnswers:
    """The model, with each group against the first in each wave as contrasts."""
    waves = 1 + max(wave for group in groups for pattern in group for wave in pattern.waves)
    categories = 1 + max(answer for group in groups for pattern in group for answer in pattern.answers)
    contrasts = []
    for group in range(1, len(groups)):
        for wave in range(waves):
            weight = np.zeros((len(groups), waves))
            weight[group, wave], weight[0, wave] = 1, -1
            contrasts.append(weight)
    return fit_repeated_answers(groups, waves, categories, contrasts, baseline=baseline)  # type: ignore[arg-type]


def _number(model: RepeatedAnswers, term: str, statistic: str, waves: int) -> float:
    """What R calls by this name."""
    kind, *numbers = term.rsplit("_", 1) if term.startswith(("threshold", "effect", "log_odds")) else term.split("_")
    if not numbers:
        return model.log_likelihood if term == "" else math.sqrt(model.variance)
    if kind == "threshold":
        return float(model.thresholds[int(numbers[0]) - 1])
    group, wave = (int(part) - 1 for part in numbers[0].split("-"))
    if kind == "effect":
        return float(model.effects[group, wave])
    if kind == "log_odds":
        odds = model.contrasts[(group - 1) * waves + wave]
        return {"estimate": odds.log_odds_ratio, "se": odds.se, "p": odds.p}[statistic]
    share = (model.shares if kind == "share" else model.differences)[group][wave][int(numbers[1]) - 1]
    return share.share if statistic == "estimate" else share.se


#: R's own error: of nodes where a person's answers are very much alike (SD 3.6), of numerical derivatives.
_WITHIN = {"leaving": 3e-6}


@pytest.mark.parametrize("dataset", ["balanced", "leaving", "ordered", "edge", "few"])
def test_estimates_and_standard_errors_agree_with_r(dataset: str, witness: Callable[[str], Said]) -> None:
    values = witness("repeated_answers")
    names = {name for key, name in values if key == dataset and name != "data"}
    groups = _groups_of(values, dataset)
    waves = 1 + max(wave for group in groups for pattern in group for wave in pattern.waves)
    assert names
    for name in names:
        model = _fit(groups, name)
        compared = 0
        for (term, statistic), expected in values[dataset, name].items():
            if statistic == "clmm_log_likelihood":
                # ordinal's optimiser stops before the maximum.
                assert expected <= model.log_likelihood + 1e-7
                assert expected == pytest.approx(model.log_likelihood, abs=1e-6)
                continue
            # Thresholds and effects have standard errors through odds ratios and shares.
            if statistic == "clmm" or (statistic == "se" and term.startswith(("threshold", "effect"))):
                continue
            if (term, statistic) == ("sd", "se"):
                value = model.variance_se / (2 * math.sqrt(model.variance))
            else:
                value = _number(model, term, statistic, waves)
            within = _WITHIN.get(dataset, 1e-6)
            assert value == pytest.approx(expected, rel=within, abs=within), (name, term, statistic)
            compared += 1
        assert compared > 25


def test_clmm_comes_near_the_maximum(witness: Callable[[str], Said]) -> None:
    values = witness("repeated_answers")["ordered", "free"]
    model = _fit(_groups_of(witness("repeated_answers"), "ordered"), "free")
    numbers = [value for (term, statistic), value in values.items() if statistic == "clmm"]
    assert numbers[:3] == pytest.approx(model.thresholds, abs=1e-4)
    assert numbers[-1] == pytest.approx(math.sqrt(model.variance), abs=1e-4)


def test_a_variance_at_its_lowest_is_a_value_with_a_remark(witness: Callable[[str], Said]) -> None:
    model = _fit(_groups_of(witness("repeated_answers"), "edge"), "free")
    assert (model.variance, model.icc) == (0.0, 0.0)
    assert model.reason == (
        "the variance of the random intercept is at its lowest, 0: a person's answers are as independent as those of others"
    )
    assert all(math.isfinite(odds.ratio) for odds in model.contrasts)


def test_who_all_gave_one_answer_have_a_share_and_no_odds(witness: Callable[[str], Said]) -> None:
    model = _fit(_groups_of(witness("repeated_answers"), "few"), "constrained")
    odds, share = model.contrasts[2], model.shares[1][2]
    assert math.isnan(odds.ratio)
    assert odds.reason == "everybody in group 2 gave answer 2 in wave 3"
    assert [entry.share for entry in share] == [0.0, 1.0]
    assert math.isnan(share[1].ci_low)
    assert model.differences[1][2][1].share == pytest.approx(1 - model.shares[0][2][1].share, rel=1e-12)
    assert model.contrasts[0].reason == model.differences[1][0][0].reason == "the same in all groups"
    assert math.isfinite(model.contrasts[1].ratio)


def _people(*rows: tuple[str, int]) -> list[AnswerPattern]:
    """Answers a wave a letter, - without one; and how many people."""
    return [
        AnswerPattern(
            tuple(wave for wave, answer in enumerate(text) if answer != "-"),
            tuple(int(answer) for answer in text if answer != "-"),
            n,
        )
        for text, n in rows
    ]


_MIXED = _people(("011", 6), ("001", 5), ("110", 4), ("100", 3), ("111", 3), ("000", 4))


@pytest.mark.parametrize(
    ("groups", "reason"),
    [
        ([[], []], "nobody has an answer"),
        ([_MIXED, []], "nobody in group 2 has an answer"),
        ([_MIXED, _people(("---", 4))], "nobody in group 2 has an answer"),
        ([_people(("0--", 4), ("1--", 3)), _people(("1--", 4), ("0--", 2))], "answers in wave 1 alone"),
        (
            [_people(("0--", 4), ("1--", 3), ("-1-", 2), ("-0-", 1)), _people(("-1-", 4), ("-0-", 2))],
            "nobody has answers in two waves: how alike a person's answers are is not known",
        ),
        ([_people(("000", 4)), _people(("111", 4))], "in each wave everybody of a group gave the same answer"),
        ([_people(("000", 1)), _people(("011", 1))], "in each wave everybody of a group gave the same answer"),
        (
            [_people(("01-", 5), ("11-", 5)), _people(("01-", 5), ("11-", 5))],
            "nobody has answers in two waves, beside those that everybody of a group gave: how alike a person's answers are is"
            " not known",
        ),
        (
            [_people(("000", 14), ("111", 15)), _people(("000", 10), ("111", 15))],
            "a person's answers differ too little between waves: the variance of the random intercept has no finite estimate",
        ),
    ],
)
def test_what_has_no_model_says_why(groups: Groups, reason: str) -> None:
    weights = [[[0, 0, -1], [0, 0, 1]]]
    model = fit_repeated_answers(groups, 3, 2, weights, baseline="free")
    assert model.reason == reason
    assert model.contrasts[0].reason == reason
    assert model.shares[0][0][0].reason == reason
    assert math.isnan(model.icc)


def test_answers_that_no_wave_shares_have_no_finite_odds() -> None:
    """One group answers 0 or 1, the other 1 or 2."""
    groups = [_people(("01", 5), ("10", 5), ("11", 3), ("00", 4)), _people(("12", 5), ("21", 5), ("11", 3), ("22", 4))]
    model = fit_repeated_answers(groups, 2, 3, [[[0, -1], [0, 1]]], baseline="free")
    assert model.reason == "groups and waves share too few of the answers: an odds ratio has no finite estimate"


def test_a_wave_without_a_group_is_no_wave_of_it() -> None:
    groups = [_MIXED, _people(("01-", 6), ("11-", 5), ("10-", 4), ("00-", 4))]
    model = fit_repeated_answers(groups, 3, 2, [[[0, 0, -1], [0, 0, 1]], [[0, -1, 0], [0, 1, 0]]], baseline="constrained")
    assert model.contrasts[0].reason == model.shares[1][2][0].reason == "nobody in group 2 has an answer in wave 3"
    assert math.isfinite(model.contrasts[1].ratio)


def test_an_answer_that_nobody_gave_has_a_share_of_0_without_an_interval() -> None:
    rows = [AnswerPattern(pattern.waves, tuple(2 * answer for answer in pattern.answers), pattern.n) for pattern in _MIXED]
    three = fit_repeated_answers([rows, rows], 3, 3, [], baseline="constrained")
    two = fit_repeated_answers([_MIXED, _MIXED], 3, 2, [], baseline="constrained")
    share = three.shares[0][1][1]
    assert (share.share, share.reason) == (0.0, "nobody gave this answer")
    assert math.isnan(share.ci_low)
    assert three.shares[0][1][2].ci_high == pytest.approx(two.shares[0][1][1].ci_high, rel=1e-9)


@pytest.mark.parametrize("categories", [2, 3, 4])
def test_properties_of_the_model(categories: int) -> None:
    """People counted or one by one, groups in another order, answers turned round: the same numbers; shares add up."""
    random = np.random.default_rng(categories)
    rows: list[list[AnswerPattern]] = [[], []]
    for number in range(120):
        level = random.normal(0.4 * (number % 2), 1.5)
        answers = np.clip(np.rint(level + random.logistic(size=3) + (categories - 1) / 2), 0, categories - 1).astype(int)
        waves = tuple(int(wave) for wave in range(3) if wave == 0 or random.random() < 0.8)
        rows[number % 2].append(AnswerPattern(waves, tuple(int(answers[wave]) for wave in waves), 1))
    weights = np.array([[0.0, 0.0, -1.0], [0.0, 0.0, 1.0]])
    model = fit_repeated_answers(rows, 3, categories, [weights], baseline="free")
    counts = [Counter((pattern.waves, pattern.answers) for pattern in group) for group in rows]
    counted = [[AnswerPattern(*key, n) for key, n in group.items()] for group in counts]
    turned = [
        [AnswerPattern(p.waves, tuple(categories - 1 - a for a in p.answers), p.n) for p in group] for group in counted
    ]
    same = fit_repeated_answers(counted, 3, categories, [weights], baseline="free")
    swapped = fit_repeated_answers(counted[::-1], 3, categories, [weights], baseline="free")
    opposite = fit_repeated_answers(turned, 3, categories, [weights], baseline="free")
    odds = model.contrasts[0]
    assert odds.log_odds_ratio == pytest.approx(same.contrasts[0].log_odds_ratio, rel=1e-8)
    assert odds.se == pytest.approx(same.contrasts[0].se, rel=1e-8)
    for other in (swapped, opposite):
        assert odds.log_odds_ratio == pytest.approx(-other.contrasts[0].log_odds_ratio, rel=1e-7)
        assert odds.se == pytest.approx(other.contrasts[0].se, rel=1e-7)
        assert model.variance == pytest.approx(other.variance, rel=1e-7)
    for group in range(2):
        for wave in range(3):
            assert math.fsum(share.share for share in model.shares[group][wave]) == pytest.approx(1, abs=1e-12)
            assert opposite.shares[group][wave][0].share == pytest.approx(model.shares[group][wave][-1].share, rel=1e-7)
            assert all(0 < share.ci_low < share.share < share.ci_high < 1 for share in model.shares[group][wave])


def test_what_is_no_contrast_and_no_category_is_refused() -> None:
    with pytest.raises(ValueError, match="not one weight for each of 2 groups and 3 waves; give as many"):
        fit_repeated_answers([_MIXED, _MIXED], 3, 2, [[[1, 0], [0, 1]]], baseline="free")
    with pytest.raises(ValueError, match="an answer is not one of 2 categories, counted from 0"):
        fit_repeated_answers([_MIXED, _people(("012", 1))], 3, 2, [], baseline="free")
