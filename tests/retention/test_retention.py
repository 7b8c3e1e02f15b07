"""What a study keeps no longer is removed: never the current release, never raw exports, whatever interrupts it."""

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dagster_project.cli import main
from dagster_project.dagster_home.retention import HOME_TAG, RunHistory
from dagster_project.retention import carry_out
from dagster_project.retention.carry_out import record_interrupted, remove_due
from dagster_project.retention.plan import plan_retention, releases_in_order
from dagster_project.retention.records import Look, is_due, read_look, read_pending, read_removals, write_look
from dagster_project.settings import Settings
from dagster_project.study import read_study
from dagster_project.trail import snapshot
from dagster_project.warehouse import current_release, release_names

_NOW = datetime(2031, 5, 1, 12, tzinfo=UTC)


class _NoHistory(RunHistory):
    """A history that was never written."""

    def __init__(self, folder: Path) -> None:
        super().__init__(_no_instance, folder / "nothing", "study", is_alone=True)


@contextmanager
def _no_instance() -> Iterator[Any]:
    raise AssertionError("the history is opened where nothing asks for it")
    yield


def _declare(settings: Settings, text: str) -> None:
    file = settings.study_folder / "study.yaml"
    lines = [line for line in file.read_text(encoding="utf-8").splitlines() if not line.startswith("retention:")]
    file.write_text("\n".join([*lines, f"retention: {text}", ""]), encoding="utf-8")


def _plan(settings: Settings, now: datetime = _NOW, **facts: bool) -> Any:
    return plan_retention(settings, read_study(settings.study_folder), _NoHistory(settings.home), now, **facts)


def _remove(settings: Settings, now: datetime = _NOW) -> list[str]:
    return [removal.words for removal in remove_due(settings, _plan(settings, now), _NoHistory(settings.home))]


def _add_releases(settings: Settings, days: list[int]) -> list[str]:
    """Releases before the current one, oldest first, of so many days before now; each names the one before it."""
    current = settings.study_folder / "release"
    names: list[str] = []
    for age in days:
        released_at = _NOW - timedelta(days=age)
        name = f"{released_at:%Y%m%dT%H%M%S}-made"
        folder = settings.study_folder / "releases" / name
        shutil.copytree(current, folder)
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        manifest |= {"release": name, "released_at": released_at.isoformat()} | ({"previous": names[-1]} if names else {})
        _write(folder / "manifest.json", json.dumps(manifest))
        names.append(name)
    manifest = json.loads((current / "manifest.json").read_text(encoding="utf-8"))
    manifest |= {"previous": names[-1]} if names else {}
    _write(current / "manifest.json", json.dumps(manifest | {"released_at": (_NOW - timedelta(days=1)).isoformat()}))
    return names


def _write(file: Path, text: str) -> None:
    file.unlink()
    file.write_text(text, encoding="utf-8")


def _hashes(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture
def settings(small_copy: tuple[Any, Callable[[], Any]]) -> Settings:
    made: Settings = small_copy[0].settings
    return made


def test_by_default_the_oldest_beyond_five_releases_go_in_the_order_in_which_they_followed_each_other(
    settings: Settings,
) -> None:
    """The clock was set back in between: the third release is dated before the first."""
    names = _add_releases(settings, [400, 390, 800, 300, 200, 100])
    for position, name in enumerate(reversed(names)):  # as if they had been copied in another order
        os.utime(settings.study_folder / "releases" / name / "manifest.json", ns=(0, position * 10**9))
    current = (current_release(settings.study_folder) or {})["release"]
    assert releases_in_order(settings.study_folder) == [*names, current]
    raw = _hashes(settings.study_folder / "raw")
    assert _remove(settings) == [f"release {names[0]}: 5 are kept", f"release {names[1]}: 5 are kept"]
    assert set(release_names(settings.study_folder)) == {*names[2:], current}
    assert _hashes(settings.study_folder / "raw") == raw
    assert [(removal.kind, removal.name) for removal in read_removals(settings.study_home)] == [
        ("release", names[0]),
        ("release", names[1]),
    ]
    assert _remove(settings) == []


def test_age_counts_where_it_is_declared_and_cited_releases_and_the_current_one_stay(settings: Settings) -> None:
    names = _add_releases(settings, [900, 800, 700])
    _declare(settings, f"{{release_days: 750, cited_releases: [{names[0]}, nowhere]}}")
    plan = _plan(settings)
    assert plan.unknown == ("nowhere",)
    assert plan.next_due == _NOW + timedelta(days=50)
    assert _remove(settings) == [f"release {names[1]}: released on 2029-02-20, older than 750 days"]
    assert not is_due(settings.study_home, _NOW + timedelta(days=49))
    assert is_due(settings.study_home, _NOW + timedelta(days=51))
    _declare(settings, "{release_days: 1, releases: 1}")
    current = (current_release(settings.study_folder) or {})["release"]
    _remove(settings, _NOW + timedelta(days=300))
    assert release_names(settings.study_folder) == [current]


def test_a_clock_that_was_set_back_or_jumped_ahead_removes_nothing_by_age(settings: Settings) -> None:
    names = _add_releases(settings, [900, 800])
    _declare(settings, "{release_days: 30}")
    assert _plan(settings, datetime(2025, 1, 1, tzinfo=UTC)).fault == (
        f"the clock says 2025-01-01, and release {(current_release(settings.study_folder) or {})['release']} is of 2031-04-30:"
        " nothing is removed by its age; set the clock right"
    )
    assert _remove(settings, datetime(2025, 1, 1, tzinfo=UTC)) == []
    write_look(settings.study_home, Look(_NOW, None))
    late = _NOW + timedelta(days=4000)
    fault = (
        "the clock says 2042-04-13, 4000 days after the last look at what is due: nothing is removed by its age until"
        " `wavehouse retention --clock-is-right`"
    )
    assert _plan(settings, late).fault == fault
    assert _remove(settings, late) == []
    assert read_look(settings.study_home) == Look(_NOW, None, fault)
    assert [removal.name for removal in _plan(settings, late, is_clock_right=True).removals] == names
    assert [removal.name for removal in _plan(settings, _NOW + timedelta(days=399)).removals] == names


def test_a_release_whose_kill_came_in_between_is_gone_and_written_down_once(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = _add_releases(settings, [500, 400, 300])
    _declare(settings, "{releases: 1}")
    is_removed = carry_out._is_removed

    def killed_after(count: int) -> Callable[..., bool]:
        calls: list[str] = []

        def remove(settings: Settings, removal: Any) -> bool:
            done = is_removed(settings, removal)
            calls.append(removal.name)
            if len(calls) == count:
                raise KeyboardInterrupt
            return done

        return remove

    monkeypatch.setattr(carry_out, "_is_removed", killed_after(2))
    with pytest.raises(KeyboardInterrupt):
        _remove(settings)
    monkeypatch.setattr(carry_out, "_is_removed", is_removed)
    assert [removal.name for removal in read_removals(settings.study_home)] == names[:1]
    assert [removal.name for removal in read_pending(settings.study_home)] == names
    current = (current_release(settings.study_folder) or {})["release"]
    assert set(release_names(settings.study_folder)) == {names[2], current}
    assert [removal.name for removal in record_interrupted(settings)] == names[:2]
    assert record_interrupted(settings) == ()
    (entry,) = [entry for entry in snapshot(settings.study_folder).entries if entry.kind == "retention"]
    assert entry.facts["releases"] == names[:2]  # also of what was written down before the kill
    assert _remove(settings) == [f"release {names[2]}: 1 is kept"]
    assert [removal.name for removal in read_removals(settings.study_home)] == names


def test_killed_after_its_entry_in_the_audit_trail_a_removal_has_no_second_one(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = _add_releases(settings, [500, 400, 300])
    _declare(settings, "{releases: 2}")

    def killed(home: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(carry_out, "delete_pending", killed)
        _remove(settings)
    assert [removal.name for removal in record_interrupted(settings)] == names[:2]
    assert read_pending(settings.study_home) == []
    _declare(settings, "{releases: 1}")
    assert _remove(settings) == [f"release {names[2]}: 1 is kept"]
    entries = [entry for entry in snapshot(settings.study_folder).entries if entry.kind == "retention"]
    assert [entry.facts["releases"] for entry in entries] == [names[:2], names[2:]]


def test_an_earlier_version_goes_when_no_release_that_is_kept_was_made_from_it(
    small_copy: tuple[Any, Callable[[], Any]],
) -> None:
    workspace, run = small_copy
    settings = workspace.settings
    file = settings.study_folder / "raw" / "T1" / "t1.csv"
    former = hashlib.sha256(file.read_bytes()).hexdigest()
    first = (current_release(settings.study_folder) or {})["release"]
    text = file.read_text(encoding="utf-8")
    assert "very much" in text
    file.write_text(text.replace("very much", "4", 1), encoding="utf-8")
    _declare(settings, "{superseded_days: 30}")
    assert run().success
    day = datetime.now(UTC)
    later = day + timedelta(days=31)
    copy = settings.landing / f"{former}.csv"
    ((table,),) = (row.values() for row in workspace.working(_VERSION_SQL.format(former)))
    assert table == f"t1@{former[:8]}"
    assert _plan(settings, day).removals == ()
    plan = _plan(settings, later)
    assert plan.removals == ()
    assert plan.stays == (
        f"landed version landing/{former}.csv: a newer version came on {day:%Y-%m-%d}, more than 30 days ago, and stays:"
        f" release {first}, which is kept, was made from it",
    )
    _declare(settings, "{superseded_days: 30, releases: 1}")
    raw, secret = _hashes(settings.study_folder / "raw"), text.splitlines()[1].split(",")[2].encode()
    assert secret
    words = f"a newer version came on {day:%Y-%m-%d}, more than 30 days ago"
    assert _remove(settings, later) == [f"release {first}: 1 is kept", f"landed version landing/{former}.csv: {words}"]
    assert not copy.exists()
    assert _hashes(settings.study_folder / "raw") == raw
    assert workspace.working("select table_name from duckdb_tables() where table_name like 't1@%'") == []
    assert workspace.working(f"select table_name, message from raw.versions where sha256 = '{former}'") == [
        {"table_name": None, "message": f"removed as the study's retention says: {words}"}
    ]
    # Put back as it was, it arrives again.
    file.write_text(text, encoding="utf-8")
    assert run().success
    assert copy.exists()


_VERSION_SQL = "select table_name from raw.versions where sha256 = '{}'"


def test_a_copy_that_is_a_file_of_the_study_or_pinned_stays(settings: Settings) -> None:
    """The first version was put back: it is older than the second, and is the file that is there."""
    file = settings.study_folder / "raw" / "T1" / "t1.csv"
    sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
    other = "a" * 64
    (settings.landing / f"{other}.csv").write_text("other", encoding="utf-8")
    arrivals = settings.landing / "arrivals.jsonl"
    lines = arrivals.read_text(encoding="utf-8").splitlines()
    line = next(json.loads(line) for line in lines if json.loads(line)["export"] == "t1")
    lines.append(json.dumps(line | {"sha256": other, "first_seen_at": "2030-01-01T00:00:00"}))
    lines.append(json.dumps(line | {"sha256": "b" * 64, "first_seen_at": "2030-02-01T00:00:00"}))
    arrivals.write_text("\n".join(lines), encoding="utf-8")
    _declare(settings, "{superseded_days: 30}")
    plan = _plan(settings)
    assert [removal.name for removal in plan.removals] == [f"landing/{other}.csv"]
    assert plan.stays == (
        f"landed version landing/{sha256}.csv: a newer version came on 2030-01-01, more than 30 days ago, and stays:"
        " raw/T1/t1.csv is this file",
    )
    study_file = settings.study_folder / "study.yaml"
    text = study_file.read_text(encoding="utf-8")
    study_file.write_text(text.replace("    wave: T1\n", f"    wave: T1\n    pin: {other[:12]}\n"), encoding="utf-8")
    assert [line.rpartition(": ")[2] for line in _plan(settings).stays] == [
        "raw/T1/t1.csv is this file",
        "export t1 pins it",
    ]


def test_texts_of_errors_and_damaged_files_go_by_their_age(settings: Settings) -> None:
    errors = settings.error_folder
    errors.mkdir(exist_ok=True)
    for name, age in (("old.txt", 40), ("new.txt", 5)):
        (errors / name).write_text("a cell", encoding="utf-8")
        moment = (_NOW - timedelta(days=age)).timestamp()
        os.utime(errors / name, (moment, moment))
    damaged = settings.study_home / "warehouse.damaged-20310101T000000000000.duckdb"
    damaged.write_bytes(b"damaged")
    changed = settings.landing / "changed-0123456789abcdef-20310430T000000000000.csv"
    changed.write_text("changed", encoding="utf-8")
    _declare(settings, "{error_days: 30, damaged_days: 30}")
    assert _remove(settings) == [
        "error text errors/old.txt: written on 2031-03-22, older than 30 days",
        f"damaged file {damaged.name}: moved aside on 2031-01-01, more than 30 days ago",
    ]
    assert (errors / "new.txt").exists()
    assert changed.exists()


@pytest.mark.slow
def test_old_runs_leave_the_history_and_its_bytes_but_the_last_successful_one(tmp_path: Path) -> None:
    import dagster as dg

    @dg.op
    def speak() -> None:
        print("heard in public")

    @dg.op
    def stumble() -> None:
        raise ValueError("stumbled in public")

    @dg.job
    def talk() -> None:
        speak()

    @dg.job
    def fall() -> None:
        stumble()

    home = tmp_path / "dagster"
    home.mkdir()
    with dg.DagsterInstance.local_temp(str(home)) as instance:
        tags = {HOME_TAG: "mine"}
        first = talk.execute_in_process(instance=instance, tags=tags).run_id
        last = talk.execute_in_process(instance=instance, tags=tags).run_id
        failed = fall.execute_in_process(instance=instance, tags=tags, raise_on_error=False).run_id
        other = talk.execute_in_process(instance=instance, tags={HOME_TAG: "theirs"}).run_id

        @contextmanager
        def opened() -> Iterator[dg.DagsterInstance]:
            yield instance

        history = RunHistory(opened, home, "mine", is_alone=False)
        assert [run.run_id for run in history.finished_runs()] == [failed, last, first]
        assert [run.is_success for run in history.finished_runs()] == [False, True, True]
        assert b"stumbled in public" in b"".join(_contents(home))
        assert history.delete_runs([first, failed]) == [first, failed]
        assert [run.run_id for run in history.finished_runs()] == [last]
        assert instance.has_run(other)
    text = b"".join(_contents(home))
    assert b"stumbled in public" not in text
    assert failed.encode() not in text
    assert last.encode() in text


def _contents(folder: Path) -> Iterator[bytes]:
    for path in folder.rglob("*"):
        if path.is_file():
            yield path.read_bytes()


@pytest.fixture
def wavehouse(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    monkeypatch.setenv("WAVEHOUSE_STUDY", str(settings.study_folder))
    monkeypatch.setenv("WAVEHOUSE_HOME", str(settings.home))
    monkeypatch.setenv("WAVEHOUSE_PSEUDONYM_KEY", "a key for tests")
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    return lambda *words: main(words)


def test_the_command_says_what_would_go_and_removes_it_and_check_says_what_is_due(
    settings: Settings, wavehouse: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    names = _add_releases(settings, [500, 400])
    manifest = settings.study_folder / "release" / "manifest.json"  # this test's clock is the machine's
    for file in (manifest, *(settings.study_folder / "releases" / name / "manifest.json" for name in names)):
        content = json.loads(file.read_text(encoding="utf-8"))
        _write(file, json.dumps(content | {"released_at": "2020-01-01T00:00:00+00:00"}))
    _declare(settings, "{releases: 2, error_days: 90}")
    declared = "retention: 2 releases are kept; removed by age: texts of errors after 90 days"
    assert wavehouse("retention", "--dry-run") == 0
    assert capsys.readouterr().out.splitlines() == [declared, f"would be removed: release {names[0]}: 2 are kept"]
    wavehouse("check")
    lines = capsys.readouterr().out.splitlines()
    start = lines.index(f"  {declared}")
    assert lines[start + 1] == f"    due at the end of the next run: release {names[0]}: 2 are kept"
    assert len(release_names(settings.study_folder)) == 3
    assert wavehouse("retention") == 0
    assert capsys.readouterr().out.splitlines() == [declared, f"removed: release {names[0]}: 2 are kept"]
    assert len(release_names(settings.study_folder)) == 2
    assert wavehouse("retention") == 0
    assert capsys.readouterr().out.splitlines() == [declared, "nothing is due"]


def test_a_run_ends_with_it(small_copy: tuple[Any, Callable[[], Any]]) -> None:
    workspace, run = small_copy
    names = _add_releases(workspace.settings, [500, 400, 300])
    _declare(workspace.settings, "{releases: 2}")
    assert run().success
    left = releases_in_order(workspace.study_folder)
    assert len(left) == 2
    assert not set(left) & set(names)
