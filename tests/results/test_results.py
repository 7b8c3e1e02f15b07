"""Rounding, ids, published tables read and compared, tables laid out from results."""

import math
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from measures_study import write_measures_study

from dagster_project.results import (
    PublishedValue,
    ResultRow,
    ResultsError,
    change_results,
    characteristics_results,
    compare,
    format_number,
    print_statistic,
    prints_as,
    read_published,
    result_id,
    round_half_away,
    service_results,
    summarise,
    summary_results,
    table_change,
    table_characteristics,
    table_service_use,
    table_summary,
    to_csv_rows,
    to_markdown,
)
from dagster_project.study import read_study

SMALL = Path(__file__).parents[1] / "small_study"
HEADER = "table,row,section,label,label_basis,timepoint,statistic,printed,value\n"


@pytest.mark.parametrize(
    ("value", "decimals", "printed"),
    [
        (0.125, 2, "0.13"),
        (-0.125, 2, "-0.13"),
        (2.5, 0, "3"),
        (-2.5, 0, "-3"),
        # Stored below 3.45 and 1.005; arithmetic on whole answers gave exactly these.
        (3.4499999999999997, 1, "3.5"),
        (1.005, 2, "1.01"),
        (-0.004, 2, "0.00"),
        (1e15 + 0.5, 0, "1000000000000000"),
        (-2.5e30, 2, "-25" + "0" * 29 + ".00"),
        (1e300, 0, "1" + "0" * 300),
    ],
)
def test_half_is_rounded_away_from_zero(value: float, decimals: int, printed: str) -> None:
    assert str(round_half_away(value, decimals)) == printed


@pytest.mark.parametrize(
    ("value", "printed", "is_it"),
    [
        (-0.0549, "−0.05", True),
        (-0.26, "− 0.26", True),
        (-0.26, "–0.26", True),
        (0.04, "0.0", True),
        (-0.04, "0.0", True),
        (31.25, "31.3%", True),
        (31.24, "31.3", False),
        (9.5, "9", False),
        (1.2e-9, "0.000", True),
    ],
)
def test_a_value_prints_as_a_number_or_not(value: float, printed: str, is_it: bool) -> None:
    assert prints_as(value, printed) is is_it


@given(st.floats(-1e6, 1e6), st.integers(0, 4))
def test_what_is_printed_is_what_it_prints_as(value: float, decimals: int) -> None:
    text = format_number(value, decimals)
    assert prints_as(value, text)
    assert abs(Decimal(text.replace("−", "-")) - Decimal(value)) <= Decimal("0.5000001").scaleb(-decimals) + Decimal("1e-5")


def test_no_number_is_a_dash() -> None:
    assert format_number(None, 2) == "—"


@pytest.mark.parametrize(
    ("kind", "decimals", "value", "printed"),
    [
        ("p", 3, 0.0204, ".020"),
        ("p", 3, 1.0, "> .999"),
        ("p", 3, 0.0004999, "< .001"),
        ("p", 3, 0.0005, ".001"),
        ("p", 3, None, "—"),
        ("within_one", 2, 0.8449, ".84"),
        ("within_one", 2, -0.2, "−.20"),
        ("within_one", 2, -1.2, "−1.20"),
        ("within_one", 2, 1.0, "1.00"),
        ("within_one", 2, -0.001, ".00"),
        ("number", 2, -0.204, "−0.20"),
        ("number", 1, 0.25, "0.3"),
        ("number", 0, 20.0, "20"),
    ],
)
def test_a_statistic_is_written_as_its_kind_is(kind: str, decimals: int, value: float | None, printed: str) -> None:
    assert print_statistic(value, decimals, kind) == printed


def test_ids_have_their_parts_in_order_and_refuse_what_would_be_ambiguous() -> None:
    assert result_id("change", "wellbeing", "p", timepoint="T1-T2") == "change/wellbeing/T1-T2/p"
    assert result_id("characteristics", "site", "percent", category="S1") == "characteristics/site/S1/percent"
    with pytest.raises(
        ResultsError, match=r"^'a/b' cannot be part of a result id; use letters, digits, underscores and hyp"
    ):
        result_id("change", "a/b", "p")


def test_a_study_without_a_single_answer_has_every_row_and_no_value() -> None:
    study = read_study(SMALL)
    rows = [
        *characteristics_results([], [], study),
        *service_results([], study),
        *summary_results([], [], [], study),
        *change_results([], [], study),
    ]
    assert len({row.result_id for row in rows}) == len(rows)
    empty = [row for row in rows if row.analysis != "norm" and row.statistic not in ("n", "count")]
    assert empty
    assert all(
        row.value is None and row.note in ("nobody answered", "no pairs", "there is no p to adjust") and row.printed == "—"
        for row in empty
    )
    for lay_out in (table_characteristics, table_service_use, table_summary, table_change):
        table = lay_out(study, rows)
        assert to_markdown(table)
        assert to_csv_rows(table)


def test_categories_of_two_variables_under_one_heading_stand_under_their_names(tmp_path: Path) -> None:
    folder = write_measures_study(tmp_path / "measures_study", size=2)
    file = folder / "study.yaml"
    smoker = (
        "participant_variables:\n  - {variable: smoker, label: Smoker, section: Region, kind: category,"
        " categories: [{category: s0, label: 'no'}, {category: s1, label: 'yes'}]}"
    )
    text = file.read_text(encoding="utf-8").replace("participant_variables:", smoker, 1)
    file.write_text(text.replace("{region: Region, ", "{region: Region, smoker: Smoker, "), encoding="utf-8")
    rows = table_characteristics(read_study(folder), []).rows
    assert [row.label for row in rows] == [
        "Region",
        "Smoker",
        "– no",
        "– yes",
        "Region",
        "– Town",
        "– Country",
        "Sex",
        "Female",
        "Male",
    ]


def test_one_person_has_a_mean_and_no_sd() -> None:
    study = read_study(SMALL)
    moments = [{"scale": "push", "wave": "T1", "n": 1, "mean": 3.0, "sd": None, "min": 3.0, "max": 3.0}]
    rows = {row.result_id: row for row in summary_results(moments, [], [], study)}
    assert rows["summary/push/T1/mean"].value == 3
    assert (rows["summary/push/T1/sd"].value, rows["summary/push/T1/sd"].note) == (None, "one person has no SD")


def test_cells_show_results_and_carry_their_ids() -> None:
    study = read_study(SMALL)
    moments = [{"scale": "push", "wave": "T1", "n": 3, "mean": 1.25, "sd": 1.005, "min": 0.0, "max": 3.0}]
    rows = summary_results(moments, [], [], study)
    cells = [
        cell for row in table_summary(study, rows).rows for cell in row.cells if "summary/push/T1/mean" in cell.result_ids
    ]
    printed_values = {row.result_id: row.printed for row in rows}
    assert (printed_values["summary/push/T1/mean"], printed_values["summary/push/T1/sd"]) == ("1.3", "1.01")
    assert cells
    assert all(printed_values[result_id] in cell.text for cell in cells for result_id in cell.result_ids)


def test_the_direction_of_change_is_printed_with_the_table() -> None:
    study = read_study(SMALL)
    table = table_change(study, change_results([], [], study))
    assert "T1 minus T2" in " ".join(
        (table.title, *(column.full_name for column in table.columns), *table.notes, *(row.label for row in table.rows))
    )


def _result(result_id: str, value: float | None, note: str | None = None) -> ResultRow:
    analysis, outcome, wave, statistic = result_id.split("/")
    return ResultRow(result_id, analysis, outcome, None, wave, None, statistic, value, 3, "", "", "", note)


def _printed(statistic: str, printed: str, label: str = "Mood", line: int = 2) -> PublishedValue:
    return PublishedValue(line, "1", 1, "Mood", label, "printed", "T1", statistic, printed, math.nan)


def test_the_three_verdicts_and_their_reasons() -> None:
    study = read_study(SMALL)
    results = {
        result_id: _result(result_id, value, note)
        for result_id, value, note in (
            ("summary/mood_total/T1/mean", 9.34, None),
            ("summary/mood_total/T1/sd", 3.51, None),
            ("summary/mood_total/T1/max", None, "nobody answered"),
        )
    }
    impossible = _printed("sd", "35.1")
    published = [
        _printed("mean", "9.3"),
        _printed("mean", "9.4"),
        impossible,
        _printed("max", "14"),
        _printed("min", "3"),
        _printed("mean", "1.0", label="Anger"),
    ]
    reproductions = compare(published, results, study, {impossible: "because of arithmetic"})
    assert [(reproduction.verdict, reproduction.reason) for reproduction in reproductions] == [
        ("reproduced", ""),
        ("differs", "computed 9.34, which prints 9.3: 0.1 away from the printed number"),
        ("impossible", "because of arithmetic"),
        ("differs", "the result has no value: nobody answered"),
        ("differs", "there is no result summary/mood_total/T1/min"),
        ("differs", "the protocol knows no Mood / Anger in table 1"),
    ]
    assert "| all | 6 | 1 | 1 | 4 |" in summarise(reproductions)


def test_a_number_that_is_reproduced_is_not_called_impossible() -> None:
    value = _printed("mean", "9.3")
    reproductions = compare(
        [value], {"summary/mood_total/T1/mean": _result("summary/mood_total/T1/mean", 9.3)}, read_study(SMALL), {value: "no"}
    )
    assert reproductions[0].verdict == "reproduced"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "table,row\n1,1\n",
            "line 1: the column 'section' is missing; the columns are table, row, section, label, label_basis",
        ),
        (
            HEADER + "1,1,a,b,c,T1,mean,9.3,9.3\n1,1,a,b,c,T1,sd,n.s.,1\n",
            "line 3: 'n.s.' is not a printed number; correct the column printed",
        ),
        (HEADER + "1,x,a,b,c,T1,mean,9.3,9.3\n", "line 2: 'x' is not a whole number; correct the column row"),
    ],
)
def test_a_published_table_that_cannot_be_read_says_where(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "published.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ResultsError) as refusal:
        read_published(file)
    assert str(refusal.value).startswith(f"{file}: {message}")


def test_a_published_table_of_a_spreadsheet_is_read(tmp_path: Path) -> None:
    file = tmp_path / "published.csv"
    file.write_bytes(b"\xef\xbb\xbf" + (HEADER + "1,1,Mood,Mood,,T1,es,\u2212 0.26,-0.26\n").replace("\n", "\r\n").encode())
    (value,) = read_published(file)
    assert (value.line, value.printed, value.value) == (2, "− 0.26", -0.26)
