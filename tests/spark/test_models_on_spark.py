"""The models on Spark give what they give in DuckDB: every table, every row, doubles to the last bit."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from labelled_study import write_labelled_study

_SCRIPT = Path(__file__).parent / "build_and_compare.py"
#: Two workers, each a process of its own with a core and a gigabyte.
_TWO_WORKERS = "local-cluster[2,1,1024]"
_ONE_PROCESS = "local[1]"
_TRAP = "Übung's \\ Kurs"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        importlib.util.find_spec("pyspark") is None, reason="pyspark is not installed (uv run --group spark)"
    ),
    pytest.mark.skipif(
        importlib.util.find_spec("dbt.adapters.spark") is None, reason="dbt-spark is not installed (--group spark)"
    ),
    pytest.mark.skipif(shutil.which("java") is None, reason="Java is not on this machine"),
]


def _report(workspace: Any, folder: Path, master: str) -> dict[str, Any]:
    process = subprocess.run(
        [sys.executable, str(_SCRIPT), str(workspace.settings.warehouse_file), str(folder), master],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "SPARK_LOCAL_IP": "127.0.0.1"},
        capture_output=True, text=True, encoding="utf-8", check=False, timeout=1200,
    )  # fmt: skip
    assert process.returncode == 0, process.stderr[-4000:]
    report: dict[str, Any] = json.loads(process.stdout.splitlines()[-1])
    return report


def test_every_table_is_the_same_on_two_workers(small_run: tuple[Any, Any], tmp_path: Path) -> None:
    report = _report(small_run[0], tmp_path, _TWO_WORKERS)
    assert report["faults"] == []
    assert report["differences"] == {}
    assert report["workers"] == 2
    assert report["states"]["model success"] > 60
    assert report["states"]["test pass"] > 55
    assert report["tables"] > 60
    assert report["rows"] > 100


def test_texts_that_engines_read_otherwise_and_thirds(
    workspace_of: Callable[[Path], Any], run_of: Callable[[Any], Any], tmp_path: Path
) -> None:
    """An apostrophe and a backslash in a declared text, cells with what nobody sees around them and in another form of Unicode,
    and means of three items: thirds, whose sum falls just short of a whole number."""
    study = write_labelled_study(tmp_path / "made" / "labelled_study")
    _replace(study / "study.yaml", "Übungskurs", _TRAP)
    _replace(study / "raw/roster/roster.csv", "Übungskurs", _TRAP)
    _replace(study / "raw/T1/t1.csv", "gar nicht", "\N{NO-BREAK SPACE}gar nicht\N{ZERO WIDTH SPACE}")
    _replace(study / "raw/T2/t2.csv", "überhaupt nicht", unicodedata.normalize("NFD", "überhaupt nicht"))
    workspace = workspace_of(study)
    run = run_of(workspace)
    assert run.success, run.failures
    read = "select count(*) as n from marts.answers where answer = 0 and item like 'burden%01'"
    assert workspace.working(read)[0]["n"] > 3
    assert workspace.working("select count(*) as n from marts.participants where arm is not null")[0]["n"] == 12
    report = _report(workspace, tmp_path, _ONE_PROCESS)
    assert report["faults"] == []
    assert report["differences"] == {}


def _replace(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")
