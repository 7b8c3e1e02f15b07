"""What an analysis of a study's own declares and returns. It is what `wavehouse` offers to `analyses/*.py`.

Belongs here: these types, and the decorator. Does not belong here: running an analysis (analyses.py).
"""

import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
import pyarrow as pa

Kind = Literal["number", "p", "within_one"]
People = Literal["score", "both", "any", "value", "named", "nobody"]
Group = str | None
Rows = Iterable["Number"]


@dataclass(frozen=True)
class DeclaredStatistic:
    """A statistic of an analysis, as `statistic` declares it."""

    name: str
    formula: str
    people: str
    unit: str = ""
    decimals: int = 2
    source: str = ""
    kind: str = "number"
    limit_of: str = ""


@dataclass(frozen=True)
class Number:
    """A number of an analysis, as `number` gives it. people: pseudonyms, each with a value or None."""

    statistic: str
    outcome: str
    value: float | None
    n: int | None = None
    wave: str | None = None
    contrast: str | None = None
    category: str | None = None
    people_group: str | None = None
    compared_with: str | None = None
    note: str | None = None
    df: float | None = None
    level: float | None = None
    people: Mapping[str, float | None] | None = None


@dataclass(frozen=True)
class DeclaredAnalysis:
    """A function that computes numbers, with what it reads and which statistics it gives."""

    function: Callable[["Data"], Rows]
    reads: tuple[str, ...]
    statistics: tuple[DeclaredStatistic, ...]
    description: str


class Data:
    """What an analysis reads: the tables that it declares, in the same order of rows in every run, and a seed.

    A table is called by its name: a mart's (scale_scores), or own. and a model's of the study (own.gains).
    """

    def __init__(self, tables: Mapping[str, pa.Table], name: str) -> None:
        self._tables = tables
        #: The same in every run of this analysis.
        self.seed = zlib.crc32(name.encode())

    def arrow(self, table: str) -> pa.Table:
        """A table as Arrow. Raises ValueError for one that the analysis does not declare."""
        if table not in self._tables:
            raise ValueError(f"{table}: the analysis does not declare that it reads this; add it to reads")
        return self._tables[table]

    def frame(self, table: str) -> pd.DataFrame:
        """A table as a DataFrame: text as str, whole numbers Int64, other numbers float64, yes or no boolean, missing NA."""
        table_of_arrow = self.arrow(table)
        frame: pd.DataFrame = table_of_arrow.to_pandas(types_mapper=_PANDAS_TYPES.get, date_as_object=False)
        for column in table_of_arrow.schema:
            if pa.types.is_string(column.type):
                frame[column.name] = frame[column.name].astype("str")
        return frame

    def rows(self, table: str) -> list[dict[str, Any]]:
        """A table as a list of dictionaries."""
        return list(self.arrow(table).to_pylist())

    def generator(self) -> np.random.Generator:
        """NumPy's generator of random numbers, from the seed: the same numbers in every run."""
        return np.random.default_rng(self.seed)


#: As the release's tables have them.
_PANDAS_TYPES = {
    **{whole: pd.Int64Dtype() for whole in (pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint64())},
    pa.bool_(): pd.BooleanDtype(),
}


def statistic(
    name: str,
    *,
    formula: str,
    people: People,
    unit: str = "",
    decimals: int = 2,
    source: str = "",
    kind: Kind = "number",
    limit_of: str = "",
) -> DeclaredStatistic:
    """A statistic that an analysis gives.

    formula: in plain text. people: who counts in it. score: whoever has a score of the scale in the wave; both: a score, or
    an answer, in both waves of the contrast; any: in any wave; value: whose value is known, of a variable of the roster, or
    of a service in the wave; named: the people whom each number names; nobody: it is made of other numbers. decimals: that
    tables print. source: where it was published. kind: p is written as a p value, within_one without a zero before the
    point. limit_of: the statistic of whose interval it is a limit; the lower one is declared first.
    """
    return DeclaredStatistic(name, formula, people, unit, decimals, source, kind, limit_of)


def number(
    statistic: str,
    outcome: str,
    value: float | None,
    *,
    n: int | None = None,
    wave: str | None = None,
    contrast: str | None = None,
    category: str | None = None,
    group: Group = None,
    compared_with: Group = None,
    note: str | None = None,
    df: float | None = None,
    level: float | None = None,
    people: Iterable[str] | Mapping[str, float | None] | None = None,
) -> Number:
    """A number that an analysis gives.

    statistic: declared by the analysis. outcome: what it is about, a scale, service, measure or variable of the study, or a
    word of its own where people are named or nobody's. value: None, or not finite, where it is undefined; then note says
    why. n: how many people are behind it. people: pseudonyms, or the value of each by pseudonym.
    """
    named_people = None
    if people is not None:
        named_people = dict(people) if isinstance(people, Mapping) else dict.fromkeys(people)
    return Number(
        statistic, outcome, value, n, wave, contrast, category, group, compared_with, note, df, level, named_people
    )


def analysis(
    *, reads: Sequence[str], statistics: Sequence[DeclaredStatistic], description: str = ""
) -> Callable[[Callable[[Data], Rows]], DeclaredAnalysis]:
    """Registers a function as an analysis of the study: it is given `Data` and returns numbers.

    reads: the tables that it is computed from. statistics: those that it gives. description: what it computes, in words.
    """

    for name, value in (("reads", reads), ("statistics", statistics)):
        if isinstance(value, str) or not isinstance(value, Sequence):
            raise TypeError(f"{name} is {value!r}; give a list")
    for table in reads:
        if not isinstance(table, str):
            raise TypeError(f"reads names {table!r}, which is no text; give names of tables")
    for entry in statistics:
        if not isinstance(entry, DeclaredStatistic):
            raise TypeError(f"statistics has {entry!r}; give what wavehouse.statistic(…) gives")
    if not isinstance(description, str):
        raise TypeError(f"description is {description!r}, which is no text")

    def register(function: Callable[[Data], Rows]) -> DeclaredAnalysis:
        return DeclaredAnalysis(function, tuple(reads), tuple(statistics), description)

    return register
