"""The variables of a data set: which there are, their labels, categories, decimals and levels.

Belongs here: from a release's codebook to variables. Does not belong here: their values (table.py), what a format allows
of names and labels (names.py, labels.py).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from dagster_project.dataset.codebook import Category, Codebook, FactRow, ItemRow, ScaleRow, WaveRow

Kind = Literal["text", "date", "number", "category"]
#: SPSS' levels of measurement.
Level = Literal["nominal", "ordinal", "scale"]
#: Which view or table of the release a variable's values stand in.
Source = Literal["sheet", "person", "day", "score"]
WAVE = "wave"
#: The categories of what is yes or no.
NO_YES = (Category("no", 0, "No"), Category("yes", 1, "Yes"))
#: Numbers of a scale are shown with this many decimals, unless they are whole; all digits are in the files.
_SCORE_DECIMALS = 2


@dataclass(frozen=True)
class Variable:
    """A variable of a data set.

    code: its name in the study. wave: of a data set with one row a person, the wave that its values are of; else None.
    source: where its values stand in the release. has_reasons: whether it says why a value is missing. decimals: how
    many are
    shown; None for as many as the values have. lowest, highest: the declared limits of its values. categories: of a category
    what there is; answer_labels: of answers the texts that exports write for them. rule: of a score, how it is made.
    """

    code: str
    label: str
    kind: Kind
    level: Level
    source: Source
    wave: WaveRow | None = None
    has_reasons: bool = False
    decimals: int | None = 0
    is_whole: bool = False
    lowest: float | None = None
    categories: tuple[Category, ...] = ()
    is_ordered: bool = False
    answer_labels: Mapping[float, str] = field(default_factory=dict)
    highest: float | None = None
    rule: str | None = None

    @property
    def key(self) -> str:
        """What tells it from all others: tables of values have their columns by it."""
        key = f"{self.source}/{self.code}"
        return wave_key(key, self.wave.wave) if self.wave else key

    @property
    def reason_key(self) -> str:
        """The column with the reasons why its values are missing."""
        key = f"{self.source}/{self.code}?"
        return wave_key(key, self.wave.wave) if self.wave else key

    @property
    def name(self) -> str:
        """How it is called where nothing is in the way."""
        return self.code + self.suffix

    @property
    def suffix(self) -> str:
        """What of its name says the wave."""
        return f"_{self.wave.wave}" if self.wave else ""

    @property
    def full_label(self) -> str:
        """Its label with its wave."""
        return f"{self.label}, {self.wave.wave}: {self.wave.label}" if self.wave else self.label

    @property
    def is_flag(self) -> bool:
        """Whether it is yes or no of everybody."""
        return self.categories == NO_YES and not self.has_reasons

    @property
    def is_of_person(self) -> bool:
        """Whether a person has one value of it, whatever the wave."""
        return self.source == "person"


def wave_key(key: str, wave: str) -> str:
    """The key of a variable's values of one wave."""
    return f"{key}/{wave}"


def variables_of(codebook: Codebook, *, by_wave: bool) -> list[Variable]:
    """All variables of a study, in order: who, when, facts of the roster, answers, scores.

    by_wave: for a data set with one row a person, where each variable of a wave stands once a wave.
    """
    people = [
        Variable("participant_id", "Pseudonym of the person", "text", "nominal", "person"),
        _yes_no("is_withdrawn", "Whether the person withdrew", "person"),
        Variable("withdrawn_on", "Day of the withdrawal", "date", "scale", "person"),
        *(_fact(fact, codebook) for fact in codebook.facts),
    ]
    given_scales = {scale.scale for scale in codebook.scales if scale.is_given}
    of_waves = [
        _yes_no("is_returned", "Whether the person returned the wave", "sheet"),
        Variable("answered_on", "Day on which the wave was answered", "date", "scale", "sheet"),
        Variable(
            "days_from_baseline", "Days since the own answer to the first wave", "number", "scale", "day", is_whole=True
        ),
        *(_item(item, codebook) for item in codebook.items if item.item not in given_scales),
        *(_score(scale, codebook) for scale in codebook.scales),
    ]
    if by_wave:
        return people + [replace(variable, wave=wave) for wave in codebook.waves for variable in of_waves]
    return [people[0], _wave(codebook.waves), *of_waves[:3], *people[1:], *of_waves[3:]]


def _wave(waves: Sequence[WaveRow]) -> Variable:
    categories = tuple(Category(row.wave, order, f"{row.wave}: {row.label}") for order, row in enumerate(waves, start=1))
    return Variable(WAVE, "Wave", "category", "ordinal", "sheet", categories=categories, is_ordered=True)


def _yes_no(code: str, label: str, source: Source, *, has_reasons: bool = False) -> Variable:
    return Variable(code, label, "category", "nominal", source, categories=NO_YES, has_reasons=has_reasons)


def _fact(fact: FactRow, codebook: Codebook) -> Variable:
    label = f"{fact.label} ({fact.unit})" if fact.unit and f"({fact.unit})" not in fact.label else fact.label
    if fact.kind == "category":
        categories = codebook.fact_categories[fact.variable]
        return Variable(
            fact.variable, label, "category", "nominal", "person", has_reasons=True, categories=_distinct(categories)
        )
    return Variable(
        fact.variable, label, "number", "scale", "person", has_reasons=True, decimals=None, lowest=fact.minimum,
        highest=fact.maximum,
    )  # fmt: skip


def _item(item: ItemRow, codebook: Codebook) -> Variable:
    if item.kind == "service":
        return _yes_no(item.item, codebook.service_labels.get(item.item, item.item), "sheet", has_reasons=True)
    if item.item in codebook.measure_categories:
        rows = codebook.measure_categories[item.item]
        categories = tuple(Category(row.category, row.stored_as, row.label) for row in rows)
        is_ordered = rows[0].is_ordered
        return Variable(
            item.item, rows[0].measure_label, "category", "ordinal" if is_ordered else "nominal", "sheet", has_reasons=True,
            categories=_distinct(categories), is_ordered=is_ordered,
        )  # fmt: skip
    instrument = item.instrument_name or item.instrument
    return Variable(
        item.item,
        item.label or f"{item.item}: {instrument}, item {item.position}",
        "number",
        "ordinal" if item.decimals == 0 else "scale",
        "sheet",
        has_reasons=True,
        decimals=None if item.takes_any_decimals else item.decimals,
        is_whole=item.decimals == 0,
        lowest=item.low,
        highest=item.high,
        answer_labels=codebook.answer_labels.get(item.item, {}),
    )


def _score(scale: ScaleRow, codebook: Codebook) -> Variable:
    item = next((row for row in codebook.items if scale.is_given and row.item == scale.scale), None)
    decimals: int | None = _SCORE_DECIMALS
    if item is not None:
        decimals = None if item.takes_any_decimals else item.decimals
    elif scale.is_rounded or (scale.aggregate == "sum" and "times" not in scale.rule and "turned into" not in scale.rule):
        decimals = 0
    return Variable(
        scale.scale, scale.label, "number", "scale", "score", has_reasons=True, decimals=decimals, lowest=scale.lowest,
        highest=scale.highest, rule=scale.rule,
    )  # fmt: skip


def _distinct(categories: tuple[Category, ...]) -> tuple[Category, ...]:
    """The categories with labels of which no two are the same: else with the code behind."""
    labels = [category.label for category in categories]
    return tuple(
        replace(category, label=f"{category.label} ({category.code})") if labels.count(category.label) > 1 else category
        for category in categories
    )
