"""The statistics of sensitivity analyses of groups. Belongs here: their entries in the registry. Does not belong here:
computing them (sensitivity.py)."""

from collections.abc import Iterator
from functools import partial

from dagster_project.results.statistic import Statistic, StudyUnit, limits

_SCORE = StudyUnit.SCORE
_RUBIN = "Rubin, Multiple Imputation for Nonresponse in Surveys, 1987"
_VON_HIPPEL = "von Hippel, Sociol Methods Res 2020, 49, 699-718"
_WHITE = "White, Royston and Wood, Stat Med 2011, 30, 377-399"
_TIPPING = "Yan, Lee and Li, J Biopharm Stat 2009, 19, 1085-1098"


def sensitivity_statistics() -> Iterator[Statistic]:
    """The entries of both analyses."""
    scenario = "missing scores imputed within groups as the category says (codebook.scenarios)"
    yield from _analysis("mi_group_difference", False, f"mean change - mean change of the reference group; {scenario}")
    model = "change = group + slope times (score at baseline), least squares"
    yield from _analysis("mi_group_adjusted", True, f"coefficient of the group; {model}; {scenario}")


def _analysis(analysis: str, of_all_groups: bool, formula: str) -> Iterator[Statistic]:
    entry = partial(
        Statistic,
        analysis,
        people="any",
        people_if_planned_for_some="any_planned",
        source=_RUBIN,
        of_all_groups=of_all_groups,
    )
    difference = entry("difference", f"{formula}; mean over completed data sets", _SCORE)
    yield entry("n", "count of people with any score for whom both waves were planned", "people", 0, source="")
    yield entry("n_imputed", "count of those of whom either score is imputed", "people", 0, source="")
    yield entry(
        "imputations", "the planned number, or 1 + (f / 0.05)^2 / 2 if that is more, f the upper limit of the largest fmi",
        "data sets", 0, source=_VON_HIPPEL,
    )  # fmt: skip
    yield entry("delta", "what is added to imputed scores at follow-up", _SCORE, source="")
    yield difference
    yield entry("monte_carlo_error", "root(variance between / m)", _SCORE, 3, source=_WHITE)
    yield entry("se", "root of variance within + (1 + 1 / m) variance between", _SCORE)
    yield from limits(difference, "difference ± t quantile times SE", "", source=_RUBIN)
    yield entry("t", "difference / SE")
    yield entry("df", "Barnard and Rubin 1999", decimals=0, source="Barnard and Rubin, Biometrika 1999, 86, 948-955")
    yield entry("p", "P(|T| >= |t|)", decimals=3, kind="p")
    yield entry(
        "p_monte_carlo_error", "jackknife of p over data sets: root((m - 1) / m sum of (p without one - their mean)^2)",
        decimals=3, kind="p", source=_WHITE,
    )  # fmt: skip
    yield entry("fmi", "(r + 2 / (df + 3)) / (r + 1), r = (1 + 1 / m) between / within", kind="within_one")
    yield entry("tipping_point", "smallest delta at which p >= alpha", _SCORE, source=_TIPPING)
    yield entry(
        "tipping_point_sd", "tipping_point / SD within groups at baseline", "SDs within groups at baseline", source=_TIPPING
    )
