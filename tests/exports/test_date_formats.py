"""Dates of statistics programs, whatever format shows them: Stata's against pandas, SAS's and SPSS's against the calendar."""

import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pyreadstat
import pytest

from dagster_project.exports.date_formats import sas_writer, spss_writer, stata_writer
from dagster_project.exports.sas import read_sas
from dagster_project.exports.stata import read_stata
from dagster_project.study import Layout

MOMENTS = pd.to_datetime(["1959-12-31", "1960-01-01", "2016-02-29", "2023-11-05", "2024-12-30"])


@pytest.mark.parametrize("unit", ["td", "tw", "tm", "tq", "th", "tc", "%td", "%tm"])
def test_stata_counts_days_weeks_months_quarters_and_halves_as_pandas_does(tmp_path: Path, unit: str) -> None:
    path = tmp_path / "dates.dta"
    pd.DataFrame({"day": MOMENTS}).to_stata(path, convert_dates={"day": unit}, write_index=False)
    expected = [moment.date().isoformat() for moment in pd.read_stata(path)["day"]]
    assert read_stata(path, "dates.dta", Layout()).cells.column(0).to_pylist() == expected


@pytest.mark.parametrize(
    ("stata_format", "number", "text"),
    [
        ("%tdDD/NN/CCYY", 21310, "2018-05-06"),
        ("%-tdD_m_Y", 21310, "2018-05-06"),
        ("%dD_m_Y", 21310, "2018-05-06"),
        ("%tcDDmonCCYY_HH:MM:SS", 1841220610000, "2018-05-06T10:10:10"),
        ("%tcHH:MM:SS", 36610000, "10:10:10"),
        ("%ty", 2018, "2018"),
        ("%9.0g", 21310, "21310"),
        ("%8.2f", 0.5, "0.5"),
        ("%tm", 0.5, "0.5"),
        ("%td", 1e15, "1000000000000000"),
        (None, 3, "3"),
    ],
)  # fmt: skip
def test_a_date_in_stata_is_a_date_however_it_is_shown(stata_format: str | None, number: float, text: str) -> None:
    assert stata_writer(stata_format)(number) == text


#: 21,310 days after the first of 1960 are 6 May 2018.
SAS = [
    *((name, 21310, "2018-05-06") for name in ("DATE", "DATE11.", "DDMMYY8.", "MMDDYYD10.", "YYMMDDN8.", "WORDDATE18.")),
    *((name, 21310, "2018-05-06") for name in ("MMYY7.", "MONYY7.", "YEAR4.", "YYQ6.", "E8601DA10.", "JULIAN7.")),
    *((name, 1841220610, "2018-05-06T10:10:10") for name in ("DATETIME16.", "E8601DT19.", "DATEAMPM", "DTDATE9.")),
    ("TIME8.", 36610, "10:10:10"),
    ("HHMM5.", 36610.5, "10:10:10.5"),
    ("BEST12.", 21310, "21310"),
    ("DATEX", 21310, "21310"),
    (None, 21310, "21310"),
]


@pytest.mark.parametrize(("sas_format", "number", "text"), SAS)
def test_a_date_in_sas_is_a_date_however_it_is_shown(sas_format: str | None, number: float, text: str) -> None:
    assert sas_writer(sas_format)(number) == text


def test_a_date_whose_format_the_library_does_not_know_is_no_number(tmp_path: Path) -> None:
    """The year of a day, in SAS's YEAR4., was the number 21310."""
    path = tmp_path / "dates.xpt"
    frame = pd.DataFrame({"DAY": [21310.0, np.nan], "YEAR": [21310.0, 0.0]})
    pyreadstat.write_xport(frame, path, variable_format={"DAY": "MMYYS7.", "YEAR": "YEAR4."})
    table = read_sas(path, "dates.xpt", Layout())
    assert [list(row.values()) for row in table.cells.to_pylist()] == [["2018-05-06", "2018-05-06"], ["", "1960-01-01"]]


def test_spss_counts_seconds() -> None:
    seconds = (datetime.datetime(2014, 10, 1) - datetime.datetime(1582, 10, 14)).total_seconds()
    assert [spss_writer(name)(seconds) for name in ("QYR6", "EDATE8", "DATETIME17.2", "F8.2")] == (
        ["2014-10-01", "2014-10-01", "2014-10-01T00:00:00", "13631500800"]
    )
