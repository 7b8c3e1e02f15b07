"""Questions in a definition file are refused until they are answered, with their line and how many more there are."""

import shutil
from pathlib import Path

import pytest

from dagster_project.study import StudyError, read_study

SMALL = Path(__file__).parents[1] / "small_study"


def _message(tmp_path: Path, *replacements: tuple[str, str]) -> str:
    folder = tmp_path / "small_study"
    shutil.copytree(SMALL, folder)
    text = (folder / "study.yaml").read_text(encoding="utf-8")
    for old, new in replacements:
        assert text.count(old) == 1
        text = text.replace(old, new)
    (folder / "study.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(StudyError) as error:
        read_study(folder)
    return str(error.value).removeprefix(f"{folder}/")


def test_a_question_in_place_of_a_value(tmp_path: Path) -> None:
    assert _message(tmp_path, ("title: A made-up study", "title: !ask what it is called")) == (
        "study.yaml: line 3: title is not answered yet: what it is called; write the answer in place of !ask and what follows"
        " it"
    )


def test_a_proposal_and_a_question_that_several_keys_share(tmp_path: Path) -> None:
    replacements = (
        ("source: none", "source: &source !ask a citation"),
        ("licence: none", "licence: *source"),
        ("outcomes: [", "outcomes: !ask ["),
    )
    assert _message(tmp_path, *replacements) == (
        "study.yaml: line 4: source is not answered yet: a citation; write the answer in place of !ask and what follows it (1"
        " more in this file)"
    )


def test_a_proposal(tmp_path: Path) -> None:
    assert _message(tmp_path, ("outcomes: [", "outcomes: !ask [")) == (
        "study.yaml: line 12: outcomes is a proposal that somebody must look at; correct it where it is wrong, then take !ask"
        " away"
    )
