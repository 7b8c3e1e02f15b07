"""For whom a wave, or a block of a wave, is planned: a condition on what the roster says of people.

Belongs here: the keys, the conditions of a study as a list, and whether one holds for a person. Does not belong here: what
fits a study (planned_checks.py), reading the roster's cells (exports/), the same rule for a run (dbt/macros/planned.sql; a
test holds the two together).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from dagster_project.languages import gettext
from dagster_project.study.base import Code, Definition, Text

#: The keys that say for whom something is planned.
PLANNED_KEYS = ("planned_for", "planned_if_unknown", "unplanned_answers")

_MAX_LISTED = 5


def _as_categories(value: object) -> object:
    return (value,) if isinstance(value, str | int | float) else value


Categories = Annotated[tuple[Text, ...], BeforeValidator(_as_categories)]


class PlannedFor(Definition):
    """What a wave and a block of a wave have in common: they may be planned for a part of the people only."""

    planned_for: dict[Code, Categories] | None = Field(
        default=None,
        description="whom it is planned for, by variables of the roster that must all hold, e.g. {arm: [intervention]};"
        " everybody if left out",
    )
    planned_if_unknown: Literal["planned", "not_planned"] | None = Field(
        default=None,
        description="what to take people for whose variable is missing: planned or not_planned; asked about if left out",
    )
    unplanned_answers: Literal["keep", "set_aside"] | None = Field(
        default=None,
        description="what to do with answers of people whom it is not planned for: keep (they count) or set_aside (they"
        " count nowhere); asked about if left out",
    )

    @model_validator(mode="after")
    def _has_a_condition(self) -> "PlannedFor":
        is_empty = not self.planned_for and "planned_for" in self.model_fields_set
        if self.planned_for is None and not is_empty:
            for key in PLANNED_KEYS[1:]:
                if getattr(self, key) is not None:
                    raise ValueError(f"{key} says nothing without planned_for; declare planned_for, or take {key} out")
            return self
        if is_empty or self.planned_for is None:
            raise ValueError(
                "planned_for holds no condition; name a variable and its categories, or take planned_for out: what is"
                " planned for everybody needs none"
            )
        for variable, categories in self.planned_for.items():
            if not categories:
                raise ValueError(f"planned_for: {variable} names no category, so it is planned for nobody; name one")
            if repeated_categories := [category for category in categories if categories.count(category) > 1]:
                raise ValueError(f"planned_for: {variable} names {repeated_categories[0]!r} twice; keep it once")
        return self


@dataclass(frozen=True)
class Condition:
    """For whom a wave is planned, or one of its blocks (None: the wave itself), and what to do with the others' answers."""

    wave: str
    block: str | None
    categories: Mapping[str, Sequence[str]]
    if_unknown: str | None
    unplanned_answers: str | None

    @property
    def subject(self) -> str:
        return self.wave if self.block is None else f"{self.wave}, block {self.block}"

    @property
    def in_words(self) -> str:
        """The condition by its codes, e.g. 'arm: intervention; sex: female or other'."""
        return self.with_labels({})

    def with_labels(self, labels: Mapping[tuple[str, str], str]) -> str:
        """The same in labels: of a variable by (variable, ""), of a category by (variable, category)."""
        return "; ".join(
            f"{labels.get((variable, ''), variable)}:"
            f" {gettext(' or ').join(labels.get((variable, category), category) for category in categories)}"
            for variable, categories in self.categories.items()
        )

    def holds_for(self, person: Mapping[str, str | None]) -> bool | None:
        """Whether it holds for a person; None where that is unknown. person: the category by variable, None where it is
        missing. A variable that fails decides, also where another one is missing."""
        verdicts = [
            None if (category := person.get(variable)) is None else category in categories
            for variable, categories in self.categories.items()
        ]
        return False if False in verdicts else None if None in verdicts else True

    def is_planned_for(self, person: Mapping[str, str | None]) -> bool:
        """The same, with what is declared for people of whom it is unknown; without a declaration they count as planned."""
        verdict = self.holds_for(person)
        return self.if_unknown != "not_planned" if verdict is None else verdict


def condition_of(declaration: PlannedFor, wave: str, block: str | None = None) -> Condition | None:
    """A declaration as a condition; None where it has none."""
    if declaration.planned_for is None:
        return None
    return Condition(wave, block, declaration.planned_for, declaration.planned_if_unknown, declaration.unplanned_answers)


@dataclass(frozen=True)
class WaveConditions:
    """The conditions of one wave that is not planned for everybody, or not with all of its blocks.

    wave_condition: the wave's own. blocks: those of its blocks. has_block_for_all: whether a block has none.
    """

    wave: str
    wave_condition: Condition | None
    blocks: tuple[Condition, ...]
    has_block_for_all: bool

    @property
    def is_for_some(self) -> bool:
        """Whether the wave itself may be planned for a part of the people only."""
        return self.wave_condition is not None or not self.has_block_for_all

    @property
    def in_words(self) -> str:
        """For whom the wave is planned, if not for everybody, by codes."""
        return self.with_labels({})

    def with_labels(self, labels: Mapping[tuple[str, str], str]) -> str:
        """The same in labels, as of a condition."""
        words = [self.wave_condition.with_labels(labels)] if self.wave_condition is not None else []
        if not self.has_block_for_all:
            blocks = list(dict.fromkeys(block.with_labels(labels) for block in self.blocks))
            alternatives = gettext(" or ").join(blocks)
            words.append(alternatives if len(blocks) == 1 or not words else f"({alternatives})")
        return gettext(" and ").join(words)

    def is_planned_for(self, person: Mapping[str, str | None]) -> bool:
        """Whether the wave is planned for a person: its own condition holds, and one of its blocks is planned."""
        return (self.wave_condition is None or self.wave_condition.is_planned_for(person)) and (
            self.has_block_for_all or any(block.is_planned_for(person) for block in self.blocks)
        )


def are_disjoint(conditions: Iterable[Condition]) -> str | None:
    """A variable of which no category satisfies all of some conditions; None if there is none."""
    common: dict[str, set[str]] = {}
    for condition in conditions:
        for variable, categories in condition.categories.items():
            common[variable] = common.get(variable, set(categories)) & set(categories)
    return next((variable for variable, categories in common.items() if not categories), None)


def unknown_question(condition: Condition, locations: Sequence[str]) -> str:
    """What to say where it is unknown whether a condition holds, and nobody has decided. locations: of people, in words."""
    return (
        f"{condition.subject}: whether it is planned is unknown for {_people(len(locations))}, without a category of"
        f" {' or '.join(condition.categories)}: {_location_list(locations)}; say planned_if_unknown: planned or not_planned"
        f" {_cure_location(condition)}, or correct the roster"
    )


def unplanned_question(condition: Condition, locations: Sequence[str]) -> str:
    """What to say of people who answered what is not planned for them, where nobody has decided."""
    return (
        f"{condition.subject}: {_people(len(locations))} answered it, though it is planned for others"
        f" ({condition.in_words}): {_location_list(locations)}; say unplanned_answers: keep (they count) or set_aside (they"
        f" count nowhere) {_cure_location(condition)}, or correct the roster"
    )


def _people(n: int) -> str:
    return "1 person" if n == 1 else f"{n} people"


def _location_list(locations: Sequence[str]) -> str:
    return ", ".join(locations[:_MAX_LISTED]) + (
        f" and {len(locations) - _MAX_LISTED} more" if len(locations) > _MAX_LISTED else ""
    )


def _cure_location(condition: Condition) -> str:
    return "under the wave" if condition.block is None else "under the block of the export"
