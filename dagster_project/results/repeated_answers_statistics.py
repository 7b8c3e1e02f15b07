"""The statistics of the model of answers over all waves.

Belongs here: their entries in the registry. Does not belong here: computing them (repeated_answers.py).
"""

from collections.abc import Iterator
from functools import partial

from dagster_project.results.statistic import Statistic, limits

_BINARY = "Stiratelli, Laird and Ware, Biometrics 1984, 40, 961-971"
_POPULATION = "Neuhaus, Kalbfleisch and Hauck, Int Stat Rev 1991, 59, 25-35"
_LINEAR = "logit = effect of the group and wave + u, u normal of each person; of ordered answers that of a higher one; ML"


def repeated_answers_statistics() -> Iterator[Statistic]:
    """The entries of the model, and of its comparisons with the reference group."""
    entry = partial(Statistic, "glmm", people="any", of_all_groups=True)
    yield entry("n", "count of people with an answer in any wave", "people", 0)
    yield entry("n_answers", "count of answers", "answers", 0)
    yield entry("intercept_variance", f"variance of u; {_LINEAR}", "squared logits", source=_BINARY)
    yield entry("icc", "variance of u / (variance of u + pi^2 / 3)", kind="within_one", source=_BINARY)
    percent = entry("percent", f"100 times the probability averaged over u; {_LINEAR}", "%", 1, source=_POPULATION)
    yield percent
    yield entry("se", "standard error of the percentage, delta method", "percentage points", 1)
    yield from limits(percent, "100 / (1 + exp(-(logit of the share ± z SE of the logit)))", "", source=_POPULATION)
    compared = partial(Statistic, "glmm_difference", people="any", of_all_groups=True)
    odds_ratio = compared("odds_ratio", f"exp(difference of effects from the reference); {_LINEAR}", source=_BINARY)
    yield odds_ratio
    yield from limits(odds_ratio, "exp(log ratio ± z SE of the log)", source=_BINARY)
    yield compared("se", "standard error of the log odds ratio, observed information")
    yield compared("z", "log odds ratio / SE")
    yield compared("p", "P(|Z| >= |z|)", decimals=3, kind="p", source=_BINARY)
    difference = compared(
        "risk_difference", "percentage - percentage of the reference, both averaged over u", "percentage points", 1,
        source=_POPULATION,
    )  # fmt: skip
    yield difference
    yield compared("risk_difference_se", "standard error of the difference, delta method", "percentage points", 1)
    yield from limits(difference, "difference ± z SE", source=_POPULATION)
