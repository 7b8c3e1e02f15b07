"""Every statistic that an analysis computes: name, formula, unit, decimals, whose values, source. One entry a statistic.

Belongs here: what is the same in every result of a statistic. Does not belong here: computing it (statistics/); how a single
number was computed (form of the test, number of draws, seed), which is in its `method`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial

from dagster_project.results.group_statistics import group_statistics
from dagster_project.results.growth_statistics import growth_statistics
from dagster_project.results.meaning_statistics import meaning_statistics
from dagster_project.results.statistic import (
    Inputs,
    Statistic,
    StudyUnit,
    adjusted_p_values,
    hedges,
    limits,
    share,
    wilson_limits,
)
from dagster_project.results.variant_statistics import variant_statistics
from dagster_project.study import EFFECT_SIZES, MISSING_REASONS

_SCORE = StudyUnit.SCORE
_T_TEST = "Student, Biometrika 1908, 6(1), 1-25"
_RANKS = "Hollander and Wolfe, Nonparametric Statistical Methods, 2nd ed., 1999, ch. 3"
_WELCH = "Welch, Biometrika 1947, 34, 28-35"
_QUANTILES = "Hyndman and Fan, Am Stat 1996, 50, 361-365"
_SATTERTHWAITE = "Kuznetsova and others, J Stat Softw 2017, 82(13)"
_RUBIN = "Rubin, Multiple Imputation for Nonresponse in Surveys, 1987"
_AUSTIN = "Austin, Commun Stat Simul Comput 2009, 38, 1228-1234"
_HEDGES_OLKIN = "Hedges and Olkin, Statistical Methods for Meta-Analysis, 1985, ch. 5"
_NORM_INPUTS = Inputs("norm", ("norm/n", "norm/norm_mean", "norm/norm_sd"))
_METHOD_INPUTS = Inputs(
    "comparison",
    (
        "change/mean_change", "change/p", "change/sign_flip_p", "change/hodges_lehmann", "change/wilcoxon_p",
        "change/bca_ci95_low", "change/bca_ci95_high", "change/p_holm", "mixed/estimate", "mixed/p", "imputation/estimate",
        "imputation/p",
    ),
)  # fmt: skip


def _change() -> Iterator[Statistic]:
    entry = partial(Statistic, "change", people="both")
    planned = partial(entry, is_planned=True)
    change = "x the change of a person, in the direction of the contrast"
    yield planned("n", "count of pairs", "people", 0)
    for wave, words in (("baseline", "baseline"), ("followup", "follow-up")):
        yield entry(f"mean_{wave}", f"sum of scores at {words} / n", _SCORE, 1)
        yield entry(f"sd_{wave}", f"root(sum (x - mean)^2 / (n - 1)) at {words}", _SCORE)
    yield entry("correlation", "covariance of both waves / (SD at baseline SD at follow-up)", kind="within_one")
    mean = planned("mean_change", f"sum of x / n, {change}", _SCORE, printed_as="change")
    yield mean
    yield entry("sd_change", f"root(sum (x - mean)^2 / (n - 1)), {change}", _SCORE)
    yield from limits(mean, "mean change ± t quantile of n - 1 df times SD of changes / root(n)", "", source=_T_TEST)
    yield planned("t", "mean change / (SD of changes / root(n))", source=_T_TEST)
    yield planned("df", "n - 1", decimals=0)
    yield planned("p", "P(|T| >= |t|), T Student's t with n - 1 df", decimals=3, kind="p", source=_T_TEST)
    yield from adjusted_p_values(planned, "family", "change/p")
    ranks = partial(entry, source=_RANKS)
    yield ranks("wilcoxon_w_plus", "sum of the ranks of |x| where x > 0, zeros dropped, midranks for ties")
    yield ranks("wilcoxon_p", "P(W+ as far from its mean or farther), every sign as likely", decimals=3, kind="p")
    yield entry("rank_biserial", "(W+ - W-) / (W+ + W-)", kind="within_one", source="Kerby, Innov Teach 2014, 3:11.IT.3.1")
    shift = ranks("hodges_lehmann", "median of (x_i + x_j) / 2 over i <= j, zeros dropped", _SCORE)
    yield shift
    yield from limits(
        shift, "the k-th (x_i + x_j) / 2 from either end, k the 2.5 % quantile of W+ as if without ties", source=_RANKS
    )
    yield entry(
        "sign_flip_p", "share of sign changes of x with |mean| as large or larger", decimals=3, kind="p",
        source="Phipson and Smyth, Stat Appl Genet Mol Biol 2010, 9:39",
    )  # fmt: skip
    yield from limits(
        replace(mean, is_planned=False), "bias-corrected and accelerated quantile of the means of resampled changes", "bca_",
        source="Efron, J Am Stat Assoc 1987, 82, 171-185",
    )  # fmt: skip
    for size in EFFECT_SIZES.values():
        estimate = entry(
            size.name, size.formula, size.unit, source=size.source, printed_as="es" if size.name == "d_baseline" else ""
        )
        for statistic in (estimate, *limits(estimate, size.interval, source=size.interval_source)):
            yield statistic
            yield hedges(statistic)


def _moments(entry: "partial[Statistic]", unit: StudyUnit) -> Iterator[Statistic]:
    yield entry("n", "count of people", "people", 0)
    yield entry("mean", "sum of x / n", unit, 1, method="arithmetic mean")
    yield entry("sd", "root(sum (x - mean)^2 / (n - 1))", unit, method="SD, denominator n - 1")
    yield entry("min", "least x", unit, 1, method="lowest value")
    yield entry("max", "greatest x", unit, 1, method="highest value")


def _summary() -> Iterator[Statistic]:
    entry = partial(Statistic, "summary", people="score")
    moments = {statistic.name: statistic for statistic in _moments(entry, _SCORE)}
    yield from moments.values()
    quartile = partial(entry, unit=_SCORE, decimals=1, source=_QUANTILES)
    yield entry("se", "SD / root(n)", _SCORE, method="SD / root of n")
    yield entry("median", "middle x", _SCORE, 1, method="median")
    for name, order, words in (("q1", "0.25", "lower"), ("q3", "0.75", "upper")):
        yield quartile(
            name, f"quantile of order {order} (type 7)",
            method=f"{words} quartile (type 7: linear between order statistics)",
        )  # fmt: skip
    yield entry("skewness", "n / ((n - 1) (n - 2)) sum ((x - mean) / SD)^3")
    yield entry("percent_floor", "100 people at the least possible score / n", "%", 1)
    yield entry("percent_ceiling", "100 people at the greatest possible score / n", "%", 1)
    yield entry("norm_distance", "(mean - norm mean) / norm SD", "norm SDs", made_of=_NORM_INPUTS)
    yield from limits(moments["mean"], "mean ± t quantile of n - 1 df times SD / root(n)", "", decimals=2)
    for reason in MISSING_REASONS:
        people = "whole_roster" if reason == "not_planned" else "roster"
        yield entry(f"missing_{reason}", "count of people without a score for this reason", "people", 0, people=people)


def _norm() -> Iterator[Statistic]:
    entry = partial(Statistic, "norm", people="nobody", formula="as published")
    yield entry("n", unit="people", decimals=0)
    yield entry("norm_mean", unit=_SCORE, decimals=1)
    yield entry("norm_sd", unit=_SCORE)


def _norm_difference() -> Iterator[Statistic]:
    entry = partial(Statistic, "norm_difference", people="score", made_of=_NORM_INPUTS)
    welch = partial(entry, source=_WELCH)
    difference = entry("difference", "mean - norm mean", _SCORE)
    difference_sd = entry("difference_sd", "(mean - norm mean) / norm SD", "norm SDs")
    yield difference
    yield welch("se", "root(SD^2 / n + norm SD^2 / norm n), without the norm's part where its n is unknown", _SCORE)
    yield welch(
        "t", "(mean - norm mean) / SE, SE^2 = SD^2 / n + norm SD^2 / norm n (SD^2 / n where the norm's n is unknown)"
    )
    yield welch("df", "Welch and Satterthwaite; n - 1 where the norm's n is unknown", decimals=0)
    yield welch("p", "P(|T| >= |t|)", decimals=3, kind="p")
    yield difference_sd
    yield entry(
        "p_equivalence", "the larger p of two one-sided tests that the difference lies within the margin", decimals=3,
        kind="p", source="Schuirmann, J Pharmacokinet Biopharm 1987, 15, 657-680",
    )  # fmt: skip
    yield from limits(difference, "difference ± t quantile times SE", "", source=_WELCH)
    yield from limits(difference_sd, "(difference ± t quantile times SE) / norm SD", source=_WELCH)


def _mixed() -> Iterator[Statistic]:
    entry = partial(Statistic, "mixed", people="any", source="Laird and Ware, Biometrics 1982, 38, 963-974")
    satterthwaite = partial(entry, source=_SATTERTHWAITE)
    model = "score = mean of the wave + person + error, person and error normal; REML"
    estimate = entry("estimate", f"difference of two waves' means; {model}", _SCORE)
    yield entry("n", "count of people", "people", 0, source="")
    yield entry("n_observations", "count of scores", "scores", 0, source="")
    yield entry("sd_between", f"SD of person; {model}", _SCORE)
    yield entry("sd_within", f"SD of error; {model}", _SCORE)
    yield entry("icc", "variance of person / (variance of person + variance of error)", kind="within_one")
    yield entry("mean", model, _SCORE, 1)
    yield estimate
    yield entry("se", "from the information at the REML estimate", _SCORE)
    yield satterthwaite("df", "Satterthwaite: 2 (variance)^2 / variance of the variance", decimals=0)
    yield satterthwaite("t", "estimate / SE")
    yield satterthwaite("p", "P(|T| >= |t|)", decimals=3, kind="p")
    yield from limits(estimate, "estimate ± t quantile of Satterthwaite's df times SE", "", source=_SATTERTHWAITE)


def _imputation() -> Iterator[Statistic]:
    entry = partial(Statistic, "imputation", people="any", people_if_planned_for_some="any_planned", source=_RUBIN)
    pooling = "mean over completed data sets; variance within + (1 + 1 / m) variance between"
    estimate = entry("estimate", pooling, _SCORE)
    yield estimate
    yield entry("se", f"root of the total variance; {pooling}", _SCORE)
    yield entry("df", "Barnard and Rubin 1999", decimals=0, source="Barnard and Rubin, Biometrika 1999, 86, 948-955")
    yield entry("t", "estimate / SE")
    yield entry("p", "P(|T| >= |t|)", decimals=3, kind="p")
    yield entry("fmi", "(r + 2 / (df + 3)) / (r + 1), r = (1 + 1 / m) between / within", kind="within_one")
    yield from limits(estimate, "estimate ± t quantile times SE", "", source=_RUBIN)


def _stability() -> Iterator[Statistic]:
    entry = partial(Statistic, "stability", people="both", unit="methods", decimals=0, made_of=_METHOD_INPUTS)
    yield entry("n_agreeing", "count of methods with the sign of the paired t test and its conclusion on excluding zero")
    yield entry("n_methods", "count of methods with a conclusion")


def _measurement() -> Iterator[Statistic]:
    entry = partial(Statistic, "measurement", people="items")
    alpha = entry(
        "alpha", "k / (k - 1) (1 - sum of the items' variances / variance of their sum)", kind="within_one",
        source="Cronbach, Psychometrika 1951, 16, 297-334",
    )  # fmt: skip
    yield entry("n", "count of people", "people", 0)
    yield alpha
    yield entry(
        "omega",
        "(sum of loadings)^2 / ((sum of loadings)^2 + sum of unique variances), one factor by maximum likelihood",
        kind="within_one", source="McDonald, Test Theory, 1999",
    )  # fmt: skip
    ordinal = partial(entry, kind="within_one", source="Zumbo and others, J Mod Appl Stat Methods 2007, 6, 21-29")
    yield ordinal("ordinal_alpha", "k / (k - 1) (1 - k / sum of R), R the polychoric correlations of the k items")
    yield ordinal(
        "ordinal_omega", "omega of one factor by maximum likelihood on R, the polychoric correlations of the items"
    )
    yield entry("item_rest", "correlation of the item with the sum of the others", kind="within_one")
    yield from limits(
        alpha, "1 - (1 - alpha) F quantile of n - 1 and (n - 1) (k - 1) df",
        source="Feldt, Woodruff and Salih, Appl Psychol Meas 1987, 11, 93-103",
    )  # fmt: skip


def _reliable_change() -> Iterator[Statistic]:
    entry = partial(Statistic, "reliable_change", people="both")
    jacobson = partial(entry, source="Jacobson and Truax, J Consult Clin Psychol 1991, 59, 12-19")
    yield jacobson("threshold", "1.96 SD at baseline root(2 (1 - alpha at baseline))", _SCORE)
    for prefix, criterion, family in (
        ("", "beyond the threshold, or not", jacobson),
        ("important_", "the minimal important change of the instrument or more, or not", entry),
    ):
        for name in ("improved", "unchanged", "worsened"):
            yield family(f"count_{prefix}{name}", f"count of people whose change is {criterion}", "people", 0)
            yield family(f"percent_{prefix}{name}", "100 count / n", "%", 1)
    yield from wilson_limits(entry("percent_important_improved", "100 count / n", "%", 1))


def _flow() -> Iterator[Statistic]:
    entry = partial(Statistic, "flow", unit="people", decimals=0)
    yield entry("n_listed", "count of people listed", people="listed")
    yield entry("n_excluded", "count of people excluded by the study", people="listed")
    yield entry("n", "count of people", people="roster")
    yield entry("n_withdrawn", "count of people withdrawn", people="roster")
    yield entry("n_not_returned", "count of people absent", people="roster")
    yield entry("n_returned_blank", "count of people with a row without a single answer", people="roster")
    yield entry("n_planned", "count of people for whom it was planned", people="whole_roster")
    yield entry("n_not_planned", "count of people for whom it was not planned", people="whole_roster")
    yield entry("n_unplanned_kept", "count of people with answers that were not planned, kept", people="nobody")
    yield entry("n_unplanned_set_aside", "count of people with answers that were not planned, set aside", people="nobody")


def _leavers() -> Iterator[Statistic]:
    entry = partial(Statistic, "leavers", people="first")
    difference = entry("difference", "100 (p1 - p2)", "percentage points", 1)
    difference_sd = entry(
        "difference_sd", "(p1 - p2) / root((p1 (1 - p1) + p2 (1 - p2)) / 2)", "SDs",
        source=_AUSTIN,
    )  # fmt: skip
    g = entry(
        "g", "J(n - 2) (mean of those who returned - mean of those who did not) / pooled SD", "pooled SDs",
        source=_HEDGES_OLKIN,
    )  # fmt: skip
    for group in ("returned", "left"):
        yield entry(f"n_{group}", "count of people", "people", 0)
        yield entry(f"mean_{group}", "sum of x / n", _SCORE)
        yield entry(f"percent_{group}", "100 count / n", "%", 1)
    yield from (g, *limits(g, "J times noncentrality limits of t times root(1 / n1 + 1 / n2)", source=_HEDGES_OLKIN))
    yield from (difference_sd, *limits(difference_sd, "value ± z SE by the delta method", source=_AUSTIN))
    yield difference
    yield from limits(
        difference, "100 times Newcombe's limits, of Wilson's for both", source="Newcombe, Stat Med 1998, 17, 873-890"
    )


def _missingness() -> Iterator[Statistic]:
    little = partial(Statistic, "missingness", people="any", source="Little, J Am Stat Assoc 1988, 83, 1198-1202")
    yield little("df", "sum over patterns of their waves - waves", decimals=0)
    yield little("chi_square", "sum over patterns of n (mean - m)' S^-1 (mean - m), m and S by maximum likelihood")
    yield little("p", "P(chi-square of df >= chi_square)", decimals=3, kind="p")
    yield Statistic("missingness", "count", "count of people with a score in just these waves", "people", 0, "roster")


def _rejected() -> Iterator[Statistic]:
    entry = partial(Statistic, "rejected", people="nobody", unit="values", decimals=0)
    yield entry("n", "count of values given")
    yield entry("count", "count of values that fit no declaration")


def _characteristics() -> Iterator[Statistic]:
    entry = partial(Statistic, "characteristics", people="value")
    yield from share(entry, "in the category")
    yield from (statistic for statistic in _moments(entry, StudyUnit.VARIABLE) if statistic.name != "n")


def _items() -> Iterator[Statistic]:
    entry = partial(Statistic, "items", people="value", unit="people", decimals=0)
    yield entry("n", "count of people who answered")
    yield entry("count", "count of people who gave the answer")


def _change_of_share(analysis: str, condition: str) -> Iterator[Statistic]:
    """The share of one answer in two waves. condition: whose share it is, in a word."""
    entry = partial(Statistic, analysis, people="both")
    yield entry("n", "count of people", "people", 0)
    yield entry("percent_baseline", f"100 {condition} at baseline / n", "%", 1)
    yield entry("percent_followup", f"100 {condition} at follow-up / n", "%", 1)
    difference = entry(
        "difference", f"100 ({condition} only at one - {condition} only at the other) / n, in the direction of the contrast",
        "percentage points", 1,
    )  # fmt: skip
    yield difference
    yield entry(
        "p", "2 P(B <= smaller discordant count), B binomial of both and 1/2, at most 1", decimals=3, kind="p",
        source="McNemar, Psychometrika 1947, 12, 153-157",
    )  # fmt: skip
    yield from limits(
        difference, "Bonett and Price: Wald's interval after adding one to either discordant count", "",
        source="Bonett and Price, J Educ Behav Stat 2012, 37, 479-488",
    )  # fmt: skip


def _category_change() -> Iterator[Statistic]:
    """Of yes or no as of services; of categories from which to which people went."""
    for entry in _change_of_share("category_change", "yes"):
        if entry.name != "p":
            yield entry
    moves = partial(Statistic, "category_change", people="both")
    yield moves(
        "p",
        "of yes or no McNemar's exact test: 2 P(B <= smaller discordant count), B binomial of both and 1/2, at most 1;"
        " of categories P(chi-square of df >= chi_square)", decimals=3, kind="p",
        source="McNemar, Psychometrika 1947, 12, 153-157; Bowker, J Am Stat Assoc 1948, 43, 572-574",
    )  # fmt: skip
    yield moves("count", "count of people with the one answer at baseline and the other at follow-up", "people", 0)
    yield moves(
        "chi_square", "sum over pairs of categories of (changed one way - changed the other way)^2 / (changed either way)",
        source="Bowker, J Am Stat Assoc 1948, 43, 572-574",
    )  # fmt: skip
    yield moves("df", "pairs of categories that somebody changed between", decimals=0)
    yield moves("count_higher", "count of people in a higher category at follow-up than at baseline", "people", 0)
    yield moves("count_same", "count of people in the same category in both waves", "people", 0)
    yield moves("count_lower", "count of people in a lower category at follow-up than at baseline", "people", 0)
    yield moves(
        "p_sign", "2 P(B <= smaller count), B binomial of count_higher + count_lower and 1/2, at most 1",
        decimals=3, kind="p",
        source="Dixon and Mood, J Am Stat Assoc 1946, 41, 557-566",
    )  # fmt: skip


_OF_EVERYBODY: tuple[Statistic, ...] = (
    *_change(), *_summary(), *_norm(), *_norm_difference(), *_mixed(), *_imputation(), *_stability(), *_measurement(),
    *_reliable_change(), *_flow(), *share(partial(Statistic, "attrition", people="roster"), "with a score"), *_leavers(),
    *_missingness(), *_rejected(), *_characteristics(), *_items(),
    *share(partial(Statistic, "service_use", people="value"), "who used the service"),
    *_change_of_share("service_change", "used"),
    *share(partial(Statistic, "categories", people="value"), "who gave the answer"), *_category_change(),
    *meaning_statistics(),
    *growth_statistics(),
    *share(partial(Statistic, "careless", people="judged"), "whose sheet has the sign"),
    Statistic(
        "careless", "median", "middle x, with x the seconds that a sheet took / its answered items", "seconds per item", 1,
        people="judged", method="median",
    ),
    Statistic(
        "careless", "n_no_duration", "count of returned sheets without a known time", "sheets", 0, people="judged",
        method="returned sheets with an answer and without a known time",
    ),
)  # fmt: skip
_OF_MAIN_ANALYSIS = (*_OF_EVERYBODY, *group_statistics(_OF_EVERYBODY))
#: Every statistic, in the order of the codebook.
STATISTICS: tuple[Statistic, ...] = (*_OF_MAIN_ANALYSIS, *variant_statistics(_OF_MAIN_ANALYSIS))
_BY_NAME: Mapping[tuple[str, str], Statistic] = {(entry.analysis, entry.name): entry for entry in STATISTICS}
#: Our names of statistics by their names in published tables, where these differ.
PUBLISHED_NAMES = {entry.printed_as: entry.name for entry in STATISTICS if entry.printed_as}


def statistic_of(analysis: str, name: str, own_statistics: Mapping[tuple[str, str], Statistic] | None = None) -> Statistic:
    """The entry of a statistic. own_statistics: of the study's own
    analyses. KeyError where it is not registered."""
    try:
        return _BY_NAME.get((analysis, name)) or (own_statistics or {})[analysis, name]
    except KeyError:
        raise KeyError(f"{analysis}/{name}") from None


def interval_of(
    analysis: str, name: str, own_statistics: Mapping[tuple[str, str], Statistic] | None = None
) -> tuple[str, str] | None:
    """The names of both limits of a statistic's interval; of several intervals the first that is registered. own_statistics:
    as above."""
    names = [
        entry.name
        for entry in (*STATISTICS, *(own_statistics or {}).values())
        if entry.analysis == analysis and entry.limit_of == name
    ]
    return (names[0], names[1]) if names else None
