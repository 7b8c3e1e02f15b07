"""A server on this machine that speaks the documented protocols of REDCap, ODK Central, KoboToolbox, LimeSurvey and Qualtrics.

It gives out one export each, and keeps to its service's rules: who may ask, how, and in which order. A test can have it
answer anything else instead (`instead`).
"""

import base64
import http.server
import io
import json
import socket
import sys
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

SECRET = "Tok3n-of-the-service"
USER = "manager@example.org"
_SESSION = "s3ss10n!key$OfTheService"


@dataclass
class Asked:
    """A request as it arrived."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        return {key: values[0] for key, values in parse_qs(self.body.decode()).items()}

    @property
    def carries_secret(self) -> bool:
        everything = f"{self.path} {self.query} {self.headers} {self.body!r}"
        return SECRET in everything or _SESSION in everything


@dataclass
class Answer:
    """An answer. cut_at: how many bytes are sent of it before the connection is closed. silent_after: the same, and then
    nothing happens. is_chunked: without a length."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    cut_at: int | None = None
    silent_after: int | None = None
    is_chunked: bool = False


Answering = Callable[[Asked], Answer | None]


def as_json(content: object, status: int = 200) -> Answer:
    return Answer(status, json.dumps(content).encode(), {"Content-Type": "application/json"})


def page(title: str, status: int = 200) -> Answer:
    text = f"\n<!DOCTYPE html>\n<html><head><title>{title}</title></head><body>{SECRET}</body></html>"
    return Answer(status, text.encode(), {"Content-Type": "text/html"})


@dataclass
class SurveyServer:
    """content: the export that each service gives out. asked: every request. instead: answers that come before the
    service's own; the first that is not None is sent. polls: how often an export is still being made."""

    url: str
    content: bytes = b""
    asked: list[Asked] = field(default_factory=list)
    instead: list[Answering] = field(default_factory=list)
    polls: int = 2
    still_polled: int = 0
    sessions: int = 0
    released: threading.Event = field(default_factory=threading.Event)

    def answer(self, asked: Asked) -> Answer:
        self.asked.append(asked)
        for answering in self.instead:
            if (answer := answering(asked)) is not None:
                return answer
        for prefix, service in (
            ("/redcap/api/", self._redcap), ("/v1/", self._odk), ("/api/v2/", self._kobo), ("/private-media/", self._kobo_file),
            ("/index.php/admin/remotecontrol", self._limesurvey), ("/API/v3/", self._qualtrics),
        ):  # fmt: skip
            if asked.path.startswith(prefix):
                return service(asked)
        return page("404 Not Found", 404)

    def once(self, answer: Answer, path: str = "", method: str = "") -> None:
        """The next request whose path ends like this gets this answer."""
        answers = [answer]

        def answering(asked: Asked) -> Answer | None:
            is_meant = asked.path.endswith(path) and asked.method.startswith(method)
            return answers.pop() if answers and is_meant else None

        self.instead.append(answering)

    def always(self, answer: Answer, path: str = "", method: str = "") -> None:
        self.instead.append(lambda asked: answer if asked.path.endswith(path) and asked.method.startswith(method) else None)

    def _redcap(self, asked: Asked) -> Answer:
        form = asked.form
        if form.get("token") != SECRET:
            return as_json({"error": "You do not have permissions to use the API"}, 403)
        expected = {"format": "csv", "rawOrLabel": "raw", "rawOrLabelHeaders": "raw", "returnFormat": "json"}
        if expected.items() - form.items() or form.get("content") not in ("record", "report"):
            return as_json({"error": 'The value of the parameter "content" is not valid'}, 400)
        if form.get("events[0]") == "gone_arm_1":
            return as_json({"error": "The following values in the parameter \"events\" are not valid: 'gone_arm_1'"}, 400)
        return Answer(200, self.content, {"Content-Type": "text/csv; charset=utf-8"})

    def _odk(self, asked: Asked) -> Answer:
        if (asked.method, asked.path) == ("POST", "/v1/sessions"):
            if json.loads(asked.body) != {"email": USER, "password": SECRET}:
                return as_json({"message": "Could not authenticate with the provided credentials.", "code": 401.2}, 401)
            self.sessions += 1
            return as_json(
                {"token": _SESSION, "createdAt": "2026-01-01T00:00:00.000Z", "expiresAt": "2026-01-02T00:00:00.000Z"}
            )
        if asked.headers.get("authorization") != f"Bearer {_SESSION}":
            return as_json({"message": "The resource does not exist, or you do not have access.", "code": 403.1}, 403)
        if (asked.method, asked.path) == ("DELETE", "/v1/sessions/current"):
            self.sessions -= 1
            return as_json({"success": True})
        if (asked.method, asked.path) == ("GET", "/v1/projects/7/forms/base line/submissions.csv"):
            return Answer(200, self.content, {"Content-Type": "text/csv"}, is_chunked=True)
        return as_json({"message": "Could not find the resource you were looking for.", "code": 404.1}, 404)

    def _kobo(self, asked: Asked) -> Answer:
        if asked.headers.get("authorization") != f"Token {SECRET}":
            return as_json({"detail": "Invalid token."}, 401)
        exports = "/api/v2/assets/aXyZ123/exports/"
        if (asked.method, asked.path) == ("POST", exports):
            required = {"fields_from_all_versions", "group_sep", "hierarchy_in_labels", "lang", "multiple_select", "type"}
            if set(json.loads(asked.body)) != required:
                return as_json({"data": "Must contain all the following required keys"}, 400)
            self.still_polled = self.polls
            return as_json({"uid": "eExport1", "status": "processing", "url": f"{self.url}{exports}eExport1/"}, 201)
        if (asked.method, asked.path) == ("GET", exports + "eExport1/"):
            if self.still_polled:
                self.still_polled -= 1
                return as_json({"uid": "eExport1", "status": "processing", "result": None, "messages": {}})
            result = f"{self.url}/private-media/manager/exports/small.csv"
            return as_json({"uid": "eExport1", "status": "complete", "result": result, "messages": {}})
        if (asked.method, asked.path) == ("DELETE", exports + "eExport1/"):
            return Answer(204)
        return as_json({"detail": "Not found."}, 404)

    def _kobo_file(self, asked: Asked) -> Answer:
        if asked.headers.get("authorization") != f"Token {SECRET}":
            return page("Forbidden", 403)
        return Answer(200, self.content, {"Content-Type": "text/csv"})

    def _limesurvey(self, asked: Asked) -> Answer:
        call = json.loads(asked.body)
        method, parameters = call["method"], call["params"]
        result: object
        if method == "get_session_key":
            is_known = parameters[:2] == [USER, SECRET]
            result = _SESSION if is_known else {"status": "Invalid user name or password"}
            self.sessions += is_known
        elif parameters[0] != _SESSION:
            result = {"status": "Invalid session key"}
        elif method == "release_session_key":
            self.sessions -= 1
            result = "OK"
        elif method == "export_responses" and parameters[2:] == ["csv", None, "all", "code", "short"]:
            result = base64.b64encode(self.content).decode() if parameters[1] == 123456 else {"status": "No permission"}
        else:
            result = {"status": "Faulty parameters"}
        return as_json({"id": call["id"], "result": result, "error": None})

    def _qualtrics(self, asked: Asked) -> Answer:
        meta = {"httpStatus": "200 - OK", "requestId": "1"}
        if asked.headers.get("x-api-token") != SECRET:
            error = {"errorMessage": "Unrecognized X-API-TOKEN.", "errorCode": "AUTH_6"}
            return as_json({"meta": {"httpStatus": "401 - Unauthorized", "error": error}}, 401)
        exports = "/API/v3/surveys/SV_1/export-responses"
        if (asked.method, asked.path) == ("POST", exports) and json.loads(asked.body).get("format") == "csv":
            self.still_polled = self.polls
            result = {"progressId": "ES_1", "percentComplete": 0.0, "status": "inProgress"}
            return as_json({"result": result, "meta": meta})
        if (asked.method, asked.path) == ("GET", exports + "/ES_1"):
            if self.still_polled:
                self.still_polled -= 1
                return as_json({"result": {"percentComplete": 50.0, "status": "inProgress"}, "meta": meta})
            result = {"percentComplete": 100.0, "status": "complete", "fileId": "1dc4c492-fbb6-4713-a7ba-bae9b988a965-def"}
            return as_json({"result": result, "meta": meta})
        if asked.path == exports + "/1dc4c492-fbb6-4713-a7ba-bae9b988a965-def/file":
            return Answer(200, archive({"A survey.csv": self.content}), {"Content-Type": "application/zip"})
        error = {"errorMessage": "The requested resource does not exist.", "errorCode": "RDR_3"}
        return as_json({"meta": {"httpStatus": "404 - Not Found", "error": error}}, 404)


def archive(files: dict[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, data in files.items():
            zipped.writestr(name, data)
    return content.getvalue()


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    survey_server: SurveyServer

    def _handle(self) -> None:
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): text for name, text in self.headers.items()}
        answer = self.survey_server.answer(Asked(self.command, unquote(parts.path), parse_qs(parts.query), headers, body))
        self.send_response(answer.status)
        for name, text in answer.headers.items():
            self.send_header(name, text)
        if answer.is_chunked:
            self.send_header("Transfer-Encoding", "chunked")
        elif answer.status != 204:
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        sent = answer.body[: next((n for n in (answer.cut_at, answer.silent_after) if n is not None), None)]
        if answer.is_chunked:
            for start in range(0, len(sent), 50):
                chunk = sent[start : start + 50]
                self.wfile.write(f"{len(chunk):x}\r\n".encode() + chunk + b"\r\n")
            if answer.cut_at is None:
                self.wfile.write(b"0\r\n\r\n")
        else:
            self.wfile.write(sent)
        self.wfile.flush()
        if answer.silent_after is not None:
            self.survey_server.released.wait(10)
        if answer.cut_at is not None or answer.silent_after is not None:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)

    do_GET = do_POST = do_DELETE = _handle

    def log_message(self, format: str, *arguments: object) -> None:
        pass


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Whoever asked has gone away: what those do who have read enough."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


@contextmanager
def survey_server() -> Iterator[SurveyServer]:
    """A server on a port of its own."""
    handler = type("Handler", (_Handler,), {})
    server = _Server(("127.0.0.1", 0), handler)
    handler.survey_server = SurveyServer(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield handler.survey_server
    finally:
        handler.survey_server.released.set()
        server.shutdown()
        server.server_close()
