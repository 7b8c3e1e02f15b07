"""How the numbers of a statistics program's variables are written, by the variable's format: dates, times, or numbers.

Belongs here: which formats are dates, and from when each program counts. Does not belong here: reading a file (spss.py,
sas.py, stata.py), reading dates from text (dates.py).

A format that shows a part of a date only (a year, a month) is written as the whole date that is stored.
"""

import math
import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from itertools import product

from dagster_project.exports.cell_text import duration_text, number_text, value_text

NumberWriter = Callable[[float], str]

#: SPSS counts dates in seconds from the first day of the Gregorian calendar; SAS and Stata count from 1960.
_SPSS_EPOCH, _EPOCH = datetime(1582, 10, 14), datetime(1960, 1, 1)
_SPSS_DATES = {"DATE", "ADATE", "EDATE", "JDATE", "SDATE", "QYR", "MOYR", "WKYR"}
_SPSS_DATE_TIMES = {"DATETIME", "YMDHMS"}
_SPSS_DURATIONS = {"TIME", "DTIME", "MTIME"}
#: SAS's formats of days, with the letters that say what stands between their parts.
_SAS_DATES = {
    *("DATE", "DAY", "DOWNAME", "WEEKDATE", "WEEKDATX", "WEEKDAY", "WORDDATE", "WORDDATX", "MONTH", "MONNAME", "MONYY"),
    *("YYMON", "QTR", "QTRR", "YEAR", "JULDAY", "JULIAN", "WEEKU", "WEEKV", "WEEKW", "NENGO", "MINGUO", "PDJULG", "PDJULI"),
    *(f"{prefix}8601DA" for prefix in ("E", "B", "IS")),
    *map("".join, product(("DDMMYY", "MMDDYY", "YYMMDD", "MMYY", "YYMM", "YYQ", "YYQR"), ("", *"BCDNPS"))),
}  # fmt: skip
_SAS_DATE_TIMES = {
    *("DATETIME", "DATEAMPM", "MDYAMPM", "DTDATE", "DTMONYY", "DTWKDATX", "DTYEAR", "DTYYQC"),
    *(f"{prefix}8601{kind}" for prefix in ("E", "B", "IS") for kind in ("DT", "DN", "DZ", "DX")),
}
_SAS_TIMES = {"TIME", "TIMEAMPM", "HHMM", "HOUR", "MMSS", "E8601TM", "B8601TM", "IS8601TM"}
_STATA_FORMAT = re.compile(r"%-?t?(?P<unit>[a-zA-Z])(?P<display>.*)")
#: How Stata's format of a moment shows a time of day only.
_STATA_TIME = re.compile(r"[HhMSsAaPp:.\s_]+")
_MONTHS = {"m": 1, "q": 3, "h": 6}


def spss_writer(spss_format: str | None) -> NumberWriter:
    """How numbers of a variable with a format such as F8.2 or DATE11 are written: dates as ISO 8601."""
    kind = _without_width(spss_format)
    if kind in _SPSS_DATE_TIMES:
        return lambda seconds: _spss_date(seconds, with_time=True)
    if kind in _SPSS_DATES:
        return lambda seconds: _spss_date(seconds, with_time=False)
    return _duration if kind in _SPSS_DURATIONS else number_text


def sas_writer(sas_format: str | None) -> NumberWriter:
    """How numbers of a variable with a format such as BEST12. or DDMMYY8. are written: dates as ISO 8601."""
    kind = _without_width(sas_format)
    if kind in _SAS_DATES:
        return lambda days: _moment(days, timedelta(days=1))
    if kind in _SAS_DATE_TIMES:
        return lambda seconds: _moment(seconds, timedelta(seconds=1))
    return _duration if kind in _SAS_TIMES else number_text


def stata_writer(stata_format: str | None) -> NumberWriter:
    """How numbers of a variable with a format such as %9.0g or %tdDD/NN/CCYY are written: dates as ISO 8601."""
    match = _STATA_FORMAT.fullmatch(stata_format or "")
    if match is None or ("t" not in (stata_format or "")[:3] and match["unit"] != "d"):
        return number_text
    unit = match["unit"]
    if unit == "d":
        return lambda days: _moment(days, timedelta(days=1))
    if unit in "cC":
        if _STATA_TIME.fullmatch(match["display"]):
            return lambda milliseconds: _duration(milliseconds / 1000)
        return lambda milliseconds: _moment(milliseconds, timedelta(milliseconds=1))
    if unit in _MONTHS:
        return lambda count: _month(count * _MONTHS[unit])
    return _week if unit == "w" else number_text


def _without_width(number_format: str | None) -> str:
    return (number_format or "").upper().rstrip("0123456789.")


def _spss_date(seconds: float, with_time: bool) -> str:
    """ISO date, with its time of day if the format has one or if it is not midnight."""
    try:
        moment = _SPSS_EPOCH + timedelta(seconds=seconds)
    except (OverflowError, ValueError):
        return number_text(seconds)
    is_midnight = moment.time() == datetime.min.time()
    return moment.isoformat() if with_time or not is_midnight else moment.date().isoformat()


def _moment(count: float, unit: timedelta) -> str:
    """So many units after the beginning of 1960: an ISO date, with its time of day if it is not midnight."""
    try:
        return value_text(_EPOCH + count * unit)
    except (OverflowError, ValueError):
        return number_text(count)


def _month(months: float) -> str:
    """The first day of a month, counted from January 1960."""
    if not float(months).is_integer() or not 0 < (year := 1960 + int(months) // 12) <= 9999:
        return number_text(months)
    return date(year, int(months) % 12 + 1, 1).isoformat()


def _week(weeks: float) -> str:
    """The first day of a week, of which Stata's years have 52; the last has more days."""
    if not float(weeks).is_integer() or not 0 < (year := 1960 + int(weeks) // 52) <= 9999:
        return number_text(weeks)
    return (date(year, 1, 1) + timedelta(days=7 * (int(weeks) % 52))).isoformat()


def _duration(seconds: float) -> str:
    return duration_text(seconds) if math.isfinite(seconds) else number_text(seconds)
