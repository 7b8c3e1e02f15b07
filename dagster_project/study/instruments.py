"""Instruments: items by opaque code, anchors, reverse keys, scales and their scoring rules.

Belongs here: what an instrument's file may contain, and what follows from it by arithmetic (item codes, the range of a
scale, how many items must be answered). Does not belong here: the wording of others (never, anywhere), scores, SQL.
"""

import math
from collections.abc import Collection, Iterable
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from dagster_project.study.base import Code, Definition, as_list
from dagster_project.study.gates import Gate, check_gates, left_out_items
from dagster_project.study.items import Anchors, ItemAnchors, ItemLabel, PlainNumber, Positions, Recode, labels_error
from dagster_project.study.scores import Importance, Score


class Scale(Score):
    """A score made of items of one instrument."""

    items: Positions = Field(description="positions of its items, e.g. ['1-14'] or [1, 2, 3, 6]", min_length=1)
    aggregate: Literal["sum", "mean"] = Field(description="sum or mean of the (reversed) answers")
    minimum_answered: float | None = Field(
        default=None, gt=0, le=1, description="the share of items (above 0, up to 1) that must be answered for a score"
    )
    importance: Importance | None = Field(default=None, description="the least change that matters, with its source")
    multiply: float = Field(default=1, gt=0, description="what the sum or mean is multiplied by, above 0, e.g. 4")
    rounded: bool = Field(default=False, description="true where the score is rounded to a whole number, a half upwards")
    conversion: dict[int, float] | None = Field(
        default=None, description="a table from the complete raw sum to the reported score"
    )
    reversed: Positions | None = Field(
        default=None,
        description="positions of the items that are reversed in this scale, if not the instrument's; [] for none",
    )


class Composite(Score):
    """A score made of other scales of the same instrument: the mean, or the sum, of the parts that a person has."""

    parts: tuple[Code, ...] = Field(description="the codes of the scales it is made of", min_length=1)
    aggregate: Literal["mean", "sum"] = Field(default="mean", description="mean (if left out) or sum of the parts")
    minimum_parts: float | None = Field(
        default=None, gt=0, le=1, description="the share of parts (above 0, up to 1) that must have a score"
    )


class Assumption(Definition):
    """Something that the source does not say and that was decided in the study file."""

    about: str = Field(description="what the assumption is about, e.g. 'item counts'")
    statement: str = Field(description="what was assumed, and on what ground")


class Instrument(Definition):
    """A questionnaire: items by code, answer anchors, scales. Never wording that somebody else owns."""

    instrument: Code = Field(description="the instrument's code, the same as its file's name")
    name: str = Field(description="the instrument's full name")
    published_as: str | None = Field(default=None, description="the section heading it has in published tables")
    source: str = Field(description="a citation")
    licence: str = Field(description="a note on the terms of use")
    anchors: Anchors = Field(description="low and high answer code")
    item_anchors: tuple[ItemAnchors, ...] = Field(
        default=(), description="items with other anchors, e.g. [{items: ['9-10'], low: 0, high: 4, codes: [0, 2, 4]}]"
    )
    item_count: int = Field(gt=0, description="how many items the instrument has")
    wording: Literal["own", "free"] | None = Field(
        default=None,
        description="own where the study wrote the items, free where anybody may print them; left out, items have no labels",
    )
    item_labels: dict[int, ItemLabel] = Field(
        default={}, description="what items are called, by position, e.g. {1: Sleeps well}; one line each"
    )
    reversed: Positions = Field(default=(), description="positions of the items to reverse against their anchors")
    recode: tuple[Recode, ...] = Field(
        default=(),
        description="items whose answers count as other numbers, e.g. [{items: [1], codes: {1: 100, 2: 50, 3: 0}}]",
    )
    asked_if: Annotated[tuple[Gate, ...], BeforeValidator(as_list)] = Field(
        default=(),
        description="items that are asked only after certain answers to others, e.g. [{items: ['2-8'], item: 1, in: ['1-4'],"
        " blank_counts_as: 0}]",
    )
    minimum_answered: float = Field(
        default=0.8, gt=0, le=1, description="the share of a scale's items that must be answered (default 0.8)"
    )
    scales: tuple[Scale, ...] = Field(min_length=1, description="the instrument's scales")
    composites: tuple[Composite, ...] = Field(default=(), description="scores made of other scales")
    assumptions: tuple[Assumption, ...] = Field(default=(), description="what the source does not say")

    @model_validator(mode="after")
    def _consistent(self) -> "Instrument":
        self._check_items()
        codes = [scale.scale for scale in self.all_scales]
        if duplicates := [code for code in codes if codes.count(code) > 1]:
            raise ValueError(f"scale {duplicates[0]} is defined twice")
        for scale in self.scales:
            self._check_own_keys(scale)
            self.refuse_unknown(f"scale {scale.scale}", scale.items)
            if len(set(scale.items)) != len(scale.items):
                raise ValueError(f"scale {scale.scale} names an item twice")
            self._check_scoring(scale)
        for composite in self.composites:
            if unknown_scales := sorted(set(composite.parts) - {scale.scale for scale in self.scales}):
                raise ValueError(f"composite {composite.scale} names the unknown scale {unknown_scales[0]}")
            part_ranges = {self.score_range(part) for part in self.scales if part.scale in composite.parts}
            counts = (self.minimum_parts(composite), len(composite.parts))
            _refuse_unequal_ranges(f"composite {composite.scale}", "part", part_ranges, *counts)
        check_gates(self)
        for score in self.all_scales:
            _check_bands(score, *self.score_range(score))
            if isinstance(score, Scale) and score.importance is not None and score.better == "neither":
                raise ValueError(
                    f"scale {score.scale}: importance says from which change on people are better or worse, and better:"
                    " neither says that neither is; say high or low, or take importance out"
                )
        return self

    def refuse_unknown(self, name: str, positions: Iterable[int]) -> None:
        """Raise ValueError for a position that the instrument does not have. name: of the key that names it."""
        if unknown := sorted(set(positions) - set(range(1, self.item_count + 1))):
            raise ValueError(f"{name} names item {unknown[0]}, but the instrument has items 1 to {self.item_count}")

    def _check_items(self) -> None:
        """Each item has one pair of anchors and one way to count."""
        self.refuse_unknown("reversed", self.reversed)
        self.refuse_unknown("item_labels", self.item_labels)
        if error := labels_error(self.item_labels, self.wording):
            raise ValueError(error)
        for name, groups in (("item_anchors", self.item_anchors), ("recode", self.recode)):
            positions = [position for group in groups for position in group.items]
            self.refuse_unknown(name, positions)
            if duplicates := [position for position in positions if positions.count(position) > 1]:
                raise ValueError(f"{name} names item {duplicates[0]} twice; keep one")
        for group in self.recode:
            if reversed_items := sorted(set(group.items) & set(self.reversed)):
                raise ValueError(
                    f"recode and reversed both name item {reversed_items[0]}; write its direction into the codes, and take"
                    " it out of reversed"
                )
            for position in group.items:
                anchors = self.anchors_of(position)
                if anchors.decimals and anchors.codes is None:
                    raise ValueError(
                        f"recode names item {position}, whose answers have decimals; take it out, or give the item its codes"
                    )
                if missing := [answer for answer in anchors.answers if answer not in group.codes]:
                    raise ValueError(
                        f"recode: the codes lack the answer {missing[0]} to item {position} ({anchors}); add it"
                    )
                if unknown := [answer for answer in group.codes if not anchors.is_answer(answer)]:
                    raise ValueError(f"recode: {unknown[0]} is no answer to item {position} ({anchors}); correct the codes")

    def _check_own_keys(self, scale: Scale) -> None:
        for position in scale.reversed or ():
            if position not in scale.items:
                raise ValueError(f"scale {scale.scale}: reversed names item {position}, which is none of its items")
            if self.recoded(position) is not None:
                raise ValueError(
                    f"scale {scale.scale}: reversed names item {position}, which recode counts as other numbers; write its"
                    " direction into the codes"
                )

    def _check_scoring(self, scale: Scale) -> None:
        """The rule gives every complete set of answers a score, and an incomplete one none outside the range."""
        item_ranges = {self.scored_range(position) for position in scale.items}
        _refuse_unequal_ranges(f"scale {scale.scale}", "item", item_ranges, self.minimum_items(scale), len(scale.items))
        if scale.conversion is None:
            return
        if scale.aggregate != "sum":
            raise ValueError(f"scale {scale.scale} has a conversion table, so its aggregate must be sum")
        if scale.multiply != 1 or scale.rounded:
            raise ValueError(f"scale {scale.scale} has a conversion table; write multiply and rounded into its scores")
        if with_decimals := [position for position in scale.items if self.anchors_of(position).decimals]:
            raise ValueError(
                f"scale {scale.scale} has a conversion table, and item {with_decimals[0]} answers with decimals; a table"
                " converts sums of whole numbers"
            )
        raw_sums = self.raw_sums(scale)
        if missing := sorted(set(raw_sums) - set(scale.conversion)):
            raise ValueError(f"scale {scale.scale}: the conversion table lacks the raw sum {missing[0]}")
        if unreachable := sorted(set(scale.conversion) - set(raw_sums)):
            raise ValueError(
                f"scale {scale.scale}: the conversion table has the raw sum {unreachable[0]}, which no answers give; take it"
                " out"
            )

    def item_code(self, position: int) -> str:
        """The canonical code of the item at a position, e.g. wemwbs_03: its column name once an export has been read."""
        width = max(2, len(str(self.item_count)))
        return f"{self.instrument}_{position:0{width}d}"

    def anchors_of(self, position: int) -> Anchors:
        """The item's own anchors."""
        return self._own_anchors.get(position, self.anchors)

    @cached_property
    def _own_anchors(self) -> dict[int, Anchors]:
        return {
            position: Anchors(low=group.low, high=group.high, codes=group.codes, decimals=group.decimals)
            for group in self.item_anchors
            for position in group.items
        }

    def positions_by_anchors(self) -> dict[Anchors, tuple[int, ...]]:
        """The items that share anchors, in the order of their first item."""
        groups: dict[Anchors, tuple[int, ...]] = {}
        for position in range(1, self.item_count + 1):
            anchors = self.anchors_of(position)
            groups[anchors] = (*groups.get(anchors, ()), position)
        return groups

    def turned_from(self, position: int, scale: Scale | None = None) -> float | None:
        """The number that the answer to a reversed item is subtracted from when it is scored; None for any other item.

        scale: in which it counts; by the instrument's own keys if left out.
        """
        anchors = self.anchors_of(position)
        reversed_items = self.reversed if scale is None or scale.reversed is None else scale.reversed
        return round(anchors.low + anchors.high, anchors.decimals) if position in reversed_items else None

    def recoded(self, position: int) -> dict[PlainNumber, int] | None:
        """What each answer to a recoded item counts as; None for any other item."""
        return next((group.codes for group in self.recode if position in group.items), None)

    def scored_answer(self, position: int, answer: Any, scale: Scale | None = None) -> Any:
        """An answer as it enters a score: by its table where the item is recoded, reversed where it is reversed.

        scale: as in turned_from.
        """
        codes, turned_from = self.recoded(position), self.turned_from(position, scale)
        if codes is not None:
            return codes[answer]
        return answer if turned_from is None else turned_from - answer

    def scored_answers(self, position: int, scale: Scale | None = None) -> tuple[float, ...]:
        """What the item's answers count as, in the order of the answers. scale: as in turned_from."""
        return tuple(self.scored_answer(position, answer, scale) for answer in self.anchors_of(position).answers)

    def scored_range(self, position: int) -> tuple[float, float]:
        """The lowest and highest number that an answer to the item counts as."""
        codes, anchors = self.recoded(position), self.anchors_of(position)
        return (anchors.low, anchors.high) if codes is None else (min(codes.values()), max(codes.values()))

    def raw_sums(self, scale: Scale) -> range | tuple[int, ...]:
        """Every sum that answers to all items of a scale can give, from the lowest."""
        if not any(self.has_steps(position) for position in scale.items):
            ranges = [self.scored_range(position) for position in scale.items]
            return range(int(sum(low for low, _ in ranges)), int(sum(high for _, high in ranges)) + 1)
        sums = {0}
        for position in scale.items:
            sums = {total + int(number) for total in sums for number in set(self.scored_answers(position, scale))}
        return tuple(sorted(sums))

    def has_steps(self, position: int) -> bool:
        """Whether an answer counts as a number that is not whole, or not every whole number of the item's scored range is
        what some answer counts as."""
        if self.recoded(position) is None:
            return self.anchors_of(position).has_gaps or self.anchors_of(position).decimals > 0
        low, high = self.scored_range(position)
        return len(set(self.scored_answers(position))) <= high - low

    @property
    def all_scales(self) -> tuple[Scale | Composite, ...]:
        """Scales and then composites, in the order of the file."""
        return (*self.scales, *self.composites)

    @property
    def item_codes(self) -> tuple[str, ...]:
        return tuple(self.item_code(position) for position in range(1, self.item_count + 1))

    def minimum_items(self, scale: Scale) -> int:
        """How many of a scale's items must be answered: all where a conversion table turns complete sums into scores."""
        if scale.conversion is not None:
            return len(scale.items)
        return minimum_count(scale.minimum_answered or self.minimum_answered, len(scale.items))

    def minimums_of_asked(self, scale: Scale) -> dict[int, int]:
        """How many of a scale's items must be answered where some were not asked and do not count: by how many they are."""
        share, total = scale.minimum_answered or self.minimum_answered, len(scale.items)
        n_left_out = range(1, len(left_out_items(self, scale.items)) + 1)
        return {count: minimum_count(share, total - count) for count in n_left_out}

    def is_prorated(self, scale: Scale) -> bool:
        """Whether a score may come from fewer than all of a scale's items."""
        return self.minimum_items(scale) < len(scale.items) or bool(left_out_items(self, scale.items))

    def minimum_parts(self, composite: Composite) -> int:
        """How many parts of a composite must have a score."""
        return minimum_count(composite.minimum_parts or self.minimum_answered, len(composite.parts))

    def score_range(self, scale: Scale | Composite) -> tuple[float, float]:
        """Lowest and highest possible score."""
        if isinstance(scale, Composite):
            ranges = [self.score_range(part) for part in self.scales if part.scale in scale.parts]
            divisor = len(ranges) if scale.aggregate == "mean" else 1
            return sum(low for low, _ in ranges) / divisor, sum(high for _, high in ranges) / divisor
        if scale.conversion is not None:
            return min(scale.conversion.values()), max(scale.conversion.values())
        item_ranges = [self.scored_range(position) for position in scale.items]
        divisor = len(item_ranges) if scale.aggregate == "mean" else 1
        low, high = (sum(ends) / divisor * scale.multiply for ends in zip(*item_ranges, strict=True))
        return (float(math.floor(low + 0.5)), float(math.floor(high + 0.5))) if scale.rounded else (low, high)


def _refuse_unequal_ranges(name: str, kind: str, ranges: Collection[tuple[float, float]], minimum: int, count: int) -> None:
    """Raise ValueError if the mean of some items, or parts, could stand for one of another range. kind: item or part."""
    if len(ranges) > 1 and minimum < count:
        key = "minimum_answered" if kind == "item" else "minimum_parts"
        raise ValueError(
            f"{name}: its {kind}s have different ranges, and {minimum} of {count} are enough for a score; the mean of the"
            f" others cannot stand for one of another range: give it {key}: 1"
        )


def _check_bands(score: Score, low: float, high: float) -> None:
    """Bands cover the range of a score once, and a cut-off lies within it."""
    if score.bands is not None:
        starts = [step.low for step in score.bands.steps]
        if starts[0] != low:
            raise ValueError(f"scale {score.scale}: its bands start at {starts[0]:g}, and its lowest score is {low:g}")
        if starts != sorted(set(starts)):
            raise ValueError(f"scale {score.scale}: each band starts above the one before it; put them in order")
        if starts[-1] > high:
            raise ValueError(f"scale {score.scale}: a band starts at {starts[-1]:g}, above its highest score, {high:g}")
    for cut_off in score.cut_offs:
        if not low <= cut_off.value <= high:
            raise ValueError(
                f"scale {score.scale}: the cut-off {cut_off.value:g} lies outside its range, {low:g} to {high:g}"
            )
        if sum(entry.code == cut_off.code for entry in score.cut_offs) > 1:
            raise ValueError(
                f"scale {score.scale}: the cut-off {cut_off.direction} {cut_off.value:g} stands twice; write what both say"
                " into one meaning"
            )


def minimum_count(share: float, total: int) -> int:
    """The smallest whole number that is at least `share` of `total` (0.8 of 7 is 6), allowing for floating-point error."""
    return max(1, math.ceil(share * total - 1e-9))
