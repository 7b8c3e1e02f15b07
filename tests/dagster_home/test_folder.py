"""Dagster's home: made on first use, and one of an earlier version goes on."""

import os
from pathlib import Path

import pytest

from dagster_project.dagster_home.folder import open_dagster_home
from dagster_project.places import DAGSTER_SETTINGS
from dagster_project.settings import read_settings


def test_a_home_names_the_classes_where_they_are_now(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAGSTER_HOME", os.environ.get("DAGSTER_HOME", ""))
    settings = read_settings({"WAVEHOUSE_HOME": str(tmp_path), "WAVEHOUSE_STUDY": str(tmp_path / "study")})
    file = open_dagster_home(settings) / "dagster.yaml"
    shipped = DAGSTER_SETTINGS.read_text(encoding="utf-8")
    assert file.read_text(encoding="utf-8") == shipped
    # As an earlier version shipped it, with a line of somebody's own.
    earlier = shipped.replace("dagster_project.dagster_home.", "dagster_project.defs.") + "\n# kept\n"
    assert "dagster_project.defs.pooled_history" in earlier
    file.write_text(earlier, encoding="utf-8")
    open_dagster_home(settings)
    assert file.read_text(encoding="utf-8") == shipped + "\n# kept\n"
    assert os.environ["DAGSTER_HOME"] == str(settings.dagster_home)
