"""Runs that get in each other's way: every release that ever becomes current must recompute from its own answers.

By hand, on Linux: `uv run python tests/benchmarks/interleavings.py [COUNT] [SEED] [--keep FOLDER]`, by default 200. Each
interleaving takes the small study, with twelve people, through steps drawn at random: `wavehouse run`, alone or two at once; a
run of what the sensor asks for; an edit of the definitions (a reversed item, a label's and a special code's meaning, the
direction of a contrast, the least number of answers); a replaced export; SIGKILL to a run; `wavehouse check`; a wait. Whatever
becomes the release meanwhile is copied, and held against

- itself: every result from its answers under its definitions (tests/recompute.py);
- the exports: every typed answer from the cell that it names, under the release's own codebook.

At the end one more run, with nobody in its way, must succeed, and its release must hold the definitions and exports as they
stand then. Prints a line an interleaving, and the totals, also when interrupted. A process imports everything once and is
forked for each command, so that a command costs what it does and not what it imports.

`--sensor` runs, once, what the sensor asks for, for the study and home that the environment names (other tests start it so).
"""

import argparse
import contextlib
import csv
import gc
import hashlib
import importlib
import io
import json
import os
import pkgutil
import random
import re
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import duckdb

TESTS = Path(__file__).parents[1]
sys.path.insert(0, str(TESTS))

from recompute import recompute  # noqa: E402 - it stands beside this folder, which is no package

SMALL = TESTS / "small_study"
PEOPLE = "ABCDEFGHIJKL"
WORDS = ("1", "2", "3", "4", "5", "very much", "fairly", "-9", "-8", "")
NUMBERS = ("0", "1", "2", "3", "4", "5", "6", "-9", "")


# The study, as edits make it


@dataclass(frozen=True)
class Protocol:
    """What edits change. Every text of the exports is always declared; what it means is not always the same."""

    reversed: tuple[int, ...] = (3,)
    direction: str = "baseline_minus_followup"
    minimum_answered: float = 0.6
    very_much: int = 5
    fairly: int = 4
    refused: str = "refused"
    label: str = "Mood"

    def edited(self, rng: random.Random) -> "Protocol":
        """Another protocol, in one respect."""
        options: dict[str, list[Any]] = {
            "reversed": [(), (1,), (2,), (3,), (1, 3), (2, 3)],
            "direction": ["baseline_minus_followup", "followup_minus_baseline"],
            "minimum_answered": [0.3, 0.6, 1.0],
            "very_much": [5, 4],
            "fairly": [4, 3],
            "refused": ["refused", "not_asked"],
            "label": ["Mood", "Mood, overall"],
        }
        name = rng.choice([*options])
        alternatives = [value for value in options[name] if value != getattr(self, name)]
        return replace(self, **{name: rng.choice(alternatives)})

    def write(self, folder: Path) -> None:
        """The two files, one after the other: who reads between them reads two protocols."""
        mood = (SMALL / "instruments/mood.yaml").read_text(encoding="utf-8")
        mood = mood.replace("reversed: [3]", f"reversed: {list(self.reversed)}")
        mood = mood.replace("minimum_answered: 0.6", f"minimum_answered: {self.minimum_answered}")
        mood = mood.replace("label: Mood,", f'label: "{self.label}",')
        study = (SMALL / "study.yaml").read_text(encoding="utf-8")
        study = study.replace("direction: baseline_minus_followup", f"direction: {self.direction}")
        study = study.replace('{"very much": 5}', f'{{"very much": {self.very_much}, "fairly": {self.fairly}}}')
        study = study.replace('{"-9": refused}', f'{{"-9": {self.refused}, "-8": blank}}')
        _replace(folder / "instruments/mood.yaml", mood.encode())
        _replace(folder / "study.yaml", study.encode())

    def said_by(self, connection: duckdb.DuckDBPyConnection) -> list[str]:
        """In what a release's codebook differs from this protocol."""

        def rows(sql: str) -> list[Any]:
            return connection.execute(sql).fetchall()

        items, minimum_items = 3, {0.3: 1, 0.6: 2, 1.0: 3}[self.minimum_answered]
        texts = {"very much": (self.very_much, None), "fairly": (self.fairly, None), "-9": (None, self.refused), "-8": (None, "blank")}  # fmt: skip
        expected = {
            "select position from codebook.items where instrument = 'mood' and is_reversed order by 1": [
                (position,) for position in self.reversed
            ],
            "select direction from codebook.contrasts": [(self.direction,)],
            "select items_total, minimum_answered, label from codebook.scales where scale = 'mood_total'": [
                (items, minimum_items, self.label)
            ],
            "select answer_text, code, missing_reason from codebook.answer_texts where item = 'mood_01' and wave = 'T1'"
            " order by 1": sorted((text, *meaning) for text, meaning in texts.items()),
        }
        return [f"{sql}: {rows(sql)} for {value}" for sql, value in expected.items() if rows(sql) != value]


def _replace(file: Path, content: bytes) -> None:
    partial = file.with_name(f".{file.name}.partial")
    partial.write_bytes(content)
    partial.replace(file)


class Exports:
    """The study's export files, each content that ever stood there, and what its cells say."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._kept: dict[str, list[dict[str, str]]] = {}
        for name in ("roster", "t1", "t2"):
            self._remember(self.file(name).read_bytes())

    def file(self, name: str) -> Path:
        paths = {"roster": "raw/roster/roster.csv", "t1": "raw/T1/t1.csv", "t2": "raw/T2/t2.txt"}
        return self._folder / paths[name]

    def fill(self, rng: random.Random) -> None:
        """A roster of twelve, and an export of each wave."""
        sites = [f"{person};{rng.choice(['North', 'South', 'West'])};{rng.randint(20, 60)},5" for person in PEOPLE]
        self.put("roster", "\n".join(["Person;Site;Age", *sites, ""]).encode())
        for name in ("t1", "t2"):
            self.replace(name, rng)

    def replace(self, name: str, rng: random.Random) -> None:
        """Another export of a wave, of some of the roster's people."""
        people = [person for person in PEOPLE if rng.random() < 0.85]
        rows: list[list[str]]
        if name == "t1":
            rows = [["Person", "Date", "M1", "M2", "M3", "D1", "D2", "D3", "D4", "GP?"]]
            for person in people:
                words, numbers = rng.choices(WORDS, k=2), rng.choices(NUMBERS, k=4)
                # Always an answer: whether a row without any counts as returned is another question.
                rows.append([person, "03/02/2020", rng.choice("12345"), *words, *numbers, rng.choice(["Yes", "No", ""])])
            content = _delimited(rows, ",").encode()
        else:
            rows = [["Person", "Kind", "mood 1", "mood 2", "mood 3", "drive 1", "drive 2", "drive 3", "drive 4"]]
            for person in people:
                cells = [rng.choice("12345"), *(rng.choice(["1", "2", "3", "4", "5", ""]) for _ in range(2))]
                rows.append(
                    [person, "real", *cells, *(rng.choice(["0", "1", "2", "3", "4", "5", "6", ""]) for _ in range(4))]
                )
            rows.append(["X", "test", *"1111111"])
            content = _delimited(rows, "\t").encode("utf-16")
        self.put(name, content)

    def put(self, name: str, content: bytes) -> None:
        """Let an export's file hold this."""
        self._remember(content)
        _replace(self.file(name), content)

    def _remember(self, content: bytes) -> None:
        text = content.decode("utf-16") if content[:2] in (b"\xff\xfe", b"\xfe\xff") else content.decode()
        header = text.splitlines()[0]
        mark = next(mark for mark in "\t;," if mark in header)
        self._kept[hashlib.sha256(content).hexdigest()] = list(csv.DictReader(io.StringIO(text), delimiter=mark))

    def current(self) -> dict[str, str]:
        """The SHA-256 of each export as it stands."""
        return {name: hashlib.sha256(self.file(name).read_bytes()).hexdigest() for name in ("roster", "t1", "t2")}

    def unlike(self, connection: duckdb.DuckDBPyConnection) -> list[str]:
        """Typed answers of a release that are not what their cells say under the release's own codebook."""

        def rows(sql: str) -> list[Any]:
            return connection.execute(sql).fetchall()

        texts = {
            (wave, item, text): reason if code is None else code
            for wave, item, text, code, reason in rows(
                "select wave, item, answer_text, code, missing_reason from codebook.answer_texts"
            )
        }
        columns = {(wave, item): (column, status) for wave, item, column, status in rows("select wave, item, export_column, status from codebook.wave_items")}  # fmt: skip
        anchors = {item: (low, high) for item, low, high in rows("select item, low, high from codebook.items")}
        problems = []
        for wave, item, value, file, row in rows(
            "select wave, item, answer::varchar, source_file, source_row from marts.answers union all"
            " select wave, item, missing_reason, source_file, source_row from marts.missing_answers where source_file is not null"
        ):
            column, status = columns[wave, item]
            if status != "asked":
                expected: Any = status
            else:
                text = self._kept[file][row - 2][column].strip()
                low, high = anchors[item]
                known_code = texts.get((wave, item, text))
                is_answer = re.fullmatch(r"-?\d+", text) is not None and low <= int(text) <= high
                expected = (
                    known_code if known_code is not None else "blank" if not text else int(text) if is_answer else "invalid"
                )
            if str(expected) != value:
                problems.append(f"{wave} {item} row {row}: {value}, and the cell says {expected}")
        return problems


def _delimited(rows: list[list[str]], mark: str) -> str:
    stream = io.StringIO()
    csv.writer(stream, delimiter=mark, lineterminator="\n").writerows(rows)
    return stream.getvalue()


# Commands, forked from a process that has imported everything


def warm_up() -> None:
    """Import what commands import, once, and keep it out of the garbage collector's way."""
    import dagster_project

    for module in pkgutil.walk_packages(dagster_project.__path__, "dagster_project."):
        importlib.import_module(module.name)
    for name in ("dbt.cli.main", "dbt.adapters.duckdb", "matplotlib.figure", "matplotlib.backends.backend_svg", "docx"):
        importlib.import_module(name)
    gc.collect()
    gc.freeze()


@dataclass
class Command:
    """A forked process, the head of a group of its own."""

    what: str
    number: int
    log: Path
    began: float = field(default_factory=time.monotonic)
    code: int | None = None

    def poll(self) -> int | None:
        if self.code is None:
            number, status = os.waitpid(self.number, os.WNOHANG)
            if number:
                self.code = os.waitstatus_to_exitcode(status)
        return self.code

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.number, signal.SIGKILL)
        _, status = os.waitpid(self.number, 0)
        self.code = os.waitstatus_to_exitcode(status)

    def refusals(self) -> list[str]:
        """Its messages without what is of this run alone."""
        text = self.log.read_text(encoding="utf-8", errors="replace")
        lines = [line for line in text.splitlines() if line.startswith(("error:", "wavehouse:", "Traceback"))]
        lines = [line for line in lines if "wavehouse: running" not in line and "the run failed" not in line]
        lines = [re.sub(r"/\S*/|\b[0-9a-f]{8,}\S*|\b\d{3,}\b|P[0-9a-f]{16}", "…", line)[:160] for line in lines]
        return lines or ["failed without a word"] if self.code else lines


def fork(what: str, folder: Path, home: Path, log: Path, run: Callable[[], int]) -> Command:
    """Run a function as a process of its own, with a study's environment and its output in a file."""
    sys.stdout.flush()
    sys.stderr.flush()
    number = os.fork()
    if number:
        return Command(what, number, log)
    code = 70
    try:
        os.setsid()
        for name in [name for name in os.environ if name.startswith(("WAVEHOUSE", "DAGSTER", "DBT"))]:
            del os.environ[name]
        os.environ |= {"WAVEHOUSE_STUDY": str(folder), "WAVEHOUSE_HOME": str(home), "MPLBACKEND": "agg"}
        output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(output, 1)
        os.dup2(output, 2)
        code = run()
    except SystemExit as leaving:
        code = leaving.code if isinstance(leaving.code, int) else 1
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def sensor_run() -> int:
    """What the sensor asks for, as the daemon would run it: each tick's requests, by their selection of assets.

    Its cursor lies in the home, as the daemon's lies in its instance. Exit code 3: it asks for nothing.
    """
    import dagster as dg

    from dagster_project.dagster_home.folder import open_dagster_home
    from dagster_project.definitions import defs
    from dagster_project.settings import read_settings

    settings = read_settings()
    open_dagster_home(settings)
    cursor_file = settings.home / "sensor.cursor"
    definitions = defs()
    repository = definitions.get_repository_def()
    requests: list[dg.RunRequest] = []
    # A file is settled once two looks have found it alike.
    for _ in range(2):
        cursor = cursor_file.read_text(encoding="utf-8") if cursor_file.exists() else None
        with dg.DagsterInstance.get() as instance:
            context = dg.build_sensor_context(cursor=cursor, repository_def=repository, instance=instance)
            tick = repository.get_sensor_def("new_exports").evaluate_tick(context)
        _replace(cursor_file, (tick.cursor or "").encode())
        requests += tick.run_requests or []
        if tick.skip_message:
            print(tick.skip_message)
    job = definitions.resolve_implicit_global_asset_job_def()
    codes = [3] if not requests else []
    for request in requests:
        with dg.DagsterInstance.get() as instance:
            result = job.execute_in_process(
                instance=instance, asset_selection=request.asset_selection, tags=request.tags, raise_on_error=False,
                run_config={"loggers": {"progress": {"config": {"quiet": True}}}},
            )  # fmt: skip
        for event in result.all_events:
            if event.event_type_value == "STEP_FAILURE":
                data = event.step_failure_data
                description = data.user_failure_data.description if data.user_failure_data else None
                first = (description or data.error_display_string).strip().splitlines()[0]
                print(f"error: {event.step_key}: {first}", file=sys.stderr)
        codes.append(0 if result.success else 1)
    return max(codes)


def _wavehouse(*words: str) -> Callable[[], int]:
    def run() -> int:
        from dagster_project.cli import main

        return main(list(words))

    return run


# One interleaving


@dataclass
class Totals:
    """What all interleavings came to."""

    releases: int = 0
    recomputed: int = 0
    kills: int = 0
    hung: int = 0
    commands: Counter[str] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


class Interleaving:
    """One study with a home of its own, and what happens to it."""

    def __init__(self, root: Path, template: Path, seed: str, totals: Totals, alone: float) -> None:
        self._root, self._rng, self._totals, self._alone = root, random.Random(seed), totals, alone
        shutil.copytree(template, root, symlinks=True)
        self.folder, self.home = root / "small_study", root / "home"
        self.exports, self.protocol = Exports(self.folder), Protocol()
        self._commands: list[Command] = []
        self._started: list[Command] = []
        self._copies: dict[str, Path] = {}
        self._steps: list[str] = []
        self.problems: list[str] = []
        (root / "logs").mkdir()
        (root / "copies").mkdir()
        self._seen = {self._current()}

    def go(self) -> str:
        """All of it. Returns the line that says what happened."""
        started_at = time.monotonic()
        if self._rng.random() < 0.5:
            self._edit()
        for _ in range(self._rng.randint(4, 8)):
            self._rng.choices(
                [self._run, self._two_runs, self._sensor, self._edit, self._export, self._kill, self._check, self._wait],
                [3, 2, 3, 4, 4, 2, 1, 2],
            )[0]()
            # In parts of what a run takes alone, so that steps fall into all of a run on a machine of any speed.
            self._pause(self._alone * self._rng.choice([0.0, 0.02, 0.1, self._rng.uniform(0, 0.8)]))
        self._wait()
        self._last()
        self._judge()
        self._totals.wrong += self.problems
        verdict = f"{len(self.problems)} WRONG" if self.problems else "right"
        return f"{verdict}: {len(self._copies)} releases, {time.monotonic() - started_at:.0f} s: {' '.join(self._steps)}"

    def _start(self, what: str, run: Callable[[], int]) -> Command:
        number = len(self._started) + 1
        command = fork(what, self.folder, self.home, self._root / "logs" / f"{number}-{what}.log", run)
        self._commands.append(command)
        self._started.append(command)
        self._totals.commands[what] += 1
        return command

    def _run(self) -> None:
        self._steps.append("run")
        self._start("run", _wavehouse("run", "--quiet"))

    def _two_runs(self) -> None:
        self._steps.append("two")
        for _ in range(2):
            self._start("run", _wavehouse("run", "--quiet"))

    def _sensor(self) -> None:
        self._steps.append("sensor")
        self._start("sensor", sensor_run)

    def _check(self) -> None:
        self._steps.append("check")
        self._start("check", _wavehouse("check"))

    def _edit(self) -> None:
        self._steps.append("edit")
        self.protocol = self.protocol.edited(self._rng)
        self.protocol.write(self.folder)

    def _export(self) -> None:
        name = self._rng.choice(["t1", "t2"])
        self._steps.append(name)
        self.exports.replace(name, self._rng)

    def _kill(self) -> None:
        alive = [command for command in self._commands if command.poll() is None]
        if alive:
            self._steps.append("kill")
            self._rng.choice(alive).kill()
            self._totals.kills += 1

    def _wait(self) -> None:
        self._steps.append("wait")
        ends = time.monotonic() + _patience(self._alone)
        while any(command.poll() is None for command in self._commands):
            self._look()
            if time.monotonic() > ends:
                for command in self._commands:
                    if command.poll() is None:
                        command.kill()
                        self._totals.hung += 1
                        self._steps[-1] = "HUNG"
            time.sleep(0.05)
        self._look()
        self._commands.clear()

    def end(self) -> None:
        """Leave no command behind."""
        for command in self._started:
            if command.poll() is None:
                command.kill()

    def _pause(self, seconds: float) -> None:
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            self._look()
            time.sleep(0.05)

    def _current(self) -> str:
        pointer = self.folder / "release"
        return os.readlink(pointer) if pointer.is_symlink() else ""

    def _look(self) -> None:
        """Keep a copy of what has become the release."""
        current = self._current()
        if current in self._seen:
            return
        self._seen.add(current)
        copy = self._root / "copies" / f"{len(self._copies) + 1}.duckdb"
        shutil.copyfile(self.folder / current / "warehouse.duckdb", copy)
        self._copies[current] = copy

    def _last(self) -> None:
        """One more run, with nobody in its way, after the files were left alone."""
        command = self._start("last", _wavehouse("run", "--quiet"))
        self._wait()
        if command.code:
            self.problems.append(f"the last run failed: {'; '.join(command.refusals())}")

    def _judge(self) -> None:
        for command in self._started:
            if command.code not in (0, 3, -signal.SIGKILL):
                for line in command.refusals():
                    self._totals.refusals[f"{command.what}: {line}"] += 1
        last = self._current()
        for name, copy in self._copies.items():
            problems = self._judged(copy, is_last=name == last)
            self._totals.releases += 1
            self._totals.recomputed += not problems
            self.problems += [f"{Path(name).name}: {problem}" for problem in problems]
        if last not in self._copies:
            # Nothing new was released: then the first release must be of the files as they are.
            problems = self._judged(self.folder / last / "warehouse.duckdb", is_last=True)
            self.problems += [f"the first release still stands: {problem}" for problem in problems]

    def _judged(self, file: Path, *, is_last: bool) -> list[str]:
        """What is wrong with a release, found in a process of its own: this one must stay without DuckDB's threads."""
        answer = self._root / "judged.json"

        def judge() -> int:
            problems = [str(difference) for difference in recompute(file).differences]
            with duckdb.connect(str(file), read_only=True) as connection:
                problems += self.exports.unlike(connection)
                if is_last:
                    problems += self.protocol.said_by(connection)
                    source_files = dict(connection.execute("select export, source_file from marts.exports").fetchall())
                    if source_files != self.exports.current():
                        problems.append("the last release is not of the exports that stand there")
            answer.write_text(json.dumps(problems), encoding="utf-8")
            return 0

        command = fork("judge", self.folder, self.home, self._root / "logs" / "judge.log", judge)
        while command.poll() is None:
            time.sleep(0.02)
        if command.code:
            return [f"cannot be judged: {command.log.read_text(encoding='utf-8')[-300:]}"]
        problems: list[str] = json.loads(answer.read_text(encoding="utf-8"))
        return problems


def _patience(alone: float) -> float:
    """Up to a dozen commands wait for one another. What takes longer hangs."""
    return 60 + 12 * alone


def main(count: int, seed: int, keep: Path | None) -> int:
    warm_up()
    totals, started_at = Totals(), time.monotonic()
    with tempfile.TemporaryDirectory(prefix="wavehouse-interleavings-") as name:
        root = Path(name)
        template = root / "template"
        shutil.copytree(SMALL, template / "small_study")
        Protocol().write(template / "small_study")
        Exports(template / "small_study").fill(random.Random(seed))
        first = fork("first", template / "small_study", template / "home", root / "first.log", _wavehouse("run"))
        while first.poll() is None:
            time.sleep(0.05)
        if first.code:
            sys.exit(f"the first run failed:\n{first.log.read_text(encoding='utf-8')[-2000:]}")
        alone = time.monotonic() - first.began
        print(f"a run alone takes {alone:.1f} s; what takes {_patience(alone):.0f} s is ended", flush=True)
        finished_count = 0
        with contextlib.suppress(KeyboardInterrupt):
            for number in range(1, count + 1):
                folder = root / str(number)
                interleaving = Interleaving(folder, template, f"{seed}/{number}", totals, alone)
                try:
                    print(f"{number} of {count}: {interleaving.go()}", flush=True)
                finally:
                    interleaving.end()
                for problem in interleaving.problems[:3]:
                    print(f"    {problem[:200]}", flush=True)
                if keep is not None and interleaving.problems:
                    shutil.copytree(folder, keep / str(number), symlinks=True)
                shutil.rmtree(folder, ignore_errors=True)
                finished_count = number
    commands = ", ".join(f"{number} {what}" for what, number in totals.commands.most_common())
    print(
        f"{finished_count} interleavings in {time.monotonic() - started_at:.0f} s: {totals.releases} releases became current,"
        f" {totals.recomputed} recompute; {totals.kills} kills, {totals.hung} ended as hanging; started: {commands}"
    )
    for line, times in totals.refusals.most_common():
        print(f"{times:5} times {line}")
    return 1 if totals.wrong else 0


if __name__ == "__main__":
    if sys.argv[1:] == ["--sensor"]:
        sys.exit(sensor_run())
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("count", nargs="?", type=int, default=200)
    parser.add_argument("seed", nargs="?", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="a folder for copies of the interleavings that went wrong")
    given = parser.parse_args()
    sys.exit(main(given.count, given.seed, given.keep))
