"""Names of catalogues, and what is asked about before anything is connected."""

from pathlib import Path

import pytest

from dagster_project.lake_address import LakeAddress, PostgresAddress
from dagster_project.warehouse import Lake, LakeError, NoLakeError
from dagster_project.warehouse.lake import catalog_name, extension_file


@pytest.mark.parametrize(
    ("study", "name"),
    [
        ("peer_workers", "study_peer_workers"),
        ("Peer_workers", "study_peer_workers_e225c382"),
        ("peer-workers", "study_peer_workers_1b9558f8"),
        ("émotions 2", "study__motions_2_90e83bce"),
        ("a" * 57, "study_" + "a" * 57),
        ("a" * 58, "study_" + "a" * 40 + "_d5c039b7"),
    ],
)
def test_names_of_catalogues(study: str, name: str) -> None:
    assert catalog_name(study) == name
    assert len(catalog_name(study)) <= 63


def test_no_two_studies_have_one_catalogue() -> None:
    studies = ["mood", "Mood", "MOOD", "mood-1", "mood_1", "mood.1", "mood 1", "x" * 58, "x" * 59]
    assert len({catalog_name(study) for study in studies}) == len(studies)


def test_an_extension_that_is_not_installed_is_named() -> None:
    with pytest.raises(LakeError) as refusal:
        extension_file("none")
    assert str(refusal.value) == "DuckDB's extension none is not installed: pip install 'wavehouse[lake]'"


def test_words_of_errors_are_one_line_without_what_is_attached() -> None:
    lake = Lake(LakeAddress(PostgresAddress("db", 5432, "lake", "u", "secret-word"), "/data"), "mood")
    error = lake.error(
        'IO Error: Failed to attach DuckLake MetaData "m" at path + "postgres:"Unable to connect to Postgres at "": connection to'
        ' server at "db", port 5432 failed: FATAL:  password authentication failed for secret-word\nmore'
    )
    assert str(error) == (
        'study_mood in PostgreSQL at db:5432/lake, data in /data: cannot be used (connection to server at "db", port 5432 failed:'
        " FATAL:  password authentication failed for ***); check the variables WAVEHOUSE_LAKE_… and that the services run"
    )
    assert error.is_final
    assert not lake.error("IO Error: server closed the connection unexpectedly").is_final


def test_a_folder_without_the_study_has_nothing_of_it(tmp_path: Path) -> None:
    lake = Lake(LakeAddress(tmp_path, str(tmp_path / "data")), "mood")
    try:
        extension_file("ducklake")
    except LakeError as error:
        pytest.skip(str(error))
    with pytest.raises(NoLakeError) as refusal, lake.connect():
        pass
    assert str(refusal.value) == (
        f"study_mood in folder {tmp_path}, data in {tmp_path / 'data'}: nothing of this study is published there;"
        " `wavehouse publish`"
    )
