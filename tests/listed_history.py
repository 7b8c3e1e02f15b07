"""Dagster's history of a run in this process, written to its database only when somebody asks it.

Dagster's own history in memory is an SQLite database. A quarter of the time of a run of a small study goes into writing some 900
events to it, and into asking it after each step for the newest event of each asset. What a run asks is answered from the events
themselves here; for anything else they are written first, and the database answers. Runs that `wavehouse` starts keep theirs in
files, as always.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import dagster as dg
from dagster._core.event_api import EventRecordsResult
from dagster._core.storage.event_log.base import AssetEntry, AssetRecord, EventLogConnection
from dagster._core.storage.event_log.in_memory import InMemoryEventLogStorage


class ListedHistory(InMemoryEventLogStorage):
    """The events of a run in a list, until more is asked of them than the newest materialisation of an asset."""

    def __init__(self) -> None:
        super().__init__()
        self._records: list[dg.EventLogRecord] = []
        self._unwritten: list[dg.EventLogEntry] = []
        self._newest: dict[dg.AssetKey, AssetRecord] = {}

    @contextmanager
    def _connect(self) -> Iterator[Any]:
        unwritten, self._unwritten = self._unwritten, []
        for event in unwritten:
            super().store_event(event)
        with self._db_lock, self._held_conn.begin():
            yield self._held_conn

    def store_event(self, event: dg.EventLogEntry) -> None:
        record = dg.EventLogRecord(storage_id=len(self._records) + 1, event_log_entry=event)
        self._records.append(record)
        self._unwritten.append(event)
        if event.dagster_event_type is dg.DagsterEventType.ASSET_MATERIALIZATION:
            key = event.get_dagster_event().asset_key
            assert key is not None
            entry = AssetEntry(asset_key=key, last_materialization_record=record, last_run_id=event.run_id)
            self._newest[key] = AssetRecord(storage_id=record.storage_id, asset_entry=entry)

    def store_event_batch(self, events: Sequence[dg.EventLogEntry]) -> None:
        for event in events:
            self.store_event(event)

    def get_asset_records(self, asset_keys: Sequence[dg.AssetKey] | None = None) -> Sequence[AssetRecord]:
        return [self._newest[key] for key in (self._newest if asset_keys is None else asset_keys) if key in self._newest]

    def fetch_observations(self, *asked: Any, **named: Any) -> EventRecordsResult:
        if not self._of_types({dg.DagsterEventType.ASSET_OBSERVATION}):
            return EventRecordsResult([], cursor="", has_more=False)
        return super().fetch_observations(*asked, **named)

    def get_records_for_run(
        self, run_id: str, cursor: Any = None, of_type: Any = None, *others: Any, **named: Any
    ) -> EventLogConnection:
        types = {of_type} if isinstance(of_type, dg.DagsterEventType) else of_type
        if types and not self._of_types(types):
            return EventLogConnection([], cursor="", has_more=False)
        return super().get_records_for_run(run_id, cursor, of_type, *others, **named)

    def _of_types(self, types: set[dg.DagsterEventType]) -> list[dg.EventLogRecord]:
        return [record for record in self._records if record.event_log_entry.dagster_event_type in types]
