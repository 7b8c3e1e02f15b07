"""A wave of many people in one CSV: landing, contract and raw table beside DuckDB's own loads of the same file, in turn.

By hand: `uv run python tests/benchmarks/big_wave.py [PEOPLE] [ITEMS]`, a million and 60 if nothing is said. Each is measured
in a process of its own, without its imports: CPU seconds, wall time, and the peak of the process's memory.
"""

import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb
import numpy as np

from dagster_project.raw.load import load_export
from dagster_project.settings import read_settings
from dagster_project.study import read_study
from dagster_project.warehouse import Warehouse

SMALL = Path(__file__).parents[1] / "small_study"
BLANK = 0.02
LOADS = {"typed": "DuckDB, typed", "text": "DuckDB, all text", "wavehouse": "landing, contract, raw table"}


def write_wave(path: Path, people: int, items: int) -> None:
    """Answers from 1 to 5, one in fifty of them blank."""
    rng = np.random.default_rng(1)
    with path.open("wb") as file:
        file.write((",".join(["Person", "Date", *(f"M{item}" for item in range(1, items + 1))]) + "\n").encode())
        for start in range(0, people, 50_000):
            rows = min(50_000, people - start)
            cells = np.full((rows, 2 * items), ord(","), np.uint8)
            cells[:, 1::2] = rng.integers(ord("1"), ord("6"), (rows, items))
            is_kept = np.ones(cells.shape, bool)
            is_kept[:, 1::2] = rng.random((rows, items)) >= BLANK
            file.writelines(b"P%d,2024-01-31%s\n" % (start + row, cells[row][is_kept[row]].tobytes()) for row in range(rows))


def write_study(folder: Path, items: int) -> None:
    """The small study with one long instrument in its first wave."""
    shutil.copytree(SMALL, folder)
    mood = folder / "instruments" / "mood.yaml"
    text = mood.read_text(encoding="utf-8")
    text = text.replace("item_count: 3", f"item_count: {items}").replace('"1-3"', f'"1-{items}"')
    mood.write_text(text, encoding="utf-8")
    protocol = folder / "study.yaml"
    text = protocol.read_text(encoding="utf-8").replace('      - {block: drive, template: "D{position}"}\n', "", 1)
    protocol.write_text(text.replace('      - {block: services, columns: {gp: "GP?"}}\n', "", 1), encoding="utf-8")


def load(what: str, workspace: Path) -> int:
    """One of the loads, in this process. Returns how many rows were loaded."""
    folder = workspace / "small_study"
    if what == "wavehouse":
        study = read_study(folder)
        export = next(export for export in study.protocol.exports if export.export == "t1")
        settings = read_settings({"WAVEHOUSE_STUDY": str(folder), "WAVEHOUSE_HOME": str(workspace / "home")})
        return int(load_export(settings, study, export, Warehouse(settings.warehouse_file)).record.rows_accepted)
    with duckdb.connect(str(workspace / f"{what}.duckdb")) as connection:
        is_text = str(what == "text").lower()
        query = f"create table t as select * from read_csv(?, all_varchar = {is_text})"
        connection.execute(query, [str(folder / "raw/T1/t1.csv")])
        return int(connection.execute("select count(*) from t").fetchall()[0][0])


def measure(what: str, workspace: Path) -> None:
    """Print what one of the loads costs this process."""
    wall, start_times = time.perf_counter(), os.times()
    rows = load(what, workspace)
    end_times = os.times()
    cpu = end_times.user + end_times.system - start_times.user - start_times.system
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"  {LOADS[what]:<30} {rows} rows: CPU {cpu:.1f} s, wall {time.perf_counter() - wall:.1f} s, peak {peak:.2f} GB")


def main(people: int, items: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        workspace = Path(folder)
        write_study(workspace / "small_study", items)
        file = workspace / "small_study/raw/T1/t1.csv"
        write_wave(file, people, items)
        print(f"{people} people x {items} items, {file.stat().st_size / 1e6:.0f} MB", flush=True)
        for what in LOADS:
            subprocess.run([sys.executable, __file__, what, str(workspace)], check=True)


if __name__ == "__main__":
    if sys.argv[1:2] and sys.argv[1] in LOADS:
        measure(sys.argv[1], Path(sys.argv[2]))
    else:
        people, items = (sys.argv[1:] + ["1000000", "60"][len(sys.argv) - 1 :])[:2]
        main(int(people), int(items))
