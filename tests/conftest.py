"""Studies to run, and the whole graph in this process. What one package's tests need alone stands beside them.

The processes of a test session share a folder: the dbt project is parsed once in it, and the small study is run once; each
process reads a copy of its own. Dagster, dbt and DuckDB are imported by what runs a graph: the process that only hands out the
tests does not wait for them.
"""

import atexit
import contextlib
import csv
import gc
import os
import pickle
import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from lanes import leave_out_lanes, leaves_out_lanes, left_out_line, mark_lanes

from dagster_project.settings import Settings, read_settings
from dagster_project.study_lock import study_lock

if TYPE_CHECKING:
    import dagster as dg

HERE = Path(__file__).parent
EXAMPLE = HERE.parent / "data" / "peer_workers"
SMALL = HERE / "small_study"
_MADE_BY_RUNS = (
    "landing", "release", "releases", "public", "public_releases", "disclosure_report", "audit_trail.jsonl",
)  # fmt: skip
#: Names the folder that the processes of a session share, to those that the first one starts.
_SHARED = "TESTS_SHARED_FOLDER"

#: The mask of new files' modes with which the tests were started; a command makes it stricter for its process.
_MASK = os.umask(0o022)
os.umask(_MASK)


@pytest.fixture(autouse=True)
def _mask_of_new_files() -> None:
    os.umask(_MASK)


@dataclass(frozen=True)
class Workspace:
    """A copy of a study with a home of its own."""

    study_folder: Path
    settings: Settings

    @property
    def release(self) -> Path:
        return self.study_folder / "release"

    def released(self, sql: str) -> list[dict[str, Any]]:
        return _rows(self.release / "warehouse.duckdb", sql)

    def working(self, sql: str) -> list[dict[str, Any]]:
        return _rows(self.settings.warehouse_file, sql)

    def values(self) -> dict[str, float | None]:
        """The released results by id."""
        return {row["result_id"]: row["value"] for row in self.released("select result_id, value from results.results")}


@dataclass(frozen=True)
class Run:
    """What a run of the whole graph said."""

    success: bool
    run_id: str
    failures: list[str]
    checks: dict[tuple[str, str], tuple[bool, str]]
    metadata: dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Correction:
    """One cell of an export that was corrected: whose, and its texts."""

    respondent: str
    column: str
    before: str
    now: str


@dataclass(frozen=True)
class Corrected:
    """A study that ran, a copy of it that ran again with some answers corrected, and these."""

    first: Workspace
    workspace: Workspace
    run: Run
    corrections: list[Correction]


def _rows(file: Path, sql: str) -> list[dict[str, Any]]:
    from dagster_project.warehouse import Warehouse

    return Warehouse(file).rows(sql)


def workspace_at(folder: Path, study: Path) -> Workspace:
    target = folder / "data" / study.name
    shutil.copytree(study, target, ignore=shutil.ignore_patterns(*_MADE_BY_RUNS))
    return Workspace(target, _settings(folder, target))


def pytest_configure() -> None:
    """The first process makes the folder that all share, and takes it away when it ends."""
    if _SHARED not in os.environ:
        os.environ[_SHARED] = tempfile.mkdtemp(prefix="shared-")
        atexit.register(shutil.rmtree, os.environ[_SHARED], ignore_errors=True)


def _shared_folder() -> Path:
    return Path(os.environ[_SHARED])


@cache
def _parsed_models() -> Path:
    from dagster_project.models.manifest import prepared_manifest

    settings = _settings(_shared_folder() / "parsed", SMALL)
    with study_lock(_shared_folder() / "parsed.lock", "of a test"):
        prepared_manifest(settings)
    return settings.dbt_target


def share_parsed_models(settings: Settings) -> None:
    """Give a home the dbt project as it was parsed once for all tests: it is the same for every study."""
    if not settings.dbt_target.exists():
        shutil.copytree(_parsed_models(), settings.dbt_target)


def _settings(folder: Path, study: Path) -> Settings:
    return read_settings(
        {"WAVEHOUSE_STUDY": str(study), "WAVEHOUSE_HOME": str(folder / "home"), "WAVEHOUSE_PSEUDONYM_KEY": "a key for tests"}
    )


def copy_of(workspace: Workspace, folder: Path) -> Workspace:
    """A workspace with everything that ran in it, to be run on."""
    root = workspace.study_folder.parent.parent
    shutil.copytree(root, folder, symlinks=True, dirs_exist_ok=True)
    return Workspace(
        folder / "data" / workspace.study_folder.name, _settings(folder, folder / "data" / workspace.study_folder.name)
    )


def definitions_of(workspace: Workspace) -> "dg.Definitions":
    from dagster_project.definitions import build_defs

    _run_cheaply()
    share_parsed_models(workspace.settings)
    return build_defs(workspace.settings)


@cache
def _run_cheaply() -> None:
    """What `wavehouse run` does, too: what dbt and Dagster import, and make in a run, stays, and looking through it for garbage
    takes a tenth of the time. Most models of one study are another's, to the letter: each text is parsed once for its columns'
    lineage."""
    import sqlglot

    gc.freeze()
    gc.set_threshold(1_000_000)
    sqlglot.parse_one = lru_cache(512)(sqlglot.parse_one)  # type: ignore[assignment]


@contextlib.contextmanager
def _instance() -> "Iterator[dg.DagsterInstance]":
    """A Dagster for one run."""
    import dagster as dg
    from listed_history import ListedHistory

    with dg.DagsterInstance.ephemeral() as instance:
        instance.event_log_storage.dispose()
        instance._event_storage = history = ListedHistory()
        history.register_instance(instance)
        yield instance


def run_all(workspace: Workspace) -> Run:
    """Materialise everything, as `wavehouse run` does."""
    job = definitions_of(workspace).resolve_implicit_global_asset_job_def()
    with _instance() as instance:
        quiet = {"loggers": {"progress": {"config": {"quiet": True}}}}
        result = job.execute_in_process(instance=instance, raise_on_error=False, run_config=quiet)
    failures, evaluated, metadata = [], {}, {}
    for event in result.all_events:
        if event.event_type_value == "STEP_FAILURE":
            data = event.step_failure_data
            description = data.user_failure_data.description if data.user_failure_data else None
            failures.append(description or data.error_display_string)
        elif event.event_type_value == "ASSET_CHECK_EVALUATION":
            check = event.asset_check_evaluation_data
            evaluated[check.asset_key.to_user_string(), check.check_name] = (check.passed, check.description or "")
        elif event.event_type_value == "ASSET_MATERIALIZATION":
            made = event.step_materialization_data.materialization
            metadata[made.asset_key.to_user_string()] = dict(made.metadata)
    return Run(result.success, result.run_id, failures, evaluated, metadata)


#: Fixtures that run a graph, or stand on one that ran.
_GRAPH_FIXTURES = {
    "copy_of", "corrected_example", "definitions_of", "example_copy", "example_run", "workspace_at", "workspace_of", "run_of",
    "small_copy", "small_run",
}  # fmt: skip


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark what runs a graph as slow: `-m "not slow"` is the fast lane. Other slow tests say so themselves. Modules with many
    slow tests come first, so that the processes end together."""
    mark_lanes(items)
    leave_out_lanes(config, items)
    slow_counts: Counter[str] = Counter()
    for item in items:
        if _GRAPH_FIXTURES & set(getattr(item, "fixturenames", ())):
            item.add_marker("slow")
        slow_counts[_unit(item.path)] += item.get_closest_marker("slow") is not None
    items.sort(key=lambda item: (_unit(item.path) != _THE_EXAMPLE, -slow_counts[_unit(item.path)]))


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    if leaves_out_lanes(config):
        terminalreporter.write_line(left_out_line())


#: Modules that run the example study, or read what it gave: one process runs them all, since its run takes the longest.
_THE_EXAMPLE = "the example"


@cache
def _unit(module: Path) -> str:
    """What is run by the same process: a module, so that its own fixtures are made once."""
    return (
        _THE_EXAMPLE
        if re.search(r"\b(?:example_(?:run|copy)|corrected_example)\b", module.read_text(encoding="utf-8"))
        else str(module)
    )


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """A process a core for the fast lane, which computes. The whole suite waits for a fifth of its time (for processes, daemons,
    locks and the disk): a process more for each two cores runs meanwhile. Each takes up to a gigabyte."""
    cores = min(os.cpu_count() or 1, 8)
    return cores if _is_fast_lane(config) else cores + (cores + 1) // 2


def _is_fast_lane(config: pytest.Config) -> bool:
    return config.getoption("markexpr") == "not slow"


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Units in the order in which they were collected; of the fast lane test by test, so that the processes end together."""
    from xdist.scheduler import LoadScheduling, LoadScopeScheduling

    if _is_fast_lane(config):
        return LoadScheduling(config, log)

    class UnitScheduling(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return _unit(config.rootpath / nodeid.partition("::")[0])

    return UnitScheduling(config, log)


@pytest.fixture(name="definitions_of", scope="session")
def _definitions_of() -> "Callable[[Workspace], dg.Definitions]":
    """The definitions of a workspace, for what runs them in a way of its own."""
    return definitions_of


@pytest.fixture(name="workspace_at", scope="session")
def _workspace_at() -> Callable[[Path, Path], Workspace]:
    """A copy of any study folder below any other, for runs that several tests stand on."""
    return workspace_at


@pytest.fixture(name="copy_of", scope="session")
def _copy_of() -> Callable[[Workspace, Path], Workspace]:
    """A copy of a workspace with everything that ran in it, for runs that several tests stand on."""
    return copy_of


@pytest.fixture(name="share_parsed_models", scope="session")
def _share_parsed_models() -> Callable[[Settings], None]:
    """The parsed dbt project for a home that a test makes itself."""
    return share_parsed_models


@pytest.fixture(scope="session")
def shared_folder() -> Path:
    """The folder that the processes of a session share, for what is made once for all of them."""
    return _shared_folder()


@pytest.fixture
def workspace_of(tmp_path: Path) -> Callable[[Path], Workspace]:
    """A copy of any study folder with a home of its own."""
    return lambda study: workspace_at(tmp_path / "workspace", study)


@pytest.fixture
def run_of() -> Callable[[Workspace], Run]:
    """A run of everything at a workspace."""
    return run_all


@pytest.fixture(scope="session")
def small_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, Run]:
    """The small study, run once for all processes. Tests that change anything take `small_copy`."""
    folder, note = _shared_folder() / "small", _shared_folder() / "small_run.pickle"
    with study_lock(_shared_folder() / "small.lock", "of a test"):
        if not note.exists():
            shutil.rmtree(folder, ignore_errors=True)
            note.write_bytes(pickle.dumps(run_all(workspace_at(folder, SMALL))))
    study_folder = folder / "data" / SMALL.name
    made = Workspace(study_folder, _settings(folder, study_folder))
    return copy_of(made, tmp_path_factory.mktemp("small")), pickle.loads(note.read_bytes())


@pytest.fixture(scope="session")
def example_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, Run]:
    """The example study, run once."""
    workspace = workspace_at(tmp_path_factory.mktemp("example"), EXAMPLE)
    return workspace, run_all(workspace)


@pytest.fixture(scope="session")
def corrected_example(example_run: tuple[Workspace, Run], tmp_path_factory: pytest.TempPathFactory) -> Corrected:
    """The example whose second wave came again with three answers corrected: a wellbeing item of two people, a burnout item of a
    third."""
    workspace = copy_of(example_run[0], tmp_path_factory.mktemp("corrected"))
    file = workspace.study_folder / "raw" / "T2" / "peer_workers_t2.csv"
    header, *rows = csv.reader(file.read_text(encoding="utf-8-sig").splitlines())
    cell = {name: header.index(name) for name in ("WB_4", "BURN_6", "Finished", "Status", "ExternalReference")}
    complete = [
        row
        for row in rows
        if row[cell["Finished"]] == "True" and row[cell["Status"]] != "Survey Preview" and row[cell["WB_4"]] in "12345"
        and row[cell["BURN_6"]] in "0123456"
    ]  # fmt: skip
    corrections = []
    for row, column in ((complete[0], "WB_4"), (complete[3], "WB_4"), (complete[5], "BURN_6")):
        before = row[cell[column]]
        row[cell[column]] = now = str(int(before) + (1 if before not in "56" else -1))
        corrections.append(Correction(row[cell["ExternalReference"]], column, before, now))
    with file.open("w", encoding="utf-8-sig", newline="") as stream:
        csv.writer(stream, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows([header, *rows])
    run = run_all(workspace)
    assert run.success, run.failures
    return Corrected(example_run[0], workspace, run, corrections)


@pytest.fixture
def small_copy(small_run: tuple[Workspace, Run], tmp_path: Path) -> Iterator[tuple[Workspace, Callable[[], Run]]]:
    """A copy of the small study with its working file and release, and a way to run it again."""
    workspace = copy_of(small_run[0], tmp_path / "again")
    yield workspace, lambda: run_all(workspace)


@pytest.fixture
def example_copy(example_run: tuple[Workspace, Run], tmp_path: Path) -> Iterator[tuple[Workspace, Callable[[], Run]]]:
    """A copy of the example study with its working file and release, and a way to run it again."""
    workspace = copy_of(example_run[0], tmp_path / "again")
    yield workspace, lambda: run_all(workspace)


@pytest.fixture
def small_workspace(tmp_path: Path) -> Workspace:
    """The small study, not yet run."""
    return workspace_at(tmp_path, SMALL)
