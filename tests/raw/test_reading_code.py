"""A file that an earlier version of the program read is read again: what that version took for right may be asked about now."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dagster_project.raw.load import load_export
from dagster_project.study import read_study
from dagster_project.warehouse import Warehouse

pytestmark = pytest.mark.slow


def test_an_export_is_read_again_by_other_code(small_workspace: Any, tmp_path: Path) -> None:
    settings = small_workspace.settings
    study, warehouse = read_study(small_workspace.study_folder), Warehouse(settings.warehouse_file)

    def is_unchanged(package: Path) -> bool:
        return load_export(replace(settings, package_folder=package), study, study.protocol.roster, warehouse).is_unchanged

    assert not is_unchanged(settings.package_folder)
    assert is_unchanged(settings.package_folder)
    package = tmp_path / "package"
    for room in ("exports", "raw", "study", "report"):
        shutil.copytree(settings.package_folder / room, package / room)
    assert is_unchanged(package)
    later = tmp_path / "later"
    shutil.copytree(package, later)
    with (later / "exports/row_rules.py").open("a", encoding="utf-8") as file:
        file.write("# another rule\n")
    assert not is_unchanged(later)
    latest = tmp_path / "latest"
    shutil.copytree(later, latest)
    with (latest / "study/codebook/__init__.py").open("a", encoding="utf-8") as file:
        file.write("# a folder of a part\n")
    assert not is_unchanged(latest)
    assert not is_unchanged(later)
    with (later / "report/__init__.py").open("a", encoding="utf-8") as file:
        file.write("# another page\n")
    assert is_unchanged(later)
