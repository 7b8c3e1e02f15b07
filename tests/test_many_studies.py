"""Several studies in one code location: names, pools and resources of each, and what a broken one leaves to the others."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from dagster_project.defs.steps import failure_message
from dagster_project.settings import Settings
from dagster_project.study import StudyError, read_study

_BROKEN = "\nbroken: [unclosed\n"


@pytest.fixture
def studies(workspace_of: Any, share_parsed_models: Callable[[Settings], None], tmp_path: Path) -> list[Settings]:
    """Two copies of the small study with one home."""
    first = workspace_of(Path(__file__).parent / "small_study")
    shutil.copytree(first.study_folder, first.study_folder.with_name("second"))
    settings = [
        replace(first.settings, study_folder=first.study_folder.with_name(name), prefix=name)
        for name in ("small_study", "second")
    ]
    share_parsed_models(settings[0])
    return settings


def test_each_study_is_a_repository_with_names_of_its_own(studies: list[Settings]) -> None:
    from dagster_project.definitions import build_defs
    from dagster_project.many_studies import build_defs_of_studies

    repositories = build_defs_of_studies(studies)
    assert list(repositories) == ["small_study", "second"]
    alone = build_defs(replace(studies[0], prefix="")).get_repository_def()
    own_keys = {key.to_user_string() for key in alone.asset_graph.get_all_asset_keys()}
    for name, repository in repositories.items():
        graph = repository.asset_graph
        assert {key.to_user_string() for key in graph.get_all_asset_keys()} == {f"{name}/{key}" for key in own_keys}
        assert {key.asset_key.path[0] for key in graph.asset_check_keys} == {name}
        assert len(graph.asset_check_keys) == len(alone.asset_graph.asset_check_keys)
        assert {sensor.name for sensor in repository.sensor_defs} == {f"{name}_new_exports", f"{name}_failure_notice"}
        assert [schedule.name for schedule in repository.schedule_defs] == [f"{name}_nightly"]
        job = repository.get_job(f"{name}_everything")
        assert {node.pool for node in job.graph.iterate_op_defs()} == {name}
        # The edges are the same, and so are the steps.
        own_job = alone.get_job("everything")
        assert {node.name for node in job.graph.nodes} == {node.name for node in own_job.graph.nodes}
        for key in alone.asset_graph.get_all_asset_keys():
            parents = {parent.to_user_string() for parent in alone.asset_graph.get(key).parent_keys}
            renamed = graph.get(dg.AssetKey([name, *key.path])).parent_keys
            assert {parent.to_user_string() for parent in renamed} == {f"{name}/{parent}" for parent in parents}
    assert {node.pool for node in own_job.graph.iterate_op_defs()} == {None}


def test_a_broken_study_says_so_in_its_own_asset_and_the_others_run(studies: list[Settings]) -> None:
    from dagster_project.many_studies import build_defs_of_studies

    file = studies[0].study_folder / "study.yaml"
    file.write_text(file.read_text(encoding="utf-8") + _BROKEN, encoding="utf-8")
    repositories = build_defs_of_studies(studies)
    with pytest.raises(StudyError) as fault:
        read_study(studies[0].study_folder)
    raw = {name: {"t1", "t2", "roster"} & _tables(repository) for name, repository in repositories.items()}
    assert raw == {"small_study": set(), "second": {"t1", "t2", "roster"}}
    assert _run(repositories["small_study"], "small_study") == {"codebook": str(fault.value)}
    assert _run(repositories["second"], "second") == {}


def test_a_study_without_its_file_fails_in_one_line(studies: list[Settings]) -> None:
    from dagster_project.many_studies import build_defs_of_studies

    (studies[1].study_folder / "study.yaml").unlink()
    (line,) = _run(build_defs_of_studies(studies)["second"], "second").values()
    assert line.startswith(f"{studies[1].study_folder / 'study.yaml'}: ") and "\n" not in line


def test_a_graph_that_cannot_be_made_is_one_failing_asset(studies: list[Settings], monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever goes wrong with one study's graph, the code location loads."""
    from dagster_project import many_studies

    whole = many_studies.build_defs

    def build(settings: Settings) -> dg.Definitions:
        if settings.prefix == "second":
            raise RuntimeError("a disk\nis gone")
        return whole(settings)

    monkeypatch.setattr(many_studies, "build_defs", build)
    repositories = many_studies.build_defs_of_studies(studies)
    assert _tables(repositories["small_study"]) > {"t1"}
    assert [key.to_user_string() for key in repositories["second"].asset_graph.materializable_asset_keys] == [
        "second/codebook"
    ]
    assert {sensor.name for sensor in repositories["second"].sensor_defs} == {
        "second_new_exports",
        "second_failure_notice",
    }
    (line,) = _run(repositories["second"], "second").values()
    # As of a step's: the text may quote an answer.
    assert line.startswith("RuntimeError in tests/test_many_studies.py, line ") and "a disk" not in line
    (errors,) = studies[1].error_folder.iterdir()
    assert "a disk\nis gone" in errors.read_text(encoding="utf-8")


def test_a_graph_that_is_refused_says_the_line(studies: list[Settings], monkeypatch: pytest.MonkeyPatch) -> None:
    from dagster_project import many_studies

    def refuse(settings: Settings) -> dg.Definitions:
        raise ValueError(f"{settings.prefix}: no; correct it")

    monkeypatch.setattr(many_studies, "build_defs", refuse)
    repositories = many_studies.build_defs_of_studies(studies)
    assert _run(repositories["second"], "second") == {"codebook": "second: no; correct it"}


def test_dagster_finds_a_repository_for_each_and_a_run_makes_its_own_alone(
    studies: list[Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    from dagster._core.workspace.autodiscovery import loadable_targets_from_loaded_module

    from dagster_project import many_studies

    by_name = {f"repository_{study.prefix}": study for study in studies}
    monkeypatch.setattr(many_studies, "_STUDIES", by_name)
    try:
        assert many_studies.repository_second.name == "second"
        assert "repository_small_study" not in vars(many_studies)
        targets = loadable_targets_from_loaded_module(many_studies)
        assert {target.attribute for target in targets} == set(by_name)
        assert many_studies.repository_second is many_studies.repository_second
        with pytest.raises(AttributeError, match="has no attribute 'repository_third'"):
            many_studies.repository_third  # noqa: B018
    finally:
        for name in by_name:
            vars(many_studies).pop(name, None)


def test_the_module_of_one_study_serves_no_other_in_silence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from dagster_project.definitions import defs

    monkeypatch.setenv("WAVEHOUSE_STUDIES", str(tmp_path))
    monkeypatch.delenv("WAVEHOUSE_STUDY", raising=False)
    with pytest.raises(ValueError) as refusal:
        defs()
    assert str(refusal.value) == (
        "WAVEHOUSE_STUDIES: this module is of one study; load dagster_project.many_studies, or name one in WAVEHOUSE_STUDY"
    )


def _tables(repository: dg.RepositoryDefinition) -> set[str]:
    return {key.path[-1] for key in repository.asset_graph.materializable_asset_keys if key.path[1] == "raw"}


def _run(repository: dg.RepositoryDefinition, name: str) -> dict[str, str]:
    """The failed steps of a run of a study's codebook, with what they say."""
    job = repository.get_implicit_global_asset_job_def()
    with dg.DagsterInstance.ephemeral() as instance:
        result = job.execute_in_process(
            instance=instance, raise_on_error=False, asset_selection=[dg.AssetKey([name, "codebook"])]
        )
    failed = [event for event in result.all_events if event.event_type_value == "STEP_FAILURE"]
    assert result.success == (not failed)
    return {str(event.step_key): failure_message(event) for event in failed}
