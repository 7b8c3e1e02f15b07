"""Faults under the real daemon: exports that are written slowly, replaced twice, or deleted while it looks; a damaged history.

One daemon watches one study for all of it: each start costs half a minute.
"""

import hashlib
import os
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from watching_ui import wait_until, watching

pytestmark = [pytest.mark.slow, pytest.mark.skipif(os.name == "nt", reason="the daemon's processes are ended as a group")]
_MEAN = "select value from results.results where result_id = 'summary/push/T1/mean'"


def _damage_history(dagster_home: Path) -> list[str]:
    """A database that is cut short, and one that is none. Returns their names."""
    history = dagster_home / "history"
    (history / "runs").mkdir(parents=True, exist_ok=True)
    for file in (history / "runs.db", history / "runs" / "index.db"):
        with closing(sqlite3.connect(file)) as connection:
            connection.execute("create table if not exists padding (text)")
            connection.executemany("insert into padding values (?)", [("x" * 500,) for _ in range(500)])
            connection.commit()
    os.truncate(history / "runs.db", 20_000)
    (history / "runs" / "index.db").write_bytes(os.urandom(50_000))
    return ["runs.db", "index.db"]


def _rows(first: str, second: str) -> str:
    """The wave's export, with the first cell of the scale push of two people."""
    return (
        "Person,Date,M1,M2,M3,D1,D2,D3,D4,GP?\n"
        f"A,03/02/2020,4,very much,2,1,{first},5,6,Yes\nB,04/02/2020,2,,4,0,{second},6,5,No\nC,04/02/2020,3,3,-9,2,4,,1,\n"
    )


def test_what_is_written_slowly_replaced_twice_or_deleted(small_copy: Any) -> None:
    workspace, _ = small_copy
    file, landing = workspace.study_folder / "raw/T1/t1.csv", workspace.settings.landing
    damaged = _damage_history(workspace.settings.dagster_home)
    landed_before = {path.name for path in landing.glob("*.csv")}

    def value() -> float | None:
        return workspace.released(_MEAN)[0]["value"]  # type: ignore[no-any-return]

    def landed() -> set[str]:
        return {path.name for path in landing.glob("*.csv")} - landed_before

    with watching(workspace) as log:
        warnings = log.read_text(encoding="utf-8", errors="replace").splitlines()
        for name in damaged:
            (line,) = [
                line for line in warnings if line.startswith("warning: ") and f"/{name}: the history of runs was" in line
            ]
            assert line.endswith(": it begins anew; data and releases are whole")

        # Written over 40 seconds, longer than two looks are apart: never read half.
        former, slow = value(), _rows("6", "0").encode()
        with file.open("wb") as stream:
            for start in range(0, len(slow), len(slow) // 40 + 1):
                stream.write(slow[start : start + len(slow) // 40 + 1])
                stream.flush()
                time.sleep(1)
                assert value() == former
        wait_until("the slow export is not released", lambda: value() != former, log)
        assert landed() == {f"{hashlib.sha256(slow).hexdigest()}.csv"}

        # Replaced twice within a second, of one size and date: the last is released.
        former, times = value(), (time.time_ns(), time.time_ns())
        for text in (_rows("1", "1"), _rows("6", "6")):
            arriving = file.with_name(".arriving")
            arriving.write_text(text, encoding="utf-8")
            os.utime(arriving, ns=times)
            arriving.replace(file)
            time.sleep(0.3)
        last = f"{hashlib.sha256(_rows('6', '6').encode()).hexdigest()}.csv"
        wait_until("the last replacement is not released", lambda: last in landed() and value() != former, log)
        assert len(landed()) == 2

        # Deleted, and there again: a release is made without the wave's answers by nobody, and what comes back is as it was.
        former = value()
        content = file.read_bytes()
        file.unlink()
        time.sleep(40)
        assert value() == former
        file.write_bytes(content)
    printed = log.read_text(encoding="utf-8", errors="replace")
    assert "Traceback" not in printed
