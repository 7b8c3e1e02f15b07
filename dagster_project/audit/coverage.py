"""By which rules each number of a table was checked, or why by none.

Belongs here: the reasons in words. Does not belong here: the rules, pages (html_page.py).
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from dagster_project.audit.assumptions import UNKNOWN_SCALE, Facts
from dagster_project.audit.examined import Examined
from dagster_project.audit.read import STATISTIC_ALIASES
from dagster_project.results.published import PublishedValue

#: What a number of a statistic would need that no rule had.
_NEEDED = {
    "n": "nothing beside it depends on n",
    "count": "neither n nor a percentage stands beside it",
    "percent": "neither a count nor n stands beside it",
    "sd": "no range, SE, t, interval or other group stands beside it",
    "se": "neither SD and n, nor an interval or t stand beside it",
    "change": "neither both means nor an interval stand beside it",
    "estimate": "neither SE nor an interval stands beside it",
    "ci_low": "what the interval is of is not printed",
    "ci_high": "what the interval is of is not printed",
    "p": "no statistic, interval or summaries that give it stand beside it",
    "t": "neither change and SE, nor means, SDs and n, nor p stand beside it",
    "df": "neither n nor p stands beside it",
    "es": "neither a change nor means and SDs stand beside it",
    "correlation": "neither n with p, nor both SDs with a test stand beside it",
    "norm_mean": "a norm is compared with nothing that is printed",
    "norm_sd": "a norm is compared with nothing that is printed",
}
_NO_NEIGHBOURS = "no rule had the numbers beside it that it needs"


@dataclass(frozen=True)
class NumberCheck:
    """A number, the rules that compared it, and, where there are none, why."""

    value: PublishedValue
    rules: tuple[str, ...]
    reason: str = ""


def number_checks(values: Sequence[PublishedValue], examined: Examined, facts: Facts) -> list[NumberCheck]:
    """Of all numbers, in the order of the table."""
    sizes = {(value.section, value.label, value.timepoint) for value in values if value.statistic == "n"}
    checks = []
    for value in values:
        rules = tuple(sorted(examined.rules.get(value, ())))
        checks.append(NumberCheck(value, rules, "" if rules else _reason(value, facts, sizes)))
    return checks


def _reason(value: PublishedValue, facts: Facts, sizes: set[tuple[str, str, str]]) -> str:
    if value.statistic not in STATISTIC_ALIASES:
        return f"no rule knows the statistic {value.statistic!r}"
    if value.statistic == "mean":
        if (value.section, value.label, value.timepoint) not in sizes:
            return "n is not printed beside it"
        if facts.get((value.section, value.label), UNKNOWN_SCALE).steps is None:
            return "GRIM: the number of items is not given; and no range, interval or change stands beside it"
        return "GRIM: n is so large that every mean of these decimals is possible"
    return _NEEDED.get(value.statistic, _NO_NEIGHBOURS)


def coverage_lines(checks: Sequence[NumberCheck]) -> list[str]:
    """How many of the numbers were checked by how many rules, and the commonest reasons of the others."""
    checked = [check for check in checks if check.rules]
    n_rules = len({rule for check in checked for rule in check.rules})
    lines = [f"checked: {len(checked)} of {len(checks)} numbers, by {n_rules} rule{'' if n_rules == 1 else 's'}"]
    reasons = Counter((check.value.statistic, check.reason) for check in checks if not check.rules)
    lines += [f"  not checked: {count} {statistic}: {reason}" for (statistic, reason), count in reasons.most_common()]
    return lines
