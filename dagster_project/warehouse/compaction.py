"""Compaction of the working file.

Belongs here: rewriting a DuckDB file that is mostly free blocks. Does not belong here: when this is done (at the end of a
run, by the caller).

DuckDB reuses the blocks of deleted tables, but never returns them to the disk: a file never shrinks by itself.
"""

import os
from contextlib import suppress
from pathlib import Path

import duckdb

from dagster_project.warehouse.working_file import connection_settings, identifier, literal

#: Smaller files are not compacted (bytes).
SMALLEST = 32 * 2**20
_TARGET_DATABASE = "compacted"


def compact(path: Path, *, is_forced: bool = False) -> bool:
    """Rewrite a DuckDB file if more than half of its blocks are free. Returns whether it was rewritten.

    is_forced: rewrite it in any case, so that nothing of what was deleted remains in its free blocks.

    The new file is written beside the old one and replaces it while the old one is locked, so that nobody reads or writes
    in between; a kill at any moment leaves one complete file. A file that is open elsewhere, in this process or another, is
    skipped.
    """
    partial = path.with_name(f".{path.name}.compacted")
    for leftover in (partial, partial.with_name(f"{partial.name}.wal")):
        leftover.unlink(missing_ok=True)
    if not path.exists() or (path.stat().st_size < SMALLEST and not is_forced):
        return False
    # A setting that no other connection has: DuckDB then refuses to share a file that is open in this process.
    exclusive_settings: dict[str, str | bool | int | float | list[str]] = {
        **connection_settings(),
        "custom_user_agent": "wavehouse-compaction",
    }
    try:
        connection = duckdb.connect(str(path), config=exclusive_settings)
    except (duckdb.IOException, duckdb.ConnectionException):
        return False
    try:
        connection.execute("checkpoint")
        ((name, free, total),) = connection.execute(
            "select database_name, free_blocks, total_blocks from pragma_database_size()"
            " where database_name = current_database()"
        ).fetchall()
        if 2 * free <= total and not is_forced:
            return False
        connection.execute(f"attach {literal(str(partial))} as {_TARGET_DATABASE}")
        connection.execute(f"copy from database {identifier(name)} to {_TARGET_DATABASE}")
        connection.execute(f"detach {_TARGET_DATABASE}")
        with partial.open("rb") as stream:
            os.fsync(stream.fileno())
        os.replace(partial, path)
        return True
    except OSError:  # Windows cannot replace an open file
        return False
    finally:
        connection.close()
        with suppress(OSError):
            partial.unlink(missing_ok=True)
