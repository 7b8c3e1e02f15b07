"""Runs killed at random moments: the release is always wholly the old or wholly the new one, and the next run heals.

By hand: `uv run python tests/benchmarks/kill_runs.py [KILLS] [SEED]`. Takes about half a minute a kill.
"""

import contextlib
import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

SMALL = Path(__file__).parents[1] / "small_study"
FIRST, SECOND = "A,03/02/2020,4,very much,2,1,3,5,6,Yes", "A,03/02/2020,4,very much,2,1,5,5,6,Yes"
#: The mean of push at T1 with either file: (2 + 0 + 3) / 3 and (3 + 0 + 3) / 3.
MEANS = {FIRST: 5 / 3, SECOND: 2.0}


def _start(study: Path, home: Path) -> subprocess.Popen[bytes]:
    environment = os.environ | {"WAVEHOUSE_STUDY": str(study), "WAVEHOUSE_HOME": str(home)}
    command = [sys.executable, "-m", "dagster_project.cli", "run", "--quiet"]
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True
    )


def _released(study: Path) -> float:
    with duckdb.connect(str(study / "release" / "warehouse.duckdb"), read_only=True) as connection:
        row = connection.execute("select value from results.results where result_id = 'summary/push/T1/mean'").fetchone()
        tables = connection.execute("select count(*) from duckdb_tables()").fetchone()
    assert row is not None and tables is not None and tables[0] > 20
    for name in ("index.html", "manifest.json", "tables"):
        assert (study / "release" / name).exists(), name
    return float(row[0])


def _landing_is_whole(study: Path) -> bool:
    landed_files = [path for path in (study / "landing").iterdir() if not path.name.startswith((".", "arrivals."))]
    return all(hashlib.sha256(path.read_bytes()).hexdigest() == path.name.split(".")[0] for path in landed_files)


def main(kills: int, seed: int) -> None:
    rng = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        study, home = Path(folder) / "small_study", Path(folder) / "home"
        shutil.copytree(SMALL, study)
        file = study / "raw/T1/t1.csv"
        text = file.read_text(encoding="utf-8")
        started_at = time.monotonic()
        run = _start(study, home)
        assert run.wait() == 0, run.stderr.read() if run.stderr else ""
        whole = time.monotonic() - started_at
        current, killed, old, new = FIRST, 0, 0, 0
        for number in range(kills):
            expected = SECOND if current == FIRST else FIRST
            file.write_text(text.replace(FIRST, expected), encoding="utf-8")
            run = _start(study, home)
            moment = rng.uniform(0, whole)
            time.sleep(moment)
            killed += run.poll() is None
            with contextlib.suppress(ProcessLookupError):
                os.killpg(run.pid, signal.SIGKILL)
            run.wait()
            mean = _released(study)
            assert abs(mean - MEANS[FIRST]) < 1e-12 or abs(mean - MEANS[SECOND]) < 1e-12, mean
            assert _landing_is_whole(study)
            is_new = abs(mean - MEANS[expected]) < 1e-12
            old, new = old + (not is_new), new + is_new
            run = _start(study, home)
            _, errors = run.communicate()
            assert run.returncode == 0, errors.decode()
            assert abs(_released(study) - MEANS[expected]) < 1e-12
            assert not [
                path for path in (study / "landing").iterdir() if path.name.startswith(".landing-")
            ] or _landing_is_whole(study)
            current = expected
            print(
                f"{number + 1} of {kills}: killed after {moment:.1f} s, release {'new' if is_new else 'old'}, healed",
                flush=True,
            )
    print(
        f"{killed} of {kills} runs killed while they ran (a whole run takes {whole:.1f} s): {old} left the old release, {new} the new"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 50, int(sys.argv[2]) if len(sys.argv) > 2 else 1)
