"""Direct identifiers in columns: in their cells, and by what they are called.

Belongs here: looking through a column's texts once each, and what a column's name says. Does not belong here: the patterns
(patterns.py), where the table comes from.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dagster_project.direct_identifiers.patterns import EMAIL, IP_ADDRESS, NAME, PHONE, POSTCODE, Detection, detections, mask

#: What columns are called that hold them, in English, German and French; of a name the parts between other signs.
_HEADERS = {
    EMAIL: r"e[ -]?mail|mail|courriel|e[ -]?mail[ -]?(?:address|adresse)|adresse[ -](?:e-?)?mail|recipientemail",
    PHONE: r"(?:tele)?phone|tel|telefon|telefonnummer|t[ée]l[ée]phone|mobile|mobil|handy|handynummer|portable"
    r"|(?:tele|mobile|cell|smart)?phone[ -]?(?:number|no|nr)",
    POSTCODE: r"post[ -]?code|postal[ -]?code|zip|zip[ -]?code|plz|postleitzahl|code[ -]?postal",
    NAME: r"(?:first|last|full|middle|family|given|sur|maiden)[ -]?name|forename|vorname|nachname|familienname|pr[ée]nom"
    r"|nom de famille|recipientfirstname|recipientlastname|name",
    IP_ADDRESS: r"ip[ -]?address|ip[ -]?adresse|adresse ip",
}
_HEADER_PATTERNS = {kind: re.compile(words, re.I) for kind, words in _HEADERS.items()}
#: Five digits alone are a postcode where the column says so.
_BARE_POSTCODE = re.compile(r"\d{4,5}|[A-Z]{1,2}\d[A-Z\d]?", re.I)
#: Two or three words with capital letters: names, where most of many different texts are such, and nothing else.
_WORD = "[A-ZÄÖÜÉ][a-zäöüßéèêëïôç'’]+(?:-[A-ZÄÖÜÉ]?[a-zäöüßéèêëïôç'’]+)?"
_TWO_WORDS = re.compile(rf"{_WORD}(?: [A-Z]\.)?(?: (?:van|von|de|du|la|der|le))*[ -](?:O'|Mc|Mac)?{_WORD}")
_MIN_NAMES, _MIN_SHARE_OF_NAMES = 5, 0.8


@dataclass(frozen=True)
class ColumnFinding:
    """A kind of direct identifier in a column. n_rows: in how many rows. row: the first, as people see it in the file."""

    column: str
    detection: Detection
    n_rows: int
    row: int


def header_kind(header: str) -> str | None:
    """What a column holds by its name, if that is a direct identifier."""
    name = re.sub(r"[_.\s]+", " ", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", header)).strip()
    for kind, pattern in _HEADER_PATTERNS.items():
        if pattern.fullmatch(name) or pattern.fullmatch(name.replace(" ", "")):
            return kind
    return None


def column_findings(column: str, rows: Mapping[str, Sequence[int]]) -> list[ColumnFinding]:
    """The kinds of direct identifiers in a column's cells. rows: the rows in which each text stands."""
    findings: dict[tuple[str, bool], tuple[Detection, list[int]]] = {}
    for text, text_rows in rows.items():
        for detection in _detections_in(column, text):
            _, all_rows = findings.setdefault((detection.kind, detection.is_certain), (detection, []))
            all_rows += text_rows
    kinds = {kind for kind, _ in findings}
    if NAME not in kinds and (names := _names(rows)):
        all_rows = [row for text in names for row in rows[text]]
        findings[NAME, False] = (Detection(NAME, header_kind(column) == NAME, mask(names[0])), all_rows)
    return [ColumnFinding(column, detection, len(all_rows), min(all_rows)) for detection, all_rows in findings.values()]


def _detections_in(column: str, text: str) -> list[Detection]:
    text_detections = detections(text)
    if not text_detections and header_kind(column) == POSTCODE and _BARE_POSTCODE.fullmatch(text.strip()):
        return [Detection(POSTCODE, True, mask(text))]
    return text_detections


def _names(rows: Mapping[str, Sequence[int]]) -> list[str]:
    """The texts that look like names of people, if nearly all of the column's do and hardly any is there twice."""
    texts = [text for text in rows if text.strip()]
    names = [text for text in texts if _TWO_WORDS.fullmatch(text.strip())]
    n_rows = sum(len(rows[text]) for text in texts)
    is_column_of_names = len(names) >= _MIN_NAMES and len(names) >= _MIN_SHARE_OF_NAMES * max(len(texts), 0.8 * n_rows)
    return names if is_column_of_names else []
