"""Dates as the world writes them: read in one way, or asked about. Expectations are dates that people wrote down."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.exports.dates import DateColumn, read_dates, utc_offset

TODAY = date(2026, 11, 26)
ONE_READING = [
    # ISO 8601 and year first, as Qualtrics, REDCap, LimeSurvey, Kobo, Google Forms (Japan) and databases write them.
    ("2024-03-04", datetime(2024, 3, 4)),
    ("2024-03-04 10:22", datetime(2024, 3, 4, 10, 22)),
    ("2024-03-04T10:22:33.123456Z", datetime(2024, 3, 4, 10, 22, 33, 123456)),
    ("2024-03-04T23:30:00-08:00", datetime(2024, 3, 4, 23, 30)),  # the day where it was written
    ("2024-3-4", datetime(2024, 3, 4)),
    ("2024/03/04 2:15:07 PM GMT+1", datetime(2024, 3, 4, 14, 15, 7)),
    ("2024.03.04", datetime(2024, 3, 4)),
    ("20240304", datetime(2024, 3, 4)),
    # A dot between numbers is day first wherever it is used.
    ("04.03.2024", datetime(2024, 3, 4)),
    ("4.3.24 9:05", datetime(2024, 3, 4, 9, 5)),
    # Months in words: SurveyMonkey, Excel, SAS, people.
    ("4 March 2024", datetime(2024, 3, 4)),
    ("March 4, 2024 12:10 AM", datetime(2024, 3, 4, 0, 10)),
    ("04-Mar-2024", datetime(2024, 3, 4)),
    ("04MAR2024", datetime(2024, 3, 4)),
    ("4mar2024:13:05:00.000", datetime(2024, 3, 4, 13, 5)),
    ("04MRA2024", None),
    ("041MAR2024", None),
    ("Mon, 4 Mar 2024", datetime(2024, 3, 4)),
    ("Sept 4, 2024", datetime(2024, 9, 4)),
    ("4. März 2024", datetime(2024, 3, 4)),
    ("1er juillet 2021", datetime(2021, 7, 1)),
    ("12 de março de 2023", datetime(2023, 3, 12)),
    ("4 мая 2024", datetime(2024, 5, 4)),
    # One number is above twelve, or both are the same.
    ("14/01/2019 10:50", datetime(2019, 1, 14, 10, 50)),
    ("7/13/2024 9:00:00", datetime(2024, 7, 13, 9)),
    ("04/04/2024", datetime(2024, 4, 4)),
    # Not dates, not of this calendar, not of this time.
    ("soon", None),
    ("31/04/2024", None),
    ("2024-02-30", None),
    ("0005-10-18", None),
    ("1899-12-31", None),
    ("2026-11-28", None),
    ("45355", None),  # a serial number of Excel's, or something else
    ("2024-03-04 25:00", None),
    ("4 March 2024 13:00 PM", None),
    ("3 listopad 2021", None),  # October in Croatian, November in Polish and Czech
]


@pytest.mark.parametrize(("text", "expected"), ONE_READING, ids=[text for text, _ in ONE_READING])
def test_a_date_with_one_reading_is_read_and_the_rest_is_named(text: str, expected: datetime | None) -> None:
    column = read_dates([f" {text} ", ""], today=TODAY)
    assert column.problem is None
    assert dict(column.values) == {f" {text} ": expected}
    assert column.unread == (() if expected else (text,))


@pytest.mark.parametrize("text", ["3/4/2024", "03-04-2024 10:00", "3/4/24", "12/11/2025 1:00 PM"])
def test_a_date_with_two_readings_is_asked_about(text: str) -> None:
    column = read_dates([text, "2024-03-04"], today=TODAY)
    assert column.problem == f"{text} could be day first or month first; say which under dates of the export (dmy or mdy)"
    for declared in ("dmy", "mdy"):
        assert read_dates([text], declared, today=TODAY).problem is None


def test_a_cell_with_one_reading_proves_the_others() -> None:
    assert read_dates(["3/4/2024", "7/13/2024"], today=TODAY).values["3/4/2024"] == datetime(2024, 3, 4)
    assert read_dates(["3/4/2024", "13/7/2024"], today=TODAY).values["3/4/2024"] == datetime(2024, 4, 3)
    # The fifth of December 2026 has not been yet, which may be a slip and proves nothing.
    assert read_dates(["5/12/2026", "3/4/2024"], today=TODAY).problem is not None


def test_cells_that_prove_both_orders_are_asked_about() -> None:
    column = read_dates(["13/7/2024", "7/13/2024", "3/4/2024"], today=TODAY)
    assert column.problem is not None
    assert column.problem.startswith("13/7/2024 can only be day first and 7/13/2024 only month first; correct the cells")
    declared = read_dates(["13/7/2024", "7/13/2024", "3/4/2024"], "dmy", today=TODAY)
    assert (declared.problem, declared.unread) == (None, ("7/13/2024",))
    assert declared.values["3/4/2024"] == datetime(2024, 4, 3)


@pytest.mark.parametrize(
    ("texts", "order"),
    [
        (["2024-04-03", "3/13/2024"], "mdy"),
        (["2024-04-03", "2024-05-01T10:30:00", "2024-06-06", "13/3/2024 9:00"], "dmy"),
    ],
)
def test_dates_that_a_spreadsheet_may_have_turned_round_are_asked_about(texts: list[str], order: str) -> None:
    """Opened where days come first, 3/4/2024 became the third of April, and 3/13/2024 stayed a text, which proved nothing."""
    column = read_dates(texts, today=TODAY)
    assert column.problem is not None
    assert f"can only be {'month' if order == 'mdy' else 'day'} first, and 2024-04-03" in column.problem
    assert f"or say dates: {order} under the export if the dates are right" in column.problem
    declared = read_dates(texts, order, today=TODAY)
    assert (declared.problem, declared.warning, declared.unread) == (None, column.problem, ())
    assert declared.values["2024-04-03"] == datetime(2024, 4, 3)


@pytest.mark.parametrize(
    "texts",
    [
        ["2024-04-13", "2024-04-03", "3/13/2024"],  # a date after the twelfth is none that was turned
        ["2024-04-04", "3/13/2024"],
        ["2024-04-03", "3/13/2024", "3/4/2024"],  # which would have been turned, too
        ["2024-04-03", "13.3.2024"],
        ["2024-04-03", "soon"],
    ],
)
def test_dates_beside_texts_that_a_spreadsheet_cannot_have_left_are_not(texts: list[str]) -> None:
    column = read_dates(texts, today=TODAY)
    assert (column.problem, column.warning) == (None, None)


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("2024-10-27T02:50:00+02:00", 2),
        ("2024-10-27 02:50:00.123-0830", -8.5),
        ("2024/05/13 10:00:00 AM GMT+1", 1),
        ("2024-05-14T08:00:10.123Z", 0),
        ("2024-05-14 08:00 UTC", 0),
        ("2024-05-14 08:00", None),
        ("2024-05-14", None),
        ("13-05-2024", None),
        ("20240514", None),
    ],
)
def test_how_far_a_time_is_from_utc(text: str, hours: float | None) -> None:
    assert utc_offset(text) == (None if hours is None else timedelta(hours=hours))


@pytest.mark.parametrize(
    ("text", "declared", "expected"),
    [
        ("24-03-04", "ymd", datetime(2024, 3, 4)),
        ("45355.5", "excel", datetime(2024, 3, 4, 12)),
        ("04Mar2024", "%d%b%Y", datetime(2024, 3, 4)),
        ("2024-03-04", "excel", None),
        ("4/3/2024", "%Y-%m-%d", None),
    ],
)
def test_a_declaration_decides(text: str, declared: str, expected: datetime | None) -> None:
    assert read_dates([text], declared, today=TODAY).values[text] == expected


@pytest.mark.parametrize(("century", "year"), [(None, 2018), (1919, 2018), (1900, 1918)])
def test_years_of_two_digits_are_the_latest_that_are_not_in_the_future_or_as_declared(
    century: int | None, year: int
) -> None:
    column = read_dates(["13/10/18"], None, century, TODAY)
    assert column.values["13/10/18"] == datetime(year, 10, 13)
    assert column.century == (century or 1927)
    assert read_dates(["31/12/99"], today=TODAY).values["31/12/99"] == datetime(1999, 12, 31)


@given(
    st.lists(st.dates(date(1901, 1, 1), date(2026, 11, 26)), min_size=1, max_size=30),
    st.sampled_from([("%d/%m/%Y", "dmy"), ("%m/%d/%Y", "mdy"), ("%d-%m-%Y", "dmy"), ("%m-%d-%Y", "mdy")]),
)
def test_no_date_is_ever_read_in_another_order_than_it_was_written(days: list[date], written: tuple[str, str]) -> None:
    date_format, order = written
    texts = {day.strftime(date_format): day for day in days}
    column: DateColumn = read_dates(texts, today=TODAY)
    if column.problem is None:
        assert {text: value.date() if value else None for text, value in column.values.items()} == texts
    declared = read_dates(texts, order, today=TODAY)
    assert {text: value.date() if value else None for text, value in declared.values.items()} == texts


def test_tomorrow_is_read_for_it_is_there_already_elsewhere() -> None:
    tomorrow = TODAY + timedelta(days=1)
    assert read_dates([tomorrow.isoformat()], today=TODAY).unread == ()
