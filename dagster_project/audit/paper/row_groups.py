"""Rows of counts without a heading.

Belongs here: which categories stand together where no heading says it. Does not belong here: headings (shape.py), a block's
rules (audit/blocks.py).
"""

from collections import Counter
from collections.abc import Callable, Sequence
from itertools import groupby

from dagster_project.audit.paper.heads import head_of
from dagster_project.audit.paper.shape import StubRow
from dagster_project.audit.paper.vocabulary import MISSING


def own_sections(rows: Sequence[StubRow], is_of_counts: Callable[[StubRow], bool]) -> dict[int, str]:
    """By their index, rows of counts without a heading that are no categories of one block, each with the name of its own.

    A row whose name says what its cells are (Smoker, n (%)), one of a table whose other categories have headings, and one
    that stands between rows of other numbers is a characteristic by itself. Several of such runs are apart.
    """
    bare = [
        row
        for row in rows
        if not row.section and len(row.names) == 1 and row.names[-1] and not is_of_missing(row) and is_of_counts(row)
    ]
    has_headings = any(row.section and is_of_counts(row) for row in rows)
    alone = [row for row in bare if has_headings or _says_form(row)]
    remaining = {row.index for row in bare} - {row.index for row in alone}
    runs = [[row for row in run] for is_bare, run in groupby(rows, key=lambda row: row.index in remaining) if is_bare]
    alone += [run[0] for run in runs if len(run) == 1 and len(rows) > 1]
    repeats: Counter[str] = Counter()
    sections = {}
    for row in alone:
        repeats[row.names[-1]] += 1
        count = repeats[row.names[-1]]
        sections[row.index] = row.names[-1] if count == 1 else f"{row.names[-1]} ({count})"
    runs = [run for run in runs if len(run) > 1]
    if len(runs) > 1:
        sections |= {row.index: f"{run[0].names[-1]} …" for run in runs for row in run}
    return sections


def is_of_missing(row: StubRow) -> bool:
    """Whether a row counts people without an answer."""
    return bool(row.names) and row.names[-1].strip(" :()").casefold() in MISSING


def _says_form(row: StubRow) -> bool:
    return bool(row.stub) and bool(head_of(row.stub[-1], is_column=False).form)
