"""Coverage: how often each 95 % interval holds the truth, in 4,000 simulated studies of 20 and of 200 people, and of two groups.

By hand: `uv run python tests/benchmarks/coverage.py [STUDIES]`. Three waves with normal errors, SD 10, correlation 0.6; the
second wave is two points below the first, the third three; a quarter of the third wave is missing at random (for the mixed model
and imputation). The items of the scale have one factor. Two groups of 20 and of 100: one has the first two of these waves, the other falls by four
points more; a fifth of each is missing at the second wave, at random; an event befalls 30 % and 50 % of those who stay. In the mixed model
of three waves people leave by their last score. Prints the share of studies whose interval holds the truth, of those in which there is an interval.
"""

import sys
from collections import defaultdict

import numpy as np

from dagster_project.statistics import (
    ancova,
    bca,
    cronbach_alpha,
    describe,
    difference_in_sds,
    effect_sizes,
    fit_mmrm,
    impute_change,
    interaction,
    mean_difference,
    mixed_model,
    norm_difference,
    paired_difference,
    paired_t,
    patterns_of,
    signed_rank,
    standardised_difference,
    standardised_difference_of_means,
    two_proportions,
    wilson,
)

MEAN, SD, R = np.array([50.0, 48.0, 47.0]), 10.0, 0.6
NORM, NORM_N = (51.0, 9.0), 500


def main(studies: int) -> None:
    truth = {
        "paired t": 2.0, "Hodges-Lehmann": 2.0, "BCa": 2.0, "mixed model": 3.0, "imputation": 3.0, "mean": 50.0,
        "mixed mean": 47.0, "norm difference (Welch)": -1.0, "norm difference (one-sample)": -1.0,
    }  # fmt: skip
    sizes = {"baseline": 0.2, "av": 0.2, "rm": 0.2, "z": 2 / (SD * np.sqrt(2 * (1 - R)))}
    truth |= {f"{letter}_{name}": value for letter in "dg" for name, value in sizes.items()}
    loadings = np.array([0.5, 0.6, 0.7, 0.8, 0.6])
    items = np.outer(loadings, loadings) + np.diag(1 - loadings**2)
    truth["alpha"] = 5 / 4 * (1 - 5 / items.sum())
    truth |= {"Wilson": 0.3, "paired shares": 0.3 - 0.2, "two groups' g": 0.4}
    root = np.linalg.cholesky(SD**2 * ((1 - R) * np.eye(3) + R))
    for n in (20, 200):
        coverage: dict[str, list[bool]] = defaultdict(list)

        def note(name: str, low: float, high: float, coverage: dict[str, list[bool]] = coverage) -> None:
            coverage[name].append(bool(low <= truth[name] <= high))

        rng = np.random.default_rng(n)
        for _ in range(studies):
            scores = MEAN + rng.standard_normal((n, 3)) @ root.T
            change = scores[:, 0] - scores[:, 1]
            weights, moments = np.ones(n), (change.mean(), change.std(ddof=1))
            test = paired_t(n, *moments)
            note("paired t", test.ci_low[0], test.ci_high[0])
            effects = effect_sizes(
                n, *moments, scores[:, 0].std(ddof=1), scores[:, 1].std(ddof=1), np.cov(scores[:, :2].T)[0, 1]
            )
            for name in effects.estimates:
                note(name, effects.ci_low[name][0], effects.ci_high[name][0])
            ranks = signed_rank(change, weights)
            note("Hodges-Lehmann", ranks.ci_low, ranks.ci_high)
            boot = bca(change, weights, 1, draws=1999)
            note("BCa", boot.ci_low, boot.ci_high)
            statistics = describe(scores[:, 0], weights, 0, 100)
            note("mean", statistics.ci_low, statistics.ci_high)
            norm = rng.normal(*NORM, NORM_N)
            welch = norm_difference(n, statistics.mean, statistics.sd, norm.mean(), norm.std(ddof=1), NORM_N)
            note("norm difference (Welch)", welch.ci_low[0], welch.ci_high[0])
            difference = norm_difference(n, statistics.mean, statistics.sd, *NORM, np.nan)
            note("norm difference (one-sample)", difference.ci_low[0], difference.ci_high[0])
            scores[rng.random(n) < 0.25, 2] = np.nan
            patterns = patterns_of(scores)
            model = mixed_model(patterns, 3, [(1, 0, -1)])
            note("mixed model", model.contrasts[0].ci_low, model.contrasts[0].ci_high)
            note("mixed mean", model.means[2].ci_low, model.means[2].ci_high)
            pooled = impute_change(patterns, 3, [(1, 0, -1)], imputations=20, seed=1).contrasts[0]
            note("imputation", pooled.ci_low, pooled.ci_high)
            answers = rng.standard_normal((n, 1)) * loadings + rng.standard_normal((n, 5)) * np.sqrt(1 - loadings**2)
            alpha = cronbach_alpha(np.cov(answers.T), n)
            note("alpha", alpha.ci_low, alpha.ci_high)
            low, high = wilson(rng.binomial(n, 0.3), n)
            note("Wilson", low[0], high[0])
            shares = paired_difference(*rng.multinomial(n, (0.1, 0.2, 0.1, 0.6)))
            note("paired shares", shares.ci_low[0], shares.ci_high[0])
            a, b = rng.normal(0.4, 1, n // 2), rng.normal(0, 1, n - n // 2)
            g = standardised_difference(len(a), a.mean(), a.std(ddof=1), len(b), b.mean(), b.std(ddof=1))
            note("two groups' g", g.ci_low[0], g.ci_high[0])
        print(f"n = {n}, {studies} studies")
        show(coverage)


def groups(studies: int) -> None:
    truth = {
        "difference of change (Welch)": -4.0, "d of change": -0.4, "g of change": -0.4, "ANCOVA": -4.0, "ANCOVA, three slopes": -4.0,
        "balance": 0.0, "risk difference": -0.2, "risk ratio": 0.3 / 0.5, "odds ratio": 3 / 7,
    }  # fmt: skip
    root = np.linalg.cholesky(SD**2 * ((1 - R) * np.eye(2) + R))
    for size in (20, 100):
        coverage: dict[str, list[bool]] = defaultdict(list)

        def note(name: str, low: float, high: float, coverage: dict[str, list[bool]] = coverage) -> None:
            if np.isfinite(low):
                coverage[name].append(bool(low <= truth[name] <= high))

        rng = np.random.default_rng(size)
        for _ in range(studies):
            moments, n, means, products = [], [], [], []
            for effect in (-4.0, 0.0):
                scores = MEAN[:2] + (0, effect) + rng.standard_normal((size, 2)) @ root.T
                scores = scores[rng.random(size) >= 0.2]
                change, people = scores[:, 1] - scores[:, 0], len(scores)
                moments.append((change.mean(), change.std(ddof=1), scores[:, 0].std(ddof=1), scores[:, 0].mean()))
                columns = np.column_stack([scores[:, ::-1], rng.standard_normal(people), rng.random(people) < 0.5])
                n.append(people)
                means.append(columns.mean(axis=0))
                products.append(np.cov(columns.T) * (people - 1))
            (mean, sd, sd_1, mean_1), (mean_r, sd_r, sd_1r, mean_1r) = moments
            raw = mean_difference(n[0], mean, sd, n[1], mean_r, sd_r)
            note("difference of change (Welch)", raw.ci_low[0], raw.ci_high[0])
            sds = difference_in_sds(n[0], mean, sd, sd_1, n[1], mean_r, sd_r, sd_1r)
            note("d of change", sds.d_ci_low[0], sds.d_ci_high[0])
            note("g of change", sds.g_ci_low[0], sds.g_ci_high[0])
            for name, covariates in (("ANCOVA", ("pre",)), ("ANCOVA, three slopes", ("pre", "age", "woman"))):
                width = 1 + len(covariates)
                fit = ancova(n, np.array(means)[:, :width], np.array(products)[:, :width, :width], covariates, reference=1)
                note(name, fit.ci_low[0], fit.ci_high[0])
            balance = standardised_difference_of_means(n[0], mean_1, sd_1, n[1], mean_1r, sd_1r)
            note("balance", balance.ci_low[0], balance.ci_high[0])
            shares = two_proportions(rng.binomial(n[0], 0.3), n[0], rng.binomial(n[1], 0.5), n[1])
            note("risk difference", shares.risk_difference.ci_low[0], shares.risk_difference.ci_high[0])
            note("risk ratio", shares.risk_ratio.ci_low[0], shares.risk_ratio.ci_high[0])
            note("odds ratio", shares.odds_ratio.ci_low[0], shares.odds_ratio.ci_high[0])
        print(f"two groups of {size} with drop-out, {studies} studies")
        show(coverage)


def covariates(studies: int) -> None:
    """The difference adjusted for the score at baseline, age and site; without age and site it is biased here, and is shown so
    that the adjustment has something to be seen by."""
    root = np.linalg.cholesky(SD**2 * ((1 - R) * np.eye(2) + R))
    for size in (20, 100):
        coverage: dict[str, list[bool]] = defaultdict(list)
        rng = np.random.default_rng(1000 + size)
        for _ in range(studies):
            n, means, products = [], [], []
            for effect, shares in ((-4.0, (0.5, 0.3, 0.2)), (0.0, (0.2, 0.3, 0.5))):
                age, site = rng.normal(45, 12, size), rng.choice(3, size, p=shares)
                scores = MEAN[:2] + (0, effect) + rng.standard_normal((size, 2)) @ root.T
                scores += 0.2 * (age[:, None] - 45) * (1, 1.5) + np.array([0, 3, 6])[site][:, None] * (1, 2)
                columns = np.column_stack([scores[:, ::-1], age, site == 1, site == 2])
                is_known = (rng.random((size, 3)) >= (0.2, 0.1, 0.1)).all(axis=1)
                columns = columns[is_known]
                n.append(len(columns))
                means.append(columns.mean(axis=0))
                products.append(np.cov(columns.T) * (len(columns) - 1))
            for name, terms in (
                ("baseline, age, site", ("pre", "age", "second", "third")),
                ("baseline alone, biased", ("pre",)),
            ):
                width = 1 + len(terms)
                fit = ancova(n, np.array(means)[:, :width], np.array(products)[:, :width, :width], terms, reference=1)
                if np.isfinite(fit.ci_low[0]):
                    coverage[name].append(bool(fit.ci_low[0] <= -4.0 <= fit.ci_high[0]))
        print(f"two groups of {size} that differ in site, with drop-out and missing covariates, {studies} studies")
        show(coverage)


def subgroups(studies: int) -> None:
    """Differences within two categories, and their difference."""
    root = np.linalg.cholesky(SD**2 * ((1 - R) * np.eye(2) + R))
    truth = {"within the first": -4.0, "within the second": -1.0, "interaction": 3.0}
    for size in (20, 100):
        coverage: dict[str, list[bool]] = defaultdict(list)
        rng = np.random.default_rng(2000 + size)
        for _ in range(studies):
            n, means, products = np.zeros((2, 2)), np.full((2, 2, 2), np.nan), np.full((2, 2, 2, 2), np.nan)
            for group in (0, 1):
                category = (rng.random(size) < 1 / 3).astype(int)
                effect = np.where(category == 0, truth["within the first"], truth["within the second"]) * group
                scores = MEAN[:2] + rng.standard_normal((size, 2)) @ root.T + 2 * category[:, None]
                scores[:, 1] += effect
                is_present = rng.random(size) >= 0.2
                for index in (0, 1):
                    cell = scores[is_present & (category == index)][:, ::-1]
                    n[group, index] = len(cell)
                    if len(cell):
                        means[group, index], centred = cell.mean(axis=0), cell - cell.mean(axis=0)
                        products[group, index] = centred.T @ centred
            fit = interaction(n, means, products, ("pre",))
            for name, estimates, index in (
                ("within the first", fit.differences, 0), ("within the second", fit.differences, 1),
                ("interaction", fit.interactions, 1),
            ):  # fmt: skip
                if np.isfinite(estimates.ci_low[1, index]):
                    is_covered = estimates.ci_low[1, index] <= truth[name] <= estimates.ci_high[1, index]
                    coverage[name].append(bool(is_covered))
        print(f"two groups of {size} in two categories, with drop-out, {studies} studies")
        show(coverage)


def repeated_measures(studies: int) -> None:
    """The difference of change at the last of three waves in the mixed model, of everybody with any score. Whoever is worse at a
    wave is likelier to miss the next, in one group more than in the other: those who stay to the end are shown beside it,
    biased."""
    root = np.linalg.cholesky(SD**2 * ((1 - R) * np.eye(3) + R))
    contrast = np.zeros((2, 3))
    contrast[1, 2], contrast[1, 0], contrast[0, 2], contrast[0, 0] = 1, -1, -1, 1
    for size in (20, 100):
        coverage: dict[str, list[bool]] = defaultdict(list)
        rng = np.random.default_rng(3000 + size)
        for _ in range(studies):
            patterns, moments = [], []
            for effect, steepness in ((0.0, 0.0), (-4.0, 1.5)):
                scores = MEAN + np.array([0, effect / 2, effect]) + rng.standard_normal((size, 3)) @ root.T
                for wave in (1, 2):
                    worse = (scores[:, wave - 1] - MEAN[wave - 1]) / SD
                    leaves = rng.random(size) < 1 / (1 + np.exp(1.7 - steepness * worse))
                    scores[leaves | np.isnan(scores[:, wave - 1]), wave] = np.nan
                patterns.append(patterns_of(scores))
                change = (scores[:, 2] - scores[:, 0])[~np.isnan(scores[:, 2])]
                moments += [len(change), change.mean(), change.std(ddof=1)]
            for baseline in ("constrained", "free"):
                model = fit_mmrm(patterns, 3, [contrast], baseline=baseline)
                for name in ("kenward_roger", "satterthwaite") if not model.reason else ():
                    estimate = getattr(model.contrasts[0], name)
                    words = f"{name.replace('_', ' ')}, baseline {baseline}"
                    coverage[words].append(bool(estimate.ci_low <= -4.0 <= estimate.ci_high))
            raw = mean_difference(*moments[3:], *moments[:3])
            coverage["those who stay, biased"].append(bool(raw.ci_low[0] <= -4.0 <= raw.ci_high[0]))
        print(f"two groups of {size} over three waves, those who are worse leave, {studies} studies")
        show(coverage)


def show(coverage: dict[str, list[bool]]) -> None:
    for name, hits in coverage.items():
        share = 100 * np.mean(hits)
        print(f"  {name:<30} {share:5.1f} %{'' if 93.5 <= share <= 96.5 else '  outside 93.5 to 96.5'}", flush=True)


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 4000
    main(count)
    groups(count)
    covariates(count)
    subgroups(count)
    repeated_measures(count)
