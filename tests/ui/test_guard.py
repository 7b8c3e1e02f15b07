"""Whose requests the UI answers: each rule alone, over the whole of ASGI's messages, and that nothing else reaches the server."""

import asyncio
import contextlib
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from dagster_project.ui import RequestGuard, new_token

TOKEN = "a-token-of-this-start-and-of-no-other"
ADDRESSES = ("http://127.0.0.1:3000", "http://localhost:3000", "https://warehouse.example.org")
OWN = {"host": "127.0.0.1:3000", "authorization": f"Bearer {TOKEN}"}
OPEN_PRINTED = "open the address with ?token= that `wavehouse ui` printed when it started"
OTHER_PAGE = "a page of another address asked for this; open the address that `wavehouse ui` printed"
OTHER_HOST = "this server answers for 127.0.0.1:3000 and localhost:3000 and warehouse.example.org only, not for "


class _Behind:
    """The guarded application: it says who reached it."""

    def __init__(self) -> None:
        self.reached: list[str] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.reached.append(scope["type"])
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
            await send({"type": "http.response.body", "body": b"rows"})


def _answer(headers: dict[str, str], path: str = "/runs", query: str = "", method: str = "GET", kind: str = "http") -> Any:
    """What the server sends, and what reached the application behind."""
    behind, messages = _Behind(), []
    scope = {"type": kind, "path": path, "query_string": query.encode()} | ({"method": method} if kind == "http" else {})
    scope["headers"] = [(name.encode(), value.encode()) for name, value in headers.items()]

    async def send(message: Any) -> None:
        messages.append(message)

    async def receive() -> Any:
        raise AssertionError("a request's body is read by the application behind alone")

    asyncio.run(RequestGuard(behind, ADDRESSES, TOKEN)(scope, receive, send))
    return messages, behind.reached


@pytest.mark.parametrize(
    ("headers", "status", "message"),
    [
        ({"host": "evil.example"}, 421, OTHER_HOST + "evil.example"),
        ({"host": "127.0.0.1:3001"}, 421, OTHER_HOST + "127.0.0.1:3001"),
        ({"host": "127.0.0.1:3000.evil.example"}, 421, OTHER_HOST + "127.0.0.1:3000.evil.example"),
        ({"host": ""}, 421, OTHER_HOST + "no host"),
        ({"origin": "http://evil.example"}, 403, OTHER_PAGE),
        ({"origin": "null"}, 403, OTHER_PAGE),
        ({"origin": "https://127.0.0.1:3000"}, 403, OTHER_PAGE),
        ({"sec-fetch-site": "cross-site"}, 403, OTHER_PAGE),
        ({"sec-fetch-site": "same-site"}, 403, OTHER_PAGE),
        ({"authorization": ""}, 401, OPEN_PRINTED),
        ({"authorization": "Bearer another"}, 401, OPEN_PRINTED),
        ({"authorization": f"Basic {TOKEN}"}, 401, OPEN_PRINTED),
        ({"authorization": "", "cookie": f"wavehouse_ui_3001={TOKEN}"}, 401, OPEN_PRINTED),
        ({"authorization": "", "cookie": "wavehouse_ui_3000=é; \x00"}, 401, OPEN_PRINTED),
    ],
)
def test_each_rule_refuses_by_itself(headers: dict[str, str], status: int, message: str) -> None:
    messages, reached = _answer(OWN | headers, method="POST", path="/graphql")
    assert reached == []
    assert [part.get("status") for part in messages] == [status, None]
    assert messages[1]["body"].decode() == f"wavehouse: {message}\n"
    closed, reached = _answer(OWN | headers, path="/graphql", kind="websocket")
    assert (closed, reached) == ([{"type": "websocket.close", "code": 1008, "reason": message}], [])


def test_graphql_is_not_asked_by_get() -> None:
    messages, reached = _answer(OWN, path="/graphql", query="query=mutation{wipeAssets}")
    assert (messages[0]["status"], messages[1]["body"], reached) == (405, b"wavehouse: GraphQL is asked by POST\n", [])


@pytest.mark.parametrize("host", ["127.0.0.1:3000", "localhost:3000", "LOCALHOST:3000", "warehouse.example.org"])
@pytest.mark.parametrize("site", ["none", "same-origin"])
def test_pages_of_its_own_are_answered(host: str, site: str) -> None:
    scheme = "https" if host.endswith("org") else "http"
    own = {"host": host, "origin": f"{scheme}://{host}", "sec-fetch-site": site, "cookie": f"a=b; wavehouse_ui_3000={TOKEN}"}
    messages, reached = _answer(own, method="POST", path="/graphql")
    assert (messages[0]["status"], reached) == (200, ["http"])
    assert dict(messages[0]["headers"])[b"x-frame-options"] == b"DENY"
    assert _answer(own, path="/graphql", kind="websocket") == ([], ["websocket"])
    assert _answer({}, kind="lifespan") == ([], ["lifespan"])


def test_the_printed_address_gives_the_browser_a_cookie_and_leaves_no_token_in_it() -> None:
    messages, reached = _answer({"host": "localhost:3000"}, query=f"view=a%26b&token={TOKEN}")
    headers = dict(messages[0]["headers"])
    assert (messages[0]["status"], headers[b"location"], reached) == (303, b"/runs?view=a%26b", [])
    assert headers[b"set-cookie"].decode() == f"wavehouse_ui_3000={TOKEN}; HttpOnly; SameSite=Strict; Path=/"
    elsewhere, _ = _answer({"host": "localhost:3000"}, path="//evil.example/", query=f"token={TOKEN}")
    assert dict(elsewhere[0]["headers"])[b"location"] == b"/evil.example/"
    wrong, _ = _answer({"host": "localhost:3000"}, query="token=another")
    assert wrong[0]["status"] == 401
    posted, reached = _answer({"host": "localhost:3000"}, query=f"token={TOKEN}", method="POST")
    assert (posted[0]["status"], reached) == (401, [])


def test_every_start_has_a_token_of_its_own() -> None:
    tokens = {new_token() for _ in range(100)}
    assert len(tokens) == 100
    assert min(len(token) for token in tokens) >= 43


#: A page of a stranger: an image, a post, a script's request and a socket to the UI, each with the browser's cookies. It is
#: loaded when all have an outcome: its own image waits for the report.
STRANGER = """<!doctype html><title>waiting</title><img src="/when-reported"><script>
(async () => {
  const outcomes = [], at = "127.0.0.1:PORT";
  const attempt = async (name, promise) => outcomes.push(name + await promise.then(() => " answered", () => " refused"));
  const image = new Image();
  await attempt("image", new Promise((yes, no) => { image.onload = yes; image.onerror = no; image.src = `http://${at}/image`; }));
  await attempt("post", fetch(`http://${at}/graphql`, {method: "POST", mode: "no-cors", credentials: "include", body: "{}"}));
  await attempt("script", fetch(`http://${at}/rows`, {credentials: "include"}));
  await attempt("socket", new Promise((yes, no) => {
    const socket = new WebSocket(`ws://${at}/graphql`); socket.onopen = yes; socket.onerror = no; }));
  document.title = outcomes.join(", ");
  await fetch("/report");
})();
</script>"""
BROWSER = shutil.which("chromium") or shutil.which("google-chrome")


class _Stranger:
    """The server of a stranger's page, on another port of the same machine: the browser sends it the same cookies."""

    def __init__(self, target: int) -> None:
        self._page, self._reported = STRANGER.replace("PORT", str(target)).encode(), asyncio.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["path"] == "/report":
            self._reported.set()
        elif scope["path"] == "/when-reported":
            await self._reported.wait()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/html")]})
        await send({"type": "http.response.body", "body": self._page if scope["path"] == "/" else b""})


@contextlib.contextmanager
def _serving(app: Any) -> Iterator[uvicorn.Server]:
    """An application on a free port of this machine, with uvicorn as Dagster uses it."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, lifespan="off", log_level="critical"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield server
    server.should_exit = True
    thread.join()


def _port(server: uvicorn.Server) -> int:
    return int(server.servers[0].sockets[0].getsockname()[1])


@pytest.mark.slow
@pytest.mark.skipif(BROWSER is None, reason="there is no Chromium on this machine")
def test_a_strangers_page_in_the_same_browser_reaches_nothing(tmp_path: Path) -> None:
    behind = _Behind()
    with _serving(behind) as server:
        port = _port(server)
        server.config.loaded_app = RequestGuard(behind, [f"http://127.0.0.1:{port}"], TOKEN)
        own = _browse(f"http://127.0.0.1:{port}/rows?token={TOKEN}", tmp_path)
        assert ("rows" in own, behind.reached.count("http") > 0) == (True, True)
        behind.reached.clear()
        with _serving(_Stranger(port)) as other:
            page = _browse(f"http://127.0.0.1:{_port(other)}/", tmp_path)
        assert "<title>image refused, post refused, script refused, socket refused</title>" in page
        assert behind.reached == []


def _browse(address: str, folder: Path) -> str:
    """What a browser shows at this address once it is loaded; its cookies stay in the folder."""
    command = [str(BROWSER), "--headless", "--no-sandbox", f"--user-data-dir={folder / 'profile'}", "--dump-dom", address]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout
