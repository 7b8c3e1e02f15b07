"""The way back from a result: the SQL that a released file carries, and its rows as text.

Belongs here: what a trace says. Does not belong here: opening a file.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import get_close_matches
from importlib.resources import files
from typing import Any

#: The columns of a trace.
TRACE_COLUMNS = {
    "part": "result, made of (another result), scale, person, return, score or answer.",
    "participant_id": "Pseudonym of the person.",
    "wave": "The wave; of a result its wave or contrast.",
    "measure": "The scale, service, variable or item that the row is about.",
    "item": "The item's code; of a result its category.",
    "value": "The number: a result, a person's value or change, a score, an answer as given.",
    "keyed": "What the answer counts as: turned, where the item is reversed.",
    "text": "The result as printed, a person's category, or what a return says.",
    "how": "Method, scoring rule, how many items were answered, how an item is turned, or what became of a person.",
    "is_counted": "Whether the person counts in the number.",
    "missing_reason": "Why there is no value, or a note on the result.",
    "export": "The export in which the answer stands.",
    "file_name": "The file's name when it arrived.",
    "version": "Which of the export's files it is, in the order in which they arrived, from 1.",
    "source_file": "SHA-256 of the file.",
    "source_row": "The row in it: the line that a person sees, headings counted; in SPSS, Stata and SAS files the case.",
    "source_column": "The column in it.",
    "result_id": "The result's id, in rows of results.",
    "formula": "The result's formula, in plain text.",
    "people": "Who counts in the result, in words.",
}
_SQL = files("dagster_project.results").joinpath("trace.sql").read_text(encoding="utf-8")
_SHOWN = 40

#: Asks a file that has the macros: SQL and its parameters to rows.
Ask = Callable[[str, Sequence[Any]], list[dict[str, Any]]]


def trace_sql(parts: Iterable[Mapping[str, Any]], items: Iterable[Mapping[str, Any]]) -> str:
    """Creates the table macro `trace(result_id)` in a file with the schemas results, codebook and marts.

    parts: scale, part of codebook.scale_parts. items: scale, item of codebook.scale_items. Both are written into macros of
    their own as constants: what an outcome is made of is then known before anything is read.
    """
    parts_of: dict[str, list[str]] = {}
    items_of: dict[str, list[str]] = {}
    for row in parts:
        parts_of.setdefault(row["scale"], []).append(row["part"])
    for row in items:
        items_of.setdefault(row["scale"], []).append(row["item"])
    for scale, its_parts in parts_of.items():
        items_of[scale] = list(dict.fromkeys(item for part in its_parts for item in items_of.get(part, [])))
    scales_of = {scale: [scale, *its_parts] for scale, its_parts in parts_of.items()}
    words = " ".join(f"{name}: {words}" for name, words in TRACE_COLUMNS.items())
    comment = f"From a result back to people, scores, answers and cells of exports. {words}"
    return (
        _made_of("scales_of", scales_of, "Scales whose scores make up an outcome.")
        + _made_of("items_of", items_of, "Items whose answers make up an outcome.")
        + f"{_SQL}\ncomment on macro table trace is {_text(comment)};"
        + "comment on macro table traced_rows is 'The rows of trace in no order, each with the SHA-256 of its file.';"
    )


def _made_of(macro: str, names: Mapping[str, Sequence[str]], comment: str) -> str:
    cases = " ".join(f"when {_text(outcome)} then [{', '.join(map(_text, of))}]" for outcome, of in names.items())
    body = f"case outcome {cases} else [outcome] end" if cases else "[outcome]"
    return f"create or replace macro {macro}(outcome) as {body};\ncomment on macro {macro} is {_text(comment)};\n"


def _text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


#: Everybody and every answer in one pass, grouped: how many, and of people the first by pseudonym.
_GROUPED = """
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
#: The range is of use: it reaches every table of people, the list only the scores.
_SCORES = """
    select participant_id, wave, value, how, missing_reason
    from trace($1)
    where part = 'score' and measure = $2 and participant_id between $3 and $4 and list_contains($5, participant_id)
"""
_FILES = "select distinct on (source_file, wave) * from marts.exports order by export, file_name"


def trace_lines(ask: Ask, result_id: str, names: Mapping[str, str], shown: int = _SHOWN) -> list[str]:
    """A trace for the terminal: the number, who is in it and who is not, their scores, and where the answers stand.

    ask: the released file. names: pseudonym to the identifier of the exports, for those that are to be resolved. shown: how
    many people are listed, of those who count and of those left out. No lines where no result has the id.
    """
    rows = ask("from trace(?) where part in ('result', 'made of', 'scale')", [result_id])
    if not rows:
        return []
    result = rows[0]
    lines = [f"{result['result_id']}: {result['text']}"]
    if result["value"] is not None:
        lines.append(f"  exactly    {result['value']!r}")
    if result["missing_reason"]:
        lines.append(f"  note       {result['missing_reason']}")
    lines += [f"  method     {result['how']}", f"  formula    {result['formula']}", f"  of         {result['people']}"]
    lines += [f"  made of    {row['result_id']}: {row['text']}" for row in rows if row["part"] == "made of"]
    lines += [f"  score      {row['measure']}: {row['how']}" for row in rows if row["part"] == "scale"]
    groups = ask(_GROUPED, [result_id, shown])
    people = [row for row in groups if row["part"] == "person"]
    if not people:
        return lines
    counted = [row for row in people if row["is_counted"]]
    left_out = [row for row in people if not row["is_counted"]]
    n_counted, n_left_out = (sum(row["n"] for row in group) for group in (counted, left_out))
    lines.append(f"  people     {n_counted} of {n_counted + n_left_out} on the roster")
    most_first = sorted(left_out, key=lambda row: (-row["n"], row["first_people"][0]["participant_id"]))
    lines += [f"  left out   {row['n']}: {row['reason']}" for row in most_first]
    lines += _where(ask, groups)
    listed = _first(counted, shown)
    scores = _scores(ask, result, [row["participant_id"] for row in listed])
    for row in listed:
        person = row["participant_id"]
        told = [_score_words(score) for score in scores.get(person, [])]
        own = row["text"] or ("" if row["value"] is None else f"{row['value']:g}")
        said = "  ".join([*told, *([row["how"]] if row["how"] else [])])
        lines.append(f"  {names.get(person, person):<18} {own:>10}  {said}".rstrip())
    if n_counted > shown:
        lines.append(f"  … and {n_counted - shown} more; --csv writes all")
    for row in _first(left_out, shown):
        person = row["participant_id"]
        lines.append(f"  {names.get(person, person):<18} {'left out':>10}  {row['missing_reason'] or ''}".rstrip())
    if n_left_out > shown:
        lines.append(f"  … and {n_left_out - shown} more left out; --csv writes all")
    return lines


def _first(groups: Iterable[Mapping[str, Any]], shown: int) -> list[Mapping[str, Any]]:
    everybody = (person for row in groups for person in row["first_people"])
    return sorted(everybody, key=lambda person: str(person["participant_id"]))[:shown]


def _scores(ask: Ask, result: Mapping[str, Any], people: Sequence[str]) -> dict[str, list[Mapping[str, Any]]]:
    found: dict[str, list[Mapping[str, Any]]] = {}
    if people:
        for row in ask(_SCORES, [result["result_id"], result["measure"], people[0], people[-1], list(people)]):
            found.setdefault(row["participant_id"], []).append(row)
    return found


def _score_words(score: Mapping[str, Any]) -> str:
    if score["value"] is None:
        return f"{score['wave']} {score['missing_reason']}"
    return f"{score['wave']} {score['value']:g} from {score['how']}"


def person_lines(ask: Ask, result_id: str, person: str) -> list[str]:
    """One person in a trace, a line each: scores, returns, and each answer with its cell and how it counts."""
    mine = ask("from trace(?) where participant_id = ?", [result_id, person])
    lines = [f"  {row['measure']}: {_score_words(row)}" for row in mine if row["part"] == "score"]
    for row in mine:
        if row["part"] == "return":
            at = f"{row['file_name']} row {row['source_row']}" if row["file_name"] else "no row"
            lines.append(f"  {row['wave'] or 'roster':<6} {row['text']:<24} {'':<34} {at}")
        if row["part"] != "answer":
            continue
        told = row["text"] or (f"no answer: {row['missing_reason']}" if row["value"] is None else f"{row['value']:g}")
        if row["keyed"] is not None and row["keyed"] != row["value"]:
            told += f", counts as {row['keyed']:g}"
        cell = f"{row['file_name']} row {row['source_row']}, column {row['source_column']}" if row["file_name"] else "no row"
        lines.append(f"  {row['wave'] or 'roster':<6} {row['item'] or row['measure']:<24} {told:<34} {cell}")
    return lines


def _where(ask: Ask, groups: Iterable[Mapping[str, Any]]) -> list[str]:
    """The files that the answers stand in, a line each."""
    files = {(row["source_file"], row["wave"]): row for row in ask(_FILES, [])}
    counts = {(row["source_file"], row["wave"]): row["n"] for row in groups if row["part"] == "answer" and row["is_counted"]}
    found = [(files[place], n) for place, n in counts.items() if place in files]
    return [
        f"  answers    {n} cells of {row['file_name']} ({row['wave'] or 'roster'}), version {row['version']},"
        f" SHA-256 {row['source_file'][:12]}…"
        for row, n in sorted(found, key=lambda place: (place[0]["wave"] or "", place[0]["file_name"], place[0]["version"]))
    ]


def alike(result_id: str, known: Sequence[str]) -> str:
    """What to say of an id that no result has: the nearest ones."""
    near = get_close_matches(result_id, known, n=3, cutoff=0.6)
    hint = f"; do you mean {' or '.join(near)}?" if near else "; `select result_id from results.results` lists them"
    return f"{result_id}: there is no such result{hint}"
