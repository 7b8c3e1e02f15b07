"""The public release: what may be shown to everybody, made from the team's release and swapped in whole.

Belongs here: reading what the team released, the folder `public`, the ledger and the report beside it. Does not belong
here: which numbers are public (disclosure/).
"""

import hmac
import json
import shutil
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from dagster_project.direct_identifiers import definition_findings
from dagster_project.disclosure import (
    DisclosureError,
    PublicResults,
    ScorePattern,
    left_out_analyses,
    public_results,
    read_ledger,
    write_ledger,
    write_officer_report,
    write_public_files,
)
from dagster_project.fingerprint import LEDGER
from dagster_project.outcomes.store import read_results
from dagster_project.release.public_entry import add_intended_entry, intend_entry
from dagster_project.report import changed_files
from dagster_project.settings import Settings
from dagster_project.study import Disclosure, Study
from dagster_project.trail import Source
from dagster_project.warehouse import Warehouse, current_release, identifier, make_current, recover_pointer

#: In the study's folder: the public release, and the report of what it hides, which is the team's.
PUBLIC, REPORT = "public", "disclosure_report"
#: Beside them: the folder that `public`, a link, leads to.
PUBLIC_RELEASES = "public_releases"
_MANIFEST = "manifest.json"


@dataclass(frozen=True)
class PublicRelease:
    """The public release after a run. numbers, hidden: how many it holds, and how many of them are hidden.
    reason: why it stays as an earlier release was."""

    folder: Path | None
    is_new: bool
    numbers: int = 0
    hidden: int = 0
    reason: str = ""


def publish_public(settings: Settings, study: Study, warehouse: Warehouse, source: Source = "command line") -> PublicRelease:
    """Make the public release of the current release, unless it is there. warehouse: the working file, which holds
    what was released: the release itself may be open elsewhere. None is made where the protocol has `disclosure: none`; one
    that is there stays. Each one that is made has its entry in the audit trail; source: who made it.

    Raises DisclosureError where there can be none, and where nobody knows what earlier ones printed.
    """
    folder = settings.study_folder / PUBLIC
    rule = study.protocol.disclosure
    recover_pointer(folder)
    add_intended_entry(settings, _manifest(folder), source)
    team_manifest = current_release(settings.study_folder)
    if rule == "none" or team_manifest is None:
        return PublicRelease(None, is_new=False)
    current = _manifest(folder)
    if folder.exists() and current is None:
        raise DisclosureError(
            f"{folder}: this is not a public release ({_MANIFEST} is missing); move it away, then run again"
        )
    assert isinstance(rule, Disclosure)
    ledger_file = settings.study_home / LEDGER
    if current is not None and current.get("release") == team_manifest["release"] and not changed_files(folder):
        if folder.is_symlink():
            _delete_others(folder.resolve())
        return PublicRelease(folder, is_new=False, reason=_fault_of_ledger(ledger_file, rule))
    refuse_identifying_labels(study)
    key = settings.key()
    ledger = read_ledger(ledger_file, rule.edition, has_release=current is not None)
    # In one order, whatever the database gives: which of two like counts is hidden goes by it.
    results = dict(sorted(read_results(warehouse).items()))
    patterns = score_patterns(study, warehouse)
    overlapping = overlapping_scales(study, warehouse)
    public = public_results(study, results, patterns, overlapping, key, ledger, team_manifest["release"])
    manifest = _new_manifest(study, team_manifest, key)
    building = settings.study_folder / PUBLIC_RELEASES / f".building-{uuid.uuid4().hex}"
    building.parent.mkdir(exist_ok=True)
    building.mkdir()
    try:
        write_public_files(building, study, public, manifest, left_out_analyses(results, rule))
        (building / _MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
        # The ledger first: what it remembers too much hides too much, what it forgets gives people away.
        write_ledger(ledger_file, public.ledger)
        write_officer_report(settings.study_folder / REPORT, rule, results, public, team_manifest["release"])
        summary = _summary(folder, public)
        intend_entry(settings, manifest, summary.numbers, summary.hidden)
        make_public(building, folder, team_manifest["release"])
        add_intended_entry(settings, manifest, source)
    finally:
        shutil.rmtree(building, ignore_errors=True)
    return summary


def _fault_of_ledger(file: Path, rule: Disclosure) -> str:
    """What is wrong with the ledger of a public release that stays as it is: the next one could not be made."""
    try:
        read_ledger(file, rule.edition, has_release=True)
    except DisclosureError as error:
        return str(error)
    return ""


def refuse_identifying_labels(study: Study) -> None:
    """Raises DisclosureError where a text that everybody would read tells for certain who somebody is."""
    for finding in definition_findings(study):
        if finding.detection.is_certain:
            raise DisclosureError(
                f"{finding.key} holds {finding.detection.words} ({finding.detection.mask}), and the public release prints"
                " labels, titles and sources; correct it, or list the text under not_identifying of study.yaml"
            )


def _summary(folder: Path, public: PublicResults) -> PublicRelease:
    hidden_count = sum(row.value is None and row.n is None for row in public.rows.values())
    return PublicRelease(folder, is_new=True, numbers=len(public.rows), hidden=hidden_count)


def _new_manifest(study: Study, team_manifest: Mapping[str, str], key: bytes) -> dict[str, str]:
    """The manifest of the public release. The fingerprint is keyed: nobody can try out which answers have it."""
    fingerprint = hmac.new(key, f"public\0{team_manifest['fingerprint']}".encode(), "sha256").hexdigest()
    return {
        "format": "1",
        "release": team_manifest["release"],
        "study": study.protocol.study,
        "run_id": team_manifest["run_id"],
        "released_at": datetime.now(UTC).isoformat(),
        "fingerprint": fingerprint,
        "kind": "public",
    }


def _manifest(folder: Path) -> dict[str, str] | None:
    try:
        content = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) else None


def make_public(building: Path, folder: Path, name: str) -> None:
    """Let `public` lead to the finished folder, in one step: readers see the old one or the new one. The others are
    deleted, also what killed runs left."""
    target = building.with_name(f"{name}-{uuid.uuid4().hex[:8]}")
    building.rename(target)
    make_current(folder, target, replaces_folder=True)
    _delete_others(target)


def _delete_others(target: Path) -> None:
    """Delete the folders beside the current one: those before it, and what killed runs left."""
    if target.parent.name == PUBLIC_RELEASES:
        for leftover in target.parent.iterdir():
            if leftover != target:
                shutil.rmtree(leftover, ignore_errors=True)


def score_patterns(study: Study, warehouse: Warehouse) -> list[ScorePattern]:
    """How many people of each group have scores in which waves, measure by measure."""
    waves = [wave.wave for wave in study.protocol.waves]
    flags = ", ".join(f"{identifier(f'value_{wave}')} is not null as {identifier(f'has_{wave}')}" for wave in waves)
    rows = warehouse.rows(
        f"select measure, people_group, {flags}, sum(n)::bigint as n from marts.score_profiles where kind = 'scale'"
        " group by all order by all"
    )
    return [
        ScorePattern(
            row["measure"], row["people_group"], frozenset(wave for wave in waves if row[f"has_{wave}"]), int(row["n"])
        )
        for row in rows
    ]


def overlapping_scales(study: Study, warehouse: Warehouse) -> list[str]:
    """The scales that share items with scales before them, in the order of the outcomes, where in some wave not the same
    people have a score of both: the difference of their sums would be of few people."""
    items: dict[str, set[str]] = {}
    for row in warehouse.rows("select scale, item from codebook.scale_items"):
        items.setdefault(row["scale"], set()).add(row["item"])
    for row in warehouse.rows("select scale, part from codebook.scale_parts"):
        items.setdefault(row["scale"], set()).update(items.get(row["part"], {row["part"]}))
    order = [*study.protocol.outcomes, *(code for code in study.scales if code not in study.protocol.outcomes)]
    overlapping: list[str] = []
    for position, scale in enumerate(order):
        relatives = [code for code in order[:position] if items.get(scale, set()) & items.get(code, set())]
        if relatives and not _have_same_people(warehouse, [scale, *relatives]):
            overlapping.append(scale)
    return overlapping


def _have_same_people(warehouse: Warehouse, scales: list[str]) -> bool:
    columns = [identifier(scale) for scale in scales]
    with_all = " and ".join(f"{column} is not null" for column in columns)
    with_some = " or ".join(f"{column} is not null" for column in columns)
    return not warehouse.rows(f"select 1 from marts.scores where ({with_some}) and not ({with_all}) limit 1")
