"""Models of all waves, and each wave against its norm. Belongs here: which numbers these analyses have. Does not belong
here: formulas (statistics/), pairs of waves (change.py)."""

import math
from collections.abc import Iterable

import numpy as np

from dagster_project.results.result_collector import LEVEL, MartRow, RowFields, Rows, column, direction_of, grouped, weights
from dagster_project.results.result_row import ResultRow
from dagster_project.statistics import Pattern, mixed_model, norm_difference
from dagster_project.study import Study

_MODEL = "linear mixed model (wave as a factor, random intercept a person), REML"


def patterns_from(rows: Iterable[MartRow], study: Study) -> dict[str, list[Pattern]]:
    """Patterns of waves by scale, apart for people for whom other waves were planned. rows: marts.pattern_moments. A scale
    without any score has no patterns."""
    wave_order = [wave.wave for wave in study.protocol.waves]
    patterns_of: dict[str, list[Pattern]] = {code: [] for code in study.scales}
    for (code, pattern, planned), pairs in sorted(grouped(rows, "scale", "pattern", "planned").items()):
        waves = [wave_order.index(wave) for wave in pattern.split("+")]
        index_of = {wave: index for index, wave in enumerate(waves)}
        mean, products = np.zeros(len(waves)), np.zeros((len(waves), len(waves)))
        for pair in pairs:
            first, second = index_of[wave_order.index(pair["wave"])], index_of[wave_order.index(pair["other_wave"])]
            mean[first], mean[second] = pair["mean"], pair["other_mean"]
            products[first, second] = products[second, first] = pair["cross_products"]
        if code in patterns_of:
            planned_waves = tuple(wave_order.index(wave) for wave in planned.split("+"))
            of_all = len(planned_waves) == len(wave_order)
            patterns_of[code].append(
                Pattern(tuple(waves), int(pairs[0]["n"]), mean, products, None if of_all else planned_waves)
            )
    return patterns_of


def mixed_results(pattern_moments: Iterable[MartRow], study: Study) -> list[ResultRow]:
    """Every scale's model: means of each wave and the contrasts of the protocol, of everybody with at least one score."""
    waves = [wave.wave for wave in study.protocol.waves]
    contrast_weights = weights(study)
    rows = Rows("mixed", study)
    for code, patterns in patterns_from(pattern_moments, study).items():
        model = mixed_model(patterns, len(waves), list(contrast_weights.values()), LEVEL)
        people = model.n_people
        for statistic, value, method in (
            ("n", people, "people with a score in any wave"),
            ("n_observations", model.n_observations, "scores"),
            ("sd_between", model.sd_between, f"SD between people; {_MODEL}"),
            ("sd_within", model.sd_within, f"SD within people; {_MODEL}"),
            ("icc", model.icc, "variance between people / total variance"),
        ):
            rows.add(code, statistic, value, people, method, note=model.reason, remark=model.reason)
        for wave, mean in zip(waves, model.means, strict=True):
            note = model.reason or "nobody has a score in this wave"
            row_fields: RowFields = {"wave": wave, "note": note, "df": mean.df}
            rows.add(code, "mean", mean.estimate, people, f"estimated mean; {_MODEL}", **row_fields)
            rows.add(code, "se", mean.se, people, "standard error of the estimated mean", **row_fields)
            method = "interval of the estimated mean, Satterthwaite df"
            rows.interval(code, "", mean.ci_low, mean.ci_high, people, method, **row_fields)
        for contrast, estimate in zip(contrast_weights, model.contrasts, strict=True):
            direction = direction_of(study, contrast)
            note = model.reason or "nobody has a score in one of its waves"
            row_fields = {"contrast": contrast, "note": note, "df": estimate.df}
            method = f"{direction}; {_MODEL}"
            rows.add(code, "estimate", estimate.estimate, people, method, **row_fields)
            rows.add(code, "se", estimate.se, people, f"standard error of {direction}", **row_fields)
            rows.add(code, "df", estimate.df, people, "Satterthwaite's degrees of freedom", contrast=contrast, note=note)
            rows.add(code, "t", estimate.t, people, method, **row_fields)
            rows.add(code, "p", estimate.p, people, f"{method}, two-sided", **row_fields)
            method = f"interval of {direction}, Satterthwaite df"
            rows.interval(code, "", estimate.ci_low, estimate.ci_high, people, method, **row_fields)
    return rows.rows


def norm_results(scale_moments: Iterable[MartRow], study: Study) -> list[ResultRow]:
    """Each scale's mean in each wave against each of its norms, in raw units and norm SDs, with equivalence if a margin is
    planned. The category is the norm's sample, none of the main norm, which alone the margin is planned for."""
    moments_by_wave = {(row["scale"], row["wave"]): row for row in scale_moments}
    plan, rows = study.protocol.plan, Rows("norm_difference", study)
    comparisons = [
        (code, entry, wave.wave)
        for code in study.scales
        for entry in study.norms.of_scale(code)
        for wave in study.protocol.waves
    ]
    if not comparisons:
        return []
    moments = [moments_by_wave.get((code, wave), {}) for code, _, wave in comparisons]
    n = [int(row.get("n", 0)) for row in moments]
    test = norm_difference(
        n, column(moments, "mean"), column(moments, "sd"),
        [entry.norm.mean for _, entry, _ in comparisons], [entry.norm.sd for _, entry, _ in comparisons],
        [math.nan if entry.sample.n is None else entry.sample.n for _, entry, _ in comparisons], LEVEL, plan.norm_margin,
    )  # fmt: skip
    for index, (code, entry, wave) in enumerate(comparisons):
        is_planned = code in study.protocol.outcomes and plan.norm_margin is not None and entry.category is None
        row_fields: RowFields = {
            "category": entry.category, "wave": wave, "note": test.reason[index], "df": test.df[index],
            "role": "secondary" if is_planned else "exploratory",
        }  # fmt: skip
        method, size = f"{test.method[index]}{entry.method_end}", n[index]
        rows.add(code, "difference", test.difference[index], size, f"mean - norm mean; {method}", **row_fields)
        rows.add(code, "se", test.se[index], size, f"standard error; {method}", **row_fields)
        rows.add(code, "t", test.t[index], size, method, **row_fields)
        rows.add(code, "df", test.df[index], size, method, **row_fields)
        rows.add(code, "p", test.p[index], size, f"{method}, two-sided", **row_fields)
        rows.interval(code, "", test.ci_low[index], test.ci_high[index], size, f"interval; {method}", **row_fields)
        method_sd = f"difference / norm SD, the norm SD taken as known{entry.method_end}"
        rows.add(code, "difference_sd", test.difference_sd[index], size, method_sd, **row_fields)
        low, high = test.ci_low_sd[index], test.ci_high_sd[index]
        rows.interval(code, "difference_sd_", low, high, size, method_sd, **row_fields)
        if plan.norm_margin is not None:
            equivalence_method = f"two one-sided tests against {plan.norm_margin:g} norm SDs; {method}"
            rows.add(code, "p_equivalence", test.p_equivalence[index], size, equivalence_method, **row_fields)
    return rows.rows
