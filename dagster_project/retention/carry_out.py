"""Removing what is due, so that a kill at any moment leaves everything whole, and everything removed is written down.

Belongs here: the order of it. What is about to be removed is written down first; who comes after a kill writes down which
of it is gone, and looks anew at what is due. Does not belong here: what is due (plan.py).
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from dagster_project.dagster_home.retention import RunHistory
from dagster_project.file_modes import delete
from dagster_project.raw.versions import drop_version
from dagster_project.retention.plan import RELEASE, RUN, VERSION, RetentionPlan
from dagster_project.retention.records import (
    Look,
    Removal,
    add_removals,
    delete_pending,
    name_of_pending,
    read_look,
    read_pending,
    read_removals,
    write_look,
    write_pending,
)
from dagster_project.settings import Settings
from dagster_project.trail import Fact, Facts, record, snapshot
from dagster_project.warehouse import Warehouse, WarehouseError, compact, delete_release


def remove_due(settings: Settings, plan: RetentionPlan, history: RunHistory) -> tuple[Removal, ...]:
    """Remove what is due, to be called under the study's lock. Returns what is gone.

    What cannot be removed, as a file that is open on Windows, stays until the next time.
    """
    home = settings.study_home
    interrupted, gone = record_interrupted(settings), []
    if plan.removals:
        home.mkdir(parents=True, exist_ok=True)
        name = write_pending(home, plan.removals)
        run_ids = [removal.name for removal in plan.removals if removal.kind == RUN]
        runs = set(history.delete_runs(run_ids)) if run_ids else set()
        versions = [removal for removal in plan.removals if removal.kind == VERSION]
        for removal in plan.removals:
            if (removal.kind == RUN and removal.name in runs) or (removal.kind != RUN and _is_removed(settings, removal)):
                gone.append(_written_down(home, removal))
        if versions and settings.warehouse_file.exists():
            compact(settings.warehouse_file, is_forced=True)
        _record_in_trail(settings, gone, name)
        delete_pending(home)
    earlier = read_look(home)
    if plan.fault:
        write_look(home, Look(None if earlier is None else earlier.looked_at, None, plan.fault))
    elif plan.next_due is not None or gone or interrupted or earlier is not None:
        write_look(home, Look(plan.looked_at, plan.next_due))
    return (*interrupted, *gone)


def _record_in_trail(settings: Settings, removals: Sequence[Removal], name: str) -> None:
    """How many of each kind were removed, and which releases: the audit trail names no file of an export. name: of what was
    pending; a killed command may have added its entry."""
    entries = snapshot(settings.study_folder).entries if name else []
    is_recorded = any(entry.kind == "retention" and entry.facts.get("removal") == name for entry in entries)
    if removals and not is_recorded:
        counts = Counter(removal.kind for removal in removals)
        releases: list[Fact] = [*sorted(removal.name for removal in removals if removal.kind == RELEASE)]
        facts: Facts = {"removal": name, "removed": dict(sorted(counts.items())), "releases": releases}
        record(settings, "retention", facts)


def record_interrupted(settings: Settings) -> tuple[Removal, ...]:
    """What a killed command had removed: what it had no time for is done now: writing it down, the entry in the audit trail,
    and freeing the working file of rows. All that it removed is returned."""
    home = settings.study_home
    pending = read_pending(home)
    if not pending:
        return ()
    recorded = {(removal.kind, removal.name): removal for removal in read_removals(home)}
    gone = []
    for removal in pending:
        record_of_it = recorded.get((removal.kind, removal.name))
        is_gone = record_of_it is not None if removal.kind == RUN else not _path_of(settings, removal).exists()
        if is_gone:
            gone.append(record_of_it or _written_down(home, removal))
    if settings.warehouse_file.exists() and any(removal.kind == VERSION for removal in gone):
        compact(settings.warehouse_file, is_forced=True)
    _record_in_trail(settings, gone, name_of_pending(home))
    delete_pending(home)
    return tuple(gone)


def _is_removed(settings: Settings, removal: Removal) -> bool:
    path = _path_of(settings, removal)
    try:
        if removal.kind == RELEASE:
            delete_release(settings.study_folder, removal.name)
        elif removal.kind == VERSION:
            # The rows first: a copy without rows is looked at again, rows without a copy are not.
            drop_version(Warehouse(settings.warehouse_file), path.name.split(".")[0], removal.because)
            delete(path)
        else:
            delete(path)
    except (OSError, WarehouseError):
        return False
    return True


def _path_of(settings: Settings, removal: Removal) -> Path:
    return settings.study_folder / removal.path


def _written_down(home: Path, removal: Removal) -> Removal:
    removal = replace(removal, removed_at=f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}")
    add_removals(home, [removal])
    return removal
