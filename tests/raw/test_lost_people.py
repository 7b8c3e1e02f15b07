"""A file that takes another's place may lack people who were in that: a filter was left on, or the export was cut short."""

from pathlib import Path
from typing import Any

import pytest

from dagster_project.raw.checks import export_checks
from dagster_project.raw.load import load_export
from dagster_project.study import read_study
from dagster_project.warehouse import Warehouse

pytestmark = pytest.mark.slow


def test_people_who_are_in_the_new_file_no_more_are_named(small_workspace: Any) -> None:
    study, warehouse = read_study(small_workspace.study_folder), Warehouse(small_workspace.settings.warehouse_file)
    export = next(export for export in study.protocol.exports if export.export == "t1")
    file: Path = next((small_workspace.study_folder / export.folder).glob("*.csv"))
    whole = file.read_bytes().rstrip().split(b"\n")

    def lost_people(lines: list[bytes]) -> str | None:
        file.write_bytes(b"\n".join(lines) + b"\n")
        loaded = load_export(small_workspace.settings, study, export, warehouse)
        (check,) = (check for check in export_checks(loaded, export, (), ()) if check.name == "nobody_lost")
        assert check.passed is (loaded.lost_people is None) and check.is_warning
        return loaded.lost_people

    assert lost_people(whole) is None
    message = lost_people(whole[:-2])
    assert message is not None
    assert message.startswith("2 people of the file before are not in the one that took its place: P")
    assert message.endswith("; check whether it was exported whole")
    assert b"".join(whole[-1].split(b",")[:1]).decode() not in message
    assert lost_people(whole[:-2]) is None  # said when it happens
    assert lost_people(whole) is None
    message = lost_people(whole[:-1])
    assert message is not None and message.startswith("1 person of the file before is not in the one")
