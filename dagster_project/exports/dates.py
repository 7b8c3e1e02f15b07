"""Dates as exports write them: one column read as a whole, because its cells prove the order of day and month together.

Belongs here: reading dates from text, and what cannot be read or could be read two ways. Does not belong here: dates of
typed formats (cell_text.py), which come as ISO 8601; what the contract says of a column (contract_result.py).

Year first, a month in words and a dot between numbers (day first wherever it is used) have one reading. Numbers with a slash
or a hyphen have two: the declaration decides, else a cell that has only one reading, else nobody.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache

from dagster_project.withholding import of_cell

#: What `dates` of an export may be, beside a format with %.
DATE_ORDERS = ("dmy", "mdy", "ymd", "excel")
_FIRST_YEAR = 1900
_TIME = (
    r"(?:[T ,:]+(?P<hour>\d{1,2})[:.](?P<minute>\d{2})(?:[:.](?P<second>\d{2})(?:[.,]\d+)?)?"
    r"\s*(?P<half>[AaPp]\.?\s?[Mm]\.?)?"
    r"\s*(?P<zone>Z|[A-Za-z]{1,5}(?:[+-]\d{1,2}(?::?\d{2})?)?|[+-]\d{2}(?::?\d{2})?)?)?"
)
_YEAR_FIRST = re.compile(rf"(?P<year>\d{{4}})(?P<mark>[-/.])(?P<month>\d{{1,2}})(?P=mark)(?P<day>\d{{1,2}}){_TIME}")
_COMPACT = re.compile(rf"(?P<year>(?:19|20)\d{{2}})(?P<month>\d{{2}})(?P<day>\d{{2}}){_TIME}")
_NUMBERS = re.compile(
    rf"(?P<first>\d{{1,2}})\s?(?P<mark>[-/.])\s?(?P<second_number>\d{{1,2}})\s?(?P=mark)\s?(?P<last>\d{{4}}|\d{{2}}){_TIME}"
)
_WORD = r"(?P<word>[^\W\d_]{3,}\.?)"
_MONTH_IN_WORDS = (
    re.compile(rf"(?:[^\W\d_]+[.,]?\s+)?(?P<day>\d{{1,2}})(?:st|nd|rd|th|\.|er)?[-\s/]+(?:de\s+|of\s+)?{_WORD}[-,\s/]+(?:de\s+)?(?P<year>\d{{4}}|\d{{2}}){_TIME}"),
    # SAS writes 04MAR2024 and 04MAR2024:13:05:00.
    re.compile(rf"(?P<day>\d{{1,2}}){_WORD}(?P<year>\d{{4}}|\d{{2}}){_TIME}"),
    re.compile(rf"(?:[^\W\d_]+[.,]?\s+)??{_WORD}[-\s/]+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?[-,\s/]+(?P<year>\d{{4}}|\d{{2}}){_TIME}"),
)  # fmt: skip
#: A time with its distance from UTC: 10:00:00+02:00, 10:00 AM GMT+1, 10:00Z.
_OFFSET = re.compile(
    r":\d{2}[^:+-]*?\s*(?:Z|(?:GMT|UTC)?(?P<sign>[+-])(?P<hours>\d{1,2})(?::?(?P<minutes>\d{2}))?|GMT|UTC)$"
)
_EXCEL_SERIAL = re.compile(r"\d{5}(?:\.\d+)?")
_EXCEL_DAY_ZERO = datetime(1899, 12, 30)
#: Whose words for months are known.
_LANGUAGES = (
    "en", "de", "fr", "es", "it", "pt", "nl", "sv", "da", "nb", "fi", "pl", "cs", "sk", "hu", "ro", "hr", "sl", "tr", "el",
    "ru", "uk", "et", "lv", "lt", "ca",
)  # fmt: skip


@dataclass(frozen=True)
class DateColumn:
    """The dates of a column, by the text of the cell.

    values: of each text that is not blank, the date with its time as written; None where it cannot be read. problem: why the
    column cannot be used, in words that go on after its name; warning: the same of a column that is used because its order
    is declared. unread: texts without a date, unread_cells: in how many accepted rows they stand. century: the first of the
    hundred years that years of two digits were taken for, if there were any.
    """

    values: Mapping[str, datetime | None]
    problem: str | None = None
    warning: str | None = None
    unread: tuple[str, ...] = ()
    century: int | None = None
    unread_cells: int = 0


def read_dates(
    texts: Iterable[str],
    order_or_format: str | None = None,
    first_two_digit_year: int | None = None,
    today: date | None = None,
) -> DateColumn:
    """Read the distinct texts of a column.

    order_or_format: dmy, mdy, ymd, excel (serial numbers of days), or a format of strptime; None: as the cells prove. A
    date before 1900 or after tomorrow is not read. first_two_digit_year: 1950 takes 50 for 1950 and 49 for 2049; None: the
    latest years that are not after tomorrow.
    """
    latest = (today or date.today()) + timedelta(days=1)
    century = first_two_digit_year if first_two_digit_year is not None else latest.year - 99
    stripped = {text: text.strip() for text in texts}
    cells = {text for text in stripped.values() if text}
    parse: Callable[[str], datetime | None]
    problem, warning = None, None
    if order_or_format is not None and "%" in order_or_format:
        parse = lambda text: _by_format(text, order_or_format)  # noqa: E731
    elif order_or_format == "excel":
        parse = _excel_serial
    else:
        order = order_or_format or "dmy"
        suspicion = _turned_by_spreadsheet(cells, century) if order_or_format != "ymd" else None
        if order_or_format is None:
            order, problem = _proven_order(cells, century)
            problem = problem or suspicion
        else:
            warning = suspicion
        parse = lambda text: _by_order(text, order, century)  # noqa: E731
    dates = {text: _if_plausible(parse(text), latest) for text in cells}
    unread = tuple(sorted(text for text, value in dates.items() if value is None))
    has_short_years = "%" not in (order_or_format or "") and any(_has_short_year(text) for text in cells)
    return DateColumn(
        values={text: dates[cell] for text, cell in stripped.items() if cell},
        problem=problem,
        warning=warning,
        unread=unread,
        century=century if has_short_years else None,
    )


def date_column(code: str) -> str:
    """The column of schema raw that holds the day of a column of dates."""
    return f"{code}_day"


def _proven_order(cells: Iterable[str], century: int) -> tuple[str, str | None]:
    """The order of day and month that the cells prove, and what is wrong if they do not.

    The calendar proves; that one reading would lie in the future does not: it may be a slip.
    """
    day_first, month_first, ambiguous = [], [], []
    for text in sorted(cells):
        if not _is_in_some_order(text):
            continue
        as_dmy, as_mdy = (_by_order(text, order, century) for order in ("dmy", "mdy"))
        if as_dmy is not None and as_mdy is not None:
            if as_dmy != as_mdy:
                ambiguous.append(text)
        elif as_dmy is not None:
            day_first.append(text)
        elif as_mdy is not None:
            month_first.append(text)
    if day_first and month_first:
        return "dmy", (
            f"{of_cell(day_first[0])} can only be day first and {of_cell(month_first[0])} only month first; correct the"
            " cells, or say under dates which order is meant (the others then count as unread)"
        )
    if ambiguous and not day_first and not month_first:
        return "dmy", (
            f"{of_cell(ambiguous[0])} could be day first or month first; say which under dates of the export (dmy or mdy)"
        )
    return ("mdy" if month_first else "dmy"), None


def _turned_by_spreadsheet(cells: Iterable[str], century: int) -> str | None:
    """What is wrong if a spreadsheet turned dates round that it could read in the order of its own country.

    It makes 3/4/2024 the third of April, and leaves 3/13/2024 the text that it was: a column of both has no date after the
    twelfth, and no text that could be read in both orders.
    """
    texts = [text for text in cells if _is_in_some_order(text)]
    dates = []
    for text in sorted(cells) if texts else ():
        if _YEAR_FIRST.match(text) and (day := _by_order(text, "ymd", century)) is not None and day.day != day.month:
            if day.day > 12:
                return None
            dates.append(text)
    readings = {order: [_by_order(text, order, century) for text in texts] for order in ("dmy", "mdy")}
    if not texts or not dates:
        return None
    order = next((order for order, days in readings.items() if all(day is None for day in days)), None)
    if order is None or None in readings["mdy" if order == "dmy" else "dmy"]:
        return None
    order, words = ("mdy", "month first") if order == "dmy" else ("dmy", "day first")
    further = f" and {len(dates) - 1} more are dates" if len(dates) > 1 else " is a date"
    return (
        f"{of_cell(min(texts))} is a text that can only be {words}, and {of_cell(dates[0])}{further} of no day after the"
        " twelfth: a spreadsheet that expects the other order leaves such texts, and turns day and month of the other dates"
        f" round; export the file again without opening it in one, or say dates: {order} under the export if the dates are"
        " right"
    )


def _is_in_some_order(text: str) -> bool:
    """Whether a text is three numbers whose order has to be known."""
    return text[4:5] != "-" and (match := _NUMBERS.fullmatch(text)) is not None and match["mark"] != "."


def utc_offset(text: str) -> timedelta | None:
    """How far the time of a cell is ahead of UTC; None where the cell does not say."""
    if (match := _OFFSET.search(text.strip())) is None:
        return None
    if match["sign"] is None:
        return timedelta()
    offset = timedelta(hours=int(match["hours"]), minutes=int(match["minutes"] or 0))
    return -offset if match["sign"] == "-" else offset


def _by_order(text: str, order: str, century: int) -> datetime | None:
    if text[4:5] == "-":  # most exports, and many times faster than a pattern
        with suppress(ValueError):
            return datetime.fromisoformat(text).replace(tzinfo=None)
    for pattern in (_YEAR_FIRST, _COMPACT):
        if (match := pattern.fullmatch(text)) is not None:
            return _date(int(match["year"]), int(match["month"]), int(match["day"]), match)
    if (match := _NUMBERS.fullmatch(text)) is not None:
        numbers = (match["first"], match["second_number"], match["last"])
        if order == "ymd":
            year, month, day = numbers
            return _date(_full_year(year, century), int(month), int(day), match) if len(day) < 3 else None
        day, month, year = numbers
        if order == "mdy" and match["mark"] != ".":
            day, month = month, day
        return _date(_full_year(year, century), int(month), int(day), match)
    for pattern in _MONTH_IN_WORDS:
        if (match := pattern.fullmatch(text)) is not None:
            months = _months().get(match["word"].casefold().rstrip("."), frozenset())
            if len(months) == 1:
                return _date(_full_year(match["year"], century), next(iter(months)), int(match["day"]), match)
    return None


def _date(year: int, month: int, day: int, time: re.Match[str]) -> datetime | None:
    """The date with the time that a match holds, as written: the day is that of the place where it was written."""
    hour, minute, second = (int(time[name] or 0) for name in ("hour", "minute", "second"))
    if time["half"]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if time["half"][0] in "pP" else 0)
    try:
        return datetime(year, month, day, hour, minute, second)
    except ValueError:
        return None


def _full_year(digits: str, century: int) -> int:
    if len(digits) == 4:
        return int(digits)
    return century + (int(digits) - century) % 100


def _has_short_year(text: str) -> bool:
    if text[4:5] == "-" and text[:4].isdecimal():
        return False
    if (match := _NUMBERS.fullmatch(text)) is not None:
        return len(match["last"]) == 2
    return any((match := pattern.fullmatch(text)) is not None and len(match["year"]) == 2 for pattern in _MONTH_IN_WORDS)


def _by_format(text: str, date_format: str) -> datetime | None:
    try:
        return datetime.strptime(text, date_format).replace(tzinfo=None)
    except ValueError:
        return None


def _excel_serial(text: str) -> datetime | None:
    if _EXCEL_SERIAL.fullmatch(text) is None:
        return None
    return (_EXCEL_DAY_ZERO + timedelta(days=float(text))).replace(microsecond=0)


def _if_plausible(value: datetime | None, latest: date) -> datetime | None:
    return value if value is not None and value.year >= _FIRST_YEAR and value.date() <= latest else None


@cache
def _months() -> Mapping[str, frozenset[int]]:
    """Words for months, whole and short, to the months they mean: in some languages a word means another month."""
    from babel import Locale

    months: dict[str, set[int]] = {}
    for language in _LANGUAGES:
        names = Locale(language).months
        for context in ("format", "stand-alone"):
            for width in ("wide", "abbreviated"):
                for number, word in names[context][width].items():
                    months.setdefault(str(word).casefold().rstrip("."), set()).add(number)
    # An English short form beside the usual one.
    months.setdefault("sept", set()).add(9)
    return {word: frozenset(numbers) for word, numbers in months.items()}
