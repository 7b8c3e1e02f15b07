"""What a network and a service do wrong: the last file stays as it was, and one line says why."""

import gzip
import socket
import time
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest
import requests
from survey_services import SECRET, Answer, SurveyServer, as_json, page, survey_server

from dagster_project.pull.http import WebService
from dagster_project.study import read_study


@pytest.fixture
def pulling(study_of: Any) -> Any:
    """A study that has pulled once from REDCap; the next answer has one more person."""
    made = study_of("redcap_api")
    assert made.pull().state == "arrived"
    made.server.content += b"P3,start_arm_1,1,1,2\n"
    return made


_CSV = b"record_id,redcap_event_name,mood1,mood2,mood_complete\nP1,start_arm_1,4,5,2\nP2,start_arm_1,1,2,2\n"
FAULTS = {
    "an error page": (page("500 Internal Server Error", 500), '(500: a web page "500 Internal Server Error"); see what it says, or pull again later'),
    "a page for an import-only token": (page("REDCap"), 'sends a web page "REDCap" instead of the export; check what is asked for, and the rights there'),
    "an error with status 200": (as_json({"error": "The project is offline"}), "sends The project is offline instead of the export; check what is asked for, and the rights there"),
    "an error in CSV": (Answer(200, b"ERROR: You have no rights\n"), "sends ERROR: You have no rights instead of the export; check what is asked for, and the rights there"),
    "nothing of that name": (page("404 Not Found", 404), "knows nothing of this name (404: a web page \"404 Not Found\"); check url and what is asked for"),
    "cut off in the middle": (Answer(200, _CSV, cut_at=60), "broke off in the middle of its answer; pull again"),
    "cut off between two chunks": (Answer(200, _CSV, cut_at=50, is_chunked=True), "broke off in the middle of its answer; pull again"),
    "silent in the middle": (Answer(200, _CSV, silent_after=60), "stopped in the middle of its answer; pull again later"),
    "cut off by the service itself": (Answer(200, _CSV[:-9]), "the answer: line 3: "),
    "another project": (Answer(200, b"id,q1\n1,2\n"), 'the answer has no column "record_id", which respondent names, but "id", "q1"; check whether it is asked for the right thing'),
    "another format": (Answer(200, b'[{"record_id": "P1", "mood1": "4"}]'), 'the answer has no column "record_id"'),
    "a row a value": (Answer(200, b"record,field_name,value\nP1,mood1,4\n"), "the answer: this export has a row for each value (eav); export it flat, a row for each record"),
    "no text at all": (Answer(200, bytes(range(256)) * 9), "the answer: "),
    "too much": (Answer(200, _CSV * 999), "sends more than 5,000 bytes; ask for less of it"),
    "not allowed": (as_json({"error": "You do not have permissions to use the API"}, 403), "does not accept what SURVEY_SECRET holds, or does not allow this export (403: You do not have permissions to use the API); check both there"),
    "moved": (Answer(301, b"", {"Location": "https://new.example.org/api/"}), "answers that it has moved to new.example.org; correct url"),
    "moved, body and all": (Answer(307, b"", {"Location": "https://new.example.org/api/"}), "answers that it has moved to new.example.org; correct url"),
    "moved to no address": (Answer(307, b"", {"Location": "http://[::1/"}), "names an address that is none; check url"),
    "compressed": (Answer(200, gzip.compress(_CSV * 9)[:-30], {"Content-Encoding": "gzip"}), "sends its answer compressed (gzip), though asked not to; tell them there"),
    "moved nowhere": (Answer(302, b""), "correct url"),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_leaves_the_last_file_and_is_one_line(name: str, pulling: Any, server: SurveyServer) -> None:
    answer, words = FAULTS[name]
    before = pulling.file.read_bytes(), pulling.file.stat().st_mtime_ns
    server.always(answer)
    outcome = pulling.pull(read_seconds=0.5, max_bytes=5_000)
    assert outcome.state == "refused"
    assert outcome.message.startswith(f"REDCap ({server.url.removeprefix('http://')})")
    assert words in outcome.message
    assert "\n" not in outcome.message and SECRET not in outcome.message
    assert (pulling.file.read_bytes(), pulling.file.stat().st_mtime_ns) == before
    assert [path.name for path in pulling.file.parent.iterdir()] == ["t1.csv"]
    server.instead.clear()
    assert pulling.pull().state == "arrived"


def test_a_service_that_is_not_there(pulling: Any) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        pulling.declare(source={"url": f"http://127.0.0.1:{closed.getsockname()[1]}/api"})
        outcome = pulling.pull()
    assert outcome.message.endswith("cannot be reached; check url and the network")
    assert outcome.state == "refused"


def test_an_answer_that_drips_ends_in_time(pulling: Any, server: SurveyServer) -> None:
    def drips(asked: Any) -> Answer:
        time.sleep(0.3)
        return Answer(200, _CSV)

    server.instead.append(drips)
    assert pulling.pull(total_seconds=0.1).message.endswith("is not done after 0.1 s; pull again later, or ask for less")


@pytest.mark.slow
def test_a_busy_service_is_asked_again_when_it_says(pulling: Any, server: SurveyServer) -> None:
    server.once(Answer(429, b"", {"Retry-After": "1"}))
    server.once(Answer(503, b"", {"Retry-After": formatdate(time.time() + 1, usegmt=True)}))
    server.once(Answer(503, b"", {"Retry-After": "0"}))
    started = time.monotonic()
    assert pulling.pull().state == "arrived"
    assert 1 <= time.monotonic() - started < 4


@pytest.mark.parametrize(
    ("headers", "limits", "words"),
    [
        ({"Retry-After": "86400"}, {}, "is busy (429) and asks to wait 86400 s; pull again later"),
        ({"Retry-After": "0"}, {"busy_retries": 2}, "is busy (429: Rate limit) after 2 more tries; pull later"),
        ({"Retry-After": "soon"}, {"busy_seconds": 0.5}, "is busy (429) and asks to wait 1 s; pull again later"),
        ({"Retry-After": "2"}, {"total_seconds": 1}, "is not done after 1 s; pull again later, or ask for less"),
    ],
)
def test_a_service_that_stays_busy_is_not_asked_for_ever(
    headers: dict[str, str], limits: dict[str, Any], words: str, pulling: Any, server: SurveyServer
) -> None:
    server.always(Answer(429, b"Rate limit", headers))
    assert pulling.pull(**limits).message.endswith(words)
    assert len(server.asked) <= 4


def test_a_redirect_to_another_host_does_not_carry_the_token(study_of: Any, server: SurveyServer) -> None:
    """KoboToolbox's file may lie elsewhere: there it is fetched without the token."""
    pulling = study_of("kobo")
    with survey_server() as elsewhere:
        elsewhere.always(Answer(200, server.content))
        server.always(Answer(302, b"", {"Location": f"{elsewhere.url}/stored/small.csv?signed=1"}), "small.csv")
        assert pulling.pull().state == "arrived"
        assert [asked.path for asked in elsewhere.asked] == ["/stored/small.csv"]
        assert not any(asked.carries_secret for asked in elsewhere.asked)
    server.instead.clear()
    server.always(Answer(302, b"", {"Location": "http://files.example.org/small.csv"}), "small.csv")
    assert "redirects to files.example.org without https; nothing is fetched from there" in pulling.pull().message
    server.instead.clear()
    made = {"uid": "eExport1", "status": "complete", "result": "http://kobo.example.org/private-media/small.csv"}
    server.always(as_json(made), "/eExport1/", "GET")
    assert "names an address without https; nothing is fetched from there" in pulling.pull().message
    server.instead.clear()
    server.always(Answer(302, b"", {"Location": "small.csv"}), "small.csv")
    assert "redirects more than 5 times; check url" in pulling.pull().message


def test_a_netrc_file_does_not_replace_the_token(
    study_of: Any, server: SurveyServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor does a proxy of the environment get to see what goes to this machine itself."""
    (tmp_path / "netrc").write_text("default login me password another\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    pulling = study_of("kobo")
    assert pulling.pull().state == "arrived"
    (export,) = read_study(pulling.folder).protocol.wave_exports
    assert export.source is not None
    for url in ("https://kobo.example.org", server.url):
        session = WebService(export.source.service, url)._session
        request = session.prepare_request(requests.Request("GET", url, headers={"Authorization": "Token mine"}))
        assert request.headers["Authorization"] == "Token mine"


@pytest.mark.parametrize(
    ("secret", "words"),
    [
        ("", "the environment variable SURVEY_SECRET is not set; put the token of REDCap into it"),
        ("  ", "the environment variable SURVEY_SECRET is not set; put the token of REDCap into it"),
        (SECRET + "\n", "the environment variable SURVEY_SECRET begins or ends with a blank, or holds a line break; set it without"),
        (SECRET + "é", "the environment variable SURVEY_SECRET holds letters that no token has; copy the token again"),
    ],
)  # fmt: skip
def test_a_secret_that_cannot_be_one_is_not_sent(secret: str, words: str, study_of: Any, server: SurveyServer) -> None:
    pulling = study_of("redcap_api")
    pulling.secret = secret
    assert pulling.pull().message == words
    assert not server.asked


def test_a_service_that_repeats_the_token_is_not_repeated(pulling: Any, server: SurveyServer) -> None:
    server.always(as_json({"error": f"token {SECRET} is not known"}, 400))
    assert "(400: token *** is not known)" in pulling.pull().message
    server.instead.clear()
    server.always(Answer(301, b"", {"Location": f"https://{SECRET.lower()}:{SECRET}@x.example.org/"}))
    assert pulling.pull().message.endswith("has moved to x.example.org; correct url")
