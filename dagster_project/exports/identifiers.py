"""Identifiers of people: who in a wave is not on the roster, and who may be meant.

Belongs here: comparing identifiers. Does not belong here: pseudonyms (pseudonyms.py), merging two identifiers, which only
the protocol can say (respondents of an export).
"""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence

STRANGERS_CURE = "correct the identifier, add the person, or say who is meant under respondents of the export"


def did_you_mean(respondent: str, respondents: Sequence[str]) -> str:
    """A question about an identifier that differs in case, blanks or marks only; nothing is merged by it."""
    similar = [name for name in respondents if _simplified(name) == _simplified(respondent)]
    return f" (did you mean {similar[0]!r}?)" if similar else ""


def strangers(respondents: Iterable[str], roster: Iterable[str], corrections: Mapping[str, str]) -> list[str]:
    """The identifiers of a wave that are not on the roster, in their order, each once. corrections: of the export."""
    roster_names = {_composed(name) for name in roster}
    meant_names = {name: corrections.get(name.strip(), name) for name in dict.fromkeys(respondents)}
    return [name for name, meant_name in meant_names.items() if _composed(meant_name) not in roster_names]


def _composed(identifier_text: str) -> str:
    return unicodedata.normalize("NFC", identifier_text)


def _simplified(identifier_text: str) -> str:
    letters = "".join(character for character in identifier_text.casefold() if character.isalnum())
    return letters.lstrip("0") if letters.isdecimal() else letters
