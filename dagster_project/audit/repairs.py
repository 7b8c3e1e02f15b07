"""The one repair of a number that makes its row fit, where there is exactly one.

Belongs here: the usual slips undone, and trying each. Does not belong here: rules.
"""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from dagster_project.audit.assumptions import Assumptions, Facts
from dagster_project.audit.engine import examine_table
from dagster_project.audit.findings import NOTE, SEVERITIES, Finding
from dagster_project.audit.related_tables import related_tables
from dagster_project.results.published import PublishedValue
from dagster_project.results.rounding import read_printed

_UNSIGNED = ("n", "count", "percent", "sd", "se", "p", "df", "min", "max")
#: As a number is printed, without zeros before it.
_NUMBER = re.compile(r"[-−]?(0|[1-9]\d*)?(\.\d+)?")
#: By how much the numbers of a row must fit better.
_MIN_GAIN = 2


@dataclass(frozen=True)
class RowFinding:
    """The gravest finding of a row, its others, and the repair that fits, in words."""

    finding: Finding
    further: tuple[Finding, ...] = ()
    repair: str = ""


def row_findings(
    findings: Sequence[Finding], values: Sequence[PublishedValue], facts: Facts, assumptions: Assumptions
) -> list[RowFinding]:
    """One a row, the gravest of each, in the order of the table. Notes stand for themselves."""
    by_row: dict[tuple[str, ...], list[Finding]] = {}
    for index, finding in enumerate(findings):
        value = finding.value
        key = (value.table, value.section, value.label, value.timepoint, "" if finding.severity != NOTE else str(index))
        by_row.setdefault(key, []).append(finding)
    tables = {value.table: group for group in related_tables(values) for value in group}
    rows = []
    for of_row in by_row.values():
        first = min(of_row, key=lambda finding: SEVERITIES.index(finding.severity))
        repair = _repair(first, tables[first.value.table], facts, assumptions) if first.severity != NOTE else ""
        rows.append(RowFinding(first, tuple(finding for finding in of_row if finding is not first), repair))
    return rows


def _repair(finding: Finding, values: Sequence[PublishedValue], facts: Facts, assumptions: Assumptions) -> str:
    judged_value = finding.value
    is_block = judged_value.statistic in ("count", "percent")
    part = [
        value
        for value in values
        if value.section == judged_value.section
        and (value.label == judged_value.label or (is_block and value.timepoint == judged_value.timepoint))
    ]
    score = _score(part, facts, assumptions)
    fits: dict[tuple[int, str], tuple[tuple[int, int], str]] = {}
    for index, value in enumerate(part):
        if not is_block or value.label == judged_value.label:
            for text, words in _candidates(value, values, part):
                if not _NUMBER.fullmatch(text) or float(read_printed(text)) == value.value:
                    continue
                repaired = [*part[:index], replace(value, printed=text, value=float(read_printed(text))), *part[index + 1 :]]
                fits[index, text] = (
                    _score(repaired, facts, assumptions),
                    f"{text} for {value.statistic} {value.printed} {words}",
                )
    best = max((fit for fit, _ in fits.values()), default=score)
    best_words = [words for fit, words in fits.values() if fit == best]
    is_better = best[0] == 0 and best[1] >= score[1] + _MIN_GAIN
    return f"{best_words[0]} would fit" if is_better and len(best_words) == 1 else ""


def _score(part: Sequence[PublishedValue], facts: Facts, assumptions: Assumptions) -> tuple[int, int]:
    """The findings above a note, counted negatively, and how much fits."""
    examined = examine_table(part, facts, None, replace(assumptions, excuses=False))
    return -sum(finding.severity != NOTE for finding in examined), examined.consistency


def _candidates(
    value: PublishedValue, values: Sequence[PublishedValue], part: Sequence[PublishedValue]
) -> Iterator[tuple[str, str]]:
    """The texts that the usual slips may have stood for."""
    text = value.printed.strip()
    if text.startswith(("<", ">", "≤", "≥")):
        return
    for position in range(len(text) - 1):
        if text[position : position + 2].isdigit() and text[position] != text[position + 1]:
            yield text[:position] + text[position + 1] + text[position] + text[position + 2 :], "(two digits swapped)"
    if value.statistic not in _UNSIGNED and value.value != 0:
        yield (text.lstrip("-−") if value.value < 0 else f"-{text}"), "(the sign)"
    if value.statistic not in ("n", "count", "df"):
        yield from _moved_points(text)
    if value.statistic == "n":
        sizes = {
            neighbour.printed
            for neighbour in values
            if neighbour.statistic == "n" and neighbour.timepoint == value.timepoint
        }
        yield from ((size, "(n of another row)") for size in sorted(sizes - {text}))
    if value.statistic in ("sd", "se"):
        n = next(
            (neighbour.value for neighbour in part if neighbour.timepoint == value.timepoint and neighbour.statistic == "n"),
            0.0,
        )
        if n > 1:
            factor = math.sqrt(n) if value.statistic == "sd" else 1 / math.sqrt(n)
            decimals = len(text.partition(".")[2])
            yield (
                f"{value.value * factor:.{decimals}f}",
                f"({'a standard error' if value.statistic == 'sd' else 'an SD'} was printed)",
            )


def _moved_points(text: str) -> Iterator[tuple[str, str]]:
    digits, _, decimals = text.partition(".")
    if not decimals and digits.lstrip("-−").isdigit() and len(digits) > 2:
        yield from (
            (f"{digits[:-decimals_lost]}.{digits[-decimals_lost:]}", "(a decimal point lost)") for decimals_lost in (1, 2)
        )
    elif decimals and digits.lstrip("-−").isdigit() and len(decimals) > 1:
        yield f"{digits}{decimals[0]}.{decimals[1:]}", "(the decimal point moved)"
        if len(digits.lstrip("-−")) > 1:
            yield f"{digits[:-1]}.{digits[-1]}{decimals}"[: len(text)], "(the decimal point moved)"
