"""Numbers that are computed from public ones: differences between groups, distances from norms.

Belongs here: feeding the analyses with moments and counts as they are printed. Does not belong here: what is printed of
means and counts (values.py, counts.py), tables (layout.py).

Nothing here sees a number of the team's: whoever has the printed numbers could compute the same, and learns nothing from it.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from dagster_project.disclosure.brackets import MARK, Moments, bracketed_row, decimals_of, number_of
from dagster_project.results import (
    ResultRow,
    category_difference_results,
    change_difference_results,
    characteristics_difference_results,
    format_number,
    norm_results,
    result_id,
    service_difference_results,
)
from dagster_project.study import Study

#: Why one of these is hidden.
HIDDEN_INPUT = "hidden: a number that it is computed from is hidden"
#: Of each analysis, which statistics are public: with an interval each, and p.
_PUBLIC_STATISTICS = {
    "change_difference": ("difference", "ci95_low", "ci95_high", "p"),
    "norm_difference": (
        "difference", "ci95_low", "ci95_high", "p", "difference_sd", "difference_sd_ci95_low", "difference_sd_ci95_high",
    ),
    "characteristics_difference": ("standardised_difference",),
    "service_difference": ("risk_difference", "risk_difference_ci95_low", "risk_difference_ci95_high"),
    "category_difference": ("risk_difference", "risk_difference_ci95_low", "risk_difference_ci95_high"),
}  # fmt: skip
DERIVED_ANALYSES = frozenset(_PUBLIC_STATISTICS)
_AS_PRINTED = ", computed from the numbers as printed"

#: A row of a mart, as the analyses take it.
Fields = dict[str, str | float | None]
Intervals = Mapping[str, tuple[float, float]]
Rows = Mapping[str, ResultRow]


def derived_rows(study: Study, team_ids: Iterable[str], rows: Rows, people: Intervals) -> Iterator[ResultRow]:
    """The differences that the team has, of public numbers. rows: the public counts and means; people: by the id of a
    count, how many people anybody knows that it may be."""
    known_ids = frozenset(team_ids)
    builders: Sequence[Callable[[], list[ResultRow]]] = (
        lambda: norm_results(_moments(rows, "summary", "scale", ("mean", "sd")), study),
        lambda: change_difference_results(_moments(rows, "change_by_group", "scale", ("mean_change", "sd_change")), study),
        lambda: characteristics_difference_results(
            _counts(rows, "characteristics_by_group", "variable"),
            _moments(rows, "characteristics_by_group", "variable", ("mean", "sd")),
            study,
        ),
        lambda: service_difference_results(_shares(rows, "service_use_by_group", "service"), study),
        lambda: category_difference_results(_shares(rows, "categories_by_group", "measure"), study),
    )
    for build in builders:
        for row in build():
            if row.result_id in known_ids and row.statistic in _PUBLIC_STATISTICS[row.analysis]:
                yield _public_row(study, row, rows, people)


def _moments(rows: Rows, analysis: str, outcome: str, names: tuple[str, str]) -> list[Fields]:
    """Mean and SD as printed, where both are, as a row of a mart each."""
    moments = []
    for row in rows.values():
        if row.analysis != analysis or row.statistic != names[0]:
            continue
        sd = rows[_sibling(row, names[1])]
        if row.value is not None and sd.value is not None:
            moments.append(
                _place_fields(row, outcome) | {"n": row.n, names[0]: row.value, names[1]: sd.value, "sd_baseline": math.nan}
            )
    return moments


def _place_fields(row: ResultRow, outcome: str) -> Fields:
    return {"people_group": row.people_group, "wave": row.wave, "contrast": row.contrast, outcome: row.outcome}


def _sibling(row: ResultRow, statistic: str, analysis: str = "") -> str:
    return result_id(
        analysis or row.analysis, row.outcome, statistic, category=row.category, people_group=row.people_group,
        timepoint=row.wave or row.contrast,
    )  # fmt: skip


def _counts(rows: Rows, analysis: str, outcome: str) -> list[Fields]:
    """The counts of a variable's categories in a group, where all of them are printed."""
    counts = [row for row in rows.values() if row.analysis == analysis and row.statistic == "count"]
    hidden_names = {(row.outcome, row.people_group) for row in counts if row.value is None}
    return [
        _place_fields(row, outcome) | {"category": row.category, "count": int(row.value)}
        for row in counts
        if row.value is not None and (row.outcome, row.people_group) not in hidden_names
    ]


def _shares(rows: Rows, analysis: str, outcome: str) -> list[Fields]:
    """Who gave an answer, of whom, where both are printed. No more than all: both are rounded one by one."""
    return [
        _place_fields(row, outcome) | {"category": row.category, "count": min(int(row.value), row.n), "n": row.n}
        for row in rows.values()
        if row.analysis == analysis and row.statistic == "count" and row.value is not None and row.n
    ]


def _public_row(study: Study, row: ResultRow, rows: Rows, people: Intervals) -> ResultRow:
    """The number with as many decimals as those that it is computed from bear."""
    inputs = _inputs(study, row, rows, people)
    if row.value is None or any(moments is None for moments in inputs):
        return replace(row, value=None, n=None, printed=MARK, note=HIDDEN_INPUT, df=None, level=None)
    input_moments = [moments for moments in inputs if moments is not None]
    if row.statistic == "p":
        norm = study.norms.of_scale(row.outcome) if row.analysis == "norm_difference" else ()
        norms = [entry for entry in norm if entry.category == row.category]
        return bracketed_row(row, input_moments, [(entry.norm.mean, entry.norm.sd, entry.sample.n) for entry in norms])
    if row.analysis in ("service_difference", "category_difference"):
        decimals = 0
    elif "difference_sd" in row.statistic or row.statistic == "standardised_difference":
        decimals = 2 if input_moments and min(moments.decimals for moments in input_moments) > 1 else 1
    else:
        decimals = min(moments.decimals for moments in input_moments)
    text = format_number(row.value, decimals)
    return replace(row, value=number_of(text), printed=text, method=row.method + _AS_PRINTED, df=None, note=None)


def _inputs(study: Study, row: ResultRow, rows: Rows, people: Intervals) -> list[Moments | None]:
    """The means that the number is a difference of, None where one is hidden; none where it is one of counts."""
    if row.analysis == "norm_difference":
        ids = [result_id("summary", row.outcome, "mean", timepoint=row.wave)]
    elif row.analysis == "change_difference":
        ids = [
            result_id("change_by_group", row.outcome, "mean_change", people_group=group, timepoint=row.contrast)
            for group in (row.people_group, row.compared_with)
        ]
    else:
        return []
    return [_printed_moments(rows, identifier, people) for identifier in ids]


def _printed_moments(rows: Rows, identifier: str, people: Intervals) -> Moments | None:
    row = rows.get(identifier)
    if row is None or row.value is None or row.n is None:
        return None
    sd = rows[_sibling(row, row.statistic.replace("mean", "sd"))]
    low, high = people.get(_sibling(row, "n"), (float(row.n), float(row.n)))
    if sd.value is None:
        return None
    high = high if math.isfinite(high) else float(row.n)
    return Moments(row.value, sd.value, low, high, decimals_of(row.printed))
