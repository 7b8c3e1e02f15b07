"""Which of a file's tables are about the same numbers: one prints the moments, another the changes between them.

Belongs here: parting a file's values into tables that are examined together. Does not belong here: cells of one table
(layout.py), rules.
"""

from collections.abc import Sequence

from dagster_project.audit.layout import contrast_parts
from dagster_project.results.published import PublishedValue


def related_tables(values: Sequence[PublishedValue]) -> list[list[PublishedValue]]:
    """Values by tables that belong together, in order.

    A table stands for itself, unless it has a change of a label whose two moments it does not have: it then belongs to the
    tables that have one of them for this label. The tables of a page are else about other people, tests or practices.
    """
    by_table: dict[str, list[PublishedValue]] = {}
    for value in values:
        by_table.setdefault(value.table, []).append(value)
    if len(by_table) == 1:
        return [list(values)]
    groups = {table: {table} for table in by_table}
    tables_of: dict[tuple[str, str], set[str]] = {}
    for value in values:
        tables_of.setdefault((_plain(value.label), _plain(value.timepoint)), set()).add(value.table)
    moments = list(dict.fromkeys(value.timepoint for value in values))
    parts_of = {moment: parts for moment in moments if (parts := contrast_parts(moment, moments)) is not None}
    for value in values:
        own_moments = (
            {_plain(neighbour.timepoint) for neighbour in by_table[value.table]} if value.timepoint in parts_of else set()
        )
        for part in map(_plain, parts_of.get(value.timepoint, ())):
            if part not in own_moments:
                for table in tables_of.get((_plain(value.label), part), ()):
                    all_tables = groups[value.table] | groups[table]
                    groups |= dict.fromkeys(all_tables, all_tables)
    unlike_groups = dict.fromkeys(frozenset(group) for group in groups.values())
    return [[value for value in values if value.table in group] for group in unlike_groups]


def _plain(name: str) -> str:
    return name.strip().casefold()
