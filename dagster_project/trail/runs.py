"""What a run has to say to the audit trail: that it began and how it ended, by which inputs, definitions and code, and what
was decided since the run before.

Belongs here: comparing a run with what the trail knows of earlier ones. Does not belong here: adding an entry (record.py),
the run. A run that finds that nothing has changed puts nothing into a release and has no entry: the last one says all of it.

Who decided is who ran the study first by what was decided; who typed it into a file, a version control system knows.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.metadata import version

from dagster_project.settings import Settings
from dagster_project.study import Disclosure, Study
from dagster_project.trail.chain import Entry, Fact, Facts
from dagster_project.trail.definition_keys import changed_keys
from dagster_project.trail.record import Kind, Source, record
from dagster_project.trail.releases import refuse_other_trail, snapshot
from dagster_project.warehouse import Warehouse, WarehouseError, current_release

_HAS_VERSIONS = "select 1 from duckdb_tables() where schema_name = 'raw' and table_name = 'versions'"
_FILES_IN_USE = "select distinct export, sha256 from raw.versions where is_in_use order by all"
_MAPPING_KEY = re.compile(r": exports\.([^.]+)\.(?:respondents|labels)")
Files = Mapping[str, frozenset[str]]


@dataclass
class RunTrail:
    """The entries of one run."""

    settings: Settings
    run_id: str
    source: Source
    release_before: str = field(default="", init=False)

    def begin(self, steps: Sequence[str] | None) -> None:
        """steps: those that are run, None for all. To be called under the study's lock. Raises TrailError
        where the study's trail is another one than its release was made with."""
        refuse_other_trail(self.settings.study_folder)
        if (killed_run := unended_run(self.settings)) is not None:
            release = _release_of_run(self.settings, killed_run)
            self._record("run_ended", {"run": killed_run, "outcome": "killed", "release": release})
        self._record("run_started", {"run": self.run_id, "steps": None if steps is None else list(steps)})
        self.release_before = _release(self.settings)

    def end(self, outcome: str, failed_steps: Sequence[str], study: Study | None, warehouse: Warehouse, code: str) -> None:
        """study: None where its definitions could not be read."""
        record_state(self.settings, study, warehouse, self.source)
        inputs = _files_in_use(warehouse)
        release = _release(self.settings)
        self._record(
            "run_ended",
            {
                "run": self.run_id,
                "outcome": outcome,
                "failed_steps": list(failed_steps),
                "inputs": None if inputs is None else _digest(inputs),
                "definitions": None if study is None else study.definitions_hash,
                "code": code,
                "version": version("wavehouse"),
                "release": release,
                "is_new_release": release != self.release_before,
            },
        )

    def _record(self, kind: Kind, facts: Facts) -> None:
        record(self.settings, kind, facts, self.source)


def unended_run(settings: Settings) -> str | None:
    """The last run that began and did not say how it ended: while nobody else holds the lock, it was killed. The copy
    of the trail in a release was made before its run ended."""
    run: Fact = None
    entries: list[Entry] = []
    with suppress(OSError):  # who adds an entry says so
        entries = snapshot(settings.study_folder).entries
    for entry in entries:
        if entry.kind == "run_started":
            run = entry.facts.get("run")
        elif entry.kind == "trail_restored" or (entry.kind == "run_ended" and entry.facts.get("run") == run):
            run = None
    return run if isinstance(run, str) else None


def record_state(settings: Settings, study: Study | None, warehouse: Warehouse, source: Source) -> None:
    """The entries on definitions, decisions in them and files in use, as far as they are others than the trail knows. To be
    called before a release takes its copy of the trail, and at the end of a run that makes none."""
    earlier = snapshot(settings.study_folder).entries
    if study is not None:
        definitions = (entry.facts for entry in reversed(earlier) if entry.kind == "definitions")
        _record_definitions(settings, study, next(definitions, {}), source)
    inputs = _files_in_use(warehouse)
    former = _known_files(entry.facts for entry in earlier if entry.kind == "inputs")
    if inputs is not None and (change := _input_changes(former, inputs)):
        record(settings, "inputs", {"exports": change}, source)


def _record_definitions(settings: Settings, study: Study, earlier: Facts, source: Source) -> None:
    if earlier.get("hash") == study.definitions_hash:
        return
    old_files, former = earlier.get("files"), earlier.get("decisions")
    old_files = old_files if isinstance(old_files, dict) else {}
    decisions = decisions_of(study)
    keys = changed_keys(study, settings.study_home)
    changed_files = [
        name for name in sorted({*old_files, *study.definitions}) if old_files.get(name) != study.definitions.get(name)
    ]
    facts: Facts = {
        "hash": study.definitions_hash,
        "changed": [*changed_files],
        "keys": None if keys is None else [*keys],
        "files": {**study.definitions},
        "decisions": decisions,
    }
    record(settings, "definitions", facts, source)
    for kind, decision in new_decisions(former if isinstance(former, dict) else {}, decisions, keys or ()):
        record(settings, kind, decision, source)


def _release_of_run(settings: Settings, run_id: str) -> str:
    """The current release, if this run made it: one that was killed after that has had no time to say so."""
    try:
        manifest = current_release(settings.study_folder) or {}
    except WarehouseError:
        return ""
    return manifest.get("release", "") if manifest.get("run_id") == run_id else ""


def _release(settings: Settings) -> str:
    """The name of the current release, '' if there is none or its manifest is damaged, which others say."""
    try:
        return (current_release(settings.study_folder) or {}).get("release", "")
    except WarehouseError:
        return ""


def decisions_of(study: Study) -> dict[str, Fact]:
    """What somebody has accepted in the definitions, without identifiers."""
    protocol = study.protocol
    rule = protocol.disclosure
    return {
        "waves": [wave.wave for wave in protocol.waves],
        "pins": {export.export: export.pin for export in protocol.exports if export.pin is not None},
        "mappings": {
            export.export: {"identifiers": len(export.respondents), "labels": len(export.labels)}
            for export in protocol.exports
            if export.respondents or export.labels
        },
        "is_concealed": protocol.is_concealed,
        "disclosure": rule.model_dump(mode="json") if isinstance(rule, Disclosure) else rule,
    }


def new_decisions(
    former: Mapping[str, Fact], current: Mapping[str, Fact], keys: Sequence[str] = ()
) -> Iterator[tuple[Kind, dict[str, Fact]]]:
    """Each decision that is another one than before. former: empty before the first. keys: those that were changed: a
    mapping may be another one with as many entries."""
    mapped_exports = {match[1] for key in keys if (match := _MAPPING_KEY.search(key)) is not None}
    for kind, name in (("pin", "pins"), ("mapping", "mappings")):
        old, new = (value if isinstance(value, dict) else {} for value in (former.get(name), current.get(name)))
        for export in sorted({*old, *new}):
            if old.get(export) != new.get(export) or (kind == "mapping" and export in mapped_exports):
                facts: dict[str, Fact] = {"export": export, "former": old.get(export), "current": new.get(export)}
                yield ("pin" if kind == "pin" else "mapping"), facts
    old_waves, new_waves = (
        value if isinstance(value, list) else [] for value in (former.get("waves"), current.get("waves"))
    )
    for wave in old_waves:
        if wave not in new_waves:
            yield "wave_removed", {"wave": wave}
    if bool(former.get("is_concealed")) != bool(current.get("is_concealed")):
        yield ("blinding" if current.get("is_concealed") else "unblinding"), {}
    rule, new_rule = former.get("disclosure") if former else _default_disclosure(), current.get("disclosure")
    if rule != new_rule:
        yield "disclosure", {"former": rule, "current": new_rule}


def _default_disclosure() -> Fact:
    content: dict[str, Fact] = Disclosure().model_dump(mode="json")
    return content


def _files_in_use(warehouse: Warehouse) -> dict[str, frozenset[str]] | None:
    """The SHA-256 of the files in use by export; None where nothing has been taken in."""
    if not warehouse.path.exists() or not warehouse.rows(_HAS_VERSIONS):
        return None
    files: dict[str, set[str]] = {}
    for row in warehouse.rows(_FILES_IN_USE):
        files.setdefault(row["export"], set()).add(row["sha256"])
    return {export: frozenset(hashes) for export, hashes in files.items()}


def _known_files(entries: Iterator[Facts]) -> dict[str, frozenset[str]]:
    """The files in use that the entries on inputs tell of together."""
    files: dict[str, frozenset[str]] = {}
    for facts in entries:
        exports = facts.get("exports")
        for export, change in exports.items() if isinstance(exports, dict) else ():
            arrivals, departures = (_texts(change, name) for name in ("added", "removed"))
            files[export] = (files.get(export, frozenset()) - departures) | arrivals
    return {export: hashes for export, hashes in files.items() if hashes}


def _texts(change: Fact, name: str) -> frozenset[str]:
    hashes = change.get(name) if isinstance(change, dict) else None
    return frozenset(map(str, hashes)) if isinstance(hashes, list) else frozenset()


def _input_changes(former: Files, current: Files) -> dict[str, Fact]:
    """By export what became of its files: new, replaced, or taken back, with the SHA-256 of those that came and went."""
    changes: dict[str, Fact] = {}
    for export in sorted({*former, *current}):
        old, new = former.get(export, frozenset()), current.get(export, frozenset())
        if old != new:
            state = "new" if not old else "taken back" if not new else "replaced"
            changes[export] = {"change": state, "added": [*sorted(new - old)], "removed": [*sorted(old - new)]}
    return changes


def _digest(files: Files) -> str:
    """One digest of the files in use of all exports."""
    lines = [f"{export} {sha256}" for export in sorted(files) for sha256 in sorted(files[export])]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
