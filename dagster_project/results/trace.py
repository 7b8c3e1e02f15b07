"""The way back from a result: the SQL that a released file carries, and its rows as text.

Belongs here: what a trace says. Does not belong here: opening a file.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
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
#: Creates the table macro `trace(result_id)` in a file with the schemas results, codebook and marts.
TRACE_SQL = files("dagster_project.results").joinpath("trace.sql").read_text(encoding="utf-8") + (
    "comment on macro table trace is 'From a result back to people, scores, answers and cells of exports. "
    + " ".join(f"{name}: {words}" for name, words in TRACE_COLUMNS.items()).replace("'", "''")
    + "';"
)

_SHOWN = 40


def trace_lines(rows: Sequence[Mapping[str, Any]], names: Mapping[str, str], shown: int = _SHOWN) -> list[str]:
    """A trace for the terminal: the number, who is in it and who is not, their scores, and where the answers stand.

    rows: of `trace`. names: pseudonym to the identifier of the exports, for those that are to be resolved. shown: how many
    people are listed, of those who count and of those left out.
    """
    (result,) = (row for row in rows if row["part"] == "result")
    people = [row for row in rows if row["part"] == "person"]
    counted = [row for row in people if row["is_counted"]]
    left_out = [row for row in people if not row["is_counted"]]
    lines = [f"{result['result_id']}: {result['text']}"]
    if result["value"] is not None:
        lines.append(f"  exactly    {result['value']!r}")
    if result["missing_reason"]:
        lines.append(f"  note       {result['missing_reason']}")
    lines += [f"  method     {result['how']}", f"  formula    {result['formula']}", f"  of         {result['people']}"]
    lines += [f"  made of    {row['result_id']}: {row['text']}" for row in rows if row["part"] == "made of"]
    lines += [f"  score      {row['measure']}: {row['how']}" for row in rows if row["part"] == "scale"]
    if not people:
        return lines
    lines.append(f"  people     {len(counted)} of {len(people)} on the roster")
    reasons = Counter(row["missing_reason"] or "no reason" for row in left_out)
    lines += [f"  left out   {count}: {reason}" for reason, count in reasons.most_common()]
    lines += _where(rows)
    scores = _by_person(row for row in rows if row["part"] == "score" and row["measure"] == result["measure"])
    for row in counted[:shown]:
        person = row["participant_id"]
        told = [_score_words(score) for score in scores.get(person, [])]
        own = row["text"] or ("" if row["value"] is None else f"{row['value']:g}")
        said = "  ".join([*told, *([row["how"]] if row["how"] else [])])
        lines.append(f"  {names.get(person, person):<18} {own:>10}  {said}".rstrip())
    if len(counted) > shown:
        lines.append(f"  … and {len(counted) - shown} more; --csv writes all")
    for row in left_out[:shown]:
        person = row["participant_id"]
        lines.append(f"  {names.get(person, person):<18} {'left out':>10}  {row['missing_reason'] or ''}".rstrip())
    if len(left_out) > shown:
        lines.append(f"  … and {len(left_out) - shown} more left out; --csv writes all")
    return lines


def _score_words(score: Mapping[str, Any]) -> str:
    if score["value"] is None:
        return f"{score['wave']} {score['missing_reason']}"
    return f"{score['wave']} {score['value']:g} from {score['how']}"


def person_lines(rows: Sequence[Mapping[str, Any]], person: str) -> list[str]:
    """One person in a trace, a line each: scores, returns, and each answer with its cell and how it counts."""
    mine = [row for row in rows if row["participant_id"] == person]
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


def _where(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """The files that the answers stand in, a line each."""
    found = Counter(
        (row["wave"], row["file_name"], row["version"], row["source_file"])
        for row in rows
        if row["part"] == "answer" and row["file_name"] and row["is_counted"]
    )
    return [
        f"  answers    {count} cells of {name} ({wave or 'roster'}), version {version}, SHA-256 {sha256[:12]}…"
        for (wave, name, version, sha256), count in sorted(found.items(), key=lambda one: one[0][0] or "")
    ]


def _by_person(rows: Iterable[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    found: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        found.setdefault(row["participant_id"], []).append(row)
    return found


def alike(result_id: str, known: Sequence[str]) -> str:
    """What to say of an id that no result has: the nearest ones."""
    near = get_close_matches(result_id, known, n=3, cutoff=0.6)
    hint = f"; do you mean {' or '.join(near)}?" if near else "; `select result_id from results.results` lists them"
    return f"{result_id}: there is no such result{hint}"
