"""Giving back the warehouse's slot that a killed run still holds, so that the next run does not wait for ever.

Belongs here: telling a run whose process is gone. Does not belong here: the pool itself (dagster.yaml, `pool="warehouse"`).
Dagster's daemon does the same for the runs that it started; this serves where no daemon runs.
"""

import os
import socket

import dagster as dg

POOL = "warehouse"
_PROCESS = "wavehouse/process"


def process_tags() -> dict[str, str]:
    """Tags by which a later run can tell whether this one's process is still there."""
    return {_PROCESS: f"{os.getpid()}@{socket.gethostname()}"}


def free_slots_of_dead_runs(instance: dg.DagsterInstance) -> list[str]:
    """Free the pool's slots of runs that are finished or whose process is gone, and mark these failed. Returns their ids."""
    storage = instance.event_log_storage
    if not instance.event_log_storage.supports_global_concurrency_limits:
        return []
    found = storage.get_concurrency_info(POOL)
    holders = {slot.run_id for slot in found.claimed_slots} | {step.run_id for step in found.pending_steps}
    freed = []
    for run_id in sorted(holders):
        run = instance.get_run_by_id(run_id)
        if run is not None and not run.is_finished and not _is_gone(run.tags.get(_PROCESS)):
            continue
        storage.free_concurrency_slots_for_run(run_id)
        if run is not None and not run.is_finished:
            instance.report_run_failed(run, "The process of this run was killed; the release is as it was.")
        freed.append(run_id)
    return freed


def _is_gone(process: str | None) -> bool:
    """Whether a process of this machine is no longer there; False when that cannot be told."""
    number, _, host = (process or "").partition("@")
    if not number.isdigit() or host != socket.gethostname():
        return False
    if os.name == "nt":
        import psutil  # comes with Dagster on Windows, where signal 0 would end the process

        return not psutil.pid_exists(int(number))
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
