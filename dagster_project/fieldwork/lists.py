"""The files of the lists: two CSV files and a page, beside the working file, for the team alone.

Belongs here: writing them. Does not belong here: who and what is on them (reminders.py, queries.py).
"""

import csv
import os
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import attrgetter
from pathlib import Path
from typing import TextIO

from dagster_project.fieldwork.queries import QUERY_COLUMNS, QUERY_KINDS, STATES, DataQuery, Event, QueryLog, read_queries
from dagster_project.fieldwork.reminders import (
    REMINDER_STATES,
    Reminder,
    ReminderState,
    counts_by_wave,
    reminder_batches,
)
from dagster_project.report.template import render
from dagster_project.settings import Settings
from dagster_project.study import Protocol
from dagster_project.warehouse import Warehouse

#: Of a study's home.
LISTS_FOLDER = "lists"
LOG_FILE = "queries.jsonl"
#: What a spreadsheet takes for a formula at the beginning of a cell.
_FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")
#: A page with more rows of a kind than these names the file instead.
_MOST_ROWS = 500


@dataclass(frozen=True)
class FieldLists:
    """Both lists as they were written. folder: where the files are. reminder_counts: how many people are in which state of
    each wave that anybody has not answered."""

    folder: Path
    reminder_counts: Sequence[tuple[str, Mapping[ReminderState, int]]]
    queries: list[DataQuery]


def write_lists(warehouse: Warehouse, protocol: Protocol, study_home: Path, now: datetime) -> FieldLists:
    """Bring the log of queries up to date with the working file, and write both lists as CSV and as a page.

    The folder and its files are their owner's alone: they name people as the roster does.
    """
    folder = study_home / LISTS_FOLDER
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    queries = QueryLog(folder / LOG_FILE).update(read_queries(warehouse, protocol), now)
    with warehouse.connect(read_only=True) as connection:
        batches = reminder_batches(connection, protocol, now.date())
        counts, reminders = _write_reminders(folder / "reminders.csv", batches)
    with _replaced(folder / "queries.csv") as stream:
        _csv_writer(stream, QUERY_COLUMNS)(map(attrgetter(*QUERY_COLUMNS), queries))
    listed_counts = {key: n for key, n in counts.items() if key[1] != "not_yet"}
    page = render(
        "lists.html.jinja",
        protocol=protocol,
        day=f"{now:%Y-%m-%d}",
        reminders=reminders,
        reminder_count=sum(listed_counts.values()),
        reminder_states=REMINDER_STATES,
        present_states={state for _, state in listed_counts},
        waves={wave.wave: wave.label for wave in protocol.waves},
        queries=[query for query in queries if query.state != "closed"],
        closed=sum(query.state == "closed" for query in queries),
        kinds=QUERY_KINDS,
        states=STATES,
        most=_MOST_ROWS,
    )
    with _replaced(folder / "index.html") as stream:
        stream.write(page)
    return FieldLists(folder, counts_by_wave(counts, protocol), queries)


def current_lists(settings: Settings, protocol: Protocol) -> FieldLists:
    """Both lists as of today, from the working file of the last run. Raises WarehouseError while a run writes it."""
    if not settings.warehouse_file.exists():
        raise ValueError(f"{settings.study_folder}: nothing has been taken in yet; `wavehouse run` does")
    return write_lists(Warehouse(settings.warehouse_file), protocol, settings.study_home, datetime.now(UTC))


def note_query(settings: Settings, query: str, event: Event, person: str, text: str) -> DataQuery:
    """Answer, close or reopen a query of a study. Raises QueryError where that can't be."""
    return QueryLog(settings.study_home / LISTS_FOLDER / LOG_FILE).note(query, event, person, text, datetime.now(UTC))


def _write_reminders(
    file: Path, batches: Iterable[Sequence[Reminder]]
) -> tuple[Counter[tuple[str, ReminderState]], list[Reminder]]:
    """Write everybody whose time has begun. Returns how many are in which state of a wave, and the first of those listed."""
    counts: Counter[tuple[str, ReminderState]] = Counter()
    first_reminders: list[Reminder] = []
    with _replaced(file) as stream:
        write_rows = _csv_writer(stream, Reminder._fields)
        for batch in batches:
            counts.update((reminder.wave, reminder.state) for reminder in batch)
            reminders = [reminder for reminder in batch if reminder.state != "not_yet"]
            write_rows(reminders)
            first_reminders += reminders[: _MOST_ROWS - len(first_reminders)]
    return counts, first_reminders


def _csv_writer(stream: TextIO, columns: Sequence[str]) -> Callable[[Iterable[Sequence[object]]], None]:
    """Writes rows as CSV, below a header. A cell that a spreadsheet would take for a formula begins with an apostrophe."""
    stream.write("\ufeff")
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(columns)
    return lambda rows: writer.writerows(map(_harmless, row) for row in rows)


def _harmless(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA_SIGNS) else value


@contextmanager
def _replaced(file: Path) -> Iterator[TextIO]:
    """A stream whose text replaces a file as a whole, readable by its owner only."""
    handle, partial = tempfile.mkstemp(dir=file.parent, prefix=".list-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as stream:
            yield stream
        os.replace(partial, file)
    except BaseException:
        Path(partial).unlink(missing_ok=True)
        raise


def counts_of_kinds(queries: Sequence[DataQuery]) -> list[tuple[str, tuple[int, ...]]]:
    """How many queries of each kind are in each state, in the order of STATES; kinds without any are left out."""
    counts = Counter((query.kind, query.state) for query in queries)
    kinds = [(str(kind), tuple(counts[kind, state] for state in STATES)) for kind in QUERY_KINDS]
    return [(kind, numbers) for kind, numbers in kinds if any(numbers)]
