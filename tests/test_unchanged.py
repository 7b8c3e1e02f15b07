"""A run that would change nothing is told from one that might: by what it would read, and by what the last one left."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from child_environment import environment_of

from dagster_project.cli import main
from dagster_project.fingerprint import code_files, has_paths_outside, inputs_fingerprint, record_run, unchanged_since
from dagster_project.keys import SettingsError
from dagster_project.settings import Settings

#: As `python -m dagster_project.cli run`, then the modules of Dagster and dbt that were there when the summary was printed.
_RUN = """
import sys
from dagster_project import cli, run
summary = run.run_summary
def spy(settings):
    print("imported:", sorted({name.split(".")[0] for name in sys.modules} & {"dagster", "dbt", "scipy", "pandas"}))
    return summary(settings)
run.run_summary = spy
sys.exit(cli.main(["run", *sys.argv[1:]]))
"""


def _run(workspace: Any, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", _RUN, *words],
        env=environment_of(workspace), capture_output=True, text=True, check=False, encoding="utf-8", timeout=120,
    )  # fmt: skip


def _observations(workspace: Any) -> list[Any]:
    import dagster as dg

    with (
        mock.patch.dict(os.environ, {"DAGSTER_HOME": str(workspace.settings.dagster_home)}),
        dg.DagsterInstance.from_ref(
            dg.DagsterInstance.local_temp(str(workspace.settings.dagster_home)).get_ref()
        ) as instance,
    ):
        records = instance.fetch_observations(dg.AssetKey("release"), limit=10).records
    return [record.asset_observation.metadata for record in records if record.asset_observation is not None]


def test_an_unchanged_run_ends_before_dagster_is_imported_and_stands_in_the_history(
    small_copy: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace, _ = small_copy
    _noted(workspace)
    assert unchanged_since(workspace.settings, inputs_fingerprint(workspace.settings), "2026-01-01") is not None
    whole = _run(workspace, "--again")
    assert whole.returncode == 0, whole.stderr
    assert "imported: ['dagster', 'dbt'" in whole.stdout
    assert "release                            done" in whole.stderr
    assert _observations(workspace) == []

    process = _run(workspace)
    assert process.returncode == 0, process.stderr
    lines = process.stdout.splitlines()
    assert lines[0] == "imported: []"
    assert lines[1:] == whole.stdout.splitlines()[1:]
    message, *warnings = process.stderr.splitlines()
    assert message == "wavehouse: small_study: nothing has changed since the last run (--again runs everything)"
    assert warnings == [line for line in whole.stderr.splitlines() if line.startswith("warning: ")]
    (observation,) = _observations(workspace)
    assert observation["release"].value == (workspace.release.resolve()).name

    # A release that only looks whole is made anew.
    file = workspace.release / "warehouse.duckdb"
    stat = file.stat()
    file.write_bytes(b"x" * stat.st_size)
    os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    for name, value in environment_of(workspace).items():
        monkeypatch.setenv(name, value)
    assert main(["run"]) == 0
    assert "release                            done" in capsys.readouterr().err
    assert workspace.values()


def _edit(path: Path, text: bytes = b"\n") -> None:
    path.write_bytes(path.read_bytes() + text)


def _same_size_and_time(path: Path) -> None:
    """An edit that leaves a file's size and time of change as they were."""
    stat = path.stat()
    content = bytearray(path.read_bytes())
    content[-2] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))


_CHANGES: dict[str, Callable[[Any], object]] = {
    "an export is edited": lambda workspace: _same_size_and_time(workspace.study_folder / "raw/T1/t1.csv"),
    "an export arrives": lambda workspace: shutil.copy(
        workspace.study_folder / "raw/T1/t1.csv", workspace.study_folder / "raw/T1/u.csv"
    ),
    "an export is taken away": lambda workspace: (workspace.study_folder / "raw/T2/t2.txt").unlink(),
    "a definition is edited": lambda workspace: _edit(workspace.study_folder / "instruments/mood.yaml"),
    "the protocol is edited": lambda workspace: _edit(workspace.study_folder / "study.yaml"),
    "the published table is edited": lambda workspace: _edit(workspace.study_folder / "published/small.csv"),
    "a claim is edited": lambda workspace: _edit(workspace.study_folder / "propositions.yaml"),
    "the release is removed": lambda workspace: workspace.release.unlink(),
    "a file of the release is removed": lambda workspace: (workspace.release / "index.html").unlink(),
    "a file of the release is edited": lambda workspace: _edit(workspace.release / "tables.xlsx"),
    "the public release is removed": lambda workspace: (workspace.study_folder / "public").unlink(),
    "a file of the public release is edited": lambda workspace: _edit(workspace.study_folder / "public/results.csv"),
    "the manifest is damaged": lambda workspace: (workspace.release / "manifest.json").write_text("{", encoding="utf-8"),
    "the working file is removed": lambda workspace: workspace.settings.warehouse_file.unlink(),
    "the working file is written": lambda workspace: _edit(workspace.settings.warehouse_file),
    "a killed run left DuckDB's log": lambda workspace: workspace.settings.warehouse_file.with_name(
        "warehouse.duckdb.wal"
    ).touch(),
    "a landed copy is removed": lambda workspace: next((workspace.study_folder / "landing").glob("*.csv")).unlink(),
    "the note is damaged": lambda workspace: workspace.settings.warehouse_file.with_name("last_run.json").write_text("[1"),
    "the note is of another kind": lambda workspace: workspace.settings.warehouse_file.with_name("last_run.json").write_text(
        "[]"
    ),
}


def _noted(workspace: Any, settings: Settings | None = None) -> str:
    settings = settings or workspace.settings
    inputs = inputs_fingerprint(settings)
    assert inputs is not None
    record_run(settings, inputs, None, ["a check does not hold"])
    return inputs


@pytest.mark.parametrize("change", _CHANGES.values(), ids=_CHANGES)
def test_whatever_changed_is_run(small_copy: Any, change: Callable[[Any], object]) -> None:
    workspace, _ = small_copy
    inputs = _noted(workspace)
    last = unchanged_since(workspace.settings, inputs_fingerprint(workspace.settings), "2026-01-01")
    assert last is not None and last.inputs == inputs and last.warnings == ("a check does not hold",)
    change(workspace)
    assert unchanged_since(workspace.settings, inputs_fingerprint(workspace.settings), "2026-01-01") is None


def test_another_key_is_run(small_copy: Any) -> None:
    workspace, _ = small_copy
    inputs = _noted(workspace)
    assert unchanged_since(replace(workspace.settings, pseudonym_key=None), inputs, "2026-01-01") is None
    with pytest.raises(SettingsError, match="the key of the pseudonyms is another one"):
        unchanged_since(replace(workspace.settings, pseudonym_key="another key"), inputs, "2026-01-01")
    old_settings = replace(workspace.settings, pseudonym_key=None)
    old_settings.key_file.write_bytes(workspace.settings.study_key().secret)
    _noted(workspace, old_settings)
    assert unchanged_since(old_settings, inputs, "2026-01-01") is not None
    old_settings.key_file.unlink()
    assert unchanged_since(old_settings, inputs, "2026-01-01") is None
    assert not old_settings.key_file.exists()


@pytest.mark.parametrize(
    "file", ["dagster_project/statistics/norms.py", "dagster_project/results/trace.sql", "dbt/macros/scoring.sql",
             "dbt/models/marts/answers/answers.yml", "dbt/dbt_project.yml", "dagster_project/report/templates/page.html.jinja"],
)  # fmt: skip
def test_edited_code_is_run(small_copy: Any, file: str) -> None:
    workspace, _ = small_copy
    checkout = workspace.settings.home / "checkout"
    for name, path in code_files(workspace.settings):
        target = checkout / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    settings = replace(workspace.settings, package_folder=checkout / "dagster_project", dbt_folder=checkout / "dbt")
    inputs = _noted(workspace, settings)
    assert inputs == inputs_fingerprint(workspace.settings)
    _edit(checkout / file)
    assert unchanged_since(settings, inputs_fingerprint(settings), "2026-01-01") is None


def test_where_waves_are_planned_a_day_makes_a_difference(small_copy: Any) -> None:
    """A wave becomes overdue without any file changing."""
    workspace, _ = small_copy
    inputs = inputs_fingerprint(workspace.settings)
    assert inputs is not None
    record_run(workspace.settings, inputs, "2026-01-01", [])
    assert unchanged_since(workspace.settings, inputs, "2026-01-01") is not None
    assert unchanged_since(workspace.settings, inputs, "2026-01-02") is None


def test_the_order_of_versions_is_part_of_what_is_read(small_copy: Any) -> None:
    """The last version of an export is the one last written: touching an older one makes it the one to use."""
    workspace, _ = small_copy
    older, newer = (workspace.study_folder / "raw/T1" / name for name in ("t1.csv", "u.csv"))
    shutil.copy(older, newer)
    for path, seconds in ((older, 1), (newer, 2)):
        os.utime(path, (seconds, seconds))
    old_fingerprint = inputs_fingerprint(workspace.settings)
    os.utime(older, (3, 3))
    assert inputs_fingerprint(workspace.settings) != old_fingerprint


def test_links_are_followed_and_a_circle_ends(small_copy: Any, tmp_path: Path) -> None:
    workspace, _ = small_copy
    drive = tmp_path / "drive"
    shutil.move(workspace.study_folder / "raw/T1", drive)
    (workspace.study_folder / "raw/T1").symlink_to(drive, target_is_directory=True)
    (workspace.study_folder / "raw/circle").symlink_to(workspace.study_folder, target_is_directory=True)
    old_fingerprint = inputs_fingerprint(workspace.settings)
    assert old_fingerprint is not None
    _edit(drive / "t1.csv")
    assert inputs_fingerprint(workspace.settings) != old_fingerprint


def test_what_lies_outside_the_study_is_not_trusted(tmp_path: Path) -> None:
    assert not has_paths_outside(tmp_path, ["raw/T1", "published/../published/a.csv"])
    assert has_paths_outside(tmp_path, ["raw/T1", "../other/raw"])
    assert has_paths_outside(tmp_path, ["/somewhere/raw"])


_IMPORTED = """
import sys
from dagster_project import cli
code = cli.main(sys.argv[1:])
print("imported:", sorted({"dagster", "dbt", "scipy.stats", "matplotlib", "sqlglot"} & set(sys.modules)))
sys.exit(code)
"""


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["check"], 0),
        (["contract"], 0),
        (["trace", "change/mood_total/T1-T2/mean_change"], 0),
        (["audit", "data/peer_workers/published/peer_workers_2022.csv"], 1),
        (["diff", "--list"], 0),
    ],
    ids=lambda words: words[0] if isinstance(words, list) else "",
)
def test_what_runs_nothing_imports_neither_dagster_nor_the_distributions(
    small_run: Any, words: list[str], code: int
) -> None:
    """They answer in a second; Dagster, dbt, SciPy's distributions and the plotting library take six to be imported."""
    workspace, _ = small_run
    environment = os.environ | {
        "WAVEHOUSE_STUDY": str(workspace.study_folder),
        "WAVEHOUSE_HOME": str(workspace.settings.home),
    }
    process = subprocess.run(
        [sys.executable, "-c", _IMPORTED, *words],
        env=environment, cwd=Path(__file__).parents[1], capture_output=True, text=True, check=False, encoding="utf-8",
    )  # fmt: skip
    assert process.returncode == code, process.stderr
    assert process.stdout.splitlines()[-1] == "imported: []"
