"""Multiple imputation of missing scores, as a sensitivity analysis: the contrasts of waves, pooled over completed data sets.

Belongs here: proper imputation under a multivariate normal distribution, Rubin's rules. Does not belong here: the main
result (change.py), other models.

An analysis of means needs only the mean vector and cross-products of a completed data set. Only these are drawn, from the
moments of the patterns, with the same distribution as drawing person by person: the cost does not grow with the number of
people.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import ArrayLike, NDArray

from dagster_project.statistics.change import Floats, _floats, check_level, half_width_fractional_df
from dagster_project.statistics.normal import WaveIndices, fit_normal
from dagster_project.statistics.patterns import Pattern

#: Steps of each chain before its data set is used.
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
    """n_people: people with at least one score, all included; contrasts: one pooled estimate each, in input order;
    planned_people: those of them whom each estimate is of, for whom the contrast's waves were planned."""

    n_people: int
    contrasts: tuple[Pooled, ...]
    planned_people: tuple[int, ...]
    reason: str


def _undefined(reason: str) -> Pooled:
    nan = float("nan")
    return Pooled(nan, nan, nan, nan, nan, nan, nan, nan, nan, reason)


def pool(estimates: ArrayLike, variances: ArrayLike, df_complete: float, level: float = 0.95) -> Pooled:
    """Rubin's rules. estimates, variances: (m,) of m completed data sets; df_complete: degrees of freedom of complete data.

    Total variance = mean variance + (1 + 1/m) variance between; degrees of freedom after Barnard and Rubin, Biometrika 1999,
    86, 948-955; fmi = (r + 2 / (df + 3)) / (r + 1). Without variance between data sets the degrees of freedom are the
    observed ones, (v + 1) v / (v + 3) of v = df_complete. R: mice::pool.scalar(Q, U, n, k), which puts the share of the
    variance between in the total at 0.0001 at least: where it is smaller, df and fmi differ from mice's by about 1e-4.
    Source: Rubin, Multiple Imputation for Nonresponse in Surveys, 1987.
    """
    check_level(level)
    point_estimates, sampling_variances = _floats(estimates), _floats(variances)
    if point_estimates.shape != sampling_variances.shape or point_estimates.size < 2:
        raise ValueError("pooling needs as many variances as estimates, and two or more; give both of each data set")
    if np.any(sampling_variances < 0) or not 0 < df_complete < np.inf:
        raise ValueError("a variance is negative or df_complete is not a positive number; give those of completed data")
    if not (np.isfinite(point_estimates).all() and np.isfinite(sampling_variances).all()):
        return _undefined("a completed data set has no estimate")
    value, total, df, riv = (float(number) for number in rubin(point_estimates, sampling_variances, df_complete))
    if not total > 0:
        return _undefined("no variation")
    fmi = (riv + 2 / (df + 3)) / (riv + 1) if np.isfinite(riv) else 1.0
    se = float(np.sqrt(total))
    t = value / se
    half_width = half_width_fractional_df(se, df, level)
    p = float(2 * scipy.stats.t.sf(abs(t), df))
    return Pooled(value, se, float(df), t, p, value - half_width, value + half_width, float(fmi), riv, "")


def rubin(estimates: NDArray[np.float64], variances: NDArray[np.float64], df_complete: ArrayLike) -> tuple[Floats, ...]:
    """Rubin's rules for many estimates at once, as `pool` says: estimates, variances (..., m) -> estimate, total variance,
    degrees of freedom and relative increase in variance, (...) each. Where nothing varies df is NaN."""
    n_imputations = estimates.shape[-1]
    # Relative to the first, so that equal estimates have a between variance of exactly 0.
    deviations = estimates - estimates[..., :1]
    between_variance, within_variance = np.var(deviations, axis=-1, ddof=1), variances.mean(axis=-1)
    increase = (1 + 1 / n_imputations) * between_variance
    total = within_variance + increase
    with np.errstate(divide="ignore", invalid="ignore"):
        between_share = increase / total
        complete = np.asarray(df_complete, dtype=np.float64)
        observed_df = (complete + 1) / (complete + 3) * complete * (1 - between_share)
        df = np.where(
            observed_df > 0, 1 / (between_share**2 / (n_imputations - 1) + 1 / observed_df),
            (n_imputations - 1) / between_share**2,
        )  # fmt: skip
        riv = np.where(within_variance > 0, increase / within_variance, np.inf)
    return estimates[..., 0] + deviations.mean(axis=-1), total, np.where(between_share == 0, observed_df, df), riv


def impute_change(
    patterns: Sequence[Pattern], waves: int, contrasts: Sequence[ArrayLike], *, imputations: int = 50, seed: int,
    level: float = 0.95,
) -> ImputedChange:  # fmt: skip
    """Contrasts of the waves' means, each person's missing scores imputed. contrasts: weights, each (waves,).

    Data augmentation (Schafer, Analysis of Incomplete Multivariate Data, 1997, ch. 5.4) with Jeffreys' prior: one chain a
    data set, started at the maximum-likelihood estimate, 100 steps. In each completed data set the estimate is the mean of
    the contrast, its variance that of a mean. Everybody with a score informs the distribution; the estimate is of the people
    for whom the contrast's waves were planned (Pattern.planned): what was not planned is not filled in. Undefined, with a
    reason: the distribution is not estimable (fit_normal); the contrast uses a wave that nobody returned, or is planned for
    fewer than two people; a drawn covariance matrix is not positive definite, which happens when hardly anybody has the same
    two waves. R: mice(method = "norm"), up to random error.
    """
    check_level(level)
    if imputations < 2 or seed < 0:
        raise ValueError(f"imputations {imputations} or seed {seed}: give two data sets or more, and a seed of 0 or more")
    weights = [_floats(contrast) for contrast in contrasts]
    if any(weight.shape != (waves,) for weight in weights):
        raise ValueError(f"a contrast has not one weight for each of the {waves} waves; give as many")
    usable = sorted(
        (pattern for pattern in patterns if pattern.n > 0), key=lambda pattern: (pattern.waves, pattern.planned or ())
    )
    fitted = fit_normal(usable)
    members = [_planned_for(usable, weight) for weight in weights]
    planned_people = tuple(sum(usable[index].n for index in indices) for indices in members)
    if fitted.reason:
        return ImputedChange(fitted.n_people, (_undefined(fitted.reason),) * len(weights), planned_people, fitted.reason)
    try:
        moments = _complete(usable, fitted.waves, fitted.mean, fitted.covariance, imputations, seed, members)
    except np.linalg.LinAlgError:
        reason = "too few people in common: a drawn covariance matrix is not positive definite"
        return ImputedChange(fitted.n_people, (_undefined(reason),) * len(weights), planned_people, reason)
    pooled = []
    for weight, people, indices in zip(weights, planned_people, members, strict=True):
        if any(weight[wave] != 0 and wave not in fitted.waves for wave in range(waves)):
            pooled.append(_undefined("nobody has a score in one of its waves"))
            continue
        if people < 2:
            pooled.append(_undefined("fewer than two people for whom both waves were planned"))
            continue
        means, products = moments[indices]
        fitted_weights = weight[list(fitted.waves)]
        variances = np.einsum("i,mij,j->m", fitted_weights, products, fitted_weights) / (people - 1) / people
        pooled.append(pool(means @ fitted_weights, variances, people - 1, level))
    return ImputedChange(fitted.n_people, tuple(pooled), planned_people, "")


def _planned_for(patterns: Sequence[Pattern], weight: Floats) -> tuple[int, ...]:
    """The indices of the patterns of people for whom all waves of a contrast were planned."""
    waves = {int(wave) for wave in np.flatnonzero(weight)}
    return tuple(index for index, pattern in enumerate(patterns) if pattern.planned is None or waves <= set(pattern.planned))


def _complete(
    patterns: Sequence[Pattern], waves: tuple[int, ...], mean: Floats, covariance: Floats, chains: int, seed: int,
    groups: Sequence[tuple[int, ...]],
) -> dict[tuple[int, ...], tuple[Floats, Floats]]:  # fmt: skip
    """Mean vectors (m, k) and cross-products (m, k, k) of m completed data sets, by group of patterns (indices)."""
    generator = np.random.Generator(np.random.PCG64(seed))
    index_of = {wave: index for index, wave in enumerate(waves)}
    parts = [_Part(pattern, np.array([index_of[wave] for wave in pattern.waves]), len(waves)) for pattern in patterns]
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
        draws = [part.draw(generator, mu, sigma) for part in parts]
        centre, products = _united([part.n for part in parts], draws)
    moments = {}
    for group in dict.fromkeys(groups):
        sizes = [parts[index].n for index in group]
        moments[group] = _united(sizes, [draws[index] for index in group]) if sizes else (centre, products)
    return moments


def _united(sizes: Sequence[int], draws: Sequence[tuple[Floats, Floats]]) -> tuple[Floats, Floats]:
    """The mean and cross-products of several groups of people together, of those of each."""
    people = sum(sizes)
    centre, products = np.zeros(draws[0][0].shape), np.zeros(draws[0][1].shape)
    for n, (mean, _) in zip(sizes, draws, strict=True):
        centre += n * mean / people
    for n, (mean, cross_products) in zip(sizes, draws, strict=True):
        deviation = mean - centre
        products += cross_products + n * np.einsum("mi,mj->mij", deviation, deviation)
    return centre, products


class _Part:
    """The people of one pattern; draws the moments of their completed scores."""

    def __init__(self, pattern: Pattern, observed: WaveIndices, count: int) -> None:
        self.n, self._mean, self._cross_products = pattern.n, pattern.mean, pattern.cross_products
        missing = np.setdiff1d(np.arange(count), observed)
        self._observed, self._missing = observed, missing
        all_chains = slice(None)
        self._observed_block = (all_chains, observed[:, None], observed)
        self._observed_by_missing = (all_chains, observed[:, None], missing)
        self._missing_by_observed = (all_chains, missing[:, None], observed)
        self._missing_block = (all_chains, missing[:, None], missing)
        values, vectors = np.linalg.eigh(pattern.cross_products)
        is_positive = values > 1e-12 * max(float(values.max()), 1e-300)
        #: The people's deviations are an orthonormal basis times this matrix.
        self._root = (vectors[:, is_positive] * np.sqrt(values[is_positive])).T

    def draw(self, generator: np.random.Generator, mu: Floats, sigma: Floats) -> tuple[Floats, Floats]:
        """Mean (m, k) and cross-products (m, k, k) of the people's completed scores, given mean and covariance of each
        chain."""
        chains, count = mu.shape
        observed, missing = self._observed, self._missing
        mean = np.empty((chains, count))
        products = np.empty((chains, count, count))
        mean[:, observed] = self._mean
        products[self._observed_block] = self._cross_products
        if not missing.size:
            return mean, products
        cross_covariance = sigma[self._observed_by_missing]
        slopes = np.linalg.solve(sigma[self._observed_block], cross_covariance).transpose(0, 2, 1)
        residual_covariance = sigma[self._missing_block] - slopes @ cross_covariance
        root = np.linalg.cholesky(
            residual_covariance
            + 1e-14 * np.trace(residual_covariance, axis1=1, axis2=2)[:, None, None] * np.eye(missing.size)
        )
        # Residual noise in the mean, in the directions of the observed scores, and in all remaining directions.
        mean_noise = (root @ generator.standard_normal((chains, missing.size, 1)))[:, :, 0] / np.sqrt(self.n)
        rank = len(self._root)
        score_noise = root @ generator.standard_normal((chains, missing.size, rank))
        residual_products = root @ _wishart(generator, chains, missing.size, self.n - 1 - rank) @ root.transpose(0, 2, 1)
        mean[:, missing] = mu[:, missing] + np.einsum("mij,mj->mi", slopes, self._mean - mu[:, observed]) + mean_noise
        noise_by_observed = score_noise @ self._root
        missing_by_observed = slopes @ self._cross_products + noise_by_observed
        products[self._missing_by_observed] = missing_by_observed
        products[self._observed_by_missing] = missing_by_observed.transpose(0, 2, 1)
        slopes_by_noise = slopes @ noise_by_observed.transpose(0, 2, 1)
        products[self._missing_block] = (
            slopes @ self._cross_products @ slopes.transpose(0, 2, 1)
            + slopes_by_noise + slopes_by_noise.transpose(0, 2, 1)
            + score_noise @ score_noise.transpose(0, 2, 1) + residual_products
        )  # fmt: skip
        return mean, products


def _wishart(generator: np.random.Generator, chains: int, size: int, df: int) -> Floats:
    """Wishart matrices (m, size, size) of identity scale; degrees of freedom may be less than `size`, down to 0."""
    if df < size:
        rows = generator.standard_normal((chains, max(df, 0), size))
        return np.asarray(rows.transpose(0, 2, 1) @ rows)
    lower = np.tril(generator.standard_normal((chains, size, size)), -1)
    diagonal = np.arange(size)
    lower[:, diagonal, diagonal] = np.sqrt(generator.chisquare(df - diagonal, size=(chains, size)))
    return np.asarray(lower @ lower.transpose(0, 2, 1))


def _inverse_wishart(generator: np.random.Generator, scale: Floats, df: int) -> Floats:
    """One inverse Wishart matrix a chain, of df degrees of freedom around scale (m, k, k)."""
    chains, size, _ = scale.shape
    root = np.linalg.cholesky(np.linalg.inv(scale))
    wishart = root @ _wishart(generator, chains, size, df) @ root.transpose(0, 2, 1)
    return np.asarray(np.linalg.inv(wishart))
