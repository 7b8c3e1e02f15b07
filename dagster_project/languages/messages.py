"""Translating messages into the language that is spoken. Does not belong here: reading catalogues (catalogue.py)."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache

from dagster_project.languages.catalogue import ENGLISH, translations_of
from dagster_project.languages.numbers import decimal_mark, number_text

_language: ContextVar[str] = ContextVar("language", default=ENGLISH)


def spoken_language() -> str:
    """The language that is spoken now."""
    return _language.get()


def language_tag() -> str:
    """The language that is spoken, as documents name it."""
    return "en-GB" if _language.get() == ENGLISH else _language.get()


@contextmanager
def spoken(language: str) -> Iterator[None]:
    """Speak a language for one block."""
    token = _language.set(language)
    mark = decimal_mark.set(_mark_of(language))
    try:
        yield
    finally:
        decimal_mark.reset(mark)
        _language.reset(token)


@cache
def _mark_of(language: str) -> str:
    if language == ENGLISH:
        return "."
    from babel.numbers import get_decimal_symbol

    return get_decimal_symbol(language)


def gettext(message: str, /, **values: object) -> str:
    """A message in the language that is spoken, its placeholders filled with the values."""
    language = _language.get()
    text = message if language == ENGLISH else translations_of(language).gettext(message)
    return text.format(**values) if values else text


def ngettext(singular: str, plural: str, n: int, /, **values: object) -> str:
    """The form of a message for n of something; {n} stands for the number."""
    language = _language.get()
    text = (
        (singular if n == 1 else plural) if language == ENGLISH else translations_of(language).ngettext(singular, plural, n)
    )
    return text.format(n=n, **values)


def gettext_noop(message: str) -> str:
    """The message as it is: it is translated where it is printed."""
    return message


def enumerated(parts: Sequence[str]) -> str:
    """Words with commas, and "and" before the last."""
    *first_parts, last = parts
    return gettext("{parts} and {last}", parts=", ".join(first_parts), last=last) if first_parts else last


def in_series(parts: Iterable[str]) -> str:
    """Texts with semicolons between them."""
    return gettext("; ").join(parts)


def with_label(label: str, text: str) -> str:
    """A text behind a label and a colon."""
    return gettext("{label}: {text}", label=label, text=text)


def ngettext_noop(singular: str, plural: str) -> tuple[str, str]:
    """Both forms of a message as they are: they are translated where they are printed."""
    return singular, plural


def translate(text: str) -> str:
    """A text that a run stored in English, as the language says it: the message is known again by its words."""
    return text if _language.get() == ENGLISH or not text else _translate(_language.get(), text, _patterns)


def translate_method(text: str) -> str:
    """How a number was computed, or its formula, as `translate` knows texts again."""
    return text if _language.get() == ENGLISH or not text else _translate(_language.get(), text, _patterns_of_methods)


def translate_finding(text: str) -> str:
    """What the auditor says of a number, as `translate` knows texts again."""
    return text if _language.get() == ENGLISH or not text else _translate(_language.get(), text, _patterns_of_findings)


#: Messages with their patterns, in the order in which they are tried.
Patterns = tuple[tuple[re.Pattern[str], str], ...]


@cache
def _translate(language: str, text: str, patterns: Callable[[], Patterns]) -> str:
    translations = translations_of(language)
    if (translation := translations.gettext(text)) != text:
        return translation
    parts = _SEPARATOR.split(text)
    is_joined = len(parts) > 1 and all(part.count("(") == part.count(")") for part in parts)
    for pattern, message in patterns():
        # What was joined is translated part by part, unless it is one message with a semicolon of its own.
        if (not is_joined or "; " in message) and (match := pattern.fullmatch(text)):
            values = {name: _translate(language, value, patterns) for name, value in match.groupdict().items()}
            return translations.gettext(message).format(**values)
    if is_joined:
        return translations.gettext("; ").join(_translate(language, part, patterns) for part in parts)
    if re.fullmatch(_NAMED_NUMBERS, text):
        return number_text(re.sub(r"[a-z]\w*(?= )", lambda name: translations.gettext(name[0]), text))
    from dagster_project.languages.words import STORED_MESSAGES

    names = text.split(", ")
    if len(names) > 1 and set(names) <= set(STORED_MESSAGES):
        return ", ".join(map(translations.gettext, names))
    return number_text(text)


#: Between sentences that were joined, but not within brackets.
_SEPARATOR = re.compile(r"; (?![^(]*\))")
#: Statistics with their numbers, as `mean 9.92, sd 2.56`.
_NAMED_NUMBERS = re.compile(r"[a-z]\w* [−-]?\.?\d\S*?(, [a-z]\w* [−-]?\.?\d\S*?)*")


@cache
def _patterns() -> Patterns:
    """The messages of stored texts with placeholders."""
    from dagster_project.languages.words import STORED_MESSAGES

    return _patterns_of(STORED_MESSAGES)


@cache
def _patterns_of_methods() -> Patterns:
    """The same of methods; what is said behind a whole method first."""
    from dagster_project.languages.methods import METHODS
    from dagster_project.languages.public_words import METHODS_AS_PRINTED
    from dagster_project.languages.words import STORED_MESSAGES

    methods = (*METHODS, *METHODS_AS_PRINTED)
    endings = [message for message in methods if message.startswith("{method}")]
    return _patterns_of(endings) + _patterns_of([*STORED_MESSAGES, *methods])


@cache
def _patterns_of_findings() -> Patterns:
    """The same of findings; after those that have a "not" of their own, what is said last of one first."""
    from dagster_project.languages.findings import FINDINGS

    endings = [message for message in FINDINGS if message.startswith("{finding}")]
    negations = [message for message in FINDINGS if ", not " in message and message not in endings]
    return _patterns_of(negations) + _patterns_of(endings)[::-1] + _patterns_of(FINDINGS)


def _patterns_of(messages: Sequence[str]) -> Patterns:
    """Patterns of the messages with placeholders, those with most words of their own first."""
    with_values = [message for message in messages if "{" in message]
    by_length = sorted(with_values, key=lambda message: (-len(re.sub(r"\{\w*\}", "", message)), message))
    return tuple((_pattern(message), message) for message in by_length)


#: What stands in some placeholders: a number ends in a digit or its interval, the subject of a judgement has a number,
#: degrees of freedom say what they are.
_VALUES = {
    "number": r".*[\d\]]",
    "subject": r"(?=.*\d).+?",
    "count": r"\d+",
    "n": r"\d+",
    "delta": r"\S+",
    "shown": r"[<>−-]? ?\.?\d.*",
    "low": r"[^\s;]+",
    "high": r"[^\s;]+",
    "first": r"\S+",
    "second": r"\S+",
    "df": r".+? df(?: at \d+ %)?",
}


def _pattern(message: str) -> re.Pattern[str]:
    names: set[str] = set()
    parts = []
    for part in re.split(r"(\{\w+\})", message):
        name = part[1:-1]
        if not re.fullmatch(r"\{\w+\}", part):
            parts.append(re.escape(part))
        elif name in names:
            parts.append(f"(?P={name})")
        else:
            names.add(name)
            parts.append(f"(?P<{name}>{_VALUES.get(name, '.+?')})")
    return re.compile("".join(parts), re.DOTALL)
