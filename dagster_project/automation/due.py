"""Whether a run that starts itself is due, and if not, why: decisions over what lies there and what was run for it.

Belongs here: these rules. Does not belong here: looking at files (exports/), Dagster's runs and tags (defs/automation.py).

What lies there is compared with what the current release was made from, not with what was started: what a killed run did not
finish is started again. What a run refused is not, until something changes.
"""

import hashlib
import json
from collections.abc import Sequence, Set
from dataclasses import dataclass

from dagster_project.exports import Look
from dagster_project.study import Study

#: How many runs are started for the same content before somebody has to look.
MAX_RUNS = 3


@dataclass(frozen=True)
class EarlierRun:
    """A run that was started for the content that lies there now. has_refused: it failed by what it met itself, and says
    why; a run whose process was killed did not."""

    name: str
    is_finished: bool
    is_cancelled: bool
    has_refused: bool


def content_name(look: Look) -> str:
    """A short name of what a run would take now."""
    return hashlib.sha256(json.dumps(dict(look.digests), sort_keys=True).encode()).hexdigest()[:12]


def why_not_due(
    look: Look, study: Study, graph_tables: Set[str] | None, lock_holder: str | None, earlier: Sequence[EarlierRun]
) -> str | None:
    """Why no run starts now, None if one does.

    graph_tables: the tables of exports that the loaded graph has assets for, None if that is not known. lock_holder: who
    runs the study now. earlier: the runs for this content, newest first.
    """
    return (
        _nothing_to_do(look)
        or (_of_another_graph(study, graph_tables) if graph_tables is not None else None)
        or _under_way(lock_holder, earlier)
        or _given_up(earlier)
    )


def _nothing_to_do(look: Look) -> str | None:
    if look.unsettled_files:
        return f"still being written, or new since the last look: {', '.join(look.unsettled_files)}"
    if look.refusals:
        return "; ".join(look.refusals.values())
    if not look.changed_exports:
        return f"nothing new; not declared: {', '.join(look.undeclared_files)}" if look.undeclared_files else "nothing new"
    return None


def _of_another_graph(study: Study, graph_tables: Set[str]) -> str | None:
    """The graph has an asset an export, made when the definitions were loaded."""
    differing_tables = graph_tables ^ {export.table for export in study.protocol.exports}
    if not differing_tables:
        return None
    return (
        f"study.yaml and this graph have not the same exports: {', '.join(sorted(differing_tables))}; reload the"
        " definitions in the UI (Deployment), or start `wavehouse ui --watch` again"
    )


def _under_way(lock_holder: str | None, earlier: Sequence[EarlierRun]) -> str | None:
    if lock_holder is not None:
        return f"{lock_holder} is under way; what changed is looked at again when it is done"
    if earlier and not earlier[0].is_finished:
        return f"run {earlier[0].name} of this is about to start or to end"
    return None


def _given_up(earlier: Sequence[EarlierRun]) -> str | None:
    """A refusal is told once; a killed run starts again, a few times."""
    if not earlier:
        return None
    latest, next_start = earlier[0], "the next one starts when something changes, or by hand"
    if latest.is_cancelled:
        return f"run {latest.name} of this was cancelled; {next_start}"
    if latest.has_refused:
        return f"run {latest.name} of this failed and says why; {next_start}"
    if len(earlier) >= MAX_RUNS:
        return f"{len(earlier)} runs of this ended without a release; {next_start}"
    return None
