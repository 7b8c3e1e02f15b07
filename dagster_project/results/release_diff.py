"""What a new release changed: answers, scores, results, which p crossed .05, and which claims turned.

Belongs here: the row of `results.release_diff`, turning differing rows into it, the summary for people. Does not belong
here: finding the rows that differ (warehouse/), deciding which releases to compare.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from dagster_project.results.rounding import format_number

#: What can change, from the people up to the argument: one of it, and several, in words.
CHANGE_KINDS = {
    "person": ("person", "people"),
    "answer": ("answer", "answers"),
    "score": ("score", "scores"),
    "result": ("result", "results"),
    "significance": ("p that crossed .05", "p that crossed .05"),
    "claim": ("claim that turned", "claims that turned"),
}
_SHOWN = 40
_LEVEL = 0.05


@dataclass(frozen=True)
class DiffRow:
    """One thing that a release changed.

    kind: one of CHANGE_KINDS. what: the item, scale, result or claim. before and after: texts, as printed for results; None
    where there was, or is, nothing. before_value and after_value: the numbers, where there are any.
    """

    kind: str
    participant_id: str | None
    wave: str | None
    what: str
    before: str | None
    after: str | None
    before_value: float | None
    after_value: float | None


Row = Mapping[str, Any]
Changed = Iterable[tuple[Row, Row | None, Row | None]]


def people_changes(changed: Changed) -> list[DiffRow]:
    """People who joined or left the roster. changed: (key, before, after) of marts.participants."""
    return [
        DiffRow("person", key["participant_id"], None, "participant", _there(before), _there(after), None, None)
        for key, before, after in changed
        if before is None or after is None
    ]


def _there(row: Row | None) -> str | None:
    return None if row is None else "on the roster"


def answer_changes(changed: Changed, items: Iterable[str]) -> list[DiffRow]:
    """Each item whose answer or missing reason changed. changed: (key, before, after) of marts.answer_sheets."""
    found = []
    codes = list(items)
    for key, before, after in changed:
        for item in codes:
            was, now = _answer(before, item), _answer(after, item)
            if was != now:
                found.append(DiffRow("answer", key["participant_id"], key["wave"], item, was[1], now[1], was[0], now[0]))
    return found


def _answer(row: Row | None, item: str) -> tuple[float | None, str | None]:
    if row is None or item not in row:
        return None, None
    value = row[item]
    return (None, row.get(f"{item}__missing")) if value is None else (float(value), str(value))


def score_changes(changed: Changed) -> list[DiffRow]:
    """Each score that changed, came or went. changed: (key, before, after) of marts.scale_scores."""
    found = []
    for key, before, after in changed:
        was, now = _score(before), _score(after)
        if was != now:
            found.append(DiffRow("score", key["participant_id"], key["wave"], key["scale"], was[1], now[1], was[0], now[0]))
    return found


def _score(row: Row | None) -> tuple[float | None, str | None]:
    if row is None:
        return None, None
    value = row["score"]
    return (None, row["missing_reason"]) if value is None else (float(value), format_number(float(value), 2))


def result_changes(changed: Changed) -> list[DiffRow]:
    """Each result whose value changed, and each p that crossed .05. changed: (key, before, after) of results.results."""
    found = []
    for key, before, after in changed:
        was = None if before is None else before["value"]
        now = None if after is None else after["value"]
        if was == now and (before is None) == (after is None):
            continue
        row = DiffRow(
            "result", None, None, key["result_id"],
            None if before is None else before["printed"], None if after is None else after["printed"], was, now,
        )  # fmt: skip
        found.append(row)
        statistic = (after or before or {}).get("statistic")
        if statistic == "p" and was is not None and now is not None and (was < _LEVEL) != (now < _LEVEL):
            found.append(DiffRow("significance", None, None, row.what, row.before, row.after, was, now))
    return found


def claim_changes(changed: Changed) -> list[DiffRow]:
    """Each claim of a proposition whose verdict turned, or that came or went. changed: (key, before, after) of
    results.claims."""
    found = []
    for key, before, after in changed:
        was, now = (None if row is None else row["verdict"] for row in (before, after))
        if was != now:
            found.append(DiffRow("claim", None, None, key["claim_id"], was, now, None, None))
    return found


def diff_markdown(rows: Iterable[DiffRow]) -> str:
    """The diff for people: how much of each kind, then what, before and after; long lists are cut and say so."""
    everything = list(rows)
    if not everything:
        return "Nothing that is released changed: no person, answer, score or result."
    counts = Counter(row.kind for row in everything)
    said = [f"{counts[kind]} {CHANGE_KINDS[kind][counts[kind] != 1]}" for kind in CHANGE_KINDS if counts[kind]]
    lines = ["Changed: " + ", ".join(said) + "."]
    for kind in reversed(list(CHANGE_KINDS)):
        of_kind = [row for row in everything if row.kind == kind]
        if not of_kind:
            continue
        lines += ["", "| " + kind + " | who | wave | before | after |", "|---|---|---|---|---|"]
        for row in of_kind[:_SHOWN]:
            cells = (row.what, row.participant_id or "", row.wave or "", row.before or "—", row.after or "—")
            lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
        if len(of_kind) > _SHOWN:
            lines.append(f"| and {len(of_kind) - _SHOWN} more | | | | |")
    return "\n".join(lines)
