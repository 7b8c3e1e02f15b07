"""Three publishers of 20 releases each, two of them of one study, two readers, publishers killed at random moments and one
restart of PostgreSQL: what readers saw, and what of the releases is there. By hand: PYTHONPATH=tests python
tests/benchmarks/lake_kills.py; what it printed is lake_kills.txt."""

import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from lake.numbered import run_rounds
from lake.services import lake_database, object_store_program, store_at
from postgres_server import missing_server

RELEASES, KILLS = 20, 30


@contextmanager
def _folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="lake-kills-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def main() -> None:
    program = object_store_program()
    if (reason := missing_server()) is not None:
        sys.exit(reason)
    for where in ("a folder", "an object store"):
        if where != "a folder" and program is None:
            print(f"data in {where}: not installed")
            continue
        with ExitStack() as stack:
            folder = stack.enter_context(_folder())
            postgres = stack.enter_context(lake_database())
            variables = {"WAVEHOUSE_LAKE_CATALOG": postgres.url, "WAVEHOUSE_LAKE_DATA": str(folder / "data")}
            if where != "a folder" and program is not None:
                variables |= stack.enter_context(store_at(folder / "store", program)).variables
            started = time.monotonic()
            rounds = run_rounds(folder, variables, RELEASES, KILLS, postgres.server.restart, seed=20_261_128)
            print(f"data in {where}: {3 * RELEASES} releases in {time.monotonic() - started:.0f} s")
            print(f"  publishers killed {rounds.kills} times, PostgreSQL restarted {rounds.restarts} time")
            print(f"  reads of one release {rounds.whole_reads}, mixed {rounds.mixed_reads}")
            print(f"  refused while PostgreSQL was away {rounds.refused_reads}, readers ended by it {rounds.ended_readers}")
            print(
                f"  lost releases {len(rounds.lost)}, absent {len(rounds.absent)}, of other content {len(rounds.disorder)}"
            )


if __name__ == "__main__":
    main()
