"""Direct identifiers as they are written in the United Kingdom, the United States, Germany and France.

Belongs here: what an e-mail address, a telephone number, a postcode, a name with a title and an IP address look like. Does
not belong here: where they are looked for (columns.py, definitions.py).

Presidio was not taken: its names come from a language model that is fetched at run time. phonenumbers (Apache-2.0) was not
taken: it costs 0.15 s to import, and takes 689 of 8,000 texts of data sets in R's packages for telephone numbers, of which
these patterns take 8. Of the 24 ways of writing in tests/direct_identifiers/test_patterns.py, which these patterns were
written for, it knows 23 if each is tried in all four countries, 20 in its own. A column of eleven digits is a question.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

EMAIL, PHONE, POSTCODE, NAME, IP_ADDRESS = "an e-mail address", "a telephone number", "a postcode", "a name", "an IP address"
_LONGEST_MASK = 32

#: In this order: what an earlier pattern has taken, a later one does not see.
_DATE = re.compile(
    r"(?<!\d)(?:\d{4}-\d{1,2}-\d{1,2}|\d{1,2}([./-])\d{1,2}\1\d{4})"
    r"(?:[T ,]+\d{1,2}[:.]\d{2}(?:[:.]\d{2})?(?:[.,]\d+)?)?(?![\d.])"
)
_DOT = r"(?:\.| ?[(\[] ?dot ?[)\]] ?)"
_EMAIL = re.compile(rf"[\w.%+'-]+(?:@| ?[(\[] ?at ?[)\]] ?)[\w-]+(?:{_DOT}[\w-]+)*{_DOT}[^\W\d_]{{2,}}(?![\w])", re.I)
_IP_ADDRESS = re.compile(r"(?<![\w.])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?![\w.])")
_INTERNATIONAL = re.compile(r"(?<![\w+.,])(?:\+ ?|00)[1-9](?:[ ./()-]{0,2}\d){8,13}(?![\w-])")
_NATIONAL = re.compile(
    r"(?<![\w.,+-])(?:"
    r"\(0\d{1,5}\)(?: ?[-./]? ?\d){5,9}"  # (020) 7946 0000
    r"|0\d{1,5}(?: ?[-/] ?|[ .])\d(?:[ ./-]?\d){4,9}"  # 020 7946 0000, 030/123456, 06 12 34 56 78
    r"|\(?[2-9]\d\d\)?[ .-]{1,2}[2-9]\d\d[ .-]\d{4}"  # (212) 555-0123
    r"|1[ .-][2-9]\d\d[ .-][2-9]\d\d[ .-]\d{4}"
    r")(?![\w-]|[.,]\d)"
)
_DIGITS = re.compile(r"(?<![\w.,+-])(?:0[1-9]\d{8,10}|[2-9]\d{2}[2-9]\d{6})(?![\w-]|[.,]\d)")
_UK_POSTCODE = re.compile(
    r"(?<![\w-])(?:GIR ?0AA|[A-PR-UWYZ](?:\d[\dA-HJKPS-UW]?|[A-HK-Y]\d[\dABEHMNPRV-Y]?)"
    r"(?P<space> ?)\d[ABD-HJLNP-UW-Z]{2})(?![\w-])",
    re.I,
)
_STATES = "A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|PA|RI|S[CD]|T[NX]|UT|V[AT]|W[AIVY]"
_ZIP = re.compile(rf"(?<![\w-])(?:(?:{_STATES}),? \d{{5}}(?:-\d{{4}})?|\d{{5}}-\d{{4}})(?![\w-])")
#: Germany and France: five digits and a place. The land in front makes it certain.
_TOWN = re.compile(
    r"(?<![\w.,-])(?P<land>[DF]-)?\d{5} (?!(?:Euro|Dollar|Pfund|Franken|Francs?|Personen|Menschen|Mark)\b)"
    r"(?=[A-ZÄÖÜÉ][a-zäöüßéèêç]{2,}(?:[ -][A-ZÄÖÜÉ]?[a-zäöüßéèêç]+)*\s*$)"
)
_TITLED = re.compile(
    r"(?<!\w)(?:Mr|Mrs|Ms|Miss|Mister|Dr|Prof|Professor|Sir|Lady|Herrn?|Frau|Monsieur|Madame|Mademoiselle|Mme|Mlle|M\.(?= ))"
    r"\.?"
    r" (?:(?:Dr|Prof|med)\.? )*(?!(?:Herr|Frau|Mann|Monsieur|Madame|Mr|Mrs|Ms|Dr|Prof|Other|Divers)\b)"
    r"(?:[A-ZÄÖÜÉ]\.? )?[A-ZÄÖÜÉ](?:[a-zäöüßéèêëïôç'’]+[A-Z]?)+(?:-[A-ZÄÖÜÉ][a-zäöüßéèêç]+)?"
)


@dataclass(frozen=True)
class Detection:
    """A direct identifier in a text. is_certain: nothing else is written like it; eleven digits may be a study's number.
    mask: its shape, without what it says."""

    kind: str
    is_certain: bool
    mask: str

    @property
    def words(self) -> str:
        return self.kind if self.is_certain else f"what could be {self.kind}"


def detections(text: str) -> list[Detection]:
    """The direct identifiers in a text, each once a kind, certain ones first."""
    by_kind: dict[str, Detection] = {}
    for kind, is_certain, part in _parts(text):
        earlier = by_kind.get(kind)
        if earlier is None or (is_certain and not earlier.is_certain):
            by_kind[kind] = Detection(kind, is_certain, mask(part))
    return sorted(by_kind.values(), key=lambda detection: not detection.is_certain)


def mask(text: str) -> str:
    """The shape of a text: x for a letter, 9 for a digit."""
    shape = "".join("9" if character.isdigit() else "x" if character.isalpha() else character for character in text.strip())
    shape = shape if shape.isprintable() else "".join(character if character.isprintable() else " " for character in shape)
    return shape if len(shape) <= _LONGEST_MASK else f"{shape[:_LONGEST_MASK]}…"


def _parts(text: str) -> Iterator[tuple[str, bool, str]]:
    """Kind, whether it is certain, and the part of the text."""
    if len(text) < 5:
        return
    remainder = text
    for kind, pattern in (
        (EMAIL, _EMAIL),
        ("", _DATE),
        (IP_ADDRESS, _IP_ADDRESS),
        (PHONE, _INTERNATIONAL),
        (PHONE, _NATIONAL),
    ):
        for match in pattern.finditer(remainder):
            if kind and (kind != PHONE or _is_phone(match[0])):
                yield kind, True, match[0]
        remainder = pattern.sub("\n", remainder)
    for match in _DIGITS.finditer(remainder):
        yield PHONE, False, match[0]
    for match in _UK_POSTCODE.finditer(remainder):
        yield POSTCODE, bool(match["space"]) and match[0].isupper(), match[0]
    for match in _ZIP.finditer(remainder):
        yield POSTCODE, True, match[0]
    for match in _TOWN.finditer(remainder):
        yield POSTCODE, match["land"] is not None, match[0]
    for match in _TITLED.finditer(remainder):
        yield NAME, True, match[0]


def _is_phone(text: str) -> bool:
    return 9 <= sum(character.isdigit() for character in text) <= 15
