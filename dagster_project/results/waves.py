"""All waves at once, and each wave beside its norm. Belongs here: which numbers these analyses have. Does not belong here:
formulas (statistics/), pairs of waves (change.py)."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from dagster_project.results.result_collector import LEVEL, Rows, direction_of, grouped, unit_of, weights
from dagster_project.results.result_row import ResultRow
from dagster_project.statistics import Pattern, mixed_model, norm_difference
from dagster_project.study import Study

Moments = Mapping[str, Any]
_MODEL = "linear mixed model (wave as a factor, random intercept a person), REML"


def patterns_from(rows: Iterable[Moments], study: Study) -> dict[str, list[Pattern]]:
    """Scale to its patterns of waves. rows: marts.pattern_moments. A scale that nobody has a score of has no patterns."""
    order = [wave.wave for wave in study.protocol.waves]
    found: dict[str, list[Pattern]] = {code: [] for code in study.scales}
    for (code, pattern), pairs in sorted(grouped(rows, "scale", "pattern").items()):
        waves = [order.index(wave) for wave in pattern.split("+")]
        place = {wave: at for at, wave in enumerate(waves)}
        mean, products = np.zeros(len(waves)), np.zeros((len(waves), len(waves)))
        for pair in pairs:
            one, other = place[order.index(pair["wave"])], place[order.index(pair["other_wave"])]
            mean[one], mean[other] = pair["mean"], pair["other_mean"]
            products[one, other] = products[other, one] = pair["cross_products"]
        if code in found:
            found[code].append(Pattern(tuple(waves), int(pairs[0]["n"]), mean, products))
    return found


def mixed_results(pattern_moments: Iterable[Moments], study: Study) -> list[ResultRow]:
    """Every scale's model: means of each wave and the contrasts of the protocol, of everybody with any score."""
    waves = [wave.wave for wave in study.protocol.waves]
    of_contrast = weights(study)
    rows = Rows("mixed", study)
    for code, patterns in patterns_from(pattern_moments, study).items():
        model = mixed_model(patterns, len(waves), list(of_contrast.values()), LEVEL)
        unit, people = unit_of(study, code), model.n_people
        for statistic, value, words, of in (
            ("n", people, "people with a score in any wave", "people"),
            ("n_observations", model.n_observations, "scores", "scores"),
            ("sd_between", model.sd_between, f"SD between people; {_MODEL}", unit),
            ("sd_within", model.sd_within, f"SD within people; {_MODEL}", unit),
            ("icc", model.icc, "variance between people / total variance", ""),
        ):
            rows.add(code, statistic, value, people, words, of, note=model.reason, remark=model.reason)
        for wave, mean in zip(waves, model.means, strict=True):
            place: dict[str, Any] = {"wave": wave, "note": model.reason or "nobody has a score in this wave"}
            rows.add(code, "mean", mean.estimate, people, f"estimated mean; {_MODEL}", unit, df=mean.df, **place)
            rows.add(code, "se", mean.se, people, "standard error of the estimated mean", unit, df=mean.df, **place)
            words = "interval of the estimated mean, Satterthwaite df"
            rows.interval(code, "", mean.ci_low, mean.ci_high, people, words, unit, df=mean.df, **place)
        for contrast, found in zip(of_contrast, model.contrasts, strict=True):
            direction = direction_of(study, contrast)
            place = {"contrast": contrast, "note": model.reason or "nobody has a score in one of its waves"}
            words = f"{direction}; {_MODEL}"
            rows.add(code, "estimate", found.estimate, people, words, unit, df=found.df, **place)
            rows.add(code, "se", found.se, people, f"standard error of {direction}", unit, df=found.df, **place)
            rows.add(code, "df", found.df, people, "Satterthwaite's degrees of freedom", **place)
            rows.add(code, "t", found.t, people, words, df=found.df, **place)
            rows.add(code, "p", found.p, people, f"{words}, two-sided", df=found.df, **place)
            words = f"interval of {direction}, Satterthwaite df"
            rows.interval(code, "", found.ci_low, found.ci_high, people, words, unit, df=found.df, **place)
    return rows.rows


def norm_results(scale_moments: Iterable[Moments], study: Study) -> list[ResultRow]:
    """Each scale's mean in each wave against its norm, in raw units and norm SDs, with equivalence if a margin is
    planned."""
    moments = {(row["scale"], row["wave"]): row for row in scale_moments}
    samples = {sample.sample: sample for sample in study.norms.samples}
    norms = {norm.scale: norm for norm in study.norms.norms}
    plan, rows = study.protocol.plan, Rows("norm_difference", study)
    places = [(code, wave.wave) for code in study.scales if code in norms for wave in study.protocol.waves]
    if not places:
        return []
    found = [moments.get(place, {}) for place in places]
    of_norm = [norms[code] for code, _ in places]
    sizes = [samples[norm.sample].n for norm in of_norm]
    n = [int(row.get("n", 0)) for row in found]
    test = norm_difference(
        n, _column(found, "mean"), _column(found, "sd"), [norm.mean for norm in of_norm], [norm.sd for norm in of_norm],
        [math.nan if size is None else size for size in sizes], LEVEL, plan.norm_margin,
    )  # fmt: skip
    for index, (code, wave) in enumerate(places):
        unit = unit_of(study, code)
        role = "secondary" if code in study.protocol.outcomes and plan.norm_margin is not None else "exploratory"
        place: dict[str, Any] = {"wave": wave, "note": test.reason[index], "role": role, "df": test.df[index]}
        method, size = test.method[index], n[index]
        rows.add(code, "difference", test.difference[index], size, f"mean - norm mean; {method}", unit, **place)
        rows.add(code, "se", test.se[index], size, f"standard error; {method}", unit, **place)
        rows.add(code, "t", test.t[index], size, method, **place)
        rows.add(code, "df", test.df[index], size, method, **place)
        rows.add(code, "p", test.p[index], size, f"{method}, two-sided", **place)
        rows.interval(code, "", test.ci_low[index], test.ci_high[index], size, f"interval; {method}", unit, **place)
        words = "difference / norm SD, the norm SD taken as known"
        rows.add(code, "difference_sd", test.difference_sd[index], size, words, "norm SDs", **place)
        low, high = test.ci_low_sd[index], test.ci_high_sd[index]
        rows.interval(code, "difference_sd_", low, high, size, words, "norm SDs", **place)
        if plan.norm_margin is not None:
            words = f"two one-sided tests against {plan.norm_margin:g} norm SDs; {method}"
            rows.add(code, "p_equivalence", test.p_equivalence[index], size, words, **place)
    return rows.rows


def _column(found: Sequence[Moments], name: str) -> list[float]:
    return [math.nan if row.get(name) is None else float(row[name]) for row in found]
