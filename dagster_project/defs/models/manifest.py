"""The dbt project's manifest, parsed where it must be, and by a second process while this one imports Dagster.

Belongs here: when to parse, and waiting for it. Does not belong here: calling dbt (run_dbt.py), imported when it must be.
`python -m dagster_project.defs.models.manifest` parses for the study that the environment names.
"""

import contextlib
import os
import subprocess
import sys
from pathlib import Path

from dagster_project.settings import Settings, read_settings

#: The process that parses, by target folder.
_ASIDE: dict[Path, subprocess.Popen[bytes]] = {}


def prepare_aside(settings: Settings) -> None:
    """Begin to parse in a process of its own, if the project must be parsed. `prepared_manifest` waits for it."""
    if not _is_prepared(settings):
        _ASIDE[settings.dbt_target] = subprocess.Popen(
            [sys.executable, "-m", "dagster_project.defs.models.manifest"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip


def prepared_manifest(settings: Settings) -> Path:
    """The manifest of the dbt project: parsed once, and again when a model, macro or test has changed since.

    ValueError when dbt cannot parse it.
    """
    if (aside := _ASIDE.pop(settings.dbt_target, None)) is not None:
        aside.wait()  # what it could not do is tried again here, and said
    manifest = _manifest(settings)
    if not _is_prepared(settings):
        from dagster_project.defs.models.run_dbt import run_dbt

        done = run_dbt(settings, ["parse", "--quiet"])
        if not done.success:
            raise ValueError(f"dbt cannot parse {settings.dbt_folder}: {done.exception}")
        # dbt leaves an unchanged manifest alone; its time says that it was looked at.
        os.utime(manifest)
    return manifest


def _is_prepared(settings: Settings) -> bool:
    sources = [path for path in settings.dbt_folder.rglob("*") if path.suffix in {".sql", ".yml"}]
    changed = max((path.stat().st_mtime for path in sources), default=0.0)
    manifest = _manifest(settings)
    return manifest.exists() and manifest.stat().st_mtime >= changed


def _manifest(settings: Settings) -> Path:
    return settings.dbt_target / "manifest.json"


if __name__ == "__main__":
    with contextlib.suppress(ValueError):
        prepared_manifest(read_settings())
