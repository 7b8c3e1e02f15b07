"""The way in, fuzzed at length: made files of all shapes against what they were made of.

By hand: `uv run python tests/benchmarks/way_in.py [COUNT] [SEED]`, by default 2,000 files from seed 1. Each study has 130 files,
each of them an export of a wave. Every cell of every file is compared as pandas, openpyxl, xlrd, DuckDB or pyreadstat reads it,
in the project's table of text, in the contract's accepted rows and in the rows that dbt's staging types; every row that is set
aside, every rejected text, unread date, unknown column and person who is not on the roster must be named. Prints a line a
study, and what differs; what it printed is `way_in.txt`.
"""

import argparse
import contextlib
import io
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

EXPORTS = Path(__file__).parents[1] / "exports"
sys.path.insert(0, str(EXPORTS))

from test_fuzz import FuzzedStudy, fuzz  # noqa: E402 - it stands beside this folder, which is no package

STUDY_FILES = 130


def main() -> int:
    parser = argparse.ArgumentParser(description="made files of all shapes against what they were made of")
    parser.add_argument("count", nargs="?", type=int, default=2_000)
    parser.add_argument("seed", nargs="?", type=int, default=1)
    arguments = parser.parse_args()
    started_at, done, shapes, n_different = time.perf_counter(), 0, Counter[str](), 0
    seed = arguments.seed
    while done < arguments.count:
        count = min(STUDY_FILES, arguments.count - done)
        study_started_at = time.perf_counter()
        with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
            fuzzed: FuzzedStudy = fuzz(Path(folder) / "made", seed, count, is_typed=True)
        seconds = time.perf_counter() - study_started_at
        print(
            f"seed {seed}: {count} files, {fuzzed.cells} cells, {fuzzed.typed_cells} of them typed, {fuzzed.refused} files refused"
            f" for what they are; {len(fuzzed.messages)} differences ({seconds:.0f} s)",
            flush=True,
        )
        for message in fuzzed.messages:
            print(f"  {message[:1000]}", flush=True)
        shapes += fuzzed.shapes
        n_different += len(fuzzed.messages)
        done += count
        seed += 1
    print("; ".join(f"{shape} {n}" for shape, n in sorted(shapes.items())))
    print(f"{done} files, {n_different} differences, {(time.perf_counter() - started_at) / 60:.0f} minutes")
    return int(n_different > 0)


if __name__ == "__main__":
    raise SystemExit(main())
