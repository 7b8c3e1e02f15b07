"""How many people each variant keeps by the categories of the roster, and what it leaves open.

Belongs here: what `check` says of it, and asks. Does not belong here: the rule (study/variants.py, and for a run
models/variants.py), reading files (exports/). Limits of numbers are told apart by a run, which types them.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from dagster_project.exports import ContractResult, listed_people
from dagster_project.study import PeopleRule, Study, Variant, unknown_people_question


@dataclass(frozen=True)
class VariantFinding:
    """One line about a variant. kind: info, warning (it keeps nobody) or question (a run would ask it, too)."""

    kind: str
    message: str


def variant_findings(study: Study, roster: Iterable[ContractResult]) -> Iterator[VariantFinding]:
    """A line for each rule about categories, and its question."""
    if not study.protocol.variants:
        return
    people = [person for contract in roster for person in listed_people(study, contract)]
    for variant in study.protocol.variants:
        for rule in variant.people:
            if not rule.is_of_numbers and people:
                yield from _of_rule(study, variant, rule, [person.categories[rule.variable] for person in people])


def _of_rule(study: Study, variant: Variant, rule: PeopleRule, categories: list[str | None]) -> Iterator[VariantFinding]:
    n_kept, n_unknown = sum(rule.keeps(category) for category in categories), categories.count(None)
    if n_unknown and rule.if_unknown is None:
        yield VariantFinding("question", unknown_people_question(variant, rule, n_unknown))
        return
    words = f"variant {variant.variant}: {n_kept} of {len(categories)} people ({rule.in_words(study.protocol.labels)})"
    yield VariantFinding("info" if n_kept else "warning", words if n_kept else f"{words}: nobody")
