"""First releases of made studies, which several modules read: each is made once for all processes."""

import pickle
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from disclosure.made_people import made_people, made_study
from disclosure.published_study import PublishedStudy, published_files_from, published_from

from dagster_project.disclosure import Ledger
from dagster_project.study_lock import study_lock


@pytest.fixture(scope="session")
def published_study(shared_folder: Path) -> Callable[..., PublishedStudy]:
    """So many people, drawn with a seed, of a study with a declaration, as they are published."""

    @cache
    def published(count: int, seed: int, disclosure: str = "", *, has_files: bool = False) -> PublishedStudy:
        words = re.findall(r"\w+", disclosure)
        folder = shared_folder / "-".join(["published", str(count), str(seed), *words, *(["files"] if has_files else [])])
        note = folder / "note.pickle"
        folder.mkdir(exist_ok=True)
        with study_lock(folder / "lock", "of a test"):
            if not note.exists():
                study, people, files = made_study(folder, disclosure), made_people(count, seed), folder / "public"
                if has_files:
                    results = published_files_from(study, people, files)
                else:
                    results = published_from(study, people, files, Ledger(1))
                note.write_bytes(pickle.dumps(PublishedStudy(study, people, *results, files)))
            return pickle.loads(note.read_bytes())

    return published
