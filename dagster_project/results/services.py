"""Change in the use of services between two waves. Belongs here: which numbers the comparison has. Does not belong here:
formulas; counts of one wave (describe.py)."""

from collections.abc import Iterable

from dagster_project.results.result_collector import LEVEL, MartRow, RowFields, Rows, direction_of
from dagster_project.results.result_row import ResultRow
from dagster_project.statistics import mcnemar_exact, paired_difference, percent
from dagster_project.study import Study


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
        direction = direction_of(study, contrast.contrast)
        sign = contrast.baseline_sign
        for service in use.services:
            counts = pair_counts.get((contrast.contrast, service.service), {})
            n_both, n_baseline_only, n_followup_only, n_neither = (
                int(counts.get(name, 0)) for name in ("in_both", "at_baseline_only", "at_followup_only", "in_neither")
            )
            n = n_both + n_baseline_only + n_followup_only + n_neither
            test = paired_difference(n_both, n_baseline_only, n_followup_only, n_neither, LEVEL)
            row_fields: RowFields = {
                "contrast": contrast.contrast,
                "note": test.reason[0] or "nobody answered in both waves",
            }
            rows.add(service.service, "n", n, n, "people who answered in both waves", **row_fields)
            for statistic, count, wave in (
                ("percent_baseline", n_both + n_baseline_only, contrast.baseline),
                ("percent_followup", n_both + n_followup_only, contrast.followup),
            ):
                rows.add(service.service, statistic, percent(count, n)[0], n, f"used at {wave}, of n", **row_fields)
            limits = sorted((sign * 100 * test.ci_low[0], sign * 100 * test.ci_high[0]))
            difference = sign * 100 * test.difference[0]
            method = f"difference of both shares, {direction}"
            rows.add(service.service, "difference", difference, n, method, **row_fields)
            method = f"interval of the difference; {test.method}"
            rows.interval(service.service, "", limits[0], limits[1], n, method, **row_fields)
            p = mcnemar_exact(n_baseline_only, n_followup_only)[0]
            rows.add(service.service, "p", p, n, "McNemar's exact test, two-sided", **row_fields)
    return rows.rows
