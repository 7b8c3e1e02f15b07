"""Runs that start themselves: what the sensor asks for, the notice as it arrives, and the real daemon."""

import contextlib
import http.server
import json
import os
import signal
import socketserver
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from dagster_project.defs.automation import runs
from dagster_project.defs.automation.notice import Notice, send_notice

NOTICE = Notice("small_study", "run-1", ("raw__t1: t1.csv: the file is empty; export it again",))
TEXT = (
    "Wavehouse: a run of small_study failed; the release is as it was\n"
    "- raw__t1: t1.csv: the file is empty; export it again\nrun run-1"
)


def _definitions(place: Any, definitions_of: Any) -> dg.Definitions:
    return dg.Definitions.merge(definitions_of(place), runs.build(place.settings))


def _tick(definitions: dg.Definitions, cursor: str | None) -> tuple[list[dg.RunRequest], str, str | None]:
    repository = definitions.get_repository_def()
    context = dg.build_sensor_context(cursor=cursor, repository_def=repository)
    data = repository.get_sensor_def("new_exports").evaluate_tick(context)
    return list(data.run_requests or []), data.skip_message or "", data.cursor


def test_the_sensor_starts_one_run_for_the_wave_and_all_that_hangs_on_it(small_again: Any, definitions_of: Any) -> None:
    place, _ = small_again
    definitions = _definitions(place, definitions_of)
    requests, skipped, cursor = _tick(definitions, None)
    assert requests == []
    assert skipped.startswith("still being written, or new since the last look: raw/roster/roster.csv, raw/T1/t1.csv")
    requests, _, cursor = _tick(definitions, cursor)
    assert [request.run_key for request in requests] == ["1-roster-t1-t2"]
    requests, skipped, cursor = _tick(definitions, cursor)
    assert (requests, skipped) == ([], "nothing new")

    file = place.study_folder / "raw/T2/t2.txt"
    file.write_bytes(file.read_bytes().decode("utf-16").replace("B\treal\t3", "B\treal\t4").encode("utf-16"))
    (place.study_folder / "raw/T2/letter.pdf").write_bytes(b"%PDF")
    _, _, cursor = _tick(definitions, cursor)
    (request,), _, cursor = _tick(definitions, cursor)
    assert request.run_key == "2-t2"
    keys = {key.to_user_string() for key in request.asset_selection or ()}
    assert {"raw/t2", "raw/answers", "staging/stg_answers", "marts/scale_scores", "results/change", "release"} <= keys
    assert not {"raw/t1", "raw/roster", "codebook", "staging/stg_participants"} & keys
    requests, skipped, cursor = _tick(definitions, cursor)
    assert (requests, skipped) == ([], "nothing new; not declared: raw/T2/letter.pdf")


def test_nothing_starts_by_itself_until_it_is_switched_on(small_place: Any) -> None:
    made = runs.build(small_place.settings)
    statuses = [one.default_status.value for one in (*(made.sensors or ()), *(made.schedules or ()))]
    assert statuses == ["STOPPED"] * 3


@contextlib.contextmanager
def _served(server: socketserver.BaseServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_a_notice_reaches_a_chat() -> None:
    got: list[dict[str, str]] = []

    class Chat(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Chat)
    with _served(server):
        send_notice(f"http://127.0.0.1:{server.server_address[1]}/hook", "", NOTICE)
    assert got == [{"text": TEXT}]


def test_a_notice_reaches_a_mailbox() -> None:
    got: list[str] = []

    class Mail(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"220 test\r\n")
            in_data = False
            for line in self.rfile:
                got.append(line.decode().rstrip())
                if in_data:
                    if line != b".\r\n":
                        continue
                    in_data = False
                word = line.split()[0].upper() if line.split() else b""
                if word == b"DATA":
                    in_data = True
                    self.wfile.write(b"354 go on\r\n")
                elif word == b"QUIT":
                    self.wfile.write(b"221 bye\r\n")
                    return
                else:
                    self.wfile.write(b"250 ok\r\n")

    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Mail)
    with _served(server):
        send_notice("mailto:data@example.org", f"127.0.0.1:{server.server_address[1]}", NOTICE)
    assert "rcpt TO:<data@example.org>" in got
    assert "Subject: Wavehouse: a run of small_study failed; the release is as it was" in got
    assert "- raw__t1: t1.csv: the file is empty; export it again" in got


def test_a_notice_to_nowhere_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^WAVEHOUSE_NOTIFY: 'data@example.org' is neither a web address nor mailto:someb"):
        send_notice("data@example.org", "", NOTICE)


def _wait(what: str, seconds: float, holds: Any) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if holds():
            return
        time.sleep(0.5)
    raise AssertionError(f"after {seconds} s: {what}")


def test_the_real_daemon_sees_a_file_and_changes_the_release(small_again: Any) -> None:
    """`wavehouse ui --watch`: drop a corrected wave, and the release changes without anybody doing anything."""
    place, _ = small_again
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("WAVEHOUSE", "DAGSTER", "DBT"))}
    environment |= {
        "WAVEHOUSE_STUDY": str(place.study_folder),
        "WAVEHOUSE_HOME": str(place.settings.home),
        "WAVEHOUSE_PSEUDONYM_KEY": place.settings.pseudonym_key,
    }
    log = place.settings.home / "ui.log"
    with socketserver.TCPServer(("127.0.0.1", 0), socketserver.BaseRequestHandler) as free:
        port = free.server_address[1]
    command = [sys.executable, "-m", "dagster_project.cli", "ui", "--watch", "--port", str(port)]
    with log.open("wb") as lines:
        ui = subprocess.Popen(command, env=environment, stdout=lines, stderr=subprocess.STDOUT, start_new_session=True)

    def count(value: float) -> bool:
        found = place.released("select value from results.results where result_id = 'summary/push/T2/max'")
        return [row["value"] for row in found] == [value]

    try:
        assert count(6)
        file = place.study_folder / "raw/T2/t2.txt"
        text = file.read_bytes().decode("utf-16").replace("D\treal\t\t\t\t6\t6", "D\treal\t\t\t\t5\t6")
        arriving = file.with_name("arriving.tmp")
        arriving.write_bytes(text.encode("utf-16"))
        arriving.replace(file)
        _wait("the release has not changed:\n" + Path(log).read_text(errors="replace")[-3000:], 150, lambda: count(5.5))
        diff = place.released("select what, before, after from results.release_diff where kind = 'answer'")
        assert diff == [{"what": "drive_01", "before": "6", "after": "5"}]
    finally:
        with contextlib.suppress(ProcessLookupError, subprocess.TimeoutExpired):
            os.killpg(ui.pid, signal.SIGTERM)
            ui.wait(20)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(ui.pid, signal.SIGKILL)
