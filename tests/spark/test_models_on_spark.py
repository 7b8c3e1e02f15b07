"""The models on Spark give what they give in DuckDB: every table, every row, doubles to the last bit."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

_SCRIPT = Path(__file__).parent / "build_and_compare.py"
#: Two workers, each a process of its own with a core and a gigabyte.
_TWO_WORKERS = "local-cluster[2,1,1024]"

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


def test_every_table_is_the_same_on_two_workers(small_run: tuple[Any, Any], tmp_path: Path) -> None:
    workspace = small_run[0]
    process = subprocess.run(
        [sys.executable, str(_SCRIPT), str(workspace.settings.warehouse_file), str(tmp_path), _TWO_WORKERS],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "SPARK_LOCAL_IP": "127.0.0.1"},
        capture_output=True, text=True, encoding="utf-8", check=False, timeout=1200,
    )  # fmt: skip
    assert process.returncode == 0, process.stderr[-4000:]
    report = json.loads(process.stdout.splitlines()[-1])
    assert report["faults"] == []
    assert report["differences"] == {}
    assert report["workers"] == 2
    assert report["states"]["model success"] > 60
    assert report["states"]["test pass"] > 55
    assert report["tables"] > 60
    assert report["rows"] > 100
