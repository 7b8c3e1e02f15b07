"""The values of a data set, read from a release.

Belongs here: one query that lays out people, answers and scores in rows, long or wide. Does not belong here: which
variables there are (variables.py), files (write.py and its neighbours).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.dataset.codebook import Codebook, read_codebook
from dagster_project.dataset.variables import WAVE, Variable, variables_of, wave_key
from dagster_project.warehouse import ReleasedFile, Warehouse, arrow_table, identifier, literal

#: long: one row a person and wave. wide: one row a person, each wave's variables beside one another.
Shape = Literal["long", "wide"]
SHAPES: tuple[Shape, ...] = get_args(Shape)
_MOST_DECIMALS = 6
_ARROW_TYPES = {"text": pa.string(), "date": pa.date32(), "number": pa.float64(), "category": pa.string()}


@dataclass(frozen=True)
class DataSet:
    """A release's data set: its variables and their values.

    table: for each variable a column of its key (texts, dates, numbers; categories by code) and, if it says why values are
    missing, one of its reason_key.
    """

    release: str
    codebook: Codebook
    shape: Shape
    variables: Sequence[Variable]
    table: pa.Table

    def column(self, variable: Variable) -> pa.Array:
        """The values of a variable."""
        return self.table.column(variable.key).combine_chunks()

    def reasons(self, variable: Variable) -> pa.Array:
        """Why its values are missing; null where they are not, or where it does not say."""
        if not variable.has_reasons:
            return pa.nulls(self.table.num_rows, pa.string())
        return self.table.column(variable.reason_key).combine_chunks()

    def batches(self, size: int) -> "Iterator[DataSet]":
        """The data set in parts of so many rows, the last one of what is left; what they hold is not copied."""
        for start in range(0, self.table.num_rows, size):
            yield replace(self, table=self.table.slice(start, size))

    @property
    def floor(self) -> float:
        """A number below which no value of any variable lies."""
        limits = [variable.lowest for variable in self.variables if variable.lowest is not None]
        numbers = [pc.min(self.column(variable)).as_py() for variable in self.variables if variable.kind == "number"]
        floor: float = min([0.0, *limits, *(number for number in numbers if number is not None)])
        return floor


def read_data_set(release: ReleasedFile, shape: Shape) -> DataSet:
    """The data set of a release, in the order of pseudonyms and waves. Groups that are concealed have their letters, as
    there."""
    with Warehouse(release.file).connect(read_only=True) as connection:
        codebook = read_codebook(connection)
        variables = variables_of(codebook, by_wave=False)
        table = arrow_table(connection, _sql(variables, codebook))
    if shape == "wide":
        table = _beside_one_another(table, variables, [row.wave for row in codebook.waves])
        variables = variables_of(codebook, by_wave=True)
    columns, fields = [], []
    variables = [
        replace(variable, decimals=_decimals_in(table.column(variable.key))) if variable.decimals is None else variable
        for variable in variables
    ]
    for variable in variables:
        columns.append(table.column(variable.key).cast(_ARROW_TYPES[variable.kind]))
        fields.append(variable.key)
        if variable.has_reasons:
            columns.append(table.column(variable.reason_key).cast(pa.string()))
            fields.append(variable.reason_key)
    return DataSet(release.name, codebook, shape, variables, pa.table(columns, names=fields))


def _sql(variables: Sequence[Variable], codebook: Codebook) -> str:
    columns = [text for variable in variables for text in _columns(variable)]
    return f"{_sources(codebook)} select {', '.join(columns)} {_FROM} order by sheets.participant_id, waves.wave_order"


def _beside_one_another(table: pa.Table, variables: Sequence[Variable], waves: Sequence[str]) -> pa.Table:
    """A table with a row a person and wave as one with a row a person. Not in SQL, where a thousand aggregates take long."""
    person, wave_column = variables[0].key, table.column(f"sheet/{WAVE}")
    people = pc.unique(table.column(person))
    of_waves = [variable for variable in variables if not variable.is_of_person and variable.code != WAVE]
    columns = {}
    rows_of_people = pc.index_in(people, value_set=table.column(person))
    for variable in variables:
        if variable.is_of_person:
            for key in _keys(variable):
                columns[key] = table.column(key).take(rows_of_people)
    for wave in waves:
        rows = table.filter(pc.equal(wave_column, wave))
        rows_of_people = pc.index_in(people, value_set=rows.column(person))
        for variable in of_waves:
            for key in _keys(variable):
                columns[wave_key(key, wave)] = rows.column(key).take(rows_of_people)
    return pa.table(columns)


def _decimals_in(column: pa.ChunkedArray) -> int:
    """How many decimals the numbers of a column have, as far as they are shown."""
    numbers = pc.unique(column.cast(pa.float64())).drop_null()
    return next(
        (
            decimals
            for decimals in range(_MOST_DECIMALS)
            if pc.all(pc.equal(pc.round(numbers, decimals), numbers), min_count=0).as_py()
        ),
        _MOST_DECIMALS,
    )


def _keys(variable: Variable) -> list[str]:
    return [variable.key, variable.reason_key] if variable.has_reasons else [variable.key]


_FROM = """
    from marts.answer_sheets as sheets
    inner join marts.participants as people on sheets.participant_id = people.participant_id
    inner join codebook.waves as waves on sheets.wave = waves.wave
    left join marts.answer_days as days on sheets.participant_id = days.participant_id and sheets.wave = days.wave
    left join scores on sheets.participant_id = scores.participant_id and sheets.wave = scores.wave
"""
_ALIASES = {"sheet": "sheets", "person": "people", "day": "days", "score": "scores"}


def _sources(codebook: Codebook) -> str:
    """Scores with a column a scale, from their long view: it has the waves that were not returned, too."""
    columns = ["participant_id", "wave"]
    for row in codebook.scales:
        name, condition = identifier(row.scale), f"filter (where scale = {literal(row.scale)})"
        columns += [f"max(score) {condition} as {name}"]
        columns += [f"max(missing_reason) {condition} as {identifier(row.scale + '__missing')}"]
    return f"with scores as (select {', '.join(columns)} from marts.scale_scores group by participant_id, wave)"


def _columns(variable: Variable) -> list[str]:
    columns = [f"{_expression(variable)} as {identifier(variable.key)}"]
    if variable.has_reasons:
        reason = f"{_ALIASES[variable.source]}.{identifier(variable.code + '__missing')}"
        columns.append(f"{reason} as {identifier(variable.reason_key)}")
    return columns


def _expression(variable: Variable) -> str:
    """The value in SQL: of a category its code, of what is stored as a number too."""
    column = f"{_ALIASES[variable.source]}.{identifier(variable.code)}"
    if variable.kind != "category" or variable.code == WAVE or (variable.is_of_person and variable.has_reasons):
        return column
    cases = " ".join(f"when {category.number} then {literal(category.code)}" for category in variable.categories)
    return f"case cast({column} as bigint) {cases} end"
