"""Use of services in two waves. Belongs here: which numbers the comparison has. Does not belong here: formulas; counts of
one wave (describe.py)."""

from collections.abc import Iterable, Mapping
from typing import Any

from dagster_project.results.result_collector import LEVEL, Rows, direction_of
from dagster_project.results.result_row import ResultRow
from dagster_project.statistics import mcnemar_exact, paired_difference, percent
from dagster_project.study import Study


def service_change_results(service_pairs: Iterable[Mapping[str, Any]], study: Study) -> list[ResultRow]:
    """Each service in each contrast of which both waves asked about services, of people who answered in both.

    service_pairs: contrast, service, n, in_both, at_baseline_only, at_followup_only, in_neither.
    """
    found = {(row["contrast"], row["service"]): row for row in service_pairs}
    use = study.protocol.service_use
    rows = Rows("service_change", study)
    for contrast in study.protocol.contrasts:
        if use is None or not {contrast.baseline, contrast.followup} <= set(use.waves):
            continue
        direction = direction_of(study, contrast.contrast)
        sign = contrast.baseline_sign
        for service in use.services:
            row = found.get((contrast.contrast, service.service), {})
            both, before, after, neither = (
                int(row.get(name, 0)) for name in ("in_both", "at_baseline_only", "at_followup_only", "in_neither")
            )
            n = both + before + after + neither
            test = paired_difference(both, before, after, neither, LEVEL)
            place: dict[str, Any] = {
                "contrast": contrast.contrast,
                "note": test.reason[0] or "nobody answered in both waves",
            }
            rows.add(service.service, "n", n, n, "people who answered in both waves", "people", **place)
            for statistic, count, wave in (
                ("percent_baseline", both + before, contrast.baseline),
                ("percent_followup", both + after, contrast.followup),
            ):
                rows.add(service.service, statistic, percent(count, n)[0], n, f"used at {wave}, of n", "%", **place)
            ends = sorted((sign * 100 * test.ci_low[0], sign * 100 * test.ci_high[0]))
            difference = sign * 100 * test.difference[0]
            words = f"difference of both shares, {direction}"
            rows.add(service.service, "difference", difference, n, words, "percentage points", decimals=1, **place)
            words = f"interval of the difference; {test.method}"
            rows.interval(service.service, "", ends[0], ends[1], n, words, "percentage points", decimals=1, **place)
            p = mcnemar_exact(before, after)[0]
            rows.add(service.service, "p", p, n, "McNemar's exact test, two-sided", **place)
    return rows.rows
