"""What the methods section says of groups of people. Belongs here: these sentences. Does not belong here: results."""

from collections.abc import Collection, Iterator

from dagster_project.languages import enumerated, gettext, gettext_noop, ngettext, translate
from dagster_project.report.sensitivity_methods import sensitivity_methods
from dagster_project.results.repeated_answers import answers_baseline, measures_over_waves
from dagster_project.study import (
    Groups,
    Study,
    YesNo,
    covariate_words,
    covariates_of,
    imputes_covariates,
    subgroups_of,
    unknown_covariate_words,
)

_TESTS = {
    "groups": gettext_noop("differences of change"),
    "groups_adjusted": gettext_noop("adjusted differences of change"),
    "repeated_measures": gettext_noop("differences in the mixed model for repeated measures"),
    "growth": gettext_noop("differences of slopes"),
}
_BASELINES = {
    "constrained": gettext_noop("as an outcome with one mean for all groups"),
    "free": gettext_noop("as an outcome with a mean for each group"),
    "covariate": gettext_noop("as a covariate of each later one"),
}
#: The same of shares of answers.
_ANSWER_BASELINES = {
    "constrained": gettext_noop("as an outcome with one share for all groups"),
    "free": gettext_noop("as an outcome with a share for each group"),
    "covariate": gettext_noop("as a covariate of each later one"),
}
_DF = {
    "kenward_roger": gettext_noop("Kenward and Roger's standard errors and degrees of freedom"),
    "satterthwaite": gettext_noop("Satterthwaite's degrees of freedom"),
}


def group_methods(study: Study, analyses: Collection[str]) -> Iterator[str]:
    """Sentences about the groups and how they are compared; none where everybody is one group."""
    definition = study.protocol.groups
    if not isinstance(definition, Groups):
        return
    of_whom, of_unknown = unknown_covariate_words(study.protocol)
    reference, *compared_labels = [group.label for group in study.protocol.compared_groups]
    if study.protocol.is_concealed:
        yield ngettext(
            "Groups are concealed: {all_groups} stand for them by chance, and {groups} is compared with {reference},"
            " whichever group that is. Where a table or a method speaks of the reference, it is that one.",
            "Groups are concealed: {all_groups} stand for them by chance, and {groups} are compared with {reference},"
            " whichever group that is. Where a table or a method speaks of the reference, it is that one.",
            len(compared_labels),
            all_groups=enumerated([reference, *compared_labels]),
            groups=enumerated(compared_labels),
            reference=reference,
        )
    elif study.protocol.is_randomised:
        yield gettext(
            "People were compared by the groups to which they were allocated by chance: {groups} with {reference}, the"
            " reference.",
            groups=enumerated(compared_labels),
            reference=reference,
        )
    else:
        yield gettext(
            "People were compared by the groups to which they belong: {groups} with {reference}, the reference.",
            groups=enumerated(compared_labels),
            reference=reference,
        )
    if definition.unblinded is not None:
        yield gettext("Groups were concealed until they were unblinded on {unblinded}.", unblinded=definition.unblinded)
    yield gettext("Everybody counts in the group that the roster gives, whatever became of them later.")
    if "change_difference" in analyses:
        yield (
            gettext(
                "Differences of change between groups, the group minus the reference, are of people with both scores, with"
                " Welch's t test and interval; adjusted for the score at baseline they are from an analysis of covariance of"
                " all groups with one slope."
            )
        )
    if "change_adjusted" in analyses:
        yield gettext(
            "Adjusted means of each group are those of this analysis at the means over all groups of what is adjusted for."
        )
    if "change_covariate_adjusted" in analyses:
        yield from _covariate_methods(study)
    if subgroups := [variable.label for variable in subgroups_of(study.protocol) if "change_subgroup" in analyses]:
        yield (
            gettext(
                "Differences of change within {subgroups} are exploratory: for each of these an analysis of covariance with"
                " the score at baseline gave the difference in each category, how far it lies from that in the first, and"
                " an F test that it is the same in all.",
                subgroups=enumerated(subgroups),
            )
        )
    if subgroups and "change_subgroup_covariate_adjusted" in analyses:
        yield (
            gettext(
                "The same with the covariates in the model, each with one slope, but for the variable of the subgroups"
                " itself, is of people {of_whom}.",
                of_whom=of_whom,
            )
            if imputes_covariates(study.protocol)
            else gettext(
                "The same with the covariates in the model, each with one slope, but for the variable of the subgroups"
                " itself, is of people {of_whom} as well.",
                of_whom=of_whom,
            )
        )
    if "mmrm_difference" in analyses:
        model = definition.repeated_measures
        baseline = study.protocol.repeated_measures_baseline
        yield (
            gettext(
                "All waves together were compared with a mixed model for repeated measures (REML,"
                " {covariance} covariance within people, {df}) of everybody with at least"
                " one score, with the first wave {baseline}.",
                covariance=model.covariance_in_words,
                df=gettext(_DF[model.df]),
                baseline=gettext(_BASELINES[baseline]),
            )
        )
    if "mi_group_difference" in analyses:
        yield from sensitivity_methods(study)
    if "mmrm_covariate_adjusted_difference" in analyses:
        yield (
            gettext(
                "A second mixed model of the same form adjusts for {covariates}, each with one slope in all groups and"
                " waves; it is of people {of_whom}, its means are at the means of the covariates over these people, and"
                " {of_unknown}.",
                covariates=covariate_words(study.protocol, with_baseline=False),
                of_whom=of_whom,
                of_unknown=of_unknown,
            )
        )
    if "service_difference" in analyses:
        yield gettext(
            "Use of services was compared by risk differences (Newcombe), risk and odds ratios and Fisher's exact test."
        )
    if "category_difference" in analyses:
        yield gettext("Answers were compared by risk differences (Newcombe), risk and odds ratios and Fisher's exact test.")
    if "glmm_difference" in analyses:
        yield from _answer_methods(study)
    for compares, test_words in _TESTS.items():
        has_covariates = compares in ("groups_adjusted", "repeated_measures", "growth") and covariates_of(study.protocol)
        words = gettext(test_words)
        if has_covariates:
            words = gettext("{tests}, with covariates,", tests=words)
        if families := study.protocol.plan.families_of(compares):
            names = [f"{family.family} ({translate(family.role)})" for family in families]
            yield ngettext(
                "Tests of {tests} were adjusted within the planned family {families}, by Holm and by Benjamini and"
                " Hochberg.",
                "Tests of {tests} were adjusted within the planned families {families}, by Holm and by Benjamini and"
                " Hochberg.",
                len(names),
                tests=words,
                families=enumerated(names),
            )


def _answer_methods(study: Study) -> Iterator[str]:
    """How answers were compared over all waves, and what is assumed."""
    measures = measures_over_waves(study)
    forms = []
    if any(isinstance(measure, YesNo) for measure in measures):
        forms.append(gettext("logistic regression of yes or no"))
    if not all(isinstance(measure, YesNo) for measure in measures):
        forms.append(gettext("cumulative logit models of ordered categories, which take odds ratios equal at every step"))
    baseline = gettext(_ANSWER_BASELINES[answers_baseline(study)])
    yield (
        gettext(
            "Answers in all waves together were compared by {forms}, with a normally distributed random intercept"
            " of each person, by maximum likelihood, of everybody with at least one answer, with the first wave"
            " {baseline}; answers were taken to be missing at random. Odds ratios are those of a person (Wald's tests and"
            " intervals); percentages and their differences are averages over the random intercept (delta method). These"
            " comparisons are exploratory.",
            forms=enumerated(forms),
            baseline=baseline,
        )
    )


def _covariate_methods(study: Study) -> Iterator[str]:
    """What is adjusted for beside the score at baseline, in whom, and what becomes of categories."""
    covariates = covariates_of(study.protocol)
    _, of_unknown = unknown_covariate_words(study.protocol)
    fields = {"covariates": covariate_words(study.protocol), "of_unknown": of_unknown}
    yield (
        gettext(
            "A second analysis of covariance adjusts for {covariates}, each with one slope in all groups; it is of people"
            " with both scores, and {of_unknown}.",
            **fields,
        )
        if imputes_covariates(study.protocol)
        else gettext(
            "A second analysis of covariance adjusts for {covariates}, each with one slope in all groups; it is of people"
            " with both scores and every covariate known, and {of_unknown}.",
            **fields,
        )
    )
    if of_categories := [variable for variable in covariates if variable.kind == "category"]:
        references = enumerated([f"{variable.categories[0].label} ({variable.label})" for variable in of_categories])
        yield (
            gettext(
                "Categories entered as indicators, with {references} as the reference; a category with nobody in a model was"
                " left out of it.",
                references=references,
            )
        )
