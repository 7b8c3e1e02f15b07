"""The studies that one Dagster serves: WAVEHOUSE_STUDIES, their folders, and how each is called in asset keys.

Belongs here: which folders are meant, and their names. Does not belong here: where a study's files lie (settings.py), the
graphs of several studies (many_studies.py).
"""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from dagster_project.keys import SettingsError
from dagster_project.places import STUDY_FILE
from dagster_project.settings import Settings, read_settings

#: The variable that lists study folders, or folders of studies, separated as in PATH.
STUDIES_VARIABLE = "WAVEHOUSE_STUDIES"
#: What makes a folder a study's, even where the file itself is gone: its loss is said then, not passed over.
_SIGNS = (STUDY_FILE, "raw", "instruments", "landing", "release")


def has_studies(environment: Mapping[str, str]) -> bool:
    """Whether one Dagster is to serve the studies of WAVEHOUSE_STUDIES; without it, it serves the study that is meant."""
    return bool(environment.get(STUDIES_VARIABLE, "").strip())


def read_studies(environment: Mapping[str, str] = os.environ) -> list[Settings]:
    """The settings of each study of WAVEHOUSE_STUDIES, by name; all with one Dagster home.

    Raises SettingsError where a folder is none or holds no study, two studies have one name, or their homes differ and
    DAGSTER_HOME does not say which is Dagster's.
    """
    folders = list(dict.fromkeys(folder for folder in _listed_folders(environment) for folder in study_folders(folder)))
    studies = [_settings_of(environment, folder) for folder in folders]
    _refuse_shared_names(studies)
    homes = sorted({str(study.dagster_home) for study in studies})
    if len(homes) > 1:
        raise SettingsError(
            f"{STUDIES_VARIABLE}: the studies have homes of their own ({', '.join(homes)}), and one Dagster needs one; set"
            " DAGSTER_HOME, or WAVEHOUSE_HOME for all of them"
        )
    return sorted(studies, key=lambda study: study.prefix)


def served_studies(environment: Mapping[str, str] = os.environ) -> list[str]:
    """How the studies that one Dagster is to serve are called; none where it serves a study alone. Raises SettingsError as
    `read_studies`."""
    return [study.prefix for study in read_studies(environment)] if has_studies(environment) else []


def meant_study(environment: Mapping[str, str], name: str, *, is_any: bool = False) -> Settings:
    """The study of a command where WAVEHOUSE_STUDIES is set: by its name or folder, WAVEHOUSE_STUDY, the folder one is in,
    or the only one; is_any: or the first, for what is about all of them.

    A run by hand of one of these studies has the names of one that starts itself, and so the same history. Raises
    SettingsError where several could be meant.
    """
    studies = read_studies(environment)
    name = name or environment.get("WAVEHOUSE_STUDY", "")
    if name:
        settings = read_settings({**environment, "WAVEHOUSE_STUDY": name})
        candidates = (study for study in studies if study.prefix == name or _is_same(study, settings.study_folder))
        return next(candidates, settings)
    folders = (Path.cwd(), *Path.cwd().parents)
    current = next((study for folder in folders for study in studies if _is_same(study, folder)), None)
    if current is None and len(studies) > 1 and not is_any:
        names = ", ".join(study.prefix for study in studies)
        raise SettingsError(f"{STUDIES_VARIABLE}: there are several studies ({names}); name one with --study")
    return current or studies[0]


def study_folders(folder: Path, giver: str = STUDIES_VARIABLE) -> list[Path]:
    """The study of a folder, or those below it. giver: who names the folder. Raises SettingsError where there is none."""
    if not folder.is_dir():
        raise SettingsError(f"{giver}: {folder} is no folder; give study folders, or folders of studies")
    if _looks_like_study(folder):
        return [folder]
    folders = sorted(folder for folder in folder.iterdir() if folder.is_dir() and _looks_like_study(folder))
    if not folders:
        raise SettingsError(f"{giver}: {folder} holds no {STUDY_FILE}, and no folder with one")
    return folders


def prefix_of(study_folder: Path) -> str:
    """How a study is called in Dagster: its folder's name, with _ for what Dagster has in no name."""
    return re.sub(r"[^A-Za-z0-9_]", "_", study_folder.name)


def _listed_folders(environment: Mapping[str, str]) -> Iterator[Path]:
    for text in environment.get(STUDIES_VARIABLE, "").split(os.pathsep):
        if text.strip():
            yield Path(text.strip()).resolve()


def _settings_of(environment: Mapping[str, str], folder: Path) -> Settings:
    return replace(read_settings({**environment, "WAVEHOUSE_STUDY": str(folder)}), prefix=prefix_of(folder))


def _refuse_shared_names(studies: list[Settings]) -> None:
    folders: dict[str, Path] = {}
    for study in studies:
        owner = folders.setdefault(study.prefix.lower(), study.study_folder)
        if owner != study.study_folder:
            raise SettingsError(
                f"{STUDIES_VARIABLE}: {owner} and {study.study_folder} would both be called {study.prefix} in assets, jobs"
                " and pools; rename one of the folders"
            )


def _is_same(study: Settings, folder: Path) -> bool:
    return os.path.realpath(study.study_folder) == os.path.realpath(folder)


def _looks_like_study(folder: Path) -> bool:
    return any((folder / sign).exists() for sign in _SIGNS)
