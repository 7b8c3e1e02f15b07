"""The statistics of groups of people: of each group, and of comparisons with the reference group.

Belongs here: their entries in the registry. Does not belong here: computing them (groups.py, group_differences.py).
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial

from dagster_project.results.repeated_answers_statistics import repeated_answers_statistics
from dagster_project.results.sensitivity_statistics import sensitivity_statistics
from dagster_project.results.statistic import Statistic, StudyUnit, adjusted_p_values, limits

_SCORE = StudyUnit.SCORE
_WELCH = "Welch, Biometrika 1947, 34, 28-35"
_MORRIS = "Morris, Organ Res Methods 2008, 11, 364-386"
#: Statistics of everybody that each group has as well, by analysis.
_OF_EACH_GROUP = {
    "summary": ("n", "mean", "sd", "min", "max", "se", "ci95_low", "ci95_high"),
    "characteristics": ("n", "count", "percent", "ci95_low", "ci95_high", "mean", "sd", "min", "max"),
    "change": (
        "n", "mean_baseline", "sd_baseline", "mean_followup", "sd_followup", "mean_change", "sd_change", "ci95_low",
        "ci95_high", "t", "df", "p",
    ),
    "service_use": ("n", "count", "percent", "ci95_low", "ci95_high"),
    "categories": ("n", "count", "percent", "ci95_low", "ci95_high"),
    "flow": ("n", "n_withdrawn", "n_not_returned", "n_returned_blank", "n_planned", "n_not_planned"),
}  # fmt: skip


def group_statistics(statistics: Iterable[Statistic]) -> Iterator[Statistic]:
    """The entries of groups. statistics: those of everybody."""
    for entry in statistics:
        if entry.name in _OF_EACH_GROUP.get(entry.analysis, ()):
            yield replace(entry, analysis=f"{entry.analysis}_by_group", is_planned=False, printed_as="")
    ungrouped = Statistic("flow_by_group", "n_without_group", "count of people whose group is not known", "people", 0)
    yield replace(ungrouped, people="without_group")
    yield from _characteristics()
    yield from _change()
    yield from _adjusted_change()
    yield from _covariate_adjusted_change()
    yield from _subgroups()
    yield from _differences_of_shares("service_difference")
    yield from _differences_of_shares("category_difference")
    yield from _repeated_measures()
    yield from sensitivity_statistics()
    yield from _adjusted_repeated_measures()
    yield from repeated_answers_statistics()


def _characteristics() -> Iterator[Statistic]:
    yield Statistic(
        "characteristics_difference", "standardised_difference",
        "of a number (mean - mean of the reference) / root((SD^2 + SD of the reference^2) / 2); of categories"
        " root(d' S^-1 d), d the differences of all shares but one, S the mean of both covariance matrices",
        "SDs", 2, "value", "Yang and Dalton, SAS Global Forum 2012, paper 335",
    )  # fmt: skip


def _tests(entry: "partial[Statistic]", difference: Statistic, df: str, source: str) -> Iterator[Statistic]:
    """A difference with its test, interval and adjusted p values."""
    yield difference
    yield entry("se", "standard error of the difference", _SCORE)
    yield from limits(difference, "difference ± t quantile times SE", "", source=source)
    yield entry("t", "difference / SE", source=source)
    yield entry("df", df, decimals=0)
    yield entry("p", "P(|T| >= |t|)", decimals=3, kind="p", source=source)
    yield from adjusted_p_values(entry, "group_family", f"{difference.analysis}/p")


def _change() -> Iterator[Statistic]:
    entry = partial(Statistic, "change_difference", people="both", is_planned=True)
    yield entry("n", "count of pairs of both groups", "people", 0)
    difference = entry("difference", "mean change - mean change of the reference group", _SCORE, source=_WELCH)
    yield from _tests(entry, difference, "Welch and Satterthwaite", _WELCH)
    words = "difference of mean changes / pooled SD of both groups at baseline"
    for name, formula in (("d", words), ("g", f"J(n1 + n2 - 2) times ({words})")):
        size = Statistic(
            "change_difference", name, formula, "pooled SDs at baseline", people="both",
            source=_MORRIS,
        )  # fmt: skip
        yield from (
            size,
            *limits(size, "interval of the difference in SDs at baseline; its method says how", source=_MORRIS),
        )


def _adjusted_change() -> Iterator[Statistic]:
    entry = partial(Statistic, "change_adjusted", people="both", is_planned=True, of_all_groups=True)
    yield from _adjusted(
        entry, "change = group + slope times (score at baseline), least squares", "count of pairs of all groups",
        "pairs - groups - 1",
    )  # fmt: skip


def _covariate_adjusted_change() -> Iterator[Statistic]:
    entry = partial(Statistic, "change_covariate_adjusted", people="both_covariates", is_planned=True, of_all_groups=True)
    yield from _adjusted(
        entry,
        "change = group + slope times (score at baseline) + slopes times covariates (categories: indicators), least squares",
        f"count of people of all groups with both scores and {_EVERY_COVARIATE}", "people - groups - slopes",
    )  # fmt: skip
    yield Statistic(
        "change_covariate_adjusted", "n_covariate_unknown", "count of pairs of all groups without a covariate", "people", 0,
        "both", of_all_groups=True,
    )  # fmt: skip


def _subgroups() -> Iterator[Statistic]:
    model = "change = mean of the group in the category + slope times (score at baseline)"
    yield from _within_subgroups("", f"{model}, least squares", "both_subgroup", "a known category", "1")
    with_covariates = f"{model} + slopes times covariates (categories: indicators), least squares"
    words = f"a known category and {_EVERY_COVARIATE}"
    yield from _within_subgroups("_covariate_adjusted", with_covariates, "both_subgroup_covariates", words, "slopes")


def _within_subgroups(ending: str, model: str, rule: str, words: str, slopes: str) -> Iterator[Statistic]:
    """ending: of the analyses' names; words: whom they are of; slopes: what the degrees of freedom are less."""
    for analysis, formula in (
        ("change_subgroup", f"mean of the group - mean of the reference group, both in the category; {model}"),
        ("change_interaction", f"the difference in the category - the difference in the first category; {model}"),
    ):
        entry = partial(Statistic, f"{analysis}{ending}", people=rule, of_all_groups=True)
        difference = entry("difference", formula, _SCORE)
        yield entry("n", f"count of people of all groups with both scores and {words}", "people", 0)
        yield difference
        yield entry("se", "standard error of the difference", _SCORE)
        yield from limits(difference, "difference ± t quantile times SE", "")
        yield entry("t", "difference / SE")
        yield entry("df", f"people - groups in categories - {slopes}", decimals=0)
        yield entry("p", "P(|T| >= |t|)", decimals=3, kind="p")
    in_category = partial(Statistic, f"change_subgroup{ending}", people=rule, of_all_groups=True)
    yield in_category("n_in_category", "count of people of the group and the reference group in the category", "people", 0)
    overall = partial(Statistic, f"change_interaction{ending}", people=rule, of_all_groups=True)
    yield overall("f", "mean square of what groups and categories do not add up to / residual mean square")
    yield overall("p_overall", "P(F >= f): groups differ alike in all categories", decimals=3, kind="p")


def _adjusted(entry: "partial[Statistic]", model: str, people: str, df: str) -> Iterator[Statistic]:
    """A difference in an analysis of covariance, and the test that slopes differ."""
    yield entry("n", people, "people", 0)
    difference = entry("difference", f"coefficient of the group; {model}", _SCORE)
    yield from _tests(entry, difference, df, "Fisher, Statistical Methods for Research Workers, 1932, ch. 8")
    yield entry("p_slopes", "P(F >= f): slopes of the groups differ", decimals=3, kind="p", is_planned=False)
    described = partial(entry, unit=_SCORE, is_planned=False)
    interval = "mean ± t quantile times SE"
    for name, words in (("change", "change"), ("followup", "score at follow-up")):
        mean = described(
            f"adjusted_mean_{name}", f"mean {words} of the group at the means of the covariates over all groups; {model}",
            decimals=1, source="Searle, Speed and Milliken, Am Stat 1980, 34, 216-221",
        )  # fmt: skip
        yield from (mean, *limits(mean, interval))
    yield described("adjusted_mean_se", "standard error of either adjusted mean")


def _differences_of_shares(analysis: str) -> Iterator[Statistic]:
    entry = partial(Statistic, analysis, people="value")
    risk_difference = entry(
        "risk_difference", "100 (p - p of the reference)", "percentage points", 1,
        source="Newcombe, Stat Med 1998, 17, 873-890",
    )  # fmt: skip
    risk_ratio = entry("risk_ratio", "p / p of the reference", source="Katz and others, Biometrics 1978, 34, 469-474")
    odds_ratio = entry(
        "odds_ratio", "odds / odds of the reference, odds p / (1 - p)", source="Woolf, Ann Hum Genet 1955, 19, 251-253"
    )
    yield entry("n", "count of people of both groups who answered", "people", 0)
    yield from (risk_difference, *limits(risk_difference, "100 times Newcombe's limits, of Wilson's for both"))
    yield from (risk_ratio, *limits(risk_ratio, "exp(log ratio ± z SE of the log)"))
    yield from (odds_ratio, *limits(odds_ratio, "exp(log ratio ± z SE of the log)"))
    yield entry(
        "p", "Fisher's exact test: sum of the probabilities of tables no likelier than this one", decimals=3, kind="p"
    )


_EVERY_COVARIATE = "every covariate, known or, where that is declared, its mean"
_MMRM = "Mallinckrodt and others, Drug Inf J 2008, 42, 303-319"


def _repeated_measures() -> Iterator[Statistic]:
    model = "score = mean of the group and wave + error, errors of a person correlated over waves; REML"
    model_of_all = partial(Statistic, people="any", people_if_adjusted="first_and_later", source=_MMRM, of_all_groups=True)
    means, compared = partial(model_of_all, "mmrm"), partial(model_of_all, "mmrm_difference", is_planned=True)
    yield from _of_all_waves(means, compared, model, "count of people with a score in any wave")


def _adjusted_repeated_measures() -> Iterator[Statistic]:
    analysis = "mmrm_covariate_adjusted"
    model = (
        "score = mean of the group and wave + slopes times covariates (categories: indicators), the same in all waves,"
        " + error, errors of a person correlated over waves; REML"
    )
    model_of_all = partial(
        Statistic, people="any_covariates", people_if_adjusted="first_and_later_covariates", source=_MMRM, of_all_groups=True
    )
    means, compared = partial(model_of_all, analysis), partial(model_of_all, f"{analysis}_difference", is_planned=True)
    yield from _of_all_waves(means, compared, model, f"count of people with a score in any wave and {_EVERY_COVARIATE}")
    yield Statistic(
        analysis, "n_covariate_unknown", "count of people with a score in any wave without a covariate", "people", 0, "any",
        of_all_groups=True, people_if_adjusted="first_and_later",
    )  # fmt: skip


def _of_all_waves(
    entry: "partial[Statistic]", compared: "partial[Statistic]", model: str, people: str
) -> Iterator[Statistic]:
    """The means of a mixed model for repeated measures, and what is compared."""
    kenward = "Kenward and Roger, Biometrics 1997, 53, 983-997"
    yield entry("n", people, "people", 0, source="")
    yield entry("n_observations", "count of scores", "scores", 0, source="")
    mean = entry("mean", model, _SCORE, 1)
    yield mean
    yield entry("se", f"standard error of the mean; {model}", _SCORE)
    yield from limits(mean, "mean ± t quantile times SE", "", decimals=2, source=kenward)
    difference = compared("difference", f"mean, or change of means, of the group - that of the reference; {model}", _SCORE)
    yield from _tests(compared, difference, "of the declared method; its method names it", kenward)
