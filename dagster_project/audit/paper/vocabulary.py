"""Words of headings: statistics by the names of papers, SPSS, JASP, jamovi, R and gtsummary.

Belongs here: names and what they mean. Does not belong here: where in a heading they stand (heads.py).
"""

import re

#: What takes two numbers, as a range.
PAIRS = {"ci": ("ci_low", "ci_high"), "iqr": ("q1", "q3"), "range": ("min", "max")}
#: Statistics of one row's people; a row's own form is taken rather than a column's.
SUMMARIES = frozenset(("n", "count", "percent", "mean", "sd", "se", "median", "q1", "q3", "min", "max", "iqr", "range"))
#: Statistics that compare.
COMPARISONS = frozenset(
    """
    p t f z chi2 df df1 df2 sum_of_squares mean_square change estimate or rr hr irr es d_z d_av
    correlation beta eta2 w u h r2 vif b ci ci_low ci_high
    """.split()  # noqa: SIM905
)
RATIOS = ("or", "rr", "hr", "irr")
#: One letter, or where upper and lower case differ.
LETTERS = {
    "M": "mean", "N": "n", "n": "n", "B": "estimate", "b": "estimate", "β": "beta", "t": "t", "F": "f", "p": "p", "P": "p",
    "d": "es", "g": "es", "r": "correlation", "z": "z", "Z": "z", "W": "w", "U": "u", "H": "h", "α": "alpha", "%": "percent",
    "V": "cramers_v", "Δ": "change", "R²": "r2", "χ²": "chi2", "η²": "eta2", "ηp²": "eta2", "ω²": "omega2", "dz": "d_z",
}  # fmt: skip
_WORDS = {
    "n": """
        number, no., no, nos, freq, frequency, frequencies, valid n, n (listwise), valid, n valid, nobs, num obs,
        count, counts, anzahl, number of patients, number of participants, no. of patients, no. of participants,
        sample size, obs, observations
    """,
    "percent": "pct, percent, percentage, percentages, valid percent, valid %, per cent, prozent, proportion %",
    "cumulative_percent": "cumulative percent, cumulative %, cum %, cum. percent",
    "mean": """
        mean, estimated mean, adjusted mean, marginal mean, estimated marginal mean, adjusted means, means,
        average, averages, avg, mean score, mean value, mittelwert, mw, moyenne, media, x̄, emmean,
        lsmean, ls mean
    """,
    "sd": """
        sd, s.d., s. d., std, std dev, std. dev., std. dev, stdev, std. deviation, std deviation, standard
        deviation, standard deviations, sds, standardabweichung, écart type, desviación estándar
    """,
    "se": """
        se, s.e., sem, s.e.m., std. error, std error, std. error mean, std. err., std err, standard error, standard
        error of the mean, se difference, std. error difference, standard errors
    """,
    "median": "median, mdn, med, medians, 50th percentile, p50, 50%, 50 %",
    "q1": "q1, 25th percentile, 25th, p25, lower quartile, 1st qu., 1st qu, first quartile, 25%, 25 %",
    "q3": "q3, 75th percentile, 75th, p75, upper quartile, 3rd qu., 3rd qu, third quartile, 75%, 75 %",
    "iqr": """
        iqr, interquartile range, inter-quartile range, p25–p75, q1–q3, q1-q3, p25-p75, 25th–75th percentile,
        quartiles
    """,
    "min": "min, minimum, min., lowest, least",
    "max": "max, maximum, max., highest, greatest",
    "range": "range, min–max, min-max, minimum–maximum, spannweite, minimum-maximum",
    "ci": """
        ci, confidence interval, confidence intervals, conf. int., conf int, c.i., ki, credible interval, cri,
        confidence limits, confidence interval of the difference, ci for mean difference, confidence interval
        for mean, ci of the difference, ci for exp(b), c.i.for exp(b), ci for mean, confidence interval for b,
        ci for effect size, ci for cohen's d, conf.int
    """,
    "ci_low": """
        lower, lower bound, ll, lcl, lower ci, ci lower, ci low, lower limit, conf.low, conf low, 2.5 %, 2.5%, lower
        cl, lower.cl, asymp.lcl, ci_low, ci_lower, low, ci lower bound, lwr, llci
    """,
    "ci_high": """
        upper, upper bound, ul, ucl, upper ci, ci upper, ci high, upper limit, conf.high, conf high, 97.5 %, 97.5%,
        upper cl, upper.cl, asymp.ucl, ci_high, ci_upper, high, ci upper bound, upr, ulci
    """,
    "p": """
        p-value, p value, p.value, pvalue, p-values, p values, sig., sig, sig. (2-tailed), sig. (two-tailed), sig
        (2-tailed), two-sided p, significance, pr(>|t|), pr(>|z|), pr(>f), pr(>chi), pr(>chisq), p for
        difference, p_value, p (two-tailed), asymp. sig. (2-sided), p for trend, exact sig. (2-sided), q-value,
        adj. p, padj, p.adj, p adj, ptukey, pbonf, pholm, signifikanz
    """,
    "t": "t value, t-value, t statistic, t.value, t stat, t-statistic, t-test, t.ratio, student's t, t test",
    "z": "z value, z-value, z statistic, z.value, z.ratio, wald z",
    "f": "f value, f-value, f statistic, f.value, f ratio, f test",
    "chi2": """
        χ2, x2, χ²(1), chi-square, chi square, chisq, chi-squared, chi², chi2, x², chi-square value, wald χ2
    """,
    "wald": "wald",
    "df": "df, d.f., degrees of freedom, dof, df2 error",
    "df1": "df1, numdf, num df, df_num",
    "df2": "df2, dendf, den df, df_den",
    "change": """
        mean difference, mean change, md, mean diff, mean diff., difference, differences, diff, diff., change,
        difference in means, wmd, change from baseline, mean difference (i-j), mean change from baseline,
        between-group difference, differenz
    """,
    "estimate": """
        coef, coef., coefficient, coefficients, estimate, est., est, unstandardized b, regression coefficient,
        estimates
    """,
    "beta": "beta, standardized beta, std. beta, stdbeta, standardized coefficient",
    "or": "or, odds ratio, odds ratios, aor, exp(b), exp(β), cor, ors",
    "rr": "rr, risk ratio, relative risk, arr, prevalence ratio, pr, prr",
    "hr": "hr, hazard ratio, ahr, hrs",
    "irr": "irr, rate ratio, incidence rate ratio, airr",
    "es": """
        effect size, cohen's d, cohens d, cohen d, cohen’s d, smd, hedges g, hedges' g, hedges’ g, hedge's g, es,
        effect size d
    """,
    "correlation": "pearson's r, pearson r, pearson correlation, correlation, spearman's rho, rho, correlations",
    "eta2": "η2, partial η2, partial η², partial eta squared, η²p, ηp2, eta squared, η² p, η2p",
    "alpha": "cronbach's alpha, cronbach α, cronbach's α, mcdonald's ω, mcdonald's omega, omega",
    "skewness": "skewness, skew",
    "kurtosis": "kurtosis, excess kurtosis",
    "icc": "icc",
    "r2": "r2, r squared, adjusted r²",
    "vif": "vif",
    "variance": "variance, var",
    "missing": "missing, missing n, n missing",
    "level": "rank, mean rank",
    "sum": "sum",
    "sum_of_squares": "sum of squares, sums of squares, sum sq, type iii sum of squares, type iii ss, ss",
    "mean_square": "mean square, mean squares, mean sq, ms",
    "share": "proportion, share",
    "w": "shapiro-wilk, w statistic, shapiro-wilk w",
}
#: Names by their words in small letters.
NAMES = {
    word.strip(): statistic
    for statistic, words in _WORDS.items()
    for word in " ".join(words.split()).split(", ")
    if word.strip()
} | {"p25, p75": "iqr", "q1, q3": "iqr", "25%, 75%": "iqr", "min, max": "range"}  # fmt: skip
#: A column of all people, which is no group beside the others.
TOTALS = frozenset(
    ("total", "overall", "all", "all participants", "all patients", "total sample", "whole sample", "entire sample",
     "full sample",
     "entire cohort", "whole group", "sum", "combined", "gesamt", "everyone", "all subjects", "overall sample", "total n")
)  # fmt: skip
#: A row of people without an answer, of whom only the number is printed.
MISSING = frozenset(
    (
        "unknown", "missing", "missing data", "missing values", "not reported", "not stated", "no answer", "n-miss",
        "n missing", "missing, n", "missing n", "n unknown",
    )
)  # fmt: skip
#: They name no moment and no group.
NO_MOMENT = frozenset(
    (
        "missing",
        "valid",
        "unique",
        "cumulative",
        "items",
        "statistic",
        "value",
        "values",
        "score",
        "scores",
        "result",
        "results",
        "test",
    )
)
#: What a column of names is called.
MOMENT_HEADS = frozenset(
    """
    time timepoint time_point wave visit group groups condition arm treatment moment assessment measurement
    session occasion phase
    """.split()  # noqa: SIM905
)
#: Nothing is printed on purpose.
NO_NUMBER = re.compile(
    r"[\s\-‐‑–—−.…]*|n\.?\s?/?\s?a\.?|n\.?\s?r\.?|nan|null|none|missing|(?:1(?:[.,]0+)?\s*)?[(\[]?\s*(?:ref|reference|referent|referenz)"
    r"\.?(?: (?:category|group))?\s*[)\]]?|not (?:reported|applicable|available|calculated|estimable)|[-–—]?\s*[a-h*†‡§]?",
    re.IGNORECASE,
)
#: Not significant, whatever the test.
NOT_SIGNIFICANT = re.compile(r"\(?n\.?\s?s\.?\)?|non-?\s?sig(?:nificant|n?\.)?|not sig(?:nificant|n?\.)?", re.IGNORECASE)
UNITS = frozenset(
    """
    years year yrs yr y months month mo mos weeks week wk wks days day d kg g mg µg cm mm m mmhg hg ml dl l min
    mins minutes h hrs hours hour s sec points point pts bpm cm² m² kg/m² kg/m2 mg/dl mmol/l ml/min g/dl mm hg
    usd eur beats/min persons patients participants jahre
    """.split()  # noqa: SIM905
)
_LEVEL = re.compile(r"\b(90|95|99)\s*%")


def level_of(text: str) -> str:
    """The level of an interval that a heading names, in per cent; '' if it names none."""
    match = _LEVEL.search(text)
    return match[1] if match else ""


def statistic_named(text: str) -> str | None:
    """The statistic that a text names, all of it."""
    plain = " ".join(text.replace("_", " ").strip(" :,.").split()) if text.strip() not in ("no.", "M.") else text.strip(" ")
    if plain in LETTERS:
        return LETTERS[plain]
    if plain == "hr":  # hours
        return None
    lower = (
        " ".join(_LEVEL.sub(" ", plain).casefold().split()).strip(" :,-")
        if not NAMES.get(plain.casefold())
        else plain.casefold()
    )
    return NAMES.get(lower) or NAMES.get(lower + ".") or NAMES.get(lower.rstrip("."))
