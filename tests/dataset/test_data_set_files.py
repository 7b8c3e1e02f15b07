"""A data set's files, read back by pyreadstat, by R's haven and foreign, and by the script in R: values, labels and missing reasons
are those of the marts, cell by cell."""

import csv
import json
import shutil
import subprocess
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyreadstat
import pytest
from labelled_study import ARMS, LONG_CODE, LONG_LABEL, write_labelled_study

from dagster_project.cli import main
from dagster_project.dataset import FORMATS, SHAPES, read_data_set, write_data_set
from dagster_project.dataset.delimited import write_csv
from dagster_project.warehouse import find_release

pytestmark = pytest.mark.slow
_HERE = Path(__file__).parent
_REASONS = (
    "refused", "invalid", "blank", "not_asked", "not_in_wave", "column_absent", "withdrawn", "wave_not_returned",
    "returned_blank", "too_few_items", "valid_skip", "not_planned",
)  # fmt: skip
#: A value, or the reason why there is none.
Cells = dict[tuple[str, str, str], tuple[float | None, str | None]]


@pytest.fixture(scope="module")
def labelled(tmp_path_factory: pytest.TempPathFactory, workspace_at: Callable[..., Any]) -> Any:
    """The labelled study, run once."""
    from conftest import run_all

    folder = tmp_path_factory.mktemp("labelled")
    workspace = workspace_at(folder / "workspace", write_labelled_study(folder / "labelled_study"))
    run = run_all(workspace)
    assert run.success, run.failures
    return workspace


@pytest.fixture(scope="module")
def folder(labelled: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The study's data set in all formats and shapes."""
    target = tmp_path_factory.mktemp("files")
    for shape in SHAPES:
        write_data_set(read_data_set(find_release(labelled.study_folder), shape), target, FORMATS)
    return target


@pytest.fixture(scope="module")
def cells(labelled: Any) -> Cells:
    """What the marts hold, by person, wave and code; facts of the roster have no wave."""
    rows = labelled.released(
        """
        select participant_id, wave, item as code, answer::double as value, null as reason from marts.answers
        union all select participant_id, wave, item, null, missing_reason from marts.missing_answers
        union all select participant_id, wave, scale, score, missing_reason from marts.scale_scores
            where scale not in (select item from codebook.items)
        union all
        select facts.participant_id, '', facts.variable, coalesce(facts.number, categories.category_order), facts.missing_reason
        from marts.participant_values as facts left join codebook.participant_categories as categories
            on facts.variable = categories.variable and facts.category = categories.category
        """
    )
    return {(row["participant_id"], row["wave"], row["code"]): (row["value"], row["reason"]) for row in rows}


def _read(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def _variables(folder: Path, stem: str, file_format: str) -> dict[str, dict[str, str]]:
    """The list of a file's variables, by name."""
    return {row["variable"]: row for row in _read(folder / f"{stem}_{file_format}_variables.csv")}


def _check(
    rows: list[dict[str, Any]],
    variables: dict[str, dict[str, str]],
    cells: Cells,
    same: Callable[[Any, float | None, str | None, dict[str, str]], bool],
) -> int:
    """Every cell of a file is that of the marts. Returns how many there are."""
    count, codes = 0, {code for _, _, code in cells}
    person_column = next(name for name, row in variables.items() if row["code"] == "participant_id")
    for row in rows:
        for name, variable in variables.items():
            if variable["code"] not in codes or not variable["missing_codes"]:
                continue
            is_fact = (row[person_column], "", variable["code"]) in cells
            wave = "" if is_fact else variable["wave"] or ("T1", "T2")[int(float(row["wave"])) - 1]
            value, reason = cells[row[person_column], wave, variable["code"]]
            assert same(row[name], value, reason, variable), (name, row[person_column], wave, row[name], value, reason)
            count += 1
    return count


def _expected_count(cells: Cells, shape: str) -> int:
    people = {person for person, _, _ in cells}
    facts = len({code for _, wave, code in cells if wave == ""})
    answers = len({code for _, wave, code in cells if wave != ""})
    return len(people) * (2 * (facts + answers) if shape == "long" else facts + 2 * answers)


def test_every_missing_reason_occurs_but_those_that_only_a_score_has(cells: Cells) -> None:
    assert {reason for _, reason in cells.values() if reason is not None} == set(_REASONS)


@pytest.mark.parametrize("shape", SHAPES)
def test_spss_has_the_values_of_the_marts_and_a_code_for_each_reason(folder: Path, cells: Cells, shape: str) -> None:
    stem = f"labelled_study_{shape}"
    frame, metadata = pyreadstat.read_sav(folder / f"{stem}.sav", user_missing=True)
    variables = _variables(folder, stem, "sav")
    assert list(frame.columns) == list(variables)
    # The least number is -1000: the codes lie below it.
    codes = {reason: -9001.0 - index for index, reason in enumerate(_REASONS)}
    rows = frame.to_dict("records")
    count = _check(
        rows, variables, cells, lambda cell, value, reason, _: cell == (value if reason is None else codes[reason])
    )
    assert count == _expected_count(cells, shape)
    for name, variable in variables.items():
        ranges = [{"lo": -9012.0, "hi": -9001.0}] if variable["missing_codes"] else None
        assert metadata.missing_ranges.get(name) == ranges
        if ranges:
            labels = metadata.variable_value_labels[name]
            assert {code: labels[code] for code in codes.values()} == {
                code: reason.replace("_", " ") for reason, code in codes.items()
            }
        assert metadata.variable_measure[name] == variable["level"]
    without_codes, _ = pyreadstat.read_sav(folder / f"{stem}.sav")
    assert without_codes.select_dtypes("number").min().min() == -1000 + 49.5


@pytest.mark.parametrize("shape", SHAPES)
def test_stata_has_the_values_of_the_marts_and_a_letter_for_each_reason(folder: Path, cells: Cells, shape: str) -> None:
    stem = f"labelled_study_{shape}"
    frame, metadata = pyreadstat.read_dta(folder / f"{stem}.dta", user_missing=True)
    variables = _variables(folder, stem, "dta")
    assert list(frame.columns) == list(variables)
    assert max(map(len, variables)) <= 32
    letters = dict(zip(_REASONS, "abcdefghijkl", strict=True))
    rows = frame.to_dict("records")
    count = _check(
        rows, variables, cells, lambda cell, value, reason, _: cell == (value if reason is None else letters[reason])
    )
    assert count == _expected_count(cells, shape)
    for name, variable in variables.items():
        if variable["missing_codes"]:
            labels = metadata.variable_value_labels[name]
            assert {letter: labels[letter] for letter in letters.values()} == {
                letter: reason.replace("_", " ") for reason, letter in letters.items()
            }
            assert len(metadata.column_names_to_labels[name]) <= 80


@pytest.mark.parametrize("shape", SHAPES)
def test_parquet_and_csv_have_the_values_and_the_reasons_beside_them(folder: Path, cells: Cells, shape: str) -> None:
    stem = f"labelled_study_{shape}"
    variables = _variables(folder, stem, "parquet")
    table = pq.read_table(folder / f"{stem}.parquet").to_pandas()
    orders = {"T1": 1, "T2": 2}
    if shape == "long":
        table = table.assign(wave=[orders[wave] for wave in table["wave"]])
    for name, variable in variables.items():
        if variable["kind"] == "category" and variable["missing_codes"]:
            numbers = [int(value.split(" = ")[0]) for value in variable["values"].split("; ")]
            table[name] = [numbers[position] if position >= 0 else None for position in table[name].cat.codes]
    count = _check(
        table.to_dict("records"), variables, cells, lambda cell, value, *_: pd.isna(cell) if value is None else cell == value
    )
    assert count == _expected_count(cells, shape)
    reasons = table.assign(**{name: table[f"{name}__missing"] for name, row in variables.items() if row["missing_codes"]})
    _check(
        reasons.to_dict("records"),
        variables,
        cells,
        lambda cell, _, reason, __: pd.isna(cell) if reason is None else cell == reason,
    )

    described = pq.read_schema(folder / f"{stem}.parquet").field("strain_02" if shape == "long" else "strain_02_T1").metadata
    assert json.loads(described[b"labels"]) == {"-3": "nie", "3": "Stets – ß"}

    variables = _variables(folder, stem, "csv")
    rows = [
        row | {"wave": orders[row["wave"]]} if "wave" in row and shape == "long" else row
        for row in _read(folder / f"{stem}.csv")
    ]
    by_code = {
        name: {value.split("[")[-1].rstrip("]"): value.split(" = ")[0] for value in variable["values"].split("; ")}
        for name, variable in variables.items()
        if variable["kind"] == "category"
    }

    def same(cell: str, value: float | None, _: str | None, variable: dict[str, str]) -> bool:
        return cell == "" if value is None else float(by_code.get(variable["variable"], {}).get(cell, cell)) == value

    assert _check(rows, variables, cells, same) == _expected_count(cells, shape)
    reason_rows = [row | {name: row[f"{name}__missing"] for name in variables if f"{name}__missing" in row} for row in rows]
    _check(reason_rows, variables, cells, lambda cell, _, reason, __: cell == (reason or ""))


def test_labels_are_those_of_the_codebook(folder: Path) -> None:
    _, sav = pyreadstat.read_sav(folder / "labelled_study_long.sav", user_missing=True)
    labels, values = sav.column_names_to_labels, sav.variable_value_labels
    assert labels["strain_01"] == "Schläft „gut“"
    assert labels["strain_03"] == "strain_03: Anspannung, item 3"
    assert labels[f"{LONG_CODE}_01"] == f"{LONG_CODE}_01: Ein fremder Fragebogen, item 1"
    assert labels["strain_mean"] == "Anspannung"
    assert " ".join(sav.notes).count(
        "strain_mean: mean of 3 items, at least 1 answered; reversed (0 - answer): strain_01; not asked counts as items without"
        " an answer: strain_03"
    )
    assert {value: text for value, text in values["strain_02"].items() if value > -9000} == {-3.0: "nie", 3.0: "Stets – ß"}
    own = {value: text for value, text in values[f"{LONG_CODE}_01"].items() if value > -9000}
    assert own[0.0] == "gar nicht | überhaupt nicht"
    assert len(own[3.0].encode()) <= 120 and own[3.0].endswith("…") and LONG_LABEL.startswith(own[3.0][:-1])
    assert {value: text for value, text in values["health"].items() if value > -9000} == {
        1.0: "schlecht", 2.0: "mäßig", 3.0: "gut, „sehr“ gut",
    }  # fmt: skip
    assert {value: text for value, text in values["if"].items() if value > -9000} == {
        1.0: 'Köln "Süd"', 2.0: "東京 (b)", 3.0: "東京 (c)",
    }  # fmt: skip
    assert {value: text for value, text in values["by_2"].items() if value > -9000} == {0.0: "No", 1.0: "Yes"}
    assert values["wave"] == {1.0: "T1: vorher: März", 2.0: "T2: nachher"}
    measure = sav.variable_measure
    assert [measure[name] for name in ("strain_01", "strain_04", "health", "if", "strain_mean")] == [
        "ordinal", "scale", "ordinal", "nominal", "scale",
    ]  # fmt: skip
    formats = sav.original_variable_types
    assert [formats[name] for name in ("strain_01", "strain_04", "weight", "strain_mean", "answered_on")] == [
        "F9.0", "F11.2", "F10.1", "F11.2", "SDATE10",
    ]  # fmt: skip
    assert sav.notes[0].startswith("Ein erfundener Versuch")
    assert max(len(line.encode()) for line in sav.notes) <= 80


def test_what_has_no_room_is_listed(folder: Path) -> None:
    changes = {name: row["not_as_in_the_study"] for name, row in _variables(folder, "labelled_study_long", "dta").items()}
    assert changes["double_2"].startswith("name 'double' is 'double_2' in the file")
    assert changes["with_2"].startswith("name 'with' is 'with_2' in the file")
    shortened = next(name for name in changes if name.startswith(LONG_CODE[:25]))
    assert f"name '{LONG_CODE}_01' is {shortened!r} in the file" in changes[shortened]
    assert changes["strain_01"] == ""
    in_spss = _variables(folder, "labelled_study_long", "sav")[f"{LONG_CODE}_01"]["not_as_in_the_study"]
    assert in_spss.startswith(f"value label {LONG_LABEL!r} is 'Sehr große Belastung")


def test_days_and_texts_are_what_they_were(labelled: Any, folder: Path) -> None:
    days = {
        (row["participant_id"], row["wave"]): row["answered_on"]
        for row in labelled.released("select participant_id, wave, answered_on from marts.answer_sheets")
    }
    (leaver,) = labelled.released("select * from marts.participants where is_withdrawn")
    for file, read in (("sav", pyreadstat.read_sav), ("dta", pyreadstat.read_dta)):
        frame, _ = read(folder / f"labelled_study_long.{file}")
        assert {
            (row["participant_id"], ("T1", "T2")[int(row["wave"]) - 1]): None
            if pd.isna(row["answered_on"])
            else row["answered_on"]
            for row in frame.to_dict("records")
        } == days
        assert "withdrawal_reason" not in {*frame.columns, *leaver}
        assert set(frame.loc[frame["is_withdrawn"] == 1, "withdrawn_on"]) == {date(2024, 6, 30)}


def test_no_name_of_a_concealed_group_is_in_a_file(folder: Path) -> None:
    for file in folder.iterdir():
        content = file.read_bytes()
        for arm in (*ARMS, "course", "waiting"):
            assert arm.encode() not in content, file.name
            assert (
                "".join(f"\\u{{{ord(letter):x}}}" if ord(letter) > 126 else letter for letter in arm).encode() not in content
            )
    frame, metadata = pyreadstat.read_sav(folder / "labelled_study_long.sav")
    assert {value: text for value, text in metadata.variable_value_labels["arm"].items() if value > 0} == {
        1.0: "A",
        2.0: "B",
    }
    assert set(frame["arm"]) == {1.0, 2.0}


def _same_number(text: str, value: float | None) -> bool:
    return text != "" and float(text) == value


@pytest.fixture(scope="module")
def in_r(folder: Path) -> Path:
    """The files as R read them."""
    if shutil.which("Rscript") is None:
        pytest.skip("R is not on this machine")
    has_haven = subprocess.run(
        ["Rscript", "-e", 'stopifnot(requireNamespace("haven"), requireNamespace("foreign"))'],
        capture_output=True,
        check=False,
    )
    if has_haven.returncode:
        pytest.skip("R's packages haven and foreign are not on this machine")
    process = subprocess.run(
        ["Rscript", str(_HERE / "read_back.R"), str(folder), "labelled_study_long"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 0, process.stderr
    return folder


def test_haven_reads_what_spss_and_stata_files_hold(in_r: Path, cells: Cells) -> None:
    codes = {reason: -9001.0 - index for index, reason in enumerate(_REASONS)}
    letters = dict(zip(_REASONS, "abcdefghijkl", strict=True))
    variables = _variables(in_r, "labelled_study_long", "sav")
    rows = _read(in_r / "haven_sav_cells.csv")
    expected = _expected_count(cells, "long")
    count = _check(
        rows, variables, cells, lambda cell, value, reason, _: _same_number(cell, value if reason is None else codes[reason])
    )
    assert count == expected
    # What is declared missing is NA to haven.
    flags = [
        flag | {"participant_id": row["participant_id"], "wave": row["wave"]}
        for flag, row in zip(_read(in_r / "haven_sav_missing.csv"), rows, strict=True)
    ]
    assert _check(flags, variables, cells, lambda cell, _, reason, __: cell == ("" if reason is None else "NA")) == expected
    variables = _variables(in_r, "labelled_study_long", "dta")
    count = _check(
        _read(in_r / "haven_dta_cells.csv"),
        variables,
        cells,
        lambda cell, value, reason, _: _same_number(cell, value) if reason is None else cell == f".{letters[reason]}",
    )
    assert count == expected
    labels = {row["variable"]: row["label"] for row in _read(in_r / "haven_sav_labels.csv")}
    assert labels["strain_01"] == "Schläft „gut“"
    for file, read in (("sav", pyreadstat.read_sav), ("dta", pyreadstat.read_dta)):
        _, metadata = read(in_r / f"labelled_study_long.{file}", user_missing=True)
        value_labels: dict[str, dict[Any, str]] = {}
        for row in _read(in_r / f"haven_{file}_value_labels.csv"):
            value: Any = row["value"].removeprefix(".") if row["value"].startswith(".") else float(row["value"])
            value_labels.setdefault(row["variable"], {})[value] = row["label"]
        assert value_labels == metadata.variable_value_labels


def test_foreign_and_the_script_read_the_same(in_r: Path, cells: Cells) -> None:
    codes = {reason: -9001.0 - index for index, reason in enumerate(_REASONS)}
    variables = _variables(in_r, "labelled_study_long", "sav")
    rows = [
        {name: cell.strip() for name, cell in zip(variables, row.values(), strict=True)}
        for row in _read(in_r / "foreign_sav_cells.csv")
    ]
    count = _check(
        rows, variables, cells, lambda cell, value, reason, _: _same_number(cell, value if reason is None else codes[reason])
    )
    assert count == _expected_count(cells, "long")

    variables = _variables(in_r, "labelled_study_long", "csv")
    levels = {row["variable"]: row["levels"].split("|") for row in _read(in_r / "script_levels.csv")}
    assert levels["health"] == ["schlecht", "mäßig", "gut, „sehr“ gut"]
    assert levels["if_2"] == ['Köln "Süd"', "東京 (b)", "東京 (c)"]
    rows = [row | {"wave": str(("T1", "T2").index(row["wave"]) + 1)} for row in _read(in_r / "script_cells.csv")]

    def same(cell: str, value: float | None, _: str | None, variable: dict[str, str]) -> bool:
        if value is None or cell == "":
            return cell == "" and value is None
        if variable["kind"] == "category":
            numbers = [int(entry.split(" = ")[0]) for entry in variable["values"].split("; ")]
            return numbers[levels[variable["variable"]].index(cell)] == value
        return float(cell) == value

    assert _check(rows, variables, cells, same) == _expected_count(cells, "long")
    reasons = [row | {name: row[f"{name}__missing"] for name in variables if f"{name}__missing" in row} for row in rows]
    _check(reasons, variables, cells, lambda cell, _, reason, __: cell == (reason or "").replace("_", " "))


def test_pspp_reads_what_the_spss_file_holds(folder: Path, cells: Cells, tmp_path: Path) -> None:
    """A reader of .sav of its own, with SPSS' syntax."""
    if shutil.which("pspp") is None:
        pytest.skip("PSPP is not on this machine")
    commands = (
        f"GET FILE='{folder}/labelled_study_long.sav'.\n"
        f"SAVE TRANSLATE /OUTFILE='{tmp_path}/cells.csv' /TYPE=CSV /FIELDNAMES /CELLS=VALUES /MISSING=IGNORE"
        " /TEXTOPTIONS FORMAT=PLAIN.\n"
    )
    (tmp_path / "read.sps").write_text(commands, encoding="utf-8")
    subprocess.run(["pspp", str(tmp_path / "read.sps")], check=True, capture_output=True)
    codes = {reason: -9001.0 - index for index, reason in enumerate(_REASONS)}
    variables = _variables(folder, "labelled_study_long", "sav")

    def same(cell: str, value: float | None, reason: str | None, _: dict[str, str]) -> bool:
        expected = value if reason is None else codes[reason]
        return cell.strip() != "" and expected is not None and float(cell) == pytest.approx(expected, rel=1e-12)

    assert _check(_read(tmp_path / "cells.csv"), variables, cells, same) == _expected_count(cells, "long")


def test_pandas_reads_what_the_stata_file_holds(folder: Path, cells: Cells) -> None:
    """A reader of .dta of its own."""
    letters = dict(zip(_REASONS, "abcdefghijkl", strict=True))
    frame = pd.read_stata(
        folder / "labelled_study_long.dta", convert_missing=True, convert_categoricals=False, convert_dates=False
    )
    variables = _variables(folder, "labelled_study_long", "dta")

    def same(cell: Any, value: float | None, reason: str | None, _: dict[str, str]) -> bool:
        return cell == value if reason is None else str(cell) == f".{letters[reason]}"

    assert _check(frame.to_dict("records"), variables, cells, same) == _expected_count(cells, "long")


def test_the_command_says_what_it_wrote_and_overwrites_nothing(
    labelled: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "out"
    words = ["export", "--format", "dta", "csv", "--shape", "wide", "--out", str(target), "--release", str(labelled.release)]
    assert main(words) == 0
    lines = capsys.readouterr().out.splitlines()
    release = find_release(labelled.release).name
    assert lines[0].startswith(f"labelled_study, release {release}: 12 people, 12 rows, ")
    assert lines[1:3] == [f"  {target}/labelled_study_wide.dta", f"  {target}/labelled_study_wide_dta_variables.csv"]
    assert lines[3].endswith("not as in the study, for Stata: see labelled_study_wide_dta_variables.csv")
    assert lines[-2:] == [
        "the study's page and figures show nobody (shows_people: false); these files hold everybody, row by row, as the"
        " release's warehouse.duckdb does",
        "the files hold single people under pseudonyms: give them to those alone who may have the release's data",
    ]
    before = {file.name: file.read_bytes() for file in target.iterdir()}
    assert len(before) == 5
    assert (
        main(
            ["export", "--format", "sav", "dta", "--shape", "wide", "--out", str(target), "--release", str(labelled.release)]
        )
        == 2
    )
    assert capsys.readouterr().err == (
        f"wavehouse: {target}/labelled_study_wide.dta: this file is there already; move it away, or give another folder\n"
    )
    assert {file.name: file.read_bytes() for file in target.iterdir()} == before


def test_a_csv_takes_no_more_memory_for_more_people(labelled: Any, tmp_path: Path) -> None:
    """Texts of all rows at once took five times the memory of the data set."""
    data_set = read_data_set(find_release(labelled.release), "long")
    rows, peaks = data_set.table.num_rows, []
    for times in (6_000 // rows, 18_000 // rows):
        many = replace(data_set, table=pa.concat_tables([data_set.table] * times).combine_chunks())
        tracemalloc.start()
        write_csv(many, tmp_path / "many.csv")
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        header, *lines = (tmp_path / "many.csv").read_text(encoding="utf-8").splitlines()
        assert len(lines) == times * rows and lines[:rows] == lines[-rows:]
    write_csv(data_set, tmp_path / "few.csv")
    assert [header, *lines[:rows]] == (tmp_path / "few.csv").read_text(encoding="utf-8").splitlines()
    assert peaks[1] < 1.5 * peaks[0]


def test_a_file_that_cannot_be_written_leaves_none(labelled: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pyreadstat, "write_dta", fail)
    with pytest.raises(OSError, match="No space left"):
        write_data_set(read_data_set(find_release(labelled.release), "long"), tmp_path / "out", ["csv", "sav", "dta"])
    assert not (tmp_path / "out").exists()
