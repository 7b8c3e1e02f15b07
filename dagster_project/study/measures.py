"""Measures without items: scores and numbers taken as they come, questions of yes or no or with categories.

Belongs here: their declaration under `measures` in study.yaml, and the instrument that they make. Does not belong here:
scales of items (instruments.py), facts of the roster that do not change (participants.py), services (protocol.py).
"""

from collections.abc import Sequence
from functools import cached_property
from typing import Annotated, ClassVar, Literal

from pydantic import Field, ValidationError

from dagster_project.study.base import Code, Definition, Text, WaveId
from dagster_project.study.instruments import Instrument, Scale
from dagster_project.study.items import Anchors, AnyDecimals, PlainNumber
from dagster_project.study.participants import Category
from dagster_project.study.scores import BandedScore, Importance

#: The block of an export, and the instrument, that measures without items make.
MEASURES = "measures"
#: The categories of a question of yes or no.
NO, YES = "no", "yes"


class FollowedMeasure(Definition):
    """What all measures share. waves: None for all of them."""

    measure: Code = Field(description="a code such as weight: lower case letters, digits, underscores")
    label: str = Field(description="its name as tables print it")
    waves: tuple[WaveId, ...] | None = Field(default=None, description="the waves that ask it; all of them if left out")

    def is_asked_in(self, wave: str | None) -> bool:
        """Whether a wave asks it."""
        return self.waves is None or wave in self.waves


class _Quantity(FollowedMeasure, BandedScore):
    """A number that a person has in a wave, with its limits."""

    low: PlainNumber = Field(description="the lowest number that counts; a lower one is rejected")
    high: PlainNumber = Field(description="the highest number that counts; a higher one is rejected")
    decimals: Annotated[int, Field(ge=0, le=6)] | Literal["any"] = Field(
        default=0,
        description="how many decimals it may have, e.g. 2 for 17.25, or any (default 0: whole numbers)",
    )
    unit: str | None = Field(default=None, description="its unit, e.g. kg, hours or points")
    source: str | None = Field(default=None, description="a citation: whose score it is, or how it was measured")
    importance: Importance | None = Field(default=None, description="the least change that matters, with its source")

    @property
    def anchors(self) -> Anchors:
        if self.decimals == "any":
            return AnyDecimals.between(self.low, self.high)
        return Anchors(low=self.low, high=self.high, decimals=self.decimals)

    @property
    def table_label(self) -> str:
        """Its name with its unit."""
        return f"{self.label} ({self.unit})" if self.unit else self.label


class Reliability(Definition):
    """How reliable a score is that came without its items, from which it could be computed."""

    value: float = Field(gt=0, lt=1, description="the reliability as published, between 0 and 1, e.g. 0.91")
    source: str = Field(description="a citation")


class GivenScore(_Quantity):
    """A score that an export holds without its items: a total, a subscale, a T score."""

    reliability: Reliability | None = Field(
        default=None, description="its published reliability; without it nobody can be told to have changed reliably"
    )

    better: Literal["high", "low", "neither"] = Field(description="high or low: which end of the score is good; or neither")


class Quantity(_Quantity):
    """A number that is no score: hours, kilograms, counts. Its limits are what can be true, not the ends of a scale."""

    better: Literal["high", "low", "neither"] = Field(
        default="neither", description="high or low where one direction is good; neither if left out"
    )


class YesNo(FollowedMeasure):
    """A question that is answered with yes or no."""

    yes_text: tuple[Text, ...] = Field(min_length=1, description="what an export writes for yes, e.g. ['Yes', '1']")
    no_text: tuple[Text, ...] = Field(min_length=1, description="what an export writes for no, e.g. ['No', '0']")

    @property
    def categories(self) -> tuple[Category, ...]:
        """No and yes, in the order of their codes."""
        return Category(category=NO, label="No", text=self.no_text), Category(category=YES, label="Yes", text=self.yes_text)

    def code_of(self, category: Category) -> int:
        """How an answer is stored: 0 for no, 1 for yes."""
        return self.categories.index(category)


class Categorical(FollowedMeasure):
    """A question that is answered with one of several categories."""

    categories: tuple[Category, ...] = Field(min_length=2, description="the categories, in table order")
    ordered: bool = Field(
        default=False, description="true where the categories are steps from the lowest to the highest, as they are listed"
    )

    def code_of(self, category: Category) -> int:
        """How an answer is stored: the place of the category, from 1."""
        return self.categories.index(category) + 1


def kind_of(measure: YesNo | Categorical) -> str:
    """What SQL and results call measures of its kind."""
    return "yes_no" if isinstance(measure, YesNo) else "category"


class GivenScale(Scale):
    """A score or a number that is taken as it comes."""

    is_given: ClassVar[bool] = True
    is_score: bool
    source: str | None = None
    reliability: Reliability | None = None

    @property
    def has_ends(self) -> bool:
        """A score has them; the limits of a number are what can be true."""
        return self.is_score


class MeasuresInstrument(Instrument):
    """The measures of a study as an instrument: each is an item of its own name, scores and numbers scales of one item."""

    scales: tuple[Scale, ...] = ()
    names: tuple[str, ...]
    limits: tuple[Anchors | AnyDecimals, ...]

    def anchors_of(self, position: int) -> Anchors:
        """The measure's limits, or the numbers that its categories are stored as."""
        return self.limits[position - 1]

    def item_code(self, position: int) -> str:
        """The measure's code."""
        return self.names[position - 1]


class Measures(Definition):
    """What is followed over the waves without being scored from items."""

    scores: tuple[GivenScore, ...] = Field(default=(), description="scores taken as they come, without their items")
    numbers: tuple[Quantity, ...] = Field(default=(), description="numbers such as hours, kilograms or counts")
    yes_no: tuple[YesNo, ...] = Field(default=(), description="questions that are answered with yes or no")
    categories: tuple[Categorical, ...] = Field(default=(), description="questions answered with one of several categories")

    @property
    def quantities(self) -> tuple[GivenScore | Quantity, ...]:
        """Scores and numbers."""
        return (*self.scores, *self.numbers)

    @property
    def categorical(self) -> tuple[YesNo | Categorical, ...]:
        """Questions of yes or no, then of categories."""
        return (*self.yes_no, *self.categories)

    @property
    def entries(self) -> tuple[FollowedMeasure, ...]:
        """Every measure: scores, numbers, yes or no, categories."""
        return (*self.quantities, *self.categorical)

    @cached_property
    def instrument(self) -> MeasuresInstrument:
        """The instrument that they make."""
        anchors = [quantity.anchors for quantity in self.quantities]
        for measure in self.categorical:
            codes = [measure.code_of(category) for category in measure.categories]
            anchors.append(Anchors(low=codes[0], high=codes[-1]))
        return MeasuresInstrument(
            instrument=MEASURES,
            name="Scores and numbers",
            source="the exports",
            licence="none needed",
            anchors=anchors[0],
            limits=tuple(anchors),
            item_count=len(self.entries),
            minimum_answered=1,
            scales=tuple(_given_scale(quantity, position) for position, quantity in enumerate(self.quantities, start=1)),
            names=tuple(measure.measure for measure in self.entries),
        )


def _given_scale(quantity: GivenScore | Quantity, position: int) -> GivenScale:
    return GivenScale(
        scale=quantity.measure,
        label=quantity.table_label,
        better=quantity.better,
        bands=quantity.bands,
        cut_offs=quantity.cut_offs,
        items=(position,),
        aggregate="sum",
        importance=quantity.importance,
        is_score=isinstance(quantity, GivenScore),
        source=quantity.source,
        reliability=quantity.reliability if isinstance(quantity, GivenScore) else None,
    )


def measures_error(measures: Measures, waves: Sequence[str]) -> str | None:
    """What is wrong with a declaration, in one line, or None. waves: those of the study."""
    codes = [measure.measure for measure in measures.entries]
    if not codes:
        return "measures declares none; list scores, numbers, yes_no or categories, or take measures out"
    if repeated_codes := [code for code in codes if codes.count(code) > 1]:
        return f"measure {repeated_codes[0]} is declared twice; keep one"
    for measure in measures.entries:
        if unknown_waves := [wave for wave in measure.waves or () if wave not in waves]:
            return f"measure {measure.measure} names the unknown wave {unknown_waves[0]}; the waves are {', '.join(waves)}"
    if line := next(filter(None, map(_categories_error, measures.categories)), None):
        return line
    for quantity in measures.quantities:
        try:
            _ = quantity.anchors
        except ValidationError as error:
            return f"measure {quantity.measure}: {_message(error)}"
    try:
        _ = measures.instrument
    except ValidationError as error:
        return f"measures: {_message(error)}"
    return None


def _categories_error(measure: Categorical) -> str | None:
    codes = [category.category for category in measure.categories]
    if repeated_codes := [code for code in codes if codes.count(code) > 1]:
        return f"measure {measure.measure} lists the category {repeated_codes[0]} twice; keep it once"
    if ambiguous_codes := [code for code in codes if "_to_" in code]:
        return (
            f"measure {measure.measure}: the category {ambiguous_codes[0]} has _to_ in it, which results write between two"
            " categories; rename it"
        )
    return None


def _message(error: ValidationError) -> str:
    return error.errors()[0]["msg"].removeprefix("Value error, ")
