"""The definitions that recomputing reads: their rows as types.

Belongs here: looking up an item, a scale, a contrast. Does not belong here: arithmetic (recompute.py).
"""

from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, cast

if TYPE_CHECKING:
    import pyarrow as pa

#: Tables of the codebook by name.
Definitions = Mapping[str, "pa.Table"]


class Item(NamedTuple):
    """An item: its ends, whether it is recoded by table, and how many decimals its answers have. Answers are stored as whole
    numbers of the last of them."""

    low: float
    high: float
    is_recoded: bool
    decimals: int = 0


class ItemAnswer(NamedTuple):
    """What an answer to a recoded item counts as."""

    answer: float
    counts_as: float


class ItemGate(NamedTuple):
    """What an item counts as where it was not asked: a number, unanswered or left_out; None in no scale."""

    blank_counts_as: str | None


class Reason(NamedTuple):
    """The number of a missing reason."""

    number: int


class Minimum(NamedTuple):
    """How many items of a scale must be answered where some are left out."""

    left_out: int
    minimum_answered: int


class Scale(NamedTuple):
    """A scale or composite: its instrument, how it is scored, what the score is multiplied by, whether it is rounded, and
    from how many answers or parts on there is one."""

    instrument: str
    aggregate: str
    minimum_answered: int
    factor: float | None
    is_rounded: bool | None


class ScaleItem(NamedTuple):
    """An item of a scale. turned_from: what its answer is subtracted from where it is reversed in the scale."""

    item: str
    turned_from: float | None


class Part(NamedTuple):
    """A scale that a composite is the mean of."""

    part: str


class Conversion(NamedTuple):
    """The score that stands for a sum."""

    raw_sum: int
    score: float


class Contrast(NamedTuple):
    """Two waves, and which is taken from which."""

    baseline: str
    followup: str
    direction: str


class Variable(NamedTuple):
    """What kind a variable of the roster is of: category or number."""

    kind: str


class MeasureCategory(NamedTuple):
    """How a category is stored."""

    stored_as: int


class PlannedCategory(NamedTuple):
    """A category of a variable that a wave, or a block of it, is planned for."""

    block: str | None
    variable: str
    category: str
    planned_if_unknown: str | None
    is_of_every_block: bool


class MissingReason(NamedTuple):
    """The number that stands for a reason."""

    number: int


#: The type of a row of the definitions.
Definition = TypeVar("Definition")


class MissingInputError(Exception):
    """The definitions or the answers lack what a result is computed from."""


class DefinitionRows:
    """Rows of the definitions, by the values of some columns. Raises MissingInputError for one that they lack."""

    def __init__(self, definitions: Definitions) -> None:
        self._records = cache(lambda table: definitions[table].to_pylist())

    def rows(self, row_type: type[Definition], table: str, **conditions: str | None) -> list[Definition]:
        make_row, names = cast(Callable[..., Definition], row_type), cast(Any, row_type)._fields
        return [
            make_row(**{name: row[name] for name in names if name in row})
            for row in self._records(table)
            if all(row[name] == value for name, value in conditions.items())
        ]

    def row(self, row_type: type[Definition], table: str, **conditions: str | None) -> Definition:
        rows = self.rows(row_type, table, **conditions)
        if not rows:
            name, value = next(iter(conditions.items()))
            raise MissingInputError(f"the definitions have no {name} {value!r}")
        return rows[0]

    def item(self, item: str) -> Item:
        return self.row(Item, "items", item=item)

    def answer_of(self, measure: str, category: str | None) -> int:
        """How an answer is stored: of a service 1 for used, of a question with categories the category's number."""
        if category is None:
            return 1
        return self.row(MeasureCategory, "measure_categories", measure=measure, category=category).stored_as

    def scale(self, scale: str) -> Scale:
        return self.row(Scale, "scales", scale=scale)
