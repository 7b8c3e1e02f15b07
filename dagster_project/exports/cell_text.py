"""Values of typed formats as text: numbers, dates and times, the same from every format.

Belongs here: one value to one text. Does not belong here: a format's own way of storing values (SPSS counts seconds).
"""

from datetime import date, datetime, time, timedelta


def number_text(number: float) -> str:
    """A whole number without a fraction, any other with the fewest digits that give the same number back."""
    return str(int(number)) if float(number).is_integer() else repr(float(number))


def value_text(value: object) -> str:
    """Any value that a workbook or a statistics file holds. Nothing is "", dates are ISO 8601, midnight is a date alone."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return "" if value != value else number_text(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return duration_text(value.total_seconds())
    return str(value)


def duration_text(seconds: float) -> str:
    """Hours (they may pass 24), minutes, seconds, with as many decimals of a second as there are."""
    whole, fraction = divmod(round(abs(seconds) * 1_000_000), 1_000_000)
    text = f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}"
    sign = "-" if seconds < 0 else ""
    return sign + text + (f".{fraction:06d}".rstrip("0") if fraction else "")
