"""Numbers and dates as a language writes them: the one place where a decimal point becomes a comma.

Belongs here: the mark of printed numbers. Does not belong here: rounding and decimals (results/rounding.py).
"""

import re
from contextvars import ContextVar
from datetime import datetime

#: The decimal mark of the language that is spoken.
decimal_mark: ContextVar[str] = ContextVar("decimal_mark", default=".")
#: A point within a number, or before its first digit; not one of a version, an address or a day.
_POINT = re.compile(r"(?<![\w.])(\d*)\.(?=\d+(?![\w]|\.\d))")
#: Both limits of an interval.
_LIMITS = re.compile(r"\[([−-]?[\d,]+), ([−-]?[\d,]+)\]")


def number_text(text: str) -> str:
    """A text with printed numbers, each with the decimal mark of the language: .020 is ,020 in German."""
    mark = decimal_mark.get()
    if mark == ".":
        return text
    from dagster_project.languages.messages import gettext

    # Where the mark is a comma, something else stands between the limits of an interval.
    limits = gettext("[{}, {}]")
    return _LIMITS.sub(lambda match: limits.format(*match.groups()), _POINT.sub(rf"\g<1>{mark}", text))


def plain(value: float) -> str:
    """A number as short as it can be written."""
    return number_text(f"{value:g}")


def lowered(text: str) -> str:
    """A name within a sentence: in English with a small letter first; other languages write nouns in their own way."""
    from dagster_project.languages.messages import spoken_language

    return text[0].lower() + text[1:] if spoken_language() == "en" else text


def date_text(moment: datetime, english: str) -> str:
    """A day and time in UTC. english: as English prints it."""
    from dagster_project.languages.messages import spoken_language

    if (language := spoken_language()) == "en":
        return english
    from babel.dates import format_datetime

    return f"{format_datetime(moment, 'd MMMM y, HH:mm' if language == 'fr' else 'd. MMMM y, HH:mm', locale=language)} UTC"
