"""How many people each variant keeps by what the roster says of them, and what it leaves open.

Belongs here: what `check` says of it, and asks. Does not belong here: the rule (study/variants.py, and for a run
models/variants.py), reading files (exports/).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from dagster_project.exports import ContractResult, ListedPerson, listed_people
from dagster_project.study import PeopleRule, Study, Variant, unknown_people_question


@dataclass(frozen=True)
class VariantFinding:
    """One line about a variant. kind: info, warning (it keeps nobody) or question (a run would ask it, too)."""

    kind: str
    message: str


def variant_findings(study: Study, roster: Iterable[ContractResult]) -> Iterator[VariantFinding]:
    """A line for each rule, or its question; and where a variant has several, how many people all of them keep."""
    if not study.protocol.variants:
        return
    people = [person for contract in roster for person in listed_people(study, contract)]
    if not people:
        return
    for variant in study.protocol.variants:
        has_question = False
        for rule in variant.people:
            values = [_value(rule, person) for person in people]
            if None in values and rule.if_unknown is None:
                has_question = True
                yield VariantFinding("question", unknown_people_question(variant, rule, values.count(None)))
            else:
                yield _finding(variant, [rule.keeps(value) for value in values], rule.in_words(study.protocol.labels))
        if len(variant.people) > 1 and not has_question:
            keeps_all = [all(rule.keeps(_value(rule, person)) for rule in variant.people) for person in people]
            yield _finding(variant, keeps_all, "all of its rules")


def _value(rule: PeopleRule, person: ListedPerson) -> str | float | None:
    return person.numbers[rule.variable] if rule.is_of_numbers else person.categories[rule.variable]


def _finding(variant: Variant, keeps: Sequence[bool], rule_words: str) -> VariantFinding:
    words = f"variant {variant.variant}: {sum(keeps)} of {len(keeps)} people ({rule_words})"
    return VariantFinding("info" if any(keeps) else "warning", words if any(keeps) else f"{words}: nobody")
