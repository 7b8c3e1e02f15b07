"""What the main results mean, in words: better or worse, shown or not, beside the least change that matters and the norm.

Belongs here: these words. Does not belong here: numbers (main_results.py lays them out), which results are the main ones.

A result that does not exclude zero shows nothing; it does not show that there is nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dagster_project.results import ResultRow, norm_name, result_id
from dagster_project.study import Contrast, Family, Score, Study

#: Comparisons of groups, each in words.
_GROUP_ANALYSES = {
    "change_difference": "the comparison without adjustment",
    "change_adjusted": "the comparison adjusted for the score at baseline",
    "change_covariate_adjusted": "the comparison adjusted for covariates too",
    "mmrm_difference": "the mixed model for repeated measures",
    "mmrm_covariate_adjusted_difference": "the mixed model adjusted for covariates",
}
#: Comparisons of slopes of groups, each in words.
_GROWTH_ANALYSES = {
    "growth_difference": "the model of growth without covariates",
    "growth_covariate_adjusted_difference": "the model of growth adjusted for covariates",
}
_ROLES = {
    "secondary": "No outcome is planned as primary; these are the secondary ones.",
    "exploratory": "No outcome is planned as primary or secondary; these are the exploratory ones.",
}


@dataclass(frozen=True)
class Estimate:
    """A scale in a contrast: the change of everybody, or how much that of a group differs from the reference's; without a
    contrast how much its slope does. is_planned: whether it is in a family of the plan."""

    analysis: str
    code: str
    contrast: Contrast | None
    group: str | None
    is_planned: bool

    @property
    def statistic(self) -> str:
        return "mean_change" if self.group is None else "difference"

    def ids(self, *statistics: str) -> list[str]:
        """The ids of these statistics of the estimate."""
        return [self._id(self.analysis, statistic) for statistic in statistics]

    def size_ids(self, size: str) -> list[str]:
        """The ids of an effect size with its interval."""
        analysis = "change" if self.group is None else "change_difference"
        return [self._id(analysis, f"{size}{end}") for end in ("", "_ci95_low", "_ci95_high")]

    @property
    def n_id(self) -> str:
        """The id of how many people are behind it."""
        if self.analysis.startswith("mmrm"):
            return result_id(self.analysis.removesuffix("_difference"), self.code, "n")
        return self._id(self.analysis, "n")

    def of_analysis(self, analysis: str) -> "Estimate":
        """The same by another comparison."""
        return Estimate(analysis, self.code, self.contrast, self.group, self.is_planned)

    def _id(self, analysis: str, statistic: str) -> str:
        contrast = self.contrast.contrast if self.contrast is not None else None
        return result_id(analysis, self.code, statistic, people_group=self.group, timepoint=contrast)


@dataclass(frozen=True)
class Conclusion:
    """What an estimate says. sign: 1 better, -1 worse, 0 zero; without a good end 1 higher, -1 lower. is_shown: by
    the adjusted p where there is one, else by the interval."""

    sign: int
    excludes_zero: bool
    is_shown: bool
    is_adjusted: bool


def conclusion_of(study: Study, results: Mapping[str, ResultRow], estimate: Estimate) -> Conclusion | None:
    """None where the estimate or its interval has no value."""
    value, low, high = (_value(results, id_) for id_ in estimate.ids(estimate.statistic, "ci95_low", "ci95_high"))
    if value is None or low is None or high is None:
        return None
    better = _better_sign(study, estimate)
    sign = better * ((value > 0) - (value < 0))
    excludes_zero = low > 0 or high < 0
    adjusted_p = _value(results, estimate.ids("p_holm")[0])
    is_shown = excludes_zero if adjusted_p is None else adjusted_p < study.protocol.plan.alpha
    return Conclusion(sign, excludes_zero, is_shown, adjusted_p is not None)


def meaning(study: Study, results: Mapping[str, ResultRow], estimate: Estimate) -> str:
    """The sentences beside an estimate."""
    conclusion = conclusion_of(study, results, estimate)
    if conclusion is None:
        row = results.get(estimate.ids(estimate.statistic)[0])
        return f"Nothing can be told: {row.note if row is not None and row.note else 'there is no estimate'}."
    sentences = [_verdict(study, estimate, conclusion), _important(study, results, estimate)]
    sentences.append(_norm(study, results, estimate) if estimate.group is None else _other_groups(study, results, estimate))
    return " ".join(sentence for sentence in sentences if sentence)


def _verdict(study: Study, estimate: Estimate, conclusion: Conclusion) -> str:
    interval = f"the interval {'excludes' if conclusion.excludes_zero else 'includes'} zero"
    if conclusion.is_adjusted and (conclusion.is_shown or conclusion.excludes_zero):
        link = "and" if conclusion.is_shown and conclusion.excludes_zero else "but"
        interval += f", {link} p (Holm) is {'' if conclusion.is_shown else 'not '}below the planned level"
    if conclusion.is_shown:
        return f"{_direction(study, estimate, conclusion.sign)}: {interval}."
    if estimate.group is None:
        towards = {1: "is for better", -1: "is for worse", 0: "is zero"}[conclusion.sign]
        if not _scale(study, estimate).better_sign:
            towards = {1: "is a rise", -1: "is a fall", 0: "is zero"}[conclusion.sign]
        return f"No change was shown: {interval}; the estimate {towards}."
    favoured = {1: _label(study, estimate.group), -1: study.protocol.compared_groups[0].label, 0: "neither"}
    if not _scale(study, estimate).better_sign:
        return f"No difference was shown: {interval}; the estimate is higher in {favoured[conclusion.sign]}."
    return f"No difference was shown: {interval}; the estimate favours {favoured[conclusion.sign]}."


def _direction(study: Study, estimate: Estimate, sign: int) -> str:
    better, worse = _end_words(study, estimate)
    word = (better if sign > 0 else worse).capitalize()
    if estimate.contrast is None:
        return f"{word} over time in {_label(study, estimate.group)} than in {study.protocol.compared_groups[0].label}"
    if estimate.group is None:
        return f"{word} at {estimate.contrast.followup} than at {estimate.contrast.baseline}"
    return f"{word} in {_label(study, estimate.group)} than in {study.protocol.compared_groups[0].label}"


def _important(study: Study, results: Mapping[str, ResultRow], estimate: Estimate) -> str:
    """The estimate beside the least change that matters to a person, where the instrument states one."""
    importance = getattr(study.scales[estimate.code][1], "importance", None)
    if importance is None or estimate.contrast is None:  # it is of a change, not of a change per unit of time
        return ""
    value, low, high = _beside_least(study, results, estimate)
    threshold, subject = importance.change, "change" if estimate.group is None else "difference"
    if low >= threshold or high <= -threshold:
        return f"The whole interval lies beyond the least change that matters, {'for better' if low > 0 else 'for worse'}."
    if -threshold < low and high < threshold:
        return "The whole interval is smaller than the least change that matters."
    if abs(value) < threshold:
        return f"The {subject} is smaller than the least change that matters; a part of the interval reaches it."
    end = "better" if value > 0 else "worse"
    return f"The {subject} reaches the least change that matters, for {end}; a part of the interval does not."


def _beside_least(study: Study, results: Mapping[str, ResultRow], estimate: Estimate) -> tuple[float, float, float]:
    """Estimate and interval with better above zero."""
    better = _better_sign(study, estimate)
    value, *ends = (
        better * (_value(results, id_) or 0.0) for id_ in estimate.ids(estimate.statistic, "ci95_low", "ci95_high")
    )
    return value, min(ends), max(ends)


def _norm(study: Study, results: Mapping[str, ResultRow], estimate: Estimate) -> str:
    """The mean at the later wave beside its norm."""
    if estimate.contrast is None:
        return ""
    wave, norm = estimate.contrast.followup, norm_name(study, estimate.code)
    names = ("difference_sd", "difference_sd_ci95_low", "difference_sd_ci95_high", "p_equivalence")
    value, low, high, p_similar = (
        _value(results, result_id("norm_difference", estimate.code, name, timepoint=wave)) for name in names
    )
    if value is None or low is None or high is None:
        return ""
    is_similar = p_similar is not None and p_similar < study.protocol.plan.alpha
    if low > 0 or high < 0:
        better, worse = _end_words(study, estimate)
        is_better = (value > 0) == (_scale(study, estimate).better_sign >= 0)
        words = f"At {wave} the mean was {better if is_better else worse} than {norm}"
        return f"{words}, within the planned margin." if is_similar else f"{words}."
    if is_similar:
        return f"At {wave} the mean was similar to {norm}, within the planned margin."
    return f"At {wave} no distance from {norm.replace('its', 'the', 1)} was shown."


def _other_groups(study: Study, results: Mapping[str, ResultRow], estimate: Estimate) -> str:
    """Whether the other comparisons of the same groups come to the same."""
    conclusion = conclusion_of(study, results, estimate)
    words: dict[bool, list[str]] = {True: [], False: []}
    for analysis, name in (_GROWTH_ANALYSES if estimate.contrast is None else _GROUP_ANALYSES).items():
        second = conclusion_of(study, results, estimate.of_analysis(analysis))
        if analysis != estimate.analysis and conclusion is not None and second is not None:
            agrees = (conclusion.sign, conclusion.excludes_zero) == (second.sign, second.excludes_zero)
            words[agrees].append(name)
    sentences = []
    for agrees, names in words.items():
        if names:
            verb = ("agrees" if len(names) == 1 else "agree") if agrees else f"do{'es' if len(names) == 1 else ''} not agree"
            subject = " and ".join((", ".join(names[:-1]), names[-1]) if len(names) > 1 else names)
            sentences.append(f"{subject[0].upper()}{subject[1:]} {verb} on direction and on excluding zero.")
    return " ".join(sentences)


def role_words(study: Study, families: Sequence[Family]) -> list[str]:
    """For what role in the plan the main results stand; nothing where they are planned as primary."""
    protocol = study.protocol
    if not protocol.contrasts and not families:
        return ["No waves are compared; these are the scores."]
    if not protocol.plan.families:
        return ["No family of tests was planned: every p stands alone, and what is given here is exploratory."]
    return [_ROLES[families[0].role]] if families[0].role in _ROLES else []


def caution_words(study: Study, families: Sequence[Family]) -> list[str]:
    """What comparisons of this design cannot tell."""
    sentences = []
    if study.protocol.contrasts and any(family.compares == "waves" for family in families):
        sentences.append(
            "Change within people has no comparison beside it: it need not be due to what was done between the waves."
        )
    if any(family.compares != "waves" for family in families) and not study.protocol.is_randomised:
        sentences.append("The groups were not made by chance: a difference need not be due to what makes them groups.")
    return sentences


def shown_words(study: Study, results: Mapping[str, ResultRow], estimates: Sequence[Estimate]) -> list[str]:
    """Of many estimates those that were shown, by direction, and that the others were not."""
    all_conclusions = [(estimate, conclusion_of(study, results, estimate)) for estimate in estimates]
    conclusions = [(estimate, conclusion) for estimate, conclusion in all_conclusions if conclusion is not None]
    shown_labels = _by_direction(study, [entry for entry in conclusions if entry[1].is_shown])
    sentences = [f"{direction}: {labels}." for direction, labels in shown_labels.items()]
    subject = "change" if all(estimate.group is None for estimate in estimates) else "difference"
    if any(not conclusion.is_shown for _, conclusion in conclusions):
        scope = "any other comparison" if shown_labels else "any of the comparisons"
        is_adjusted = any(conclusion.is_adjusted for _, conclusion in conclusions)
        sentences.append(f"No {subject} was shown in {scope}{' after adjustment' if is_adjusted else ''}.")
    alone = [entry for entry in conclusions if entry[1].excludes_zero and not entry[1].is_shown]
    if alone:
        parts = "; ".join(f"{_lowered(direction)}: {labels}" for direction, labels in _by_direction(study, alone).items())
        sentences.append(f"Without adjustment the interval excludes zero for some: {parts}.")
    if len(conclusions) < len(all_conclusions):
        sentences.append("Where there is no estimate, the table has the reason.")
    return sentences


def _by_direction(study: Study, conclusions: Sequence[tuple[Estimate, Conclusion]]) -> dict[str, str]:
    """The labels of scales by the direction of their estimates in words."""
    labels: dict[str, list[str]] = {}
    for estimate, conclusion in conclusions:
        label = study.scales[estimate.code][1].label
        if estimate.group is not None:
            label += f" ({estimate.contrast.contrast if estimate.contrast is not None else 'slope'})"
        labels.setdefault(_direction(study, estimate, conclusion.sign), []).append(label)
    return {direction: ", ".join(of_direction) for direction, of_direction in labels.items()}


def _lowered(text: str) -> str:
    return text[0].lower() + text[1:]


def _better_sign(study: Study, estimate: Estimate) -> int:
    """1 where a positive estimate is for better, or of a scale without a good end a rise."""
    sign = -estimate.contrast.baseline_sign if estimate.contrast is not None else 1
    return -sign if _scale(study, estimate).better_sign < 0 else sign


def _scale(study: Study, estimate: Estimate) -> Score:
    return study.scales[estimate.code][1]


def _end_words(study: Study, estimate: Estimate) -> tuple[str, str]:
    """What its good and its bad end are called; of a scale without a good end, its high and its low one."""
    return ("better", "worse") if _scale(study, estimate).better_sign else ("higher", "lower")


def _label(study: Study, group: str | None) -> str:
    return next(candidate.label for candidate in study.protocol.compared_groups if candidate.category == group)


def _value(results: Mapping[str, ResultRow], id_: str) -> float | None:
    row = results.get(id_)
    return None if row is None else row.value
