"""Multiple imputation within groups: each group's missing scores, from its own distribution or after the reference group's.

Belongs here: completed data sets of groups, as the moments of two waves. Does not belong here: what is compared in them
(sensitivity.py); imputation of everybody as one group, and Rubin's rules (imputation.py).

As there, only moments are drawn, from the moments of patterns: the cost does not grow with the number of people.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dagster_project.statistics.change import Floats
from dagster_project.statistics.group_least_squares import ROUNDING
from dagster_project.statistics.imputation import BURN_IN, _inverse_wishart, _Part, _united
from dagster_project.statistics.normal import fit_normal
from dagster_project.statistics.patterns import Pattern

#: How missing scores are taken to lie.
Method = Literal["missing_at_random", "jump_to_reference", "copy_increments"]
#: Drawn moments of one pattern's completed scores: means (m, k) and cross-products (m, k, k).
_Moments = tuple[Floats, Floats]
NOT_POSITIVE = "too few people in common: a drawn covariance matrix is not positive definite"


@dataclass(frozen=True)
class CompletedPair:
    """Two waves of a group's people in m completed data sets.

    n: people for whom both waves were planned; n_imputed: those of them of whom either score is imputed; mean (..., m, 2)
    and cross_products (..., m, 2, 2): of baseline and follow-up. imputed_share: of the people, those whose follow-up is
    imputed; imputed_products (m, 2): their sum of deviations of both waves from the mean, by which a shift of theirs
    changes the cross-products. reason: why there is nothing; the moments are then NaN.
    """

    n: int
    n_imputed: int
    mean: NDArray[np.float64]
    cross_products: NDArray[np.float64]
    imputed_share: float
    imputed_products: NDArray[np.float64]
    reason: str

    def shifted(self, delta: ArrayLike) -> "CompletedPair":
        """The same with delta added to every imputed follow-up. delta: in the scale's units, (...); a delta of 0 changes
        nothing."""
        size = np.asarray(delta, dtype=np.float64)[..., None]
        mean = np.stack(np.broadcast_arrays(self.mean[..., 0], self.mean[..., 1] + size * self.imputed_share), axis=-1)
        with_baseline = self.cross_products[..., 0, 1] + size * self.imputed_products[..., 0]
        added_squares = size**2 * self.n * self.imputed_share * (1 - self.imputed_share)
        of_followup = self.cross_products[..., 1, 1] + 2 * size * self.imputed_products[..., 1] + added_squares
        of_baseline = np.broadcast_to(self.cross_products[..., 0, 0], with_baseline.shape)
        products = np.stack([of_baseline, with_baseline, with_baseline, of_followup], axis=-1)
        return replace(self, mean=mean, cross_products=products.reshape(*products.shape[:-1], 2, 2))


def reference_distribution(
    mean: ArrayLike, covariance: ArrayLike, reference_mean: ArrayLike, reference_covariance: ArrayLike, last: int,
    method: Method,
) -> _Moments:  # fmt: skip
    """The mean (..., k) and covariance (..., k, k) of all waves of people of a group whose last score is in wave `last` (an
    index), from those of the group and of the reference group.

    Up to `last` they are the group's own. After it the regression on the waves before it and the variance left over are the
    reference group's; the mean is that of the reference group (jump_to_reference), or the group's at `last` with the
    increments of the reference group from there on (copy_increments). missing_at_random: the group's own throughout. What is
    missing before `last` is so missing at random in either case.
    Source: Carpenter, Roger and Kenward, J Biopharm Stat 2013, 23, 1352-1371.
    """
    of_group, group_covariance = np.array(mean, dtype=np.float64), np.array(covariance, dtype=np.float64)
    reference, covariance_of_reference = np.asarray(reference_mean, dtype=np.float64), np.asarray(reference_covariance)
    first, later = slice(0, last + 1), slice(last + 1, None)
    if method == "missing_at_random" or last + 1 >= of_group.shape[-1]:
        return of_group, group_covariance
    cross_covariance = covariance_of_reference[..., first, later]
    slopes = np.swapaxes(np.linalg.solve(covariance_of_reference[..., first, first], cross_covariance), -1, -2)
    left_over = covariance_of_reference[..., later, later] - slopes @ cross_covariance
    step = of_group[..., last] - reference[..., last] if method == "copy_increments" else np.zeros(of_group.shape[:-1])
    of_group[..., later] = reference[..., later] + step[..., None]
    by_earlier = slopes @ group_covariance[..., first, first]
    group_covariance[..., later, first], group_covariance[..., first, later] = by_earlier, np.swapaxes(by_earlier, -1, -2)
    group_covariance[..., later, later] = left_over + by_earlier @ np.swapaxes(slopes, -1, -2)
    return of_group, group_covariance


class _Group:
    """The people of one group, and their chains. seeds: of the chains, and of completed scores."""

    def __init__(self, patterns: Sequence[Pattern], imputations: int, seeds: tuple[Sequence[int], Sequence[int]]) -> None:
        self.patterns = sorted(
            (pattern for pattern in patterns if pattern.n > 0), key=lambda pattern: (pattern.waves, pattern.planned or ())
        )
        fitted = fit_normal(self.patterns)
        self.waves, self.reason = fitted.waves, fitted.reason
        self._chains, self._seed_of_scores = imputations, seeds[1]
        index_of = {wave: index for index, wave in enumerate(self.waves)}
        self.last = [max(index_of[wave] for wave in pattern.waves) for pattern in self.patterns]
        self._parts = [
            _Part(pattern, np.array([index_of[wave] for wave in pattern.waves]), len(self.waves))
            for pattern in self.patterns
        ]
        self.mean, self.covariance = np.empty(0), np.empty(0)
        if not self.reason:
            try:
                self.mean, self.covariance = self._parameters(fitted.mean, fitted.covariance, seeds[0])
            except np.linalg.LinAlgError:
                self.reason = NOT_POSITIVE

    def _parameters(self, mean: Floats, covariance: Floats, seed: Sequence[int]) -> _Moments:
        """Means (m, k) and covariances (m, k, k) at the end of m chains of data augmentation, as in impute_change."""
        generator = np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed)))
        people = sum(part.n for part in self._parts)
        mu = np.repeat(mean[None], self._chains, axis=0)
        sigma = np.repeat(covariance[None], self._chains, axis=0)
        is_complete = all(len(pattern.waves) == len(self.waves) for pattern in self.patterns)
        for _ in range(1 if is_complete else BURN_IN):
            draws = [part.draw(generator, mu, sigma) for part in self._parts]
            centre, products = _united([part.n for part in self._parts], draws)
            sigma = _inverse_wishart(generator, products, people - 1)
            noise = np.einsum("mij,mj->mi", np.linalg.cholesky(sigma), generator.standard_normal(mu.shape))
            mu = centre + noise / np.sqrt(people)
        return mu, sigma

    def scores(self, distributions: Sequence[_Moments]) -> list[_Moments]:
        """The moments of each pattern's completed scores under a distribution for each, from the same random numbers."""
        generator = np.random.Generator(np.random.PCG64(np.random.SeedSequence(self._seed_of_scores)))
        return [part.draw(generator, *moments) for part, moments in zip(self._parts, distributions, strict=True)]


class GroupImputation:
    """Completed data sets of groups, the reference group first.

    The distribution of all waves is each group's own: mean and covariance are drawn by data augmentation within the group
    (Schafer, Analysis of Incomplete Multivariate Data, 1997, ch. 5.4; Jeffreys' prior, one chain a data set, 100 steps from
    the maximum-likelihood estimate). Scores are then completed under it, or under that of `reference_distribution`; the same
    random numbers serve each method. Everybody of a group with any score informs it.
    R: tests/statistics/sensitivity_witness.R.
    """

    def __init__(self, groups: Sequence[Sequence[Pattern]], *, imputations: int, seed: int) -> None:
        """groups: patterns of each. imputations: how many data sets. ValueError: fewer than two of these, a negative
        seed."""
        if imputations < 2 or seed < 0:
            raise ValueError(
                f"imputations {imputations} or seed {seed}: give two data sets or more, and a seed of 0 or more"
            )
        self.imputations = imputations
        self._groups = [
            _Group(patterns, imputations, ((seed, index, 0), (seed, index, 1))) for index, patterns in enumerate(groups)
        ]
        self._scores: dict[tuple[int, Method], list[_Moments]] = {}

    def pairs(self, baseline: int, followup: int, method: Method) -> list[CompletedPair]:
        """Two waves (indices) of each group; the reference group is always missing at random."""
        return [
            self._pair(index, (baseline, followup), method if index else "missing_at_random")
            for index in range(len(self._groups))
        ]

    def _pair(self, index: int, waves: tuple[int, int], method: Method) -> CompletedPair:
        group = self._groups[index]
        members = [
            order for order, pattern in enumerate(group.patterns)
            if pattern.planned is None or set(waves) <= set(pattern.planned)
        ]  # fmt: skip
        sizes = [group.patterns[order].n for order in members]
        is_imputed = [not set(waves) <= set(group.patterns[order].waves) for order in members]
        has_no_followup = [waves[1] not in group.patterns[order].waves for order in members]
        n, n_imputed = sum(sizes), sum(size for size, imputed in zip(sizes, is_imputed, strict=True) if imputed)
        reason = self._reason(index, waves, method) if n_imputed else ""
        if not n or reason:
            no_moments = np.full((self.imputations, 2), np.nan)
            return CompletedPair(
                n, n_imputed, no_moments, np.full((self.imputations, 2, 2), np.nan), np.nan, no_moments, reason
            )
        columns = [group.waves.index(wave) for wave in waves]
        moments = [
            self._completed(index, method)[order] if imputed else self._as_scored(group.patterns[order], waves)
            for order, imputed in zip(members, is_imputed, strict=True)
        ]
        draws = [
            (mean[:, columns], products[:, columns][:, :, columns]) if imputed else (mean, products)
            for (mean, products), imputed in zip(moments, is_imputed, strict=True)
        ]
        mean, products = _united(sizes, draws)
        imputed_products = np.zeros(mean.shape)
        for size, (part_mean, _), is_shifted in zip(sizes, draws, has_no_followup, strict=True):
            imputed_products += size * is_shifted * (part_mean - mean)
        imputed_share = sum(size * shifted for size, shifted in zip(sizes, has_no_followup, strict=True)) / n
        return CompletedPair(n, n_imputed, mean, products, imputed_share, imputed_products, "")

    def _reason(self, index: int, waves: tuple[int, int], method: Method) -> str:
        """Why scores of a group cannot be completed; empty where they can be."""
        group, reference = self._groups[index], self._groups[0]
        if group.reason:
            return f"group {index + 1}: {group.reason}"
        if not set(waves) <= set(group.waves):
            return f"group {index + 1}: nobody has a score in one of the waves"
        if method != "missing_at_random" and reference.reason:
            return f"group 1: {reference.reason}"
        if method != "missing_at_random" and reference.waves != group.waves:
            return "the group and the reference group have scores in different waves"
        try:
            self._completed(index, method)
        except np.linalg.LinAlgError:
            return f"group {index + 1}: {NOT_POSITIVE}"
        return ""

    def _completed(self, index: int, method: Method) -> list[_Moments]:
        """The completed scores of a group's patterns, drawn once."""
        if (index, method) not in self._scores:
            group, reference = self._groups[index], self._groups[0]
            self._scores[index, method] = group.scores(
                [
                    (group.mean, group.covariance)
                    if method == "missing_at_random"
                    else reference_distribution(
                        group.mean, group.covariance, reference.mean, reference.covariance, last, method
                    )
                    for last in group.last
                ]
            )
        return self._scores[index, method]

    def _as_scored(self, pattern: Pattern, waves: tuple[int, int]) -> _Moments:
        """The moments of people who have both scores, the same in every data set."""
        columns = [pattern.waves.index(wave) for wave in waves]
        mean, products = pattern.mean[columns], pattern.cross_products[np.ix_(columns, columns)]
        return np.tile(mean, (self.imputations, 1)), np.tile(products, (self.imputations, 1, 1))


def pooled_sd(groups: Sequence[Sequence[Pattern]], wave: int) -> float:
    """The SD of the scores of one wave within groups: root(sum of squares within / (people - groups)), groups of one person
    or none left out; NaN without two people in any group, 0 where nothing but rounding is left."""
    squares, df, size = 0.0, 0, 0.0
    for patterns in groups:
        scored = [(pattern, pattern.waves.index(wave)) for pattern in patterns if pattern.n > 0 and wave in pattern.waves]
        people = sum(pattern.n for pattern, _ in scored)
        if people < 2:
            continue
        mean = sum(pattern.n * pattern.mean[column] for pattern, column in scored) / people
        for pattern, column in scored:
            squares += pattern.cross_products[column, column] + pattern.n * (pattern.mean[column] - mean) ** 2
        df, size = df + people - 1, max(size, abs(float(mean)))
    sd = float(np.sqrt(squares / df)) if df else float("nan")
    return 0.0 if sd <= ROUNDING * size else sd
