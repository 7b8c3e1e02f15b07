"""People's scores against norms of people like them, in each wave: T scores, percentiles, people beyond declared limits.

Belongs here: which numbers these analyses have. Does not belong here: formulas (statistics/norm_scores.py), which stratum
somebody is in (dbt/macros/strata.sql), a mean against one norm (waves.py). Norms without strata, percentiles or limits have
no rows.
"""

import math
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from dagster_project.results.result_collector import LEVEL, MartRow, RowFields, Rows, grouped
from dagster_project.results.result_row import ResultRow
from dagster_project.statistics import count_beyond, norm_scores, percentile_summary
from dagster_project.study import PersonNorm, Study

#: Why a person has a score and no stratum, as marts.norm_score_counts says it; any other reason is a variable not known.
_UNCOVERED = "no stratum"

Values = NDArray[np.float64]


def reported_norms(study: Study) -> Iterator[PersonNorm]:
    """The norms that people's own scores are reported against, by scale."""
    for code in study.scales:
        yield from (entry for entry in study.norms.of_people(code) if entry.is_reported)


def person_norm_results(norm_score_counts: Iterable[MartRow], study: Study) -> list[ResultRow]:
    """Every number about people's norm scores. norm_score_counts: scale, sample, wave, stratum, is_compared, score,
    percentile, n."""
    counts = grouped(norm_score_counts, "scale", "sample", "wave")
    strata, scores, score_limits = (Rows(name, study) for name in ("norm_strata", "norm_scores", "norm_limits"))
    percentiles, percentile_limits = Rows("percentiles", study), Rows("percentile_limits", study)
    for entry in reported_norms(study):
        if entry.is_stratified:
            _add_strata(strata, entry)
        for wave in study.protocol.waves:
            in_wave = counts.get((entry.scale, entry.sample.sample, wave.wave), [])
            row_fields: RowFields = {"category": entry.category, "wave": wave.wave}
            if entry.is_stratified:
                _add_people_of_strata(strata, entry, in_wave, wave.wave)
            if entry.has_means:
                _add_t_scores(scores, score_limits, entry, in_wave, row_fields)
            if entry.is_stratified:
                _add_left_out(scores, entry, in_wave, row_fields)
            if entry.has_percentiles:
                _add_percentiles(percentiles, percentile_limits, entry, in_wave, row_fields)
    return [*strata.rows, *scores.rows, *score_limits.rows, *percentiles.rows, *percentile_limits.rows]


def _add_strata(rows: Rows, entry: PersonNorm) -> None:
    """What the source gives of each stratum."""
    for stratum in entry.strata:
        category, method = entry.category_of(stratum.stratum), f"as published: {entry.words}"
        note = "norms.yaml does not say how many people the stratum is of"
        n = math.nan if stratum.n is None else stratum.n
        rows.add(entry.scale, "norm_n", n, stratum.n, method, category=category, note=note)
        if stratum.norm is not None:
            rows.add(entry.scale, "norm_mean", stratum.norm.mean, stratum.n, method, category=category)
            rows.add(entry.scale, "norm_sd", stratum.norm.sd, stratum.n, method, category=category)


def _people(rows: Iterable[MartRow]) -> int:
    return sum(int(row["n"]) for row in rows)


def _add_people_of_strata(rows: Rows, entry: PersonNorm, counts: Sequence[MartRow], wave: str) -> None:
    for stratum in entry.strata:
        n = _people(row for row in counts if row["stratum"] == stratum.stratum)
        method = f"people with a score in the stratum {stratum.stratum} of {entry.sample.sample}"
        rows.add(entry.scale, "n", n, n, method, category=entry.category_of(stratum.stratum), wave=wave)


def _add_t_scores(rows: Rows, limit_rows: Rows, entry: PersonNorm, counts: Sequence[MartRow], row_fields: RowFields) -> None:
    """The mean T score with what follows from it, and people beyond each limit."""
    norms = {stratum.stratum: stratum.norm for stratum in entry.strata if stratum.norm is not None}
    compared = [(row["score"], row["n"], norms[row["stratum"]]) for row in counts if row["stratum"] in norms]
    people = [n for _, n, _ in compared]
    means, sds = [norm.mean for _, _, norm in compared], [norm.sd for _, _, norm in compared]
    summary = norm_scores([score for score, _, _ in compared], people, means, sds, LEVEL)
    of_stratum = " of their stratum" if entry.is_stratified else ""
    method = f"each person's T score by the norm{of_stratum}, the norm taken as known: {entry.words}"
    code, n = entry.scale, summary.n
    fields = RowFields(**row_fields, note=summary.reason)
    rows.add(code, "n", n, n, f"people with a score and a norm{of_stratum}", **fields)
    rows.add(code, "t_score", summary.mean, n, method, **fields)
    rows.interval(code, "", summary.ci_low, summary.ci_high, n, f"t interval of the mean; {method}", **fields)
    rows.add(code, "t_sd", summary.sd, n, f"SD; {method}", **fields)
    rows.add(code, "z", summary.z, n, f"(mean T - 50) / 10; {method}", **fields)
    rows.interval(code, "z_", summary.z_ci_low, summary.z_ci_high, n, f"t interval of the mean; {method}", **fields)
    _add_limits(limit_rows, entry, "t_score", summary.values, summary.people, row_fields)


def _add_limits(rows: Rows, entry: PersonNorm, metric: str, values: Values, people: Values, row_fields: RowFields) -> None:
    for limit in entry.limits:
        if limit.metric == metric:
            count, n = count_beyond(values, people, limit.value, limit.direction), int(people.sum())
            denominator = f"people with a {'T score' if metric == 't_score' else 'percentile'}"
            method = f"people with a {limit.in_words} ({limit.source})"
            rows.share(
                entry.scale, count, n, denominator, method, percent_method=f"{method} / n",
                category=entry.category_of(limit.code), wave=row_fields["wave"], note="nobody has a score and a norm",
            )  # fmt: skip


def _add_left_out(rows: Rows, entry: PersonNorm, counts: Sequence[MartRow], row_fields: RowFields) -> None:
    """Who has a score and no stratum to be compared with."""
    n = _people(counts)
    uncovered = _people(row for row in counts if row["stratum"] == _UNCOVERED)
    unknown = _people(row for row in counts if not row["is_compared"]) - uncovered
    for name, count in (("count_unknown", unknown), ("count_uncovered", uncovered)):
        rows.add(entry.scale, name, count, n, "people with a score who have no norm of their stratum", **row_fields)


def _add_percentiles(
    rows: Rows, limit_rows: Rows, entry: PersonNorm, counts: Sequence[MartRow], row_fields: RowFields
) -> None:
    compared = [row for row in counts if row["is_compared"]]
    in_table = [row for row in compared if row["percentile"] is not None]
    summary = percentile_summary([row["percentile"] for row in in_table], [row["n"] for row in in_table])
    tables = dict.fromkeys(stratum.percentiles.in_words for stratum in entry.strata if stratum.percentiles is not None)
    method = f"percentile: {'; '.join(tables)}; {entry.words}"
    fields = RowFields(**row_fields, note=summary.reason)
    rows.add(entry.scale, "n", summary.n, summary.n, "people with a percentile", **fields)
    for name, value in (("median", summary.median), ("q1", summary.q1), ("q3", summary.q3)):
        rows.add(entry.scale, name, value, summary.n, method, **fields)
    n = _people(compared)
    not_in_table = n - summary.n
    rows.add(entry.scale, "count_not_in_table", not_in_table, n, "people whose score has no percentile", **row_fields)
    _add_limits(limit_rows, entry, "percentile", summary.values, summary.people, row_fields)
