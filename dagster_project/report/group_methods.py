"""What the methods section says of groups of people. Belongs here: these sentences. Does not belong here: results."""

from collections.abc import Collection, Iterator, Sequence

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
    "groups": "differences of change",
    "groups_adjusted": "adjusted differences of change",
    "repeated_measures": "differences in the mixed model for repeated measures",
    "growth": "differences of slopes",
}
_BASELINES = {
    "constrained": "as an outcome with one mean for all groups",
    "free": "as an outcome with a mean for each group",
    "covariate": "as a covariate of each later one",
}
_DF = {
    "kenward_roger": "Kenward and Roger's standard errors and degrees of freedom",
    "satterthwaite": "Satterthwaite's degrees of freedom",
}


def enumerated(parts: Sequence[str]) -> str:
    """Words with commas, and "and" before the last."""
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]


def group_methods(study: Study, analyses: Collection[str]) -> Iterator[str]:
    """Sentences about the groups and how they are compared; none where everybody is one group."""
    definition = study.protocol.groups
    if not isinstance(definition, Groups):
        return
    of_whom, of_unknown = unknown_covariate_words(study.protocol)
    reference, *compared_labels = [group.label for group in study.protocol.compared_groups]
    origin = "to which they were allocated by chance" if study.protocol.is_randomised else "to which they belong"
    if study.protocol.is_concealed:
        yield (
            f"Groups are concealed: {enumerated([reference, *compared_labels])} stand for them by chance, and"
            f" {enumerated(compared_labels)} {'is' if len(compared_labels) == 1 else 'are'} compared with {reference},"
            " whichever group that is. Where a table or a method speaks of the reference, it is that one."
        )
    else:
        yield f"People were compared by the groups {origin}: {enumerated(compared_labels)} with {reference}, the reference."
    if definition.unblinded is not None:
        yield f"Groups were concealed until they were unblinded on {definition.unblinded}."
    yield "Everybody counts in the group that the roster gives, whatever became of them later."
    if "change_difference" in analyses:
        yield (
            "Differences of change between groups, the group minus the reference, are of people with both scores, with"
            " Welch's t test and interval; adjusted for the score at baseline they are from an analysis of covariance of all"
            " groups with one slope."
        )
    if "change_adjusted" in analyses:
        yield "Adjusted means of each group are those of this analysis at the means over all groups of what is adjusted for."
    if "change_covariate_adjusted" in analyses:
        yield from _covariate_methods(study)
    if subgroups := [variable.label for variable in subgroups_of(study.protocol) if "change_subgroup" in analyses]:
        yield (
            f"Differences of change within {enumerated(subgroups)} are exploratory: for each of these an analysis of"
            " covariance with the score at baseline gave the difference in each category, how far it lies from that in the"
            " first, and an F test that it is the same in all."
        )
    if subgroups and "change_subgroup_covariate_adjusted" in analyses:
        yield (
            "The same with the covariates in the model, each with one slope, but for the variable of the subgroups itself,"
            f" is of people {of_whom}{'' if imputes_covariates(study.protocol) else ' as well'}."
        )
    if "mmrm_difference" in analyses:
        model = definition.repeated_measures
        baseline = study.protocol.repeated_measures_baseline
        yield (
            "All waves together were compared with a mixed model for repeated measures (REML,"
            f" {model.covariance_in_words} covariance within people, {_DF[model.df]}) of everybody with at least"
            f" one score, with the first wave {_BASELINES[baseline]}."
        )
    if "mi_group_difference" in analyses:
        yield from sensitivity_methods(study)
    if "mmrm_covariate_adjusted_difference" in analyses:
        yield (
            "A second mixed model of the same form adjusts for"
            f" {covariate_words(study.protocol, with_baseline=False)}, each with one slope in all groups and waves; it is of"
            f" people {of_whom}, its means are at the means of the covariates over these people, and"
            f" {of_unknown}."
        )
    if "service_difference" in analyses:
        yield "Use of services was compared by risk differences (Newcombe), risk and odds ratios and Fisher's exact test."
    if "category_difference" in analyses:
        yield "Answers were compared by risk differences (Newcombe), risk and odds ratios and Fisher's exact test."
    if "glmm_difference" in analyses:
        yield from _answer_methods(study)
    for compares, test_words in _TESTS.items():
        has_covariates = compares in ("groups_adjusted", "repeated_measures", "growth") and covariates_of(study.protocol)
        words = f"{test_words}, with covariates," if has_covariates else test_words
        if families := study.protocol.plan.families_of(compares):
            names = [f"{family.family} ({family.role})" for family in families]
            yield (
                f"Tests of {words} were adjusted within the planned famil{'ies' if len(names) > 1 else 'y'}"
                f" {enumerated(names)}, by Holm and by Benjamini and Hochberg."
            )


def _and_covariates(study: Study) -> str:
    return "" if imputes_covariates(study.protocol) else " and every covariate known"


def _answer_methods(study: Study) -> Iterator[str]:
    """How answers were compared over all waves, and what is assumed."""
    measures = measures_over_waves(study)
    forms = []
    if any(isinstance(measure, YesNo) for measure in measures):
        forms.append("logistic regression of yes or no")
    if not all(isinstance(measure, YesNo) for measure in measures):
        forms.append("cumulative logit models of ordered categories, which take odds ratios equal at every step")
    baseline = _BASELINES[answers_baseline(study)].replace("mean", "share")
    yield (
        f"Answers in all waves together were compared by {enumerated(forms)}, with a normally distributed random intercept"
        " of each person, by maximum likelihood, of everybody with at least one answer, with the first wave"
        f" {baseline}; answers were taken to be missing at random. Odds ratios are those of a person (Wald's tests and"
        " intervals); percentages and their differences are averages over the random intercept (delta method). These"
        " comparisons are exploratory."
    )


def _covariate_methods(study: Study) -> Iterator[str]:
    """What is adjusted for beside the score at baseline, in whom, and what becomes of categories."""
    covariates = covariates_of(study.protocol)
    _, of_unknown = unknown_covariate_words(study.protocol)
    yield (
        f"A second analysis of covariance adjusts for {covariate_words(study.protocol)}, each with one slope in all groups;"
        f" it is of people with both scores{_and_covariates(study)}, and {of_unknown}."
    )
    if of_categories := [variable for variable in covariates if variable.kind == "category"]:
        references = enumerated([f"{variable.categories[0].label} ({variable.label})" for variable in of_categories])
        yield (
            f"Categories entered as indicators, with {references} as the reference; a category with nobody in a model was"
            " left out of it."
        )
