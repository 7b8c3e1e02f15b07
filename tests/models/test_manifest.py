"""The dbt project's manifest: parsed beside the imports, again after an edit, whole whoever else parses."""

import json
import os
import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from dagster_project.models import manifest
from dagster_project.models.manifest import prepare_in_background, prepared_manifest
from dagster_project.places import DBT_PROJECT
from dagster_project.settings import Settings


@pytest.fixture
def settings(small_workspace: Any, tmp_path: Any) -> Any:
    """Of a study with a dbt project that may be edited."""
    shutil.copytree(DBT_PROJECT, tmp_path / "dbt")
    return replace(small_workspace.settings, dbt_folder=tmp_path / "dbt")


class ParsedAnew(Exception):
    """dbt was called."""


def _models(settings: Any) -> set[str]:
    return {node["name"] for node in json.loads(prepared_manifest(settings).read_text(encoding="utf-8"))["nodes"].values()}


@pytest.mark.slow
def test_the_project_is_parsed_once_and_again_after_an_edit(settings: Any) -> None:
    assert "scale_scores" in _models(settings)
    parse_time = prepared_manifest(settings).stat().st_mtime_ns
    assert prepared_manifest(settings).stat().st_mtime_ns == parse_time
    (settings.dbt_folder / "models" / "marts" / "a_new_one.sql").write_text("select 1 as one", encoding="utf-8")
    assert "a_new_one" in _models(settings)
    # Another version of the project, whose files are older than the manifest; and a model that is gone.
    older = settings.dbt_folder / "models" / "marts" / "an_older_one.sql"
    older.write_text("select 1 as one", encoding="utf-8")
    os.utime(older, (1, 1))
    (settings.dbt_folder / "models" / "marts" / "a_new_one.sql").unlink()
    assert "an_older_one" in _models(settings)
    assert "a_new_one" not in _models(settings)
    assert not list(settings.dbt_target.glob(".parsing-*"))


@pytest.mark.slow
def test_what_was_parsed_for_one_study_is_taken_over_by_the_next_of_its_home(
    small_workspace: Any, share_parsed_models: Callable[[Settings], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = small_workspace.settings
    share_parsed_models(first)
    second = replace(first, study_folder=first.study_folder.with_name("second"))

    def parse(*arguments: Any) -> None:
        raise ParsedAnew

    monkeypatch.setattr("dagster_project.models.run_dbt.run_dbt", parse)
    assert prepared_manifest(second) == second.dbt_target / "manifest.json"
    for name in ("manifest.json", "partial_parse.msgpack", "sources.sha256"):
        assert (second.dbt_target / name).read_bytes() == (first.dbt_target / name).read_bytes()
    assert not list(second.dbt_target.glob(".parsing-*"))
    monkeypatch.setattr(manifest, "version", lambda package: "another version")
    with pytest.raises(ParsedAnew):
        prepared_manifest(second)


@pytest.mark.slow
def test_a_manifest_that_another_process_makes_is_whole_when_it_is_there(
    small_workspace: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = small_workspace.settings
    monkeypatch.setenv("WAVEHOUSE_STUDY", str(settings.study_folder))
    monkeypatch.setenv("WAVEHOUSE_HOME", str(settings.home))
    prepare_in_background(settings)
    file, until = settings.dbt_target / "manifest.json", time.monotonic() + 60
    while not file.exists():
        assert time.monotonic() < until
        time.sleep(0.001)
    first_seen = file.read_bytes()
    assert "scale_scores" in _models(settings)
    assert file.read_bytes() == first_seen


@pytest.mark.slow
def test_a_project_that_dbt_cannot_parse_is_refused_in_words(settings: Any) -> None:
    broken = settings.dbt_folder / "models" / "marts" / "broken.sql"
    broken.write_text("select * from {{ ref('nobody') }}", encoding="utf-8")
    with pytest.raises(ValueError, match=f"dbt cannot parse {settings.dbt_folder}: .*nobody"):
        prepared_manifest(settings)
