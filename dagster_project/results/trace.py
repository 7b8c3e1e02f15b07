"""Tracing a result to its data: the SQL in a released file, and the rows of a trace as text.

Belongs here: the content of a trace. Does not belong here: opening a file.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from importlib.resources import files
from typing import Any, Protocol, TypedDict, TypeVar

from dagster_project.results.statistic import Inputs
from dagster_project.results.statistics_registry import STATISTICS
from dagster_project.study import VALID_SKIP, labelled
from dagster_project.variant_marts import ANSWER_DEPENDS, SCORE_DIFFERENCES, UNCHANGED_REASON

#: The columns of a trace.
TRACE_COLUMNS = {
    "part": "result, made of (another result), scale, person, return, score or answer.",
    "participant_id": "Pseudonym of the person.",
    "wave": "The wave; of a result its wave or contrast.",
    "measure": "The scale, service, variable or item that the row is about.",
    "item": "The item's code; of a result its category.",
    "item_label": "What the item is called, where its wording is the study's own or free.",
    "value": "The number: a result, a person's value or change, a score, an answer as given.",
    "keyed": "What the answer, or a skip, counts as: turned, where the item is reversed, by its table, where it is recoded.",
    "text": "The result as printed, a person's category, or what a return says.",
    "how": "Method, scoring rule, how many items were answered, how an item is turned or why not asked, a person's returns.",
    "is_counted": "Whether the person counts in the number.",
    "missing_reason": "Why there is no value, or a note on the result.",
    "export": "The export in which the answer stands.",
    "file_name": "The file's name when it arrived, and the sheet of a workbook where one is declared.",
    "version": "Which of the export's files it is, in the order in which they arrived, from 1.",
    "source_file": "SHA-256 of the file.",
    "source_row": "The row in it: the line that a person sees, headings counted; in SPSS, Stata and SAS files the case.",
    "source_column": "The column in it.",
    "result_id": "The result's id, in rows of results.",
    "formula": "The result's formula, in plain text.",
    "people": "Who counts in the result, in words.",
}
_TRACE_SQL = files("dagster_project.results").joinpath("trace.sql").read_text(encoding="utf-8")
_MAX_LISTED = 40

RowType = TypeVar("RowType")


class Query(Protocol):
    """Runs SQL with parameters against a released file, and returns the rows as the type that is asked for."""

    def __call__(self, row_type: type[RowType], sql: str, parameters: Sequence[Any] = (), /) -> list[RowType]: ...


@dataclass(frozen=True)
class ScalePart:
    """A scale that a composite is made of, as in codebook.scale_parts."""

    scale: str
    part: str


@dataclass(frozen=True)
class ScaleItem:
    """An item of a scale, as in codebook.scale_items."""

    scale: str
    item: str


@dataclass(frozen=True)
class GatedItem:
    """An item that is asked only after certain answers to another, its gate, as in codebook.item_gates."""

    item: str
    gate: str


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
class GroupRow:
    """How many people or answers of a trace have the same in common. part: person or answer.

    reason: why people are left out. first_people: the first by pseudonym; None for answers.
    """

    part: str
    is_counted: bool
    wave: str | None
    source_file: str | None
    n: int
    reason: str | None
    first_people: list[PersonEntry] | None


@dataclass(frozen=True)
class ExportFile:
    """A file that the results are made of, as in marts.exports. source_file: its SHA-256. wave: None for the roster."""

    source_file: str
    wave: str | None
    file_name: str
    version: int


def trace_sql(
    parts: Iterable[ScalePart],
    items: Iterable[ScaleItem],
    gates: Iterable[GatedItem] = (),
    blocks: Iterable[ScaleItem] = (),
) -> str:
    """Creates the table macro `trace(result_id)` in a file with the schemas results, codebook and marts.

    Parts, items and gates are written into separate macros as constants, so that the parts of an outcome are known before
    any table is read. blocks: instruments that are judged for careless answers, each with its items.
    """
    parts_of: dict[str, list[str]] = {}
    items_of: dict[str, list[str]] = {}
    for row in parts:
        parts_of.setdefault(row.scale, []).append(row.part)
    for item_row in items:
        items_of.setdefault(item_row.scale, []).append(item_row.item)
    for scale, scale_parts in parts_of.items():
        items_of[scale] = list(dict.fromkeys(item for part in scale_parts for item in items_of.get(part, [])))
    for block in blocks:
        items_of.setdefault(f"careless/{block.scale}", []).append(block.item)
    gates_of: dict[str, list[str]] = {}
    for gate_row in gates:
        gates_of.setdefault(gate_row.item, []).append(gate_row.gate)
    for scale, scale_items in items_of.items():
        if scale_gates := list(dict.fromkeys(gate for item in scale_items for gate in gates_of.get(item, []))):
            gates_of[scale] = scale_gates
    scales_of = {scale: [scale, *scale_parts] for scale, scale_parts in parts_of.items()}
    column_comments = " ".join(f"{name}: {comment}" for name, comment in TRACE_COLUMNS.items())
    comment = f"From a result back to people, scores, answers and cells of exports. {column_comments}"
    return (
        _lookup_macro("scales_of", scales_of, "Scales whose scores make up an outcome.")
        + _lookup_macro("items_of", items_of, "Items whose answers make up an outcome.")
        + _lookup_macro("gates_of", gates_of, "Items whose answers decide which answers of an outcome were asked.", "[null]")
        + _input_macros()
        + _OUTCOME_MACRO
        + _variant_macros()
        + f"{_TRACE_SQL}\ncomment on macro table trace is {_text(comment)};"
        + "comment on macro table traced_rows is 'The rows of trace in no order, each with the SHA-256 of its file.';"
    )


#: An instrument may have the code of one of its scales: its items stand under a name of their own.
_OUTCOME_MACRO = """\
create or replace macro traced_outcome(traced_id) as
    if(starts_with(traced_id, 'careless/'), 'careless/', '') || split_part(traced_id, '/', 2);
comment on macro traced_outcome is 'The name under which items_of and gates_of have the outcome of a result.';
"""


def _lookup_macro(macro: str, names: Mapping[str, Sequence[str]], comment: str, fallback: str = "[outcome]") -> str:
    """fallback: what it gives of an outcome that has no names."""
    cases = " ".join(f"when {_text(outcome)} then [{', '.join(map(_text, members))}]" for outcome, members in names.items())
    body = f"case outcome {cases} else {fallback} end" if cases else fallback
    return f"create or replace macro {macro}(outcome) as {body};\ncomment on macro {macro} is {_text(comment)};\n"


def _input_macros() -> str:
    """What each statistic, as analysis/statistic, is made of: which others, and of which outcomes and contrasts."""
    statistics_of: dict[Inputs, list[str]] = {}
    for statistic in STATISTICS:
        if statistic.made_of is not None:
            statistics_of.setdefault(statistic.made_of, []).append(f"{statistic.analysis}/{statistic.name}")
    conditions = {inputs: f"when statistic in ({', '.join(map(_text, names))})" for inputs, names in statistics_of.items()}
    inputs_of = " ".join(
        f"{condition} then [{', '.join(map(_text, inputs.statistics))}]" for inputs, condition in conditions.items()
    )
    relation_of = " ".join(f"{condition} then {_text(inputs.relation)}" for inputs, condition in conditions.items())
    return (
        f"create or replace macro inputs_of(statistic) as case {inputs_of} else [] end;\n"
        "comment on macro inputs_of is 'Statistics that a statistic is made of, as analysis/statistic.';\n"
        f"create or replace macro relation_of(statistic) as case {relation_of} end;\n"
        "comment on macro relation_of is 'Of which outcome and contrast: comparison, cut_off, norm, family,"
        " group_family, each_scale.';\n"
    )


def _variant_macros() -> str:
    """The words for what a variant changes, and which answers depend on it."""
    cases = " ".join(f"when {_text(code)} then {_text(words)}" for code, words in SCORE_DIFFERENCES.items())
    return (
        f"create or replace macro difference_words(difference) as case difference {cases} end;\n"
        "comment on macro difference_words is 'How a score differs between a variant and the main analysis.';\n"
        f"create or replace macro unchanged_reason(of_variant, is_of_all_scales, difference) as {UNCHANGED_REASON};\n"
        "comment on macro unchanged_reason is 'Why a person is not among those whose scores differ in one way.';\n"
        "create or replace macro answer_depends(is_in_main, is_in_variant, is_turned_otherwise, main_score, variant_score)"
        f" as {ANSWER_DEPENDS};\n"
        "comment on macro answer_depends is 'Whether an answer depends on a variant.';\n"
    )


def _text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


#: People and answers in one pass, grouped: counts, and the first people by pseudonym.
_GROUPS_SQL = """
    select
        part, is_counted, wave, source_file, count(*) as n,
        case when part = 'person' then coalesce(missing_reason, 'no reason') end as reason,
        arg_min(
            {'participant_id': participant_id, 'value': value, 'text': text, 'how': how, 'missing_reason': missing_reason},
            participant_id, $2::bigint
        ) filter (where part = 'person') as first_people
    from traced_rows($1)
    where part in ('person', 'answer')
    group by part, is_counted, wave, source_file, reason
"""
#: The range is pushed down to every table of people, the list only to the scores.
_SCORES_SQL = """
    select participant_id, wave, value, how, missing_reason
    from trace($1)
    where part = 'score' and measure = $2 and participant_id between $3 and $4 and list_contains($5, participant_id)
"""
_FILES_SQL = "select distinct on (source_file, wave) * from marts.exports order by export, file_name"


def trace_lines(ask: Query, result_id: str, names: Mapping[str, str], max_listed: int = _MAX_LISTED) -> list[str]:
    """A trace for the terminal: the number, who is included and who is not, their scores, and the source of the answers.

    ask: runs SQL on the released file. names: identifier in the exports by pseudonym, for people to be resolved. max_listed:
    how many people are listed, of those included and of those left out. No lines if no result has the id.
    """
    rows = ask(TraceRow, "from trace(?) where part in ('result', 'made of', 'scale')", [result_id])
    if not rows:
        return []
    result = rows[0]
    lines = [f"{result.result_id}: {result.text}"]
    if result.value is not None:
        lines.append(f"  exactly    {result.value!r}")
    if result.missing_reason:
        lines.append(f"  note       {result.missing_reason}")
    lines += [f"  method     {result.how}", f"  formula    {result.formula}", f"  of         {result.people}"]
    lines += [f"  made of    {row.result_id}: {row.text}" for row in rows if row.part == "made of"]
    lines += [f"  score      {row.measure}: {row.how}" for row in rows if row.part == "scale"]
    groups = ask(GroupRow, _GROUPS_SQL, [result_id, max_listed])
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
    people = (person for row in groups for person in row.first_people or ())
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
    person_rows = ask(TraceRow, "from trace(?) where participant_id = ?", [result_id, person])
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
    counts = {(row.source_file, row.wave): row.n for row in groups if row.part == "answer" and row.is_counted}
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
