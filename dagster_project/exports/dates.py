"""Dates as exports write them. Belongs here: reading one from text. Does not belong here: dates of typed formats
(cell_text.py)."""

from datetime import datetime

#: How exports write dates; the same list as in staging (stg_answers.sql).
_FORMATS = ("%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%d/%m/%Y", "%d.%m.%Y %H:%M", "%d.%m.%Y")


def read_date(text: str) -> datetime | None:
    """A date, with or without its time, as exports write it: ISO 8601, or day first; None if it is neither."""
    text = text.strip()
    try:
        return datetime.fromisoformat(text).replace(tzinfo=None)
    except ValueError:
        pass
    for date_format in _FORMATS:
        try:
            return datetime.strptime(text, date_format)
        except ValueError:
            continue
    return None
