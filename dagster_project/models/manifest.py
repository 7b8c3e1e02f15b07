"""The dbt project's manifest, parsed where it must be, and by a second process while this one imports Dagster.

Belongs here: when to parse, and waiting for it. Does not belong here: calling dbt (run_dbt.py), imported when it must be.
`python -m dagster_project.models.manifest` parses for the study that the environment names.
"""

import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from dagster_project.models.project import DbtProject
from dagster_project.settings import Settings, read_settings

_MANIFEST, _CACHE = "manifest.json", "partial_parse.msgpack"
#: What the project was when it was parsed. Times of files do not tell: another version's files may be older than a manifest.
_SOURCES = "sources.sha256"
#: The process that parses, by target folder.
_PARSERS: dict[Path, subprocess.Popen[bytes]] = {}


def prepare_in_background(settings: Settings) -> None:
    """Begin to parse in a process of its own, if the project must be parsed. `prepared_manifest` waits for it."""
    if not _is_prepared(DbtProject.from_settings(settings)):
        _PARSERS[settings.dbt_target] = subprocess.Popen(
            [sys.executable, "-m", "dagster_project.models.manifest"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env=settings.environment(os.environ),
        )  # fmt: skip


def prepared_manifest(settings: Settings) -> Path:
    """The manifest of the dbt project: parsed once, and again when a model, macro or test has changed since.

    It is written whole or not at all, whoever parses beside or is killed. ValueError when dbt cannot parse the project.
    """
    if (parser := _PARSERS.pop(settings.dbt_target, None)) is not None:
        parser.wait()  # what it could not do is tried again here, and said
    return _prepared(DbtProject.from_settings(settings), _MANIFEST)


def share_manifest(studies: Sequence[Settings]) -> None:
    """Parse the project once for studies that have it in common; each keeps what is parsed in a place of its own."""
    for settings in studies[1:]:
        first_project, project = DbtProject.from_settings(studies[0]), DbtProject.from_settings(settings)
        if first_project.folder != project.folder or _is_prepared(project):
            continue
        _prepared(first_project, _MANIFEST)
        project.target.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=project.target, prefix=".parsing-") as temporary:
            for name in (_CACHE, _MANIFEST, _SOURCES):
                shutil.copyfile(first_project.target / name, Path(temporary) / name)
                os.replace(Path(temporary) / name, project.target / name)


def parsed_project(project: DbtProject) -> Path:
    """What dbt keeps of the project as it is now, in its own form: parsed where it must be. ValueError as above."""
    return _prepared(project, _CACHE)


def _prepared(project: DbtProject, name: str) -> Path:
    if not _is_prepared(project):
        _parse(project)
    return project.target / name


def _parse(project: DbtProject) -> None:
    from dagster_project.models.run_dbt import run_dbt

    sources_hash = _sources_hash(project)
    project.target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=project.target, prefix=".parsing-") as temporary:
        folder, cache = Path(temporary), project.target / _CACHE
        if cache.exists():
            shutil.copyfile(cache, folder / _CACHE)
        result = run_dbt(project, ["parse", "--quiet"], folder)
        if not result.success:
            raise ValueError(f"dbt cannot parse {project.folder}: {' '.join(str(result.exception).split())}")
        # What is edited while dbt parses is not what was parsed: the hash is of before.
        (folder / _SOURCES).write_text(sources_hash, encoding="utf-8")
        for name in (_CACHE, _MANIFEST, _SOURCES):
            os.replace(folder / name, project.target / name)


def _is_prepared(project: DbtProject) -> bool:
    if not all((project.target / name).exists() for name in (_CACHE, _MANIFEST, _SOURCES)):
        return False
    return (project.target / _SOURCES).read_text(encoding="utf-8") == _sources_hash(project)


def _sources_hash(project: DbtProject) -> str:
    """The SHA-256 of the names and contents of the project's files."""
    sources_hash = hashlib.sha256()
    for path in sorted(path for path in project.folder.rglob("*") if path.suffix in {".sql", ".yml"}):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        sources_hash.update(f"{path.relative_to(project.folder).as_posix()} {content}\n".encode())
    return sources_hash.hexdigest()


if __name__ == "__main__":
    with contextlib.suppress(ValueError):
        prepared_manifest(read_settings())
