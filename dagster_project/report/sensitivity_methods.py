"""What the methods section says of groups compared with missing scores imputed. Belongs here: these sentences. Does not
belong here: results."""

from collections.abc import Iterator

from dagster_project.languages import gettext, gettext_noop, plain
from dagster_project.study import Groups, Sensitivity, Study, covariates_of

_METHODS = {
    "jump_to_reference": gettext_noop("jump to reference, in which they go on like the reference group from then on"),
    "copy_increments": gettext_noop("copy increments in reference, in which they change like it from their last score on"),
}


def sensitivity_methods(study: Study) -> Iterator[str]:
    """Sentences about the declared sensitivity analyses; none where there are none."""
    sensitivity = study.protocol.sensitivity
    if sensitivity is None:
        return
    plan = study.protocol.plan
    yield (
        gettext(
            "As a sensitivity analysis, missing scores of everybody with any score were imputed by multiple imputation"
            " within groups: the scores of all waves were taken to be multivariate normal with a mean and covariance of"
            " their own in each group, and missing at random. Differences of change were estimated in each data set without"
            " taking variances to be equal, and by an analysis of covariance with the score at baseline, and pooled by"
            " Rubin's rules with Barnard and Rubin's degrees of freedom."
        )
    )
    yield (
        gettext(
            "Of each scale at least {imputations} data sets were imputed, and more where von Hippel's two-stage rule asks"
            " for more, so that standard errors vary by 5 % over data sets drawn anew; the tables give the number of data"
            " sets and the Monte Carlo error of each difference. The seed is {seed}.",
            imputations=plan.imputations,
            seed=plan.seed,
        )
    )
    if covariates_of(study.protocol):
        yield gettext("These analyses are adjusted for the score at baseline alone, not for covariates.")
    yield from _departures(study, sensitivity)
    groups = study.protocol.groups
    declared_sensitivity = groups.sensitivity if isinstance(groups, Groups) else None
    if study.protocol.is_concealed and declared_sensitivity is not None and declared_sensitivity.needs_reference:
        yield gettext(
            "What is imputed after the reference group, or shifted in all groups but it, waits until groups are unblinded."
        )


def _departures(study: Study, sensitivity: Sensitivity) -> Iterator[str]:
    reference = study.protocol.compared_groups[0].label
    if sensitivity.reference_based:
        methods = gettext(" and by ").join(gettext(_METHODS[method]) for method in sensitivity.reference_based)
        yield (
            gettext(
                "Scores of people of the other groups after their last one were also imputed from {reference}: by {methods}"
                " (Carpenter, Roger and Kenward 2013); what is missing before the last score is missing at random.",
                reference=reference,
                methods=methods,
            )
        )
    shifted_groups = gettext("all groups") if sensitivity.delta_groups == "all" else gettext("all groups but the reference")
    if sensitivity.deltas:
        deltas = ", ".join(plain(delta) for delta in sensitivity.deltas)
        unit = gettext("SDs within groups at baseline") if sensitivity.delta_unit == "baseline_sd" else gettext("points")
        yield gettext(
            "Imputed scores at follow-up of {shifted_groups} were made {directions} by {deltas} {unit}.",
            shifted_groups=shifted_groups,
            directions=_directions(study),
            deltas=deltas,
            unit=unit,
        )
    if sensitivity.tipping_point:
        yield (
            gettext(
                "The tipping point is how much {directions} imputed scores at follow-up of {shifted_groups} must be at"
                " least for p of a difference to reach {alpha}.",
                directions=_directions(study),
                shifted_groups=shifted_groups,
                alpha=plain(study.protocol.plan.alpha),
            )
        )


def _directions(study: Study) -> str:
    """Which way imputed scores are shifted."""
    has_good_end = {study.scales[code][1].better_sign != 0 for code in study.protocol.outcomes}
    if has_good_end == {True, False}:
        return gettext("worse (higher, and lower, where a scale has no good end)")
    return gettext("higher, and lower,") if has_good_end == {False} else gettext("worse")
