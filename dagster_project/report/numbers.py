"""What the page knows of each number on it: method, formula, people, those left out, scoring rule, files.

Belongs here: putting that together, each text once. Does not belong here: people one by one (people.py, for small studies),
layout.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dagster_project.results import PEOPLE, ResultRow, estimand_of

#: One row a reason: scale, contrast, reason in words, how many pairs lack it.
LEFT_OUT_OF_PAIRS = """
    select
        baseline.scale, contrasts.contrast,
        concat_ws(', ',
            case when baseline.score is null then baseline.wave || ': ' || baseline.missing_reason end,
            case when followup.score is null then followup.wave || ': ' || followup.missing_reason end
        ) as reason,
        count(*) as n
    from codebook.contrasts as contrasts
    inner join marts.scale_scores as baseline on contrasts.baseline = baseline.wave
    inner join marts.scale_scores as followup
        on contrasts.followup = followup.wave
        and baseline.participant_id = followup.participant_id
        and baseline.scale = followup.scale
    where baseline.score is null or followup.score is null
    group by all
    order by all
"""
#: One row a reason: scale, wave, reason, how many people of the roster.
LEFT_OUT_OF_WAVES = """
    select scale, wave, missing_reason as reason, count(*) as n
    from marts.scale_scores
    where score is null
    group by all
    order by all
"""
#: One row a scale, wave and file: the columns in which its answers stand.
COLUMNS = """
    with measures as (
        select scale, item from codebook.scale_items
        union
        select parts.scale, items.item
        from codebook.scale_parts as parts
        inner join codebook.scale_items as items on parts.part = items.scale
        union
        select service, service from codebook.services
        union
        select item, item from codebook.items
    )

    select
        measures.scale, places.wave,
        arg_min(places.export_column, items.item_order) as first_column,
        arg_max(places.export_column, items.item_order) as last_column,
        count(*) as columns
    from measures
    inner join codebook.items as items on measures.item = items.item
    inner join codebook.wave_items as places on measures.item = places.item
    where places.export_column is not null
    group by all
    order by all
"""


@dataclass(frozen=True)
class Sources:
    """What stands behind the numbers of a release, as its queries gave it. roster: how many people; rules: scale to rule;
    waves_of: contrast to its two waves."""

    roster: int
    rules: Mapping[str, str]
    waves_of: Mapping[str, Sequence[str]]
    left_out_of_pairs: Sequence[Mapping[str, Any]]
    left_out_of_waves: Sequence[Mapping[str, Any]]
    columns: Sequence[Mapping[str, Any]]
    exports: Sequence[Mapping[str, Any]]


def page_numbers(
    shown: Iterable[str], results: Mapping[str, ResultRow], sources: Sources, scopes: Mapping[str, int]
) -> dict[str, Any]:
    """The content of the page's dialog: `texts`, a list of [term, text]; `numbers`, by result id its printed text, its exact
    value, the places of its texts and, where people are listed, its place in scopes (result id to place, people.py)."""
    texts: dict[tuple[str, str], int] = {}
    numbers: dict[str, list[Any]] = {}
    left_out = _left_out(sources)
    files = _files(sources)
    for one in dict.fromkeys(shown):
        row = results.get(one)
        if row is None:
            continue
        lines = _lines(row, sources, left_out, files)
        numbers[one] = [row.printed, row.value, [texts.setdefault(line, len(texts)) for line in lines]]
        if one in scopes:
            numbers[one].append(scopes[one])
    return {"texts": [list(line) for line in texts], "numbers": numbers}


def _lines(
    row: ResultRow, sources: Sources, left_out: Mapping[tuple[str, str], str], files: Mapping[tuple[str, str], str]
) -> list[tuple[str, str]]:
    estimand = estimand_of(row.analysis, row.statistic)
    lines = [("What", row.method), ("Formula", estimand.formula)]
    if row.unit:
        lines.append(("Unit", row.unit))
    if estimand.people != "nobody" and row.n is not None:
        lines.append(("People", f"{row.n} of {sources.roster} on the roster: {PEOPLE[estimand.people]}"))
        when = row.contrast if estimand.people == "both" else row.wave if estimand.people == "score" else None
        if when is not None and (reasons := left_out.get((row.outcome, when))):
            lines.append(("Left out", reasons))
    if rule := sources.rules.get(row.outcome):
        lines.append(("Score", rule))
    waves = sources.waves_of[row.contrast] if row.contrast else [row.wave] if row.wave else []
    lines += [("Answers", found) for wave in waves if (found := files.get((row.outcome, wave)))]
    if row.note:
        lines.append(("Note", row.note))
    if row.role != "descriptive":
        lines.append(("In the plan", row.role + (f", family {row.family}" if row.family else "")))
    return lines


def _left_out(sources: Sources) -> dict[tuple[str, str], str]:
    found: dict[tuple[str, str], list[str]] = {}
    for row in sources.left_out_of_pairs:
        found.setdefault((row["scale"], row["contrast"]), []).append(f"{row['n']} ({row['reason']})")
    for row in sources.left_out_of_waves:
        found.setdefault((row["scale"], row["wave"]), []).append(f"{row['n']} ({row['reason']})")
    return {place: "; ".join(reasons) for place, reasons in found.items()}


def _files(sources: Sources) -> dict[tuple[str, str], str]:
    names: dict[str, list[str]] = {}
    for row in sources.exports:
        if row["wave"] is not None:
            names.setdefault(row["wave"], []).append(f"{row['file_name']} (SHA-256 {row['source_file'][:12]}…)")
    found = {}
    for row in sources.columns:
        if row["wave"] in names:
            one = row["first_column"] if row["columns"] == 1 else f"{row['first_column']} to {row['last_column']}"
            place = f"{row['columns']} columns, {one}" if row["columns"] > 1 else f"column {one}"
            found[row["scale"], row["wave"]] = f"{row['wave']}: {place}, of {', '.join(names[row['wave']])}"
    return found
