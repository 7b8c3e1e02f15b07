"""Who is answered by the UI: a browser that was given this start's token, on a page of this address itself.

Three things get a request refused, each by itself. Its `Host` is not an address that the UI listens on: a name that a
stranger's server points at this machine (DNS rebinding). It comes from a page of another address (`Origin`,
`Sec-Fetch-Site`), so that no other page in the same browser can start, stop or wipe anything. It has no token: another user
of the machine. Beside these, GraphQL is never asked by GET, since an image's address is a GET.

Belongs here: these rules, as an ASGI middleware that knows nothing of Dagster. Does not belong here: starting servers
(server.py). Source: OWASP, Cross-Site Request Forgery Prevention; W3C, Fetch Metadata Request Headers.
"""

import hmac
import secrets
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
AsgiApplication = Callable[[Scope, Receive, Send], Awaitable[None]]

#: The variables by which the command tells the web server's process: the token, and the addresses, separated by spaces.
TOKEN_VARIABLE = "WAVEHOUSE_UI_TOKEN"
ADDRESSES_VARIABLE = "WAVEHOUSE_UI_ADDRESSES"
#: The name of the token in the address that is printed.
TOKEN_PARAMETER = "token"
#: `Sec-Fetch-Site` of requests by this address's own pages, and by a person who types an address or opens a bookmark.
_OWN_SITES = frozenset({"same-origin", "none"})
#: No other page shows this one in a frame, or reads what it is given.
_HEADERS = (
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
)


@dataclass(frozen=True)
class Refusal:
    """Why a request is not answered: the HTTP status, and one line for the person at the browser."""

    status: int
    message: str


def new_token() -> str:
    """A token of one start of the UI: 32 random bytes, as text for an address."""
    return secrets.token_urlsafe(32)


class RequestGuard:
    """An ASGI application that answers for another one where the request may be answered.

    app: the guarded application. addresses: the UI's own, as in `http://127.0.0.1:3000`; a request for another host is
    refused. token: what a browser has to be given once, by an address with `?token=`, and keeps as a cookie; a program, or a
    reverse proxy that has checked who asks, sends it as `Authorization: Bearer`."""

    def __init__(self, app: AsgiApplication, addresses: Sequence[str], token: str) -> None:
        self._app = app
        self._hosts = frozenset(urlsplit(address).netloc.lower() for address in addresses)
        self._origins = frozenset(address.lower().rstrip("/") for address in addresses)
        self._token = token
        # Cookies of a host are shared by its ports: two UIs on one machine keep one each.
        self._cookie = f"wavehouse_ui_{urlsplit(addresses[0]).port or 0}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers for the guarded application, or refuses; what is no request (the server's start and end) passes."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        if refusal := self.refusal(scope, headers):
            await _refuse(scope, send, refusal)
        elif location := self._without_token(scope):
            await _redirect(send, location, f"{self._cookie}={self._token}; HttpOnly; SameSite=Strict; Path=/")
        else:
            await self._app(scope, receive, _with_headers(send))

    def refusal(self, scope: Scope, headers: Mapping[str, str]) -> Refusal | None:
        """Why this request is not answered; None if it is. headers: by name in small letters."""
        host = headers.get("host", "")
        if host.lower() not in self._hosts:
            return Refusal(
                421, f"this server answers for {' and '.join(sorted(self._hosts))} only, not for {host or 'no host'}"
            )
        origin, site = headers.get("origin", ""), headers.get("sec-fetch-site", "")
        if (origin and origin.lower() not in self._origins) or (site and site not in _OWN_SITES):
            return Refusal(403, "a page of another address asked for this; open the address that `wavehouse ui` printed")
        if not self._has_token(scope, headers):
            return Refusal(401, "open the address with ?token= that `wavehouse ui` printed when it started")
        if scope.get("method") == "GET" and scope["path"].endswith("/graphql") and b"query=" in scope["query_string"]:
            return Refusal(405, "GraphQL is asked by POST")
        return None

    def _has_token(self, scope: Scope, headers: Mapping[str, str]) -> bool:
        tokens = [value for name, value in _parameters(scope) if name == TOKEN_PARAMETER and scope.get("method") == "GET"]
        kind, _, credentials = headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer":
            tokens.append(credentials.strip())
        try:
            cookies = SimpleCookie(headers.get("cookie", ""))
        except CookieError:
            cookies = SimpleCookie()
        if self._cookie in cookies:
            tokens.append(cookies[self._cookie].value)
        return any(hmac.compare_digest(value.encode(), self._token.encode()) for value in tokens)

    def _without_token(self, scope: Scope) -> str | None:
        """The same address without the token, so that it is in no history or bookmark; None if there is none in it."""
        parameters = _parameters(scope)
        page_parameters = [(name, value) for name, value in parameters if name != TOKEN_PARAMETER]
        if scope["type"] != "http" or scope["method"] != "GET" or len(page_parameters) == len(parameters):
            return None
        # A path of two slashes would be another host's.
        path = "/" + str(scope["path"]).lstrip("/\\")
        return path + (f"?{urlencode(page_parameters)}" if page_parameters else "")


def _parameters(scope: Scope) -> list[tuple[str, str]]:
    return parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)


async def _refuse(scope: Scope, send: Send, refusal: Refusal) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008, "reason": refusal.message})
        return
    body = f"wavehouse: {refusal.message}\n".encode()
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode()), *_HEADERS]
    await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
    await send({"type": "http.response.body", "body": body if scope["method"] != "HEAD" else b""})


async def _redirect(send: Send, location: str, cookie: str) -> None:
    headers = [(b"location", location.encode()), (b"set-cookie", cookie.encode()), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": 303, "headers": [*headers, (b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})


def _with_headers(send: Send) -> Send:
    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", ()), *_HEADERS]
        await send(message)

    return send_with_headers
