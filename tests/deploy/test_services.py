"""The services of deploy/docker-compose.yml as processes of this machine, with a PostgreSQL of the tests' own: two studies under
one daemon. Neither waits for the other; what breaks one leaves the other running, and is healed by mending it.

Not tested: the image, the network between containers, and volumes.
"""

import contextlib
import json
import os
import re
import shutil
import signal
import socketserver
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from child_environment import clean_environment
from postgres_server import missing_server, postgres_server

from dagster_project.settings import Settings, read_settings
from dagster_project.warehouse import current_release

pytest.importorskip("dagster_postgres", reason="the extra server is not installed")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(missing_server() is not None, reason=f"a history in PostgreSQL: {missing_server()}"),
]
ROOT = Path(__file__).parents[2]
DEPLOY, SMALL = ROOT / "deploy", ROOT / "tests" / "small_study"
_TOKEN = "a-token-of-this-test-of-more-than-32-characters"
_SECONDS = 300


@dataclass(frozen=True)
class Site:
    """The running services: where the UI is, where the studies lie, and what each process printed."""

    address: str
    studies: Path
    folder: Path
    history: str

    def ask(self, query: str, **variables: Any) -> Any:
        body = json.dumps({"query": query, "variables": variables}).encode()
        with urllib.request.urlopen(self._request(body), timeout=120) as response:
            content = json.loads(response.read())
        assert "errors" not in content, content
        return content["data"]

    def status(self, **headers: str) -> int:
        try:
            with urllib.request.urlopen(self._request(b'{"query": "{version}"}', **headers), timeout=60) as response:
                return int(response.status)
        except urllib.error.HTTPError as error:
            return error.code

    def runs(self) -> list[dict[str, Any]]:
        """All runs, newest first, each with its study."""
        query = "{ runsOrError { ... on Runs { results { status startTime endTime repositoryOrigin { repositoryName }"
        results = self.ask(query + " assetSelection { path } } } } }")["runsOrError"]["results"]
        return [run | {"study": run["repositoryOrigin"]["repositoryName"]} for run in results]

    def printed(self) -> str:
        return "\n".join(
            f"== {log.name}\n{log.read_text(encoding='utf-8', errors='replace')[-3000:]}"
            for log in self.folder.glob("*.log")
        )

    def _request(self, body: bytes, **headers: str) -> urllib.request.Request:
        own = {"Authorization": f"Bearer {_TOKEN}", "Content-Type": "application/json"}
        return urllib.request.Request(f"{self.address}/graphql", body, own | headers)


def _free_port() -> int:
    with socketserver.TCPServer(("127.0.0.1", 0), socketserver.BaseRequestHandler) as free:
        return int(free.server_address[1])


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, share_parsed_models: Callable[[Settings], None]) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    for name in ("alpha", "beta"):
        shutil.copytree(SMALL, folder / "studies" / name)
    home = {"WAVEHOUSE_STUDY": str(folder / "studies" / "alpha"), "WAVEHOUSE_HOME": str(folder / "home")}
    share_parsed_models(read_settings(home))
    with postgres_server(tmp_path_factory.mktemp("postgres")) as server:
        web_port, code_port = _free_port(), _free_port()
        # What stands for names and paths of containers here.
        substitutes = {
            "postgresql://wavehouse:${HISTORY_PASSWORD:?}@history/wavehouse": server.address,
            "/wavehouse/": f"{folder}/",
            "webserver:3000": f"127.0.0.1:{web_port}",
            "0.0.0.0": "127.0.0.1",
            "4000": str(code_port),
            "3000": str(web_port),
            "${WAVEHOUSE_UI_TOKEN:?}": _TOKEN,
            "host: code": "host: 127.0.0.1",
        }
        (folder / "dagster").mkdir()
        shutil.copyfile(DEPLOY / "dagster.yaml", folder / "dagster" / "dagster.yaml")
        workspace = _placed((DEPLOY / "workspace.yaml").read_text(encoding="utf-8"), substitutes)
        (folder / "workspace.yaml").write_text(workspace, encoding="utf-8")
        services = yaml.safe_load((DEPLOY / "docker-compose.yml").read_text(encoding="utf-8"))["services"]
        with contextlib.ExitStack() as processes:
            for name in ("code", "daemon", "webserver"):
                processes.enter_context(_process(folder, name, services[name], substitutes))
            made = Site(f"http://127.0.0.1:{web_port}", folder / "studies", folder, server.address)
            _wait(made, "the UI does not answer", lambda: _answers(made))
            yield made


def _placed(text: str, substitutes: dict[str, str]) -> str:
    for name, value in substitutes.items():
        text = text.replace(name, value)
    return re.sub(r"\$\{\w+:-\}", "", text)


@contextlib.contextmanager
def _process(folder: Path, name: str, service: dict[str, Any], substitutes: dict[str, str]) -> Iterator[None]:
    programs = {
        "dagster": [sys.executable, "-m", "dagster"],
        "dagster-daemon": [sys.executable, "-m", "dagster._daemon"],
        "dagster-webserver": ["sh", str(DEPLOY / "dagster-webserver")],
    }
    program, *arguments = [_placed(word, substitutes) for word in service["command"]]
    environment = clean_environment()
    environment |= {key: _placed(str(value), substitutes) for key, value in service["environment"].items()}
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    environment["PYTHONPATH"] = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    with (folder / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(
            [*programs[program], *arguments], cwd=folder, env=environment, stdout=log, stderr=subprocess.STDOUT,
            start_new_session=True,
        )  # fmt: skip
    try:
        yield
    finally:
        for signal_number in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError, subprocess.TimeoutExpired):
                os.killpg(process.pid, signal_number)
                process.wait(15)


def _answers(site: Site) -> bool:
    try:
        return site.status() == 200
    except OSError:
        return False


def _wait(site: Site, what: str, holds: Callable[[], bool]) -> None:
    until = time.monotonic() + _SECONDS
    while time.monotonic() < until:
        with contextlib.suppress(OSError):
            if holds():
                return
        time.sleep(1)
    raise AssertionError(f"after {_SECONDS} s: {what}\n{site.printed()}")


def _release(site: Site, study: str) -> str | None:
    return (current_release(site.studies / study) or {}).get("release")


def _of(site: Site, study: str) -> list[dict[str, Any]]:
    return [run for run in site.runs() if run["study"] == study]


def _correct(site: Site, study: str, before: str, after: str) -> None:
    file = site.studies / study / "raw" / "T2" / "t2.txt"
    text = file.read_bytes().decode("utf-16")
    assert before in text
    arriving = file.with_name("arriving.tmp")
    arriving.write_bytes(text.replace(before, after).encode("utf-16"))
    arriving.replace(file)


def test_two_studies_run_at_once_and_what_breaks_one_leaves_the_other(site: Site) -> None:
    _wait(site, "both studies have a release", lambda: None not in {_release(site, name) for name in ("alpha", "beta")})
    _wait(site, "both runs have ended", lambda: {run["status"] for run in site.runs()} == {"SUCCESS"})
    (alpha,), (beta,) = _of(site, "alpha"), _of(site, "beta")
    assert alpha["startTime"] < beta["endTime"] and beta["startTime"] < alpha["endTime"], "one waited for the other"

    # A syntax error in one study, and the code is loaded anew with it: no dead code location, and the other one goes on.
    file = site.studies / "alpha" / "study.yaml"
    text, first_release = file.read_text(encoding="utf-8"), _release(site, "alpha")
    file.write_text(text + "\nbroken: [unclosed\n", encoding="utf-8")
    reload = 'mutation { reloadRepositoryLocation(repositoryLocationName: "wavehouse")'
    entry = site.ask(
        reload + " { __typename ... on WorkspaceLocationEntry { loadStatus locationOrLoadError { __typename } } } }"
    )
    assert entry["reloadRepositoryLocation"] == {
        "__typename": "WorkspaceLocationEntry",
        "loadStatus": "LOADED",
        "locationOrLoadError": {"__typename": "RepositoryLocation"},
    }
    before = _release(site, "beta")
    _correct(site, "beta", "D\treal\t\t\t\t6\t6", "D\treal\t\t\t\t5\t6")
    _wait(site, "the whole study has no new release", lambda: _release(site, "beta") != before)
    _wait(site, "the broken study shows nothing", lambda: _of(site, "alpha")[0]["status"] == "FAILURE")
    shown = _of(site, "alpha")[0]
    assert shown["assetSelection"] == [{"path": ["alpha", "codebook"]}]
    query = "query($id: [AssetKeyInput!]!) { assetNodes(assetKeys: $id) { assetKey { path } repository { name } } }"
    nodes = site.ask(query, id=[{"path": ["alpha", "codebook"]}, {"path": ["beta", "raw", "t1"]}])["assetNodes"]
    assert {(node["repository"]["name"], *node["assetKey"]["path"]) for node in nodes} == {
        ("alpha", "alpha", "codebook"),
        ("beta", "beta", "raw", "t1"),
    }
    log = (site.folder / "code.log").read_text(encoding="utf-8", errors="replace")
    assert f"{file}: line " in log and "correct the YAML there" in log

    # Mended, its graph is loaded anew by itself, and runs.
    file.write_text(text, encoding="utf-8")
    _wait(site, "the mended study has not run", lambda: _of(site, "alpha")[0]["status"] == "SUCCESS")
    nodes = site.ask(query, id=[{"path": ["alpha", "raw", "t1"]}])["assetNodes"]
    assert len(nodes) == 1
    assert _release(site, "alpha") == first_release  # nothing has changed
    assert len(_of(site, "alpha")) == 3


def test_strangers_are_refused(site: Site) -> None:
    assert site.status() == 200
    assert site.status(Authorization="") == 401
    assert site.status(Host="evil.example") == 421
    assert site.status(Origin="http://evil.example") == 403


def test_the_password_is_in_no_file_and_no_argument(site: Site) -> None:
    password = site.history.partition("@")[0].rpartition(":")[2].encode()
    files = [path for path in site.folder.rglob("*") if path.is_file()]
    assert len(files) > 20
    assert [path for path in files if password in path.read_bytes()] == []
    arguments = []
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            arguments.append(process.read_bytes())
    assert any(b"dagster" in line for line in arguments)
    assert [line for line in arguments if password in line] == []
