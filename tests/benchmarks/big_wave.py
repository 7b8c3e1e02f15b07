"""A million people and 60 items in one CSV: landing, contract and raw table beside DuckDB's own all-text load of the file.

By hand: `uv run python tests/benchmarks/big_wave.py [PEOPLE]`. Prints both times, their ratio and the peak of memory.
"""

import resource
import shutil
import sys
import tempfile
import time
from pathlib import Path

import duckdb
import numpy as np

from dagster_project.defs.raw.load import load_export
from dagster_project.settings import read_settings
from dagster_project.study import read_study
from dagster_project.warehouse import Warehouse

SMALL = Path(__file__).parents[1] / "small_study"
ITEMS = 60


def _write(path: Path, people: int) -> None:
    rng = np.random.default_rng(1)
    header = ["Person", "Date", *(f"M{item}" for item in range(1, ITEMS + 1))]
    with path.open("w", encoding="utf-8") as file:
        file.write(",".join(header) + "\n")
        for start in range(0, people, 50_000):
            answers = rng.integers(1, 6, (min(50_000, people - start), ITEMS)).astype("U1")
            lines = (f"P{start + row},2024-01-31,{','.join(cells)}\n" for row, cells in enumerate(answers))
            file.writelines(lines)


def main(people: int) -> None:
    with tempfile.TemporaryDirectory() as place:
        study_folder = Path(place) / "small_study"
        shutil.copytree(SMALL, study_folder)
        mood = study_folder / "instruments" / "mood.yaml"
        text = (
            mood.read_text(encoding="utf-8")
            .replace("item_count: 3", f"item_count: {ITEMS}")
            .replace('"1-3"', f'"1-{ITEMS}"')
        )
        mood.write_text(text, encoding="utf-8")
        protocol = study_folder / "study.yaml"
        text = protocol.read_text(encoding="utf-8").replace('      - {block: drive, template: "D{position}"}\n', "", 1)
        protocol.write_text(text.replace('      - {block: services, columns: {gp: "GP?"}}\n', "", 1), encoding="utf-8")
        file = study_folder / "raw/T1/t1.csv"
        _write(file, people)
        print(f"{people} people x {ITEMS} items, {file.stat().st_size / 1e6:.0f} MB", flush=True)

        began = time.perf_counter()
        with duckdb.connect(str(Path(place) / "plain.duckdb")) as connection:
            connection.execute("create table t as select * from read_csv(?, all_varchar = true)", [str(file)])
        plain = time.perf_counter() - began

        study = read_study(study_folder)
        export = next(one for one in study.protocol.exports if one.export == "t1")
        settings = read_settings({"WAVEHOUSE_STUDY": str(study_folder), "WAVEHOUSE_HOME": str(Path(place) / "home")})
        began = time.perf_counter()
        record = load_export(settings, study, export, Warehouse(settings.warehouse_file))
        ours = time.perf_counter() - began
        assert record["rows_accepted"] == people
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(
        f"DuckDB, all text: {plain:.1f} s; landing, contract and raw table: {ours:.1f} s; ratio {ours / plain:.2f}; peak {peak:.1f} GB"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
