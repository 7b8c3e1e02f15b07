"""Stamps: which definitions and which exports the marts and each set of results were computed from.

Belongs here: the table `results.stamps` and how a stamp is passed on. Does not belong here: comparing them
(release/truth.py).

A stamp is a few rows: a source (DEFINITIONS, or an export) and its fingerprint. What is computed from several things has the
stamps of all of them, so what was computed from old and new at once has two fingerprints of one source.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

from dagster_project.exports import DEFINITIONS
from dagster_project.study import Study
from dagster_project.table_spec import ColumnSpec, TableSpec
from dagster_project.warehouse import Connection, Warehouse

MARTS = "marts"
SEGMENTS = "segments"
STAMPS_TABLE = TableSpec(
    schema="results",
    name="stamps",
    key=("name", "source", "fingerprint"),
    description="Which definitions and exports each set of results was computed from.",
    columns=(
        ColumnSpec("name", "text", "What carries the stamp: marts, segments, or an asset of results.", nullable=False),
        ColumnSpec("source", "text", "What it was computed from: the definitions, or an export.", nullable=False),
        ColumnSpec(
            "fingerprint",
            "text",
            "Of the definitions as in codebook.definitions, of an export as it was loaded.",
            nullable=False,
        ),
        ColumnSpec("run_id", "text", "The run that computed it last."),
        ColumnSpec("written_at", "time", "When, in UTC."),
    ),
)


def stamp_marts(warehouse: Warehouse, study: Study, run_id: str, *, is_whole: bool) -> None:
    """Before the models are built: take their stamp away, for it stands for all of them, or nothing.

    Where only some are built, the marts are of old and new from now on, which is the same where nothing has changed.
    """
    with warehouse.transaction() as connection:
        _prepare(connection)
        if is_whole:
            connection.execute("delete from results.stamps where name = ?", [MARTS])
        elif connection.execute("select 1 from results.stamps where name = ?", [MARTS]).fetchone():
            _insert_now(connection, study, run_id)


def marts_are_built(warehouse: Warehouse, study: Study, run_id: str) -> None:
    """After all models were built: they are of these definitions and of the exports as they stand in schema raw."""
    with warehouse.transaction() as connection:
        _insert_now(connection, study, run_id)


def stamp(connection: Connection, name: str, computed_from: Sequence[str], study: Study, run_id: str) -> None:
    """Stamp a set of results with what it was computed from, in the transaction that writes it."""
    _prepare(connection)
    now = datetime.now(UTC).replace(tzinfo=None)
    connection.execute("delete from results.stamps where name = ?", [name])
    connection.execute(
        "insert into results.stamps select distinct $1, source, fingerprint, $2, $3::timestamp from ("
        " select source, fingerprint from results.stamps where list_contains($4, name)"
        " union all select $5, $6)",
        [name, run_id, now, list(computed_from), DEFINITIONS, study.definitions_hash],
    )


def _prepare(connection: Connection) -> None:
    connection.execute("create schema if not exists results")
    connection.execute(STAMPS_TABLE.create_sql())


def _insert_now(connection: Connection, study: Study, run_id: str) -> None:
    now = datetime.now(UTC).replace(tzinfo=None)
    connection.execute(
        "insert into results.stamps select $1, source, fingerprint, $2, $3::timestamp from ("
        " select export as source, fingerprint from raw.exports union all select $4, $5)",
        [MARTS, run_id, now, DEFINITIONS, study.definitions_hash],
    )
