"""A study among several whose definitions are broken: a run that shows why, and, once they are mended, a graph of them.
Studies that come or go: the graphs of those that are there.

Belongs here: when these are asked for, and Dagster's forms of it. Does not belong here: reading definitions (study/),
whether a run of exports is due (automation/due.py).

The others' graphs are in the same process: nobody has to load them anew by hand because of this one.
"""

import hashlib
import logging
import time
from collections.abc import Sequence, Set
from pathlib import Path

import dagster as dg

from dagster_project.dagster_home.folder import CODE_LOCATION
from dagster_project.defs.names import asset_key
from dagster_project.keys import SettingsError
from dagster_project.settings import Settings
from dagster_project.studies import STUDIES_VARIABLE, served_studies
from dagster_project.study import Study
from dagster_project.ui.reload import can_reload, reload_soon

#: Tag of the run that shows a fault: which one.
FAULT_TAG = "wavehouse/fault"


def fault_request(
    instance: dg.DagsterInstance, settings: Settings, error: Exception, study_tags: dict[str, str], settled_seconds: float
) -> dg.RunRequest | dg.SkipReason:
    """A run of the codebook alone, which fails and says what the error says, once for a fault; nothing for a study alone."""
    line = str(error)
    fault = hashlib.sha256(line.encode()).hexdigest()[:12]
    if not settings.prefix or fault == last_fault(instance, study_tags):
        return dg.SkipReason(line)
    if time.time() - _last_change(settings.study_folder) < settled_seconds:
        return dg.SkipReason(f"still being written: {line}")
    return dg.RunRequest(asset_selection=[asset_key(settings, ["codebook"])], tags=study_tags | {FAULT_TAG: fault})


def last_fault(instance: dg.DagsterInstance, study_tags: dict[str, str]) -> str | None:
    """The fault that the study's last run showed, if it was started to show one."""
    runs = instance.get_runs(filters=dg.RunsFilter(tags=study_tags), limit=1)
    return runs[0].tags.get(FAULT_TAG) if runs else None


def reload_reason(
    settings: Settings, study: Study, loaded_hash: str | None, graph_tables: Set[str] | None
) -> dg.SkipReason | None:
    """Asks for the definitions to be loaded where the graph is of others, and says so; None where it is of these, or a study
    alone."""
    tables = {export.table for export in study.protocol.exports}
    if not settings.prefix or graph_tables is None or graph_tables == tables or loaded_hash == study.definitions_hash:
        return None
    table_names = ", ".join(sorted(graph_tables ^ tables))
    if not can_reload():
        return dg.SkipReason(f"study.yaml and this graph have not the same exports: {table_names}; reload the definitions")
    reload_soon(CODE_LOCATION)
    return dg.SkipReason(f"the definitions are loaded anew: study.yaml has other exports than this graph ({table_names})")


def other_studies_reason(settings: Settings, loaded_studies: Sequence[str], log: logging.Logger) -> dg.SkipReason | None:
    """Asks for the definitions to be loaded where there are other studies than when they were, and says so. The first of the
    studies does, for all. Where it cannot, or they cannot be loaded as they are, it warns, and what is loaded goes on."""
    if not loaded_studies or settings.prefix != loaded_studies[0]:
        return None
    try:
        studies = served_studies()
    except SettingsError as error:
        log.warning("%s; what is loaded goes on without a change", error)
        return None
    new_names, old_names = set(studies) - set(loaded_studies), set(loaded_studies) - set(studies)
    if not new_names and not old_names:
        return None
    changes = "; ".join(
        f"{word}: {', '.join(sorted(names))}" for word, names in (("added", new_names), ("gone", old_names)) if names
    )
    if not can_reload():
        log.warning("%s has other studies than this graph (%s); reload the definitions", STUDIES_VARIABLE, changes)
        return None
    reload_soon(CODE_LOCATION)
    return dg.SkipReason(f"the definitions are loaded anew: there are other studies ({changes})")


def _last_change(study_folder: Path) -> float:
    """When a definition of a study, or what its folders hold, was changed last: seconds since 1970."""
    folders = [study_folder, study_folder / "instruments"]
    paths = [path for folder in folders for path in (folder, *folder.glob("*.yaml")) if path.exists()]
    return max((path.stat().st_mtime for path in paths), default=0.0)
