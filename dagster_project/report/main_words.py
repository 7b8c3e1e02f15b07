"""What the main results mean, in words: better or worse, shown or not, beside the least change that matters and the norm.

Belongs here: these words. Does not belong here: numbers (main_results.py lays them out), which results are the main ones.

A result that does not exclude zero shows nothing; it does not show that there is nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dagster_project.languages import (
    enumerated,
    gettext,
    gettext_noop,
    in_series,
    lowered,
    ngettext,
    translate,
    with_label,
)
from dagster_project.results import ResultRow, norm_name, result_id
from dagster_project.study import Contrast, Family, Score, Study

#: Comparisons of groups, each in words.
_GROUP_ANALYSES = {
    "change_difference": gettext_noop("the comparison without adjustment"),
    "change_adjusted": gettext_noop("the comparison adjusted for the score at baseline"),
    "change_covariate_adjusted": gettext_noop("the comparison adjusted for covariates too"),
    "mmrm_difference": gettext_noop("the mixed model for repeated measures"),
    "mmrm_covariate_adjusted_difference": gettext_noop("the mixed model adjusted for covariates"),
}
#: Comparisons of slopes of groups, each in words.
_GROWTH_ANALYSES = {
    "growth_difference": gettext_noop("the model of growth without covariates"),
    "growth_covariate_adjusted_difference": gettext_noop("the model of growth adjusted for covariates"),
}
_ROLES = {
    "secondary": gettext_noop("No outcome is planned as primary; these are the secondary ones."),
    "exploratory": gettext_noop("No outcome is planned as primary or secondary; these are the exploratory ones."),
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
        reason = translate(row.note) if row is not None and row.note else gettext("there is no estimate")
        return gettext("Nothing can be told: {reason}.", reason=reason)
    sentences = [_verdict(study, estimate, conclusion), _important(study, results, estimate)]
    sentences.append(_norm(study, results, estimate) if estimate.group is None else _other_groups(study, results, estimate))
    return " ".join(sentence for sentence in sentences if sentence)


def _verdict(study: Study, estimate: Estimate, conclusion: Conclusion) -> str:
    interval = _interval_words(conclusion)
    if conclusion.is_shown:
        return gettext("{direction}: {interval}.", direction=_direction(study, estimate, conclusion.sign), interval=interval)
    has_good_end, fields = bool(_scale(study, estimate).better_sign), {"interval": interval}
    if estimate.group is None and conclusion.sign == 0:
        return gettext("No change was shown: {interval}; the estimate is zero.", **fields)
    if estimate.group is None and has_good_end:
        if conclusion.sign > 0:
            return gettext("No change was shown: {interval}; the estimate is for better.", **fields)
        return gettext("No change was shown: {interval}; the estimate is for worse.", **fields)
    if estimate.group is None:
        if conclusion.sign > 0:
            return gettext("No change was shown: {interval}; the estimate is a rise.", **fields)
        return gettext("No change was shown: {interval}; the estimate is a fall.", **fields)
    groups = {1: _label(study, estimate.group), -1: study.protocol.compared_groups[0].label, 0: gettext("neither")}
    fields["group"] = groups[conclusion.sign]
    if not has_good_end:
        return gettext("No difference was shown: {interval}; the estimate is higher in {group}.", **fields)
    return gettext("No difference was shown: {interval}; the estimate favours {group}.", **fields)


def _interval_words(conclusion: Conclusion) -> str:
    """Whether the interval excludes zero, and whether the adjusted p says the same."""
    if not conclusion.is_adjusted or not (conclusion.is_shown or conclusion.excludes_zero):
        return gettext("the interval excludes zero") if conclusion.excludes_zero else gettext("the interval includes zero")
    if not conclusion.excludes_zero:
        return gettext("the interval includes zero, but p (Holm) is below the planned level")
    if conclusion.is_shown:
        return gettext("the interval excludes zero, and p (Holm) is below the planned level")
    return gettext("the interval excludes zero, but p (Holm) is not below the planned level")


#: Which way an estimate goes: of what it is, by its end (better, worse, or of a scale without a good end higher, lower).
_DIRECTIONS = {
    "slope": {
        "better": gettext_noop("Better over time in {group} than in {reference}"),
        "worse": gettext_noop("Worse over time in {group} than in {reference}"),
        "higher": gettext_noop("Higher over time in {group} than in {reference}"),
        "lower": gettext_noop("Lower over time in {group} than in {reference}"),
    },
    "change": {
        "better": gettext_noop("Better at {followup} than at {baseline}"),
        "worse": gettext_noop("Worse at {followup} than at {baseline}"),
        "higher": gettext_noop("Higher at {followup} than at {baseline}"),
        "lower": gettext_noop("Lower at {followup} than at {baseline}"),
    },
    "difference": {
        "better": gettext_noop("Better in {group} than in {reference}"),
        "worse": gettext_noop("Worse in {group} than in {reference}"),
        "higher": gettext_noop("Higher in {group} than in {reference}"),
        "lower": gettext_noop("Lower in {group} than in {reference}"),
    },
}


def _direction(study: Study, estimate: Estimate, sign: int) -> str:
    better, worse = _end_words(study, estimate)
    end = better if sign > 0 else worse
    if estimate.group is None and estimate.contrast is not None:
        waves = {"followup": estimate.contrast.followup, "baseline": estimate.contrast.baseline}
        message = _DIRECTIONS["change"][end]
        return gettext(message, **waves)
    groups = {"group": _label(study, estimate.group), "reference": study.protocol.compared_groups[0].label}
    message = _DIRECTIONS["slope" if estimate.contrast is None else "difference"][end]
    return gettext(message, **groups)


def _important(study: Study, results: Mapping[str, ResultRow], estimate: Estimate) -> str:
    """The estimate beside the least change that matters to a person, where the instrument states one."""
    importance = getattr(study.scales[estimate.code][1], "importance", None)
    if importance is None or estimate.contrast is None:  # it is of a change, not of a change per unit of time
        return ""
    value, low, high = _beside_least(study, results, estimate)
    threshold, is_change = importance.change, estimate.group is None
    if low >= threshold:
        return gettext("The whole interval lies beyond the least change that matters, for better.")
    if high <= -threshold:
        return gettext("The whole interval lies beyond the least change that matters, for worse.")
    if -threshold < low and high < threshold:
        return gettext("The whole interval is smaller than the least change that matters.")
    if abs(value) < threshold and is_change:
        return gettext("The change is smaller than the least change that matters; a part of the interval reaches it.")
    if abs(value) < threshold:
        return gettext("The difference is smaller than the least change that matters; a part of the interval reaches it.")
    messages = {
        (True, True): gettext_noop(
            "The change reaches the least change that matters, for better; a part of the interval does not."
        ),
        (True, False): gettext_noop(
            "The change reaches the least change that matters, for worse; a part of the interval does not."
        ),
        (False, True): gettext_noop(
            "The difference reaches the least change that matters, for better; a part of the interval does not."
        ),
        (False, False): gettext_noop(
            "The difference reaches the least change that matters, for worse; a part of the interval does not."
        ),
    }
    return gettext(messages[is_change, value > 0])


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
        message = _DISTANCES[better if is_better else worse][is_similar]
        return gettext(message, wave=wave, norm=norm)
    if is_similar:
        return gettext("At {wave} the mean was similar to {norm}, within the planned margin.", wave=wave, norm=norm)
    main_norm = study.norms.main_of(estimate.code)
    if main_norm is None or not main_norm.has_others:
        return gettext("At {wave} no distance from the norm was shown.", wave=wave)
    population = lowered(main_norm.sample.population)
    return gettext("At {wave} no distance from the main norm ({population}) was shown.", wave=wave, population=population)


#: The mean beside its norm: by its end, and whether it is similar all the same.
_DISTANCES = {
    "better": (
        gettext_noop("At {wave} the mean was better than {norm}."),
        gettext_noop("At {wave} the mean was better than {norm}, within the planned margin."),
    ),
    "worse": (
        gettext_noop("At {wave} the mean was worse than {norm}."),
        gettext_noop("At {wave} the mean was worse than {norm}, within the planned margin."),
    ),
    "higher": (
        gettext_noop("At {wave} the mean was higher than {norm}."),
        gettext_noop("At {wave} the mean was higher than {norm}, within the planned margin."),
    ),
    "lower": (
        gettext_noop("At {wave} the mean was lower than {norm}."),
        gettext_noop("At {wave} the mean was lower than {norm}, within the planned margin."),
    ),
}


def _other_groups(study: Study, results: Mapping[str, ResultRow], estimate: Estimate) -> str:
    """Whether the other comparisons of the same groups come to the same."""
    conclusion = conclusion_of(study, results, estimate)
    words: dict[bool, list[str]] = {True: [], False: []}
    for analysis, name in (_GROWTH_ANALYSES if estimate.contrast is None else _GROUP_ANALYSES).items():
        second = conclusion_of(study, results, estimate.of_analysis(analysis))
        if analysis != estimate.analysis and conclusion is not None and second is not None:
            agrees = (conclusion.sign, conclusion.excludes_zero) == (second.sign, second.excludes_zero)
            words[agrees].append(gettext(name))
    sentences = []
    for agrees, names in words.items():
        if not names:
            continue
        subject = enumerated(names)
        subject = subject[0].upper() + subject[1:]
        sentences.append(
            ngettext(
                "{methods} agrees on direction and on excluding zero.",
                "{methods} agree on direction and on excluding zero.",
                len(names),
                methods=subject,
            )
            if agrees
            else ngettext(
                "{methods} does not agree on direction and on excluding zero.",
                "{methods} do not agree on direction and on excluding zero.",
                len(names),
                methods=subject,
            )
        )
    return " ".join(sentences)


def role_words(study: Study, families: Sequence[Family]) -> list[str]:
    """For what role in the plan the main results stand; nothing where they are planned as primary."""
    protocol = study.protocol
    if not protocol.contrasts and not families:
        return [gettext("No waves are compared; these are the scores.")]
    if not protocol.plan.families:
        return [gettext("No family of tests was planned: every p stands alone, and what is given here is exploratory.")]
    return [gettext(_ROLES[families[0].role])] if families[0].role in _ROLES else []


def caution_words(study: Study, families: Sequence[Family]) -> list[str]:
    """What comparisons of this design cannot tell."""
    sentences = []
    if study.protocol.contrasts and any(family.compares == "waves" for family in families):
        sentences.append(
            gettext(
                "Change within people has no comparison beside it: it need not be due to what was done between the waves."
            )
        )
    if any(family.compares != "waves" for family in families) and not study.protocol.is_randomised:
        sentences.append(
            gettext("The groups were not made by chance: a difference need not be due to what makes them groups.")
        )
    return sentences


def shown_words(study: Study, results: Mapping[str, ResultRow], estimates: Sequence[Estimate]) -> list[str]:
    """Of many estimates those that were shown, by direction, and that the others were not."""
    all_conclusions = [(estimate, conclusion_of(study, results, estimate)) for estimate in estimates]
    conclusions = [(estimate, conclusion) for estimate, conclusion in all_conclusions if conclusion is not None]
    shown_labels = _by_direction(study, [entry for entry in conclusions if entry[1].is_shown])
    sentences = [
        gettext("{direction}: {scales}.", direction=direction, scales=labels) for direction, labels in shown_labels.items()
    ]
    if any(not conclusion.is_shown for _, conclusion in conclusions):
        is_change = all(estimate.group is None for estimate in estimates)
        is_adjusted = any(conclusion.is_adjusted for _, conclusion in conclusions)
        sentences.append(gettext(_NOT_SHOWN[is_change, bool(shown_labels), is_adjusted]))
    alone = [entry for entry in conclusions if entry[1].excludes_zero and not entry[1].is_shown]
    if alone:
        parts = in_series(
            with_label(f"{direction[0].lower()}{direction[1:]}", labels)
            for direction, labels in _by_direction(study, alone).items()
        )
        sentences.append(gettext("Without adjustment the interval excludes zero for some: {parts}.", parts=parts))
    if len(conclusions) < len(all_conclusions):
        sentences.append(gettext("Where there is no estimate, the table has the reason."))
    return sentences


#: By whether change was compared, whether anything was shown, and whether p was adjusted.
_NOT_SHOWN = {
    (True, True, True): gettext_noop("No change was shown in any other comparison after adjustment."),
    (True, True, False): gettext_noop("No change was shown in any other comparison."),
    (True, False, True): gettext_noop("No change was shown in any of the comparisons after adjustment."),
    (True, False, False): gettext_noop("No change was shown in any of the comparisons."),
    (False, True, True): gettext_noop("No difference was shown in any other comparison after adjustment."),
    (False, True, False): gettext_noop("No difference was shown in any other comparison."),
    (False, False, True): gettext_noop("No difference was shown in any of the comparisons after adjustment."),
    (False, False, False): gettext_noop("No difference was shown in any of the comparisons."),
}


def _by_direction(study: Study, conclusions: Sequence[tuple[Estimate, Conclusion]]) -> dict[str, str]:
    """The labels of scales by the direction of their estimates in words."""
    labels: dict[str, list[str]] = {}
    for estimate, conclusion in conclusions:
        label = study.scales[estimate.code][1].label
        if estimate.group is not None:
            label += f" ({estimate.contrast.contrast if estimate.contrast is not None else gettext('slope')})"
        labels.setdefault(_direction(study, estimate, conclusion.sign), []).append(label)
    return {direction: ", ".join(of_direction) for direction, of_direction in labels.items()}


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
