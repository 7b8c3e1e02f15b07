"""Comparison with a published table: does the warehouse reproduce each printed number?

Belongs here: matching printed numbers with results, the verdict, its summary. Does not belong here: deciding what is
impossible (audit/); the caller passes that in.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dagster_project.markdown import markdown_table
from dagster_project.results.published import PublishedValue
from dagster_project.results.result_row import ResultRow, result_id
from dagster_project.results.rounding import MINUS, printed_decimals, prints_as, read_printed, round_half_away
from dagster_project.results.statistics_registry import PUBLISHED_NAMES
from dagster_project.study import Study
from dagster_project.table_spec import ColumnSpec, TableSpec

_VERDICTS = ("reproduced", "impossible", "differs")


@dataclass(frozen=True)
class Reproduction:
    """One printed number compared with the warehouse's. `line` is its line in the published file."""

    line: int
    table: str
    row: int
    section: str
    label: str
    timepoint: str
    statistic: str
    printed: str
    result_id: str | None
    computed: float | None
    computed_printed: str | None
    verdict: str
    reason: str


REPRODUCTION_TABLE = TableSpec(
    schema="results",
    name="reproduction",
    key=("line",),
    description="Each printed number of the published tables beside the warehouse's.",
    columns=(
        ColumnSpec("line", "whole", "The line of the file of published values.", nullable=False),
        ColumnSpec("table", "text", "The published table."),
        ColumnSpec("row", "whole", "The row in that table."),
        ColumnSpec("section", "text", "The heading above the row."),
        ColumnSpec("label", "text", "The row's label."),
        ColumnSpec("timepoint", "text", "The wave or contrast of the column."),
        ColumnSpec("statistic", "text", "The statistic of the column."),
        ColumnSpec("printed", "text", "The number as printed."),
        ColumnSpec("result_id", "text", "The result that it is compared with."),
        ColumnSpec("computed", "number", "That result's value."),
        ColumnSpec("computed_printed", "text", "That value at the printed precision."),
        ColumnSpec("verdict", "text", "reproduced, impossible or differs."),
        ColumnSpec("reason", "text", "Why it is impossible, or what differs."),
    ),
)


def published_result_id(value: PublishedValue, study: Study) -> str | None:
    """The id of the result that a printed number corresponds to, or None when the protocol does not define it."""
    tables = study.protocol.published.tables if study.protocol.published else {}
    analysis = tables.get(value.table)
    statistic = PUBLISHED_NAMES.get(value.statistic, value.statistic)
    if analysis == "characteristics":
        for variable in study.protocol.participant_variables:
            if variable.section != value.section:
                continue
            if variable.kind == "number" and variable.label == value.label:
                return result_id(analysis, variable.variable, statistic)
            for category in variable.categories:
                if category.label == value.label:
                    return result_id(analysis, variable.variable, statistic, category=category.category)
    elif analysis == "service_use":
        for service in study.protocol.service_use.services if study.protocol.service_use else ():
            if service.label == value.label:
                return result_id(analysis, service.service, statistic, timepoint=value.timepoint)
    elif analysis in ("summary", "change"):
        for instrument in study.instruments:
            if instrument.published_as != value.section:
                continue
            for scale in instrument.all_scales:
                if scale.label == value.label:
                    if value.timepoint == "norm":
                        return result_id("norm", scale.scale, statistic)
                    return result_id(analysis, scale.scale, statistic, timepoint=value.timepoint)
            if value.timepoint == "norm" and statistic == "n":
                return result_id("norm", instrument.instrument, "n")
    return None


def compare(
    published: Sequence[PublishedValue],
    results: Mapping[str, ResultRow],
    study: Study,
    impossible: Mapping[PublishedValue, str],
) -> list[Reproduction]:
    """One verdict for each printed number, at its printed precision (half away from zero).

    reproduced: the result prints as the number; impossible: it does not, and `impossible` says why no data could;
    differs: neither; the reason states by how much, or what is missing.
    """
    return [_compare_value(value, results, study, impossible.get(value)) for value in published]


def _compare_value(
    value: PublishedValue, results: Mapping[str, ResultRow], study: Study, impossible: str | None
) -> Reproduction:
    expected_id = published_result_id(value, study)
    result = results.get(expected_id) if expected_id else None
    computed_value = result.value if result else None
    computed_printed = None
    if computed_value is not None:
        decimals = printed_decimals(value.printed)
        computed_printed = str(round_half_away(computed_value, decimals)).replace("-", MINUS)
    if computed_value is not None and prints_as(computed_value, value.printed):
        verdict, reason = "reproduced", ""
    elif impossible is not None:
        verdict, reason = "impossible", impossible
    elif computed_value is not None:
        distance = abs(round_half_away(computed_value, printed_decimals(value.printed)) - read_printed(value.printed))
        verdict, reason = (
            "differs",
            (
                f"computed {computed_value:.6g}, which prints {computed_printed}: {distance} away from the printed number"
            ).replace("-", MINUS),
        )
    elif result is not None:
        verdict, reason = "differs", f"the result has no value: {result.note or 'undefined'}"
    elif expected_id is not None:
        verdict, reason = "differs", f"there is no result {expected_id}"
    else:
        verdict, reason = "differs", f"the protocol knows no {value.section} / {value.label} in table {value.table}"
    return Reproduction(
        line=value.line, table=value.table, row=value.row, section=value.section, label=value.label,
        timepoint=value.timepoint, statistic=value.statistic, printed=value.printed,
        result_id=expected_id if result else None, computed=computed_value, computed_printed=computed_printed,
        verdict=verdict, reason=reason,
    )  # fmt: skip


def summarise(reproductions: Sequence[Reproduction]) -> str:
    """Counts per table, and every printed number that was not reproduced with the reason, as Markdown."""
    counts = Counter((entry.table, entry.verdict) for entry in reproductions)
    rows: list[tuple[object, ...]] = []
    for table in dict.fromkeys(entry.table for entry in reproductions):
        numbers = [counts[table, verdict] for verdict in _VERDICTS]
        rows.append((table, sum(numbers), *numbers))
    totals = [sum(entry.verdict == verdict for entry in reproductions) for verdict in _VERDICTS]
    rows.append(("all", len(reproductions), *totals))
    summary = markdown_table(("table", "printed", *_VERDICTS), rows)
    not_reproduced = [entry for entry in reproductions if entry.verdict != "reproduced"]
    if not not_reproduced:
        return summary
    details = markdown_table(
        ("table", "what", "printed", "computed", "verdict", "why"),
        [
            (
                entry.table,
                f"{entry.label}, {entry.timepoint}, {entry.statistic}",
                entry.printed,
                entry.computed_printed or "—",
                entry.verdict,
                entry.reason,
            )
            for entry in not_reproduced
        ],
    )
    return f"{summary}\n\n{details}"
