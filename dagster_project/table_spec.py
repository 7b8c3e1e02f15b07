"""What a table is: its columns, each with type and description, declared once beside the rows it holds.

Belongs here: what follows from a declaration in Arrow, in DuckDB and in a data package. Does not belong here: any table.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import TYPE_CHECKING, Any, Literal, NotRequired, TypedDict

if TYPE_CHECKING:
    import pyarrow as pa
    from _typeshed import DataclassInstance

ColumnType = Literal["text", "whole", "number", "flag", "day", "time"]
#: By column type: of Arrow (by its name there), of DuckDB, of Frictionless' Table Schema.
_TYPES: dict[ColumnType, tuple[str, str, str]] = {
    "text": ("string", "varchar", "string"),
    "whole": ("int64", "bigint", "integer"),
    "number": ("double", "double", "number"),
    "flag": ("bool", "boolean", "boolean"),
    "day": ("date32", "date", "date"),
    "time": ("timestamp[us]", "timestamp", "datetime"),
}


class PackageField(TypedDict):
    """A column as Frictionless' Table Schema describes it. unit: of numbers that all have the same."""

    name: str
    type: str
    description: NotRequired[str]
    unit: NotRequired[str]


@dataclass(frozen=True)
class ColumnSpec:
    """A column. unit: of a column of numbers that all have the same. nullable: whether a row may lack the value."""

    name: str
    type: ColumnType
    description: str
    unit: str = ""
    nullable: bool = True


@dataclass(frozen=True)
class TableSpec:
    """A table. schema: of the database; empty for a table that only files hold. key: the columns that name a row."""

    schema: str
    name: str
    key: tuple[str, ...]
    description: str
    columns: tuple[ColumnSpec, ...]

    def __post_init__(self) -> None:
        if unknown := set(self.key) - set(self.column_names):
            raise ValueError(f"{self.full_name}: the key {', '.join(sorted(unknown))} is no column")

    @property
    def full_name(self) -> str:
        return f"{self.schema}.{self.name}" if self.schema else self.name

    @property
    def column_names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    def arrow_schema(self) -> "pa.Schema":
        """The columns for Arrow and Parquet, each with its description."""
        import pyarrow as pa

        return pa.schema(
            [
                pa.field(
                    column.name,
                    pa.type_for_alias(_TYPES[column.type][0]),
                    metadata={"description": column.description} | _unit(column),
                )
                for column in self.columns
            ]
        )

    def to_arrow(self, rows: "Iterable[DataclassInstance | Mapping[str, Any]]", **shared_values: Any) -> "pa.Table":
        """Rows, as dataclasses or mappings, as an Arrow table. shared_values: of columns in which all rows are equal.

        Raises ValueError when the fields of a row are not the columns, or a column that is not nullable lacks a value.
        """
        import pyarrow as pa

        names = frozenset(self.column_names)
        records = [_record(row) | shared_values for row in rows]
        for record in records:
            if record.keys() != names:
                raise ValueError(f"{self.full_name}: not the columns: {', '.join(sorted(record.keys() ^ names))}")
        table = pa.Table.from_pylist(records, schema=self.arrow_schema())
        for column in self.columns:
            if not column.nullable and table[column.name].null_count:
                raise ValueError(f"{self.full_name}.{column.name}: a row has no value")
        return table

    def comments(self) -> dict[str, str]:
        """The description of each column by schema.table.column, for comments in a database."""
        return {f"{self.full_name}.{column.name}": column.description for column in self.columns}

    def package_fields(self) -> list[PackageField]:
        """The columns as a data package describes them."""
        return [_package_field(column) for column in self.columns]

    def create_sql(self) -> str:
        """Creates the table in DuckDB where there is none."""
        columns = ", ".join(f"{column.name} {_TYPES[column.type][1]}" for column in self.columns)
        return f"create table if not exists {self.full_name} ({columns})"


def _record(row: "DataclassInstance | Mapping[str, Any]") -> dict[str, Any]:
    """A row by column. Its values are a table's cells: unlike `asdict`, nothing in them is copied."""
    if is_dataclass(row):
        return {field.name: getattr(row, field.name) for field in fields(row)}
    return dict(row)


def _package_field(column: ColumnSpec) -> PackageField:
    field: PackageField = {"name": column.name, "type": _TYPES[column.type][2], "description": column.description}
    if column.unit:
        field["unit"] = column.unit
    return field


def _unit(column: ColumnSpec) -> dict[str, str]:
    return {"unit": column.unit} if column.unit else {}
