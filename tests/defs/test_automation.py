"""Runs that start themselves: what the sensor asks for, the notice as it arrives, and the real daemon."""

import contextlib
import http.server
import json
import os
import socketserver
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from watching_ui import ADDRESS, wait_until, watching

from dagster_project.automation.notice import Notice, send_notice
from dagster_project.defs.automation import automation
from dagster_project.study_lock import study_lock

NOTICE = Notice("small_study", "run-1", ("raw__t1: t1.csv: the file is empty; export it again",), "the release is as it was")
TEXT = (
    "Wavehouse: a run of small_study failed; the release is as it was\n"
    "- raw__t1: t1.csv: the file is empty; export it again\nrun run-1"
)


class Watch:
    """The sensor of a workspace over a history of its own, as the daemon asks it."""

    def __init__(
        self, workspace: Any, instance: dg.DagsterInstance, repository: dg.RepositoryDefinition | None = None
    ) -> None:
        self._settings, self.instance, self._repository = workspace.settings, instance, repository
        self._cursor: str | None = None

    def tick(self) -> dict[str, str] | str:
        """The tags of the run that is asked for, or why there is none."""
        (sensor,) = (one for one in automation(self._settings).sensors or () if one.name == "new_exports")
        context = dg.build_sensor_context(
            instance=self.instance, cursor=self._cursor, repository_def=self._repository, sensor_name=sensor.name
        )
        data = sensor.evaluate_tick(context)
        self._cursor = data.cursor
        if data.skip_message:
            return data.skip_message
        (request,) = data.run_requests or ()
        assert request.asset_selection is None  # everything
        return dict(request.tags)

    def ran(self, tags: dict[str, str] | str, status: dg.DagsterRunStatus, reason: str | None = None) -> str:
        """A run that was asked for, and what became of it."""
        assert isinstance(tags, dict), tags
        more = {"dagster/failure_reason": reason} if reason else {}
        return self.instance.add_run(dg.DagsterRun("everything", status=status, tags=tags | more)).run_id


def _history(folder: Path) -> dg.DagsterInstance:
    (folder / "dagster").mkdir()
    return dg.DagsterInstance.local_temp(str(folder / "dagster"))


@pytest.fixture
def watch(small_workspace: Any, tmp_path: Path) -> Iterator[Watch]:
    """A study that never ran, whose files are settled."""
    with _history(tmp_path) as instance:
        seen = Watch(small_workspace, instance)
        waits = "still being written, or new since the last look: the definitions, raw/roster/roster.csv, raw/T1/t1.csv"
        assert str(seen.tick()).startswith(waits)
        yield seen


def test_definitions_that_changed_before_an_export_arrived_are_those_of_its_run(
    small_copy: Any, definitions_of: Any, tmp_path: Path
) -> None:
    """Definitions were edited, then one export was replaced: the run left the codebook out, dbt scored by the old definitions,
    and a mean of 9.33 instead of 7.83 was released with every check passed."""
    workspace, _ = small_copy
    study = workspace.study_folder
    with _history(tmp_path) as instance:
        seen = Watch(workspace, instance, definitions_of(workspace).get_repository_def())
        seen.tick()
        assert seen.tick() == "nothing new"  # a run that was started by hand has released what lies there
        for name, before, after in (
            ("instruments/mood.yaml", "reversed: [3]", "reversed: [2]"),
            ("study.yaml", '{"very much": 5}', '{"very much": 5, "fairly": 4}'),
        ):
            text = (study / name).read_text(encoding="utf-8")
            assert before in text
            (study / name).write_text(text.replace(before, after), encoding="utf-8")
        assert seen.tick() == "still being written, or new since the last look: the definitions"
        tags = seen.tick()
        assert isinstance(tags, dict) and tags["wavehouse/arrived"] == "the definitions"

        (study / "raw/T1/t1.csv").write_text(
            "Person,Date,M1,M2,M3,D1,D2,D3,D4,GP?\nA,03/02/2020,4,very much,2,1,3,5,6,Yes\n"
            "B,04/02/2020,1,,4,0,0,6,5,No\nC,04/02/2020,fairly,3,2,2,4,,1,\n",
            encoding="utf-8",
        )
        assert seen.tick() == "still being written, or new since the last look: raw/T1/t1.csv"
        tags = seen.tick()
        assert isinstance(tags, dict) and tags["wavehouse/arrived"] == "the definitions, t1"
        job = definitions_of(workspace).resolve_implicit_global_asset_job_def()
        result = job.execute_in_process(instance=instance, raise_on_error=False, tags=tags)
        assert result.success
        # Of three people nothing is public but the frame: the new public release tells no more than the one before.
        (follows,) = [entry for entry in result.get_asset_check_evaluations() if entry.check_name == "follows_the_release"]
        assert follows.passed, follows.description
        rows = (study / "public" / "results.csv").read_text(encoding="utf-8-sig").splitlines()[1:]
        people_rows = [row for row in rows if not row.startswith("norm/")]
        assert people_rows and all(",*," in row for row in people_rows)
        scores = workspace.released(
            "select score from marts.scale_scores where scale = 'mood_total' and wave = 'T1' and score is not null order by 1"
        )
        assert [row["score"] for row in scores] == [4 + (6 - 5) + 2, (1 + 4) * 3 / 2, 4 + (6 - 3) + 2]
        assert workspace.values()["summary/mood_total/T1/mean"] == pytest.approx((7 + 7.5 + 9) / 3)
        assert seen.tick() == "nothing new"

        text = (study / "study.yaml").read_text(encoding="utf-8")
        (study / "raw/T1b").mkdir()
        wave = (
            "  - export: t1b\n    wave: T1\n    part: b\n    folder: raw/T1b\n    pattern: '*.csv'\n    reader: delimited\n"
        )
        blocks = '    respondent: Person\n    blocks:\n      - {block: services, columns: {gp: "GP?"}}\n  - export: t2\n'
        text = text.replace('      - {block: services, columns: {gp: "GP?"}}\n', "").replace(
            "  - export: t2\n", wave + blocks
        )
        (study / "study.yaml").write_text(
            text.replace("wave: T1\n    folder", "wave: T1\n    part: a\n    folder"), encoding="utf-8"
        )
        seen.tick()
        assert str(seen.tick()).startswith("study.yaml and this graph have not the same exports: ")


def test_a_killed_run_is_started_again_but_not_for_ever(watch: Watch, small_workspace: Any) -> None:
    """A run was killed, and the sensor said "nothing new" until three in the morning: it compared with what was started."""
    for number in (1, 2, 3):
        run_id = watch.ran(watch.tick(), dg.DagsterRunStatus.STARTED)
        with study_lock(small_workspace.settings.lock_file, run_id):
            assert str(watch.tick()).startswith(f"run {run_id[:8]} (process {os.getpid()} on ")
        run = watch.instance.get_run_by_id(run_id)
        assert run is not None
        watch.instance.report_run_failed(run)  # as Dagster does when it sees that the process is gone
        run = watch.instance.get_run_by_id(run_id)
        assert run is not None and run.status == dg.DagsterRunStatus.FAILURE, number
    over = "3 runs of this ended without a release; the next one starts when something changes, or by hand"
    assert watch.tick() == over
    assert watch.tick() == over
    file = small_workspace.study_folder / "raw/T1/t1.csv"
    file.write_text(file.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    watch.tick()
    assert isinstance(watch.tick(), dict)


def test_a_run_that_died_with_the_daemon_is_noticed_and_started_again(watch: Watch) -> None:
    """The machine went down: Dagster takes the run for started for ever."""
    run_id = watch.ran(watch.tick(), dg.DagsterRunStatus.STARTED)
    assert watch.tick() == f"run {run_id[:8]} of this is about to start or to end"
    assert isinstance(watch.tick(), dict)
    run = watch.instance.get_run_by_id(run_id)
    assert run is not None and run.status == dg.DagsterRunStatus.FAILURE


@pytest.mark.parametrize(
    ("status", "reason", "words"),
    [
        (dg.DagsterRunStatus.FAILURE, "STEP_FAILURE", "of this failed and says why; "),
        (dg.DagsterRunStatus.FAILURE, "JOB_INITIALIZATION_FAILURE", "of this failed and says why; "),
        (dg.DagsterRunStatus.CANCELED, None, "of this was cancelled; "),
        (dg.DagsterRunStatus.STARTING, None, "of this is about to start or to end"),
    ],
)
def test_what_refused_was_cancelled_or_waits_is_not_started_again(
    status: dg.DagsterRunStatus, reason: str | None, words: str, watch: Watch, small_workspace: Any
) -> None:
    run_id = watch.ran(watch.tick(), status, reason)
    for _ in range(2):
        assert str(watch.tick()).startswith(f"run {run_id[:8]} {words}")
    if status == dg.DagsterRunStatus.STARTING:
        return
    # Another content, then the refused one again: somebody wants to know.
    file = small_workspace.study_folder / "raw/T1/t1.csv"
    text = file.read_text(encoding="utf-8")
    for content in (text + "\n", text):
        file.write_text(content, encoding="utf-8")
        watch.tick()
        watch.ran(watch.tick(), status, reason)


def test_a_run_ended_by_a_signal_is_started_again(watch: Watch) -> None:
    watch.ran(watch.tick(), dg.DagsterRunStatus.FAILURE, "UNEXPECTED_TERMINATION")
    assert isinstance(watch.tick(), dict)


def test_files_that_cannot_be_told_apart_start_nothing_and_are_named(watch: Watch, small_workspace: Any) -> None:
    (small_workspace.study_folder / "raw/T1/again.csv").write_text("Person\n", encoding="utf-8")
    assert str(watch.tick()).startswith('raw/T1: 2 files match *.csv: "again.csv", "t1.csv"; leave the one to use there')
    (small_workspace.study_folder / "raw/T1/again.csv").rename(small_workspace.study_folder / "raw/T1/letter.pdf")
    watch.tick()
    watch.ran(watch.tick(), dg.DagsterRunStatus.SUCCESS)
    assert isinstance(watch.tick(), dict)  # by Dagster's word it went well, but there is no release of it


def test_nothing_starts_by_itself_until_it_is_switched_on(small_workspace: Any) -> None:
    made = automation(small_workspace.settings)
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
        address = f"http://127.0.0.1:{server.server_address[1]}/hook"
        send_notice(address, "", NOTICE)
        # What a file is called must call nobody, and link to nothing.
        name = "<!channel> <http://x.example|t1> [t1](x) @here www.x.example\x1b[2J\n- all is well.csv"
        send_notice(address, "", Notice("small_study", "a", (name,), "its release is made"))
    assert got[0] == {"text": TEXT}
    assert got[1]["text"].split("\n")[1:] == [
        "- <^!channel> <^http:^//x.example|t1> [t1]^(x) @^here w^ww.x.example\\x1b[2J\\n- all is well.csv".replace(
            "^", "\u2060"
        ),
        "run a",
    ]


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


@pytest.mark.parametrize("host", ["chat.example.org", "127.0.0.1.example.org", "localhost@chat.example.org"])
def test_a_notice_is_not_sent_over_a_network_unencrypted(host: str) -> None:
    target = f"http://{host}/hook"
    with pytest.raises(ValueError, match=r"^WAVEHOUSE_NOTIFY") as refusal:
        send_notice(target, "", NOTICE)
    assert str(refusal.value) == (
        f"WAVEHOUSE_NOTIFY: '{target}' would send notices over the network unencrypted; write https://, or http:// of this"
        " machine (localhost)"
    )


def test_a_notice_to_nowhere_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^WAVEHOUSE_NOTIFY: 'data@example.org' is neither a web address nor mailto:someb"):
        send_notice("data@example.org", "", NOTICE)


def _assert_strangers_are_refused(printed: str) -> None:
    """Of the running UI: who has no token, another host, another page, a change by GET; and that it answers its own page."""
    address, _, token = printed.partition("/?token=")

    def status(path: str, body: bytes | None = None, **headers: str) -> int:
        own = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        request = urllib.request.Request(address + path, body, own | headers)
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                return int(response.status)
        except urllib.error.HTTPError as error:
            return error.code

    query = json.dumps({"query": "{version}"}).encode()
    assert status("/graphql", query) == 200
    assert status("/graphql", query, Origin=address) == 200
    assert status("/graphql", query, Authorization="") == 401
    assert status("/graphql", query, Host="evil.example") == 421
    assert status("/graphql", query, Origin="http://evil.example") == 403
    assert status("/graphql?query=mutation%7BwipeAssets(assetPartitionRanges:[])%7B__typename%7D%7D") == 405


def test_the_real_daemon_sees_a_file_and_changes_the_release(small_copy: Any) -> None:
    """`wavehouse ui --watch`: drop a corrected wave, and the release changes without anybody doing anything."""
    workspace, _ = small_copy

    def count(value: float) -> bool:
        found = workspace.released("select value from results.results where result_id = 'summary/push/T2/max'")
        return [row["value"] for row in found] == [value]

    assert count(6)
    with watching(workspace) as log:
        _assert_strangers_are_refused(ADDRESS.findall(log.read_bytes())[0].decode())
        file = workspace.study_folder / "raw/T2/t2.txt"
        text = file.read_bytes().decode("utf-16").replace("D\treal\t\t\t\t6\t6", "D\treal\t\t\t\t5\t6")
        arriving = file.with_name("arriving.tmp")
        arriving.write_bytes(text.encode("utf-16"))
        arriving.replace(file)
        wait_until("the release has not changed", lambda: count(5.5), log)
        diff = workspace.released("select wave, what, n, people from results.release_diff where kind = 'answer'")
        assert diff == [{"wave": "T2", "what": "drive_01", "n": 1, "people": 1}]
