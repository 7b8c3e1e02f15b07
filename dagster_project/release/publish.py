"""Publishing: whether there is anything new to release, and releasing it.

Belongs here: that decision, and the order of what happens. Does not belong here: what is in a release (contents.py), how a
folder is swapped in (warehouse/).
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from dagster_project.audit import FINDINGS_TABLE
from dagster_project.checks import Check, first_few
from dagster_project.erasure.receipts import read_receipts
from dagster_project.fingerprint import code_version
from dagster_project.outcomes.extension_tables import lacking_parts
from dagster_project.release.contents import fill_release
from dagster_project.release.diff import recall_diff, remember_diff
from dagster_project.report import changed_files
from dagster_project.results import EXTENSION_TABLES, QUOTING_NOUNS, DiffRow, ReleaseChange, diff_markdown
from dagster_project.rotation import finish_key_rotation
from dagster_project.settings import Settings
from dagster_project.study import Study, StudyError
from dagster_project.study_run import StudyRun
from dagster_project.synthesis import DISPLAY_TABLES
from dagster_project.trail import TRAIL_FILE, Facts, record, snapshot
from dagster_project.trail.runs import record_state
from dagster_project.trail.table import TRAIL_TABLE, trail_rows
from dagster_project.warehouse import (
    RELEASE_FORMAT,
    Warehouse,
    current_release,
    publish_release,
    recover_release,
    release_names,
)

_DATABASE = "warehouse.duckdb"
#: How many changed rules an entry of the audit trail tells with what they were; the release has all of them.
_MOST_RULES = 200
_IN_AGREEMENT = "Everything was computed from the same exports by the same definitions."


@dataclass(frozen=True)
class Published:
    """A study's current release after a run. changes: what it changed, as Markdown."""

    folder: Path
    is_new: bool
    changes: str
    fingerprint: str


def one_truth(problems: Sequence[str]) -> Check:
    """The check on `contradictions`: all that is about to be released is of the same exports and definitions."""
    return Check("one_truth", not problems, first_few(problems, 1) or _IN_AGREEMENT)


def publish_study(study_run: StudyRun) -> Published:
    """Release what the working file holds, unless the current release is of the same. To be called when there are no
    contradictions."""
    settings, study = study_run.settings, study_run.study()
    recover_release(settings.study_folder)
    fingerprint = _fingerprint(study_run.warehouse, settings, study)
    current = current_release(settings.study_folder)
    folder = settings.study_folder / "release"
    is_same = current is not None and current.get("fingerprint") == fingerprint
    damaged_names = changed_files(folder) if is_same else []
    changes = "The release is as it was."
    if is_same:
        recall_diff(study_run.warehouse, None if _DATABASE in damaged_names else folder / _DATABASE)
    if damaged_names:
        _publish(study_run, study, fingerprint, current, is_same=True)
        changes = f"Released anew as it was: {first_few(damaged_names, 3)} had been changed, or were damaged or gone."
    elif not is_same:
        differences = _publish(study_run, study, fingerprint, current, is_same=False)
        changes = "This is the first release." if current is None else diff_markdown(differences)
    study_run.write_release_inputs(study, (current_release(settings.study_folder) or {})["release"])
    return Published(folder, not is_same or bool(damaged_names), changes, fingerprint)


def _publish(
    study_run: StudyRun, study: Study, fingerprint: str, current: Mapping[str, str] | None, *, is_same: bool
) -> Sequence[ReleaseChange]:
    """Fill a new release and swap it in. Returns what it changes. is_same: nothing, as is known; the current one may be
    damaged, and is not read."""
    settings = study_run.settings
    released_at = datetime.now(UTC)
    name = f"{released_at:%Y%m%dT%H%M%S}-{fingerprint[:8]}-{study_run.run_id[:8]}"
    differences: Sequence[ReleaseChange] = ()
    if not is_same:
        refuse_to_conceal_known_groups(study, settings.study_folder / "release" / _DATABASE)
        differences = _differences(study_run.warehouse, settings, current, name)
    manifest = {
        "format": str(RELEASE_FORMAT),
        "release": name,
        "study": settings.study_folder.name,
        "run_id": study_run.run_id,
        "released_at": released_at.isoformat(),
        "fingerprint": fingerprint,
        "definitions": study.definitions_hash,
    } | settings.study_key().facts
    if current is not None:
        manifest["previous"] = current["release"]
    if lacking := lacking_parts(study_run.warehouse):
        manifest["lacks"] = "; ".join(row.part for row in lacking)
    if receipts := read_receipts(settings.study_home):
        manifest["erasures"] = str(len(receipts))
    record_state(settings, study, study_run.warehouse, study_run.source)
    trail = snapshot(settings.study_folder)
    manifest |= trail.facts
    study_run.warehouse.replace_tables("results", {TRAIL_TABLE.name: TRAIL_TABLE.to_arrow(trail_rows(trail.entries))})

    def fill(folder: Path) -> None:
        (folder / TRAIL_FILE).write_bytes(trail.content)
        fill_release(settings.warehouse_file, study, folder, manifest)
        study_run.study()  # what was read again on the way was what the codebook was made from

    folder = publish_release(settings.study_folder, name, manifest, fill)
    _record_release(study_run, folder, manifest, differences)
    return differences


def _record_release(study_run: StudyRun, folder: Path, manifest: Mapping[str, str], differences: Sequence[DiffRow]) -> None:
    """The entry of a release in the audit trail, and the end of a rotation of the key that it is made by."""
    settings = study_run.settings
    rules = [row for row in differences if row.kind == "rule" and not row.what.startswith(QUOTING_NOUNS)]
    facts: Facts = {
        "release": manifest["release"],
        "fingerprint": manifest["fingerprint"],
        "manifest": hashlib.sha256((folder / "manifest.json").read_bytes()).hexdigest(),
        "rules": [{"rule": row.what, "former": row.before, "current": row.after} for row in rules[:_MOST_RULES]],
        "rules_changed": sum(row.kind == "rule" for row in differences),
    }
    record(settings, "release", facts, study_run.source)
    finish_key_rotation(settings, study_run.source)


def refuse_to_conceal_known_groups(study: Study, file: Path) -> None:
    """Raises StudyError where groups are concealed that the current release names: with both, everybody can tell."""
    if not study.protocol.is_concealed or not file.exists():
        return
    letters = {group.category for group in study.protocol.compared_groups}
    has_groups = "select 1 from duckdb_tables() where schema_name = 'codebook' and table_name = 'groups'"
    release_file = Warehouse(file)
    rows = release_file.rows("select people_group from codebook.groups") if release_file.rows(has_groups) else []
    if any(row["people_group"] not in letters for row in rows):
        raise StudyError(
            "groups: the current release names the groups that study.yaml conceals, and whoever has it can tell them apart;"
            " take concealed out, or move the folders release and releases away from the study first"
        )


def _differences(
    warehouse: Warehouse, settings: Settings, current: Mapping[str, str] | None, name: str
) -> Sequence[ReleaseChange]:
    """Write what the release to come changes into the working file, and return it."""
    folder = settings.study_folder
    file = folder / "release" / _DATABASE if current is not None else None
    names = (current.get("release") if current else None, name)
    is_joinable = current is None or current.get("key_check") in (None, settings.study_key().check)
    return remember_diff(warehouse, file, names, release_names(folder), is_joinable=is_joinable)


def _fingerprint(warehouse: Warehouse, settings: Settings, study: Study) -> str:
    """What a release is made of: exports, protocol, scoring and report code, and every result. Not who ran it, or when."""
    digest = hashlib.sha256()
    with warehouse.connect(read_only=True) as connection:
        for sql in (
            "select export, sha256, fingerprint from raw.exports order by export",
            "select * exclude (run_id, computed_at) from results.results order by result_id",
            "select * from results.reproduction order by line",
            *(
                f"select * from {table.full_name} order by all"
                for table in (FINDINGS_TABLE, *DISPLAY_TABLES, *EXTENSION_TABLES)
            ),
        ):
            for row in connection.execute(sql).fetchall():
                digest.update(repr(row).encode())
    digest.update(study.definitions_hash.encode())
    digest.update(code_version(settings).encode())
    return digest.hexdigest()
