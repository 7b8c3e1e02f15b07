"""What a check says of the language of the report."""

from pathlib import Path

import pytest

from dagster_project.rehearsal import fit
from dagster_project.rehearsal.fit import check_study
from dagster_project.study import StudyError, read_study

STUDY = Path(__file__).parents[1] / "small_study"


def _messages(folder: Path) -> list[str]:
    return [finding.message for finding in check_study(read_study(folder)) if "language" in finding.message]


def _in_language(folder: Path, language: str) -> Path:
    import shutil

    shutil.copytree(STUDY, folder / "small_study", ignore=shutil.ignore_patterns("landing", "release", "releases"))
    file = folder / "small_study" / "study.yaml"
    file.write_text(f"language: {language}\n" + file.read_text(encoding="utf-8"), encoding="utf-8")
    return file.parent


def test_a_complete_language_is_not_mentioned(tmp_path: Path) -> None:
    assert _messages(_in_language(tmp_path, "de")) == []


def test_a_half_filled_language_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = _in_language(tmp_path, "fr")
    monkeypatch.setattr(fit, "missing_count", lambda language: 7 if language == "fr" else 0)
    assert _messages(folder) == ["language: fr: 7 messages are not translated, and the report has them in English"]


def test_a_language_without_a_catalogue_is_refused(tmp_path: Path) -> None:
    folder = _in_language(tmp_path, "it")
    with pytest.raises(StudyError) as error:
        read_study(folder)
    assert str(error.value) == (
        f"{folder / 'study.yaml'}: language: 'it' has no catalogue of messages; there are en, de, fr: choose one of them, or add"
        " a catalogue (docs/how-to/languages.md)"
    )
