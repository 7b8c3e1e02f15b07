"""The whole graph for many people, beside DuckDB's own load of the same files and a bare script: seconds, memory, disk.

By hand: `uv run python tests/benchmarks/scale.py [PEOPLE] [ITEMS] [--only run,trace,…] [--seed N]`, by default a million people
and 60 items. Makes a study of three waves (of which 80 % and 70 % return the second and the third) as CSVs where TMPDIR says,
runs each part as a process of its own, and prints one table: wall and CPU seconds and peak memory of the process and its
children, and seconds and CPU as multiples of the load's and of the script's. Ratios hold within one run, those of the CPU also
on a busy machine; no time is asserted. WAVEHOUSE_MEMORY holds for the runs. The release's numbers are compared with the script's to 1e-9.

load        DuckDB's typed read_csv of the three files into a DuckDB file
script      pandas and SciPy: read_csv, scores with proration, n, mean, SD, paired t and d of each scale and contrast
startup     `wavehouse run` for 30 people of the same study: what does not depend on people
restart     the same once more, with nothing changed
run         `wavehouse run`, exports to release
unchanged   once more, with nothing changed
corrected   once more, after one cell was corrected in 1 % of the second wave's rows
trace       `wavehouse trace` of ten results
export      `wavehouse export` in each format, and reading each file back as pandas does it
new_wave    a study that ran without its third wave, which then arrives
"""

import argparse
import contextlib
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
from scipy import stats

SCALES, FEW = 6, 30
WAVES = {"T1": 1.0, "T2": 0.8, "T3": 0.7}
CONTRASTS = {"T1-T2": "followup_minus_baseline", "T1-T3": "baseline_minus_followup"}
BLANK, MINIMUM = 0.03, 0.6
PARTS = ("load", "script", "startup", "restart", "run", "unchanged", "corrected", "trace", "export", "new_wave")
_BATCH = 50_000
#: How an exported file is read back, in a process of its own.
READERS = {
    "csv": "import sys, pandas; print(pandas.read_csv(sys.argv[1], low_memory=False).shape)",
    "parquet": "import sys, pandas; print(pandas.read_parquet(sys.argv[1]).shape)",
    "sav": "import sys, pyreadstat; print(pyreadstat.read_sav(sys.argv[1], user_missing=True)[0].shape)",
    "dta": "import sys, pyreadstat; print(pyreadstat.read_dta(sys.argv[1], user_missing=True)[0].shape)",
}

STUDY = """
study: scale
title: Many people
source: none
licence: none
waves:
  - {wave: T1, label: first, month: 0}
  - {wave: T2, label: second, month: 4}
  - {wave: T3, label: third, month: 12}
contrasts:
  - {contrast: T1-T2, baseline: T1, followup: T2, direction: followup_minus_baseline}
  - {contrast: T1-T3, baseline: T1, followup: T3, direction: baseline_minus_followup}
instruments: [seven, five]
outcomes: [SCALES]
plan:
  families:
    - {family: all, role: primary, outcomes: [SCALES]}
exports:
  - {export: roster, folder: raw/roster, pattern: "*.csv", reader: delimited, respondent: person}
"""
EXPORT = """  - export: {wave}
    wave: {name}
    folder: raw/{name}
    pattern: "*.csv"
    reader: delimited
    respondent: person
    answered_on: date
    blocks:
      - {{block: seven, template: "a{{position}}"}}
      - {{block: five, template: "b{{position}}"}}
"""


@dataclass(frozen=True)
class Shape:
    """A scale of the study: its columns, its anchors, which of its items are reversed, and whether it is a sum."""

    scale: str
    columns: tuple[str, ...]
    low: int
    high: int
    reversed: tuple[int, ...]
    is_sum: bool


def shapes(items: int) -> list[Shape]:
    """Six scales: three of an instrument from 1 to 7, three of one from 1 to 5; the second and the last item of each reversed."""
    items_per_scale = items // SCALES
    result = []
    for number in range(SCALES):
        letter, high = ("a", 7) if number < SCALES // 2 else ("b", 5)
        first = number % (SCALES // 2) * items_per_scale
        columns = tuple(f"{letter}{first + position}" for position in range(1, items_per_scale + 1))
        result.append(Shape(f"scale_{number + 1}", columns, 1, high, (1, items_per_scale - 1), number % 2 == 0))
    return result


def write_study(folder: Path, people: int, items: int, seed: int, waves: Sequence[str] = tuple(WAVES)) -> int:
    """Definitions and exports of a study. Returns the bytes of its exports. waves: those that have arrived."""
    (folder / "instruments").mkdir(parents=True)
    all_shapes = shapes(items)
    items_per_scale = items // SCALES
    for instrument, letter in (("seven", "a"), ("five", "b")):
        instrument_shapes = [shape for shape in all_shapes if shape.columns[0].startswith(letter)]
        reversed_items = [
            index * items_per_scale + position + 1
            for index, shape in enumerate(instrument_shapes)
            for position in shape.reversed
        ]
        lines = [
            f"instrument: {instrument}\nname: {instrument}\nsource: none\nlicence: none\nitem_count: {items_per_scale * len(instrument_shapes)}",
            f"anchors: {{low: {instrument_shapes[0].low}, high: {instrument_shapes[0].high}}}\nminimum_answered: {MINIMUM}\nreversed: {reversed_items}\nscales:",
        ]
        for index, shape in enumerate(instrument_shapes):
            lines.append(
                f'  - {{scale: {shape.scale}, label: {shape.scale}, items: ["{index * items_per_scale + 1}-{index * items_per_scale + items_per_scale}"],'
                f" aggregate: {'sum' if shape.is_sum else 'mean'}, better: high}}"
            )
        (folder / "instruments" / f"{instrument}.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    protocol = STUDY.replace("SCALES", ", ".join(shape.scale for shape in all_shapes))
    protocol += "".join(EXPORT.format(wave=name.lower(), name=name) for name in WAVES)
    (folder / "study.yaml").write_text(protocol, encoding="utf-8")
    for name in ("roster", *WAVES):
        (folder / "raw" / name).mkdir(parents=True)
    _write_exports(folder, people, all_shapes, seed, waves)
    return sum(file.stat().st_size for file in (folder / "raw").rglob("*.csv"))


def _write_exports(folder: Path, people: int, all_shapes: Sequence[Shape], seed: int, waves: Sequence[str]) -> None:
    columns = [column for shape in all_shapes for column in shape.columns]
    with contextlib.ExitStack() as stack:
        roster = stack.enter_context((folder / "raw/roster/roster.csv").open("wb"))
        roster.write(b"person\n")
        files = {}
        for name in waves:
            files[name] = stack.enter_context(_export_file(folder, name).open("wb"))
            files[name].write(",".join(["person", "date", *columns]).encode() + b"\n")
        for start in range(0, people, _BATCH):
            # A generator of its own for each batch: the same people answer the same whichever waves have arrived.
            generator = np.random.default_rng((seed, start))
            count = min(_BATCH, people - start)
            names = _identifiers(start, count)
            roster.write(np.hstack([names, _bytes_of("\n", count)]).tobytes())
            level = generator.standard_normal((count, SCALES), dtype=np.float32)
            for wave_index, (name, share) in enumerate(WAVES.items()):
                respondents = np.flatnonzero(generator.random(count) < share)
                generator.shuffle(respondents)
                cells = _cells(generator, level[respondents], all_shapes, wave_index)
                if name in files:
                    date = _bytes_of(f",2024-0{1 + 4 * wave_index}-15", len(respondents))
                    lines = np.hstack([names[respondents], date, cells, _bytes_of("\n", len(respondents))]).ravel()
                    files[name].write(lines[lines != 0].tobytes())


def _export_file(folder: Path, wave: str) -> Path:
    return folder / "raw" / wave / f"{wave.lower()}.csv"


def _identifiers(start: int, count: int) -> np.ndarray[Any, Any]:
    """P00000012 and so on, as bytes, a row each."""
    numbers = np.arange(start, start + count)
    digits = [(numbers // 10**power % 10 + ord("0")).astype(np.uint8) for power in range(7, -1, -1)]
    return np.column_stack([np.full(count, ord("P"), np.uint8), *digits])


def _bytes_of(text: str, count: int) -> np.ndarray[Any, Any]:
    return np.tile(np.frombuffer(text.encode(), np.uint8), (count, 1))


def _cells(
    generator: np.random.Generator, level: np.ndarray[Any, Any], all_shapes: Sequence[Shape], wave_index: int
) -> np.ndarray[Any, Any]:
    """Answers as bytes, a comma before each; a blank answer is a zero byte, to be left out."""
    count, items = len(level), sum(len(shape.columns) for shape in all_shapes)
    cells = np.full((count, 2 * items), ord(","), np.uint8)
    column = 0
    for number, shape in enumerate(all_shapes):
        middle, sd = (shape.low + shape.high) / 2, (shape.high - shape.low) / 6
        noise = generator.standard_normal((count, len(shape.columns)), dtype=np.float32)
        answers = (
            np.rint(middle + sd * (level[:, [number]] + 0.2 * wave_index + noise))
            .clip(shape.low, shape.high)
            .astype(np.uint8)
        )
        reversed_columns = list(shape.reversed)
        answers[:, reversed_columns] = shape.low + shape.high - answers[:, reversed_columns]
        answers += ord("0")
        answers[generator.random(answers.shape, dtype=np.float32) < BLANK] = 0
        cells[:, 2 * column + 1 : 2 * (column + len(shape.columns)) : 2] = answers
        column += len(shape.columns)
    return cells


def correct_cells(file: Path) -> int:
    """Write one cell of every hundredth row anew: the last, one lower or higher. Returns how many rows have changed."""
    corrected, partial = 0, file.with_suffix(".partial")
    with file.open("rb") as old, partial.open("wb") as new:
        for number, line in enumerate(old):
            if number % 100 == 50:
                head, _, last = line.rstrip(b"\n").rpartition(b",")
                line = head + b"," + (b"2" if last != b"2" else b"3") + b"\n"
                corrected += 1
            new.write(line)
    partial.replace(file)
    return corrected


def load_typed(folder: Path, target: Path) -> None:
    """DuckDB's own load of the three files, as it types them."""
    with duckdb.connect(str(target)) as connection:
        for name in WAVES:
            connection.execute(f"create table {name} as select * from read_csv('{_export_file(folder, name)}')")


def bare_script(folder: Path, items: int) -> dict[str, float]:
    """What a statistician would write: n, mean and SD of each scale in each wave, paired t and d_z of each contrast."""
    scores = {}
    for name in WAVES:
        wave = pd.read_csv(_export_file(folder, name), index_col="person")
        columns = {}
        for shape in shapes(items):
            answers = wave[list(shape.columns)].copy()
            reversed_names = [shape.columns[position] for position in shape.reversed]
            answers[reversed_names] = shape.low + shape.high - answers[reversed_names]
            score = answers.mean(axis=1).where(answers.notna().sum(axis=1) >= np.ceil(MINIMUM * len(shape.columns)))
            columns[shape.scale] = score * len(shape.columns) if shape.is_sum else score
        scores[name] = pd.DataFrame(columns)
    values: dict[str, float] = {}
    for name, frame in scores.items():
        for scale in frame:
            column = frame[scale].dropna()
            summary = {"n": len(column), "mean": column.mean(), "sd": column.std()}
            values |= {f"summary/{scale}/{name}/{statistic}": float(value) for statistic, value in summary.items()}
    for contrast, direction in CONTRASTS.items():
        baseline, followup = contrast.split("-")
        for scale in scores[baseline]:
            pairs = pd.concat([scores[baseline][scale], scores[followup][scale]], axis=1, keys=["one", "other"]).dropna()
            change = pairs["other"] - pairs["one"] if direction.startswith("followup") else pairs["one"] - pairs["other"]
            test = stats.ttest_1samp(change, 0)
            statistics = {
                "n": len(change),
                "mean_change": change.mean(),
                "t": test.statistic,
                "d_z": change.mean() / change.std(),
            }
            values |= {f"change/{scale}/{contrast}/{statistic}": float(value) for statistic, value in statistics.items()}
    return values


@dataclass(frozen=True)
class Cost:
    """What a process and its children took: seconds, bytes, and what it wrote on standard error."""

    wall: float
    cpu: float
    peak: float
    code: int
    output: str
    errors: str


def measure(command: Sequence[str], environment: Mapping[str, str] | None = None) -> Cost:
    """Run a command to its end. Memory is the greatest sum of the tree's resident pages, looked at every 50 ms."""
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        started_at = time.perf_counter()
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=errors)
        peak, is_done = [0.0], threading.Event()

        def watch() -> None:
            while not is_done.wait(0.05):
                peak[0] = max(peak[0], _resident(process.pid))

        watcher = threading.Thread(target=watch, daemon=True)
        watcher.start()
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started_at
        is_done.set()
        watcher.join()
        process.returncode = os.waitstatus_to_exitcode(status)
        texts = []
        for stream in (output, errors):
            stream.seek(0)
            texts.append(stream.read().decode(errors="replace"))
    # On Linux ru_maxrss is in KiB; it is of one process, and knows of moments between two looks.
    process_peak = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return Cost(wall, usage.ru_utime + usage.ru_stime, max(peak[0], process_peak), process.returncode, *texts)


def _resident(root: int) -> float:
    """Bytes that a process and its descendants hold, as far as /proc tells."""
    total, pending = 0, [root]
    while pending:
        number = pending.pop()
        with contextlib.suppress(OSError, ValueError, IndexError):
            total += int(Path(f"/proc/{number}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")
            for task in Path(f"/proc/{number}/task").iterdir():
                pending += map(int, (task / "children").read_text().split())
    return total


def disk_of(*folders: Path) -> int:
    """Bytes on the disk below folders; a file with several names counts once."""
    sizes: dict[tuple[int, int], int] = {}
    for folder in folders:
        for path in folder.rglob("*"):
            if path.is_file() and not path.is_symlink():
                status = path.stat()
                sizes[status.st_dev, status.st_ino] = getattr(status, "st_blocks", status.st_size // 512) * 512
    return sum(sizes.values())


class Bench:
    """One run of the parts that were asked for, in a temporary folder."""

    def __init__(self, workspace: Path, people: int, items: int, seed: int, wanted: Sequence[str]) -> None:
        self.workspace, self.people, self.items, self.seed, self.wanted = workspace, people, items, seed, set(wanted)
        self.costs: dict[str, Cost] = {}
        self.disk: dict[str, float] = {}
        self.remarks: list[str] = []
        self.values: dict[str, float] = {}
        self.exports = 0

    def run(self) -> None:
        """Every part, each alone on the machine as far as this process can see to it."""
        folder = self.workspace / "scale"
        started_at = time.perf_counter()
        self.exports = write_study(folder, self.people, self.items, self.seed)
        print(f"exports: {self.exports / 1e6:,.0f} MB, written in {time.perf_counter() - started_at:.0f} s", flush=True)
        if "load" in self.wanted:
            self._measure("load", [*_SELF, "--part", "load", str(folder), str(self.workspace / "typed.duckdb")])
            (self.workspace / "typed.duckdb").unlink(missing_ok=True)
        if self.wanted & {"script"}:
            self._script(folder)
        if self.wanted & {"startup", "restart"}:
            small_study = self.workspace / "few" / "scale"
            write_study(small_study, FEW, self.items, self.seed)
            for part in ("startup", "restart"):
                self._wavehouse(part, small_study, "run")
        if self.wanted & {"run", "unchanged", "corrected", "trace", "export"}:
            self._runs(folder)
        if "new_wave" in self.wanted:
            self._new_wave()

    def _script(self, folder: Path) -> None:
        cost = self._measure("script", [*_SELF, "--part", "script", str(folder), str(self.items)])
        if cost.code == 0:
            self.values = json.loads(cost.output)

    def _runs(self, folder: Path) -> None:
        if self._wavehouse("run", folder, "run").code:
            return
        self._note_disk("the first run", folder)
        self._compare(folder, "run")
        if "unchanged" in self.wanted:
            self._wavehouse("unchanged", folder, "run")
        if "corrected" in self.wanted:
            rows = correct_cells(_export_file(folder, "T2"))
            self.remarks.append(f"corrected: {rows:,} rows of T2")
            if not self._wavehouse("corrected", folder, "run").code and self.values:
                self._script(folder)  # the answers are others now, and the time is the same
                self._compare(folder, "corrected")
            self._note_disk("the third run", folder)
        if "trace" in self.wanted:
            self._trace(folder)
        if "export" in self.wanted:
            for file_format in ("csv", "parquet", "sav", "dta"):
                self._wavehouse(
                    f"export {file_format}", folder, "export", "--format", file_format, "--out", str(folder / "out")
                )
                for file in sorted((folder / "out").glob(f"*.{file_format}")):
                    if "_variables" not in file.name:
                        self._measure(f"read {file_format}", [sys.executable, "-c", READERS[file_format], str(file)])
                shutil.rmtree(folder / "out", ignore_errors=True)
        for folder_name in ("landing", "releases"):
            shutil.rmtree(folder / folder_name, ignore_errors=True)
        shutil.rmtree(_home(folder), ignore_errors=True)

    def _trace(self, folder: Path) -> None:
        with duckdb.connect(str(folder / "release/warehouse.duckdb"), read_only=True) as connection:
            ids = connection.execute(
                "select result_id from results.results where analysis in ('summary', 'change') order by result_id"
            ).fetchall()
        picked = random.Random(self.seed).sample([result_id for (result_id,) in ids], 10)
        for number, result_id in enumerate(picked, start=1):
            self._wavehouse(f"trace {number}", folder, "trace", result_id)
            self.remarks.append(f"trace {number}: {result_id}")

    def _new_wave(self) -> None:
        """The same study from its beginning, without the third wave, which then arrives."""
        folder = self.workspace / "grows" / "scale"
        write_study(folder, self.people, self.items, self.seed, [*WAVES][:2])
        if self._wavehouse("two waves", folder, "run").code:
            return
        complete = self.workspace / "complete" / "scale"
        write_study(complete, self.people, self.items, self.seed)
        _export_file(complete, "T3").replace(_export_file(folder, "T3"))
        shutil.rmtree(complete)
        if not self._wavehouse("new_wave", folder, "run").code and self.values:
            self._script(folder)
            self._compare(folder, "new_wave")

    def _note_disk(self, moment: str, folder: Path) -> None:
        bytes_used = disk_of(folder / "landing", folder / "releases", _home(folder))
        self.disk[moment] = bytes_used / self.exports

    def _measure(self, part: str, command: Sequence[str], environment: Mapping[str, str] | None = None) -> Cost:
        cost = measure(command, environment)
        if part != "script" or part not in self.costs:
            self.costs[part] = cost
        print(f"{part:<12}{cost.wall:8.1f} s {cost.cpu:8.1f} CPU s {cost.peak / 1e9:6.2f} GB", flush=True)
        if cost.code:
            last = (cost.errors.strip().splitlines() or ["no message"])[-1]
            self.remarks.append(f"{part}: exit code {cost.code}: {last[:200]}")
        return cost

    def _wavehouse(self, part: str, folder: Path, *words: str) -> Cost:
        clean = {key: value for key, value in os.environ.items() if not key.startswith(("WAVEHOUSE", "DAGSTER", "DBT"))}
        environment = clean | {"WAVEHOUSE_STUDY": str(folder), "WAVEHOUSE_HOME": str(_home(folder))}
        environment["WAVEHOUSE_MEMORY"] = os.environ.get("WAVEHOUSE_MEMORY", "")
        return self._measure(part, [sys.executable, "-m", "dagster_project.cli", *words], environment)

    def _compare(self, folder: Path, part: str) -> None:
        """The release's numbers beside the script's."""
        if not self.values:
            return
        with duckdb.connect(str(folder / "release/warehouse.duckdb"), read_only=True) as connection:
            released_values = dict(connection.execute("select result_id, value from results.results").fetchall())
        differences = [
            f"{result_id}: released {released_values.get(result_id)}, script {value}"
            for result_id, value in self.values.items()
            if released_values.get(result_id) is None
            or abs(released_values[result_id] - value) > 1e-9 * max(1.0, abs(value))
        ]
        count = len(self.values)
        self.remarks.append(f"{part}: {count - len(differences)} of {count} numbers are the script's to 1e-9")
        self.remarks += [f"  DIFFERS {line}" for line in differences[:10]]

    def table(self) -> list[str]:
        """The parts, their ratios, the steps, and the disk."""
        lines = [
            f"{'':14}{'seconds':>9}{'CPU s':>9}{'peak GB':>9}{'of load':>10}{'its CPU':>9}{'of script':>11}{'its CPU':>9}"
        ]
        for part, cost in self._shown().items():
            row = self._row(part, cost.wall, cost.cpu, cost.peak)
            lines.append(f"{row}   FAILED" if cost.code else row)
        run, startup = self.costs.get("run"), self.costs.get("startup")
        if run is not None and startup is not None:
            lines.append(self._row("run - startup", run.wall - startup.wall, run.cpu - startup.cpu, None))
        if run is not None:
            for part in ("unchanged", "corrected", "new_wave"):
                if (cost := self.costs.get(part)) is not None:
                    wall, cpu = 100 * cost.wall / run.wall, 100 * cost.cpu / run.cpu
                    lines.append(f"{part} takes {wall:.0f} % of the run's seconds and {cpu:.0f} % of its CPU")
        lines += [f"disk after {moment}: {share:.1f} times the exports" for moment, share in self.disk.items()]
        lines += self.remarks
        return [*lines, *self._steps()]

    def _shown(self) -> dict[str, Cost]:
        """The parts in order; of the traces the slowest and the greediest."""
        traces = [part for part in self.costs if part.startswith("trace")]
        hidden = set(traces) - {max(traces, key=key) for key in (self._wall_of, self._peak_of) if traces}
        return {part: cost for part, cost in self.costs.items() if part not in hidden}

    def _wall_of(self, part: str) -> float:
        return self.costs[part].wall

    def _peak_of(self, part: str) -> float:
        return self.costs[part].peak

    def _row(self, part: str, wall: float, cpu: float, peak: float | None) -> str:
        ratios = [
            f"{mine / theirs:{width}.1f}"
            for reference in (self.costs.get("load"), self.costs.get("script"))
            if reference is not None
            for mine, theirs, width in ((wall, reference.wall, 10), (cpu, reference.cpu, 9))
        ]
        memory = "" if peak is None else f"{peak / 1e9:.2f}"
        return f"{part:<14}{wall:9.1f}{cpu:9.1f}{memory:>9}" + "".join(ratios)

    def _steps(self) -> list[str]:
        """The seconds of every step that the runs named, beside one another."""
        steps = {
            part: dict(re.findall(r"^ {2}(\S+) +\w+ +([\d.]+) s", self.costs[part].errors, re.M))
            for part in ("startup", "restart", "run", "unchanged", "corrected", "new_wave")
            if part in self.costs
        }
        steps = {part: seconds for part, seconds in steps.items() if seconds}
        if not steps:
            return []
        names = list(dict.fromkeys(name for seconds in steps.values() for name in seconds))
        head = f"{'step, seconds':<32}" + "".join(f"{part:>11}" for part in steps)
        return [
            head,
            *(f"{name:<32}" + "".join(f"{seconds.get(name, ''):>11}" for seconds in steps.values()) for name in names),
        ]


_SELF = (sys.executable, str(Path(__file__).resolve()))


def _home(folder: Path) -> Path:
    return folder.parent / "home"


@contextlib.contextmanager
def _room(people: int, items: int) -> Iterator[Path]:
    """A temporary folder with room for a study and what its runs keep."""
    # A row is its person, its date and about two bytes an item; runs have kept up to sixteen times that, and half a GB whatever comes.
    exports = sum(WAVES.values()) * people * (21 + 1.97 * items) + 10 * people
    needed = 20 * exports + 5e8
    with tempfile.TemporaryDirectory(prefix="wavehouse-scale-") as name:
        free = shutil.disk_usage(name).free
        print(
            f"{people:,} people x {len(WAVES)} waves x {items} items: exports of {exports / 1e6:,.0f} MB; up to"
            f" {needed / 1e9:,.1f} GB are needed in {name}, {free / 1e9:,.1f} GB are free",
            flush=True,
        )
        if free < needed:
            sys.exit(f"too little room; point TMPDIR at a folder with {needed / 1e9:,.1f} GB")
        yield Path(name)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("people", nargs="?", type=int, default=1_000_000)
    parser.add_argument("items", nargs="?", type=int, default=60, help=f"a multiple of {SCALES}, at least {3 * SCALES}")
    parser.add_argument("--only", default=",".join(PARTS), help=f"some of {','.join(PARTS)}")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    parts = arguments.only.split(",")
    if unknown := set(parts) - set(PARTS):
        parser.error(f"--only: {', '.join(sorted(unknown))}: give some of {','.join(PARTS)}")
    if arguments.items % SCALES or arguments.items < 3 * SCALES:
        parser.error(f"items: {arguments.items} is no multiple of {SCALES} of at least {3 * SCALES}")
    with _room(arguments.people, arguments.items) as folder:
        bench = Bench(folder, arguments.people, arguments.items, arguments.seed, parts)
        bench.run()
        print("\n".join(bench.table()))


if __name__ == "__main__":
    if sys.argv[1:3] == ["--part", "load"]:
        load_typed(Path(sys.argv[3]), Path(sys.argv[4]))
    elif sys.argv[1:3] == ["--part", "script"]:
        print(json.dumps(bare_script(Path(sys.argv[3]), int(sys.argv[4]))))
    else:
        main()
