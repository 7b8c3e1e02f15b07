"""The sample of results that is recomputed from answers before a release: all of it on right files, and each way to fail."""

import shutil
from pathlib import Path
from typing import Any

import duckdb
import pytest

from dagster_project.audit import definitions_in, recompute_sample
from dagster_project.audit.recompute import RECOMPUTED_STATISTICS, recompute_group, sample
from dagster_project.study import codebook_tables, read_study

EVERYTHING = 10**9


@pytest.fixture
def small_file(small_run: tuple[Any, Any], tmp_path: Path) -> Any:
    """A copy of the small study's release, open to be spoilt."""
    file = shutil.copyfile(small_run[0].release / "warehouse.duckdb", tmp_path / "copy.duckdb")
    with duckdb.connect(str(file)) as connection:
        yield connection


def _said(connection: Any, definitions: Any = None) -> list[str]:
    return [
        str(difference)
        for difference in recompute_sample(connection, definitions or definitions_in(connection), "run", EVERYTHING)
    ]


@pytest.mark.slow
@pytest.mark.parametrize("run", ["small_run", "example_run"])
@pytest.mark.parametrize("kind", ["working", "released"])
def test_every_place_of_a_file_recomputes(run: str, kind: str, request: pytest.FixtureRequest) -> None:
    workspace, _ = request.getfixturevalue(run)
    file = workspace.settings.warehouse_file if kind == "working" else workspace.release / "warehouse.duckdb"
    with duckdb.connect(str(file), read_only=True) as connection:
        definitions = codebook_tables(read_study(workspace.study_folder))
        assert _said(connection, definitions) == []
        assert _said(connection) == []


def test_the_sample_is_the_same_for_the_same_run_and_leaves_no_analysis_out(example_run: tuple[Any, Any]) -> None:
    with duckdb.connect(str(example_run[0].release / "warehouse.duckdb"), read_only=True) as connection:
        first, repeated_sample, other_run_sample = (sample(connection, run, 10) for run in ("a", "a", "b"))
        assert first == repeated_sample
        assert set(first) != set(other_run_sample)
        analyses = sorted(RECOMPUTED_STATISTICS.keys() - {"categories"})  # the example follows none
        assert [entry.analysis for entry in first] == [*analyses, *analyses]
        all_results = sample(connection, "a", EVERYTHING)
    assert len(set(all_results)) == len(all_results) > 200


def test_a_changed_answer_is_found(small_file: Any) -> None:
    small_file.execute("update marts.answer_codes set mood_01 = 5 where wave = 'T1' and mood_01 = 4")
    differences = _said(small_file)
    assert "summary/mood_total/T1/mean: the file holds 9.333333333; the answers give 9.666666667" in differences, differences
    assert [line for line in differences if line.startswith("change/mood_total/T1-T2/mean_change: ")]
    assert not [line for line in differences if "push" in line or "pull" in line]


def test_a_score_that_its_answers_do_not_give_is_found_by_its_results(small_file: Any) -> None:
    small_file.execute("update results.results set value = value + 1 where result_id = 'change/push/T1-T2/sd_baseline'")
    (line,) = _said(small_file)
    assert line.startswith("change/push/T1-T2/sd_baseline: the file holds ")


def test_a_value_where_there_is_none_is_found(small_file: Any) -> None:
    small_file.execute("update results.results set value = 0 where result_id = 'change/pull/T1-T2/d_baseline'")
    small_file.execute("update results.results set value = null where result_id = 'attrition/pull/T1/count'")
    assert sorted(_said(small_file)) == [
        "attrition/pull/T1/count: the file holds no value; the answers give 2",
        "change/pull/T1-T2/d_baseline: the file holds 0; the answers give no value",
    ]


def test_definitions_that_are_not_those_of_the_scores_are_found(small_run: tuple[Any, Any], tmp_path: Path) -> None:
    """The study folder reverses another item than the file was scored with: a stale codebook."""
    workspace, _ = small_run
    folder = shutil.copytree(
        workspace.study_folder, tmp_path / "small_study", ignore=shutil.ignore_patterns("release*", "landing")
    )
    mood = folder / "instruments/mood.yaml"
    mood.write_text(mood.read_text(encoding="utf-8").replace("reversed: [3]", "reversed: [2]"), encoding="utf-8")
    with duckdb.connect(str(workspace.settings.warehouse_file), read_only=True) as connection:
        differences = _said(connection, codebook_tables(read_study(folder)))
    assert [
        line
        for line in differences
        if line.startswith("summary/mood_total/T1/mean: the file holds 9.333333333; the answers")
    ]
    assert not [line for line in differences if "/push/" in line]


def test_results_of_what_the_definitions_do_not_know_are_found(small_file: Any) -> None:
    definitions = definitions_in(small_file)
    definitions["scales"] = definitions["scales"].slice(0, 0)
    differences = _said(small_file, definitions)
    assert [line for line in differences if line.endswith("; the definitions have no scale 'push'")]
    definitions = definitions_in(small_file)
    small_file.execute("alter table marts.participants drop column age")
    differences = _said(small_file, definitions)
    assert [line for line in differences if line.endswith("; marts.participants has no column 'age'")]


def test_a_file_without_results_has_nothing_to_differ(small_file: Any) -> None:
    small_file.execute("delete from results.results")
    assert _said(small_file) == []
    assert sample(small_file, "run", 5) == []


def test_one_place_alone(small_file: Any) -> None:
    (entry,) = [
        candidate
        for candidate in sample(small_file, "run", EVERYTHING)
        if (candidate.analysis, candidate.outcome) == ("service_use", "gp")
    ]
    assert recompute_group(small_file, definitions_in(small_file), entry) == []
    small_file.execute("update marts.answer_codes set gp = 0 where gp = 1")
    differences = [str(difference) for difference in recompute_group(small_file, definitions_in(small_file), entry)]
    assert differences == [
        "service_use/gp/T1/count: the file holds 1; the answers give 0",
        "service_use/gp/T1/percent: the file holds 50; the answers give 0",
    ]
