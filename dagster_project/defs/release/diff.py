"""The diff of two released files, and where it is kept.

Belongs here: which tables are compared by which key, and the table `results.release_diff`. Does not belong here: comparing
(warehouse/), what a difference means (results/).
"""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import pyarrow as pa

from dagster_project.results import DiffRow, answer_changes, claim_changes, people_changes, result_changes, score_changes
from dagster_project.warehouse import TableChanges, Warehouse, changed_rows, replace_table

_SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in ("from_release", "to_release", "kind", "participant_id", "wave", "what")),
        *((name, pa.string()) for name in ("before", "after")),
        ("before_value", pa.float64()),
        ("after_value", pa.float64()),
    ]
)


#: Where answers stand may change without a change of what they say. A wave may have many parts, each with its file and row.
_SOURCES = [
    f"{column}{part}" for column in ("source_file", "source_row") for part in ("", *(f"__{n}" for n in range(2, 100)))
]


def diff_of_files(old: Path, new: Path) -> list[DiffRow]:
    """What changed from one released (or working) file to another, from the people down to the results."""
    known = {row["item"]: None for path in (old, new) for row in Warehouse(path).rows("select item from codebook.items")}
    return [
        *people_changes(_triples(changed_rows(old, new, ("marts", "participants"), ["participant_id"]))),
        *answer_changes(
            _triples(changed_rows(old, new, ("marts", "answer_sheets"), ["participant_id", "wave"], _SOURCES)),
            known,
        ),
        *score_changes(_triples(changed_rows(old, new, ("marts", "scale_scores"), ["participant_id", "wave", "scale"]))),
        *claim_changes(_triples(changed_rows(old, new, ("results", "claims"), ["claim_id"]))),
        *result_changes(_triples(changed_rows(old, new, ("results", "results"), ["result_id"], ["run_id", "computed_at"]))),
    ]


def _triples(changes: TableChanges) -> list[tuple[object, object, object]]:
    return [(row.key, row.before, row.after) for row in changes.rows]


def remember_diff(
    working: Warehouse, standing: Path | None, names: tuple[str | None, str], kept: Sequence[str]
) -> list[DiffRow]:
    """Write `results.release_diff`: what the release to come changes, behind what the kept ones did. Returns the new rows.

    standing: the current release's file, None before the first. names: the releases compared. kept: whose rows to keep.
    """
    rows: list[DiffRow] = []
    history: list[dict[str, object]] = []
    if standing is not None:
        rows = diff_of_files(standing, working.path)
        history = [row for row in _history(standing) if row["to_release"] in kept]
    new = [{"from_release": names[0], "to_release": names[1]} | asdict(row) for row in rows]
    with working.transaction() as connection:
        connection.execute("create schema if not exists results")
        replace_table(connection, "results", "release_diff", pa.Table.from_pylist([*history, *new], schema=_SCHEMA))
    return rows


def recall_diff(working: Warehouse, standing: Path) -> None:
    """Take `results.release_diff` over from the standing release, where the working file has lost it."""
    if not working.rows(_HAS_HISTORY):
        working.replace_tables("results", {"release_diff": pa.Table.from_pylist(_history(standing), schema=_SCHEMA)})


_HAS_HISTORY = "select 1 from duckdb_tables() where schema_name = 'results' and table_name = 'release_diff'"


def _history(standing: Path) -> list[dict[str, object]]:
    """What the kept releases changed, as the standing release's file has it."""
    released = Warehouse(standing)
    return released.rows("select * from results.release_diff") if released.rows(_HAS_HISTORY) else []
