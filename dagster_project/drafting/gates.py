"""Which items of a block are asked only after certain answers to others: a proposal from REDCap's data dictionary.

Belongs here: simple rules on items of the same block. Does not belong here: rules on other fields, which are named, not
drafted; the line that is written (instrument_text.py).
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from dagster_project.drafting.answers import Answers
from dagster_project.drafting.blocks import Block, Item
from dagster_project.exports import DictionaryField

_COMPARISON = re.compile(
    r"""\s*\[(?P<field>[a-z0-9_]+)\]\s*(?P<sign>=|<>|!=|>=|<=|>|<)\s*(?P<quote>['"]?)(?P<number>-?\d+)(?P=quote)\s*"""
)
_WORD = re.compile(r"\s(and|or)\s", re.IGNORECASE)


@dataclass(frozen=True)
class GateProposal:
    """Items, by position, that are asked only after certain answers. conditions: position and answers of each. combined_by:
    all or any of them."""

    items: tuple[int, ...]
    conditions: tuple[tuple[int, tuple[int, ...]], ...]
    combined_by: str


@dataclass(frozen=True)
class GateProposals:
    """What the dictionary says of a block's items. undrafted: positions of items with rules that are no simple ones."""

    gates: tuple[GateProposal, ...] = ()
    undrafted: tuple[int, ...] = ()

    @property
    def positions(self) -> tuple[int, ...]:
        """Of all items with a rule."""
        return (*(position for gate in self.gates for position in gate.items), *self.undrafted)


def find_gates(block: Block, answers: Answers, fields: Sequence[DictionaryField]) -> GateProposals:
    """The gates of a block whose answers are whole numbers: the codes of the dictionary are those of the export then."""
    rules = {field.name: field.branching for field in fields if field.branching}
    positions = {name: position for position, item in enumerate(block.items, start=1) for name in _names(item)}
    items_by_rule: dict[tuple[tuple[tuple[int, tuple[int, ...]], ...], str], list[int]] = {}
    undrafted = []
    for position, item in enumerate(block.items, start=1):
        rule = next((rules[name] for name in _names(item) if name in rules), None)
        if rule is None:
            continue
        conditions = None if answers.labels or answers.decimals else _conditions(rule, positions, answers)
        if conditions is None or any(gate == position for gate, _ in conditions[0]):
            undrafted.append(position)
        else:
            items_by_rule.setdefault(conditions, []).append(position)
    gates = tuple(GateProposal(tuple(items), *conditions) for conditions, items in items_by_rule.items())
    return GateProposals(gates, tuple(undrafted))


def _names(item: Item) -> Iterable[str]:
    return {item.stem, *(column.name for column in item.columns.values())}


def _conditions(
    rule: str, positions: Mapping[str, int], answers: Answers
) -> tuple[tuple[tuple[int, tuple[int, ...]], ...], str] | None:
    """The conditions of comparisons that are joined by one word; None for any other rule."""
    rule = " ".join(rule.split())
    words = {word.lower() for word in _WORD.findall(rule)}
    if len(words) > 1:
        return None
    answers_by_gate: dict[int, set[int]] = {}
    is_any = words == {"or"}
    possible = answers.codes or tuple(range(answers.low, answers.high + 1))
    for text in _WORD.split(rule)[::2]:
        comparison = _COMPARISON.fullmatch(_without_brackets(text))
        if comparison is None or comparison["field"] not in positions:
            return None
        met_by = {code for code in possible if _is_met(code, comparison["sign"], int(comparison["number"]))}
        gate = positions[comparison["field"]]
        earlier = answers_by_gate.setdefault(gate, set() if is_any else set(possible))
        answers_by_gate[gate] = earlier | met_by if is_any else earlier & met_by
    if any(not 0 < len(codes) < len(possible) for codes in answers_by_gate.values()):
        return None
    conditions = tuple((gate, tuple(sorted(codes))) for gate, codes in answers_by_gate.items())
    return conditions, "any" if is_any and len(conditions) > 1 else "all"


def _without_brackets(text: str) -> str:
    text = text.strip()
    while text.startswith("(") and text.endswith(")"):
        text = text[1:-1].strip()
    return text


def _is_met(code: int, sign: str, number: int) -> bool:
    return {
        "=": code == number, "<>": code != number, "!=": code != number, ">": code > number, "<": code < number,
        ">=": code >= number, "<=": code <= number,
    }[sign]  # fmt: skip
