"""What the page knows of each number on it: method, formula, people, those left out, scoring rule, files.

Belongs here: putting that together, each text once. Does not belong here: people one by one (people.py, for small studies),
layout.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dagster_project.report.people import Scope
from dagster_project.results import MISSING_REASONS, PEOPLE, ResultRow, estimand_of

#: Values as people have them: measure (scale, service or variable), wave ('' of a variable), participant_id, is_known,
#: is_complete, reason; is_everybody: whether there is a row for everybody on the roster and each wave.
_TOLD = """
    with told as (
        select
            scores.scale as measure, scores.wave, scores.participant_id, scores.score is not null as is_known,
            scores.items_answered = scales.items_total as is_complete,
            coalesce(scores.missing_reason, 'not all items answered') as reason, true as is_everybody
        from marts.scale_scores as scores
        inner join codebook.scales as scales on scores.scale = scales.scale
        union all
        select service, wave, participant_id, is_used is not null, is_used is not null, missing_reason, false
        from marts.service_use
        union all
        select variable, '', participant_id, missing_reason is null, missing_reason is null, missing_reason, false
        from marts.participant_values
    )
"""
#: How many values there are, by all that is said of who is left out but the person.
_COUNTED = f"""
    create or replace temporary table told_counts as
    {_TOLD}
    select measure, wave, is_known, is_complete, reason, count(*) as n
    from told
    group by measure, wave, is_known, is_complete, reason
"""
#: One row a measure, wave, reason and kind: how many people of the roster have no value there, or (kind 'items') did not
#: answer all of its items; kind 'any', of wave '': have a value in no wave.
LEFT_OUT_OF_WAVES = """
    select measure, wave as moment, 'score' as kind, reason, sum(n)::bigint as n
    from told_counts
    where not is_known
    group by all
    union all
    select measure, wave, 'items', reason, sum(n)::bigint from told_counts where not is_complete group by all
    union all
    select measure, '', 'any', 'no value in any wave', sum(n)::bigint from left_out_patterns where not is_known group by all
    order by all
"""


def left_out_tables(waves: Sequence[str]) -> tuple[str, str]:
    """Two statements that make what both queries of people left out read: counts of values, and how many people of a measure
    lack it in which waves for which reasons (a column a wave: the reason, '' where there is a value, null where there is
    neither). Of scores only those that are missing are looked at person by person, once."""
    named = {f"wave_{place}": wave for place, wave in enumerate((*waves, ""))}
    told = ", ".join(
        f"any_value(case when is_known then '' else reason end) filter (where wave = {_text(wave)}) as {name}"
        for name, wave in named.items()
    )
    filled = ", ".join(
        f"case when is_everybody and {_text(wave)} <> '' then coalesce({name}, '') else {name} end as {name}"
        for name, wave in named.items()
    )
    is_known = " or ".join(f"coalesce({name} = '', false)" for name in named)
    patterns = f"""
        create or replace temporary table left_out_patterns as
        with people as (
            {_TOLD}
            select measure, is_everybody, participant_id, {told}
            from told
            where not is_known or not is_everybody
            group by measure, is_everybody, participant_id
        ),

        patterns as (
            select measure, {filled}, count(*) as n from people group by all
        )

        select *, {is_known} as is_known from patterns
    """
    return _COUNTED, patterns


def left_out_of_pairs(waves: Sequence[str], contrasts: Iterable[tuple[str, str, str]]) -> str:
    """One row a measure, contrast and reason: how many pairs lack it. contrasts: each with its baseline and follow-up."""
    column = {wave: f"wave_{place}" for place, wave in enumerate(waves)}
    of_contrast = [
        f"""
        select
            measure, {_text(contrast)} as moment,
            concat_ws(', ',
                {_text(baseline + ": ")} || nullif({column[baseline]}, ''),
                {_text(followup + ": ")} || nullif({column[followup]}, '')
            ) as reason,
            sum(n)::bigint as n
        from left_out_patterns
        where {column[baseline]} is not null and {column[followup]} is not null
            and ({column[baseline]} <> '' or {column[followup]} <> '')
        group by all
        """
        for contrast, baseline, followup in contrasts
    ]
    nothing = "select '' as measure, '' as moment, '' as reason, 0::bigint as n where false"
    return " union all ".join([*of_contrast, nothing]) + " order by all"


def _text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


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
    left_out_of_pairs: Sequence[Mapping[str, Any]]
    left_out_of_waves: Sequence[Mapping[str, Any]]
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
    estimand = estimand_of(row.analysis, row.statistic)
    lines = [("What", row.method), ("Formula", estimand.formula)]
    if row.unit:
        lines.append(("Unit", row.unit))
    if estimand.people != "nobody" and row.n is not None:
        lines.append(("People", f"{row.n} of {sources.roster} on the roster: {PEOPLE[estimand.people]}"))
    lines += [line for line in of_scope if line[0] == "Left out"]
    if rule := sources.rules.get(row.outcome):
        lines.append(("Score", rule))
    lines += [line for line in of_scope if line[0] == "Answers"]
    if row.note:
        lines.append(("Note", row.note))
    if row.role != "descriptive":
        lines.append(("In the plan", row.role + (f", family {row.family}" if row.family else "")))
    return lines


#: Which kind of people a rule of results.PEOPLE leaves out.
_KINDS = {"score": "score", "value": "score", "first": "score", "items": "items"}


class _ScopeLines:
    """Who is left out of a scope, and where its answers stand."""

    def __init__(self, sources: Sources) -> None:
        words = re.compile("|".join(MISSING_REASONS))
        self._left_out: dict[tuple[str, str, str], list[str]] = {}
        rows = [("both", row) for row in sources.left_out_of_pairs] + [
            (row["kind"], row) for row in sources.left_out_of_waves
        ]
        for kind, row in rows:
            reason = words.sub(lambda one: MISSING_REASONS[one[0]], row["reason"])
            self._left_out.setdefault((kind, row["measure"], row["moment"]), []).append(f"{row['n']} ({reason})")
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
        if scope.people == "both":
            reasons = self._left_out.get(("both", scope.measure, scope.contrast or ""), [])
        elif scope.people == "any":
            reasons = self._left_out.get(("any", scope.measure, ""), [])
        else:
            kind = _KINDS.get(scope.people, "")
            reasons = [reason for wave in waves[:1] for reason in self._left_out.get((kind, scope.measure, wave), [])]
        lines = [("Left out", "; ".join(reasons))] if reasons else []
        return lines + [("Answers", found) for wave in waves if (found := self._files.get((scope.measure, wave)))]
