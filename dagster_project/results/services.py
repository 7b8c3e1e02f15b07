"""Change in the use of services between two waves, and in the share of any other answer. Belongs here: which numbers the
comparison has. Does not belong here: formulas; counts of one wave (describe.py)."""

from collections.abc import Iterable
from typing import NamedTuple

from dagster_project.results.result_collector import LEVEL, MartRow, RowFields, Rows, direction_of
from dagster_project.results.result_row import ResultRow
from dagster_project.statistics import mcnemar_exact, paired_difference, percent
from dagster_project.study import Contrast, Study


class PairCounts(NamedTuple):
    """People by their answers in both waves of a contrast: yes in both, at baseline only, at follow-up only, in neither."""

    in_both: int
    baseline_only: int
    followup_only: int
    in_neither: int


def service_change_results(service_pairs: Iterable[MartRow], study: Study) -> list[ResultRow]:
    """Each service in each contrast of which both waves asked about services, of people who answered in both.

    service_pairs: contrast, service, n, in_both, at_baseline_only, at_followup_only, in_neither.
    """
    pair_counts = {(counts["contrast"], counts["service"]): counts for counts in service_pairs}
    use = study.protocol.service_use
    rows = Rows("service_change", study)
    for contrast in study.protocol.contrasts:
        if use is None or not {contrast.baseline, contrast.followup} <= set(use.waves):
            continue
        for service in use.services:
            row = pair_counts.get((contrast.contrast, service.service), {})
            names = ("in_both", "at_baseline_only", "at_followup_only", "in_neither")
            counts = PairCounts(*(int(row.get(name, 0)) for name in names))
            add_change_of_share(rows, study, contrast, service.service, counts, "used")
    return rows.rows


def add_change_of_share(
    rows: Rows, study: Study, contrast: Contrast, outcome: str, counts: PairCounts, condition: str
) -> None:
    """The share in both waves, its change with interval, McNemar's test. condition: of what it is the share, in a word."""
    direction = direction_of(study, contrast.contrast)
    sign = contrast.baseline_sign
    n = sum(counts)
    test = paired_difference(*counts, LEVEL)
    row_fields: RowFields = {
        "contrast": contrast.contrast,
        "note": test.reason[0] or "nobody answered in both waves",
    }
    rows.add(outcome, "n", n, n, "people who answered in both waves", **row_fields)
    for statistic, count, wave in (
        ("percent_baseline", counts.in_both + counts.baseline_only, contrast.baseline),
        ("percent_followup", counts.in_both + counts.followup_only, contrast.followup),
    ):
        rows.add(outcome, statistic, percent(count, n)[0], n, f"{condition} at {wave}, of n", **row_fields)
    limits = sorted((sign * 100 * test.ci_low[0], sign * 100 * test.ci_high[0]))
    difference = sign * 100 * test.difference[0]
    method = f"difference of both shares, {direction}"
    rows.add(outcome, "difference", difference, n, method, **row_fields)
    method = f"interval of the difference; {test.method}"
    rows.interval(outcome, "", limits[0], limits[1], n, method, **row_fields)
    p = mcnemar_exact(counts.baseline_only, counts.followup_only)[0]
    rows.add(outcome, "p", p, n, "McNemar's exact test, two-sided", **row_fields)
