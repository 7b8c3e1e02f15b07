"""What is wrong with a study's own files is said without dbt, the database or running them."""

import shutil
from pathlib import Path

import pytest

from dagster_project.cli import main
from dagster_project.extensions.rehearsal import static_faults
from dagster_project.models.project import DbtProject
from dagster_project.places import DBT_PROJECT
from dagster_project.study import read_study

SMALL = Path(__file__).parents[1] / "small_study"
_FILES = {
    "models/gains.sql": "select * from {{ ref('participants') }}",
    "models/gains.yml": "models: [{name: gains}]",
    "models/more.sql": "select * from {{ ref('gains') }} join {{ source('codebook', 'waves') }} using (wave)",
    "models/typed.sql": "select * from {{ ref('stg_answers') }}",
    "models/itself.sql": "select * from {{ ref('itself') }}",
    "models/export.sql": "select * from {{ source('raw', 'answers') }}",
    "models/Gains.sql": "select 1",
    "models/program.py": "pass",
    "models/other.sql": "select 1",
    "models/other.yml": "models: [{name: gains}]",
    "models/odd.sql": "select 1",
    "models/ended.sql": "select 1 as one;\n",
    "models/odd.yml": "models: [",
    "models/twice.sql": "select 1",
    "models/twice.yml": "models: [{name: twice}]",
    "models/twice.yaml": "models: [{name: twice}]",
    "analyses/fine.py": "pass",
    "analyses/wrong.py": "x = (\n",
    "analyses/query.sql": "select 1",
    "analyses/deep/nested.py": "pass",
    "analyses/No.py": "pass",
}
_FAULTS = {
    "models/typed.sql": "ref('stg_answers'): stg_answers is of staging, which is not released; read a mart",
    "models/itself.sql": "ref('itself'): a model does not read itself",
    "models/export.sql": "source('raw', 'answers'): only tables of codebook are sources of a study's own models",
    "models/Gains.sql": "a model's name begins with a small letter and has small letters, digits and underscores; rename the file",
    "models/program.py": "a model is SQL; analyses in Python lie in analyses/",
    "models/other.sql": "models/other.yml: describes something else; give models: with one entry, name: other",
    "models/ended.sql": "a semicolon ends the query; take it away, as dbt puts the query into one of its own",
    "models/odd.sql": "models/odd.yml: line 1: expected the node content, but found '<stream end>'; correct the YAML there",
    "models/twice.yml": "models/twice.yaml describes the same model; keep one of them",
    "analyses/wrong.py": "line 1: '(' was never closed; correct the Python there",
    "analyses/query.sql": "an analysis is Python; SQL models lie in models/",
    "analyses/deep/nested.py": "analyses lie in analyses/ itself; move the file there",
    "analyses/No.py": "an analysis's name begins with a small letter and has small letters, digits and underscores; rename the"
    " file",
}


@pytest.fixture
def study_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "small_study"
    shutil.copytree(SMALL, folder)
    for name, content in _FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content, encoding="utf-8")
    return folder


def test_each_file_that_is_no_model_or_analysis_says_why(study_folder: Path) -> None:
    faults = static_faults(read_study(study_folder), DbtProject(DBT_PROJECT, study_folder / "dbt", study_folder / "file"))
    assert faults == _FAULTS


def test_check_names_them(study_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("WAVEHOUSE_STUDY", str(study_folder))
    assert main(["check"]) == 1
    printed = capsys.readouterr().out
    assert f"  models/typed.sql: error: {_FAULTS['models/typed.sql']}\n" in printed
