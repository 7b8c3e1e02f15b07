"""What the page knows of each number on it: method, formula, people, those left out, scoring rule, files.

Belongs here: putting that together, each text once. Does not belong here: people one by one (people.py, for small studies),
layout.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dagster_project.report.people import Scope
from dagster_project.results import MISSING_REASONS, PEOPLE, ResultRow, statistic_of

#: One row a measure, rule, moment and reason: how many people of the roster do not count there, by the rule of
#: marts.counted_profiles; of a fact of the roster, whose value is not known.
LEFT_OUT = """
    select measure, people, moment, reason, sum(n)::bigint as n
    from marts.counted_profiles
    where not is_counted
    group by measure, people, moment, reason
    union all
    select variable, rules.people, rules.moment, missing_reason, count(*)
    from marts.participant_values
    cross join (
        select 'value' as people, '' as moment
        union all
        select 'first', wave from codebook.waves where wave_order > 1
    ) as rules
    where missing_reason is not null
    group by variable, rules.people, rules.moment, missing_reason
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
    ),

    places_of as (
        select measures.scale, places.wave, places.export_column, items.item_order
        from measures
        inner join codebook.items as items on measures.item = items.item
        inner join codebook.wave_items as places on measures.item = places.item
        union all
        select variable, '', export_column, variable_order from codebook.participant_variables
    )

    select
        scale, wave, arg_min(export_column, item_order) as first_column, arg_max(export_column, item_order) as last_column,
        count(*) as columns
    from places_of
    where export_column is not null
    group by all
    order by all
"""


@dataclass(frozen=True)
class Sources:
    """What stands behind the numbers of a release, as its queries gave it. roster: how many people; rules: scale to rule."""

    roster: int
    rules: Mapping[str, str]
    left_out: Sequence[Mapping[str, Any]]
    columns: Sequence[Mapping[str, Any]]
    exports: Sequence[Mapping[str, Any]]


def page_numbers(
    shown: Iterable[str],
    results: Mapping[str, ResultRow],
    sources: Sources,
    scopes: Sequence[Scope],
    places: Mapping[str, int],
    with_scopes: bool,
) -> dict[str, Any]:
    """The content of the page's dialog: `texts`, a list of [term, text]; `numbers`, by result id its printed text, its exact
    value, the places of its texts and, with_scopes (where people are listed), its place in scopes. scopes and places: of
    people.scopes_of."""
    texts: dict[tuple[str, str], int] = {}
    numbers: dict[str, list[Any]] = {}
    of_scope = _ScopeLines(sources)
    lines_of = [of_scope(scope) for scope in scopes]
    for one in dict.fromkeys(shown):
        row = results.get(one)
        if row is None:
            continue
        lines = _lines(row, sources, lines_of[places[one]] if one in places else [])
        numbers[one] = [row.printed, row.value, [texts.setdefault(line, len(texts)) for line in lines]]
        if with_scopes and one in places:
            numbers[one].append(places[one])
    return {"texts": [list(line) for line in texts], "numbers": numbers}


Line = tuple[str, str]


def _lines(row: ResultRow, sources: Sources, of_scope: Sequence[Line]) -> list[Line]:
    statistic = statistic_of(row.analysis, row.statistic)
    lines = [("What", row.method), ("Formula", statistic.formula)]
    if row.unit:
        lines.append(("Unit", row.unit))
    if statistic.people != "nobody" and row.n is not None:
        lines.append(("People", f"{row.n} of {sources.roster} on the roster: {PEOPLE[statistic.people]}"))
    lines += [line for line in of_scope if line[0] == "Left out"]
    if rule := sources.rules.get(row.outcome):
        lines.append(("Score", rule))
    lines += [line for line in of_scope if line[0] == "Answers"]
    if row.note:
        lines.append(("Note", row.note))
    if row.role != "descriptive":
        lines.append(("In the plan", row.role + (f", family {row.family}" if row.family else "")))
    return lines


class _ScopeLines:
    """Who is left out of a scope, and where its answers stand."""

    def __init__(self, sources: Sources) -> None:
        words = re.compile("|".join(MISSING_REASONS))
        self._left_out: dict[tuple[str, str, str], list[str]] = {}
        for row in sources.left_out:
            reason = words.sub(lambda one: MISSING_REASONS[one[0]], row["reason"])
            self._left_out.setdefault((row["people"], row["measure"], row["moment"]), []).append(f"{row['n']} ({reason})")
        names: dict[str, list[str]] = {}
        for row in sources.exports:
            file = f"{row['file_name']} (version {row['version']}, SHA-256 {row['source_file'][:12]}…)"
            names.setdefault(row["wave"] or "", []).append(file)
        self._files: dict[tuple[str, str], str] = {}
        for row in sources.columns:
            if row["wave"] in names:
                ends = f"{row['columns']} columns, {row['first_column']} to {row['last_column']}"
                place = ends if row["columns"] > 1 else f"column {row['first_column']}"
                wave = row["wave"] or "roster"
                self._files[row["scale"], row["wave"]] = f"{wave}: {place}, of {', '.join(names[row['wave']])}"

    def __call__(self, scope: Scope) -> list[Line]:
        waves = scope.waves if (scope.measure, "") not in self._files else ("",)
        reasons = self._left_out.get((scope.people, scope.measure, scope.moment), [])
        lines = [("Left out", "; ".join(reasons))] if reasons else []
        return lines + [("Answers", found) for wave in waves if (found := self._files.get((scope.measure, wave)))]
