"""What a new release changed: answers, scores, results, which p crossed .05, and which claims turned.

Belongs here: the row of `results.release_diff`, turning differences into it, the summary for people. Does not belong
here: finding what differs (warehouse/), deciding which releases to compare.

Results and claims stand one by one: there are as many as the study has. People, answers and scores are counted: a history
of releases holds nothing of a person, and grows with waves and items alone.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

#: What can change, from the people up to the argument: one of it, and several, in words.
CHANGE_KINDS = {
    "person": ("person", "people"),
    "answer": ("answer", "answers"),
    "score": ("score", "scores"),
    "result": ("result", "results"),
    "significance": ("p that crossed .05", "p that crossed .05"),
    "claim": ("claim that turned", "claims that turned"),
}
#: Kinds of which a release's rows are counts.
COUNTED_KINDS = ("person", "answer", "score")
_SHOWN = 40
_LEVEL = 0.05


@dataclass(frozen=True)
class DiffRow:
    """One thing that a release changed, or for people, answers and scores how many.

    kind: one of CHANGE_KINDS. what: the item, scale, result or claim; of people joined or left. before and after: texts, as
    printed for results; None where there was, or is, nothing, and of counts. before_value and after_value: the numbers, if
    any. n: how many changed; 1 for a result or claim. people: how many people of the wave have any change of the
    kind, the same in all rows of the kind and wave; None for a result or claim.
    """

    kind: str
    wave: str | None
    what: str
    before: str | None
    after: str | None
    before_value: float | None
    after_value: float | None
    n: int
    people: int | None


Row = Mapping[str, Any]
Changed = Iterable[tuple[Row, Row | None, Row | None]]


def count_rows(kind: str, wave: str | None, people: int, counts: Mapping[str, int]) -> list[DiffRow]:
    """The rows of what is counted: people (joined, left), or a wave's answers by item or scores by scale."""
    return [DiffRow(kind, wave, what, None, None, None, None, n, people) for what, n in counts.items() if n]


def result_changes(changed: Changed) -> list[DiffRow]:
    """Each result whose value changed, and each p that crossed .05. changed: (key, before, after) of results.results."""
    found = []
    for key, before, after in changed:
        was = None if before is None else before["value"]
        now = None if after is None else after["value"]
        if was == now and (before is None) == (after is None):
            continue
        row = DiffRow(
            "result", None, key["result_id"], None if before is None else before["printed"],
            None if after is None else after["printed"], was, now, 1, None,
        )  # fmt: skip
        found.append(row)
        statistic = (after or before or {}).get("statistic")
        if statistic == "p" and was is not None and now is not None and (was < _LEVEL) != (now < _LEVEL):
            found.append(DiffRow("significance", None, row.what, row.before, row.after, was, now, 1, None))
    return found


def claim_changes(changed: Changed) -> list[DiffRow]:
    """Each claim of a proposition whose verdict turned, or that came or went. changed: (key, before, after) of
    results.claims."""
    found = []
    for key, before, after in changed:
        was, now = (None if row is None else row["verdict"] for row in (before, after))
        if was != now:
            found.append(DiffRow("claim", None, key["claim_id"], was, now, None, None, 1, None))
    return found


def change_counts(rows: Iterable[Row]) -> dict[str, int]:
    """How many of each kind changed, in the order of CHANGE_KINDS. rows: with kind and n."""
    counts = dict.fromkeys(CHANGE_KINDS, 0)
    for row in rows:
        counts[row["kind"]] += row["n"]
    return {kind: n for kind, n in counts.items() if n}


def count_lines(rows: Iterable[Row]) -> list[str]:
    """What was counted, a line a kind and wave: "12 answers of 5 people changed in T1: mood_02 (7), …".

    rows: of results.release_diff, in any order."""
    grouped: dict[tuple[str, str | None], list[Row]] = {}
    for row in rows:
        if row["kind"] in COUNTED_KINDS:
            grouped.setdefault((row["kind"], row["wave"]), []).append(row)
    lines = []
    for kind, wave in sorted(grouped, key=lambda place: (list(CHANGE_KINDS).index(place[0]), place[1] or "")):
        largest = sorted(grouped[kind, wave], key=lambda row: (-row["n"], row["what"]))
        if kind == "person":
            lines += [f"{_counted('person', row['n'])} {row['what']} the roster" for row in largest]
            continue
        total, people = sum(row["n"] for row in largest), largest[0]["people"]
        named = [f"{row['what']} ({row['n']})" for row in largest[:_SHOWN]]
        named += [f"and {len(largest) - _SHOWN} more"] if len(largest) > _SHOWN else []
        lines.append(f"{_counted(kind, total)} of {_counted('person', people)} changed in {wave}: {', '.join(named)}")
    return lines


def _counted(kind: str, n: int) -> str:
    return f"{n} {CHANGE_KINDS[kind][n != 1]}"


def diff_markdown(rows: Iterable[Row]) -> str:
    """The diff for people: how much of each kind, then results and claims with what they were and are, then what was
    counted; long lists are cut and say so. rows: of results.release_diff, of one release."""
    everything = list(rows)
    if not everything:
        return "Nothing that is released changed: no person, answer, score or result."
    counts = change_counts(everything)
    lines = ["Changed: " + ", ".join(_counted(kind, n) for kind, n in counts.items()) + "."]
    for kind in reversed([kind for kind in CHANGE_KINDS if kind not in COUNTED_KINDS]):
        of_kind = [row for row in everything if row["kind"] == kind]
        if not of_kind:
            continue
        lines += ["", f"| {kind} | before | after |", "|---|---|---|"]
        for row in of_kind[:_SHOWN]:
            cells = (row["what"], row["before"] or "—", row["after"] or "—")
            lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
        if len(of_kind) > _SHOWN:
            lines.append(f"| and {len(of_kind) - _SHOWN} more | | |")
    counted = count_lines(everything)
    if counted:
        lines += ["", *(f"- {line}" for line in counted)]
    return "\n".join(lines)
