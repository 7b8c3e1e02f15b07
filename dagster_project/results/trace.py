"""Tracing a result to its data: the rows of a trace as text.

Belongs here: the content of a trace. Does not belong here: the macros that are asked (trace_macros.py), opening a file.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Protocol, TypedDict, TypeVar

from dagster_project.study import VALID_SKIP, labelled

_MAX_LISTED = 40

RowType = TypeVar("RowType")


class Query(Protocol):
    """Runs SQL with parameters against a released file, and returns the rows as the type that is asked for."""

    def __call__(self, row_type: type[RowType], sql: str, parameters: Sequence[Any] = (), /) -> list[RowType]: ...


@dataclass(frozen=True)
class TraceRow:
    """A row of a trace: those of TRACE_COLUMNS that its text is made of."""

    part: str
    wave: str | None
    measure: str | None
    item: str | None
    item_label: str | None
    value: float | None
    keyed: float | None
    text: str | None
    how: str | None
    missing_reason: str | None
    file_name: str | None
    source_row: int | None
    source_column: str | None
    result_id: str | None
    formula: str | None
    people: str | None


@dataclass(frozen=True)
class ScoreRow:
    """A person's score in a wave. how: from how many items. missing_reason: where there is no value."""

    participant_id: str
    wave: str
    value: float | None
    how: str
    missing_reason: str | None


class PersonEntry(TypedDict):
    """A person of a group; columns as in TRACE_COLUMNS."""

    participant_id: str
    value: float | None
    text: str | None
    how: str | None
    missing_reason: str | None


@dataclass(frozen=True)
class Rule:
    """By which rule, and of which moment, people count in a number. counts_answers: whether it counts answers that depend on
    a variant, and not people."""

    people: str | None
    moment: str | None
    counts_answers: bool


@dataclass(frozen=True)
class GroupRow:
    """How many people of a trace count, or are left out for the same reason; or how many cells of a file are behind the
    number, of those who count. part: person or answer. first_people: the first by pseudonym; none for answers.
    """

    part: str
    is_counted: bool
    n: int
    reason: str
    first_people: list[PersonEntry]
    wave: str | None
    source_file: str | None


@dataclass(frozen=True)
class ExportFile:
    """A file that the results are made of, as in marts.exports. source_file: its SHA-256. wave: None for the roster."""

    source_file: str
    wave: str | None
    file_name: str
    version: int


#: What is about the number itself, in the order of a trace.
_HEAD_SQL = """
    select *, null as item_label, null as file_name
    from traced_head($1)
    order by step, item_order, measure, result_id
"""
#: People, grouped: counts, and the first people by pseudonym; and the files of those who count, unless single answers count.
_GROUPS_SQL = """
    with people as materialized (
        from traced_people($1, $2, $3)
    )
    select
        'person' as part, is_counted, count(*) as n, coalesce(missing_reason, 'no reason') as reason,
        arg_min(
            {'participant_id': participant_id, 'value': value, 'text': text, 'how': how, 'missing_reason': missing_reason},
            participant_id, $4::bigint
        ) as first_people,
        null as wave, null as source_file
    from people
    group by is_counted, coalesce(missing_reason, 'no reason')
    union all
    select 'answer', true, sum(cells.n)::bigint, '', [], cells.wave, cells.source_file
    from traced_cells($1) as cells
    inner join people on cells.participant_id = people.participant_id
    where people.is_counted and not $5
    group by cells.wave, cells.source_file
"""
_RULE_SQL = """
    select rule.*, one.of_variant is not distinct from 'answers' as counts_answers
    from traced_rule($1) as rule, traced_result($1) as one
"""
#: Of a number that counts answers which depend on a variant: which answers of those who count do.
_DEPENDING_ANSWERS_SQL = """
    select
        'answer' as part, true as is_counted, count(*) as n, '' as reason, [] as first_people,
        answers.wave, answers.source_file
    from marts.answers as answers
    inner join traced_span($1) as span on answers.wave = span.wave
    inner join traced_items($1) as items on answers.item = items.item
    inner join (from traced_people($1, $2, $3)) as people on answers.participant_id = people.participant_id
    where list_contains(items_of(traced_outcome($1)), answers.item)
        and people.is_counted
        and answer_depends(
            items.is_in_main, items.is_in_variant, items.is_turned_otherwise, people.main_score, people.variant_score
        )
    group by answers.wave, answers.source_file
"""
#: The range is pushed down to every table of people, the list only to the scores.
_SCORES_SQL = """
    select participant_id, wave, score as value, how, missing_reason
    from traced_scores($1)
    where scale = $2 and participant_id between $3 and $4 and list_contains($5, participant_id)
    order by participant_id, wave_order
"""
_FILES_SQL = "select distinct on (source_file, wave) * from marts.exports order by export, file_name"


def trace_lines(ask: Query, result_id: str, names: Mapping[str, str], max_listed: int = _MAX_LISTED) -> list[str]:
    """A trace for the terminal: the number, who is included and who is not, their scores, and the source of the answers.

    ask: runs SQL on the released file. names: identifier in the exports by pseudonym, for people to be resolved. max_listed:
    how many people are listed, of those included and of those left out. No lines if no result has the id.
    """
    rows = ask(TraceRow, _HEAD_SQL, [result_id])
    if not rows:
        return []
    (rule,) = ask(Rule, _RULE_SQL, [result_id])
    result = rows[0]
    lines = [f"{result.result_id}: {result.text}"]
    if result.value is not None:
        lines.append(f"  exactly    {result.value!r}")
    if result.missing_reason:
        lines.append(f"  note       {result.missing_reason}")
    lines += [f"  method     {result.how}", f"  formula    {result.formula}", f"  of         {result.people}"]
    lines += [f"  made of    {row.result_id}: {row.text}" for row in rows if row.part == "made of"]
    lines += [f"  score      {row.measure}: {row.how}" for row in rows if row.part == "scale"]
    groups = ask(GroupRow, _GROUPS_SQL, [result_id, rule.people, rule.moment, max_listed, rule.counts_answers])
    if rule.counts_answers:
        groups += ask(GroupRow, _DEPENDING_ANSWERS_SQL, [result_id, rule.people, rule.moment])
    people = [row for row in groups if row.part == "person"]
    if not people:
        return lines
    counted_groups = [row for row in people if row.is_counted]
    left_out_groups = [row for row in people if not row.is_counted]
    n_counted, n_left_out = (sum(row.n for row in group) for group in (counted_groups, left_out_groups))
    lines.append(f"  people     {n_counted} of {n_counted + n_left_out} on the roster")
    largest_first = sorted(left_out_groups, key=lambda row: (-row.n, _first([row], 1)[0]["participant_id"]))
    lines += [f"  left out   {row.n}: {row.reason}" for row in largest_first]
    lines += _source_lines(ask, groups)
    listed_people = _first(counted_groups, max_listed)
    scores = _scores(ask, result, [row["participant_id"] for row in listed_people])
    for row in listed_people:
        person = row["participant_id"]
        score_words = [_score_words(score) for score in scores.get(person, [])]
        value_text = row["text"] or ("" if row["value"] is None else f"{row['value']:g}")
        details = "  ".join([*score_words, *([row["how"]] if row["how"] else [])])
        lines.append(f"  {names.get(person, person):<18} {value_text:>10}  {details}".rstrip())
    if n_counted > max_listed:
        lines.append(f"  … and {n_counted - max_listed} more; --csv writes all")
    for row in _first(left_out_groups, max_listed):
        person = row["participant_id"]
        lines.append(f"  {names.get(person, person):<18} {'left out':>10}  {row['missing_reason'] or ''}".rstrip())
    if n_left_out > max_listed:
        lines.append(f"  … and {n_left_out - max_listed} more left out; --csv writes all")
    return lines


def _first(groups: Iterable[GroupRow], max_listed: int) -> list[PersonEntry]:
    people = (person for row in groups for person in row.first_people)
    return sorted(people, key=lambda person: person["participant_id"])[:max_listed]


def _scores(ask: Query, result: TraceRow, people: Sequence[str]) -> dict[str, list[ScoreRow]]:
    scores_of: dict[str, list[ScoreRow]] = {}
    if people:
        for row in ask(ScoreRow, _SCORES_SQL, [result.result_id, result.measure, people[0], people[-1], list(people)]):
            scores_of.setdefault(row.participant_id, []).append(row)
    return scores_of


def _score_words(score: ScoreRow | TraceRow) -> str:
    if score.value is None:
        return f"{score.wave} {score.missing_reason}"
    return f"{score.wave} {score.value:g} from {score.how}"


def person_lines(ask: Query, result_id: str, person: str) -> list[str]:
    """The lines of one person in a trace: scores, returns, and each answer with its cell and how it counts."""
    person_rows = ask(TraceRow, "from trace_of(?, ?)", [result_id, person])
    lines = [f"  {row.measure}: {_score_words(row)}" for row in person_rows if row.part == "score"]
    for row in person_rows:
        if row.part == "return":
            location = f"{row.file_name} row {row.source_row}" if row.file_name else "no row"
            lines.append(f"  {row.wave or 'roster':<6} {row.text:<24} {'':<34} {location}")
        if row.part != "answer":
            continue
        no_answer = row.how if row.missing_reason == VALID_SKIP and row.how else f"no answer: {row.missing_reason}"
        answer_text = row.text or (no_answer if row.value is None else f"{row.value:g}")
        if row.keyed is not None and row.keyed != row.value:
            answer_text += f", counts as {row.keyed:g}"
        cell = f"{row.file_name} row {row.source_row}, column {row.source_column}" if row.file_name else "no row"
        item_name = labelled(row.item, row.item_label) if row.item else row.measure or ""
        lines.append(f"  {row.wave or 'roster':<6} {item_name:<24} {answer_text:<34} {cell}")
    return lines


def _source_lines(ask: Query, groups: Iterable[GroupRow]) -> list[str]:
    """One line for each file that the answers come from."""
    file_rows = ask(ExportFile, _FILES_SQL)
    files: dict[tuple[str | None, str | None], ExportFile] = {(row.source_file, row.wave): row for row in file_rows}
    counts = {(row.source_file, row.wave): row.n for row in groups if row.part == "answer"}
    sources = [(files[key], n) for key, n in counts.items() if key in files]
    return [
        f"  answers    {n} cells of {row.file_name} ({row.wave or 'roster'}), version {row.version},"
        f" SHA-256 {row.source_file[:12]}…"
        for row, n in sorted(sources, key=lambda source: (source[0].wave or "", source[0].file_name, source[0].version))
    ]


def unknown_id_message(result_id: str, known_ids: Sequence[str]) -> str:
    """The message for an id that no result has, with the closest ids."""
    longer = [
        known_id for known_id in known_ids if len(result_id.rpartition("/")[2]) > 2 and known_id.startswith(f"{result_id}_")
    ]
    matches = longer[:3] or get_close_matches(result_id, known_ids, n=3, cutoff=0.6)
    hint = f"; do you mean {' or '.join(matches)}?" if matches else "; `select result_id from results.results` lists them"
    return f"{result_id}: there is no such result{hint}"
