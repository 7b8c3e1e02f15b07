"""Differences between groups within categories, and their differences: against R, where they are undefined, and what must hold."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from dagster_project.statistics import ancova, interaction

Said = dict[tuple[str, str], dict[tuple[str, str], float]]
Matrix = NDArray[np.float64]
pytestmark = pytest.mark.filterwarnings("error")


def _moments_of_r(said: dict[tuple[str, str], float]) -> tuple[Matrix, Matrix, Matrix]:
    cells = [tuple(map(int, contrast.split("-"))) for contrast, statistic in said if statistic == "n"]
    g, c = (1 + max(cell[axis] for cell in cells) for axis in (0, 1))
    width = 1 + max(int(statistic.split("_")[1]) for _, statistic in said if statistic.startswith("mean_"))
    n, means, products = np.empty((g, c)), np.empty((g, c, width)), np.empty((g, c, width, width))
    for (contrast, statistic), value in said.items():
        kind, *index = statistic.split("_")
        if kind in ("n", "mean", "product"):
            target = {"n": n, "mean": means, "product": products}[kind]
            target[(*map(int, contrast.split("-")), *map(int, index))] = value
    return n, means, products


@pytest.mark.slow
def test_everything_is_what_r_says(witness: Callable[[str], Said]) -> None:
    compared = 0
    for sample, said in witness("interaction").items():
        n, means, products = _moments_of_r(said)
        names = [f"x{index}" for index in range(means.shape[2] - 1)]
        for level in (0.95, 0.99):
            fit = interaction(n, means, products, names, level)
            expected = {("", "df"): fit.df, ("", "f"): fit.f, ("", "f_p"): fit.f_p}
            expected |= {("", "f_df1"): fit.f_df[0], ("", "f_df2"): fit.f_df[1]}
            for prefix, estimates in (("within", fit.differences), ("between", fit.interactions)):
                for (group, category), _ in np.ndenumerate(n):
                    for name, values in (
                        ("difference", estimates.difference), ("se", estimates.se), ("t", estimates.t), ("p", estimates.p),
                        (f"low_{level}", estimates.ci_low), (f"high_{level}", estimates.ci_high),
                    ):  # fmt: skip
                        expected[f"{group}-{category}", f"{prefix}_{name}"] = float(values[group, category])
                    is_defined = math.isfinite(estimates.p[group, category])
                    assert is_defined == (not estimates.reason[group][category]), (sample, prefix, group, category)
            for key, value in expected.items():
                if key in said:
                    assert value == pytest.approx(said[key], rel=1e-9, abs=1e-12), (sample, key)
                    compared += 1
                else:
                    assert math.isnan(value), (sample, key)
    assert len(witness("interaction")) == 7
    assert compared > 400


def _cells(seed: int, shape: tuple[int, int], size: int = 9) -> tuple[Matrix, Matrix, Matrix]:
    rng = np.random.default_rng(seed)
    people = rng.normal(0, 1, (*shape, size, 2)) + rng.normal(0, 1, (*shape, 1, 2))
    means = people.mean(axis=2)
    centred = people - means[:, :, None]
    return np.full(shape, float(size)), means, np.einsum("gcpi,gcpj->gcij", centred, centred)


def test_a_category_without_people_of_a_group_has_a_reason() -> None:
    n, means, products = _cells(1, (3, 2))
    n[1, 1], n[0, 0] = 0, 0
    means[1, 1] = means[0, 0] = np.nan
    fit = interaction(n, means, products, ("pre",))
    nobody = "nobody of the reference group in the category"
    assert fit.differences.reason == (
        ("reference group", "reference group"), (nobody, "nobody of the group in the category"), (nobody, ""),
    )  # fmt: skip
    assert fit.interactions.reason[2] == ("first category", "nobody to compare with in the first category")
    assert np.isnan(fit.interactions.difference).all()
    assert np.isfinite(fit.differences.p).sum() == 1
    # Four cells, three groups and two categories that hang together: nothing is left that could not add up.
    assert (fit.f_reason, math.isnan(fit.f)) == ("fewer than two groups with people in two categories", True)


def test_without_error_or_df_there_is_no_test() -> None:
    n, means, products = _cells(2, (2, 2), 2)
    few = interaction(np.minimum(n, 1), means, np.zeros_like(products), ("pre",))
    assert few.f_reason == few.differences.reason[1][0] == "no residual degrees of freedom"
    exact = products.copy()
    exact[..., 0, 0], exact[..., 0, 1], exact[..., 1, 0] = (
        4 * products[..., 1, 1],
        2 * products[..., 1, 1],
        2 * products[..., 1, 1],
    )
    assert interaction(n, means, exact, ("pre",)).differences.reason[1] == ("no residual variation",) * 2
    constant = products.copy()
    constant[..., 1, :], constant[..., :, 1] = 0, 0
    assert interaction(n, means, constant, ("pre",)).f_reason == "covariate 'pre' does not vary within the groups"


def test_two_groups_and_categories_have_the_same_test_by_f_and_by_t() -> None:
    fit = interaction(*_cells(3, (2, 2)), ("pre",))
    assert fit.f == pytest.approx(fit.interactions.t[1, 1] ** 2)
    assert fit.f_p == pytest.approx(fit.interactions.p[1, 1])
    turned = interaction(*(part[:, ::-1] for part in _cells(3, (2, 2))), ("pre",))
    assert turned.interactions.difference[1, 1] == pytest.approx(-fit.interactions.difference[1, 1])


def test_one_category_is_the_analysis_of_covariance() -> None:
    n, means, products = _cells(4, (3, 1))
    fit, plain = interaction(n, means, products, ("pre",)), ancova(n[:, 0], means[:, 0], products[:, 0], ("pre",))
    assert fit.differences.difference[1:, 0].tolist() == plain.difference[1:].tolist()
    assert fit.differences.p[1:, 0] == pytest.approx(plain.p[1:], rel=1e-12)


def test_moments_that_do_not_fit_are_refused() -> None:
    n, means, products = _cells(5, (2, 2))
    with pytest.raises(ValueError, match=r"^n has shape \(4,\); give people by group and category, \(g, c\)$"):
        interaction(n.ravel(), means, products, ("pre",))
    with pytest.raises(ValueError, match="do not fit 2 covariates"):
        interaction(n, means, products, ("pre", "age"))
