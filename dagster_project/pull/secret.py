"""The token or password of a source: read from the environment, sent to its service, and in no message.

Belongs here: reading it, and taking it out of texts. Does not belong here: sending it (each service's own module).
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, quote_plus

from dagster_project.pull.errors import PullError
from dagster_project.study import ServiceSource

_HIDDEN = "***"
#: A shorter text is no secret, and would be taken out of every word.
_MIN_LENGTH = 4


@dataclass
class Secret:
    """A token or password. variable: the environment variable that it was read from. It shows itself nowhere."""

    variable: str
    _texts: list[str] = field(repr=False)

    def reveal(self) -> str:
        """The secret itself, to be sent to its service and nowhere else."""
        return self._texts[0]

    def also_hide(self, text: str) -> None:
        """Treat a further text as secret: the key of a session."""
        self._texts.append(text)

    def without_it(self, text: str) -> str:
        """A text in which the secret does not occur, however it is written."""
        for secret in sorted({form for text in self._texts for form in _forms(text)}, key=len, reverse=True):
            if len(secret) >= _MIN_LENGTH:
                text = text.replace(secret, _HIDDEN)
        return text


def read_secret(service: ServiceSource, environment: Mapping[str, str]) -> Secret | None:
    """The secret of a source, from the variable that it names; None if it names none. Raises PullError without its value."""
    variable = service.secret_variable
    if variable is None:
        return None
    text = environment.get(variable, "")
    if not text.strip():
        raise PullError(f"the environment variable {variable} is not set; put {_kind(service)} of {service.title} into it")
    if text != text.strip() or not text.isprintable():
        raise PullError(
            f"the environment variable {variable} begins or ends with a blank, or holds a line break; set it without"
        )
    if _kind(service) == "the token" and not text.isascii():
        raise PullError(f"the environment variable {variable} holds letters that no token has; copy the token again")
    return Secret(variable, [text])


def _kind(service: ServiceSource) -> str:
    return "the token" if hasattr(service, "token_variable") else "the password"


def _forms(text: str) -> tuple[str, ...]:
    """How a text may be written in an address, a header or JSON."""
    return text, quote(text, safe=""), quote_plus(text), json.dumps(text)[1:-1], base64.b64encode(text.encode()).decode()
