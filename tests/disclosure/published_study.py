"""Made studies as they are published. Belongs here: publishing them. Does not belong here: who they are (made_people.py), what is
known of them then (attacker.py)."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from disclosure.attacker import Published, read_published
from disclosure.made_people import Person, made_patterns, made_results

from dagster_project.disclosure import (
    Ledger,
    PublicResults,
    public_results,
    write_public_files,
    write_public_results,
)
from dagster_project.study import Study

KEY = b"a key for tests"


@dataclass(frozen=True)
class PublishedStudy:
    """A study of made people with what is public of it, and the folder of the files."""

    study: Study
    people: Sequence[Person]
    published: dict[str, Published]
    public: PublicResults
    folder: Path


def published_from(
    study: Study, people: Sequence[Person], folder: Path, ledger: Ledger, release: str = "r1"
) -> tuple[dict[str, Published], PublicResults]:
    """What results.csv prints: that the other files add nothing to it is a test of its own (test_attack.py)."""
    public = public_results(study, made_results(study, people), made_patterns(people), [], KEY, ledger, release)
    folder.mkdir()
    write_public_results(folder, public)
    return read_published(folder), public


def published_files_from(study: Study, people: Sequence[Person], folder: Path) -> tuple[dict[str, Published], PublicResults]:
    """What a first release prints, with every file."""
    published, public = published_from(study, people, folder, Ledger(1))
    manifest = {"release": "r1", "released_at": "2026-01-01", "run_id": "r", "fingerprint": "f"}
    write_public_files(folder, study, public, manifest, [])
    return published, public
