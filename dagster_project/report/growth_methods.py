"""What the methods section says of growth over time and of visit windows.

Belongs here: these sentences. Does not belong here: results.
"""

from collections.abc import Collection, Iterator

from dagster_project.languages import enumerated, gettext
from dagster_project.study import Study, covariate_words, unknown_covariate_words


def growth_methods(study: Study, analyses: Collection[str]) -> Iterator[str]:
    """Sentences; none where the study declares neither growth nor windows."""
    windows = [
        gettext(
            "{wave} from day {earliest} to day {latest}",
            wave=wave.wave,
            earliest=wave.days_from_baseline.earliest,
            latest=wave.days_from_baseline.latest,
        )
        for wave in study.protocol.waves
        if wave.days_from_baseline is not None
    ]
    if windows and "answer_days" in analyses:
        yield (
            gettext(
                "Visit windows were counted in days from a person's own answer to {wave}:"
                " {windows}; answers outside of them were kept, and the tables say how many there are.",
                wave=study.protocol.waves[0].wave,
                windows=enumerated(windows),
            )
        )
    growth = study.protocol.growth
    if growth is None or "growth" not in analyses:
        return
    fields = {"time": growth.time_in_words, "df": growth.df_in_words}
    yield (
        gettext(
            "Linear growth was estimated with a mixed model (REML) of everybody with at least one score at a known time,"
            " with an intercept and a slope for each group; time was counted in {time}. Intercepts and slopes of people were"
            " random and correlated; tests and intervals have {df}.",
            **fields,
        )
        if "growth_difference" in analyses
        else gettext(
            "Linear growth was estimated with a mixed model (REML) of everybody with at least one score at a known time;"
            " time was counted in {time}. Intercepts and slopes of people were random and correlated; tests and intervals"
            " have {df}.",
            **fields,
        )
    )
    if "growth_covariate_adjusted" in analyses:
        of_whom, of_unknown = unknown_covariate_words(study.protocol)
        fields = {
            "covariates": covariate_words(study.protocol, with_baseline=False), "of_whom": of_whom, "of_unknown": of_unknown,
        }  # fmt: skip
        yield (
            gettext(
                "A second model with a line for each group adjusts for {covariates}, which move the level and slope of a"
                " person's line alike in all groups; it is of people {of_whom}, its lines are at the means of the covariates"
                " over these people, and {of_unknown}.",
                **fields,
            )
            if growth.covariate_effects == "level_and_slope"
            else gettext(
                "A second model with a line for each group adjusts for {covariates}, which move the level of a person's line"
                " alike in all groups; it is of people {of_whom}, its lines are at the means of the covariates over these"
                " people, and {of_unknown}.",
                **fields,
            )
        )
    if growth.time == "answered_on":
        yield gettext("Scores without a date, or dated before the person's baseline, are not in this model.")
