"""Multiple imputation of missing scores, as a sensitivity analysis: the contrasts of waves, pooled over completed data sets.

Belongs here: proper imputation under a multivariate normal distribution, Rubin's rules. Does not belong here: the main
result (change.py), other models.

What an analysis of means needs of a completed data set is its mean vector and cross-products, so just these are drawn,
exactly as drawing person by person would give them, from the moments of patterns: cost does not grow with people.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import ArrayLike

from dagster_project.statistics.change import Floats, _floats, check_level, half_of_fractional
from dagster_project.statistics.normal import Places, fit_normal
from dagster_project.statistics.patterns import Pattern

#: Steps of each chain before its data set is taken.
BURN_IN = 100


@dataclass(frozen=True)
class Pooled:
    """A pooled estimate: estimate, se, ci_low, ci_high in its units; df after Barnard and Rubin; t and two-sided p against
    zero; fmi: fraction of missing information; riv: relative increase in variance. NaN where undefined, `reason` says
    why."""

    estimate: float
    se: float
    df: float
    t: float
    p: float
    ci_low: float
    ci_high: float
    fmi: float
    riv: float
    reason: str


@dataclass(frozen=True)
class ImputedChange:
    """n_people: people with any score, all of whom count; contrasts: one pooled estimate each, in the order given."""

    n_people: int
    contrasts: tuple[Pooled, ...]
    reason: str


def _none(reason: str) -> Pooled:
    nan = float("nan")
    return Pooled(nan, nan, nan, nan, nan, nan, nan, nan, nan, reason)


def pool(estimates: ArrayLike, variances: ArrayLike, df_complete: float, level: float = 0.95) -> Pooled:
    """Rubin's rules. estimates, variances: (m,) of m completed data sets; df_complete: degrees of freedom without any
    missing.

    Total variance = mean variance + (1 + 1/m) variance between; degrees of freedom after Barnard and Rubin, Biometrika 1999,
    86, 948-955; fmi = (r + 2 / (df + 3)) / (r + 1). Without variance between data sets the degrees of freedom are the
    observed ones, (v + 1) v / (v + 3) of v = df_complete. R: mice::pool.scalar(Q, U, n, k), which puts the share of the
    variance between in the total at 0.0001 at least: where it is smaller, df and fmi differ from mice's by about 1e-4.
    Source: Rubin, Multiple Imputation for Nonresponse in Surveys, 1987.
    """
    check_level(level)
    found, spread = _floats(estimates), _floats(variances)
    if found.shape != spread.shape or found.size < 2:
        raise ValueError("pooling needs as many variances as estimates, and two or more; give both of each data set")
    if np.any(spread < 0) or not 0 < df_complete < np.inf:
        raise ValueError("a variance is negative or df_complete is not a positive number; give those of completed data")
    if not (np.isfinite(found).all() and np.isfinite(spread).all()):
        return _none("a completed data set has no estimate")
    count = found.size
    # From the first, so that equal estimates have no variance between them, to the last digit.
    between = float(np.var(found - found[0], ddof=1))
    within = float(spread.mean())
    total = within + (1 + 1 / count) * between
    if not total > 0:
        return _none("no variation")
    share = (1 + 1 / count) * between / total
    observed = (df_complete + 1) / (df_complete + 3) * df_complete * (1 - share)
    df = observed if share == 0 else 1 / (share**2 / (count - 1) + 1 / observed) if observed > 0 else (count - 1) / share**2
    riv = (1 + 1 / count) * between / within if within > 0 else float("inf")
    fmi = (riv + 2 / (df + 3)) / (riv + 1) if np.isfinite(riv) else 1.0
    value, se = float(found[0] + (found - found[0]).mean()), float(np.sqrt(total))
    t = value / se
    half = half_of_fractional(se, df, level)
    p = float(2 * scipy.stats.t.sf(abs(t), df))
    return Pooled(value, se, float(df), t, p, value - half, value + half, float(fmi), riv, "")


def impute_change(
    patterns: Sequence[Pattern], waves: int, contrasts: Sequence[ArrayLike], *, imputations: int = 50, seed: int,
    level: float = 0.95,
) -> ImputedChange:  # fmt: skip
    """Contrasts of the waves' means, each person's missing scores imputed. contrasts: weights, each (waves,).

    Data augmentation (Schafer, Analysis of Incomplete Multivariate Data, 1997, ch. 5.4) with Jeffreys' prior: one chain a
    data set, started at the maximum-likelihood estimate, 100 steps. In each completed data set the estimate is the mean of
    the contrast, its variance that of a mean. Not done, with a reason: where the distribution is not estimable (fit_normal);
    contrasts of a wave that nobody returned; draws that leave the range of covariance matrices, as they can where hardly
    anybody has the same two waves. R: mice(method = "norm"), up to the draws.
    """
    check_level(level)
    if imputations < 2 or seed < 0:
        raise ValueError(f"imputations {imputations} or seed {seed}: give two data sets or more, and a seed of 0 or more")
    weights = [_floats(one) for one in contrasts]
    if any(weight.shape != (waves,) for weight in weights):
        raise ValueError(f"a contrast has not one weight for each of the {waves} waves; give as many")
    usable = sorted((pattern for pattern in patterns if pattern.n > 0), key=lambda pattern: pattern.waves)
    fitted = fit_normal(usable)
    if fitted.reason:
        return ImputedChange(fitted.n_people, (_none(fitted.reason),) * len(weights), fitted.reason)
    try:
        means, products = _complete(usable, fitted.waves, fitted.mean, fitted.covariance, imputations, seed)
    except np.linalg.LinAlgError:
        reason = "too few people in common: the draws do not settle"
        return ImputedChange(fitted.n_people, (_none(reason),) * len(weights), reason)
    people, pooled = fitted.n_people, []
    for weight in weights:
        if any(weight[wave] != 0 and wave not in fitted.waves for wave in range(waves)):
            pooled.append(_none("nobody has a score in one of its waves"))
            continue
        own = weight[list(fitted.waves)]
        variances = np.einsum("i,mij,j->m", own, products, own) / (people - 1) / people
        pooled.append(pool(means @ own, variances, people - 1, level))
    return ImputedChange(people, tuple(pooled), "")


def _complete(
    patterns: Sequence[Pattern], waves: tuple[int, ...], mean: Floats, covariance: Floats, chains: int, seed: int
) -> tuple[Floats, Floats]:
    """Mean vectors (m, k) and cross-products (m, k, k) of m completed data sets."""
    generator = np.random.Generator(np.random.PCG64(seed))
    place = {wave: at for at, wave in enumerate(waves)}
    parts = [_Part(pattern, np.array([place[wave] for wave in pattern.waves]), len(waves)) for pattern in patterns]
    people = sum(pattern.n for pattern in patterns)
    is_complete = all(len(pattern.waves) == len(waves) for pattern in patterns)
    mu = np.repeat(mean[None], chains, axis=0)
    sigma = np.repeat(covariance[None], chains, axis=0)
    centre, products = np.empty(mu.shape), np.empty(sigma.shape)
    for step in range(1 if is_complete else BURN_IN):
        if step:
            sigma = _inverse_wishart(generator, products, people - 1)
            mu = centre + np.einsum("mij,mj->mi", np.linalg.cholesky(sigma), generator.standard_normal(mu.shape)) / np.sqrt(
                people
            )
        drawn = [part.draw(generator, mu, sigma) for part in parts]
        centre, products = np.zeros(mu.shape), np.zeros(sigma.shape)
        for part, (own, _) in zip(parts, drawn, strict=True):
            centre += part.n * own / people
        for part, (own, crossed) in zip(parts, drawn, strict=True):
            away = own - centre
            products += crossed + part.n * np.einsum("mi,mj->mij", away, away)
    return centre, products


class _Part:
    """The people of one pattern, and drawing the moments that their completed scores have."""

    def __init__(self, pattern: Pattern, have: Places, count: int) -> None:
        self.n, self._mean, self._crossed = pattern.n, pattern.mean, pattern.cross_products
        lacks = np.setdiff1d(np.arange(count), have)
        self._have, self._lacks = have, lacks
        every = slice(None)
        self._of_both = (every, have[:, None], have)
        self._across, self._back = (every, have[:, None], lacks), (every, lacks[:, None], have)
        self._open = (every, lacks[:, None], lacks)
        values, vectors = np.linalg.eigh(pattern.cross_products)
        is_there = values > 1e-12 * max(float(values.max()), 1e-300)
        #: The people's deviations are an orthonormal basis times this.
        self._root = (vectors[:, is_there] * np.sqrt(values[is_there])).T

    def draw(self, generator: np.random.Generator, mu: Floats, sigma: Floats) -> tuple[Floats, Floats]:
        """Mean (m, k) and cross-products (m, k, k) of the people's completed scores, given mean and covariance of each
        chain."""
        chains, count = mu.shape
        have, lacks = self._have, self._lacks
        mean = np.empty((chains, count))
        products = np.empty((chains, count, count))
        mean[:, have] = self._mean
        products[self._of_both] = self._crossed
        if not lacks.size:
            return mean, products
        across = sigma[self._across]
        slopes = np.linalg.solve(sigma[self._of_both], across).transpose(0, 2, 1)
        noise = sigma[self._open] - slopes @ across
        root = np.linalg.cholesky(noise + 1e-14 * np.trace(noise, axis1=1, axis2=2)[:, None, None] * np.eye(lacks.size))
        # Noise along the people's mean, along the directions of their own scores, and across all others.
        along_mean = (root @ generator.standard_normal((chains, lacks.size, 1)))[:, :, 0] / np.sqrt(self.n)
        rank = len(self._root)
        along = root @ generator.standard_normal((chains, lacks.size, rank))
        aside = root @ _wishart(generator, chains, lacks.size, self.n - 1 - rank) @ root.transpose(0, 2, 1)
        mean[:, lacks] = mu[:, lacks] + np.einsum("mij,mj->mi", slopes, self._mean - mu[:, have]) + along_mean
        shared = along @ self._root
        crossed = slopes @ self._crossed + shared
        products[self._back] = crossed
        products[self._across] = crossed.transpose(0, 2, 1)
        mixed = slopes @ shared.transpose(0, 2, 1)
        products[self._open] = (
            slopes @ self._crossed @ slopes.transpose(0, 2, 1)
            + mixed + mixed.transpose(0, 2, 1) + along @ along.transpose(0, 2, 1) + aside
        )  # fmt: skip
        return mean, products


def _wishart(generator: np.random.Generator, chains: int, size: int, df: int) -> Floats:
    """Wishart matrices (m, size, size) of identity scale; of less than `size` degrees of freedom too, down to 0."""
    if df < size:
        rows = generator.standard_normal((chains, max(df, 0), size))
        return np.asarray(rows.transpose(0, 2, 1) @ rows)
    lower = np.tril(generator.standard_normal((chains, size, size)), -1)
    at = np.arange(size)
    lower[:, at, at] = np.sqrt(generator.chisquare(df - at, size=(chains, size)))
    return np.asarray(lower @ lower.transpose(0, 2, 1))


def _inverse_wishart(generator: np.random.Generator, scale: Floats, df: int) -> Floats:
    """One inverse Wishart matrix a chain, of df degrees of freedom around scale (m, k, k)."""
    chains, size, _ = scale.shape
    root = np.linalg.cholesky(np.linalg.inv(scale))
    drawn = root @ _wishart(generator, chains, size, df) @ root.transpose(0, 2, 1)
    return np.asarray(np.linalg.inv(drawn))
