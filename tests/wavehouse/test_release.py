"""The package that people import: what it reads is what the marts hold, with one type a column, while runs go on."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import wavehouse

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def release(small_run: Any) -> wavehouse.Release:
    return wavehouse.open(small_run[0].study_folder)


@pytest.fixture(scope="module")
def nobody(tmp_path_factory: pytest.TempPathFactory, small_run: Any, workspace_at: Callable[..., Any]) -> wavehouse.Release:
    """The small study with a roster of a header alone."""
    from conftest import SMALL, run_all

    workspace = workspace_at(tmp_path_factory.mktemp("nobody"), SMALL)
    (workspace.study_folder / "raw/roster/roster.csv").write_text("Person;Site;Age\n", encoding="utf-8")
    for wave in ("T1", "T2"):
        for file in (workspace.study_folder / "raw" / wave).iterdir():
            file.unlink()
    run = run_all(workspace)
    assert run.success, run.failures
    return wavehouse.open(workspace.study_folder)


def _frames(release: wavehouse.Release) -> dict[str, pd.DataFrame]:
    return {
        "scores": release.scores(),
        "scores wide": release.scores(wide=True),
        "answers": release.answers(),
        "answers with labels": release.answers(labels=True),
        "answers wide": release.answers(wide=True),
        "answers wide with labels": release.answers(wide=True, labels=True),
        "participants": release.participants(),
        "measures": release.measures(),
        "data": release.data(),
        "data wide": release.data("wide"),
        "waves": release.waves(),
        "items": release.items(),
        "scales": release.scales(),
        "variables": release.variables(),
        "results": release.results(),
    }


def test_scores_are_those_of_the_marts_with_their_reasons(small_run: Any, release: wavehouse.Release) -> None:
    expected = {
        (row["participant_id"], row["wave"], row["scale"]): (row["score"], row["items_answered"], row["missing_reason"])
        for row in small_run[0].released("from marts.scale_scores")
    }
    frame = release.scores()
    assert len(frame) == len(expected) == 4 * 2 * 4
    for row in frame.itertuples():
        score, answered, reason = expected[row.participant_id, row.wave, row.scale]
        assert (np.isnan(row.score) and score is None) or row.score == score
        assert row.items_answered == answered
        assert (pd.isna(row.missing_reason) and reason is None) or row.missing_reason == reason
    assert frame["wave"].cat.ordered and list(frame["wave"].cat.categories) == ["T1", "T2"]
    in_order = small_run[0].released("select scale from codebook.scales order by scale_order")
    assert list(frame["scale"].cat.categories) == [row["scale"] for row in in_order]
    wide = release.scores(wide=True).set_index(["participant_id", "wave"])
    for (person, wave, scale), (score, _, reason) in expected.items():
        cell, cell_reason = wide.loc[(person, wave), scale], wide.loc[(person, wave), f"{scale}__missing"]
        assert (np.isnan(cell) and score is None) or cell == score
        assert (pd.isna(cell_reason) and reason is None) or cell_reason == reason


def test_an_answer_has_its_text_beside_it_or_the_reason_why_it_is_missing(
    small_run: Any, release: wavehouse.Release
) -> None:
    frame = release.answers(labels=True)
    assert len(frame) == 4 * 2 * 8
    answers = {
        (row["participant_id"], row["wave"], row["item"]): row["answer"]
        for row in small_run[0].released("from marts.answers")
    }
    reasons = {
        (row["participant_id"], row["wave"], row["item"]): row["missing_reason"]
        for row in small_run[0].released("from marts.missing_answers")
    }
    assert len(answers) + len(reasons) == len(frame)
    for row in frame.itertuples():
        key = (row.participant_id, row.wave, row.item)
        assert (
            (answers[key] == row.answer and pd.isna(row.missing_reason))
            if key in answers
            else row.missing_reason == reasons[key]
        )
    labelled = frame[frame["item"].astype("str").str.startswith("mood") & (frame["answer"] == 5) & (frame["wave"] == "T1")]
    assert set(labelled["label"]) == {"very much"}
    services = frame[(frame["item"] == "gp") & frame["answer"].notna()]
    assert set(zip(services["answer"], services["label"], strict=True)) <= {(0, "No"), (1, "Yes")} and len(services)
    wide = release.answers(wide=True, labels=True)
    assert list(wide["mood_01"].cat.categories) == ["1", "2", "3", "4", "very much"] and wide["mood_01"].cat.ordered
    assert wide["drive_01"].dtype == "Int64"


def test_people_have_categories_by_label_or_code(release: wavehouse.Release) -> None:
    people, coded = release.participants(), release.participants(labels=False)
    assert list(people["site"].cat.categories) == ["North", "South", "West"] and not people["site"].cat.ordered
    assert list(coded["site"].cat.categories) == ["north", "south", "west"]
    assert [str(label).lower() for label in people["site"]] == [str(code) for code in coded["site"]]
    assert people["age"].dtype == "float64" and str(people["withdrawn_on"].dtype).startswith("datetime64")


def test_a_result_is_read_by_its_id_and_an_unknown_one_refused_with_the_closest(
    small_run: Any, release: wavehouse.Release
) -> None:
    values = small_run[0].values()
    frame = release.results()
    assert set(frame["result_id"]) == set(values)
    for result_id in ("change/mood_total/T1-T2/mean_change", "change/mood_total/T1-T2/p"):
        result = release.result(result_id)
        assert result.value == values[result_id] or np.isnan(result.value)
        assert str(result) == f"{result_id}: {result.printed}"
    with pytest.raises(ValueError) as refusal:
        release.result("change/mood_totl/T1-T2/p")
    assert str(refusal.value).startswith(
        "change/mood_totl/T1-T2/p: there is no such result; do you mean change/mood_total/T1-T2/p or "
    )
    trace = release.trace("change/mood_total/T1-T2/mean_change")
    counted = trace[(trace["part"] == "person") & trace["is_counted"].fillna(False)]
    assert len(counted) == release.result("change/mood_total/T1-T2/n").value
    with pytest.raises(ValueError, match="there is no such result"):
        release.trace("nothing")


def test_any_table_and_query_is_read_and_nothing_is_changed(release: wavehouse.Release) -> None:
    assert len(release.table("marts.returns")) == 8
    with pytest.raises(ValueError, match=r"^marts\.return: the release has no such table; do you mean marts\.returns or "):
        release.table("marts.return")
    assert release.query("select count(*) as n from marts.participants where participant_id > ?", ["A"])["n"][0] == 4
    with pytest.raises(ValueError) as refusal:
        release.query("select nothing from marts.participants")
    assert len(str(refusal.value).splitlines()) == 1 and str(refusal.value).startswith(
        "the query cannot be run: Binder Error"
    )
    with pytest.raises(ValueError, match="read-only"):
        release.query("delete from marts.participants")
    with pytest.raises(ValueError, match=r"^'tall' is no shape of a data set; give one of 'long', 'wide'$"):
        release.data("tall")  # type: ignore[arg-type]


def test_a_release_of_nobody_has_the_same_types(
    release: wavehouse.Release, nobody: wavehouse.Release, tmp_path: Path
) -> None:
    frames = _frames(nobody)
    for name, frame in _frames(release).items():
        types = {column: str(frame[column].dtype) for column in frame.columns}
        assert {column: str(frames[name][column].dtype) for column in frames[name].columns} == types, name
        if name not in ("waves", "items", "scales", "variables", "results"):
            assert len(frames[name]) == 0
    from dagster_project.cli import main

    assert (
        main(["export", "--format", "sav", "dta", "parquet", "csv", "--release", nobody.file, "--out", str(tmp_path)]) == 0
    )
    import pyreadstat

    for file, read in (("sav", pyreadstat.read_sav), ("dta", pyreadstat.read_dta)):
        frame, metadata = read(tmp_path / f"small_study_long.{file}")
        assert len(frame) == 0 and metadata.column_names_to_labels["age"] == "Age (years)"
        assert metadata.readstat_variable_types["answered_on"] == "double"


def test_what_is_open_stays_one_release_while_runs_make_new_ones(small_copy: Any) -> None:
    workspace, run_again = small_copy
    release = wavehouse.open(workspace.study_folder)
    name, scores = release.name, release.scores()
    export = workspace.study_folder / "raw/T1/t1.csv"
    lines = export.read_text(encoding="utf-8").splitlines()
    cells = lines[1].split(",")
    cells[lines[0].split(",").index("M1")] = "2" if cells[lines[0].split(",").index("M1")] != "2" else "3"
    export.write_text("\n".join([lines[0], ",".join(cells), *lines[2:]]) + "\n", encoding="utf-8")
    run = run_again()
    assert run.success, run.failures
    newer = wavehouse.open(workspace.release)
    assert newer.name != name == release.name
    pd.testing.assert_frame_equal(release.scores(), scores)
    assert not newer.scores().equals(scores)
    pd.testing.assert_frame_equal(wavehouse.open(workspace.study_folder / "releases" / name).scores(), scores)
    shutil.rmtree(workspace.study_folder / "releases" / name)
    with pytest.raises(ValueError, match=r"this release is no longer kept; open the study's folder again for the newest$"):
        release.scores()


def test_paths_that_are_no_release_are_refused_in_one_line(small_run: Any, tmp_path: Path) -> None:
    workspace = small_run[0]
    paths = "give a release's folder, a study folder with a release, or a released warehouse.duckdb"
    (tmp_path / "study.yaml").touch()
    (tmp_path / "text.txt").touch()
    newer = tmp_path / "newer"
    newer.mkdir()
    shutil.copy(workspace.release / "warehouse.duckdb", newer)
    manifest = json.loads((workspace.release / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["format"] == "1"
    (newer / "manifest.json").write_text(json.dumps(manifest | {"format": "2"}), encoding="utf-8")
    for path, message in (
        (tmp_path / "none", f"{tmp_path / 'none'}: there is no such file or folder; {paths}"),
        (tmp_path / "text.txt", f"{tmp_path / 'text.txt'}: this file is no release; {paths}"),
        (tmp_path, f"{tmp_path / 'release'}: there is no release here; `wavehouse run` makes one"),
        (
            newer,
            f"{newer}: a newer Wavehouse made this release (format 2; this one reads up to 1); install that one: pip install"
            " --upgrade wavehouse",
        ),
        (
            workspace.settings.warehouse_file,
            f"{workspace.settings.warehouse_file}: this is a study's working file, which runs write to; open the study's"
            " folder, whose release it is read from",
        ),
    ):
        with pytest.raises(ValueError) as refusal:
            wavehouse.open(path)
        assert str(refusal.value) == message
    alone = tmp_path / "copy.duckdb"
    shutil.copy(workspace.release / "warehouse.duckdb", alone)
    assert len(wavehouse.open(alone).participants()) == 4 and wavehouse.open(alone).name == "copy.duckdb"
