"""What the page knows of each of its numbers: method, formula, people, those left out, scoring rule, files.

Belongs here: collecting that as JSON, each line once. Does not belong here: single people (people.py, for small studies),
layout.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from dagster_project.languages import gettext, in_series, ngettext, number_text, translate, translate_method
from dagster_project.report.page_data import LineColumns, NumberColumns
from dagster_project.report.scopes import Scope, measure_of
from dagster_project.results import MISSING_REASON_HEADINGS, PEOPLE, ExportFile, OwnStatistics, ResultRow, statistic_of

_BEYOND_PROFILES = ", ".join(f"'{code}'" for code, rule in PEOPLE.items() if rule.is_beyond_profiles)
#: A row for each measure, rule, moment, group and reason: how many people of the roster do not count, by the rule of
#: marts.counted_profiles and marts.counted_people; for a participant variable, whose value is missing.
OMITTED_PEOPLE_QUERY = f"""
    with unplanned as (
        select participant_id, wave from marts.returns where missing_reason = 'not_planned'
    ),

    facts as (
        select values_of.participant_id, states.people_group, values_of.variable, values_of.missing_reason
        from marts.participant_values as values_of
        inner join marts.return_states as states on values_of.participant_id = states.participant_id
    )

    select measure, people, moment, people_group, reason, sum(n)::bigint as n
    from marts.counted_profiles
    where not is_counted
    group by measure, people, moment, people_group, reason
    union all
    -- Profiles of scores do not know facts of the roster, nor days.
    select measure, people, moment, people_group, reason, count(*)
    from marts.counted_people
    where people in ({_BEYOND_PROFILES}) and not is_counted
    group by measure, people, moment, people_group, reason
    union all
    select facts.variable, rules.people, rules.moment, facts.people_group, facts.missing_reason, count(*)
    from facts
    cross join (
        select 'value' as people, '' as moment
        union all
        select 'first', wave from codebook.waves where wave_order > 1
    ) as rules
    anti join unplanned on facts.participant_id = unplanned.participant_id and rules.moment = unplanned.wave
    where facts.missing_reason is not null
    group by facts.variable, rules.people, rules.moment, facts.people_group, facts.missing_reason
    union all
    select facts.variable, 'first', unplanned.wave, facts.people_group, 'not_planned', count(*)
    from facts
    inner join unplanned on facts.participant_id = unplanned.participant_id
    inner join codebook.waves as waves on unplanned.wave = waves.wave and waves.wave_order > 1
    group by facts.variable, unplanned.wave, facts.people_group
    order by all
"""
#: A row for each scale and wave: the export columns of its answers.
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

    export_columns as (
        select measures.scale, wave_items.wave, wave_items.export_column, items.item_order
        from measures
        inner join codebook.items as items on measures.item = items.item
        inner join codebook.wave_items as wave_items on measures.item = wave_items.item
        union all
        select variable, '', export_column, variable_order from codebook.participant_variables
    )

    select
        scale, wave, arg_min(export_column, item_order) as first_column, arg_max(export_column, item_order) as last_column,
        count(*) as columns
    from export_columns
    where export_column is not null
    group by all
    order by all
"""


@dataclass(frozen=True)
class OmittedPeople:
    """How many people do not count by one rule and for one reason: a row of OMITTED_PEOPLE_QUERY."""

    measure: str
    people: str
    moment: str
    people_group: str | None
    reason: str
    n: int


@dataclass(frozen=True)
class AnswerColumns:
    """The export columns of a measure's answers in a wave ('' for the roster): a row of COLUMNS."""

    scale: str
    wave: str
    first_column: str
    last_column: str
    columns: int


@dataclass(frozen=True)
class Sources:
    """What the numbers of a release are made of. roster: how many people. rules: scoring rule by scale. people_in_words: who
    counts, by analysis and statistic. own_statistics: those of the study's own analyses."""

    roster: int
    rules: Mapping[str, str]
    people_in_words: Mapping[tuple[str, str], str]
    left_out: Sequence[OmittedPeople]
    columns: Sequence[AnswerColumns]
    exports: Sequence[ExportFile]
    own_statistics: OwnStatistics = field(default_factory=dict)


def number_data(
    ids: Iterable[str],
    results: Mapping[str, ResultRow],
    sources: Sources,
    scopes: Sequence[Scope],
    scope_indexes: Mapping[str, int],
    with_scopes: bool,
) -> tuple[LineColumns, NumberColumns]:
    """The content of the page's dialog. scopes and scope_indexes: of people.scopes_of; with_scopes: whether people are
    listed."""
    line_indexes: dict[Line, int] = {}
    numbers: NumberColumns = {"result_ids": [], "printed_texts": [], "values": [], "line_indexes": [], "scope_indexes": []}
    scope_lines = _ScopeLines(sources)
    lines_by_scope = [scope_lines(scope) for scope in scopes]
    for result_id in dict.fromkeys(ids):
        row = results.get(result_id)
        if row is None:
            continue
        lines = _lines(row, sources, lines_by_scope[scope_indexes[result_id]] if result_id in scope_indexes else [])
        numbers["result_ids"].append(result_id)
        numbers["printed_texts"].append(number_text(row.printed))
        numbers["values"].append(row.value)
        numbers["line_indexes"].append([line_indexes.setdefault(line, len(line_indexes)) for line in lines])
        if with_scopes:
            numbers["scope_indexes"].append(scope_indexes.get(result_id))
    return {"terms": [term for term, _ in line_indexes], "texts": [text for _, text in line_indexes]}, numbers


#: A term and its text.
Line = tuple[str, str]


def _lines(row: ResultRow, sources: Sources, scope_lines: Sequence[Line]) -> list[Line]:
    statistic = statistic_of(row.analysis, row.statistic, sources.own_statistics)
    is_own = (row.analysis, row.statistic) in sources.own_statistics
    method, formula = (text if is_own else translate_method(text) for text in (row.method, statistic.formula))
    lines = [(gettext("What"), method), (gettext("Formula"), formula)]
    if row.unit:
        lines.append((gettext("Unit"), translate(row.unit)))
    if measure_of(row) != row.outcome:
        lines.append((gettext("Variant"), row.category or ""))
    if row.people_group is not None:
        group = row.people_group
        if row.compared_with is not None:
            group = gettext("{group}, compared with {reference}", group=group, reference=row.compared_with)
        lines.append((gettext("Group"), group))
    if statistic.people != "nobody" and row.n is not None:
        people = translate(sources.people_in_words[row.analysis, row.statistic])
        text = gettext("{n} of {roster} on the roster: {people}", n=row.n, roster=sources.roster, people=people)
        lines.append((gettext("People"), text))
    lines += [line for line in scope_lines if line[0] == gettext("Left out")]
    if rule := sources.rules.get(measure_of(row)):
        lines.append((gettext("Score"), rule))
    lines += [line for line in scope_lines if line[0] == gettext("Answers")]
    if row.note:
        lines.append((gettext("Note"), translate(row.note)))
    if row.role != "descriptive":
        role = translate(row.role)
        if row.family:
            role = gettext("{role}, family {family}", role=role, family=row.family)
        lines.append((gettext("In the plan"), role))
    return lines


class _ScopeLines:
    """Who is left out of a scope, and the export columns of its answers."""

    def __init__(self, sources: Sources) -> None:
        reason_codes = re.compile("|".join(MISSING_REASON_HEADINGS))
        self._left_out: dict[tuple[str, str, str], list[tuple[str, str | None, int]]] = {}
        for row in sources.left_out:
            reason = reason_codes.sub(lambda match: gettext(MISSING_REASON_HEADINGS[match[0]]), row.reason)
            counts = self._left_out.setdefault((row.people, row.measure, row.moment), [])
            counts.append((reason, row.people_group, row.n))
        names: dict[str, list[str]] = {}
        for export in sources.exports:
            file = gettext(
                "{file} (version {version}, SHA-256 {sha256}…)",
                file=export.file_name, version=export.version, sha256=export.source_file[:12],
            )  # fmt: skip
            names.setdefault(export.wave or "", []).append(file)
        self._files: dict[tuple[str, str], str] = {}
        for answers in sources.columns:
            if answers.wave in names:
                wave, files = answers.wave or gettext("roster"), ", ".join(names[answers.wave])
                fields = {"wave": wave, "first": answers.first_column, "last": answers.last_column, "files": files}
                self._files[answers.scale, answers.wave] = ngettext(
                    "{wave}: column {first}, of {files}",
                    "{wave}: {n} columns, {first} to {last}, of {files}",
                    answers.columns,
                    **fields,
                )

    def __call__(self, scope: Scope) -> list[Line]:
        waves = scope.waves if (scope.measure, "") not in self._files else ("",)
        counts: Counter[str] = Counter()
        for reason, group, n in self._left_out.get((scope.rule, scope.measure, scope.moment), []):
            if not scope.people_groups or group in scope.people_groups:
                counts[reason] += n
        reasons = [f"{n} ({reason})" for reason, n in counts.items()]
        lines = [(gettext("Left out"), in_series(reasons))] if reasons else []
        return lines + [(gettext("Answers"), files) for wave in waves if (files := self._files.get((scope.measure, wave)))]
