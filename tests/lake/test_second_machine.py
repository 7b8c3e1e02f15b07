"""A study that another machine continues: its folder and the lake are reached by both, the homes are apart. And a run while the
lake is away."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from child_environment import environment_of
from conftest import Run, Workspace
from lake.services import PASSWORD, LakeDatabase

from dagster_project.settings import Settings
from dagster_project.warehouse import Warehouse

_PEOPLE = "select participant_id from marts.participants order by participant_id"
_RESULTS = "select result_id, value, n, printed from results.results order by result_id"


@pytest.fixture
def study(small_run: tuple[Workspace, Run], copy_of: Callable[[Workspace, Path], Workspace], tmp_path: Path) -> Workspace:
    """A copy of the small study that ran, as the first machine left it."""
    return copy_of(small_run[0], tmp_path / "study")


def _wavehouse(study: Workspace, home: Path, variables: Mapping[str, str], *words: str) -> Any:
    environment = environment_of(study) | {"WAVEHOUSE_HOME": str(home), "WAVEHOUSE_USER": home.name} | variables
    return subprocess.run(
        [sys.executable, "-m", "dagster_project.cli", *words],
        env=environment, capture_output=True, text=True, encoding="utf-8", check=False,
    )  # fmt: skip


def _released(study: Workspace) -> list[list[dict[str, Any]]]:
    file = Warehouse(study.study_folder / "release" / "warehouse.duckdb")
    return [file.rows(_PEOPLE), file.rows(_RESULTS)]


def _correct(study: Workspace, old: str, new: str) -> None:
    file = study.study_folder / "raw" / "T1" / "t1.csv"
    text = file.read_text(encoding="utf-8")
    assert text.count(old) == 1
    file.write_text(text.replace(old, new), encoding="utf-8")


def test_another_machine_continues_and_a_lake_that_is_away_holds_no_release_back(
    study: Workspace,
    lake_variables: dict[str, str],
    postgres: LakeDatabase,
    share_parsed_models: Callable[[Settings], None],
    tmp_path: Path,
) -> None:
    in_lake = lake_variables | {"WAVEHOUSE_TARGET": "lake"}
    second, first = tmp_path / "second", study.settings.home
    share_parsed_models(replace(study.settings, home=second))
    before = _released(study)

    without_key = _wavehouse(study, second, in_lake | {"WAVEHOUSE_PSEUDONYM_KEY": ""}, "run", "--quiet")
    assert without_key.returncode == 2
    assert "another key" in without_key.stderr or "the key of the pseudonyms is gone" in without_key.stderr
    assert len(without_key.stderr.splitlines()) == 1

    continued = _wavehouse(study, second, in_lake, "run", "--quiet")
    assert continued.returncode == 0, continued.stderr
    assert _released(study) == before
    listed = _wavehouse(study, first, in_lake, "publish", "--list").stdout
    assert re.fullmatch(r"\S+ +snapshot \d+, published .* by second\n", listed), listed

    _correct(study, "A,03/02/2020,4,", "A,03/02/2020,3,")
    postgres.server.stop()
    try:
        away = _wavehouse(study, first, in_lake, "run", "--quiet")
    finally:
        postgres.server.start()
    assert away.returncode == 1
    refusal = next(line for line in away.stderr.splitlines() if "lake_release" in line)
    assert "check the variables WAVEHOUSE_LAKE_… and that the services run" in refusal
    assert PASSWORD not in away.stderr + away.stdout
    released = os.readlink(study.study_folder / "release")
    people, results = _released(study)
    assert people == before[0] and results != before[1]

    assert _wavehouse(study, second, in_lake, "run", "--quiet").returncode == 0
    listed = _wavehouse(study, first, in_lake, "publish", "--list").stdout
    assert Path(released).name in listed and len(listed.splitlines()) == 2
