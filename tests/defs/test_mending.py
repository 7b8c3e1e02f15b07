"""A study among several whose definitions are broken: shown once, and loaded anew once they are mended."""

import http.server
import json
import logging
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from dagster_project.defs import mending
from dagster_project.defs.automation import CONTENT_TAG, automation
from dagster_project.defs.mending import FAULT_TAG
from dagster_project.settings import Settings
from dagster_project.study import read_study
from dagster_project.ui import reload

_BROKEN = "\nbroken: [unclosed\n"


class Ticks:
    """The sensor of a study over a history of its own."""

    def __init__(self, settings: Settings, instance: dg.DagsterInstance) -> None:
        self.settings, self.instance, self._cursor = settings, instance, None

    def tick(self, repository: dg.RepositoryDefinition | None = None, loaded: bool = True) -> dg.RunRequest | str:
        study = read_study(self.settings.study_folder) if loaded else None
        (sensor,) = (s for s in automation(self.settings, study).sensors or () if s.name.endswith("new_exports"))
        context = dg.build_sensor_context(
            instance=self.instance, cursor=self._cursor, repository_def=repository, sensor_name=sensor.name
        )
        data = sensor.evaluate_tick(context)
        self._cursor = data.cursor
        if data.skip_message:
            return data.skip_message
        (request,) = data.run_requests or ()
        return request

    def add(self, request: dg.RunRequest | str, status: dg.DagsterRunStatus) -> None:
        assert isinstance(request, dg.RunRequest), request
        self.instance.add_run(
            dg.DagsterRun("j", status=status, tags={**request.tags, "dagster/failure_reason": "STEP_FAILURE"})
        )


@pytest.fixture
def ticks(small_workspace: Any, tmp_path: Path) -> Iterator[Ticks]:
    (tmp_path / "dagster").mkdir()
    with dg.DagsterInstance.local_temp(str(tmp_path / "dagster")) as instance:
        yield Ticks(replace(small_workspace.settings, prefix="small"), instance)


def _age(settings: Settings, seconds: float) -> None:
    moment = time.time() - seconds
    for path in (settings.study_folder, *settings.study_folder.rglob("*")):
        os.utime(path, (moment, moment))


def _break(settings: Settings) -> str:
    """Returns the text of before."""
    file = settings.study_folder / "study.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text + _BROKEN, encoding="utf-8")
    return text


def test_a_fault_is_shown_by_one_run_of_the_codebook_and_a_mended_study_by_one_of_everything(ticks: Ticks) -> None:
    ticks.tick()
    ticks.add(ticks.tick(), dg.DagsterRunStatus.SUCCESS)
    text = _break(ticks.settings)
    line = f"{ticks.settings.study_folder / 'study.yaml'}: line "
    assert str(ticks.tick(loaded=False)).startswith(f"still being written: {line}")
    _age(ticks.settings, 60)
    request = ticks.tick(loaded=False)
    assert isinstance(request, dg.RunRequest)
    assert request.asset_selection == [dg.AssetKey(["small", "codebook"])]
    ticks.add(request, dg.DagsterRunStatus.FAILURE)
    for _ in range(2):  # shown once
        assert str(ticks.tick(loaded=False)).startswith(line)
    (ticks.settings.study_folder / "study.yaml").write_text(text, encoding="utf-8")
    ticks.tick()
    request = ticks.tick()
    assert isinstance(request, dg.RunRequest) and request.asset_selection is None
    assert FAULT_TAG not in request.tags and CONTENT_TAG in request.tags
    ticks.add(request, dg.DagsterRunStatus.FAILURE)
    assert "of this failed and says why" in str(ticks.tick())  # it is not started for ever
    _break(ticks.settings)
    _age(ticks.settings, 60)
    assert isinstance(ticks.tick(loaded=False), dg.RunRequest)  # the same fault once more is a new one


def test_a_study_alone_says_it_as_before(ticks: Ticks) -> None:
    ticks.settings = replace(ticks.settings, prefix="")
    _break(ticks.settings)
    _age(ticks.settings, 60)
    assert str(ticks.tick(loaded=False)).startswith(f"{ticks.settings.study_folder / 'study.yaml'}: line ")


@contextmanager
def _ui(answers: list[dict[str, Any]]) -> Iterator[str]:
    class Server(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            answers.append({"path": self.path, "token": self.headers["Authorization"], **body})
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def test_a_mended_study_is_loaded_anew_by_itself(ticks: Ticks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reload, "_SECONDS_BEFORE", 0)
    graph_tables: set[str] = set()
    study = read_study(ticks.settings.study_folder)
    requests: list[dict[str, Any]] = []
    with _ui(requests) as address:
        monkeypatch.setenv("WAVEHOUSE_UI_TOKEN", "a token")
        monkeypatch.setenv("WAVEHOUSE_UI_ADDRESSES", f"{address} https://warehouse.example.org")
        reason = mending.reload_reason(ticks.settings, study, None, graph_tables)
        assert reason is not None and reason.skip_message == (
            "the definitions are loaded anew: study.yaml has other exports than this graph (roster, t1, t2)"
        )
        until = time.monotonic() + 20
        while not requests and time.monotonic() < until:
            time.sleep(0.05)
    (request,) = requests
    assert request["path"] == "/graphql" and request["token"] == "Bearer a token"
    assert "reloadRepositoryLocation" in request["query"] and request["variables"] == {"location": "wavehouse"}


def test_loading_anew_is_not_asked_for_without_end_or_alone(ticks: Ticks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mending, "reload_soon", lambda location: pytest.fail("reloaded"))
    study = read_study(ticks.settings.study_folder)
    # The graph is of these very definitions, and could not be made of them.
    assert mending.reload_reason(ticks.settings, study, study.definitions_hash, set()) is None
    assert mending.reload_reason(ticks.settings, study, None, {"roster", "t1", "t2"}) is None
    assert mending.reload_reason(replace(ticks.settings, prefix=""), study, None, set()) is None
    monkeypatch.delenv("WAVEHOUSE_UI_TOKEN", raising=False)
    reason = mending.reload_reason(ticks.settings, study, None, {"t1"})
    assert reason is not None and reason.skip_message == (
        "study.yaml and this graph have not the same exports: roster, t2; reload the definitions"
    )


def test_studies_that_come_or_go_are_loaded_by_the_first(
    ticks: Ticks, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    studies = tmp_path / "studies"
    for name in ("autumn", "spring"):
        (studies / name / "raw").mkdir(parents=True)
    monkeypatch.setenv("WAVEHOUSE_STUDIES", str(studies))
    monkeypatch.setenv("WAVEHOUSE_HOME", str(tmp_path / "home"))
    reloads: list[str] = []
    monkeypatch.setattr(mending, "reload_soon", reloads.append)
    monkeypatch.setattr(mending, "can_reload", lambda: True)
    log = logging.getLogger("of a test")

    def ask(prefix: str, *loaded: str) -> str | None:
        reason = mending.other_studies_reason(replace(ticks.settings, prefix=prefix), loaded, log)
        return reason.skip_message if reason is not None else None

    assert ask("autumn", "autumn", "spring") is None
    assert ask("spring", "autumn", "winter") is None
    assert ask("", *()) is None
    assert reloads == [] and caplog.messages == []
    assert ask("autumn", "autumn", "winter") == (
        "the definitions are loaded anew: there are other studies (added: spring; gone: winter)"
    )
    assert reloads == ["wavehouse"]
    # Nobody is there who could: it is said, and what is loaded goes on.
    monkeypatch.setattr(mending, "can_reload", lambda: False)
    assert ask("autumn", "autumn") is None
    (studies / "Spring").mkdir()
    (studies / "Spring" / "raw").mkdir()
    assert ask("autumn", "autumn", "spring") is None
    assert reloads == ["wavehouse"]
    reload_warning, refusal = caplog.messages
    assert reload_warning == "WAVEHOUSE_STUDIES has other studies than this graph (added: spring); reload the definitions"
    assert "rename one of the folders; what is loaded goes on" in refusal
