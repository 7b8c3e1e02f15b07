"""Which columns a column of a query is made of, read from the compiled SQL.

Belongs here: reading lineage from SQL text, following it through several queries. Does not belong here: Dagster, dbt.

dagster-dbt offers the same, but parses the whole query again for each column, which takes minutes for a table with a
column for every item of a study. Here a query is parsed once and resolved from its inside outwards.
"""

import re
from collections.abc import Iterable, Mapping

import sqlglot
from sqlglot import exp
from sqlglot.optimizer.scope import Scope, build_scope

#: (schema, table, column)
Source = tuple[str, str, str]
Tables = Mapping[tuple[str, str], Mapping[str, str]]


class Origins:
    """Follows columns back through models, in the order in which they were built, to the columns they began as."""

    def __init__(self, beginnings: Mapping[Source, set[Source]]) -> None:
        self._of: dict[Source, set[Source]] = dict(beginnings)

    def add(self, table: tuple[str, str], lineage: Mapping[str, set[Source]]) -> None:
        """A model's lineage, when those of all the models it reads are there."""
        for column, deps in lineage.items():
            self._of[(*table, column)] = set().union(*(self._of.get(dep, set()) for dep in deps))

    def origins_of(self, table: tuple[str, str], column: str) -> set[Source]:
        """The columns that a column began as; empty for a constant."""
        return self._of.get((*table, column), set())


_NUMBERED = re.compile(r"(.*?)(\d+)(\D*)")


def in_ranges(columns: Iterable[str]) -> str:
    """Column names in one line, neighbours by number drawn together: 'mjs_28 to mjs_31, pay'."""
    runs: list[list[str]] = []
    for column in sorted(columns, key=_order):
        if runs and _follows(runs[-1][-1], column):
            runs[-1].append(column)
        else:
            runs.append([column])
    return ", ".join(f"{run[0]} to {run[-1]}" if len(run) > 2 else ", ".join(run) for run in runs)


def _order(column: str) -> tuple[str, str, int]:
    parts = _NUMBERED.fullmatch(column)
    return (parts[3], parts[1], int(parts[2])) if parts else ("", column, 0)


def _follows(name: str, next_name: str) -> bool:
    first, second = _NUMBERED.fullmatch(name), _NUMBERED.fullmatch(next_name)
    return bool(first and second and first.group(1, 3) == second.group(1, 3) and int(second[2]) == int(first[2]) + 1)


def column_lineage(sql: str, tables: Tables) -> dict[str, set[Source]]:
    """For each column of a DuckDB query, the columns of real tables that it is made of.

    `tables` holds the columns of each (schema, table). A constant has an empty set. A query that cannot be read gives
    no lineage (an empty dictionary) rather than a wrong one.
    """
    try:
        root = build_scope(sqlglot.parse_one(sql, dialect="duckdb"))
    except sqlglot.errors.SqlglotError:
        return {}
    return _of_scope(root, tables, {}) if root is not None else {}


def _of_scope(scope: Scope, tables: Tables, resolved: dict[int, dict[str, set[Source]]]) -> dict[str, set[Source]]:
    if id(scope) in resolved:
        return resolved[id(scope)]
    if scope.set_operation_scopes:
        parts = [_of_scope(part, tables, resolved) for part in _selects_of(scope)]
        names = list(parts[0])
        result: dict[str, set[Source]] = {name: set() for name in names}
        for part in parts:
            for name, deps in zip(names, part.values(), strict=False):
                result[name] |= deps
    else:
        result = _of_select(scope, tables, resolved)
    resolved[id(scope)] = result
    return result


def _selects_of(union: Scope) -> list[Scope]:
    """The queries of a union in their order. A union of many is nested as deep as it is long: a query an item of a study."""
    pending_scopes, selects = [union], []
    while pending_scopes:
        scope = pending_scopes.pop()
        if scope.set_operation_scopes:
            pending_scopes += reversed(scope.set_operation_scopes)
        else:
            selects.append(scope)
    return selects


def _of_select(scope: Scope, tables: Tables, resolved: dict[int, dict[str, set[Source]]]) -> dict[str, set[Source]]:
    sources = {
        name: _of_source(source, tables, resolved)
        for name, source in scope.sources.items()
        if name in scope.selected_sources
    }
    result: dict[str, set[Source]] = {}
    for projection in scope.expression.expressions:
        if isinstance(projection, exp.Star) or (
            isinstance(projection, exp.Column) and isinstance(projection.this, exp.Star)
        ):
            table = projection.table if isinstance(projection, exp.Column) else ""
            star = projection.this if isinstance(projection, exp.Column) else projection
            for name, columns in sources.items():
                if not table or name == table:
                    for column, deps in columns.items():
                        result.setdefault(column, set()).update(deps)
            for replaced in star.args.get("replace") or star.args.get("replace_") or ():
                result[replaced.alias_or_name] = _of_expression(replaced, sources)
        else:
            result[projection.alias_or_name] = _of_expression(projection, sources)
    return result


def _of_source(source: object, tables: Tables, resolved: dict[int, dict[str, set[Source]]]) -> dict[str, set[Source]]:
    if isinstance(source, Scope):
        return _of_scope(source, tables, resolved)
    if isinstance(source, exp.Table):
        table = (source.db, source.name)
        return {column: {(*table, column)} for column in tables.get(table, {})}
    return {}


def _of_expression(expression: exp.Expression, sources: Mapping[str, Mapping[str, set[Source]]]) -> set[Source]:
    origins: set[Source] = set()
    for column in expression.find_all(exp.Column):
        if column.table:
            origins |= sources.get(column.table, {}).get(column.name, set())
        else:
            for columns in sources.values():
                origins |= columns.get(column.name, set())
    return origins
