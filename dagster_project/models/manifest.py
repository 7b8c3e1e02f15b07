"""The dbt project's manifest, parsed once for all studies of a home, by a second process while this one imports Dagster.

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
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

from dagster_project.models.project import DbtProject
from dagster_project.settings import Settings, read_settings

_MANIFEST, _CACHE = "manifest.json", "partial_parse.msgpack"
#: What the project was when it was parsed. Times of files do not tell: another version's files may be older than a manifest.
_SOURCES = "sources.sha256"
#: The hash last.
_PARSED_FILES = (_CACHE, _MANIFEST, _SOURCES)
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
    """The manifest of the dbt project: parsed once in a home, and again when a model, macro or test has changed since.

    It is written whole or not at all, whoever parses beside or is killed. ValueError when dbt cannot parse the project.
    """
    if (parser := _PARSERS.pop(settings.dbt_target, None)) is not None:
        parser.wait()  # what it could not do is tried again here, and said
    return _prepared(DbtProject.from_settings(settings), _MANIFEST)


def parsed_project(project: DbtProject) -> Path:
    """What dbt keeps of the project as it is now, in its own form: parsed where it must be. ValueError as above."""
    return _prepared(project, _CACHE)


def _prepared(project: DbtProject, name: str) -> Path:
    if not (_is_prepared(project) or _taken_over(project)):
        _parse(project)
    return project.target / name


def _taken_over(project: DbtProject) -> bool:
    """Take over what was parsed for another study of the home: the project is the same for all. Whether there was such."""
    sources_hash = _sources_hash(project)
    for sources in sorted(project.target.parents[1].glob(f"*/{project.target.name}/{_SOURCES}")):
        with contextlib.suppress(OSError), _temporary_folder(project.target) as folder:
            for name in _PARSED_FILES:
                shutil.copyfile(sources.with_name(name), folder / name)
            # Whoever parses anew meanwhile takes the hash away first.
            if sources_hash == (folder / _SOURCES).read_text(encoding="utf-8") == sources.read_text(encoding="utf-8"):
                _put_in_place(folder, project.target)
                return True
    return False


def _parse(project: DbtProject) -> None:
    from dagster_project.models.run_dbt import run_dbt

    sources_hash = _sources_hash(project)
    with _temporary_folder(project.target) as folder:
        if (cache := project.target / _CACHE).exists():
            shutil.copyfile(cache, folder / _CACHE)
        result = run_dbt(project, ["parse", "--quiet"], folder)
        if not result.success:
            raise ValueError(f"dbt cannot parse {project.folder}: {' '.join(str(result.exception).split())}")
        # What is edited while dbt parses is not what was parsed: the hash is of before.
        (folder / _SOURCES).write_text(sources_hash, encoding="utf-8")
        _put_in_place(folder, project.target)


@contextlib.contextmanager
def _temporary_folder(target: Path) -> Iterator[Path]:
    """A folder for a while, from which files can be put in place at once."""
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target, prefix=".parsing-") as folder:
        yield Path(folder)


def _put_in_place(folder: Path, target: Path) -> None:
    """The hash goes first and comes last: where it stands, the rest is what it says."""
    (target / _SOURCES).unlink(missing_ok=True)
    for name in _PARSED_FILES:
        os.replace(folder / name, target / name)


def _is_prepared(project: DbtProject) -> bool:
    if not all((project.target / name).exists() for name in _PARSED_FILES):
        return False
    return (project.target / _SOURCES).read_text(encoding="utf-8") == _sources_hash(project)


def _sources_hash(project: DbtProject) -> str:
    """The SHA-256 of dbt's version, the project's place, and the names and contents of its files."""
    sources_hash = hashlib.sha256(f"{version('dbt-core')} {project.folder}\n".encode())
    for path in sorted(path for path in project.folder.rglob("*") if path.suffix in {".sql", ".yml"}):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        sources_hash.update(f"{path.relative_to(project.folder).as_posix()} {content}\n".encode())
    return sources_hash.hexdigest()


if __name__ == "__main__":
    with contextlib.suppress(ValueError):
        prepared_manifest(read_settings())
