"""The audit trail as a table of a release: `results.audit_trail`.

Belongs here: its columns and rows. Does not belong here: the file of them, by which it is verified (releases.py).
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from dagster_project.table_spec import ColumnSpec, TableSpec
from dagster_project.trail.chain import Entry


@dataclass(frozen=True)
class TrailRow:
    """A row of results.audit_trail."""

    entry: int
    time: datetime
    kind: str
    os_user: str
    person: str
    source: str
    facts: str
    previous: str
    hash: str


TRAIL_TABLE = TableSpec(
    schema="results",
    name="audit_trail",
    key=("entry",),
    description="Who did what when to the study, until the release was made; the same as in audit_trail.jsonl.",
    columns=(
        ColumnSpec("entry", "whole", "The number of the entry, from 1.", nullable=False),
        ColumnSpec("time", "time", "When, in UTC.", nullable=False),
        ColumnSpec("kind", "text", "What was done, e.g. run_ended, pin or unblinding.", nullable=False),
        ColumnSpec("os_user", "text", "The operating system's user who did it.", nullable=False),
        ColumnSpec("person", "text", "Who they said they are (WAVEHOUSE_USER); blank where they did not.", nullable=False),
        ColumnSpec("source", "text", "How it was begun: command line, ui, sensor, schedule or python.", nullable=False),
        ColumnSpec("facts", "text", "What the entry records, as JSON; nothing that names a participant.", nullable=False),
        ColumnSpec("previous", "text", "The hash of the entry before; zeros before the first.", nullable=False),
        ColumnSpec("hash", "text", "The SHA-256 of the entry's line in audit_trail.jsonl without its hash.", nullable=False),
    ),
)


def trail_rows(entries: Iterable[Entry]) -> list[TrailRow]:
    return [_row(entry) for entry in entries]


def _row(entry: Entry) -> TrailRow:
    return TrailRow(
        entry.entry,
        datetime.strptime(entry.time, "%Y-%m-%dT%H:%M:%SZ"),
        entry.kind,
        entry.os_user,
        entry.person,
        entry.source,
        json.dumps(entry.facts, ensure_ascii=False),
        entry.previous,
        entry.hash,
    )
