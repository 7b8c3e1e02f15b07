"""Which columns a column of a query is made of, read from the compiled SQL.

Belongs here: one function over SQL text. Does not belong here: Dagster, dbt.

dagster-dbt offers the same, but parses the whole query again for each column, which takes minutes for a table with a
column for every item of a study. Here a query is parsed once and resolved from its inside outwards.
"""

from collections.abc import Mapping

import sqlglot
from sqlglot import exp
from sqlglot.optimizer.scope import Scope, build_scope

#: (schema, table, column)
Source = tuple[str, str, str]
Tables = Mapping[tuple[str, str], Mapping[str, str]]


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


def _of_scope(scope: Scope, tables: Tables, known: dict[int, dict[str, set[Source]]]) -> dict[str, set[Source]]:
    if id(scope) in known:
        return known[id(scope)]
    if scope.set_operation_scopes:
        parts = [_of_scope(part, tables, known) for part in scope.set_operation_scopes]
        names = list(parts[0])
        result: dict[str, set[Source]] = {name: set() for name in names}
        for part in parts:
            for name, deps in zip(names, part.values(), strict=False):
                result[name] |= deps
    else:
        result = _of_select(scope, tables, known)
    known[id(scope)] = result
    return result


def _of_select(scope: Scope, tables: Tables, known: dict[int, dict[str, set[Source]]]) -> dict[str, set[Source]]:
    sources = {
        name: _of_source(source, tables, known) for name, source in scope.sources.items() if name in scope.selected_sources
    }
    result: dict[str, set[Source]] = {}
    for projection in scope.expression.expressions:
        if isinstance(projection, exp.Star) or (
            isinstance(projection, exp.Column) and isinstance(projection.this, exp.Star)
        ):
            wanted = projection.table if isinstance(projection, exp.Column) else ""
            star = projection.this if isinstance(projection, exp.Column) else projection
            for name, columns in sources.items():
                if not wanted or name == wanted:
                    for column, deps in columns.items():
                        result.setdefault(column, set()).update(deps)
            for replaced in star.args.get("replace") or star.args.get("replace_") or ():
                result[replaced.alias_or_name] = _of_expression(replaced, sources)
        else:
            result[projection.alias_or_name] = _of_expression(projection, sources)
    return result


def _of_source(source: object, tables: Tables, known: dict[int, dict[str, set[Source]]]) -> dict[str, set[Source]]:
    if isinstance(source, Scope):
        return _of_scope(source, tables, known)
    if isinstance(source, exp.Table):
        place = (source.db, source.name)
        return {column: {(*place, column)} for column in tables.get(place, {})}
    return {}


def _of_expression(expression: exp.Expression, sources: Mapping[str, Mapping[str, set[Source]]]) -> set[Source]:
    found: set[Source] = set()
    for column in expression.find_all(exp.Column):
        if column.table:
            found |= sources.get(column.table, {}).get(column.name, set())
        else:
            for columns in sources.values():
                found |= columns.get(column.name, set())
    return found
