"""Who the people are, the services they use, each scale in each wave. Belongs here: which numbers these
analyses have. Does not belong here: formulas (statistics/), tests against norms (waves.py).

Every scale, wave, variable and service of the protocol has its rows even if nobody answered: then n is 0 and the other
values are None with a note.
"""

import math
from collections.abc import Iterable

import numpy as np

from dagster_project.results.result_collector import MartRow, Rows, grouped
from dagster_project.results.result_row import ResultRow
from dagster_project.statistics import describe, norm_distance
from dagster_project.study import Study


def undefined_reason(n: int) -> str:
    """Why a mean, an SD or a share of n people has no value."""
    return "nobody answered" if n == 0 else "one person has no SD"


def characteristics_results(
    category_counts: Iterable[MartRow], number_moments: Iterable[MartRow], study: Study
) -> list[ResultRow]:
    """category_counts: variable, category, n, count. number_moments: variable, n, mean, sd, min, max."""
    counts = {(row["variable"], row["category"]): row for row in category_counts}
    moments = {row["variable"]: row for row in number_moments}
    rows = Rows("characteristics", study)
    for variable in study.protocol.participant_variables:
        name = variable.variable
        for category in variable.categories:
            row = counts.get((name, category.category), {})
            numerator = "people in the category"
            _share(rows, name, row, "people with a known category", numerator, category=category.category)
        if variable.kind == "number":
            row = moments.get(name, {})
            n = int(row.get("n", 0))
            rows.add(name, "n", n, n, "people with a known value")
            for statistic in ("mean", "sd", "min", "max"):
                rows.add(name, statistic, row.get(statistic), n, note=undefined_reason(n))
    return rows.rows


def _share(
    rows: Rows, outcome: str, counts: MartRow, denominator: str, numerator: str, *,
    category: str | None = None, wave: str | None = None,
) -> None:  # fmt: skip
    """n, count, percent and the share's interval."""
    n, count = int(counts.get("n", 0)), int(counts.get("count", 0))
    rows.share(outcome, count, n, denominator, numerator, category=category, wave=wave, note=undefined_reason(n))


def service_results(service_counts: Iterable[MartRow], study: Study) -> list[ResultRow]:
    """Who used which service. service_counts: service, wave, n, count."""
    counts = {(row["service"], row["wave"]): row for row in service_counts}
    use = study.protocol.service_use
    rows = Rows("service_use", study)
    for service in use.services if use else ():
        for wave in use.waves if use else ():
            row = counts.get((service.service, wave), {})
            _share(rows, service.service, row, "people who answered", "people who used the service", wave=wave)
    return rows.rows


def summary_results(
    scale_moments: Iterable[MartRow], score_counts: Iterable[MartRow], score_ledger: Iterable[MartRow], study: Study
) -> list[ResultRow]:
    """Each scale in each wave, and the norms. scale_moments: scale, wave, n, mean, sd, min, max. score_counts: scale,
    wave, score, n. score_ledger: scale, wave, on_roster, one column for each missing reason, n, never_planned."""
    moments = {(row["scale"], row["wave"]): row for row in scale_moments}
    counts = grouped(score_counts, "scale", "wave")
    ledger = {(row["scale"], row["wave"]): row for row in score_ledger}
    rows = Rows("summary", study)
    for code in study.scales:
        for wave in study.protocol.waves:
            key = (code, wave.wave)
            _scale_in_wave(rows, study, key, moments.get(key, {}), counts.get(key, []), ledger.get(key, {}))
            for entry in study.norms.of_scale(code):
                mean = moments.get(key, {}).get("mean")
                n = int(moments.get(key, {}).get("n", 0))
                distance = norm_distance(math.nan if mean is None else mean, entry.norm.mean, entry.norm.sd)[0]
                rows.add(
                    code, "norm_distance", distance, n, f"(mean - norm mean) / norm SD{entry.method_end}",
                    category=entry.category, wave=wave.wave, note=undefined_reason(n),
                )  # fmt: skip
    return [*rows.rows, *_norms(study)]


def _scale_in_wave(
    rows: Rows, study: Study, scale_and_wave: tuple[str, str], moments: MartRow, counts: list[MartRow], ledger: MartRow
) -> None:
    code, wave = scale_and_wave
    instrument, scale = study.scales[code]
    lowest, highest = instrument.score_range(scale)
    n = int(moments.get("n", 0))
    rows.add(code, "n", n, n, "people with a score", wave=wave)
    for statistic in ("mean", "sd", "min", "max"):
        rows.add(code, statistic, moments.get(statistic), n, wave=wave, note=undefined_reason(n))
    values = np.array([row["score"] for row in counts], dtype=np.float64)
    description = describe(values, np.array([row["n"] for row in counts], dtype=np.float64), lowest, highest)
    note = description.reason or undefined_reason(n)
    for statistic in ("se", "median", "q1", "q3"):
        rows.add(code, statistic, getattr(description, statistic), n, wave=wave, note=note)
    rows.interval(
        code, "", description.ci_low, description.ci_high, n, "t interval of the mean", wave=wave, note=note, df=n - 1
    )
    rows.add(code, "skewness", description.skewness, n, "adjusted Fisher-Pearson skewness G1", wave=wave, note=note)
    for statistic, share, end in (
        ("percent_floor", description.floor, lowest),
        ("percent_ceiling", description.ceiling, highest),
    ):
        if not scale.has_ends:
            continue
        rows.add(code, statistic, 100 * share, n, f"people at {end:g}, the end of the scale", wave=wave, note=note)
    for reason, count in ledger.items():
        if reason not in ("scale", "wave", "n", "on_roster", "never_planned") and count:
            method = f"people on the roster without a score: {reason}"
            n_planned = int(ledger["on_roster"]) - (0 if reason == "not_planned" else int(ledger["not_planned"]))
            rows.add(code, f"missing_{reason}", count, n_planned, method, wave=wave)


def _norms(study: Study) -> list[ResultRow]:
    rows = Rows("norm", study)
    for code in study.scales:
        for entry in study.norms.of_scale(code):
            method = f"published: {entry.sample.source}{entry.method_end}"
            for statistic, value in (("norm_mean", entry.norm.mean), ("norm_sd", entry.norm.sd)):
                rows.add(code, statistic, value, entry.sample.n, method, category=entry.category)
    for sample in study.norms.samples:
        rows.add(
            sample.instrument, "n", sample.n, sample.n, f"published: {sample.source}",
            category=study.norms.category_of(sample), note="the norm's sample size is not known",
        )  # fmt: skip
    return rows.rows
