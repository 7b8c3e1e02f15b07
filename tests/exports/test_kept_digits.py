"""Identifiers that lost digits are refused: as numbers of any format, and in text that a spreadsheet rounded."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyreadstat
import pytest

from dagster_project.exports import ContractResult, apply_contract, read_export
from dagster_project.study import ColumnBlock, Export, Study

LARGE = [1234567890123456789.0, 9007199254740991.0]
MESSAGE = 'row 1: column "PID" holds the number 1.23456789012346E+18, and the file keeps 15 digits of it; export the column as text'


def _parquet(path: Path, number_type: pa.DataType) -> None:
    numbers = [1234567890123456789, 9007199254740991]
    columns = [pa.array(numbers).cast(number_type, safe=False), pa.array([1e17, 2.0])]
    pq.write_table(pa.table(columns, names=["PID", "Q1"]), path)


def _frame() -> pd.DataFrame:
    return pd.DataFrame({"PID": LARGE, "Q1": [1e17, 2.0]})


WRITERS: dict[str, tuple[str, Callable[[Path], object]]] = {
    "sav": ("spss", lambda path: pyreadstat.write_sav(_frame(), path)),
    "dta": ("stata", lambda path: pyreadstat.write_dta(_frame(), path)),
    "parquet": ("parquet", lambda path: _parquet(path, pa.float64())),
}


def _result(path: Path, study: Study, export_of: Callable[[str], Export], reader: str) -> ContractResult:
    block = ColumnBlock(block="mood", columns={"mood_01": "Q1"}, absent=("mood_02", "mood_03"))
    export = export_of("t3").model_copy(update={"reader": reader, "respondent": "PID", "blocks": (block,)})
    return apply_contract(read_export(path, export), study, export, "ab" * 32, path.name)


@pytest.mark.parametrize("form", WRITERS)
def test_a_number_that_is_not_kept_whole_identifies_nobody(
    tmp_path: Path, study: Study, export_of: Callable[[str], Export], form: str
) -> None:
    reader, write = WRITERS[form]
    write(tmp_path / "file")
    assert _result(tmp_path / "file", study, export_of, reader).cell_faults == (MESSAGE,)


def test_a_short_number_keeps_fewer_digits_and_a_whole_one_all(
    tmp_path: Path, study: Study, export_of: Callable[[str], Export]
) -> None:
    columns = [pa.array([16777217.0, 16777215.0], pa.float32()), pa.array([1, 2])]
    pq.write_table(pa.table(columns, names=["PID", "Q1"]), tmp_path / "short.parquet")
    assert _result(tmp_path / "short.parquet", study, export_of, "parquet").cell_faults == (
        'row 1: column "PID" holds the number 16777216, and the file keeps 7 digits of it; export the column as text',
    )
    _parquet(tmp_path / "whole.parquet", pa.int64())
    result = _result(tmp_path / "whole.parquet", study, export_of, "parquet")
    assert (result.problems, result.respondents.to_pylist()) == ([], ["1234567890123456789", "9007199254740991"])


def test_identifiers_that_a_spreadsheet_rounded_are_refused(
    tmp_path: Path, study: Study, export_of: Callable[[str], Export]
) -> None:
    """With a rule for duplicates, two people would have become one."""
    path = tmp_path / "saved.csv"
    path.write_text("PID,Q1\n1.23457E+18,1\n1.23457E+18,2\n1E5,3\n12E+4,3\n", encoding="utf-8")
    result = _result(path, study, export_of, "delimited")
    assert result.problems[0] == (
        'T3: column "PID": a spreadsheet rounded the identifier 1.23457E+18; export the file again without opening it in one, or'
        " make the column text there first"
    )
