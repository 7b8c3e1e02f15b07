"""Telling people that a run failed: a chat's webhook or an e-mail.

Belongs here: the words and the sending. Does not belong here: when (due.py).
"""

import json
import re
import smtplib
import urllib.request
from dataclasses import dataclass
from email.message import EmailMessage
from urllib.parse import urlsplit

from dagster_project.terminal import printable

#: What begins a link or a call in a chat: <url|words>, [words](url), an address, @channel.
_LINKS = re.compile(r"<(?=\S)|\](?=\()|:(?=//)|@(?=\w)|\bwww(?=\.)", re.ASCII)
_TIMEOUT_SECONDS = 20
_THIS_MACHINE = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True)
class Notice:
    """A run that failed, one line a failed step, and what it left of the release in words."""

    study: str
    run_id: str
    reasons: tuple[str, ...]
    state: str

    @property
    def title(self) -> str:
        return printable(f"Wavehouse: a run of {self.study} failed; {self.state}")

    @property
    def text(self) -> str:
        return "\n".join([self.title, *(f"- {printable(reason)}" for reason in self.reasons), f"run {self.run_id}"])


def _without_links(text: str) -> str:
    """A text in which a chat finds no link and nobody to call: names of files and columns are anybody's."""
    return _LINKS.sub(lambda match: f"{match[0][0]}\N{WORD JOINER}{match[0][1:]}", text)


def send_notice(target: str, smtp: str, notice: Notice) -> None:
    """Send a notice to `https://…` (a webhook that takes {"text": …}, as chats do; `http://…` of this machine alone) or to
    `mailto:somebody@example.org`.

    smtp: host or host:port of the mail server. Raises ValueError for a target of another kind, OSError when nobody answers.
    """
    if target.startswith("http://") and urlsplit(target).hostname not in _THIS_MACHINE:
        raise ValueError(
            f"WAVEHOUSE_NOTIFY: {target!r} would send notices over the network unencrypted; write https://, or http:// of"
            " this machine (localhost)"
        )
    if target.startswith(("https://", "http://")):
        body = json.dumps({"text": _without_links(notice.text)}).encode()
        request = urllib.request.Request(target, body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS):
            return
    if not target.startswith("mailto:"):
        raise ValueError(
            f"WAVEHOUSE_NOTIFY: {target!r} is neither a web address nor mailto:somebody@example.org; correct it"
        )
    address = target.removeprefix("mailto:")
    message = EmailMessage()
    message["Subject"], message["To"], message["From"] = notice.title, address, address
    message.set_content(notice.text)
    host, _, port = smtp.partition(":")
    with smtplib.SMTP(host, int(port or 25), timeout=_TIMEOUT_SECONDS) as server:
        server.send_message(message)
