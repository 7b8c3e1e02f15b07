"""SPSS: what was written comes back as text, codes and labels kept; damaged files are one line."""

import datetime
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyreadstat
import pytest

from dagster_project.exports import ExportError, apply_contract, read_export
from dagster_project.study import Export, Study

ExportOf = Callable[[str], Export]


@pytest.fixture
def sav(tmp_path: Path) -> Path:
    path = tmp_path / "0123abcd"
    frame = pd.DataFrame(
        {
            "pid": ["PW-1", " PW-é2", "", "PW-4 "],
            "q01": [1.0, -9.0, None, 5.0],
            "q02": [0.1, 2.5, 1e16, -0.0],
            "q03": [1, 2, 3, 95],
            "day": [datetime.date(2020, 1, 31), None, datetime.date(1999, 12, 1), datetime.date(2021, 6, 30)],
            "moment": [datetime.datetime(2020, 1, 31, 9, 5, 1), None, datetime.datetime(2020, 2, 1), None],
            "time": [datetime.time(9, 5, 1), None, datetime.time(0, 0), datetime.time(23, 59, 59)],
        }
    )
    pyreadstat.write_sav(
        frame,
        path,
        column_labels={"q01": "First"},
        variable_value_labels={"q01": {1: "low", 5: "high", -9: "refused"}, "q02": {2.5: "half"}},
        missing_ranges={"q01": [-9], "q03": [{"lo": 90, "hi": 99}]},
    )
    return path


def test_what_was_written_comes_back_as_text(sav: Path, export_of: ExportOf) -> None:
    table = read_export(sav, export_of("t3"), name="t3.sav")
    cells = {column: table.cells.column(position).to_pylist() for position, column in enumerate(table.columns)}
    assert cells == {
        "pid": ["PW-1", " PW-é2", "", "PW-4"],
        "q01": ["1", "-9", "", "5"],
        "q02": ["0.1", "2.5", "10000000000000000", "0"],
        "q03": ["1", "2", "3", "95"],
        "day": ["2020-01-31", "", "1999-12-01", "2021-06-30"],
        "moment": ["2020-01-31T09:05:01", "", "2020-02-01T00:00:00", ""],
        "time": ["09:05:01", "", "00:00:00", "23:59:59"],
    }
    assert table.source_rows.to_pylist() == [1, 2, 3, 4]
    assert table.column_labels == {"q01": "First"}
    assert table.value_labels == {"q01": {"1": "low", "5": "high", "-9": "refused"}, "q02": {"2.5": "half"}}
    assert table.special_codes == {"q01": ("-9",), "q03": ("90 thru 99",)}
    assert (table.encoding, table.delimiter) == ("UTF-8", None)


def test_the_contract_sees_the_codes(sav: Path, study: Study, export_of: ExportOf) -> None:
    table = read_export(sav, export_of("t3"), name="t3.sav")
    undeclared = export_of("t3").model_copy(update={"special_codes": ()})
    result = apply_contract(table, study, undeclared, "ab" * 32, "t3.sav")
    remedy = "say under special_codes of the export what it means (blocks: [mood])"
    assert result.problems == [
        f'T3: column "q01": the file declares "-9" as missing, and 1 cell holds it; {remedy}',
        f'T3: column "q03": the file declares "95" as missing, and 1 cell holds it; {remedy}',
    ]
    assert apply_contract(table, study, export_of("t3"), "ab" * 32, "t3.sav").problems == []
    assert result.warnings == [
        'columns "day", "moment", "time" are not in the protocol; they were set aside; declare them under ignored or blocks'
    ]
    assert result.accepted.drop_columns(["source_file"]).to_pylist()[1] == {
        "respondent": " PW-é2",
        "answered_on": None,
        "mood_01": "-9",
        "mood_02": "2.5",
        "mood_03": "2",
        "source_row": 2,
    }
    assert result.set_aside.column("source_row").to_pylist() == [3]


def test_a_file_without_cases_has_no_rows(tmp_path: Path, export_of: ExportOf) -> None:
    path = tmp_path / "empty.sav"
    pyreadstat.write_sav(pd.DataFrame({"pid": pd.Series([], dtype=str), "q01": pd.Series([], dtype=float)}), path)
    table = read_export(path, export_of("t3"))
    assert (table.columns, table.row_count, table.cells.num_rows) == (("pid", "q01"), 0, 0)


@pytest.mark.parametrize("compression", [{"compress": True}, {"row_compress": True}])
def test_compressed_files_are_read(tmp_path: Path, export_of: ExportOf, compression: dict[str, bool]) -> None:
    path = tmp_path / "t3.zsav"
    pyreadstat.write_sav(pd.DataFrame({"pid": ["PW-1"], "q01": [3.0]}), path, **compression)
    assert read_export(path, export_of("t3")).cells.to_pylist() == [{"0": "PW-1", "1": "3"}]


@pytest.mark.parametrize("kept", [5, 100, 176, 300, -200, -20, -1])
def test_a_truncated_file_is_one_line(sav: Path, export_of: ExportOf, kept: int) -> None:
    sav.write_bytes(sav.read_bytes()[:kept])
    with pytest.raises(
        ExportError,
        match=r"^t3\.sav: the SPSS file (cannot be read \([^\n]+\)|declares 4 cases, but holds [03] and a part of one); export it again$",
    ):
        read_export(sav, export_of("t3"), name="t3.sav")


def test_a_dictionary_that_crashes_the_library_does_not_crash_the_run(sav: Path, export_of: ExportOf) -> None:
    content = bytearray(sav.read_bytes())
    content[215] = 255  # the width of the second variable, now far below zero
    sav.write_bytes(content)
    with pytest.raises(
        ExportError, match=r"^t3\.sav: the SPSS file (is damaged|cannot be read) \([^\n]+\); export it again$"
    ):
        read_export(sav, export_of("t3"), name="t3.sav")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "t3.sav: the file is empty; export it again"),
        (b"pid,q01\n", "t3.sav: the file is not an SPSS .sav file; export it from SPSS or correct the reader"),
    ],
)
def test_refusals(tmp_path: Path, export_of: ExportOf, content: bytes, message: str) -> None:
    path = tmp_path / "0123abcd"
    path.write_bytes(content)
    with pytest.raises(ExportError) as refusal:
        read_export(path, export_of("t3"), name="t3.sav")
    assert str(refusal.value) == message
