"""Reliability of the scales: alpha and omega of enough people, as an earlier release printed them, or hidden.

Belongs here: the rules for these coefficients. Does not belong here: the number of people that they are of (counts.py),
means (values.py).

A coefficient says nothing of single people where it is of enough: no sum can be made of it. It must have ten degrees of
freedom (Griffiths and others, Handbook on Statistical Disclosure Control for Outputs, 2019; Brandt and others, Guidelines
for the Checking of Output Based on Microdata Research, 2010), and the scores must not be such as to hide their mean or SD.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from dagster_project.disclosure.brackets import MARK, number_of
from dagster_project.disclosure.ledger import Ledger, ValueEntry
from dagster_project.disclosure.rounding import rounded_interval
from dagster_project.disclosure.suppression import FEWER, Suppression
from dagster_project.disclosure.values import DOMINANCE, EVEN, FEW_VALUES, SAME_ITEMS, ValueDecision
from dagster_project.results import ResultRow, print_statistic, result_id
from dagster_project.statistics import feldt_interval
from dagster_project.study import Composite, Disclosure, Study

RELIABILITY = "measurement"
#: By this rule a coefficient is hidden.
DEGREES = "degrees"
_LEAST_DEGREES = 10
_DECIMALS = 2
#: What is true of the scores of few people is true of their answers.
_RULES_OF_SCORES = (DOMINANCE, EVEN, FEW_VALUES, SAME_ITEMS)


@dataclass(frozen=True)
class Coefficients:
    """Alpha and omega of a scale in a wave. name: of the count of people who answered all its items."""

    name: str
    row: ResultRow
    n: int
    alpha: float | None
    omega: float | None


def coefficients(results: Mapping[str, ResultRow]) -> list[Coefficients]:
    """Those of every scale and wave."""
    entries = []
    for row in results.values():
        if row.analysis == RELIABILITY and row.statistic == "n" and row.category is None:
            values = [results.get(_id(row, name)) for name in ("alpha", "omega")]
            alpha, omega = (value.value if value is not None else None for value in values)
            entries.append(Coefficients(row.result_id, row, int(row.value or 0), alpha, omega))
    return entries


def _id(row: ResultRow, statistic: str) -> str:
    return result_id(RELIABILITY, row.outcome, statistic, timepoint=row.wave)


def decide_coefficients(
    entries: list[Coefficients],
    decisions: Mapping[str, ValueDecision],
    suppression: Suppression,
    rule: Disclosure,
    ledger: Ledger,
) -> dict[str, ValueDecision]:
    """By name, alpha and omega as printed, or why they are hidden. decisions: on the means of the scores."""
    decisions_by_name = {}
    for entry in entries:
        earlier = ledger.values.get(entry.name)
        if earlier is not None and abs(entry.n - earlier.n) < rule.minimum:
            decisions_by_name[entry.name] = ValueDecision(
                earlier.printed_mean, earlier.printed_sd, earlier.rule, is_repeated=True
            )
            continue
        of_scores = decisions.get(result_id("summary", entry.row.outcome, "n", timepoint=entry.row.wave))
        if entry.name not in suppression.counts:
            decisions_by_name[entry.name] = ValueDecision(None, None, suppression.rules.get(entry.name, FEWER))
        elif of_scores is None or of_scores.rule in _RULES_OF_SCORES:
            decisions_by_name[entry.name] = ValueDecision(None, None, of_scores.rule if of_scores is not None else FEWER)
        elif rounded_interval(suppression.counts[entry.name], rule)[0] < _LEAST_DEGREES + 1:
            decisions_by_name[entry.name] = ValueDecision(None, None, DEGREES)
        elif entry.alpha is None:  # everybody answered alike
            decisions_by_name[entry.name] = ValueDecision(None, None, EVEN)
        else:
            decisions_by_name[entry.name] = ValueDecision(_coefficient_text(entry.alpha), _coefficient_text(entry.omega))
    return decisions_by_name


def _coefficient_text(value: float | None) -> str | None:
    return None if value is None else print_statistic(value, _DECIMALS, "within_one")


def coefficient_rows(
    study: Study, results: Mapping[str, ResultRow], entry: Coefficients, decision: ValueDecision, n: int | None
) -> Iterator[tuple[ResultRow, str | None]]:
    """The rows of a scale in a wave, each with the rule by which it is hidden. n: as printed. The interval is computed from
    alpha and n as they are printed."""
    _, scale = study.scales[entry.row.outcome]
    item_count = 0 if isinstance(scale, Composite) or scale.is_given else len(scale.items)
    alpha = decision.printed_mean
    limits = feldt_interval(number_of(alpha), n, item_count) if alpha and n and item_count > 1 else (None, None)
    texts = {"alpha": alpha, "omega": decision.printed_sd if n else None}
    texts |= {f"alpha_ci95_{name}": _coefficient_text(limit) for name, limit in zip(("low", "high"), limits, strict=True)}
    for statistic, text in texts.items():
        row = results.get(_id(entry.row, statistic))
        if row is None:
            continue
        if text is None or n is None:
            rule = decision.rule or (FEWER if n is None else None)
            is_hidden = rule is not None
            printed_text, note = (MARK, row.note) if is_hidden else ("—", "undefined")
            yield replace(row, value=None, n=None, printed=printed_text, note=note, df=None, level=None), rule
        else:
            yield replace(row, value=number_of(text), n=n, printed=text, note=None, df=None), None


def coefficient_entries(entries: list[Coefficients], decisions: Mapping[str, ValueDecision]) -> dict[str, ValueEntry]:
    """What the ledger is to remember of those that are decided on anew."""
    return {
        entry.name: ValueEntry(
            entry.n, entry.alpha, entry.omega, decisions[entry.name].printed_mean, decisions[entry.name].printed_sd,
            decisions[entry.name].rule,
        )
        for entry in entries
        if not decisions[entry.name].is_repeated
    }  # fmt: skip
