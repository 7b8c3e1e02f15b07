"""The statistics of growth over time and of the days on which waves were answered.

Belongs here: their entries in the registry. Does not belong here: computing them (growth.py, answer_days.py).
"""

from collections.abc import Iterator
from functools import partial

from dagster_project.results.statistic import Statistic, StudyUnit, adjusted_p_values, limits

_LAIRD = "Laird and Ware, Biometrics 1982, 38, 963-974"
_DF_SOURCE = "Kuznetsova and others, J Stat Softw 2017, 82(13); Kenward and Roger, Biometrics 1997, 53, 983-997"
_OWN_LINE = "a person's own intercept and slope normal and correlated; REML"


def growth_statistics() -> Iterator[Statistic]:
    """The entries of everybody, of each group, of their differences, and of days."""
    yield from _of_everybody()
    yield from _by_group()
    yield from _adjusted()
    yield from _answer_days()


def _lines(entry: "partial[Statistic]", model: str) -> Iterator[Statistic]:
    """A line's level at time 0 and its slope, with their intervals."""
    for name, words, unit in (
        ("intercept", "level at time 0", StudyUnit.SCORE), ("slope", "change per unit of time", StudyUnit.SLOPE),
    ):  # fmt: skip
        line = entry(name, f"{words}; {model}", unit, 3 if name == "slope" else 2, source=_LAIRD)
        yield line
        yield entry(f"{name}_se", f"standard error of the {name}", unit, line.decimals)
        yield from limits(line, f"{name} ± t quantile times SE", source=_DF_SOURCE)


def _levels(entry: "partial[Statistic]") -> Iterator[Statistic]:
    """What a line comes to at the planned time of each wave."""
    level = entry("level", "intercept + slope times the wave's planned time", StudyUnit.SCORE, source=_LAIRD)
    yield from (level, *limits(level, "level ± t quantile times SE", source=_DF_SOURCE))


def _components(entry: "partial[Statistic]") -> Iterator[Statistic]:
    """How people's own lines vary about those of the model."""
    yield entry("sd_intercept", "SD of people's own levels at time 0", StudyUnit.SCORE, source=_LAIRD)
    yield entry("sd_slope", "SD of people's own slopes", StudyUnit.SLOPE, 3, source=_LAIRD)
    yield entry("correlation", "correlation of people's own levels and slopes", kind="within_one", source=_LAIRD)
    yield entry("sd_residual", "SD of scores about people's own lines", StudyUnit.SCORE, source=_LAIRD)


def _of_everybody() -> Iterator[Statistic]:
    model = f"score = intercept + slope times time + error, {_OWN_LINE}"
    entry = partial(Statistic, "growth", people="timed")
    yield entry("n", "count of people with a score at a known time", "people", 0)
    yield entry("n_observations", "count of scores at a known time", "scores", 0)
    yield from _lines(entry, model)
    yield from _levels(entry)
    yield entry("t", "slope / SE")
    yield entry("df", "of the declared method; its method names it", decimals=0, source=_DF_SOURCE)
    yield entry("p", "P(|T| >= |t|): the slope is 0", decimals=3, kind="p", source=_DF_SOURCE)
    yield from _components(entry)


def _by_group() -> Iterator[Statistic]:
    yield Statistic(
        "growth_by_group", "n", "count of people of the group with a score at a known time", "people", 0, "timed"
    )
    model = f"score = intercept and slope of the group + error, {_OWN_LINE}"
    entry = partial(Statistic, "growth_by_group", people="timed", of_all_groups=True)
    compared = partial(Statistic, "growth_difference", people="timed", of_all_groups=True, is_planned=True)
    yield from _of_groups(entry, compared, model)


def _adjusted() -> Iterator[Statistic]:
    analysis = "growth_covariate_adjusted"
    people = (
        "count of people of the group with a score at a known time and every covariate, known or, where that is declared,"
        " its mean"
    )
    yield Statistic(analysis, "n", people, "people", 0, "timed_covariates")
    model = (
        "score = intercept and slope of the group + coefficients times covariates (categories: indicators), the same in all"
        f" groups, where declared times time too, + error, {_OWN_LINE}"
    )
    entry = partial(Statistic, analysis, people="timed_covariates", of_all_groups=True)
    compared = partial(Statistic, f"{analysis}_difference", people="timed_covariates", of_all_groups=True, is_planned=True)
    yield from _of_groups(entry, compared, model)
    unknown = "count of people with a score at a known time without a covariate"
    yield Statistic(analysis, "n_covariate_unknown", unknown, "people", 0, "timed", of_all_groups=True)


def _of_groups(entry: "partial[Statistic]", compared: "partial[Statistic]", model: str) -> Iterator[Statistic]:
    """The lines of a model with a line for each group, and how their slopes differ."""
    yield entry("n_observations", "count of scores at a known time of all groups", "scores", 0)
    yield from _lines(entry, model)
    yield from _levels(entry)
    yield from _components(entry)
    tested = partial(compared, source=_DF_SOURCE)
    yield tested("n", "count of people of all groups in the model", "people", 0)
    difference = tested("difference", f"slope of the group - slope of the reference; {model}", StudyUnit.SLOPE, 3)
    yield difference
    yield tested("se", "standard error of the difference", StudyUnit.SLOPE, 3)
    yield from limits(difference, "difference ± t quantile times SE", "", source=_DF_SOURCE)
    yield tested("t", "difference / SE")
    yield tested("df", "of the declared method; its method names it", decimals=0)
    yield tested("p", "P(|T| >= |t|)", decimals=3, kind="p")
    yield from adjusted_p_values(compared, "group_family", f"{difference.analysis}/p")


def _answer_days() -> Iterator[Statistic]:
    entry = partial(Statistic, "answer_days", people="returned")
    counts = {
        "n": "count of people who returned the wave",
        "n_dated": "count of those whose days from baseline are known",
        "n_in_window": "count of those in the wave's visit window",
        "n_early": "count of those before its visit window",
        "n_late": "count of those after its visit window",
        "n_no_date": "count of those whose day of return is not known",
        "n_no_baseline_date": "count of those whose day of answering the first wave is not known",
        "n_before_baseline": "count of those whose day of return lies before that of the first wave",
        "n_far_off": "count of those more than 180 days, or half the time planned if that is more, off the planned time",
    }
    for name, formula in counts.items():
        yield entry(name, formula, "people", 0)
    yield entry("mean", "sum of days from baseline / n_dated", "days", 1)
    yield entry("sd", "root(sum (days - mean)^2 / (n_dated - 1))", "days", 1)
    yield entry("min", "fewest days from baseline", "days", 0)
    yield entry("max", "most days from baseline", "days", 0)
