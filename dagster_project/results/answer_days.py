"""When waves were answered, in days from people's baseline: how many in the visit window, early, late, or without a date.

Belongs here: which numbers that has. Does not belong here: who answered when (marts.answer_days); models over time
(growth.py).
"""

from collections.abc import Iterable

from dagster_project.results.result_collector import MartRow, RowFields, Rows
from dagster_project.results.result_row import ResultRow
from dagster_project.study import Study, counts_days

_VISITS = {"n_in_window": "in_window", "n_early": "early", "n_late": "late"}
_REASONS = {"n_no_date": "no_date", "n_no_baseline_date": "no_baseline_date", "n_before_baseline": "before_baseline"}
_FAR_OFF = {"n_far_off": "far_off"}
_NO_DAYS = "nobody returned this wave with a known day"


def answer_days_results(visit_counts: Iterable[MartRow], study: Study) -> list[ResultRow]:
    """Each wave's counts and days; none where nothing asks for days. visit_counts: rows of marts.visit_counts."""
    if not counts_days(study.protocol):
        return []
    rows, by_wave = Rows("answer_days", study), {row["wave"]: row for row in visit_counts}
    for order, wave in enumerate(study.protocol.waves):
        counts: MartRow = by_wave.get(wave.wave, {})
        n, fields = int(counts.get("n", 0)), RowFields(wave=wave.wave)
        rows.add("returns", "n", n, n, "people who returned the wave", **fields)
        names = {"n_dated": "dated", "n_no_date": "no_date"} if order == 0 else {"n_dated": "dated"} | _REASONS | _FAR_OFF
        if wave.days_from_baseline is not None:
            names = names | _VISITS
        for statistic, column in names.items():
            rows.add("returns", statistic, int(counts.get(column, 0)), n, "count", **fields)
        if order == 0:
            continue  # day 0 of everybody
        dated = int(counts.get("dated", 0))
        for statistic in ("mean", "sd", "min", "max"):
            note = _NO_DAYS if not dated else "one person has no SD"
            method = f"{statistic} of days from baseline of those whose days are known"
            rows.add("returns", statistic, counts.get(statistic), n, method, wave=wave.wave, note=note)
    return rows.rows
