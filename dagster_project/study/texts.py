"""When two texts are the same: what nobody can see does not make a difference.

Belongs here: the form of a text in which it is compared, in declarations and in cells, and the number that it spells. Does
not belong here: identifiers of people, which are compared as they are written (exports/pseudonyms.py); the same rules in SQL
(dbt/macros/answers.sql: cell_text, with_decimal_point, matches_number).
"""

import re
import unicodedata

#: White space of any kind, and characters without width: byte order mark, soft hyphen, joiners.
INVISIBLE = (
    "\t\n\x0b\x0c\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f"
    "\u205f\u3000\xad\u200b\u200c\u200d\u2060\ufeff"
)


_NUMBER = re.compile(r"[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)", re.ASCII)


def comparable(text: str) -> str:
    """The text in Unicode's NFC form, without what is invisible around it."""
    return unicodedata.normalize("NFC", text).strip(INVISIBLE)


def with_decimal_point(text: str, decimal_mark: str) -> str:
    """A number's text with a point for its decimal mark. With a comma as the mark, a point is none."""
    return text.replace(".", "?").replace(",", ".") if decimal_mark == "," else text


def number_in(text: str, decimal_mark: str) -> float | None:
    """The number that a text spells, however it is spelled; None for another text. The same in SQL: matches_number."""
    pointed_text = with_decimal_point(comparable(text), decimal_mark)
    return float(pointed_text) if _NUMBER.fullmatch(pointed_text) else None
