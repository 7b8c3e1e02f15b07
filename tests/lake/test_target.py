"""WAVEHOUSE_TARGET=lake: the graph has an asset that publishes the release, and a run that would change nothing else does so."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import dagster as dg
from conftest import Run, Workspace

from dagster_project.fingerprint import inputs_fingerprint
from dagster_project.lake_address import read_lake_address
from dagster_project.release.lake import lake_of, releases_left_in_lake
from dagster_project.settings import read_settings
from dagster_project.trail import record, snapshot
from dagster_project.warehouse import read_lake_releases


def test_a_run_publishes_its_release(
    small_run: tuple[Workspace, Run],
    copy_of: Callable[[Workspace, Path], Workspace],
    definitions_of: Callable[[Workspace], dg.Definitions],
    lake_variables: dict[str, str],
    tmp_path: Path,
) -> None:
    study = copy_of(small_run[0], tmp_path / "study")
    key = dg.AssetKey("lake_release")
    assert key not in {spec.key for spec in definitions_of(study).resolve_all_asset_specs()}
    settings = replace(study.settings, target="lake", lake=read_lake_address(lake_variables))
    in_lake = Workspace(study.study_folder, settings)
    job = definitions_of(in_lake).resolve_implicit_global_asset_job_def()
    with dg.DagsterInstance.ephemeral() as instance:
        for _ in range(2):
            result = job.execute_in_process(instance=instance, asset_selection=[key])
            assert result.success
    with lake_of(settings).connect() as connection:
        (release,) = read_lake_releases(connection)
    assert release.release == (study.study_folder / "release").resolve().name
    (entry,) = [entry for entry in snapshot(study.study_folder).entries if entry.kind == "lake_publication"]
    assert (entry.source, entry.facts["release"]) == ("python", release.release)


def test_what_is_left_in_the_lake_is_known_from_the_trail(tmp_path: Path) -> None:
    """After an erasure, and without asking the lake."""
    folder = tmp_path / "data" / "mood"
    (folder / "releases" / "r3").mkdir(parents=True)
    (folder / "releases" / "r3" / "manifest.json").write_text("{}", encoding="utf-8")
    settings = read_settings({"WAVEHOUSE_STUDY": str(folder), "WAVEHOUSE_HOME": str(tmp_path / "home")})
    assert releases_left_in_lake(settings) == []
    for release, expired in (("r1", []), ("r2", []), ("r3", ["r1"])):
        record(settings, "lake_publication", {"release": release, "snapshot": 1, "lake": "study_mood", "expired": expired})
    assert releases_left_in_lake(settings) == ["r2"]


def test_another_lake_is_another_input(small_run: tuple[Workspace, Run], tmp_path: Path) -> None:
    """So that a release that is not there yet is published by the next run."""
    settings = small_run[0].settings
    lakes = [read_lake_address({"WAVEHOUSE_LAKE_CATALOG": str(tmp_path / name)}) for name in ("first", "second")]
    targets = [settings, *(replace(settings, target="lake", lake=lake) for lake in lakes)]
    assert len({inputs_fingerprint(target) for target in targets}) == 3
    assert inputs_fingerprint(replace(settings, lake=lakes[0])) == inputs_fingerprint(settings)
