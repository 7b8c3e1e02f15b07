"""Files around a run that are gone or damaged: the next run heals, and the release is as it was."""

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import pytest

from dagster_project.cli import main
from dagster_project.report import changed_files
from dagster_project.summary import run_summary

StudyCopy = tuple[Any, Callable[[], Any]]


def _flip(file: Path, table: str) -> None:
    """Flip bytes in the block that holds a table's first values."""
    with duckdb.connect(str(file), read_only=True) as connection:
        (block,) = connection.execute(
            f"select min(block_id) from pragma_storage_info('{table}') where block_id >= 0"
        ).fetchone() or (None,)
    content = bytearray(file.read_bytes())
    start = 3 * 4096 + block * 262_144 + 1000
    content[start : start + 8] = bytes(255 - byte for byte in content[start : start + 8])
    file.write_bytes(content)


def test_a_deleted_working_file_is_rebuilt_and_the_release_stays(small_copy: StudyCopy) -> None:
    """The run succeeded, and its summary ended in a traceback: the diff was gone with the file."""
    workspace, rerun = small_copy
    manifest = (workspace.release / "manifest.json").read_bytes()
    versions = "select export, sha256, file_name, first_seen_at, is_in_use, table_name from raw.versions order by all"
    old_state = (workspace.working(versions), workspace.working("from results.release_diff"), workspace.values())
    workspace.settings.warehouse_file.unlink()
    run = rerun()
    assert run.success, run.failures
    assert (workspace.release / "manifest.json").read_bytes() == manifest
    assert (workspace.working(versions), workspace.working("from results.release_diff"), workspace.values()) == old_state
    assert run_summary(workspace.settings).startswith("4 people on the roster, ")


def test_answers_that_outgrow_the_numbers_that_they_were_stored_as_are_stored_anew(small_copy: StudyCopy) -> None:
    """Limits were raised once an answer lay beyond them; its column was too small for it, and no run succeeded any more."""
    workspace, rerun = small_copy
    instrument, export = workspace.study_folder / "instruments/drive.yaml", workspace.study_folder / "raw/T2/t2.txt"
    definition = instrument.read_text(encoding="utf-8")
    instrument.write_text(definition.replace("{low: 0, high: 6}", "{low: 0, high: 60000}"), encoding="utf-8")
    answers = export.read_text(encoding="utf-16")
    assert "5\t5\t1\t2\t2\t4\t4" in answers
    export.write_text(answers.replace("5\t5\t1\t2\t2\t4\t4", "5\t5\t1\t50000\t2\t4\t4"), encoding="utf-16")
    run = rerun()
    assert run.success, run.failures
    stored = workspace.released("select max(drive_01) as answer from marts.answer_codes where wave = 'T2'")
    assert stored[0]["answer"] == 50000
    assert workspace.values()["summary/push/T2/max"] == 25001


def test_a_run_that_was_started_anywhere_says_that_the_working_file_was_missing(
    small_copy: StudyCopy, definitions_of: Callable[[Any], dg.Definitions]
) -> None:
    workspace, _ = small_copy
    workspace.settings.warehouse_file.unlink()
    job = definitions_of(workspace).resolve_implicit_global_asset_job_def()
    with dg.DagsterInstance.ephemeral() as instance:
        ran = job.execute_in_process(instance=instance, asset_selection=[dg.AssetKey("codebook")])
        logged = [entry.user_message for entry in instance.all_logs(ran.run_id)]
    file = workspace.settings.warehouse_file
    assert f"{file}: the working file was missing: it is rebuilt from the exports" in logged


def test_an_export_that_the_release_is_made_of_and_that_is_gone_is_asked_for(
    small_copy: StudyCopy, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It became a wave that nobody had returned, and was released."""
    workspace, rerun = small_copy
    (file,) = (workspace.study_folder / "raw" / "T2").iterdir()
    manifest, content = (workspace.release / "manifest.json").read_bytes(), file.read_bytes()
    file.unlink()
    run = rerun()
    assert not run.success
    (failure,) = [line for line in run.failures if "the export is gone" in line]
    landed_hash = hashlib.sha256(content).hexdigest()[:12]
    reason = (
        f'raw/T2: the release was built from "{file.name}", but the export is gone; put it back, or pin its copy in'
        f" the protocol (pin: {landed_hash}); if the wave is to count as not returned, move the folders release and releases away"
        " first"
    )
    assert failure.endswith(reason)
    # The same is said before a run, and in the place of a wave that has not arrived.
    for name, value in workspace.settings.environment(os.environ).items():
        monkeypatch.setenv(name, value)
    assert main(["check"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if "raw/T2" in line] == [f"  T2      error: {reason}"]
    assert (workspace.release / "manifest.json").read_bytes() == manifest
    file.write_bytes(content)
    assert main(["check"]) == 0
    run = rerun()
    assert run.success, run.failures
    assert (workspace.release / "manifest.json").read_bytes() == manifest


def test_damage_in_the_midst_of_a_run_is_one_line_and_the_next_run_heals(small_copy: StudyCopy) -> None:
    workspace, rerun = small_copy
    manifest = (workspace.release / "manifest.json").read_bytes()
    file = workspace.settings.warehouse_file
    _flip(file, "raw.exports")
    run = rerun()
    assert not run.success
    (damaged_file,) = file.parent.glob("warehouse.damaged-*.duckdb")
    (failure,) = [line for line in run.failures if "damaged" in line]
    assert f"{file}: the working file was damaged (" in failure
    assert f"and was moved to {damaged_file.name}; run again: it is rebuilt from the exports" in failure
    assert (workspace.release / "manifest.json").read_bytes() == manifest
    run = rerun()
    assert run.success, run.failures
    assert (workspace.release / "manifest.json").read_bytes() == manifest


def test_a_release_whose_files_were_changed_is_released_anew_as_it_was(small_copy: Any) -> None:
    """The database of the release was damaged, and a run over the same exports said that the release was done."""
    workspace, rerun = small_copy
    values, name = workspace.values(), workspace.release.resolve().name
    database = workspace.release / "warehouse.duckdb"
    stat = database.stat()
    database.write_bytes(b"x" * stat.st_size)
    os.utime(database, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    (workspace.release / "index.html").unlink()
    run = rerun()
    assert run.success
    assert run.metadata["release"]["is new"].value
    assert run.metadata["release"]["what changed"].value == (
        "Released anew as it was: index.html; warehouse.duckdb had been changed, or were damaged or gone."
    )
    manifest = json.loads((workspace.release / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["previous"] == name and workspace.release.resolve().name != name
    assert workspace.values() == values
    assert changed_files(workspace.release) == []
    assert not rerun().metadata["release"]["is new"].value


def test_a_release_whose_link_is_gone_is_found_again(small_copy: StudyCopy) -> None:
    workspace, rerun = small_copy
    name = workspace.release.resolve().name
    workspace.release.unlink()
    run = rerun()
    assert run.success, run.failures
    assert workspace.release.resolve().name == name
