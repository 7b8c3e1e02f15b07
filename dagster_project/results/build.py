"""From moments to result rows. Belongs here: which numbers an analysis gives, by what name. Does not belong here: formulas.

Every scale, wave, contrast, variable and service of the protocol has its rows, also when nobody answered: then n is 0 and
the other values are None with a note.
"""

import math
from collections.abc import Iterable, Mapping
from typing import Any

from dagster_project.results.rounding import format_number
from dagster_project.results.row import ResultRow, result_id
from dagster_project.statistics import correlation, d_baseline, d_z, norm_distance, paired_t, percent
from dagster_project.study import Composite, Study

Moments = Mapping[str, Any]

#: Decimals in tables, by statistic.
_DECIMALS = {
    "n": 0, "count": 0, "percent": 1, "mean": 1, "sd": 2, "min": 1, "max": 1, "norm_distance": 2,
    "norm_mean": 1, "norm_sd": 2, "mean_change": 2, "sd_change": 2, "ci95_low": 2, "ci95_high": 2, "t": 2, "df": 0,
    "p": 3, "d_baseline": 2, "d_z": 2, "mean_baseline": 1, "mean_followup": 1, "sd_baseline": 2, "sd_followup": 2,
    "correlation": 2,
}  # fmt: skip


def _value(value: Any) -> float | None:
    if value is None:
        return None
    number = float(value)
    return number if math.isfinite(number) else None


def print_statistic(statistic: str, value: float | None, decimals: int | None = None) -> str:
    """A value as tables print it: '< .001' for a p that would print as zero, a true minus sign, an em dash for none."""
    if statistic == "p" and value is not None and value < 0.0005:
        return "< .001"
    return format_number(value, _DECIMALS[statistic] if decimals is None else decimals)


def _row(
    analysis: str, outcome: str, statistic: str, value: Any, n: int | None, method: str, unit: str, *,
    category: str | None = None, wave: str | None = None, contrast: str | None = None, note: str | None = None,
    decimals: int | None = None,
) -> ResultRow:  # fmt: skip
    number = _value(value)
    return ResultRow(
        result_id=result_id(analysis, outcome, statistic, category=category, when=wave or contrast),
        analysis=analysis, outcome=outcome, category=category, wave=wave, contrast=contrast, statistic=statistic,
        value=number, n=n, method=method, unit=unit, printed=print_statistic(statistic, number, decimals),
        note=note if number is None else None,
    )  # fmt: skip


def _undefined(n: int) -> str:
    return "nobody answered" if n == 0 else "one person has no SD"


def characteristics_results(
    category_counts: Iterable[Moments], number_moments: Iterable[Moments], study: Study
) -> list[ResultRow]:
    """Table 1's numbers. category_counts: variable, category, n, count. number_moments: variable, n, mean, sd, min, max."""
    counts = {(row["variable"], row["category"]): row for row in category_counts}
    moments = {row["variable"]: row for row in number_moments}
    results = []
    for variable in study.protocol.participant_variables:
        name = variable.variable
        for category in variable.categories:
            found = counts.get((name, category.category), {})
            n, count = int(found.get("n", 0)), int(found.get("count", 0))
            for statistic, value, method, unit in (
                ("n", n, "people with a known category", "people"),
                ("count", count, "people in the category", "people"),
                ("percent", percent(count, n)[0], "count / n of the variable", "%"),
            ):
                results.append(
                    _row(
                        "characteristics",
                        name,
                        statistic,
                        value,
                        n,
                        method,
                        unit,
                        category=category.category,
                        note=_undefined(n),
                    )
                )
        if variable.kind == "number":
            found = moments.get(name, {})
            n = int(found.get("n", 0))
            results.append(_row("characteristics", name, "n", n, n, "people with a known value", "people"))
            for statistic in ("mean", "sd", "min", "max"):
                results.append(
                    _row(
                        "characteristics",
                        name,
                        statistic,
                        found.get(statistic),
                        n,
                        _METHODS[statistic],
                        variable.unit or "",
                        note=_undefined(n),
                        decimals=variable.decimals,
                    )
                )
    return results


_METHODS = {"mean": "arithmetic mean", "sd": "SD, denominator n - 1", "min": "lowest value", "max": "highest value"}


def service_results(service_counts: Iterable[Moments], study: Study) -> list[ResultRow]:
    """Table 2's numbers. service_counts: service, wave, n, count."""
    counts = {(row["service"], row["wave"]): row for row in service_counts}
    use = study.protocol.service_use
    results = []
    for service in use.services if use else ():
        for wave in use.waves if use else ():
            found = counts.get((service.service, wave), {})
            n, count = int(found.get("n", 0)), int(found.get("count", 0))
            for statistic, value, method, unit in (
                ("n", n, "people who answered", "people"),
                ("count", count, "people who used the service", "people"),
                ("percent", percent(count, n)[0], "count / n", "%"),
            ):
                results.append(
                    _row("service_use", service.service, statistic, value, n, method, unit, wave=wave, note=_undefined(n))
                )
    return results


def summary_results(scale_moments: Iterable[Moments], study: Study) -> list[ResultRow]:
    """Table 3's numbers, and the norms beside them. scale_moments: scale, wave, n, mean, sd, min, max."""
    moments = {(row["scale"], row["wave"]): row for row in scale_moments}
    norms = {norm.scale: norm for norm in study.norms.norms}
    samples = {sample.sample: sample for sample in study.norms.samples}
    results = []
    for code, (_, scale) in study.scales.items():
        unit = "points" if not isinstance(scale, Composite) and scale.aggregate == "sum" else "scale points"
        norm = norms.get(code)
        for wave in study.protocol.waves:
            found = moments.get((code, wave.wave), {})
            n = int(found.get("n", 0))
            results.append(_row("summary", code, "n", n, n, "people with a score", "people", wave=wave.wave))
            for statistic in ("mean", "sd", "min", "max"):
                results.append(
                    _row(
                        "summary",
                        code,
                        statistic,
                        found.get(statistic),
                        n,
                        _METHODS[statistic],
                        unit,
                        wave=wave.wave,
                        note=_undefined(n),
                    )
                )
            if norm is not None:
                distance = norm_distance(math.nan if found.get("mean") is None else found["mean"], norm.mean, norm.sd)[0]
                results.append(
                    _row(
                        "summary",
                        code,
                        "norm_distance",
                        distance,
                        n,
                        "(mean - norm mean) / norm SD",
                        "norm SDs",
                        wave=wave.wave,
                        note=_undefined(n),
                    )
                )
        if norm is not None:
            sample = samples[norm.sample]
            for statistic, value in (("norm_mean", norm.mean), ("norm_sd", norm.sd)):
                results.append(_row("norm", code, statistic, value, sample.n, f"published: {sample.source}", unit))
    for sample in study.norms.samples:
        results.append(
            _row(
                "norm",
                sample.instrument,
                "n",
                sample.n,
                sample.n,
                f"published: {sample.source}",
                "people",
                note="the norm's sample size is not known",
            )
        )
    return results


_DIRECTIONS = {
    "baseline_minus_followup": "{baseline} minus {followup}",
    "followup_minus_baseline": "{followup} minus {baseline}",
}


def direction_of(study: Study, contrast_id: str) -> str:
    """The declared direction of a contrast in words, e.g. 'T1 minus T2'."""
    contrast = next(contrast for contrast in study.protocol.contrasts if contrast.contrast == contrast_id)
    words = _DIRECTIONS[contrast.direction].format(baseline=contrast.baseline, followup=contrast.followup)
    return words


def change_results(change_moments: Iterable[Moments], study: Study) -> list[ResultRow]:
    """Table 4's numbers. change_moments: contrast, scale, n, mean_baseline, sd_baseline, mean_followup, sd_followup,
    covariance, mean_change, sd_change; changes in the declared direction."""
    moments = {(row["contrast"], row["scale"]): row for row in change_moments}
    places = [(contrast, code) for contrast in study.protocol.contrasts for code in study.scales]
    found = [moments.get((contrast.contrast, code), {}) for contrast, code in places]
    if not places:
        return []

    def column(name: str) -> list[float]:
        return [math.nan if row.get(name) is None else float(row[name]) for row in found]

    n = [int(row.get("n", 0)) for row in found]
    test = paired_t(n, column("mean_change"), column("sd_change"))
    of_baseline = d_baseline(column("mean_change"), column("sd_baseline"))
    of_change = d_z(column("mean_change"), column("sd_change"))
    r = correlation(column("covariance"), column("sd_baseline"), column("sd_followup"))
    results = []
    for index, (contrast, code) in enumerate(places):
        direction = direction_of(study, contrast.contrast)
        row = found[index]
        for statistic, value, method, unit in (
            ("n", n[index], "people with both scores", "people"),
            ("mean_baseline", row.get("mean_baseline"), f"mean at {contrast.baseline} of the pairs", "points"),
            ("sd_baseline", row.get("sd_baseline"), f"SD at {contrast.baseline} of the pairs", "points"),
            ("mean_followup", row.get("mean_followup"), f"mean at {contrast.followup} of the pairs", "points"),
            ("sd_followup", row.get("sd_followup"), f"SD at {contrast.followup} of the pairs", "points"),
            ("correlation", r[index], "Pearson's correlation of both waves", ""),
            ("mean_change", row.get("mean_change"), f"mean of {direction}", "points"),
            ("sd_change", row.get("sd_change"), f"SD of {direction}", "points"),
            ("ci95_low", test.ci_low[index], f"95 % t interval of {direction}", "points"),
            ("ci95_high", test.ci_high[index], f"95 % t interval of {direction}", "points"),
            ("t", test.t[index], f"paired t test of {direction}", ""),
            ("df", test.df[index], "pairs - 1", ""),
            ("p", test.p[index], f"paired t test of {direction}, two-sided", ""),
            ("d_baseline", of_baseline[index], f"mean change / SD at {contrast.baseline} of the pairs", "baseline SDs"),
            ("d_z", of_change[index], "mean change / SD of the changes", "SDs of the change"),
        ):
            results.append(
                _row(
                    "change",
                    code,
                    statistic,
                    value,
                    n[index],
                    method,
                    unit,
                    contrast=contrast.contrast,
                    note=test.reason[index] or "no variation at baseline or follow-up",
                )
            )
    return results
