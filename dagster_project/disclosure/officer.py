"""The report of the data protection officer: what is hidden in the public release, by which rule, and what can still be
known.

Belongs here: the report's words and its table. Does not belong here: any decision. It holds small counts and is for the team
alone.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from dagster_project.disclosure.bounds import UNKNOWN
from dagster_project.disclosure.brackets import MARK
from dagster_project.disclosure.public_results import RULES, PublicResults
from dagster_project.markdown import markdown_table
from dagster_project.report import write_csv
from dagster_project.results import ResultRow
from dagster_project.study import Disclosure

_HEADER = ("number", "value", "rule", "printed", "may_be_from", "may_be_to")
#: A small count that is printed nowhere.
_NOT_PRINTED = "printed nowhere"


def write_officer_report(
    folder: Path, rule: Disclosure, results: Mapping[str, ResultRow], public: PublicResults, release: str
) -> None:
    """Write disclosure_report.md and disclosure_report.csv. results: the team's."""
    folder.mkdir(exist_ok=True)
    folder.chmod(0o700)  # small counts are for those who run the study
    records = [*_count_records(rule, public), *_value_records(rule, results, public)]
    write_csv(folder / "disclosure_report.csv", [_HEADER, *records])
    text = "\n\n".join([*_summary(rule, public, release), _hidden_table(records), *_limits(rule, public)])
    (folder / "disclosure_report.md").write_text(text + "\n", encoding="utf-8")


Record = tuple[str, str, str, str, str, str]


def _count_records(rule: Disclosure, public: PublicResults) -> list[Record]:
    """Hidden counts, and small ones that are printed nowhere, with values that they may have for all that is public."""
    records = []
    for name, value in public.registry.values.items():
        rule_name = public.suppression.rules.get(name)
        is_unprinted = name not in public.registry.costs and 0 < value < rule.minimum
        if rule_name is not None or is_unprinted:
            low, high = public.suppression.ranges.get(name, UNKNOWN)
            words = RULES[rule_name].format(minimum=rule.minimum) if rule_name is not None else _NOT_PRINTED
            printed_text = MARK if rule_name is not None else ""
            records.append((name, str(value), words, printed_text, _end(low), _end(high)))
    return records


def _end(value: float) -> str:
    return "" if math.isinf(value) else f"{round(value, 1) + 0.0:g}"


def _value_records(rule: Disclosure, results: Mapping[str, ResultRow], public: PublicResults) -> list[Record]:
    records = []
    for value_set in public.sets:
        decision = public.decisions[value_set.name]
        row = public.rows.get(value_set.mean_id)
        if row is not None and row.printed == MARK:
            rule_name = decision.rule or public.suppression.rules.get(value_set.name, "fewer")
            words = RULES[rule_name].format(minimum=rule.minimum)
            records.append((value_set.mean_id, results[value_set.mean_id].printed, words, MARK, "", ""))
    return records


def _summary(rule: Disclosure, public: PublicResults, release: str) -> list[str]:
    rows = [row for row in public.rows.values() if row.analysis != "norm"]
    hidden = [row for row in rows if row.printed == MARK]
    by_rule = Counter(row.note or "" for row in hidden)
    rounded_count = len(public.suppression.counts) if rule.round_to > 1 else 0
    by_analysis = Counter(row.analysis for row in rows)
    visible = Counter(row.analysis for row in rows if row.printed != MARK)
    repeated_names = [name for name, decision in public.decisions.items() if decision.is_repeated]
    return [
        f"# What the public release {release} hides",
        "For the data protection officer and the team. It holds the small counts themselves: it is not to be given on.",
        f"Declared: minimum {rule.minimum}, rounding to {rule.round_to} ({rule.rounding}), protection {rule.least_width},"
        " zeros"
        f" {rule.zeros}, dominance {rule.dominance:g}, keeps {rule.keeps}, edition {rule.edition}.",
        f"{len(hidden)} of {len(rows)} numbers are hidden; {len(rows) - len(hidden)} are shown"
        f" ({100 * (len(rows) - len(hidden)) / max(1, len(rows)):.0f} %). {rounded_count} counts are rounded.",
        markdown_table(["rule", "numbers"], [(words, str(count)) for words, count in by_rule.most_common()]),
        markdown_table(
            ["analysis", "shown", "of"],
            [(analysis, str(visible[analysis]), str(count)) for analysis, count in sorted(by_analysis.items())],
        ),
        f"Public releases of this edition: {', '.join(public.ledger.releases)}. {len(public.suppression.fixed)} counts and"
        f" {len(repeated_names)} means are as an earlier release decided on them.",
    ]


def _hidden_table(records: Sequence[Record]) -> str:
    """Everything hidden; with values that a small count may have for all that is public."""
    rows = [
        (f"`{name}`", value, words, f"{low or '0'} to {high or 'no end'}" if words and (low or high) else "")
        for name, value, words, _, low, high in records
    ]
    return "## Number by number\n\n" + markdown_table(["number", "value", "why", "may be, for all that is public"], rows)


def _narrow_words(public: PublicResults) -> str:
    """How many small counts somebody can narrow down further, who needs no new release for it."""
    if not (count := len(public.suppression.already_narrow)):
        return ""
    return (
        f"; they say so of {count} of these counts, to somebody who knows exactly who came and went. This release adds"
        " nothing to that, and tells others no more than is declared"
    )


def _limits(rule: Disclosure, public: PublicResults) -> list[str]:
    texts = [
        "## What is promised, and what is not",
        "Counts: each small count may be anything in the interval above, and perhaps more: its ends were solved from"
        " every printed count of this release and every sum between counts"
        " that the"
        " software knows, with what earlier releases of this edition printed, also by somebody who has the whole roster with"
        " its characteristics and groups, and knows of every number by how many people it differs from the earlier one."
        " Unless the roster or earlier releases say so by themselves, none of these intervals is narrower"
        f" than {rule.least_width} people{_narrow_words(public)}. Means: no mean, SD or combination of means of a"
        f" measure is of fewer than {rule.minimum} people.",
        "Not promised: anything against somebody who knows all but a few of the people from elsewhere; other publications"
        " from"
        " the same data, papers and the team's own release among them; the words of the protocol (title, source, labels),"
        " which are printed as they are; sums that only the study's people know of (that two services are never used"
        " together, for example); releases of other editions, or made with another ledger.",
        "Means and SDs are tested for what is linear in them. That an interval or a p tells how many people it is of is"
        " ruled out"
        " by computing both from what is printed.",
    ]
    if public.suppression.fixed or any(decision.is_repeated for decision in public.decisions.values()):
        texts.append(
            f"Counts and means of which fewer than {rule.minimum} people have come or gone since an earlier public"
            " release are"
            " printed as they were then: they lag behind the study."
        )
    return texts
