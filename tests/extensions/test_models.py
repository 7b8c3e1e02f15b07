"""Building a study's own models, without ours: what becomes of the working file, what is said of what the database refuses."""

import gc
from pathlib import Path
from typing import Any

import pytest

from dagster_project.extensions.models import build_own_models, model_error_words
from dagster_project.models.project import DbtProject
from dagster_project.outcomes.codebook import write_codebook
from dagster_project.study_run import StudyRun


@pytest.mark.slow
def test_a_model_whose_question_fails_leaves_no_connection_open(tmp_path: Path, workspace_at: Any) -> None:
    from conftest import SMALL

    workspace = workspace_at(tmp_path, SMALL)
    folder = workspace.study_folder / "models"
    folder.mkdir()
    question = "{% do run_query('drop table if exists codebook.seen') %} select 1 as one"
    (folder / "asks.sql").write_text(question, encoding="utf-8")
    (folder / "sound.sql").write_text("select 1 as one", encoding="utf-8")
    study_run = StudyRun(workspace.settings, "a run")
    write_codebook(study_run, workspace.settings.dbt_folder)
    with study_run.warehouse.transaction() as connection:
        connection.execute("create view codebook.seen as select 1 as one")
    gc.disable()  # which would close it by chance
    try:
        built = build_own_models(study_run, DbtProject.from_settings(workspace.settings))
        tables = study_run.warehouse.rows("from duckdb_tables() where schema_name = 'own'")
    finally:
        gc.enable()
    assert [row["table_name"] for row in tables] == ["sound"] == list(built.built)
    assert built.faults == {
        "models/asks.sql": "Catalog Error: Existing object seen is of type View, trying to drop type Table"
    }


def test_the_place_is_said_by_its_words_as_dbt_counts_other_lines() -> None:
    message = """Runtime Error in model gains (models/gains.sql)
  Binder Error: Table "people" does not have a column named "arms"

  LINE 13:     people.arms,
               ^"""
    assert model_error_words(message) == 'Binder Error: Table "people" does not have a column named "arms" at: people.arms,'
    assert model_error_words(None) == ""
