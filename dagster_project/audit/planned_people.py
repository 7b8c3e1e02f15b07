"""How many people a scale is planned for in a wave, counted from the people's categories and the definitions.

Belongs here: that count, for a sample of results that is recomputed (recompute.py). Does not belong here: the SQL and the
Python by which a run and a check decide it (dbt/macros/planned.sql, study/planned.py): shared code would share its mistakes.
"""

from collections.abc import Sequence
from typing import Any, Protocol

from dagster_project.audit.definition_rows import DefinitionRows, MissingReason, Part, PlannedCategory, ScaleItem


class Connection(Protocol):
    """The part of an open DuckDB connection that is used here."""

    def execute(self, query: str, parameters: Any = ..., /) -> Any: ...


def planned_count(connection: Connection, definitions: DefinitionRows, scale: str, wave: str) -> int:
    """How many people a scale is planned for: without those whose items all say not_planned, and of those who did not return
    the wave without those who fail its conditions."""
    parts = [row.part for row in definitions.rows(Part, "scale_parts", scale=scale)]
    items = [row.item for code in parts or [scale] for row in definitions.rows(ScaleItem, "scale_items", scale=code)]
    number = definitions.row(MissingReason, "missing_reasons", missing_reason="not_planned").number
    all_say_so = " and ".join(f"codes.{_quoted(item)} = {number + min(definitions.item(item).low, 0)}" for item in items)
    (n_planned,) = connection.execute(
        "select count(*) from marts.participants as people left join marts.answer_codes as codes"
        " on people.participant_id = codes.participant_id and codes.wave = ?"
        f" where not coalesce({all_say_so}, false)"
        f" and (not coalesce(codes.is_blank, true) or ({_clause(definitions, scale, wave)}))",
        [wave],
    ).fetchone()
    return int(n_planned)


def _clause(definitions: DefinitionRows, scale: str, wave: str) -> str:
    """In SQL, whether a scale is planned for one of `people` in a wave: the wave's condition, one of its blocks' where each
    has one, and that of the scale's own block."""
    conditions: dict[str | None, list[PlannedCategory]] = {}
    for row in definitions.rows(PlannedCategory, "planned_for", wave=wave):
        conditions.setdefault(row.block, []).append(row)
    clauses = {block: _condition_clause(rows) for block, rows in conditions.items()}
    block_clauses = [clause for block, clause in clauses.items() if block is not None]
    is_of_every_block = any(row.is_of_every_block for rows in conditions.values() for row in rows)
    needed = [
        clauses.get(None, "true"),
        clauses.get(definitions.scale(scale).instrument, "true"),
        f"({' or '.join(block_clauses)})" if is_of_every_block else "true",
    ]
    return " and ".join(needed)


def _condition_clause(rows: Sequence[PlannedCategory]) -> str:
    categories: dict[str, list[str]] = {}
    for row in rows:
        categories.setdefault(row.variable, []).append("'" + row.category.replace("'", "''") + "'")
    clause = " and ".join(f"people.{_quoted(name)} in ({', '.join(codes)})" for name, codes in categories.items())
    return f"coalesce({clause}, {'false' if rows[0].planned_if_unknown == 'not_planned' else 'true'})"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
