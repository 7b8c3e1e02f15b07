"""The model of answers over all waves, of yes or no and of ordered categories: groups compared over all waves at once.

Belongs here: which numbers the model has, by what name and method. Does not belong here: the model
(statistics/repeated_answers.py); scores (repeated_measures.py); answers of one wave (categories.py).
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from dagster_project.results.categories import counted_categories
from dagster_project.results.result_collector import LEVEL, MartRow, RowFields, Rows, grouped
from dagster_project.results.result_row import ResultRow
from dagster_project.statistics import AnswerPattern, AnswerShare, OddsRatio, fit_repeated_answers
from dagster_project.study import Categorical, Groups, Study, YesNo

MODEL, DIFFERENCES = "glmm", "glmm_difference"
_BASELINES = {
    "constrained": "the first wave with the same share in all groups",
    "free": "the first wave with a share of each group",
}


def measures_over_waves(study: Study) -> list[YesNo | Categorical]:
    """The measures that have a model: of yes or no, or of ordered categories, asked in two waves or more."""
    return [
        measure
        for measure in study.categorical_measures
        if (isinstance(measure, YesNo) or measure.ordered) and len(study.waves_of(measure)) > 1
    ]


def answers_baseline(study: Study) -> Literal["constrained", "free"]:
    """How the model takes the first wave: as the mixed model for scores does, but never as a covariate, since a person's own
    answer depends on the same random intercept. Then it is an outcome as the design has it."""
    baseline = study.protocol.repeated_measures_baseline
    if baseline == "covariate":
        return "constrained" if study.protocol.is_randomised else "free"
    return baseline


def repeated_answers_results(group_answer_patterns: Iterable[MartRow], study: Study) -> list[ResultRow]:
    """Each measure's model: shares of each group and wave, and each group against the reference at each later wave and in
    each contrast, of everybody with any answer. group_answer_patterns: people_group, measure, pattern, answers, n."""
    if not isinstance(study.protocol.groups, Groups):
        return []
    rows_of = grouped(group_answer_patterns, "measure", "people_group")
    shares, differences = Rows(MODEL, study), Rows(DIFFERENCES, study)
    groups = [group.category for group in study.protocol.compared_groups]
    for measure in measures_over_waves(study):
        people = [_patterns(rows_of.get((measure.measure, group), []), measure, study) for group in groups]
        model = _MeasureModel(study, measure, people)
        model.add_shares(shares)
        model.add_differences(differences)
    return [*shares.rows, *differences.rows]


def _patterns(rows: Iterable[MartRow], measure: YesNo | Categorical, study: Study) -> list[AnswerPattern]:
    waves = [wave.wave for wave in study.protocol.waves]
    position = {measure.code_of(category): index for index, category in enumerate(measure.categories)}
    return [
        AnswerPattern(
            tuple(waves.index(wave) for wave in row["pattern"].split("+")),
            tuple(position[int(answer)] for answer in row["answers"].split("+")),
            int(row["n"]),
        )
        for row in rows
    ]


@dataclass(frozen=True)
class _Compared:
    """Odds that are compared: weights (waves,) of a group's logits; those of the reference have the other sign.

    row_fields: the moment; words: what is compared; wave: where shares are compared too, its index.
    """

    weights: NDArray[np.float64]
    row_fields: RowFields
    words: str
    wave: int | None = None


class _MeasureModel:
    """The model of one measure. patterns: of each group, the reference first."""

    def __init__(self, study: Study, measure: YesNo | Categorical, patterns: Sequence[Sequence[AnswerPattern]]) -> None:
        self._study, self._measure = study, measure
        self._groups = [group.category for group in study.protocol.compared_groups]
        self._waves = [wave.wave for wave in study.protocol.waves]
        self._waves_answered = sorted({wave for group in patterns for pattern in group for wave in pattern.waves})
        # Only the study's first wave is a baseline.
        self._baseline = (
            answers_baseline(study) if self._waves_answered[:1] == [0] and len(self._waves_answered) > 1 else "free"
        )
        self._compared = list(self._comparisons())
        on_waves = [[self._on_waves(pattern) for pattern in group] for group in patterns]
        contrasts = [
            np.outer([float(index == group) - float(index == 0) for index in range(len(patterns))], item.weights)
            for item in self._compared
            for group in range(1, len(patterns))
        ]
        categories = len(measure.categories)
        self._model = fit_repeated_answers(
            on_waves, max(len(self._waves_answered), 1), categories, contrasts, baseline=self._baseline, level=LEVEL
        )
        self._n = sum(self._model.n_people)
        self._reason = self._in_words(self._model.reason)
        form = "logistic regression" if isinstance(measure, YesNo) else "cumulative logit model (proportional odds)"
        self._method = (
            f"{form} with a normal random intercept of each person, by maximum likelihood; {_BASELINES[self._baseline]}"
        )

    def add_shares(self, rows: Rows) -> None:
        """How many people and answers, how alike a person's answers are, and the share of each group and wave."""
        outcome, model, n = self._measure.measure, self._model, self._n
        rows.add(outcome, "n", n, n, "people of all groups in the model", remark=self._reason)
        rows.add(outcome, "n_answers", model.n_answers, n, "answers in the model")
        note = self._reason
        method = f"variance of the random intercept; {self._method}"
        rows.add(outcome, "intercept_variance", model.variance, n, method, note=note, remark=self._reason)
        method = f"variance / (variance + pi^2 / 3); {self._method}"
        rows.add(outcome, "icc", model.icc, n, method, note=note, remark=self._reason)
        for group_index, group in enumerate(self._groups):
            for wave_index, wave in enumerate(self._waves_answered):
                row_fields: RowFields = {"people_group": group, "wave": self._waves[wave]}
                words = f"share of the population, averaged over the random intercept; {self._method}"
                for category, share in self._categories(model.shares[group_index][wave_index]):
                    self._add_share(rows, "percent", share, words, {**row_fields, "category": category})

    def add_differences(self, rows: Rows) -> None:
        """Each group against the reference: odds of a person, shares of the population."""
        odds_ratios = iter(self._model.contrasts)
        for item in self._compared:
            for index, group in enumerate(self._groups[1:], start=1):
                row_fields: RowFields = {
                    **item.row_fields, "people_group": group, "compared_with": self._groups[0], "role": "exploratory",
                }  # fmt: skip
                self._add_odds_ratio(rows, next(odds_ratios), item.words, row_fields)
                if item.wave is None:
                    continue
                words = f"share of the population of the group minus that of the reference; {self._method}"
                for category, difference in self._categories(self._model.differences[index][item.wave]):
                    self._add_share(rows, "risk_difference", difference, words, {**row_fields, "category": category})

    def _add_odds_ratio(self, rows: Rows, odds: OddsRatio, words: str, row_fields: RowFields) -> None:
        outcome, n = self._measure.measure, self._n
        method = f"{words}; {self._method}"
        fields: RowFields = {**row_fields, "note": self._in_words(odds.reason) or self._reason}
        rows.add(outcome, "odds_ratio", odds.ratio, n, method, **fields)
        rows.interval(outcome, "odds_ratio_", odds.ci_low, odds.ci_high, n, f"Wald's interval of the {method}", **fields)
        rows.add(outcome, "se", odds.se, n, "standard error of the log odds ratio, observed information", **fields)
        rows.add(outcome, "z", odds.z, n, "log odds ratio / standard error", **fields)
        rows.add(outcome, "p", odds.p, n, f"Wald's test of the {method}, two-sided", **fields)

    def _add_share(self, rows: Rows, name: str, share: AnswerShare, method: str, row_fields: RowFields) -> None:
        """A share, or a difference of shares, with its interval, as percentages."""
        outcome, n = self._measure.measure, self._n
        reason = self._in_words(share.reason) or self._reason
        fields: RowFields = {**row_fields, "note": reason}
        is_difference = name == "risk_difference"
        rows.add(outcome, name, 100 * share.share, n, method, **fields)
        prefix = "risk_difference_" if is_difference else ""
        form = "Wald's interval" if is_difference else "interval, symmetric for its logit,"
        rows.add(outcome, f"{prefix}se", 100 * share.se, n, f"standard error (delta method) of the {method}", **fields)
        method = f"{form} (delta method) of the {method}"
        rows.interval(outcome, prefix, 100 * share.ci_low, 100 * share.ci_high, n, method, **fields)

    def _categories(self, shares: Sequence[AnswerShare]) -> Iterator[tuple[str, AnswerShare]]:
        """The categories whose shares are given, of yes or no yes alone."""
        share_of = {category.category: share for category, share in zip(self._measure.categories, shares, strict=True)}
        for category in counted_categories(self._measure):
            yield category, share_of[category]

    def _comparisons(self) -> Iterator[_Compared]:
        """Odds at each wave, but for a first wave that is the same in all groups, and their changes."""
        odds = f"odds of {'yes' if isinstance(self._measure, YesNo) else 'a higher category'}"
        for index, wave in enumerate(self._waves_answered):
            if wave == 0 and self._baseline == "constrained":
                continue
            weights = np.eye(len(self._waves_answered))[index]
            words = f"odds ratio of a person: {odds} at {self._waves[wave]} in the group / in the reference"
            yield _Compared(weights, {"wave": self._waves[wave]}, words, index)
        for contrast in self._study.protocol.contrasts:
            ends = [self._waves.index(contrast.baseline), self._waves.index(contrast.followup)]
            if not set(ends) <= set(self._waves_answered):
                continue
            weights = np.array([float(wave == ends[1]) - float(wave == ends[0]) for wave in self._waves_answered])
            words = (
                f"ratio of odds ratios of a person: {odds} at {contrast.followup} / at {contrast.baseline}, in the group /"
                " in the reference"
            )
            yield _Compared(weights, {"contrast": contrast.contrast}, words)

    def _on_waves(self, pattern: AnswerPattern) -> AnswerPattern:
        """A pattern with its waves counted among those that anybody answered."""
        return AnswerPattern(tuple(self._waves_answered.index(wave) for wave in pattern.waves), pattern.answers, pattern.n)

    def _in_words(self, reason: str) -> str:
        """A reason with the names of groups, waves and answers in position of their numbers."""
        names = {
            "group": [f"group {group}" for group in self._groups],
            "wave": [self._waves[wave] for wave in self._waves_answered],
            "answer": [category.category for category in self._measure.categories],
        }
        return re.sub(r"\b(group|wave|answer) (\d+)", lambda match: names[match[1]][int(match[2]) - 1], reason)
