"""Data queries: what is to be asked of those who collected the answers, with a state that is kept from run to run.

Belongs here: what makes a query, its name, its states, and the log of what became of it. Does not belong here: what is
rejected or contradictory (the models), files of lists (lists.py).
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from pathlib import Path
from typing import Literal

from dagster_project.raw.file_names import joined_files
from dagster_project.study import CONCEALED_TEXT, Protocol, counts_days
from dagster_project.warehouse import Warehouse

QueryKind = Literal[
    "rejected_answer", "contradiction", "unplanned_answer", "outside_window", "no_day", "duplicate", "no_identifier"
]
#: Each kind with what is asked.
QUERY_KINDS: dict[QueryKind, str] = {
    "rejected_answer": "the cell holds no declared answer: what was answered?",
    "contradiction": "the answer contradicts another one, which skips past the item or does not: which is right?",
    "unplanned_answer": "answers where none was planned for this person: whose are they?",
    "outside_window": "answered outside the visit window: is the day right?",
    "no_day": "the day of answering is not known: when was it?",
    "duplicate": "a further row of the same person, set aside: which one counts?",
    "no_identifier": "a row without an identifier, set aside: whose is it?",
}
QueryState = Literal["open", "answered", "closed"]
#: Each state with what it means.
STATES: dict[QueryState, str] = {
    "open": "nobody has answered it yet",
    "answered": "somebody has said what it is; the exports still hold it",
    "closed": "the exports no longer hold it, or somebody has decided that it stays as it is",
}
Event = Literal["opened", "answered", "closed", "gone", "reopened"]
_STATE_AFTER: dict[Event, QueryState] = {
    "opened": "open", "answered": "answered", "closed": "closed", "gone": "closed", "reopened": "open",
}  # fmt: skip

#: Every row of an export that was taken in, with whose it is.
_ROWS = """
    select participant_id, respondent, wave, source_file, source_row from raw.answers
    union all
    select participant_id, respondent, null, source_file, source_row from raw.roster
"""
_CELLS = f"""
    with people as ({_ROWS}),
    cells as (
        select 'rejected_answer' as kind, wave, item, answer_text as value, reason as detail, source_file, source_row
        from staging.rejected_answers
        union all
        select 'contradiction', wave, item, cast(answer as varchar), replace(contradiction, '_', ' '),
            source_file, source_row
        from marts.gate_contradictions
        union all
        select 'unplanned_answer', wave, block, null, rule, source_file, source_row from marts.unplanned_answers
        union all
        select 'outside_window', days.wave, 'answered_on', cast(days.answered_on as varchar),
            'day ' || days.days_from_baseline || ' from baseline: ' || days.visit, sheets.source_file, sheets.source_row
        from marts.answer_days as days
        join marts.answer_codes as sheets on days.participant_id = sheets.participant_id and days.wave = sheets.wave
        where days.visit in ('early', 'late')
        union all
        select 'no_day', days.wave, 'answered_on', null, replace(days.missing_reason, '_', ' '),
            sheets.source_file, sheets.source_row
        from marts.answer_days as days
        join marts.answer_codes as sheets on days.participant_id = sheets.participant_id and days.wave = sheets.wave
        where days.missing_reason in ('no_date', 'before_baseline') and ?
    )
    select cells.kind, cells.wave, people.participant_id, people.respondent, cells.item,
        coalesce(wave_items.export_column, variables.export_column, times.duration_column) as export_column,
        cells.value, cells.detail, files.file_name, cells.source_row
    from cells
    left join people on cells.source_file = people.source_file and cells.source_row = people.source_row
        and cells.wave is not distinct from people.wave
    {joined_files("cells")}
    left join codebook.wave_items as wave_items on cells.wave = wave_items.wave and cells.item = wave_items.item
    left join codebook.participant_variables as variables on cells.wave is null and cells.item = variables.variable
    left join codebook.wave_exports as times on cells.item = 'duration' and files.table_name = times.table_name
    union all
    select case cells.reason when 'duplicate' then 'duplicate' else 'no_identifier' end, files.wave, null, cells.respondent,
        null, null, null, cells.detail, files.file_name, cells.source_row
    from raw.set_aside_rows as cells
    left join (select distinct export, sha256, wave, file_name from raw.versions) as files
        on cells.export = files.export and cells.source_file = files.sha256
    where cells.reason in ('duplicate', 'no_participant')
    order by all
"""


class QueryError(ValueError):
    """A query cannot be answered or closed. The message is one line with the cure."""


@dataclass(frozen=True)
class QueryCell:
    """A cell or a row of an export that is to be asked about."""

    kind: QueryKind
    wave: str | None
    participant_id: str | None
    respondent: str | None
    item: str | None
    export_column: str | None
    value: str | None
    detail: str | None
    file_name: str | None
    source_row: int | None


@dataclass(frozen=True)
class DataQuery(QueryCell):
    """A question about a cell or a row of an export.

    query: its name, 12 hex digits; it stays the same when the cell moves to another row of a corrected file.
    opened_on: a day. note: what somebody said when they answered or closed it, and who.
    """

    query: str
    state: QueryState
    opened_on: str
    note: str


#: The columns of the file of queries.
QUERY_COLUMNS = ("query", "state", *(field.name for field in fields(QueryCell)), "opened_on", "note")


@dataclass(frozen=True)
class LogEntry:
    """What became of a query, as a line of the log. cell: of an entry that opens one, what it is about."""

    time: str
    query: str
    event: Event
    person: str = ""
    text: str = ""
    cell: QueryCell | None = None


class QueryLog:
    """What became of each query, in a file of JSON lines to which lines are added and from which none is taken away."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def entries(self) -> list[LogEntry]:
        """All entries, oldest first. Raises QueryError where a line is none."""
        if not self.file.exists():
            return []
        entries = []
        for number, line in enumerate(self.file.read_text(encoding="utf-8").splitlines(), start=1):
            try:
                content = json.loads(line)
                cell = QueryCell(**content.pop("cell")) if content.get("cell") else None
                entries.append(LogEntry(**content | {"cell": cell}))
                _STATE_AFTER[entries[-1].event]
            except (ValueError, TypeError, KeyError, AttributeError):
                raise QueryError(
                    f"{self.file}: line {number} is no entry of the log; put the file back from a backup"
                ) from None
        return entries

    def add(self, entries: Sequence[LogEntry]) -> None:
        """Add entries at the end; the file is its owner's alone."""
        if not entries:
            return
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self.file.touch(mode=0o600)
        with self.file.open("a", encoding="utf-8") as stream:
            stream.write("".join(f"{_line(entry)}\n" for entry in entries))

    def queries_about(self, pseudonym: str, spellings: Collection[str]) -> set[str]:
        """The names of the queries about a person, by pseudonym or by identifier as exports write it."""
        return {
            entry.query
            for entry in self.entries()
            if entry.cell is not None
            and (entry.cell.participant_id == pseudonym or (entry.cell.respondent or "").strip() in spellings)
        }

    def erase(self, queries: Collection[str]) -> None:
        """Take all entries of these queries out: the one exception to a log that only grows."""
        if not self.file.exists():
            return
        lines = [
            line for line in self.file.read_text(encoding="utf-8").splitlines() if json.loads(line)["query"] not in queries
        ]
        self._write(lines)

    def rename_people(self, pseudonyms: Mapping[str, str]) -> None:
        """Give the people of all queries other pseudonyms, as by a new key, and the queries the names that go with them.
        pseudonyms: the new ones by the former ones."""
        entries = self.entries()
        names: dict[str, str] = {}
        cells: dict[str, QueryCell] = {}
        for entry in entries:
            former = (entry.cell.participant_id if entry.cell is not None else None) or ""
            if entry.cell is not None and former in pseudonyms:
                cell = replace(entry.cell, participant_id=pseudonyms[former])
                number = next((n for n in range(len(entries)) if _name((*_subject(entry.cell), n)) == entry.query), 0)
                names[entry.query] = _name((*_subject(cell), number))
                cells[entry.query] = cell
        if names:
            renamed_entries = [
                replace(
                    entry,
                    query=names.get(entry.query, entry.query),
                    cell=cells.get(entry.query, entry.cell) if entry.cell is not None else None,
                )
                for entry in entries
            ]
            self._write([_line(entry) for entry in renamed_entries])

    def _write(self, lines: Iterable[str]) -> None:
        partial = self.file.with_suffix(".partial")
        partial.unlink(missing_ok=True)
        partial.touch(mode=0o600)
        partial.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        partial.replace(self.file)

    def update(self, cells: Iterable[QueryCell], now: datetime) -> list[DataQuery]:
        """Open what is new, close what is gone, open again what has come back. Returns all queries, open ones first."""
        time = f"{now:%Y-%m-%dT%H:%M:%SZ}"
        names = named_cells(cells)
        earlier = self.entries()
        logged = {query.query: query for query in queries_of(earlier)}
        last_events = {entry.query: entry.event for entry in earlier}
        entries = [LogEntry(time, name, "opened", cell=cell) for name, cell in names.items() if name not in logged]
        entries += [LogEntry(time, name, "reopened") for name in names if last_events.get(name) == "gone"]
        entries += [
            LogEntry(time, name, "gone") for name, query in logged.items() if name not in names and query.state != "closed"
        ]
        self.add(entries)
        # Where the cells stand today, not where they stood when the query was opened.
        queries = [
            replace(query, **asdict(names[query.query])) if query.query in names else query
            for query in queries_of([*earlier, *entries])
        ]
        return sorted(queries, key=_order)

    def note(self, query: str, event: Event, person: str, text: str, now: datetime) -> DataQuery:
        """Answer, close or reopen a query by its name or the beginning of it.

        Raises QueryError where there is no such query, where it is not in a state for that, or where nothing is said.
        """
        queries = {entry.query: entry for entry in queries_of(self.entries())}
        matches = [name for name in queries if name.startswith(query)] if query else []
        if len(matches) != 1:
            number = "no query begins" if not matches else f"{len(matches)} queries begin"
            raise QueryError(f"{number} with {query!r}; `wavehouse queries --state all` lists them")
        (name,) = matches
        if not text.strip():
            cure = 'say what was found out, with --text "…"' if event == "answered" else 'say why, with --because "…"'
            raise QueryError(f"{name}: {cure}")
        if event != "reopened" and queries[name].state == "closed":
            raise QueryError(f"{name} is closed; `wavehouse queries --reopen {name} --because …` opens it again")
        self.add([LogEntry(f"{now:%Y-%m-%dT%H:%M:%SZ}", name, event, person, " ".join(text.split()))])
        return next(entry for entry in queries_of(self.entries()) if entry.query == name)


def read_queries(warehouse: Warehouse, protocol: Protocol) -> list[QueryCell]:
    """What the working file holds that is to be asked about.

    Days that are not known are, where the study counts in days. A text that tells a concealed group is not said.
    """
    cells = warehouse.rows_as(QueryCell, _CELLS, [counts_days(protocol)])
    concealed = protocol.concealed_variable
    return [replace(cell, value=CONCEALED_TEXT) if concealed and cell.item == concealed else cell for cell in cells]


def named_cells(cells: Iterable[QueryCell]) -> dict[str, QueryCell]:
    """Cells by the name of their query: of what is asked about whom, not of where it stands; equal ones are numbered."""
    cells_by_name: dict[str, QueryCell] = {}
    for cell in cells:
        number = 0
        while (name := _name((*_subject(cell), number))) in cells_by_name:
            number += 1
        cells_by_name[name] = cell
    return cells_by_name


def queries_of(entries: Iterable[LogEntry]) -> list[DataQuery]:
    """The queries that a log tells of, in the order in which they were opened."""
    queries: dict[str, DataQuery] = {}
    for entry in entries:
        if entry.query not in queries:
            if entry.cell is None:
                continue  # a log that was cut at its beginning
            queries[entry.query] = DataQuery(
                **asdict(entry.cell), query=entry.query, state="open", opened_on=entry.time[:10], note=""
            )
            continue
        note = f"{entry.text} ({entry.person}, {entry.time[:10]})" if entry.text else queries[entry.query].note
        if entry.event == "gone":
            note = f"no longer in the exports since {entry.time[:10]}"
        queries[entry.query] = replace(queries[entry.query], state=_STATE_AFTER[entry.event], note=note)
    return list(queries.values())


def _subject(cell: QueryCell) -> tuple[object, ...]:
    """What is asked about whom."""
    person = cell.participant_id or f"{cell.respondent or ''} {cell.file_name}"
    return cell.kind, cell.wave, person, cell.item, cell.value


def _line(entry: LogEntry) -> str:
    return json.dumps({key: value for key, value in asdict(entry).items() if value})


def _name(parts: tuple[object, ...]) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:12]


def _order(query: DataQuery) -> tuple[int, str, str, str, int]:
    position = list(STATES).index(query.state)
    return position, query.kind, query.wave or "", query.file_name or "", query.source_row or 0
