"""Numbers of each group of people: who they are, returns, scores in each wave, change, use of services.

Belongs here: which numbers a group has. Does not belong here: formulas (statistics/), groups compared with each other
(group_differences.py). Without groups in the protocol there are no rows.
"""

from collections.abc import Iterable, Mapping

from dagster_project.results.describe import undefined_reason
from dagster_project.results.missing import add_returns, planned_count
from dagster_project.results.result_collector import LEVEL, MartRow, RowFields, Rows, column, direction_of
from dagster_project.results.result_row import ResultRow
from dagster_project.statistics import paired_t, t_interval
from dagster_project.study import Study


def group_characteristics_results(
    category_counts: Iterable[MartRow], number_moments: Iterable[MartRow], study: Study
) -> list[ResultRow]:
    """Each group's shares and means of what the roster knows, but for the variable that makes the groups.

    category_counts: people_group, variable, category, n, count. number_moments: people_group, variable, n, mean, sd, min,
    max.
    """
    counts = {(row["people_group"], row["variable"], row["category"]): row for row in category_counts}
    n_known = {(group, variable): int(row["n"]) for (group, variable, _), row in counts.items()}
    moments = {(row["people_group"], row["variable"]): row for row in number_moments}
    rows = Rows("characteristics_by_group", study)
    for variable in study.protocol.compared_variables:
        for group in study.protocol.compared_groups:
            key = (group.category, variable.variable)
            for category in variable.categories:
                count = int(counts.get((*key, category.category), {}).get("count", 0))
                row_fields: RowFields = {"people_group": group.category, "category": category.category}
                _share(rows, variable.variable, count, n_known.get(key, 0), row_fields, "people in the category")
            if variable.kind == "number":
                row = moments.get(key, {})
                n = int(row.get("n", 0))
                row_fields = {"people_group": group.category, "note": undefined_reason(n)}
                rows.add(variable.variable, "n", n, n, "people with a known value", **row_fields)
                for statistic in ("mean", "sd", "min", "max"):
                    rows.add(variable.variable, statistic, row.get(statistic), n, **row_fields)
    return rows.rows


def _share(rows: Rows, outcome: str, count: int, n: int, row_fields: RowFields, numerator: str) -> None:
    share_fields: RowFields = {**row_fields, "note": undefined_reason(n)}
    rows.share(outcome, count, n, "people of the group who answered", numerator, **share_fields)


def group_flow_results(group_flow: Iterable[MartRow], study: Study) -> list[ResultRow]:
    """The flow of each group, from its people on the roster to those who returned each wave, and both of each contrast.

    group_flow: people_group (None: not known), step, moment, listed, not_planned, withdrawn, returned_blank, not_returned,
    n.
    """
    flow = {(row["people_group"], row["step"], row["moment"]): row for row in group_flow}
    rows = Rows("flow_by_group", study)
    for group in study.protocol.compared_groups:
        _flow_of_group(rows, study, group.category, flow)
    if study.protocol.compared_groups:
        n_unknown = int(flow.get((None, "roster", "roster"), {}).get("n", 0))
        rows.add("roster", "n_without_group", n_unknown, None, "people on the roster whose group is not known")
    return rows.rows


def _flow_of_group(rows: Rows, study: Study, group: str, flow: Mapping[tuple[str | None, str, str], MartRow]) -> None:
    n_roster = int(flow.get((group, "roster", "roster"), {}).get("n", 0))
    rows.add("roster", "n", n_roster, n_roster, "people of the group on the roster", people_group=group)
    for wave in study.protocol.waves:
        step_counts = flow.get((group, "wave", wave.wave), {})
        wave_fields: RowFields = {"wave": wave.wave, "people_group": group}
        is_for_some = wave.wave in study.protocol.waves_for_some
        add_returns(rows, step_counts, n_roster, is_for_some, wave_fields)
    for contrast in study.protocol.contrasts:
        step_counts = flow.get((group, "contrast", contrast.contrast), {})
        contrast_fields: RowFields = {"contrast": contrast.contrast, "role": "descriptive", "people_group": group}
        is_for_some = bool({contrast.baseline, contrast.followup} & study.protocol.waves_for_some.keys())
        n_planned = planned_count(rows, step_counts, n_roster, is_for_some, contrast_fields)
        n = int(step_counts.get("n", 0))
        rows.add("returns", "n", n, n_planned, "people who returned both waves", **contrast_fields)


def group_summary_results(scale_moments: Iterable[MartRow], study: Study) -> list[ResultRow]:
    """Each scale in each wave and group. scale_moments: people_group, scale, wave, n, mean, sd, min, max."""
    moments = {(row["people_group"], row["scale"], row["wave"]): row for row in scale_moments}
    keys = [
        (group.category, code, wave.wave)
        for code in study.scales
        for wave in study.protocol.waves
        for group in study.protocol.compared_groups
    ]
    group_rows = [moments.get(key, {}) for key in keys]
    n = [int(row.get("n", 0)) for row in group_rows]
    se, low, high = t_interval(n, column(group_rows, "mean"), column(group_rows, "sd"), LEVEL)
    rows = Rows("summary_by_group", study)
    for index, (group, code, wave) in enumerate(keys):
        row_fields: RowFields = {"wave": wave, "people_group": group, "note": undefined_reason(n[index])}
        rows.add(code, "n", n[index], n[index], "people of the group with a score", **row_fields)
        for statistic in ("mean", "sd", "min", "max"):
            rows.add(code, statistic, group_rows[index].get(statistic), n[index], **row_fields)
        rows.add(code, "se", se[index], n[index], **row_fields)
        row_fields["df"] = n[index] - 1 if n[index] > 1 else None
        rows.interval(code, "", low[index], high[index], n[index], "t interval of the mean", **row_fields)
    return rows.rows


def group_change_results(change_moments: Iterable[MartRow], study: Study) -> list[ResultRow]:
    """Change of each scale in each contrast and group. change_moments: people_group, contrast, scale and the moments as in
    change_results."""
    moments = {(row["people_group"], row["contrast"], row["scale"]): row for row in change_moments}
    keys = [
        (group.category, contrast.contrast, code)
        for contrast in study.protocol.contrasts
        for code in study.scales
        for group in study.protocol.compared_groups
    ]
    group_rows = [moments.get(key, {}) for key in keys]
    n = [int(row.get("n", 0)) for row in group_rows]
    test = paired_t(n, column(group_rows, "mean_change"), column(group_rows, "sd_change"), LEVEL)
    rows = Rows("change_by_group", study)
    for index, (group, contrast, code) in enumerate(keys):
        direction = direction_of(study, contrast)
        note = test.reason[index] or "no variation"
        row_fields: RowFields = {"contrast": contrast, "people_group": group, "note": note}
        rows.add(code, "n", n[index], n[index], "people of the group with both scores", **row_fields)
        for statistic in ("mean_baseline", "sd_baseline", "mean_followup", "sd_followup", "mean_change", "sd_change"):
            value = group_rows[index].get(statistic)
            rows.add(code, statistic, value, n[index], f"of the pairs of the group, {direction}", **row_fields)
        rows.add(code, "df", test.df[index], n[index], "pairs - 1", **row_fields)
        row_fields["df"] = test.df[index]
        rows.interval(
            code, "", test.ci_low[index], test.ci_high[index], n[index], f"95 % t interval, {direction}", **row_fields
        )
        rows.add(code, "t", test.t[index], n[index], f"paired t test of {direction}", **row_fields)
        rows.add(code, "p", test.p[index], n[index], f"paired t test of {direction}, two-sided", **row_fields)
    return rows.rows


def group_service_results(service_counts: Iterable[MartRow], study: Study) -> list[ResultRow]:
    """Use of each service in each wave that asked and each group. service_counts: people_group, service, wave, n, count."""
    counts = {(row["people_group"], row["service"], row["wave"]): row for row in service_counts}
    use = study.protocol.service_use
    rows = Rows("service_use_by_group", study)
    for service in use.services if use else ():
        for wave in use.waves if use else ():
            for group in study.protocol.compared_groups:
                row = counts.get((group.category, service.service, wave), {})
                row_fields: RowFields = {"wave": wave, "people_group": group.category}
                count, n = int(row.get("count", 0)), int(row.get("n", 0))
                _share(rows, service.service, count, n, row_fields, "people who used the service")
    return rows.rows
