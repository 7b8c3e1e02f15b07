"""What a new release changed: definitions, answers, scores, results, p values that crossed .05, and verdicts of claims.

Belongs here: the row of `results.release_diff`, converting differences to it, the summary for readers. Does not belong
here: finding what differs (warehouse/), deciding which releases to compare.

Each changed rule, result and claim has a row. Changes of people, answers and scores are only counted, so the history of
releases holds no personal data and grows only with waves and items.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from dagster_project.languages import gettext, ngettext, ngettext_noop
from dagster_project.markdown import markdown_table
from dagster_project.table_spec import ColumnSpec, TableSpec

#: Kinds of change, in display order: singular and plural, in words.
CHANGE_KINDS = {
    "rule": ("rule", "rules"),
    "person": ("person", "people"),
    "answer": ("answer", "answers"),
    "score": ("score", "scores"),
    "result": ("result", "results"),
    "significance": ("p that crossed .05", "p that crossed .05"),
    "claim": ("claim whose verdict changed", "claims whose verdict changed"),
}
#: The same with how many there are.
_COUNTS_OF_KINDS = {
    "rule": ngettext_noop("{n} rule", "{n} rules"),
    "person": ngettext_noop("{n} person", "{n} people"),
    "answer": ngettext_noop("{n} answer", "{n} answers"),
    "score": ngettext_noop("{n} score", "{n} scores"),
    "result": ngettext_noop("{n} result", "{n} results"),
    "significance": ngettext_noop("{n} p that crossed .05", "{n} p that crossed .05"),
    "claim": ngettext_noop("{n} claim whose verdict changed", "{n} claims whose verdict changed"),
}
#: Kinds whose rows are counts.
COUNTED_KINDS = ("person", "answer", "score")
_MAX_LISTED = 40
_LEVEL = 0.05
#: Values that differ by less than this share of themselves are the same.
_DIGITS = 1e-12


@dataclass(frozen=True)
class DiffRow:
    """One change in a release, or for people, answers and scores the number of changes.

    kind: one of CHANGE_KINDS. what: the rule, item, scale, result or claim; for people: joined or left. before and after:
    texts, as printed for results; None if absent, and for counts. before_value and after_value: the numbers, if any. n: how
    many changed; 1 for a rule, result or claim. people: how many people of the wave have any change of the kind, the same in
    all rows of the kind and wave; None for a rule, result or claim.
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


@dataclass(frozen=True)
class ReleaseChange(DiffRow):
    """A row of results.release_diff: a change, between which releases."""

    from_release: str | None
    to_release: str


#: A change, between which releases.
RELEASE_DIFF_TABLE = TableSpec(
    schema="results",
    name="release_diff",
    key=("from_release", "to_release", "kind", "wave", "what"),
    description="What each release changed in the one before it.",
    columns=(
        ColumnSpec("from_release", "text", "The earlier release."),
        ColumnSpec("to_release", "text", "The later release."),
        ColumnSpec(
            "kind",
            "text",
            "What changed: a rule of the definitions; people, answers, scores (counted); a result, a p across .05, a claim's"
            " verdict.",
        ),
        ColumnSpec("wave", "text", "The wave, of answers and scores."),
        ColumnSpec("what", "text", "The rule, item, scale, result or claim; of people: joined or left."),
        ColumnSpec("before", "text", "What it was, as text; of rules, results, p and claims only."),
        ColumnSpec("after", "text", "What it is, as text; of rules, results, p and claims only."),
        ColumnSpec("before_value", "number", "What it was, as a number."),
        ColumnSpec("after_value", "number", "What it is, as a number."),
        ColumnSpec("n", "whole", "How many answers, scores or people changed; 1 for a result, p or claim."),
        ColumnSpec(
            "people", "whole", "How many people of the wave have any such change; the same in all rows of kind and wave."
        ),
    ),
)


class ReleasedNumber(NamedTuple):
    """What a release has of a result. value: None where it is undefined. statistic: None in files that do not say it."""

    value: float | None
    printed: str
    statistic: str | None


def count_rows(kind: str, wave: str | None, people: int, counts: Mapping[str, int]) -> list[DiffRow]:
    """The rows of counted kinds: people (joined, left), or a wave's answers by item or scores by scale."""
    return [DiffRow(kind, wave, subject, None, None, None, None, n, people) for subject, n in counts.items() if n]


def result_changes(changes: Iterable[tuple[str, ReleasedNumber | None, ReleasedNumber | None]]) -> list[DiffRow]:
    """Each result whose value changed, and each p that crossed .05. changes: id, before and after; None where there is no
    such result. Values that agree to twelve digits and print alike are the same: the order of sums moves what is behind."""
    diff_rows = []
    for result_id, old, new in changes:
        old_value = None if old is None else old.value
        new_value = None if new is None else new.value
        if _are_alike(old, new):
            continue
        row = DiffRow(
            "result", None, result_id, None if old is None else old.printed, None if new is None else new.printed,
            old_value, new_value, 1, None,
        )  # fmt: skip
        diff_rows.append(row)
        number = new or old
        if (
            number is not None
            and number.statistic == "p"
            and old_value is not None
            and new_value is not None
            and (old_value < _LEVEL) != (new_value < _LEVEL)
        ):
            diff_rows.append(DiffRow("significance", None, row.what, row.before, row.after, old_value, new_value, 1, None))
    return diff_rows


def _are_alike(old: ReleasedNumber | None, new: ReleasedNumber | None) -> bool:
    if old is None or new is None or old.value is None or new.value is None:
        return (old is None) == (new is None) and (old and old.value) == (new and new.value)
    is_close = math.isclose(old.value, new.value, rel_tol=_DIGITS) and old.printed == new.printed
    return old.value == new.value or (is_close and (old.value < _LEVEL) == (new.value < _LEVEL))


def claim_changes(changes: Iterable[tuple[str, str | None, str | None]]) -> list[DiffRow]:
    """Each claim of a proposition whose verdict changed, or that was added or removed. changes: id, verdict before and
    after; None where there is no such claim."""
    return [
        DiffRow("claim", None, claim_id, old_verdict, new_verdict, None, None, 1, None)
        for claim_id, old_verdict, new_verdict in changes
        if old_verdict != new_verdict
    ]


def change_counts(rows: Iterable[DiffRow]) -> dict[str, int]:
    """How many of each kind changed, in the order of CHANGE_KINDS. rows: with kind and n."""
    counts = dict.fromkeys(CHANGE_KINDS, 0)
    for row in rows:
        counts[row.kind] += row.n
    return {kind: n for kind, n in counts.items() if n}


def count_lines(rows: Iterable[DiffRow]) -> list[str]:
    """The counted changes, one line for each kind and wave: "12 answers of 5 people changed in T1: mood_02 (7), …".

    rows: of results.release_diff, in any order."""
    grouped: dict[tuple[str, str | None], list[DiffRow]] = {}
    for row in rows:
        if row.kind in COUNTED_KINDS:
            grouped.setdefault((row.kind, row.wave), []).append(row)
    lines = []
    for kind, wave in sorted(grouped, key=lambda group: (list(CHANGE_KINDS).index(group[0]), group[1] or "")):
        group_rows = sorted(grouped[kind, wave], key=lambda row: (-row.n, row.what))
        if kind == "person":
            lines += [_roster_line(row) for row in group_rows]
            continue
        total, people = sum(row.n for row in group_rows), group_rows[0].people or 0
        entries = [f"{row.what} ({row.n})" for row in group_rows[:_MAX_LISTED]]
        if len(group_rows) > _MAX_LISTED:
            entries.append(gettext("and {count} more", count=len(group_rows) - _MAX_LISTED))
        fields = {"people": count_in_words("person", people), "wave": wave, "entries": ", ".join(entries)}
        lines.append(
            ngettext(
                "{n} answer of {people} changed in {wave}: {entries}",
                "{n} answers of {people} changed in {wave}: {entries}",
                total,
                **fields,
            )
            if kind == "answer"
            else ngettext(
                "{n} score of {people} changed in {wave}: {entries}",
                "{n} scores of {people} changed in {wave}: {entries}",
                total,
                **fields,
            )
        )
    return lines


def _roster_line(row: DiffRow) -> str:
    """How many people joined the roster, or left it."""
    if row.what == "joined":
        return ngettext("{n} person joined the roster", "{n} people joined the roster", row.n)
    return ngettext("{n} person left the roster", "{n} people left the roster", row.n)


def count_in_words(kind: str, n: int) -> str:
    """How many of a kind there are."""
    return ngettext(*_COUNTS_OF_KINDS[kind], n)


#: What is counted of an outcome: of scores each, of a wave's.
_OF_OUTCOMES = ("score", "result", "significance")


def _outcome(row: DiffRow) -> str:
    """What a score or a result is about."""
    return row.what if row.kind == "score" else row.what.split("/")[1] if "/" in row.what else row.what


def _outcomes(rows: Iterable[DiffRow]) -> dict[str, dict[str, int]]:
    """How many scores and results changed of each outcome, those with most scores first, then those with most results."""
    totals: dict[str, dict[str, int]] = {}
    for row in rows:
        if row.kind in _OF_OUTCOMES:
            totals.setdefault(_outcome(row), dict.fromkeys(_OF_OUTCOMES, 0))[row.kind] += row.n
    return dict(sorted(totals.items(), key=lambda entry: (-entry[1]["score"], -entry[1]["result"], entry[0])))


def _before_and_after(kind: str, rows: Iterable[DiffRow]) -> list[str]:
    """The rows of a kind that is not counted, before and after."""
    of_kind = [row for row in rows if row.kind == kind]
    cells = [(row.what, row.before or "—", row.after or "—") for row in of_kind[:_MAX_LISTED]]
    if len(of_kind) > _MAX_LISTED:
        cells.append((f"and {len(of_kind) - _MAX_LISTED} more", "", ""))
    return ["", markdown_table((kind, "before", "after"), cells)] if of_kind else []


def diff_markdown(rows: Iterable[DiffRow]) -> str:
    """The diff for readers: totals by kind, the rules that were changed, then what follows from them or from other exports:
    by scale or other outcome, claims and results before and after, and the counted changes; truncated lists say so. rows: of
    results.release_diff, of one release."""
    all_rows = list(rows)
    if not all_rows:
        return "Nothing that is released changed: no person, answer, score or result."
    counts = change_counts(all_rows)
    lines = ["Changed: " + ", ".join(count_in_words(kind, n) for kind, n in counts.items()) + "."]
    outcomes = _outcomes(all_rows)
    lines += _before_and_after("rule", all_rows)
    if outcomes:
        cells = [(outcome, *map(str, totals.values())) for outcome, totals in list(outcomes.items())[:_MAX_LISTED]]
        if len(outcomes) > _MAX_LISTED:
            cells.append((f"and {len(outcomes) - _MAX_LISTED} more", *("" for _ in _OF_OUTCOMES)))
        lines += ["", markdown_table(("of", *(CHANGE_KINDS[kind][1] for kind in _OF_OUTCOMES)), cells)]
    for kind in ("claim", "significance"):
        lines += _before_and_after(kind, all_rows)
    order = {outcome: index for index, outcome in enumerate(outcomes)}
    lines += _before_and_after("result", sorted(all_rows, key=lambda row: order.get(_outcome(row), 0)))
    count_summary = count_lines(all_rows)
    if count_summary:
        lines += ["", *(f"- {line}" for line in count_summary)]
    return "\n".join(lines)
