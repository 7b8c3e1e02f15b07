"""The entry of a public release in the audit trail: written down before the release is there, added to the trail after.

Belongs here: the file of an entry that is to be added, which a killed command leaves for the next. Does not belong here: the
trail (trail/), making the release (public.py).
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from dagster_project.keys import write_private
from dagster_project.settings import Settings
from dagster_project.trail import Facts, Source, record, snapshot

#: In the study's home.
PENDING_ENTRY = "public_release.pending"


def intend_entry(settings: Settings, manifest: Mapping[str, str], numbers: int, hidden: int) -> None:
    """Write down the entry of a public release that is about to take the place of the one before."""
    facts = {"release": manifest["release"], "released_at": manifest["released_at"], "numbers": numbers, "hidden": hidden}
    write_private(_file(settings), json.dumps(facts).encode())


def add_intended_entry(settings: Settings, manifest: Mapping[str, str] | None, source: Source) -> None:
    """Add the entry that was written down, once, if it is of the public release that is there. manifest: of that one."""
    facts = _intended(settings)
    if facts is None:
        return
    released_at = facts.get("released_at")
    if manifest is not None and manifest.get("released_at") == released_at:
        entries = snapshot(settings.study_folder).entries
        if not any(entry.kind == "public_release" and entry.facts.get("released_at") == released_at for entry in entries):
            record(settings, "public_release", facts, source)
    _file(settings).unlink()


def _intended(settings: Settings) -> Facts | None:
    with suppress(OSError, ValueError):
        content = json.loads(_file(settings).read_text(encoding="utf-8"))
        return content if isinstance(content, dict) else None
    return None


def _file(settings: Settings) -> Path:
    return settings.study_home / PENDING_ENTRY
