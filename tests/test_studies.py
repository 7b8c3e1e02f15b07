"""Which studies one Dagster serves, and how each is called."""

import os
from pathlib import Path

import pytest

from dagster_project.cli import main
from dagster_project.commands import ui
from dagster_project.keys import SettingsError
from dagster_project.studies import has_studies, meant_study, prefix_of, read_studies, study_folders


def _study(folder: Path) -> Path:
    folder.mkdir(parents=True)
    (folder / "study.yaml").write_text("study: made_up\n", encoding="utf-8")
    return folder


def _environment(*folders: Path, **more: str) -> dict[str, str]:
    return {"WAVEHOUSE_STUDIES": os.pathsep.join(map(str, folders))} | more


def test_studies_are_listed_or_lie_in_a_folder_and_carry_its_name(tmp_path: Path) -> None:
    trial, panel = _study(tmp_path / "unit" / "trial-7"), _study(tmp_path / "unit" / "panel")
    (tmp_path / "unit" / "notes").mkdir()
    lone = _study(tmp_path / "lone")
    studies = read_studies(_environment(tmp_path / "unit", lone, panel, WAVEHOUSE_HOME=str(tmp_path / "home")))
    assert [(study.prefix, study.study_folder) for study in studies] == [
        ("lone", lone),
        ("panel", panel),
        ("trial_7", trial),
    ]
    assert {study.dagster_home for study in studies} == {tmp_path / "home" / "dagster"}
    assert len({study.lock_file for study in studies}) == len({study.warehouse_file for study in studies}) == 3


def test_a_study_that_lost_its_file_is_still_a_study(tmp_path: Path) -> None:
    """Left out, it would vanish from the UI without a word."""
    (tmp_path / "unit" / "lost" / "raw").mkdir(parents=True)
    _study(tmp_path / "unit" / "whole")
    assert [folder.name for folder in study_folders(tmp_path / "unit")] == ["lost", "whole"]


def test_without_the_variable_there_are_no_several_studies() -> None:
    assert not has_studies({})
    assert not has_studies({"WAVEHOUSE_STUDIES": " "})
    assert has_studies({"WAVEHOUSE_STUDIES": "x"})


def test_a_name_is_one_that_dagster_knows() -> None:
    assert prefix_of(Path("a/peer workers-2.1")) == "peer_workers_2_1"


@pytest.mark.parametrize("names", [("one/panel", "two/panel"), ("one/a-b", "one/a_b"), ("one/Panel", "two/panel")])
def test_two_studies_of_a_name_are_refused(tmp_path: Path, names: tuple[str, str]) -> None:
    first, second = (_study(tmp_path / name) for name in names)
    with pytest.raises(SettingsError) as refusal:
        read_studies(_environment(first, second, WAVEHOUSE_HOME=str(tmp_path / "home")))
    assert str(refusal.value) == (
        f"WAVEHOUSE_STUDIES: {first} and {second} would both be called {prefix_of(second)} in assets, jobs and pools;"
        " rename one of the folders"
    )


def test_what_is_no_folder_or_holds_no_study_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as refusal:
        read_studies(_environment(tmp_path / "none"))
    assert str(refusal.value) == (
        f"WAVEHOUSE_STUDIES: {tmp_path / 'none'} is no folder; give study folders, or folders of studies"
    )
    (tmp_path / "empty").mkdir()
    with pytest.raises(SettingsError) as refusal:
        read_studies(_environment(tmp_path / "empty"))
    assert str(refusal.value) == f"WAVEHOUSE_STUDIES: {tmp_path / 'empty'} holds no study.yaml, and no folder with one"


def test_the_ui_leaves_each_study_its_own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given that of the first, the others would miss their keys."""
    folders = [_study(tmp_path / parent / "data" / name) for parent, name in (("here", "a"), ("there", "b"))]
    monkeypatch.setattr("dagster_project.settings.home_beside", lambda folder: folder.parent.parent / ".wavehouse")
    monkeypatch.setattr(ui, "_announce", lambda *_: None)
    given: list[dict[str, str]] = []

    class Server:
        def __init__(self, command: list[str], env: dict[str, str], cwd: Path) -> None:
            given.append(env)

        def __enter__(self) -> "Server":
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def wait(self) -> int:
            return 0

    monkeypatch.setattr(ui.subprocess, "Popen", Server)
    environment = _environment(*folders, DAGSTER_HOME=str(tmp_path / "dagster"))
    for name in ("WAVEHOUSE_STUDY", "WAVEHOUSE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert main(["ui", "--watch"]) == 0
    (env,) = given
    assert [study.home for study in read_studies(env)] == [
        tmp_path / "here" / ".wavehouse",
        tmp_path / "there" / ".wavehouse",
    ]
    assert env["WAVEHOUSE_WATCH"] == "1" and env["DAGSTER_HOME"] == str(tmp_path / "dagster")
    workspace = (tmp_path / "dagster" / "workspace.yaml").read_text(encoding="utf-8")
    assert "module_name: dagster_project.many_studies, location_name: wavehouse" in workspace


def test_homes_that_differ_need_one_of_dagster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dagster_project.places.IS_CLONE", False)
    folders = [_study(tmp_path / parent / "data" / name) for parent, name in (("here", "a"), ("there", "b"))]
    homes = ", ".join(sorted(str(tmp_path / parent / ".wavehouse" / "dagster") for parent in ("here", "there")))
    with pytest.raises(SettingsError) as refusal:
        read_studies(_environment(*folders))
    assert str(refusal.value) == (
        f"WAVEHOUSE_STUDIES: the studies have homes of their own ({homes}), and one Dagster needs one; set DAGSTER_HOME, or"
        " WAVEHOUSE_HOME for all of them"
    )
    studies = read_studies(_environment(*folders, DAGSTER_HOME=str(tmp_path / "dagster")))
    assert {study.dagster_home for study in studies} == {tmp_path / "dagster"}
    assert len({study.home for study in studies}) == 2


def test_a_command_is_about_one_of_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = _study(tmp_path / "unit" / "a-1"), _study(tmp_path / "unit" / "b")
    outside = _study(tmp_path / "outside")
    environment = _environment(tmp_path / "unit", WAVEHOUSE_HOME=str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    assert meant_study(environment, "a_1").study_folder == meant_study(environment, str(first)).study_folder == first
    assert meant_study(environment | {"WAVEHOUSE_STUDY": str(second)}, "").prefix == "b"
    assert meant_study(environment, str(outside)).prefix == ""
    assert meant_study(environment, "", is_any=True).prefix == "a_1"
    with pytest.raises(SettingsError) as refusal:
        meant_study(environment, "")
    assert str(refusal.value) == "WAVEHOUSE_STUDIES: there are several studies (a_1, b); name one with --study"
    monkeypatch.chdir(second)
    assert meant_study(environment, "").prefix == "b"
    assert meant_study(_environment(first, WAVEHOUSE_HOME=str(tmp_path / "home")), "").prefix == "a_1"
