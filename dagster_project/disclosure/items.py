"""How items were answered, with neighbouring answers taken together until each count is of enough people.

Belongs here: which answers of an item are one category, in all waves alike and in every release of an edition. Does not
belong here: which of these counts are printed (counts.py), tables (layout.py).

Counts that are not rounded would add up to the sums behind the means of scales, and tell of the few who answered items and
have no score; items are therefore public only where counts are rounded to more than the declared protection.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from dagster_project.disclosure.rounding import lasting_count
from dagster_project.results import ResultRow, result_id
from dagster_project.study import Disclosure, Study

ITEMS = "items"
#: The first and last answer of those that are taken together.
Span = tuple[int, int]


def are_items_public(rule: Disclosure) -> bool:
    """Whether anything of items is public: answers add up to who answered, and who knows that nobody without an answer has a
    score finds out by both how few did not answer, unless each is printed less exactly than is declared."""
    return rule.round_to > rule.least_width


def with_merged_items(
    study: Study, results: Mapping[str, ResultRow], rule: Disclosure, earlier_names: Collection[str]
) -> dict[str, ResultRow]:
    """The results with the counts of merged answers in the place of those of answers. earlier_names: of the counts that
    earlier releases decided on: an item stays merged as it was, since both ways together would tell of the answers between.
    """
    merged_results = {identifier: row for identifier, row in results.items() if row.analysis != ITEMS}
    if not are_items_public(rule):
        return merged_results
    by_item: dict[str, list[ResultRow]] = {}
    for row in results.values():
        if row.analysis == ITEMS and row.value is not None and study.asks(row.outcome, row.wave or ""):
            by_item.setdefault(row.outcome, []).append(row)
    for item, rows in by_item.items():
        counts = {
            (int(row.category), row.wave): row for row in rows if row.statistic == "count" and row.category is not None
        }
        totals = [row for row in rows if row.statistic == "n"]
        answers = sorted({answer for answer, _ in counts})
        spans = _earlier_spans(item, answers, totals, earlier_names)
        if spans is None:
            waves = sorted(totals, key=lambda row: (row.value or 0, row.wave), reverse=True)
            spans = _merged_spans(answers, [[_value(counts, answer, row.wave) for answer in answers] for row in waves], rule)
        if _is_partition(spans, answers):
            merged_results |= {row.result_id: row for row in totals}
            merged_results |= {row.result_id: row for row in _merged_rows(counts, spans, totals)}
    return merged_results


def _value(counts: Mapping[tuple[int, str | None], ResultRow], answer: int, wave: str | None) -> int:
    row = counts.get((answer, wave))
    return int(row.value or 0) if row is not None else 0


def _merged_spans(answers: Sequence[int], counts_of_waves: Sequence[Sequence[int]], rule: Disclosure) -> list[Span]:
    """The categories that hold enough people in every wave or, where there are no two of them, in all waves but those of the
    fewest people. counts_of_waves: that of the most people first."""
    for wave_count in range(len(counts_of_waves), 0, -1):
        spans = _spans_in(answers, counts_of_waves[:wave_count], rule)
        if len(spans) > 1:
            return spans
    return []


def _spans_in(answers: Sequence[int], counts_of_waves: Sequence[Sequence[int]], rule: Disclosure) -> list[Span]:
    """From the lowest answer on, as many together as it takes for enough people in each wave; what remains goes to the
    last."""
    spans: list[Span] = []
    start = 0
    for end in range(len(answers)):
        if all(sum(counts[start : end + 1]) >= lasting_count(rule) for counts in counts_of_waves):
            spans.append((answers[start], answers[end]))
            start = end + 1
    if spans and start < len(answers):
        spans[-1] = (spans[-1][0], answers[-1])
    return spans


def _earlier_spans(
    item: str, answers: Sequence[int], totals: Sequence[ResultRow], earlier_names: Collection[str]
) -> list[Span] | None:
    """As an earlier release merged them; None where none showed the item."""
    spans = [
        (low, high)
        for low in answers
        for high in answers
        if any(_name(item, (low, high), row.wave) in earlier_names for row in totals)
    ]
    return spans or None


def _is_partition(spans: Sequence[Span], answers: Sequence[int]) -> bool:
    """Whether each answer is in one of two categories or more. Where an earlier release merged other answers than there are
    now, it is not, and the item stays out."""
    return len(spans) > 1 and sorted(answer for low, high in spans for answer in answers if low <= answer <= high) == list(
        answers
    )


def _category(span: Span) -> str:
    low, high = span
    return str(low) if low == high else f"{low}_to_{high}"


def _name(item: str, span: Span, wave: str | None) -> str:
    return result_id(ITEMS, item, "count", category=_category(span), timepoint=wave)


def _merged_rows(
    counts: Mapping[tuple[int, str | None], ResultRow], spans: Sequence[Span], totals: Sequence[ResultRow]
) -> Iterator[ResultRow]:
    for total in totals:
        for low, high in spans:
            rows = [row for (answer, wave), row in counts.items() if wave == total.wave and low <= answer <= high]
            count = sum(int(row.value or 0) for row in rows)
            yield replace(
                total, result_id=_name(total.outcome, (low, high), total.wave), category=_category((low, high)),
                statistic="count", value=float(count), printed=str(count), method="people who gave one of these answers",
            )  # fmt: skip
