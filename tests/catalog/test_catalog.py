"""The catalogue of several studies: what is in it, what is left out and why, and scales that are scored alike or not."""

import json
import os
import shutil
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dagster_project.catalog import CATALOG_TABLES, build_catalog, scale_statistics
from dagster_project.catalog.tables import RELEASES
from dagster_project.cli import main
from dagster_project.warehouse import Warehouse, WarehouseError, release_names

pytestmark = pytest.mark.slow  # the small study is run once for them
Shelf = Callable[..., Path]


@pytest.fixture
def shelf(small_run: tuple[Any, Any], tmp_path: Path) -> Shelf:
    """A copy of the small study's releases as another study's, with what was changed in its file."""

    def add(name: str, *changes: str, **manifest: str) -> Path:
        folder = tmp_path / "unit" / name
        origin = small_run[0].study_folder
        for part in ("releases", "public_releases"):
            shutil.copytree(origin / part, folder / part)
        for link in ("release", "public"):
            (folder / link).symlink_to(os.readlink(origin / link))
        shutil.copyfile(origin / "study.yaml", folder / "study.yaml")
        release = (folder / "release").resolve()
        for path, study in ((release, {"study": name}), ((folder / "public").resolve(), {"study": name})):
            _rewrite(path / "manifest.json", study | manifest)
        if changes:
            with Warehouse(release / "warehouse.duckdb").connect() as connection:
                for sql in changes:
                    connection.execute(sql)
        return folder

    return add


def _rewrite(file: Path, entries: dict[str, str]) -> None:
    content = json.loads(file.read_text(encoding="utf-8")) | entries
    file.unlink()
    file.write_text(json.dumps(content), encoding="utf-8")


def _rows(file: Path, sql: str) -> list[dict[str, Any]]:
    return Warehouse(file).rows(sql)


def test_every_row_of_every_study_has_its_study_and_release(shelf: Shelf, tmp_path: Path) -> None:
    folders = [shelf("panel"), shelf("trial")]
    file = tmp_path / "catalog.duckdb"
    catalog = build_catalog(folders, file, is_public=False)
    assert [release.study for release in catalog.releases] == ["panel", "trial"] and not catalog.left_out
    for name, table in (
        ("results_all", "results.results"),
        ("instruments_all", "codebook.instruments"),
        ("scales_all", "codebook.scales"),
        ("ledger_all", "marts.score_ledger"),
    ):
        for folder in folders:
            (release,) = release_names(folder)
            own = Warehouse(folder / "release" / "warehouse.duckdb")
            count = own.rows(f"select count(*) as n from {table}")[0]["n"]
            counted = f"select count(*) as n from {name} where study = '{folder.name}' and release = '{release}'"
            assert _rows(file, counted) == [{"n": count}] and count > 0, name
    # The numbers are those of the release, to the bit.
    own_values = {row["result_id"]: row["value"] for row in own.rows("select result_id, value from results.results")}
    values = _rows(file, "select result_id, value from results_all where study = 'trial'")
    assert {row["result_id"]: row["value"] for row in values} == own_values
    kinds = {row["kind"] for row in _rows(file, "select distinct kind from codebook_all")}
    assert kinds >= {"wave", "instrument", "scale", "item", "variable", "category", "service"}
    (titles,) = _rows(file, "select list(distinct title) as titles, list(kind) as kinds from releases_all")
    assert titles == {"titles": ["A made-up study"], "kinds": ["team", "team"]}
    assert stat.S_IMODE(file.stat().st_mode) & 0o222 == 0


def test_every_column_is_described_in_the_file(shelf: Shelf, tmp_path: Path) -> None:
    file = tmp_path / "catalog.duckdb"
    build_catalog([shelf("panel")], file, is_public=False)
    columns = _rows(file, "select table_name, column_name, comment from duckdb_columns() where not internal")
    tables = {row["table_name"] for row in columns}
    assert tables == {RELEASES.name, "left_out", "scale_statistics", *(table.spec.name for table in CATALOG_TABLES)}
    assert not [row for row in columns if row["comment"] is None and row["table_name"] != "scale_statistics"]


def test_what_cannot_be_taken_is_named_and_left_out(shelf: Shelf, tmp_path: Path) -> None:
    whole = shelf("whole")
    other_version = shelf("other_version", format="2")
    damaged = shelf("damaged")
    database = damaged / "release" / "warehouse.duckdb"
    content = database.read_bytes()
    database.write_bytes(content[: len(content) // 2])
    older = shelf("older", "alter table codebook.scales drop column rule")
    unreleased = tmp_path / "unit" / "unreleased"
    unreleased.mkdir()
    (unreleased / "study.yaml").write_text("study: x\n", encoding="utf-8")
    nameless = shelf("nameless")
    _rewrite(nameless / "release" / "manifest.json", {"study": ""})
    file = tmp_path / "catalog.duckdb"
    catalog = build_catalog([whole, other_version, damaged, older, unreleased, nameless], file, is_public=False)
    assert [release.study for release in catalog.releases] == ["whole"]
    reasons = {entry.path.name: entry.reason for entry in catalog.left_out}
    assert reasons["unreleased"] == f"{unreleased / 'release'}: there is no release here; `wavehouse run` makes one"
    assert reasons["other_version"].startswith(f"{(other_version / 'release').resolve()}: a newer Wavehouse made this")
    assert reasons["damaged"].startswith(str((damaged / "release").resolve()))
    assert reasons["older"].startswith(f"{older}: the release cannot be read (Binder Error: ") and "rule" in reasons["older"]
    assert reasons["older"].endswith("; take another copy of it, or run the study again")
    assert reasons["nameless"] == (
        f"{nameless}: the manifest of the release does not say its study; take another copy of the release"
    )
    said = {row["folder"]: row["reason"] for row in _rows(file, "from left_out")}
    assert said == {str(entry.path): entry.reason for entry in catalog.left_out}
    # Nothing of what failed half-way is in it.
    assert _rows(file, "select distinct study from codebook_all") == [{"study": "whole"}]


def test_an_earlier_format_is_left_out(shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dagster_project.catalog.releases.RELEASE_FORMAT", 3)
    folder = shelf("panel")
    with pytest.raises(WarehouseError) as refusal:
        build_catalog([folder], tmp_path / "catalog.duckdb", is_public=False)
    assert str(refusal.value) == (
        f"no release can be taken into a catalogue: {folder}: another version of Wavehouse made this release (format 1; this"
        " one takes 3); run the study again with this version, or install that one"
    )
    assert not (tmp_path / "catalog.duckdb").exists()


def test_two_releases_of_one_study_are_left_out_both(shelf: Shelf, tmp_path: Path) -> None:
    first, second, third = shelf("first"), shelf("second", study="first"), shelf("third")
    catalog = build_catalog([first, second, third], tmp_path / "c.duckdb", is_public=False)
    assert [release.study for release in catalog.releases] == ["third"]
    assert [entry.reason for entry in catalog.left_out] == [
        f"{folder}: 2 releases are of a study first ({first}, {second}); give one" for folder in (first, second)
    ]


def test_the_same_code_scored_otherwise_is_shown_as_another(shelf: Shelf, tmp_path: Path) -> None:
    """By its code alone, a sum with another key would stand beside the others as if it were the same."""
    folders = [
        shelf("a"),
        shelf("b", "update codebook.instruments set name = 'Stimmung', source = 'elsewhere'"),
        shelf("c", "update codebook.scale_items set turned_from = null where scale = 'mood_total'"),
        shelf("d", "update codebook.scales set minimum_answered = 3 where scale = 'mood_total'"),
        shelf("e", "update codebook.items set high = 7 where item = 'mood_02'"),
        shelf("f", "insert into codebook.definition_files values ('library:mood', 'x')"),
        shelf("g", "update codebook.scales set better = 'low', label = 'Gloom' where scale = 'mood_total'"),
    ]
    file = tmp_path / "c.duckdb"
    build_catalog(folders, file, is_public=False)
    definitions = {row["study"]: row["definition"] for row in _rows(file, "from scales_all where scale = 'mood_total'")}
    assert definitions["a"] == definitions["b"] == definitions["f"] == definitions["g"]
    assert len({definitions[study] for study in "acde"}) == 4
    instruments = {row["study"]: row["definition"] for row in _rows(file, "from instruments_all where instrument = 'mood'")}
    assert instruments["a"] == instruments["b"] and len({instruments[study] for study in "acde"}) == 4
    others = {row["definition"] for row in _rows(file, "from scales_all where scale = 'push'")}
    assert len(others) == 1
    assert {entry.study for entry in scale_statistics(file, "mood", [])} == set("abcdefg")
    assert {entry.study for entry in scale_statistics(file, "library:mood", [])} == {"f"}


def test_a_scale_of_scales_is_what_they_are(shelf: Shelf, tmp_path: Path) -> None:
    file = tmp_path / "c.duckdb"
    folders = [shelf("a"), shelf("b", "update codebook.scales set minimum_answered = 1 where scale = 'push'")]
    build_catalog(folders, file, is_public=False)
    for scale, is_alike in (("drive_overall", False), ("push", False), ("pull", True)):
        definitions = {row["definition"] for row in _rows(file, f"from scales_all where scale = '{scale}'")}
        assert (len(definitions) == 1) == is_alike, scale


def test_every_study_that_used_a_scale_with_its_mean_and_reliability(
    shelf: Shelf, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folders = [shelf("a"), shelf("b", "update codebook.scales set minimum_answered = 3 where scale = 'mood_total'")]
    assert main(["catalog", *map(str, folders), "--instrument", "mood"]) == 0
    lines = capsys.readouterr().out.splitlines()
    own = Warehouse(folders[0] / "release" / "warehouse.duckdb")
    heads = [line for line in lines if line.startswith("mood_total (Mood), scored as ")]
    assert len(heads) == 2 and all(line.endswith(", of a study's own") for line in heads)
    for wave in ("T1", "T2"):
        printed = {
            row["result_id"]: row["printed"]
            for row in own.rows(f"select * from results.results where outcome = 'mood_total' and wave = '{wave}'")
        }
        numbers = [
            printed[f"{analysis}/mood_total/{wave}/{statistic}"]
            for analysis, statistic in (("summary", "n"), ("summary", "mean"), ("summary", "sd"), ("measurement", "alpha"))
        ]
        rows = [line.split() for line in lines if f"  {wave} " in line]
        assert [row[0] for row in rows] == ["a", "b"]
        assert all(row[3:7] == numbers for row in rows)
    assert not (tmp_path / "catalog.duckdb").exists()
    assert main(["catalog", *map(str, folders), "--instrument", "nothing"]) == 0
    assert capsys.readouterr().out == "no study of the catalogue has results of nothing\n"


def test_the_public_catalogue_is_made_of_public_files_alone(
    shelf: Shelf, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = shelf("panel")
    (folder / "release" / "warehouse.duckdb").unlink()
    closed = shelf("closed")
    (closed / "public").unlink()
    file = tmp_path / "public.duckdb"
    assert main(["catalog", str(folder.parent), "--public", "--out", str(file)]) == 1
    output = capsys.readouterr()
    assert output.out.startswith(f"{file}: 1 study: panel (")
    assert output.err == (
        f"warning: left out: {closed}: there is no public release here; `wavehouse run` makes one where the protocol declares"
        " disclosure\n"
    )
    lines = (folder / "public" / "results.csv").read_text(encoding="utf-8-sig").splitlines()
    assert _rows(file, "select count(*) as n from results_all") == [{"n": len(lines) - 1}]
    assert _rows(file, "select kind, title from releases_all") == [{"kind": "public", "title": None}]
    assert _rows(file, "from ledger_all") == [] == _rows(file, "from instruments_all")
    (scale,) = _rows(file, "select label, length(definition) as digits from scales_all where scale = 'mood_total'")
    assert scale == {"label": "Mood", "digits": 64}
    # A hidden number has no value.
    hidden = _rows(file, "select count(*) as n from results_all where printed = '*' and value is not null")
    assert hidden == [{"n": 0}]
    assert main(["catalog", str(folder), "--public", "--instrument", "mood_total"]) == 0
    assert capsys.readouterr().out.startswith("mood_total (Mood), scored as ")


def test_a_release_for_the_team_is_no_public_one(shelf: Shelf, tmp_path: Path) -> None:
    folder = shelf("panel")
    with pytest.raises(WarehouseError) as refusal:
        build_catalog([folder / "release"], tmp_path / "c.duckdb", is_public=True)
    assert str(refusal.value) == (
        f"no release can be taken into a catalogue: {folder / 'release'}: this is a release for the team, not a public one;"
        " give the study's folder"
    )
    (folder / "public" / "results.csv").unlink()
    with pytest.raises(WarehouseError, match=r"results\.csv: the file of the public release is missing; take another copy"):
        build_catalog([folder], tmp_path / "c.duckdb", is_public=True)


def test_another_file_is_not_replaced_and_a_catalogue_is(shelf: Shelf, tmp_path: Path) -> None:
    file = tmp_path / "notes.duckdb"
    file.write_text("my notes", encoding="utf-8")
    with pytest.raises(WarehouseError) as refusal:
        build_catalog([shelf("a")], file, is_public=False)
    assert str(refusal.value) == f"{file}: this file is no catalogue, and is not replaced; give another name with --out"
    assert file.read_text(encoding="utf-8") == "my notes"
    target = tmp_path / "catalog.duckdb"
    for folders in ([shelf("b")], [shelf("c"), shelf("d")]):
        build_catalog(folders, target, is_public=False)
        assert {row["study"] for row in _rows(target, "from releases_all")} == {folder.name for folder in folders}
    assert not [path.name for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_the_studies_of_the_environment_are_meant_where_none_is_named(
    shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WAVEHOUSE_STUDIES", str(shelf("a").parent))
    monkeypatch.setenv("WAVEHOUSE_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    assert main(["catalog"]) == 0
    assert capsys.readouterr().out.startswith("catalog.duckdb: 1 study: a (")
    assert main(["catalog", str(tmp_path / "none")]) == 2
    assert capsys.readouterr().err == (
        f"wavehouse: wavehouse catalog: {tmp_path / 'none'} is no folder; give study folders, or folders of studies\n"
    )
