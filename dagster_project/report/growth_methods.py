"""What the methods section says of growth over time and of visit windows.

Belongs here: these sentences. Does not belong here: results.
"""

from collections.abc import Collection, Iterator

from dagster_project.report.group_methods import enumerated
from dagster_project.study import Study, covariate_words, unknown_covariate_words


def growth_methods(study: Study, analyses: Collection[str]) -> Iterator[str]:
    """Sentences; none where the study declares neither growth nor windows."""
    windows = [
        f"{wave.wave} from day {wave.days_from_baseline.earliest} to day {wave.days_from_baseline.latest}"
        for wave in study.protocol.waves
        if wave.days_from_baseline is not None
    ]
    if windows and "answer_days" in analyses:
        yield (
            f"Visit windows were counted in days from a person's own answer to {study.protocol.waves[0].wave}:"
            f" {enumerated(windows)}; answers outside of them were kept, and the tables say how many there are."
        )
    growth = study.protocol.growth
    if growth is None or "growth" not in analyses:
        return
    lines = ", with an intercept and a slope for each group" if "growth_difference" in analyses else ""
    yield (
        "Linear growth was estimated with a mixed model (REML) of everybody with at least one score at a known"
        f" time{lines}; time was counted in {growth.time_in_words}. Intercepts and slopes of people were random and"
        f" correlated; tests and intervals have {growth.df_in_words}."
    )
    if "growth_covariate_adjusted" in analyses:
        of_whom, of_unknown = unknown_covariate_words(study.protocol)
        effect = "level and slope" if growth.covariate_effects == "level_and_slope" else "level"
        yield (
            "A second model with a line for each group adjusts for"
            f" {covariate_words(study.protocol, with_baseline=False)}, which move the {effect} of a person's line alike in"
            f" all groups; it is of people {of_whom}, its lines are at the means of the covariates over these people, and"
            f" {of_unknown}."
        )
    if growth.time == "answered_on":
        yield "Scores without a date, or dated before the person's baseline, are not in this model."
