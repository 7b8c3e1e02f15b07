"""What a service's answer is, where it is not the export that was asked for: a web page, an error in JSON, nothing.

Belongs here: saying so in a few words. Does not belong here: what follows from it.
"""

import html
import json
import re
from pathlib import Path

from dagster_project.exports.errors import plain
from dagster_project.withholding import of_cell

_MAX_SHOWN = 100
_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
_TAGGED = re.compile(r"\s*<(!doctype|html|head|body|\?xml|[a-z]+[ />])", re.IGNORECASE)
#: Where services say what is wrong: REDCap, LimeSurvey, ODK and OData, Django REST, Qualtrics.
_MESSAGE_KEYS = ("error", "errorMessage", "message", "detail", "status", "meta")
#: As much of a file as tells what it is.
_BEGINNING_BYTES = 1 << 14


def describe_answer(content: bytes) -> str:
    """What an answer is, in a few words for a person: a page by its title, an error by its message."""
    text = content.decode("utf-8-sig", "replace").strip()
    if not text:
        return "nothing"
    if _TAGGED.match(text):
        title = _TITLE.search(text)
        words = " ".join(html.unescape(title[1]).split()) if title else ""
        return f'a web page "{plain(words, _MAX_SHOWN)}"' if words else "a web page"
    if (message := json_message(text)) is not None:
        return plain(message, _MAX_SHOWN)
    return of_cell(plain(text.splitlines()[0], _MAX_SHOWN))


def json_message(text: str) -> str | None:
    """What an error in JSON says; None if the text is no error in JSON."""
    if not text.lstrip().startswith("{"):
        return None
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return _message(content)


def _message(content: object) -> str | None:
    if isinstance(content, str):
        return content
    if isinstance(content, dict):
        for key in _MESSAGE_KEYS:
            if (message := _message(content.get(key))) is not None:
                return message
    return None


def fault_of_file(file: Path) -> str | None:
    """What a saved answer is if it is no table of text: a web page, or an error that came as if it were one. None if it is
    not seen to be any."""
    with file.open("rb") as stream:
        beginning = stream.read(_BEGINNING_BYTES)
    text = beginning.decode("utf-8-sig", "replace").lstrip()
    if not text:
        return "nothing"
    if _TAGGED.match(text) or json_message(text) is not None or text[:6].lower() == "error:":
        return describe_answer(beginning)
    return None
