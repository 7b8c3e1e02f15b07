"""Gates: items that are asked only after certain answers to other items, and what their blanks are then.

Belongs here: what an instrument's file may say of skips, what follows from it for a sheet of answers (the same rule for a
run: dbt/macros/gates.sql; a test holds the two together). Does not belong here: scoring, reading cells.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from dagster_project.study.base import Code, Definition
from dagster_project.study.items import Positions

if TYPE_CHECKING:
    from dagster_project.study.instruments import Instrument

#: Why an item has no answer that was not asked because of the answer to another one (a missing reason).
VALID_SKIP = "valid_skip"
#: What a cell is read as that does not say more than that nothing was answered.
_SILENT = ("blank", "not_asked")
ANSWERED_UNASKED, LEFT_UNASKED = "answered_though_not_asked", "not_asked_though_asked"
#: What helps where answers stand in items that were not to be asked and nothing says what they are.
ANSWERED_CURE = (
    "write answered_though_not_asked: keep (they count) or set_aside (the item was not asked) under its asked_if, or correct"
    " the answers after which it is asked"
)
UNANSWERED, LEFT_OUT = "unanswered", "left_out"
#: A range of more answer codes is a slip of the pen.
_MOST_CODES = 30_000
_RANGE = re.compile(r"\s*([+-]?\d+)(?:\s*-\s*([+-]?\d+))?\s*", re.ASCII)


def _answer_codes(value: object) -> object:
    """Answer codes written as numbers or as ranges ("1-4")."""
    codes: list[int] = []
    for part in value if isinstance(value, list | tuple) else [value]:
        if isinstance(part, bool):
            raise ValueError("YAML reads this as true/false; write the answer's code, e.g. 1")
        limits = _RANGE.fullmatch(str(part))
        if limits is None:
            raise ValueError(f"{part!r} is no answer code; write the code that the label stands for, e.g. 1, or '1-4'")
        low, high = int(limits[1]), int(limits[2] or limits[1])
        if low > high or high - low > _MOST_CODES:
            raise ValueError(f"{part!r} is no range of answer codes; write e.g. '1-4'")
        codes += range(low, high + 1)
    if not codes:
        raise ValueError("no answer is named, so that the items would never be asked")
    return tuple(dict.fromkeys(codes))


def _gating_item(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise ValueError("this is no item; write its position in this instrument, or the code of another's item: phq9_10")
    return int(value) if isinstance(value, str) and value.strip().isdecimal() else value


def _counted_as(value: object) -> object:
    if value is None or (isinstance(value, int) and not isinstance(value, bool)) or value in (UNANSWERED, LEFT_OUT):
        return value
    raise ValueError(f"this is neither a whole number nor {UNANSWERED} nor {LEFT_OUT}")


AnswerCodes = Annotated[tuple[int, ...], BeforeValidator(_answer_codes)]
GatingItem = Annotated[int | Code, BeforeValidator(_gating_item)]
_ITEM_WORDS = "position of the item whose answer decides, or the code of another instrument's item, e.g. phq9_10"
_IN_WORDS = "its answer codes after which the items are asked, before they are reversed or recoded, e.g. [1, 2] or ['1-4']"


class Condition(Definition):
    """An item and the answers to it after which others are asked."""

    item: GatingItem = Field(description=_ITEM_WORDS)
    answers: AnswerCodes = Field(alias="in", description=_IN_WORDS)


class Gate(Definition):
    """Items that are asked only after certain answers to one other item, or to several."""

    items: Positions = Field(min_length=1, description="positions of the items that may be skipped, e.g. ['2-8']")
    item: GatingItem | None = Field(default=None, description=_ITEM_WORDS)
    answers: AnswerCodes | None = Field(default=None, alias="in", description=_IN_WORDS)
    all: tuple[Condition, ...] = Field(
        default=(), description="conditions that must all hold, e.g. [{item: 1, in: [1, 2]}, {item: 2, in: [1]}]"
    )
    any: tuple[Condition, ...] = Field(
        default=(), description="conditions of which one must hold, e.g. [{item: 2, in: ['1-4']}, {item: 3, in: ['1-4']}]"
    )
    blank_counts_as: Annotated[int | Literal["unanswered", "left_out"] | None, BeforeValidator(_counted_as)] = Field(
        default=None,
        description="what an item that was not asked counts as in a score: a whole number (as after reversing and"
        " recoding), unanswered (an item without an answer) or left_out (the minimum is of the items that were asked)",
    )
    answered_though_not_asked: Literal["keep", "set_aside"] | None = Field(
        default=None,
        description="what an answer is that stands in an item that was not to be asked: keep (it counts) or set_aside (the"
        " item was not asked); asked about if left out",
    )

    @model_validator(mode="after")
    def _has_one_rule(self) -> "Gate":
        if (self.item is None) != (self.answers is None):
            raise ValueError("item and in belong together; give both")
        rules = [name for name, rule in (("item", self.item), ("all", self.all or None), ("any", self.any or None)) if rule]
        if len(rules) != 1:
            choices = "item and in, all, or any"
            raise ValueError(
                f"{' and '.join(rules)} are given; keep one of {choices}"
                if rules
                else f"nothing says after which answers the items are asked; give {choices}"
            )
        return self

    @property
    def conditions(self) -> tuple[Condition, ...]:
        if self.item is not None:
            return (Condition.model_validate({"item": self.item, "in": self.answers}),)
        return self.all or self.any

    @property
    def combined_by(self) -> str:
        return "any" if self.any else "all"


Codes = Mapping[str, float | str]


@dataclass(frozen=True)
class ItemCondition:
    """The answers to an item, by its code, after which another is asked."""

    gate: str
    answers: tuple[int, ...]

    def is_met(self, code: float | str) -> bool | None:
        """None where the item has no answer, so that nobody knows. code: an answer, or why there is none."""
        return code in self.answers if not isinstance(code, str) else False if code == VALID_SKIP else None


@dataclass(frozen=True)
class ItemGate:
    """What decides whether an item is asked. level: 1 where no gate's item is gated itself, else one above the highest."""

    item: str
    conditions: tuple[ItemCondition, ...]
    rule: Gate
    level: int

    def is_asked(self, codes: Codes) -> bool | None:
        """Whether the item is asked by the answers of a sheet; None where they do not say."""
        states = [condition.is_met(codes.get(condition.gate, "blank")) for condition in self.conditions]
        decisive = self.rule.combined_by == "any"
        return decisive if decisive in states else None if None in states else not decisive


def settle(gates: Iterable[ItemGate], codes: Codes) -> tuple[dict[str, float | str], dict[str, str]]:
    """A sheet as a run keeps it, and its contradictions by item. gates: by level. codes: answers, and reasons for none."""
    sheet, contradictions = dict(codes), {}
    for gate in gates:
        code, is_asked = sheet.get(gate.item), gate.is_asked(sheet)
        is_answer = isinstance(code, int | float)
        if is_asked is False and is_answer:
            contradictions[gate.item] = ANSWERED_UNASKED
        elif is_asked and code == "not_asked":
            contradictions[gate.item] = LEFT_UNASKED
        is_set_aside = is_answer and gate.rule.answered_though_not_asked == "set_aside"
        if is_asked is False and (code in _SILENT or is_set_aside):
            sheet[gate.item] = VALID_SKIP
    return sheet, contradictions


def gates_of(instruments: Sequence["Instrument"]) -> dict[str, ItemGate]:
    """Every gate by its item, those of lower levels first. Raises ValueError where gates go round."""
    rules = {
        instrument.item_code(position): (gate, _conditions(instrument, gate))
        for instrument in instruments
        for gate in instrument.asked_if
        for position in gate.items
    }
    gates_by_item = {
        item: [cond.gate for cond in conditions if cond.gate in rules] for item, (_, conditions) in rules.items()
    }
    levels: dict[str, int] = {}
    while open_items := [item for item in rules if item not in levels]:
        ready = [item for item in open_items if all(gate in levels for gate in gates_by_item[item])]
        if not ready:
            raise ValueError(f"asked_if: {_circle(open_items, gates_by_item)}; take one of them out")
        levels |= {item: 1 + max((levels[gate] for gate in gates_by_item[item]), default=0) for item in ready}
    gates = [ItemGate(item, conditions, gate, levels[item]) for item, (gate, conditions) in rules.items()]
    return {gate.item: gate for gate in sorted(gates, key=lambda gate: gate.level)}


def _conditions(instrument: "Instrument", gate: Gate) -> tuple[ItemCondition, ...]:
    return tuple(
        ItemCondition(
            instrument.item_code(condition.item) if isinstance(condition.item, int) else condition.item, condition.answers
        )
        for condition in gate.conditions
    )


def _circle(open_items: Sequence[str], gates_by_item: Mapping[str, Sequence[str]]) -> str:
    """The gates that go round, in words. open_items: each has a gate among them, so that following one leads to a circle."""
    path = [open_items[0]]
    while path[-1] not in path[:-1]:
        path.append(next(gate for gate in gates_by_item[path[-1]] if gate in open_items))
    circle = path[path.index(path[-1]) :]
    return ", ".join(f"{item} is asked by {gate}" for item, gate in pairwise(circle))


def check_gates(instrument: "Instrument") -> None:
    """Raise ValueError for a gate that an instrument's own items contradict."""
    positions = [position for gate in instrument.asked_if for position in gate.items]
    instrument.refuse_unknown("asked_if", positions)
    if duplicates := [position for position in positions if positions.count(position) > 1]:
        raise ValueError(f"asked_if names item {duplicates[0]} twice; put its conditions into one, under all or any")
    for gate in instrument.asked_if:
        for condition in gate.conditions:
            if isinstance(condition.item, int):
                instrument.refuse_unknown("asked_if", [condition.item])
                check_answers(condition, instrument, condition.item)
        _check_counting(instrument, gate)
    gates_of([instrument])


def check_answers(condition: Condition, instrument: "Instrument", position: int) -> None:
    """Raise ValueError where a condition names what is no answer, or every answer."""
    anchors = instrument.anchors_of(position)
    if anchors.decimals:
        raise ValueError(
            f"asked_if: item {condition.item} is answered with decimals ({anchors}), and in names whole numbers"
        )
    if unknown := [answer for answer in condition.answers if not anchors.is_answer(answer)]:
        raise ValueError(
            f"asked_if: {unknown[0]} is no answer to item {condition.item} ({anchors}); write answer codes under in, as they"
            " are before they are reversed or recoded"
        )
    if len(condition.answers) == anchors.answer_count:
        raise ValueError(
            f"asked_if: in has every answer to item {condition.item} ({anchors}); name those after which it asks"
        )


def _check_counting(instrument: "Instrument", gate: Gate) -> None:
    """What a skip counts as is said where it matters, and can be scored."""
    number = gate.blank_counts_as if isinstance(gate.blank_counts_as, int) else None
    scales = [scale for scale in instrument.scales if set(scale.items) & set(gate.items)]
    for scale in scales:
        position = next(position for position in gate.items if position in scale.items)
        if gate.blank_counts_as is None:
            raise ValueError(
                f"asked_if: item {position} is part of scale {scale.scale}; what does it count as where it was not asked?"
                " Write blank_counts_as: 0 (or another number), unanswered (an item without an answer) or left_out (the"
                " scale's minimum is of the items that were asked)"
            )
        if gate.blank_counts_as == LEFT_OUT and scale.conversion is not None:
            raise ValueError(
                f"asked_if: scale {scale.scale} has a conversion table, which needs all its items; write a number or"
                f" {UNANSWERED} for {LEFT_OUT}"
            )
        if gate.blank_counts_as == LEFT_OUT and len({instrument.scored_range(item) for item in scale.items}) > 1:
            raise ValueError(
                f"asked_if: the items of scale {scale.scale} have different ranges, and the mean of the others cannot stand"
                f" for item {position}; write a number or {UNANSWERED} for {LEFT_OUT}"
            )
        for item in set(gate.items) & set(scale.items):
            if number is None:
                break
            low, high = instrument.scored_range(item)
            has_many = instrument.anchors_of(item).decimals > 0
            if not low <= number <= high or not (has_many or number in instrument.scored_answers(item)):
                raise ValueError(
                    f"asked_if: blank_counts_as: {number} is nothing that an answer to item {item} counts as (from"
                    f" {low} to {high}, reversed and recoded); correct it"
                )
    if not scales and gate.blank_counts_as is not None:
        raise ValueError(
            f"asked_if: item {gate.items[0]} is part of no scale, so blank_counts_as means nothing; take it out"
        )


def gating_conditions(instrument: "Instrument") -> Iterator[Condition]:
    """The conditions on items of other instruments, or on an own item by its code."""
    for gate in instrument.asked_if:
        yield from (condition for condition in gate.conditions if isinstance(condition.item, str))


def counted_skips(instrument: "Instrument") -> dict[int, int]:
    """What items that were not asked count as, by position, where it is a number."""
    return {
        position: gate.blank_counts_as
        for gate in instrument.asked_if
        for position in gate.items
        if isinstance(gate.blank_counts_as, int)
    }


def left_out_items(instrument: "Instrument", items: Iterable[int]) -> list[int]:
    """Those of some items that a scale's minimum does not count where they were not asked."""
    left_out = {position for gate in instrument.asked_if if gate.blank_counts_as == LEFT_OUT for position in gate.items}
    return [position for position in items if position in left_out]
