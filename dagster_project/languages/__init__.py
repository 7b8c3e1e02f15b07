"""The words of a report in the language that a study asks for: one catalogue of messages a language, numbers and dates.

Belongs here: which language is spoken, translating a message, the decimal mark. Does not belong here: the messages, which
stand where they are printed, in English.

A message is a whole sentence, heading or label, with named placeholders: `gettext("{count} of {n} people", count=3, n=5)`.
Outside of `spoken` everything is English, and so is what is stored: results, data, lines of the command line.
"""

from dagster_project.languages.catalogue import ENGLISH, available_languages, language_error, missing_count
from dagster_project.languages.messages import (
    enumerated,
    gettext,
    gettext_noop,
    in_series,
    language_tag,
    ngettext,
    ngettext_noop,
    spoken,
    spoken_language,
    translate,
    translate_finding,
    translate_method,
    with_label,
)
from dagster_project.languages.numbers import date_text, lowered, number_text, plain

__all__ = [
    "ENGLISH",
    "available_languages",
    "date_text",
    "enumerated",
    "gettext",
    "gettext_noop",
    "in_series",
    "language_error",
    "language_tag",
    "lowered",
    "missing_count",
    "ngettext",
    "ngettext_noop",
    "number_text",
    "plain",
    "spoken",
    "spoken_language",
    "translate",
    "translate_finding",
    "translate_method",
    "with_label",
]
