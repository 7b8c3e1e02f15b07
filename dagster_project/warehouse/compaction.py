"""The working file made small again.

Belongs here: rewriting a DuckDB file that is mostly free blocks. Does not belong here: when that is tried (whoever ends a
run).

DuckDB gives blocks of deleted tables to new ones, but never back to the disk: a file stays as large as it ever was.
"""

import os
from contextlib import suppress
from pathlib import Path

import duckdb

from dagster_project.warehouse.working_file import _SETTINGS, identifier, literal

#: A smaller file is left alone.
SMALLEST = 32 * 2**20
_TO_COME = "compacted"


def compact(path: Path) -> bool:
    """Rewrite a DuckDB file of which more than half is free. Returns whether it was.

    The new file is written beside the old one and put into its place while the old one is held, so that nobody reads or
    writes in between; a kill at any moment leaves one whole file. A file that somebody else has open, in this process or
    another, is left for the next time.
    """
    partial = path.with_name(f".{path.name}.compacted")
    for leftover in (partial, partial.with_name(f"{partial.name}.wal")):
        leftover.unlink(missing_ok=True)
    if not path.exists() or path.stat().st_size < SMALLEST:
        return False
    # A setting that nobody else has: DuckDB then refuses to share a file that is open in this process.
    alone: dict[str, str | bool | int | float | list[str]] = {**_SETTINGS, "custom_user_agent": "wavehouse-compaction"}
    try:
        connection = duckdb.connect(str(path), config=alone)
    except (duckdb.IOException, duckdb.ConnectionException):
        return False
    try:
        connection.execute("checkpoint")
        ((name, free, total),) = connection.execute(
            "select database_name, free_blocks, total_blocks from pragma_database_size()"
            " where database_name = current_database()"
        ).fetchall()
        if 2 * free <= total:
            return False
        connection.execute(f"attach {literal(str(partial))} as {_TO_COME}")
        connection.execute(f"copy from database {identifier(name)} to {_TO_COME}")
        connection.execute(f"detach {_TO_COME}")
        with partial.open("rb") as stream:
            os.fsync(stream.fileno())
        os.replace(partial, path)
        return True
    except OSError:  # Windows does not replace a file that is open.
        return False
    finally:
        connection.close()
        with suppress(OSError):
            partial.unlink(missing_ok=True)
