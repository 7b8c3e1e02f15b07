"""A model of yes or no, or of ordered answers, over all waves and groups: cumulative logits with a random intercept of each
person, by maximum likelihood, from counts of people with the same answers.

Belongs here: the effects of groups and waves, what has no finite estimate, odds ratios of a person, shares of the population
and their differences. Does not belong here: the likelihood (cumulative_logit.py); scores (mmrm.py).

Everybody with at least one answer is included; answers are assumed to be missing at random. Standard errors are from the
observed information of all parameters. Shares are averages of a person's probabilities over the random intercept, with the
delta method. R: lme4::glmer(yes ~ 0 + group:wave + (1 | person), family = binomial, nAGQ = 100), ordinal::clmm(answer ~
group:wave + (1 | person), nAGQ = 25). Sources: Stiratelli, Laird and Ware, Biometrics 1984, 40, 961-971; Hedeker and
Gibbons, Biometrics 1994, 50, 933-944 (ordered answers); Neuhaus, Kalbfleisch and Hauck, Int Stat Rev 1991, 59, 25-35 (odds
ratios of a person and of the population).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from dagster_project.statistics.change import Floats, check_level
from dagster_project.statistics.cumulative_logit import (
    CumulativeFit,
    CumulativeLikelihood,
    Sheets,
    category_probabilities,
    fit_cumulative,
    normal_grid,
)

_NAN = float("nan")
#: The variance of the logistic distribution.
_LOGISTIC_VARIANCE = np.pi**2 / 3


@dataclass(frozen=True)
class AnswerPattern:
    """n people with the same answers. waves: those with an answer, counted from 0, in order; answers: the category in each
    of them, counted from 0, the lowest."""

    waves: tuple[int, ...]
    answers: tuple[int, ...]
    n: int


@dataclass(frozen=True)
class OddsRatio:
    """exp(log_odds_ratio), with Wald's interval and test. reason: why a value is NaN."""

    log_odds_ratio: float
    se: float
    z: float
    p: float
    ratio: float
    ci_low: float
    ci_high: float
    reason: str = ""


@dataclass(frozen=True)
class AnswerShare:
    """A share of people, or a difference of shares, between 0 and 1. reason: why a value is NaN."""

    share: float
    se: float
    ci_low: float
    ci_high: float
    reason: str = ""


@dataclass(frozen=True)
class RepeatedAnswers:
    """A fitted model. n_people: one number a group; shares: for each group and wave one a category; differences: the same,
    from the first group; contrasts: one a contrast.

    variance: of the random intercept, in squared logits; icc: variance / (variance + pi^2 / 3). effects: of the group and
    wave (groups, waves), in logits of a higher answer, the first that has one being 0; NaN without one. reason: why there is
    no model, or, with numbers, a remark.
    """

    n_people: tuple[int, ...]
    n_answers: int
    shares: tuple[tuple[tuple[AnswerShare, ...], ...], ...]
    differences: tuple[tuple[tuple[AnswerShare, ...], ...], ...]
    contrasts: tuple[OddsRatio, ...]
    variance: float
    variance_se: float
    icc: float
    effects: Floats
    thresholds: Floats
    log_likelihood: float
    reason: str


def fit_repeated_answers(
    groups: Sequence[Sequence[AnswerPattern]],
    waves: int,
    categories: int,
    contrasts: Sequence[ArrayLike],
    *,
    baseline: Literal["constrained", "free"],
    level: float = 0.95,
) -> RepeatedAnswers:
    """Fit the model. groups: for each group its people by their answers; categories: how many there are, 2 of yes or no;
    contrasts: weights, each (groups, waves), of the logits.

    baseline: 'free', the first wave has an effect of its own in each group; 'constrained', the same in all groups. Where
    everybody of a group gave the lowest answer in a wave, or the highest, the effect has no finite estimate: the rest of the
    model is the limit, the share is 0 or 1 without an interval, and contrasts with it are NaN. No model, with a reason
    (groups and waves are counted from 1): a group without people; answers in fewer than two waves; nobody with two answers
    that can be told apart from others; a variance of the random intercept without a finite estimate; no convergence. Raises
    ValueError for contrasts of another shape, and answers that are no category.
    """
    check_level(level)
    weights = [np.asarray(contrast, dtype=np.float64) for contrast in contrasts]
    if any(weight.shape != (len(groups), waves) for weight in weights):
        raise ValueError(f"a contrast has not one weight for each of {len(groups)} groups and {waves} waves; give as many")
    if any(not 0 <= answer < categories for group in groups for pattern in group for answer in pattern.answers):
        raise ValueError(f"an answer is not one of {categories} categories, counted from 0")
    cells = _Cells(groups, waves, categories, baseline)
    reason = cells.people_missing or cells.unfitted
    fit = None if reason else fit_cumulative(cells.likelihood())
    if fit is None or fit.reason:
        return _model(cells, None, weights, level, reason or (fit.reason if fit else ""))
    is_edge = fit.parameters[-1] == 0 and not fit.covariance[-1].any()
    words = (
        "the variance of the random intercept is at its lowest, 0: a person's answers are as independent as those of others"
    )
    return _model(cells, fit, weights, level, words if is_edge else "")


class _Cells:
    """Groups in waves: which of them have an effect, and why others have none.

    column_of: of the cells with an effect; extreme_of: of those in which everybody gave the lowest or the highest answer,
    which one; categories: the answers that the effects are of. unfitted: why no effect is left to fit.
    """

    def __init__(self, groups: Sequence[Sequence[AnswerPattern]], waves: int, categories: int, baseline: str) -> None:
        self.groups = [[pattern for pattern in group if pattern.n > 0 and pattern.waves] for group in groups]
        self.waves, self.all_categories, self._shares_first = waves, categories, baseline == "constrained"
        counts: dict[tuple[int, int], Floats] = {}
        for index, group in enumerate(self.groups):
            for pattern in group:
                for wave, answer in zip(pattern.waves, pattern.answers, strict=True):
                    counts.setdefault(self._key(index, wave), np.zeros(categories))[answer] += pattern.n
        self.people_missing = self._people_missing()
        extremes: dict[tuple[int, int], int] = {}
        categories_given = np.arange(0)
        while counts:
            categories_given = np.flatnonzero(sum(counts.values()))
            constant_cells = {
                key: int(categories_given[end])
                for key, count in counts.items()
                for end in (0, -1)
                if count[categories_given[end]] == count.sum()
            }
            if not constant_cells:
                break
            extremes |= constant_cells
            counts = {key: count for key, count in counts.items() if key not in constant_cells}
        self.categories = [int(category) for category in categories_given]
        columns = {key: column for column, key in enumerate(sorted(counts, key=lambda key: (key[1], key[0])))}
        self.columns = len(columns)
        cells = [(index, wave) for index in range(len(groups)) for wave in range(waves)]
        self.column_of = {cell: columns[self._key(*cell)] for cell in cells if self._key(*cell) in columns}
        self.extreme_of = {cell: extremes[self._key(*cell)] for cell in cells if self._key(*cell) in extremes}
        self.unfitted = self._unfitted()

    def _key(self, group: int, wave: int) -> tuple[int, int]:
        """The cell whose effect a cell has: of a constrained first wave the same in all groups."""
        return (0, 0) if self._shares_first and wave == 0 else (group, wave)

    def _people_missing(self) -> str:
        if not any(self.groups):
            return "nobody has an answer"
        for index, group in enumerate(self.groups):
            if not group:
                return f"nobody in group {index + 1} has an answer"
        waves_with_answers = {wave for group in self.groups for pattern in group for wave in pattern.waves}
        return f"answers in wave {min(waves_with_answers) + 1} alone" if len(waves_with_answers) < 2 else ""

    def _unfitted(self) -> str:
        if not self.columns:
            return "in each wave everybody of a group gave the same answer"
        if any(
            sum((index, wave) in self.column_of for wave in pattern.waves) > 1
            for index, group in enumerate(self.groups)
            for pattern in group
        ):
            return ""
        exception = ", beside those that everybody of a group gave" if self.extreme_of else ""
        return f"nobody has answers in two waves{exception}: how alike a person's answers are is not known"

    def likelihood(self) -> CumulativeLikelihood:
        """Of the cells with an effect."""
        position = {category: index for index, category in enumerate(self.categories)}
        sheets = []
        for index, group in enumerate(self.groups):
            waves = [wave for wave in range(self.waves) if (index, wave) in self.column_of]
            rows, n = [], []
            for pattern in group:
                answer_in = dict(zip(pattern.waves, pattern.answers, strict=True))
                row = [position[answer_in[wave]] if wave in answer_in else -1 for wave in waves]
                if max(row, default=-1) >= 0:
                    rows.append(row)
                    n.append(float(pattern.n))
            if rows:
                columns = np.array([self.column_of[index, wave] for wave in waves])
                sheets.append(Sheets(np.array(rows), np.array(n), columns))
        return CumulativeLikelihood(sheets, self.columns, len(self.categories))

    def reason_of(self, group: int, wave: int) -> str:
        """Why a cell has no effect."""
        if (group, wave) not in self.extreme_of:
            return f"nobody in group {group + 1} has an answer in wave {wave + 1}"
        category = self.extreme_of[group, wave]
        end = f"answer {category + 1}"
        if self._shares_first and wave == 0:
            return f"everybody gave {end} in wave {wave + 1}"
        return f"everybody in group {group + 1} gave {end} in wave {wave + 1}"


class _Estimates:
    """Estimates from a fit."""

    def __init__(self, cells: _Cells, fit: CumulativeFit, level: float) -> None:
        from scipy.special import ndtri

        self._cells, self._fit, self._quantile = cells, fit, float(ndtri(0.5 + level / 2))
        self._first_effect = len(cells.categories) - 1

    def effect(self, cell: tuple[int, int]) -> float:
        """The logit of a cell, of a higher answer; NaN without one."""
        if cell not in self._cells.column_of:
            return _NAN
        column = self._cells.column_of[cell]
        return float(self._fit.parameters[self._first_effect + column - 1]) if column else 0.0

    def odds_ratio(self, weight: Floats) -> OddsRatio:
        """weight: (groups, waves)."""
        from scipy.special import ndtr

        gradient = np.zeros(len(self._fit.parameters))
        for group, wave in zip(*np.nonzero(weight), strict=True):
            cell = int(group), int(wave)
            if cell not in self._cells.column_of:
                return no_odds_ratio(self._cells.reason_of(*cell))
            if column := self._cells.column_of[cell]:
                gradient[self._first_effect + column - 1] += weight[cell]
        estimate = float(gradient @ self._fit.parameters)
        se = float(np.sqrt(gradient @ self._fit.covariance @ gradient))
        if not se > 0:
            return no_odds_ratio("the same in all groups")
        limits = np.exp(np.array([estimate - self._quantile * se, estimate + self._quantile * se]))
        p = float(2 * ndtr(-abs(estimate / se)))
        return OddsRatio(estimate, se, estimate / se, p, float(np.exp(estimate)), float(limits[0]), float(limits[1]))

    def probabilities(self, cell: tuple[int, int]) -> tuple[Floats, Floats]:
        """The population's share of each category in a cell with an effect, and its gradients (categories, parameters)."""
        fit, categories = self._fit, len(self._cells.categories)
        z, weights = normal_grid(float(fit.parameters[-1]))
        logarithm, first, _ = category_probabilities(fit.parameters, categories, self.effect(cell), z)
        density = np.exp(logarithm) * weights
        shares, gradients = np.zeros(self._cells.all_categories), np.zeros((self._cells.all_categories, len(fit.parameters)))
        by_upper, by_lower = density * first[0], density * first[1]
        by_effect = -(by_upper + by_lower)
        column = self._cells.column_of[cell]
        for index, category in enumerate(self._cells.categories):
            shares[category] = density[index].sum()
            row = gradients[category]
            if index < categories - 1:
                row[index] += by_upper[index].sum()
            if index:
                row[index - 1] += by_lower[index].sum()
            if column:
                row[self._first_effect + column - 1] += by_effect[index].sum()
            row[-1] += by_effect[index] @ z
        return shares, gradients

    def shares(self, cell: tuple[int, int]) -> tuple[AnswerShare, ...]:
        """Each category's share, with an interval that is symmetric for its logit."""
        if cell not in self._cells.column_of:
            return self._shares_of_extreme(cell)
        shares, ses = self._with_errors(*self.probabilities(cell))
        unused = "nobody gave this answer"
        return tuple(
            self._limits_of_share(float(share), float(se)) if se > 0 else AnswerShare(float(share), _NAN, _NAN, _NAN, unused)
            for share, se in zip(shares, ses, strict=True)
        )

    def differences(self, cell: tuple[int, int]) -> tuple[AnswerShare, ...]:
        """Each category's share in a cell minus that of the first group in the same wave."""
        reference = 0, cell[1]
        pair = [self.shares(item) for item in (cell, reference)]
        if any(item not in self._cells.column_of for item in (cell, reference)):
            reason = next(self._cells.reason_of(*item) for item in (cell, reference) if item not in self._cells.column_of)
            return tuple(
                AnswerShare(share.share - reference_share.share, _NAN, _NAN, _NAN, reason)
                for share, reference_share in zip(*pair, strict=True)
            )
        (shares, gradients), (reference_shares, reference_gradients) = (
            self.probabilities(item) for item in (cell, reference)
        )
        values, ses = self._with_errors(shares - reference_shares, gradients - reference_gradients)
        is_shared = cell[0] > 0 and self._cells.column_of[cell] == self._cells.column_of[reference]
        reason = "the same in all groups" if is_shared else "nobody gave this answer"
        reach = self._quantile * ses
        return tuple(
            AnswerShare(float(value), float(se), float(value - half), float(value + half))
            if se > 0
            else AnswerShare(float(value), _NAN, _NAN, _NAN, reason)
            for value, se, half in zip(values, ses, reach, strict=True)
        )

    def _shares_of_extreme(self, cell: tuple[int, int]) -> tuple[AnswerShare, ...]:
        reason = self._cells.reason_of(*cell)
        extreme = self._cells.extreme_of.get(cell)
        values = [_NAN if extreme is None else float(category == extreme) for category in range(self._cells.all_categories)]
        return tuple(AnswerShare(value, _NAN, _NAN, _NAN, reason) for value in values)

    def _with_errors(self, values: Floats, gradients: Floats) -> tuple[Floats, Floats]:
        return values, np.sqrt(np.einsum("ci,ij,cj->c", gradients, self._fit.covariance, gradients))

    def _limits_of_share(self, share: float, se: float) -> AnswerShare:
        reach = self._quantile * se / (share * (1 - share))
        logit = np.log(share / (1 - share))
        low, high = (float(1 / (1 + np.exp(-end))) for end in (logit - reach, logit + reach))
        return AnswerShare(share, se, low, high)


def no_odds_ratio(reason: str) -> OddsRatio:
    """An odds ratio without a number."""
    return OddsRatio(_NAN, _NAN, _NAN, _NAN, _NAN, _NAN, _NAN, reason)


def _model(
    cells: _Cells, fit: CumulativeFit | None, weights: Sequence[Floats], level: float, reason: str
) -> RepeatedAnswers:
    """The model, or where there is no fit its counts."""
    grid = [[(group, wave) for wave in range(cells.waves)] for group in range(len(cells.groups))]
    n_people = tuple(sum(pattern.n for pattern in group) for group in cells.groups)
    n_answers = sum(pattern.n * len(pattern.waves) for group in cells.groups for pattern in group)
    if fit is None:
        no_shares = ((tuple([AnswerShare(_NAN, _NAN, _NAN, _NAN, reason)] * cells.all_categories),) * cells.waves,) * len(
            grid
        )
        contrasts = (no_odds_ratio(reason),) * len(weights)
        return RepeatedAnswers(
            n_people, n_answers, no_shares, no_shares, contrasts, _NAN, _NAN, _NAN, np.full((len(grid), cells.waves), _NAN),
            np.empty(0), _NAN, reason,
        )  # fmt: skip
    estimates = _Estimates(cells, fit, level)
    sd = float(fit.parameters[-1])
    return RepeatedAnswers(
        n_people=n_people,
        n_answers=n_answers,
        shares=tuple(tuple(estimates.shares(cell) for cell in row) for row in grid),
        differences=tuple(tuple(estimates.differences(cell) for cell in row) for row in grid),
        contrasts=tuple(estimates.odds_ratio(weight) for weight in weights),
        variance=sd**2,
        variance_se=2 * sd * float(np.sqrt(fit.covariance[-1, -1])) if sd else _NAN,
        icc=sd**2 / (sd**2 + _LOGISTIC_VARIANCE),
        effects=np.array([[estimates.effect(cell) for cell in row] for row in grid]),
        thresholds=fit.parameters[: len(cells.categories) - 1].copy(),
        log_likelihood=fit.log_likelihood,
        reason=reason,
    )
