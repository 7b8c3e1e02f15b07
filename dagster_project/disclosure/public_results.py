"""The results of a public release: rows as the team's, with what may be printed of them and nothing else.

Belongs here: putting together what is decided on counts and means, and what is computed from the printed numbers:
percentages, intervals, p. Does not belong here: the decisions (counts.py, values.py), tables (layout.py).

Whatever is computed here is computed from printed numbers alone, so that it says nothing that these do not say.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from dagster_project.disclosure.brackets import MARK, bracket, decimals_of, number_of
from dagster_project.disclosure.cells import COUNTED_ANALYSES, CountRegistry, ScorePattern, count_registry
from dagster_project.disclosure.counts import count_entries, decide_counts
from dagster_project.disclosure.derived import DERIVED_ANALYSES, derived_rows
from dagster_project.disclosure.items import ITEMS, are_items_public, with_merged_items
from dagster_project.disclosure.ledger import Ledger
from dagster_project.disclosure.reliability import (
    DEGREES,
    Coefficients,
    coefficient_entries,
    coefficient_rows,
    coefficients,
    decide_coefficients,
)
from dagster_project.disclosure.rounding import rounded_interval
from dagster_project.disclosure.suppression import FEWER, SECONDARY, Suppression
from dagster_project.disclosure.values import (
    DIFFERENCE,
    DOMINANCE,
    EVEN,
    FEW_VALUES,
    SAME_ITEMS,
    ValueDecision,
    ValueSet,
    decide_values,
    value_entries,
    value_sets,
)
from dagster_project.results import ResultRow, format_number, result_id
from dagster_project.statistics import paired_t, t_interval
from dagster_project.study import Disclosure, Study

#: Why a number is hidden, in words, by rule.
RULES = {
    FEWER: "hidden: of fewer than {minimum} people",
    SECONDARY: "hidden: with it a count of fewer than {minimum} people could be calculated",
    DIFFERENCE: "hidden: with other means it would tell of fewer than {minimum} people",
    DOMINANCE: "hidden: one person makes up too much of the sum",
    EVEN: "hidden: the values hardly differ",
    FEW_VALUES: "hidden: a mean of so few values would be a count of people",
    SAME_ITEMS: "hidden: another scale has some of the same items, and not quite the same people",
    DEGREES: "hidden: of too few people for a coefficient",
    "earlier": "hidden: with the earlier public release it would tell of fewer than {minimum} people",
}
#: What the public reads of these: which of them it is would tell of single people, too.
_SINGLE_PEOPLE = "hidden: it would tell too much of single people"


@dataclass(frozen=True)
class PublicResults:
    """What is public, and how that was decided: for the report of the data protection officer."""

    rows: dict[str, ResultRow]
    registry: CountRegistry
    suppression: Suppression
    sets: Sequence[ValueSet]
    decisions: Mapping[str, ValueDecision]
    ledger: Ledger


def public_results(
    study: Study,
    results: Mapping[str, ResultRow],
    patterns: Sequence[ScorePattern],
    overlapping: Sequence[str],
    key: bytes,
    ledger: Ledger,
    release: str,
) -> PublicResults:
    """The public results of a study. patterns: who has scores in which waves. overlapping: scales that share items with
    others and have not the same people. release: the name of the release to come, for the ledger."""
    rule = study.protocol.disclosure
    assert isinstance(rule, Disclosure)
    results = with_merged_items(study, results, rule, ledger.counts)
    registry = count_registry(study, results, patterns)
    suppression = decide_counts(registry, rule, key, ledger)
    sets = value_sets(results)
    decisions = decide_values(study, sets, patterns, suppression, rule, ledger, overlapping)
    rows = {row.result_id: row for row in _norm_rows(results)}
    rows |= {row.result_id: row for row in _count_rows(results, registry, suppression, rule)}
    for value_set in sets:
        rows |= {row.result_id: row for row in _value_rows(results, value_set, decisions[value_set.name], suppression, rule)}
    reliability = coefficients(results)
    of_reliability = decide_coefficients(reliability, decisions, suppression, rule, ledger)
    rows |= {row.result_id: row for row in _reliability_rows(study, results, reliability, of_reliability, suppression)}
    people = {name: rounded_interval(count, rule) for name, count in suppression.counts.items()}
    rows |= {row.result_id: row for row in derived_rows(study, results, rows, people)}
    next_ledger = Ledger(
        rule.edition,
        tuple(dict.fromkeys((*ledger.releases, release))),
        count_entries(registry, suppression, rule, ledger),
        value_entries(sets, decisions, ledger) | coefficient_entries(reliability, of_reliability),
    )
    return PublicResults(rows, registry, suppression, sets, decisions, next_ledger)


def _norm_rows(results: Mapping[str, ResultRow]) -> Iterator[ResultRow]:
    """Published norms are of nobody of the study."""
    yield from (row for row in results.values() if row.analysis == "norm")


def _hidden_row(row: ResultRow, rule_name: str, rule: Disclosure) -> ResultRow:
    note = _SINGLE_PEOPLE if rule_name in (DOMINANCE, EVEN) else RULES[rule_name].format(minimum=rule.minimum)
    return replace(row, value=None, n=None, printed=MARK, note=note, df=None, level=None)


def _count_rows(
    results: Mapping[str, ResultRow], registry: CountRegistry, suppression: Suppression, rule: Disclosure
) -> Iterator[ResultRow]:
    for row in results.values():
        name = registry.names.get(row.result_id)
        if name is None:
            continue
        n = suppression.counts.get(_total_of(row, registry))
        count = suppression.counts.get(name)
        if count is None:
            yield _hidden_row(row, suppression.rules[name], rule)
        else:
            note = f"rounded to a multiple of {rule.round_to}" if rule.round_to > 1 else None
            yield replace(row, value=float(count), n=n, printed=str(count), note=note)
        percent_id = _sibling(row, "percent")
        if row.statistic == "count" and percent_id in results:
            yield _percent_row(results[percent_id], count, n, suppression.rules.get(name), rule)


def _percent_row(row: ResultRow, count: int | None, n: int | None, rule_name: str | None, rule: Disclosure) -> ResultRow:
    if count is None or not n:
        return _hidden_row(row, rule_name or SECONDARY, rule)
    percent = min(100.0, 100 * count / n)
    method = "100 count / n, of the counts as printed"
    text = format_number(percent, 0)
    return replace(row, value=float(text), n=n, printed=text, method=method, note=None)


def _total_of(row: ResultRow, registry: CountRegistry) -> str:
    """The name of the count of people that a count is a share of; its own where it is of none."""
    if row.analysis == ITEMS:
        return result_id(ITEMS, row.outcome, "n", timepoint=row.wave)
    total_id = _sibling(row, "n") if row.statistic == "count" else row.result_id
    return registry.names.get(total_id, total_id)


def _sibling(row: ResultRow, statistic: str) -> str:
    return result_id(
        row.analysis, row.outcome, statistic, category=row.category, people_group=row.people_group,
        timepoint=row.wave or row.contrast,
    )  # fmt: skip


def _value_rows(
    results: Mapping[str, ResultRow],
    value_set: ValueSet,
    decision: ValueDecision,
    suppression: Suppression,
    rule: Disclosure,
) -> Iterator[ResultRow]:
    """Mean and SD, and the interval and p that follow from them as printed."""
    mean_row, sd_row = value_set.mean, results[value_set.sd_id]
    is_change = mean_row.contrast is not None
    ids = {name: _sibling(mean_row, name) for name in ("ci95_low", "ci95_high", "p")}
    derived = [results[identifier] for name, identifier in ids.items() if identifier in results]
    derived = [row for row in derived if is_change or row.statistic != "p"]
    n = suppression.counts.get(value_set.name)
    if decision.printed_mean is None or decision.printed_sd is None or n is None:
        rule_name = decision.rule or suppression.rules.get(value_set.name, FEWER)
        yield from (_hidden_row(row, rule_name, rule) for row in (mean_row, sd_row, *derived))
        return
    mean, sd = (number_of(text) for text in (decision.printed_mean, decision.printed_sd))
    yield replace(mean_row, value=mean, n=n, printed=decision.printed_mean, note=None)
    yield replace(sd_row, value=sd, n=n, printed=decision.printed_sd, note=None)
    _, low, high = t_interval([n], [mean], [sd])
    decimals = decimals_of(decision.printed_mean)
    for row in derived:
        if row.statistic == "p":
            yield _p_row(row, mean, sd, decimals, n, rounded_interval(n, rule))
            continue
        limit = format_number(float(low[0] if row.statistic == "ci95_low" else high[0]), decimals)
        method = "95 % t interval, computed from n, mean and SD as printed"
        yield replace(row, value=number_of(limit), n=n, printed=limit, method=method, df=None, note=None)


def _reliability_rows(
    study: Study,
    results: Mapping[str, ResultRow],
    entries: Sequence[Coefficients],
    decisions: Mapping[str, ValueDecision],
    suppression: Suppression,
) -> Iterator[ResultRow]:
    rule = study.protocol.disclosure
    assert isinstance(rule, Disclosure)
    for entry in entries:
        n = suppression.counts.get(entry.name)
        for row, rule_name in coefficient_rows(study, results, entry, decisions[entry.name], n):
            yield _hidden_row(row, rule_name, rule) if rule_name is not None else row


def _p_row(row: ResultRow, mean: float, sd: float, decimals: int, n: int, interval: tuple[float, float]) -> ResultRow:
    """On which side of the usual levels p lies, for whatever numbers may be printed as these."""
    half_unit = 0.5 * 10**-decimals
    low_n, high_n = (int(end) for end in interval) if interval[1] < float("inf") else (n, n)
    nearest, farthest = max(0.0, abs(mean) - half_unit), abs(mean) + half_unit
    tests = paired_t([max(2, low_n), high_n], [nearest, farthest], [sd + half_unit, max(sd - half_unit, half_unit / 10)])
    largest, smallest = float(tests.p[0]), float(tests.p[1])
    method = "paired t test, two-sided, for all numbers that are printed as these"
    public_row = replace(row, n=n, method=method, df=None)
    return bracket(public_row, largest, smallest)


def left_out_analyses(results: Mapping[str, ResultRow], rule: Disclosure) -> list[str]:
    """The analyses of the team's release of which nothing is public."""
    public_analyses = COUNTED_ANALYSES | DERIVED_ANALYSES | {"norm"}
    if not are_items_public(rule):
        public_analyses -= {ITEMS}
    return sorted({row.analysis for row in results.values()} - public_analyses)
