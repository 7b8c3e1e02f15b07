"""Differences between groups and distances from norms: somebody who has the public file alone computes all of them, so that they
tell nothing that it does not tell."""

from collections.abc import Callable
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from disclosure.attacker import Published
from disclosure.made_people import CATEGORIES, made_people, made_results, made_study
from disclosure.published_study import PublishedStudy, published_from
from scipy.stats import t as t_distribution

from dagster_project.disclosure import Ledger
from dagster_project.disclosure.brackets import Moments, bracket, bracketed_row
from dagster_project.results import ResultRow

NORM_MEAN, NORM_SD, NORM_N = 24.5, 9.1, 900
DERIVED = ("change_difference", "norm_difference", "characteristics_difference", "service_difference", "category_difference")
LEVELS = {"< .001": (0, 0.001), "< .01": (0, 0.01), "< .05": (0, 0.05), "≥ .05": (0.05, 1.01), "—": (0, 1.01)}


def as_number(published: dict[str, Published], identifier: str) -> float:
    text = published[identifier].printed.replace("−", "-")
    return float("nan") if text in ("*", "—") else float(text)


def printed_moments(published: dict[str, Published], base: str, statistic: str = "mean") -> tuple[float, float, float]:
    n, mean, sd = (as_number(published, f"{base}/{name}") for name in ("n", statistic, statistic.replace("mean", "sd")))
    return n, mean, sd


def welch(first: tuple[float, ...], second: tuple[float, ...]) -> tuple[float, float, float, float]:
    """Difference, interval and p, written out once more."""
    (n, mean, sd), (other_n, other_mean, other_sd) = first, second
    v, w = sd**2 / n, other_sd**2 / other_n
    df = (v + w) ** 2 / (v**2 / (n - 1) + w**2 / (other_n - 1))
    half_width = t_distribution.ppf(0.975, df) * np.sqrt(v + w)
    difference = mean - other_mean
    return difference, difference - half_width, difference + half_width, 2 * t_distribution.sf(
        abs(difference) / np.sqrt(v + w), df
    )  # fmt: skip


def expected_of(published: dict[str, Published], identifier: str) -> float:
    """A derived number, from printed counts and means alone."""
    analysis, outcome, *where, statistic = identifier.split("/")
    names = {"difference": 0, "ci95_low": 1, "ci95_high": 2, "p": 3}
    if analysis == "norm_difference":
        test = welch(printed_moments(published, f"summary/{outcome}/{where[0]}"), (NORM_N, NORM_MEAN, NORM_SD))
        name = statistic.replace("difference_sd_", "")
        return test[0] / NORM_SD if name == "difference_sd" else test[names[name]] / (NORM_SD if name != statistic else 1)
    if analysis == "change_difference":
        bases = [f"change_by_group/{outcome}/{arm}/{where[1]}" for arm in ("treatment", "control")]
        return welch(*(printed_moments(published, base, "mean_change") for base in bases))[names[statistic]]
    if analysis == "characteristics_difference":
        return standardised_difference(published, outcome)
    by_group = {"service_difference": "service_use_by_group", "category_difference": "categories_by_group"}[analysis]
    category = [*where[:-2], ""][0] if analysis == "category_difference" else ""
    wave = where[-1]
    shares = []
    for arm in ("treatment", "control"):
        base = "/".join(part for part in (by_group, outcome, category, arm, wave) if part)
        count, n = as_number(published, f"{base}/count"), as_number(published, f"{base}/n")
        shares.append((float(np.minimum(1.0, count / n)), n))
    return newcombe(*shares[0], *shares[1])[
        ["risk_difference", "risk_difference_ci95_low", "risk_difference_ci95_high"].index(statistic)
    ]


def standardised_difference(published: dict[str, Published], outcome: str) -> float:
    if outcome == "age":
        (_, mean, sd), (_, other, other_sd) = (
            printed_moments(published, f"characteristics_by_group/age/{arm}") for arm in ("treatment", "control")
        )
        return (mean - other) / np.sqrt((sd**2 + other_sd**2) / 2)
    counts = np.array([
        [as_number(published, f"characteristics_by_group/{outcome}/{category}/{arm}/count") for category in CATEGORIES[outcome]]
        for arm in ("treatment", "control")
    ])  # fmt: skip
    shares = counts / counts.sum(axis=1, keepdims=True)
    d = (shares[0] - shares[1])[1:]
    covariance = sum(np.diag(share[1:]) - np.outer(share[1:], share[1:]) for share in shares) / 2
    return float(np.sqrt(d @ np.linalg.solve(covariance, d))) if np.isfinite(d).all() else float("nan")


def newcombe(p: float, n: float, q: float, m: float) -> tuple[float, float, float]:
    z = 1.959963984540054

    def wilson(share: float, size: float) -> tuple[float, float]:
        middle, root = share + z**2 / (2 * size), z * np.sqrt(share * (1 - share) / size + z**2 / (4 * size**2))
        return (middle - root) / (1 + z**2 / size), (middle + root) / (1 + z**2 / size)

    (low, high), (other_low, other_high) = wilson(p, n), wilson(q, m)
    difference = p - q
    return (
        100 * difference, 100 * (difference - np.hypot(p - low, other_high - q)),
        100 * (difference + np.hypot(high - p, q - other_low)),
    )  # fmt: skip


def assert_nothing_more(published: dict[str, Published]) -> tuple[int, int]:
    """Every derived number follows from the counts and means that are printed. Returns how many are shown, and how many."""
    shown_count, count = 0, 0
    for identifier, row in published.items():
        if identifier.split("/")[0] not in DERIVED:
            continue
        count += 1
        expected = expected_of(published, identifier)
        if row.printed == "*":
            assert not np.isfinite(expected), identifier
            continue
        shown_count += 1
        if identifier.endswith("/p"):
            low, high = LEVELS[row.printed]
            assert low <= expected < high, (identifier, expected)
        else:
            decimals = len(row.printed.partition(".")[2])
            assert abs(as_number(published, identifier) - expected) <= 0.5 * 10**-decimals + 1e-6, (identifier, expected)
    return shown_count, count


@pytest.mark.slow
@pytest.mark.parametrize(("count", "least_share"), [(12, 0.0), (32, 0.0), (200, 0.5), (5000, 0.8)])
def test_whoever_has_the_file_computes_them(
    count: int, least_share: float, published_study: Callable[..., PublishedStudy]
) -> None:
    shown_count, all_count = assert_nothing_more(published_study(count, count).published)
    assert all_count > 30
    assert shown_count >= least_share * all_count


@pytest.mark.slow
def test_a_difference_of_the_teams_would_be_noticed(tmp_path: Path) -> None:
    study, people = made_study(tmp_path), made_people(5000, 200)
    published, _ = published_from(study, people, tmp_path / "public", Ledger(1))
    team = made_results(study, people)
    for identifier in ("change_difference/low_mood/treatment/T1-T2/difference", "norm_difference/low_mood/T1/difference"):
        assert published[identifier].printed != "*"
        exact = {identifier: replace(published[identifier], printed=f"{team[identifier].value:.6f}")}
        with pytest.raises(AssertionError, match=identifier):
            assert_nothing_more(published | exact)


@pytest.mark.slow
def test_a_difference_with_a_hidden_mean_is_hidden(tmp_path: Path) -> None:
    people = [replace(person, arm="control") if index > 7 else person for index, person in enumerate(made_people(3000, 3))]
    published, _ = published_from(made_study(tmp_path), people, tmp_path / "public", Ledger(1))
    rows = [row for identifier, row in published.items() if identifier.startswith("change_difference/")]
    assert {row.printed for row in rows} == {"*"}
    assert {row.note for row in rows} == {"hidden: a number that it is computed from is hidden"}


def p_row() -> ResultRow:
    return ResultRow("a/b/p", "a", "b", None, None, None, "p", 0.5, 10, "Welch, two-sided", "", ".500")


def test_p_lies_on_the_side_that_every_number_printed_so_has() -> None:
    for difference, sd, n in product((0.4, 2.0, 3.0, 9.0), (2.0, 8.0), (10, 40, 400)):
        printed = [Moments(20 + difference, sd, n, n + 4, 1), Moments(20.0, sd, n, n + 4, 1)]
        row = bracketed_row(p_row(), printed)
        low, high = LEVELS[row.printed]
        for shift, size, other_size in product((-0.09, 0.0, 0.09), (n, n + 4), (n, n + 4)):
            p = welch((size, 20 + difference + shift, sd + shift / 2), (other_size, 20.0, sd))[3]
            assert low <= p < high
        assert row.method == "Welch, two-sided, for all numbers that are printed as these"


def test_brackets() -> None:
    texts = [bracket(p_row(), *ends).printed for ends in ((0.0009, 0), (0.009, 0), (0.04, 0), (0.2, 0.06), (0.06, 0.04))]
    assert texts == ["< .001", "< .01", "< .05", "≥ .05", "—"]
