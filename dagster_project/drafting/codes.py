"""Codes of what files call by names: small letters, digits and underscores. Nothing else belongs here."""

import re
import unicodedata

_LETTERS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "æ": "ae", "ø": "o", "œ": "oe", "ł": "l"})
_MAX_LENGTH = 40


def code_text(name: str) -> str:
    """A name as a code: letters with marks as those without, everything else as underscores; empty if nothing is left."""
    letters = unicodedata.normalize("NFKD", unicodedata.normalize("NFC", name.lower()).translate(_LETTERS))
    unmarked = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return re.sub(r"[^a-z0-9]+", "_", unmarked).strip("_")[:_MAX_LENGTH]
