"""The statistics of people's scores against norms of people like them.

Belongs here: their entries in the registry. Does not belong here: computing them (person_norms.py).
"""

from collections.abc import Iterator
from functools import partial

from dagster_project.results.statistic import Statistic, StudyUnit, limits, share

_MCCALL = "McCall, How to Measure in Education, 1922"
_STUDENT = "Student, Biometrika 1908, 6(1), 1-25"
_QUANTILES = "Hyndman and Fan, Am Stat 1996, 50, 361-365"


def norm_statistics() -> Iterator[Statistic]:
    """The entries, in the order of the codebook."""
    published = partial(Statistic, "norm_strata", people="nobody", formula="as published")
    yield published("norm_n", unit="people", decimals=0)
    yield published("norm_mean", unit=StudyUnit.SCORE, decimals=1)
    yield published("norm_sd", unit=StudyUnit.SCORE)
    yield Statistic("norm_strata", "n", "count of people", "people", 0, people="one_stratum")
    of_stratum = partial(Statistic, "norm_scores", people="stratum")
    yield of_stratum("n", "count of people", "people", 0)
    t_score = of_stratum(
        "t_score", "mean of 50 + 10 (x - norm mean) / norm SD, x and the norm of a person's stratum", "T points", 1,
        source=_MCCALL,
    )  # fmt: skip
    yield t_score
    interval = "mean ± t quantile of n - 1 df times SD / root(n), the norms taken as known"
    yield from limits(t_score, interval, "", source=_STUDENT)
    yield of_stratum("t_sd", "root(sum (T - mean T)^2 / (n - 1))", "T points", 1)
    difference = of_stratum("z", "mean of (x - norm mean) / norm SD, x and the norm of a person's stratum", "norm SDs")
    yield difference
    yield from limits(difference, interval, source=_STUDENT)
    left_out = partial(Statistic, "norm_scores", unit="people", decimals=0, people="norm_score")
    yield left_out("count_unknown", "count of people with a score of whom a variable of the strata is not known")
    yield left_out("count_uncovered", "count of people with a score whom no stratum covers")
    yield from share(partial(Statistic, "norm_limits", people="stratum"), "at the limit or beyond it")
    of_table = partial(Statistic, "percentiles", people="percentile")
    yield of_table("n", "count of people", "people", 0)
    quantile = partial(of_table, unit="percentile", decimals=0, source=_QUANTILES)
    yield quantile("median", "middle percentile of people in the norm of their stratum")
    yield quantile("q1", "quantile of order 0.25 (type 7) of people's percentiles")
    yield quantile("q3", "quantile of order 0.75 (type 7) of people's percentiles")
    not_in_table = "count of people with a score and a stratum whose score is not in the table of percentiles"
    yield Statistic("percentiles", "count_not_in_table", not_in_table, "people", 0, people="stratum")
    yield from share(partial(Statistic, "percentile_limits", people="percentile"), "at the limit or beyond it")
