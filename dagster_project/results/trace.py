"""The way back from a result: the SQL that a released file carries, and its rows as text.

Belongs here: what a trace says. Does not belong here: opening a file.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from importlib.resources import files
from typing import Any

#: Creates the table macro `trace(result_id)` in a file with the schemas results, codebook and marts.
TRACE_SQL = files("dagster_project.results").joinpath("trace.sql").read_text(encoding="utf-8")

_SHOWN = 40


def trace_lines(rows: Sequence[Mapping[str, Any]], names: Mapping[str, str], shown: int = _SHOWN) -> list[str]:
    """A trace for the terminal: the number, who is in it and who is not, their scores, and where the answers stand.

    rows: of `trace`. names: pseudonym to the identifier of the exports, for those that are to be resolved. shown: how many
    people are listed.
    """
    (result,) = (row for row in rows if row["part"] == "result")
    people = [row for row in rows if row["part"] == "person"]
    counted = [row for row in people if row["is_counted"]]
    name = " ".join(part for part in (result["measure"], result["item"], result["wave"]) if part)
    lines = [f"{name}: {result['text']}"]
    if result["value"] is not None:
        lines.append(f"  exactly    {result['value']!r}")
    if result["missing_reason"]:
        lines.append(f"  note       {result['missing_reason']}")
    lines += [f"  {'how' if at == 0 else '':<10} {part}" for at, part in enumerate(result["how"].split("; "))]
    lines += [f"  {row['measure']}: {row['how']}" for row in rows if row["part"] == "scale"]
    if not people:
        return lines
    lines.append(f"  people     {len(counted)} of {len(people)} on the roster")
    left_out = Counter(row["missing_reason"] or "no reason" for row in people if not row["is_counted"])
    lines += [f"  left out   {count}: {reason}" for reason, count in left_out.most_common()]
    lines += _where(rows)
    scores = _by_person(row for row in rows if row["part"] == "score" and row["measure"] == result["measure"])
    for row in counted[:shown]:
        person = row["participant_id"]
        told = [
            f"{score['wave']} {score['value']:g} from {score['how']}"
            for score in scores.get(person, [])
            if score["value"] is not None
        ]
        own = row["text"] or ("" if row["value"] is None else f"{row['value']:g}")
        lines.append(f"  {names.get(person, person):<18} {own:>10}  {'  '.join(told)}{row['how'] or ''}".rstrip())
    if len(counted) > shown:
        lines.append(f"  … and {len(counted) - shown} more; --csv writes all")
    return lines


def person_lines(rows: Sequence[Mapping[str, Any]], person: str) -> list[str]:
    """One person's answers in a trace, a line each: the cell, what stands there, and how it counts."""
    found = [row for row in rows if row["part"] == "answer" and row["participant_id"] == person]
    lines = []
    for row in found:
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
