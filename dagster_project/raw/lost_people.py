"""People who were in the file that another one replaced, and are in that no more.

Belongs here: who they are. Does not belong here: which file is in use (versions.py), people who were erased (erasure/).
"""

from dagster_project.study import Export
from dagster_project.warehouse import Warehouse, identifier

_MAX_LISTED = 3


def file_in_use(warehouse: Warehouse, export: Export) -> str | None:
    """The SHA-256 of the one file whose rows stand in the warehouse; None if there is none, or there are parts."""
    with warehouse.connect() as connection:
        rows = connection.execute(
            "select sha256 from raw.versions where export = ? and is_in_use", [export.export]
        ).fetchall()
    return rows[0][0] if len(rows) == 1 else None


def lost_people(warehouse: Warehouse, export: Export, earlier_sha256: str | None) -> str | None:
    """A sentence on the people of an earlier file who are not in the rows in use; None if there are none."""
    if earlier_sha256 is None:
        return None
    earlier_table = f"{export.table}@{earlier_sha256[:8]}"
    with warehouse.connect() as connection:
        exists = connection.execute(
            "select 1 from duckdb_tables() where schema_name = 'raw' and table_name = ?", [earlier_table]
        ).fetchone()
        if not exists:
            return None
        rows = connection.execute(
            f"select distinct participant_id, source_row from raw.{identifier(earlier_table)}"
            f" anti join raw.{identifier(export.table)} using (participant_id) order by source_row"
        ).fetchall()
    if not rows:
        return None
    people = ", ".join(f"{person} (row {row})" for person, row in rows[:_MAX_LISTED])
    more_words = f" and {len(rows) - _MAX_LISTED} more" if len(rows) > _MAX_LISTED else ""
    people_words, verb = ("people", "are") if len(rows) > 1 else ("person", "is")
    return (
        f"{len(rows)} {people_words} of the file before {verb} not in the one that took its place: {people}{more_words} of"
        f" the file {earlier_sha256[:8]}; check whether it was exported whole"
    )
