"""The catalogue of statistics: formula and people of each.

Belongs here: the catalogue that a trace, the codebook and the methods section read. Does not belong here: computing.
How a single number was computed (form of the test, number of draws, seed) is in its `method`.
"""

from dataclasses import dataclass
from functools import cache

#: Who is included in a number: description by rule. `trace` applies the rules person by person.
PEOPLE = {
    "score": "people with a score of the scale in the wave",
    "both": "people with a score, or an answer, in both waves of the contrast",
    "any": "people with a score of the scale in any wave",
    "items": "people who answered all items of the scale in the wave",
    "value": "people with a known value",
    "roster": "everybody on the roster",
    "listed": "everybody listed, including people excluded by the study",
    "first": "people with a value at the first wave, by whether they returned this one",
    "nobody": "nobody of the study: the number comes from elsewhere",
}


@dataclass(frozen=True)
class Estimand:
    """A statistic of an analysis. people: a key of PEOPLE. formula: in plain text, with x a person's value and n the number
    of people."""

    analysis: str
    statistic: str
    people: str
    formula: str


_CHANGE = "change of a person, in the direction of the contrast"
_EFFECT_SIZES = {
    "d_baseline": "mean change / SD at baseline of the pairs",
    "d_z": "mean change / SD of the changes",
    "d_av": "mean change / root((SD at baseline^2 + SD at follow-up^2) / 2)",
    "d_rm": "d_z root(2 (1 - r)), r the correlation of both waves",
}
_EFFECT_SIZE_INTERVALS = {
    "d_baseline": "d ± z root(SD of changes^2 / (SD at baseline^2 (n - 1)) + d^2 / (2 (n - 1)))",
    "d_z": "noncentrality at which t is the 2.5 % or 97.5 % quantile of the noncentral t, / root(n)",
    "d_av": "d ± z root(delta-method variance under bivariate normality)",
    "d_rm": "d ± z root(delta-method variance under bivariate normality)",
}


def _change_formulas() -> dict[str, str]:
    formulas = {
        "n": "count of pairs",
        "mean_baseline": "sum of scores at baseline / n", "sd_baseline": "root(sum (x - mean)^2 / (n - 1)) at baseline",
        "mean_followup": "sum of scores at follow-up / n", "sd_followup": "root(sum (x - mean)^2 / (n - 1)) at follow-up",
        "correlation": "covariance of both waves / (SD at baseline SD at follow-up)",
        "mean_change": f"sum of x / n, x the {_CHANGE}", "sd_change": f"root(sum (x - mean)^2 / (n - 1)), x the {_CHANGE}",
        "t": "mean change / (SD of changes / root(n))", "df": "n - 1", "p": "P(|T| >= |t|), T Student's t with n - 1 df",
        "p_holm": "largest of (m - i + 1) p(i) up to this p in the order of the family's m p values, at most 1",
        "p_bh": "smallest of m p(i) / i from this p on in the order of the family's m p values, at most 1",
        "wilcoxon_w_plus": "sum of the ranks of |x| where x > 0, zeros dropped, midranks for ties",
        "wilcoxon_p": "P(W+ as far from its mean or farther), every sign as likely",
        "rank_biserial": "(W+ - W-) / (W+ + W-)",
        "hodges_lehmann": "median of (x_i + x_j) / 2 over i <= j, zeros dropped",
        "sign_flip_p": "share of sign changes of x with |mean| as large or larger",
    }  # fmt: skip
    for name in ("ci95_low", "ci95_high"):
        formulas[name] = "mean change ± t quantile of n - 1 df times SD of changes / root(n)"
        formulas[f"hodges_lehmann_{name}"] = (
            "the k-th (x_i + x_j) / 2 from either end, k the 2.5 % quantile of W+ as if without ties"
        )
        formulas[f"bca_{name}"] = "bias-corrected and accelerated quantile of the means of resampled changes"
        for size, formula in _EFFECT_SIZE_INTERVALS.items():
            formulas[f"{size}_{name}"] = formula
            formulas[f"{size.replace('d', 'g', 1)}_{name}"] = f"J(n - 1) times ({formula})"
    for size, formula in _EFFECT_SIZES.items():
        formulas[size] = formula
        formulas[size.replace("d", "g", 1)] = (
            f"J(n - 1) times ({formula}), J(m) = gamma(m / 2) / (root(m / 2) gamma((m - 1) / 2))"
        )
    return formulas


_WILSON = "Wilson: 100 (p + z^2 / 2n ± z root(p (1 - p) / n + z^2 / 4n^2)) / (1 + z^2 / n), p = count / n"
_INTERVAL_ENDS = ("ci95_low", "ci95_high")


def _share_formulas(condition: str) -> dict[str, str]:
    """The formulas of a share of people; condition: who is counted, in words."""
    formulas = {"n": "count of people", "count": f"count of people {condition}", "percent": "100 count / n"}
    return formulas | dict.fromkeys(_INTERVAL_ENDS, _WILSON)


_MOMENTS = {
    "n": "count of people", "mean": "sum of x / n", "sd": "root(sum (x - mean)^2 / (n - 1))", "min": "least x",
    "max": "greatest x",
}  # fmt: skip
_NORM_TEST = "(mean - norm mean) / SE, SE^2 = SD^2 / n + norm SD^2 / norm n (SD^2 / n where the norm's n is unknown)"
_MIXED = "score = mean of the wave + person + error, person and error normal; REML"
_IMPUTED = "mean over completed data sets; variance within + (1 + 1 / m) variance between"

_FORMULAS: dict[tuple[str, str], dict[str, str]] = {
    ("change", "both"): _change_formulas(),
    ("summary", "score"): _MOMENTS | {
        "se": "SD / root(n)", "median": "middle x", "q1": "quantile of order 0.25 (type 7)",
        "q3": "quantile of order 0.75 (type 7)", "skewness": "n / ((n - 1) (n - 2)) sum ((x - mean) / SD)^3",
        "percent_floor": "100 people at the least possible score / n",
        "percent_ceiling": "100 people at the greatest possible score / n",
        "norm_distance": "(mean - norm mean) / norm SD",
    } | dict.fromkeys(_INTERVAL_ENDS, "mean ± t quantile of n - 1 df times SD / root(n)"),
    ("summary", "roster"): {"missing_": "count of people without a score for this reason"},
    ("norm", "nobody"): dict.fromkeys(("n", "norm_mean", "norm_sd"), "as published"),
    ("norm_difference", "score"): {
        "difference": "mean - norm mean",
        "se": "root(SD^2 / n + norm SD^2 / norm n), without the norm's part where its n is unknown",
        "t": _NORM_TEST, "df": "Welch and Satterthwaite; n - 1 where the norm's n is unknown", "p": "P(|T| >= |t|)",
        "difference_sd": "(mean - norm mean) / norm SD",
        "p_equivalence": "the larger p of two one-sided tests that the difference lies within the margin",
    } | dict.fromkeys(_INTERVAL_ENDS, "difference ± t quantile times SE")
    | dict.fromkeys(("difference_sd_ci95_low", "difference_sd_ci95_high"), "(difference ± t quantile times SE) / norm SD"),
    ("mixed", "any"): {
        "n": "count of people", "n_observations": "count of scores", "sd_between": f"SD of person; {_MIXED}",
        "sd_within": f"SD of error; {_MIXED}", "icc": "variance of person / (variance of person + variance of error)",
        "mean": _MIXED, "estimate": f"difference of two waves' means; {_MIXED}",
        "se": "from the information at the REML estimate",
        "df": "Satterthwaite: 2 (variance)^2 / variance of the variance", "t": "estimate / SE", "p": "P(|T| >= |t|)",
    } | dict.fromkeys(_INTERVAL_ENDS, "estimate ± t quantile of Satterthwaite's df times SE"),
    ("imputation", "any"): {
        "estimate": _IMPUTED, "se": f"root of the total variance; {_IMPUTED}", "df": "Barnard and Rubin 1999",
        "t": "estimate / SE", "p": "P(|T| >= |t|)", "fmi": "(r + 2 / (df + 3)) / (r + 1), r = (1 + 1 / m) between / within",
    } | dict.fromkeys(_INTERVAL_ENDS, "estimate ± t quantile times SE"),
    ("stability", "both"): {
        "n_agreeing": "count of methods with the sign of the paired t test and its conclusion on excluding zero",
        "n_methods": "count of methods with a conclusion",
    },
    ("measurement", "items"): {
        "n": "count of people", "alpha": "k / (k - 1) (1 - sum of the items' variances / variance of their sum)",
        "omega": "(sum of loadings)^2 / ((sum of loadings)^2 + sum of unique variances), one factor by maximum likelihood",
        "item_rest": "correlation of the item with the sum of the others",
    } | dict.fromkeys(("alpha_ci95_low", "alpha_ci95_high"), "1 - (1 - alpha) F quantile of n - 1 and (n - 1) (k - 1) df"),
    ("reliable_change", "both"): {
        "threshold": "1.96 SD at baseline root(2 (1 - alpha at baseline))",
        "count_": "count of people whose change is beyond the threshold, or not", "percent_": "100 count / n",
    },
    ("flow", "listed"): {"n_listed": "count of people listed", "n_excluded": "count of people excluded by the study"},
    ("flow", "roster"): {
        "n": "count of people", "n_withdrawn": "count of people withdrawn", "n_not_returned": "count of people absent",
        "n_returned_blank": "count of people with a row without a single answer",
    },
    ("attrition", "roster"): _share_formulas("with a score"),
    ("leavers", "first"): {
        "n_returned": "count of people", "n_left": "count of people", "mean_returned": "sum of x / n",
        "mean_left": "sum of x / n",
        "percent_returned": "100 count / n", "percent_left": "100 count / n",
        "g": "J(n - 2) (mean of those who returned - mean of those who did not) / pooled SD",
        "difference_sd": "(p1 - p2) / root((p1 (1 - p1) + p2 (1 - p2)) / 2)", "difference": "100 (p1 - p2)",
    } | dict.fromkeys(("g_ci95_low", "g_ci95_high"), "J times noncentrality limits of t times root(1 / n1 + 1 / n2)")
    | dict.fromkeys(("difference_sd_ci95_low", "difference_sd_ci95_high"), "value ± z SE by the delta method")
    | dict.fromkeys(("difference_ci95_low", "difference_ci95_high"), "100 times Newcombe's limits, of Wilson's for both"),
    ("missingness", "any"): {
        "df": "sum over patterns of their waves - waves",
        "chi_square": "sum over patterns of n (mean - m)' S^-1 (mean - m), m and S by maximum likelihood",
        "p": "P(chi-square of df >= chi_square)",
    },
    ("rejected", "nobody"): {"n": "count of values given", "count": "count of values that fit no declaration"},
    ("missingness", "roster"): {"count": "count of people with a score in just these waves"},
    ("characteristics", "value"): _share_formulas("in the category") | _MOMENTS,
    ("items", "value"): {"n": "count of people who answered", "count": "count of people who gave the answer"},
    ("service_use", "value"): _share_formulas("who used the service"),
    ("service_change", "both"): {
        "n": "count of people", "percent_baseline": "100 used at baseline / n",
        "percent_followup": "100 used at follow-up / n",
        "difference": "100 (used only at one - used only at the other) / n, in the direction of the contrast",
        "p": "2 P(B <= smaller discordant count), B binomial of both and 1/2, at most 1",
    } | dict.fromkeys(_INTERVAL_ENDS, "Bonett and Price: Wald's interval after adding one to either discordant count"),
}  # fmt: skip

#: Every statistic. A name that ends in an underscore stands for all names with that prefix.
ESTIMANDS = tuple(
    Estimand(analysis, statistic, people, formula)
    for (analysis, people), formulas in _FORMULAS.items()
    for statistic, formula in formulas.items()
)


@cache
def estimand_of(analysis: str, statistic: str) -> Estimand:
    """The entry of a statistic. KeyError where the catalogue has none."""
    for estimand in ESTIMANDS:
        is_match = (
            statistic.startswith(estimand.statistic) if estimand.statistic.endswith("_") else statistic == estimand.statistic
        )
        if estimand.analysis == analysis and is_match:
            return estimand
    raise KeyError(f"{analysis}/{statistic}")
