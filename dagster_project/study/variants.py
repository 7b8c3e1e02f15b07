"""Variants: the same exports under definitions that differ in a declared way, computed beside the main analysis.

Belongs here: their declaration under `variants` in study.yaml, and whether it fits the roster. Does not belong here: the
study that a variant makes of a study (variant_study.py), who counts in it (models/variants.py).
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from dagster_project.languages import gettext, plain
from dagster_project.study.base import Code, Definition, as_list
from dagster_project.study.items import Positions
from dagster_project.study.participants import ParticipantVariable
from dagster_project.study.planned import Categories


class PeopleRule(Definition):
    """Whom a variant keeps or leaves out, by one variable of the roster."""

    variable: Code = Field(description="the variable of the roster, e.g. adherence")
    only: Categories = Field(default=(), description="the categories whose people are kept, e.g. [completed]")
    left_out: Categories = Field(
        default=(), alias="without", description="the categories whose people are left out, e.g. [north]"
    )
    minimum: float | None = Field(default=None, description="the lowest number of people who are kept, e.g. 6 (sessions)")
    maximum: float | None = Field(default=None, description="the highest number of people who are kept, e.g. 65 (years)")
    if_unknown: Literal["keep", "leave_out"] | None = Field(
        default=None,
        description="what to do with people whose variable is not known: keep or leave_out; asked about if left out",
    )

    @model_validator(mode="after")
    def _says_one_thing(self) -> "PeopleRule":
        n_rules = bool(self.only) + bool(self.left_out) + self.is_of_numbers
        if n_rules != 1:
            choice = "only or without, or minimum and maximum of a number"
            raise ValueError(
                f"people: {self.variable} says nothing of whom to keep; give {choice}"
                if not n_rules
                else f"people: {self.variable} is limited in two ways; keep one of {choice}"
            )
        if self.minimum is not None and self.maximum is not None and self.minimum > self.maximum:
            raise ValueError(f"people: {self.variable}: no number is at least {self.minimum:g} and at most {self.maximum:g}")
        for category in self.categories:
            if self.categories.count(category) > 1:
                raise ValueError(f"people: {self.variable} names {category!r} twice; keep it once")
        return self

    @property
    def is_of_numbers(self) -> bool:
        """Whether it limits a number rather than naming categories."""
        return self.minimum is not None or self.maximum is not None

    @property
    def categories(self) -> tuple[str, ...]:
        """The categories that it names."""
        return self.only or self.left_out

    def keeps(self, value: str | float | None) -> bool:
        """Whether it keeps a person of a category, or with a number; None where that is not known."""
        if value is None:
            return self.if_unknown == "keep"
        if isinstance(value, str):
            return (value in self.categories) == bool(self.only)
        is_large_enough = self.minimum is None or value >= self.minimum
        return is_large_enough and (self.maximum is None or value <= self.maximum)

    def in_words(self, labels: Mapping[tuple[str, str], str]) -> str:
        """The rule in labels: of a variable by (variable, ""), of a category by (variable, category)."""
        names = [labels.get((self.variable, category), category) for category in self.categories]
        if self.is_of_numbers:
            ends = [gettext("{value} or more", value=plain(self.minimum))] if self.minimum is not None else []
            ends += [gettext("{value} or less", value=plain(self.maximum))] if self.maximum is not None else []
            limits = gettext(" and ").join(ends)
        elif self.only:
            limits = gettext("only {categories}", categories=gettext(" or ").join(names))
        else:
            limits = gettext("without {categories}", categories=gettext(" and ").join(names))
        unknown = {
            "keep": gettext(", or not known"), "leave_out": gettext(", nobody of whom it is not known"), None: "",
        }[self.if_unknown]  # fmt: skip
        return f"{labels.get((self.variable, ''), self.variable)}: {limits}{unknown}"


class ScaleRule(Definition):
    """How a variant scores one scale; what is left out is as in the instrument."""

    items: Positions | None = Field(default=None, description="positions of its items, e.g. ['1-7', 9]")
    reversed: Positions | None = Field(default=None, description="positions of the items that are reversed; [] for none")
    minimum_answered: float | None = Field(
        default=None, gt=0, le=1, description="the share of items (above 0, up to 1) that must be answered, e.g. 1"
    )
    minimum_parts: float | None = Field(
        default=None, gt=0, le=1, description="of a composite: the share of parts (above 0, up to 1) that must have a score"
    )


class Variant(Definition):
    """The study under definitions that differ in what is named here, and in nothing else."""

    variant: Code = Field(description="a code such as per_protocol; it stands in ids of results")
    title: str | None = Field(default=None, description="its name as tables print it; its code if left out")
    people: Annotated[tuple[PeopleRule, ...], BeforeValidator(as_list)] = Field(
        default=(), description="whom it keeps, e.g. {variable: adherence, only: [completed]}; several rules must all hold"
    )
    scales: dict[Code, ScaleRule] = Field(
        default_factory=dict, description="scales that are scored otherwise, e.g. {mood_total: {minimum_answered: 1}}"
    )

    @property
    def label(self) -> str:
        """Its name as tables print it."""
        return self.title or self.variant

    @model_validator(mode="after")
    def _changes_something(self) -> "Variant":
        if not self.people and not self.scales:
            raise ValueError(f"variant {self.variant} changes nothing; give it people or scales, or take it out")
        for scale, rule in self.scales.items():
            if not rule.model_fields_set:
                raise ValueError(
                    f"variant {self.variant}: {scale} has no rule; give it items, reversed, minimum_answered or"
                    " minimum_parts"
                )
        return self


def unknown_people_question(variant: Variant, rule: PeopleRule, n_unknown: int) -> str:
    """What to say where a rule's variable is not known of some people, and nobody has decided."""
    people = "1 person" if n_unknown == 1 else f"{n_unknown} people"
    return (
        f"variant {variant.variant}: {rule.variable} is not known of {people}; say if_unknown: keep or leave_out under its"
        " people, or correct the roster"
    )


def variants_error(variants: Sequence[Variant], variables: Sequence[ParticipantVariable]) -> str | None:
    """What is wrong with the variants beside each other and beside the roster, in one line, or None."""
    codes = [variant.variant for variant in variants]
    if repeated_codes := [code for code in codes if codes.count(code) > 1]:
        return f"variants: {repeated_codes[0]} is declared twice; rename one"
    by_code = {variable.variable: variable for variable in variables}
    for variant in variants:
        for rule in variant.people:
            if error := _rule_error(rule, by_code):
                return f"variant {variant.variant}: people: {error}"
    return None


def _rule_error(rule: PeopleRule, by_code: Mapping[str, ParticipantVariable]) -> str | None:
    if (variable := by_code.get(rule.variable)) is None:
        names = f"its variables are {', '.join(by_code)}" if by_code else "it has no variables"
        return f"{rule.variable!r} is not a variable of the roster; {names}"
    if variable.kind == "number":
        return None if rule.is_of_numbers else f"{rule.variable} is a number; give minimum or maximum"
    if rule.is_of_numbers:
        return f"{rule.variable} has categories; give only or without"
    categories = [category.category for category in variable.categories]
    if unknown := [category for category in rule.categories if category not in categories]:
        return f"{unknown[0]!r} is not a category of {rule.variable}: {', '.join(categories)}"
    if set(rule.categories) == set(categories):
        if rule.left_out and rule.if_unknown != "keep":
            return f"{rule.variable} is without all of its categories, which leaves nobody; keep some"
        if rule.only and rule.if_unknown != "leave_out":
            return (
                f"{rule.variable} keeps all of its categories, which leaves nobody out; name fewer, or say if_unknown:"
                " leave_out"
            )
    return None
