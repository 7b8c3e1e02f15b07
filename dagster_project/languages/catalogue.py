"""The catalogues: which there are, and reading one. Does not belong here: translating (messages.py).

A catalogue is a file of gettext's kind (`de/LC_MESSAGES/wavehouse.po`). It is read as it is, so that nobody compiles it.
"""

import gettext as standard
import io
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog

#: The language in which messages are written.
ENGLISH = "en"
FOLDER = Path(__file__).parent
#: The language whose catalogue has every message; a test says so.
_COMPLETE = "de"


def catalogue_file(language: str) -> Path:
    """Where the catalogue of a language lies."""
    return FOLDER / language / "LC_MESSAGES" / "wavehouse.po"


def available_languages() -> tuple[str, ...]:
    """English, and the languages that have a catalogue."""
    return (ENGLISH, *sorted(file.parts[-3] for file in FOLDER.glob("*/LC_MESSAGES/wavehouse.po")))


def language_error(language: str) -> str | None:
    """What is wrong with a language that is asked for, in one line, or None."""
    languages = available_languages()
    if language in languages:
        return None
    return (
        f"language: {language!r} has no catalogue of messages; there are {', '.join(languages)}: choose one of them, or add"
        " a catalogue (docs/how-to/languages.md)"
    )


@cache
def read_catalogue(language: str) -> "Catalog":
    """A catalogue as Babel reads it."""
    # Babel takes a tenth of a second to come; who writes English does not wait for it.
    from babel.messages.pofile import read_po

    with catalogue_file(language).open("rb") as stream:
        return read_po(stream, locale=language)


@cache
def translations_of(language: str) -> standard.NullTranslations:
    """The translations of a language; a message that has none stays English."""
    if language == ENGLISH:
        return standard.NullTranslations()
    from babel.messages.mofile import write_mo

    compiled = io.BytesIO()
    write_mo(compiled, read_catalogue(language))
    compiled.seek(0)
    return standard.GNUTranslations(compiled)


@cache
def missing_count(language: str) -> int:
    """How many messages of a language are not translated, and so are English."""
    if language in (ENGLISH, _COMPLETE):
        return 0
    ids = {message.id for message in read_catalogue(_COMPLETE) if message.id}
    translated_ids = {message.id for message in read_catalogue(language) if _is_translated(message.string, message.fuzzy)}
    return len(ids - translated_ids)


def _is_translated(texts: str | tuple[str, ...] | list[str] | None, is_fuzzy: bool) -> bool:
    forms = (texts,) if isinstance(texts, str) else tuple(texts or ("",))
    return not is_fuzzy and all(forms)
