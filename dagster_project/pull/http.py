"""Talking to a service over HTTP: what is sent where, how long is waited, and what an answer that is none says.

Belongs here: the rules that hold for every service: https, redirects, time, size, retries. Does not belong here: what a
service is asked (each has its own module), whether a file is an export (acceptance.py).
"""

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from requests.auth import AuthBase

from dagster_project.exports.errors import plain
from dagster_project.pull.answers import describe_answer
from dagster_project.pull.errors import PullError
from dagster_project.study import ServiceSource, is_safe_address

_BLOCK_BYTES = 1 << 16
_MAX_REDIRECTS = 5
_REDIRECTS = (301, 302, 303, 307, 308)
_SAME_METHOD = (307, 308)
_BUSY = (429, 503)
#: How much of an answer that is an error is read, to say what it says.
_ERROR_BYTES = 1 << 14


@dataclass(frozen=True)
class Limits:
    """How long and how much. read_seconds: between two parts of an answer. total_seconds: for one export, waits included.
    busy_seconds: for all waits together that a busy service asks for. poll_seconds: between two looks at an export that
    the service is still making, at first and at most."""

    connect_seconds: float = 20
    read_seconds: float = 300
    total_seconds: float = 3600
    max_bytes: int = 2 << 30
    busy_retries: int = 5
    busy_seconds: float = 300
    poll_seconds: tuple[float, float] = (1, 15)


class _OwnHeaders(AuthBase):
    """The headers stay as they are: otherwise a .netrc file would replace the token by its own password."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request


@dataclass
class WebService:
    """A service to ask. token_headers go to its own address only, never to where an answer redirects."""

    source: ServiceSource
    url: str
    limits: Limits = field(default_factory=Limits)
    token_headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        self._deadline = time.monotonic() + self.limits.total_seconds
        self._waited_seconds = 0.0
        self._session = requests.Session()
        self._session.auth = _OwnHeaders()
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        # Proxies and certificates of the environment hold for the network; this machine itself is asked directly.
        self._session.trust_env = urlsplit(self.url).scheme == "https"
        # What is saved is what was sent, byte by byte.
        self._session.headers.update({"Accept-Encoding": "identity", "User-Agent": "wavehouse"})

    @property
    def title(self) -> str:
        """What messages call it."""
        return f"{self.source.title} ({self.source.host})"

    def json(self, method: str, path: str, **content: Any) -> Any:
        """The answer to a request, read as JSON."""
        text = b"".join(self._blocks(method, path, self.limits.max_bytes, **content))
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            raise PullError(f"{self.title} answers with {describe_answer(text)}, not with JSON; check url") from None

    def save(self, method: str, path: str, target: Path, **content: Any) -> None:
        """Write the answer to a request to a file, byte by byte."""
        with target.open("wb") as file:
            for block in self._blocks(method, path, self.limits.max_bytes, **content):
                file.write(block)

    def try_to(self, method: str, path: str, **content: Any) -> None:
        """A request that tidies up: whether it succeeds matters to nobody."""
        with suppress(PullError):
            for _ in self._blocks(method, path, _ERROR_BYTES, **content):
                pass

    def polls(self) -> Iterator[None]:
        """Turns of looking at an export that the service is making, with longer and longer waits. Ends with PullError."""
        seconds, most_seconds = self.limits.poll_seconds
        while True:
            yield
            self._wait(seconds)
            seconds = min(seconds * 1.5, most_seconds)

    def _blocks(self, method: str, path: str, max_bytes: int, **content: Any) -> Iterator[bytes]:
        size = 0
        with self._one_line(), self._answer(method, self._address(path), content) as response:
            self._refuse_compressed(response)
            for block in response.iter_content(_BLOCK_BYTES):
                size += len(block)
                if size > max_bytes:
                    raise PullError(f"{self.title} sends more than {max_bytes:,} bytes; ask for less of it")
                self._check_time()
                yield block

    def _refuse_compressed(self, response: requests.Response) -> None:
        """Of a compressed answer that ends too early nobody is told; it was asked for plain."""
        encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
        if encoding not in ("", "identity"):
            raise PullError(
                f"{self.title} sends its answer compressed ({plain(encoding)}), though asked not to; tell them there"
            )

    def _address(self, path: str) -> str:
        return urljoin(self.url + "/", path) if path else self.url

    @contextmanager
    def _answer(self, method: str, url: str, content: Mapping[str, Any]) -> Iterator[requests.Response]:
        """The answer to a request, wherever it redirects. Raises PullError for an answer that is none."""
        for _ in range(_MAX_REDIRECTS + 1):
            response = self._ask_until_free(method, url, content)
            with response:
                if response.status_code not in _REDIRECTS:
                    if not response.ok:
                        raise self._refusal(response)
                    yield response
                    return
                url = self._redirected(method, url, response)
        raise PullError(f"{self.title} redirects more than {_MAX_REDIRECTS} times; check url")

    def _redirected(self, method: str, url: str, response: requests.Response) -> str:
        """Where an answer redirects to. A body, which may hold a token, is sent again to the service's own address only."""
        target = urljoin(url, response.headers.get("Location", ""))
        shown_host = plain(urlsplit(target).netloc.rpartition("@")[2])
        is_repeatable = method == "GET" or (self._is_own(target) and response.status_code in _SAME_METHOD)
        if not is_repeatable or "Location" not in response.headers:
            raise PullError(f"{self.title} answers that it has moved to {shown_host}; correct url")
        if not is_safe_address(target):
            raise PullError(f"{self.title} redirects to {shown_host} without https; nothing is fetched from there")
        return target

    def _is_own(self, url: str) -> bool:
        return _origin(url) == _origin(self.url)

    def _ask_until_free(self, method: str, url: str, content: Mapping[str, Any]) -> requests.Response:
        """The first answer that is not "too busy", asked for as often and as long as the limits allow."""
        for attempt in range(self.limits.busy_retries + 1):
            self._check_time()
            response = self._ask(method, url, content)
            if response.status_code not in _BUSY or attempt == self.limits.busy_retries:
                return response
            seconds = _seconds_to_wait(response.headers.get("Retry-After"), attempt)
            response.close()
            self._waited_seconds += seconds
            if self._waited_seconds > self.limits.busy_seconds:
                raise PullError(
                    f"{self.title} is busy ({response.status_code}) and asks to wait {seconds:.0f} s; pull again later"
                )
            self._wait(seconds)
        raise AssertionError("unreachable")

    def _ask(self, method: str, url: str, content: Mapping[str, Any]) -> requests.Response:
        if not is_safe_address(url):
            raise PullError(f"{self.title} names an address without https; nothing is fetched from there")
        headers = dict(self.token_headers) if self._is_own(url) else {}
        return self._session.request(
            method,
            url,
            headers=headers,
            allow_redirects=False,
            stream=True,
            timeout=(self.limits.connect_seconds, self.limits.read_seconds),
            **content,
        )

    def _refusal(self, response: requests.Response) -> PullError:
        reason = describe_answer(response.raw.read(_ERROR_BYTES, decode_content=True) or b"")
        code, variable = response.status_code, self.source.secret_variable
        if code in (401, 403):
            return PullError(
                f"{self.title} does not accept what {variable} holds, or does not allow this export ({code}: {reason});"
                " check both there"
            )
        if code == 404:
            return PullError(f"{self.title} knows nothing of this name (404: {reason}); check url and what is asked for")
        if code in _BUSY:
            return PullError(
                f"{self.title} is busy ({code}: {reason}) after {self.limits.busy_retries} more tries; pull later"
            )
        return PullError(f"{self.title} answers with an error ({code}: {reason}); see what it says, or pull again later")

    def _wait(self, seconds: float) -> None:
        if time.monotonic() + seconds > self._deadline:
            raise self._too_late()
        time.sleep(seconds)

    def _check_time(self) -> None:
        if time.monotonic() > self._deadline:
            raise self._too_late()

    def _too_late(self) -> PullError:
        return PullError(
            f"{self.title} is not done after {self.limits.total_seconds:g} s; pull again later, or ask for less"
        )

    @contextmanager
    def _one_line(self) -> Iterator[None]:
        """Errors of the network as one line, without what was sent."""
        try:
            yield
        except PullError:
            raise
        except requests.exceptions.SSLError:
            raise PullError(
                f"{self.title} cannot prove that it is that server (its certificate is not valid here); check url"
            ) from None
        except requests.exceptions.Timeout:
            raise PullError(f"{self.title} does not answer in time; pull again later") from None
        except requests.exceptions.ConnectionError as error:
            # A silence in the middle of an answer comes as one of these, too.
            if "Read timed out" in str(error):
                raise PullError(f"{self.title} stopped in the middle of its answer; pull again later") from None
            raise PullError(f"{self.title} cannot be reached; check url and the network") from None
        except requests.exceptions.ChunkedEncodingError:
            raise PullError(f"{self.title} broke off in the middle of its answer; pull again") from None
        except requests.exceptions.RequestException as error:
            raise PullError(f"{self.title} cannot be asked ({type(error).__name__}); check url") from None
        except ValueError:
            raise PullError(f"{self.title} names an address that is none; check url") from None


def _origin(url: str) -> tuple[str, str | None, int]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)


def _seconds_to_wait(retry_after: str | None, attempt: int) -> float:
    """What a busy service asks for, in seconds or until a moment; without that longer and longer."""
    if retry_after is not None:
        if retry_after.strip().isdecimal():
            return float(retry_after)
        with suppress(ValueError):
            moment = parsedate_to_datetime(retry_after)
            moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
            return max(0.0, (moment - datetime.now(UTC)).total_seconds())
    return float(2**attempt)
