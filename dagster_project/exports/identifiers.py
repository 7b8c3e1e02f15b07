"""Identifiers of people: who in a wave is not on the roster, and who may be meant.

Belongs here: comparing identifiers. Does not belong here: pseudonyms (pseudonyms.py), merging two identifiers, which only
the protocol can say (respondents of an export).
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.exports.errors import abbreviated_list
from dagster_project.withholding import of_cells, of_person

STRANGERS_CURE = "correct the identifier, add the person, or say who is meant under respondents of the export"

#: How spreadsheets write numbers of many digits into a CSV.
_ROUNDED = r"^\s*[0-9]([.,][0-9]+)?E[+][0-9]+\s*$"

_NUMBER = re.compile(r"[0-9]{1,30}([.][0-9]{1,30})?", re.ASCII)


def rounded_identifiers(respondents: pa.ChunkedArray) -> str | None:
    """What is wrong with identifiers that a spreadsheet rounded, in words that go on after their column; None if none is."""
    is_rounded = pc.match_substring_regex(respondents, _ROUNDED, ignore_case=True)
    rounded = pc.utf8_trim_whitespace(pc.unique(pc.filter(respondents, is_rounded))).to_pylist()
    if not rounded:
        return None
    return (
        f"a spreadsheet rounded the identifier {of_cells(abbreviated_list(rounded), rounded)}; export the file again"
        " without opening it in one, or make the column text there first"
    )


def composed_identifiers(respondents: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """Identifiers without the blanks around them, the two encodings of an accented letter as one, which nobody can tell
    apart. Null stays null."""
    trimmed = pc.utf8_trim_whitespace(respondents)
    if pc.all(pc.string_is_ascii(trimmed), min_count=0).as_py():
        return trimmed
    return pc.utf8_normalize(trimmed, "NFC")


def ambiguous_identifiers(
    respondents: Iterable[str], roster: Iterable[str], corrections: Mapping[str, str]
) -> dict[str, list[str]]:
    """Identifiers of a wave that may be several people's, with these: a spreadsheet makes 1.1 of 1.10, and 7 of 007.

    That is so where several identifiers of the roster are one number, and the wave spells none of its numbers with a zero
    that a number does not need. corrections: of the export, which say who is meant.
    """
    people: dict[Decimal, list[str]] = defaultdict(list)
    for name in dict.fromkeys(composed(name).strip() for name in roster):
        if _NUMBER.fullmatch(name):
            people[Decimal(name)].append(name)
    names = [name for name in dict.fromkeys(composed(name).strip() for name in respondents) if _NUMBER.fullmatch(name)]
    if any(name != f"{Decimal(name).normalize():f}" for name in names):
        return {}
    return {
        name: twins
        for name in names
        if len(twins := people.get(Decimal(name), [])) > 1 and name in twins and name not in corrections
    }


def ambiguous_words(identifiers: Mapping[str, Sequence[str]]) -> str:
    """What is wrong with them, in words that go on after their wave."""
    name, twins = next(iter(identifiers.items()))
    person = of_person(name, repr(name))
    people = of_cells(" and ".join(map(repr, twins)), list(twins))
    further = f" (and {len(identifiers) - 1} more)" if len(identifiers) > 1 else ""
    return (
        f"{person}{further} may be each of {people} on the roster: they are one number, and no identifier of the wave keeps"
        " a zero that a number does not need; export it again as text, or say who is meant under respondents of the export"
    )


def did_you_mean(respondent: str, respondents: Sequence[str]) -> str:
    """A question about an identifier that differs in case, blanks or marks only; nothing is merged by it."""
    similar = [name for name in respondents if _simplified(name) == _simplified(respondent)]
    return f" (did you mean {of_person(similar[0], repr(similar[0]))}?)" if similar else ""


def strangers(respondents: Iterable[str], roster: Iterable[str], corrections: Mapping[str, str]) -> list[str]:
    """The identifiers of a wave that are not on the roster, in their order, each once. corrections: of the export."""
    roster_names = {composed(name) for name in roster}
    meant_names = {name: corrections.get(name.strip(), name) for name in dict.fromkeys(respondents)}
    return [name for name, meant_name in meant_names.items() if composed(meant_name) not in roster_names]


def composed(identifier_text: str) -> str:
    """The identifier with the two encodings of an accented letter as one: what a pseudonym is made of."""
    return unicodedata.normalize("NFC", identifier_text)


def _simplified(identifier_text: str) -> str:
    """The text by which identifiers are alike: without case, blanks, marks; a number however it is spelled."""
    if _NUMBER.fullmatch(number := identifier_text.strip().replace(",", ".")):
        return f"{Decimal(number).normalize():f}"
    letters = "".join(character for character in identifier_text.casefold() if character.isalnum())
    return letters.lstrip("0") if letters.isdecimal() else letters
