"""The example's results are those of the release before: ids, people, values, texts, units.

`example_results.csv` is what a release held; when a result changes for a reason, the reason is said in the commit that changes
its line. A value may differ in its last digits between machines.
"""

import csv
from pathlib import Path
from typing import Any

import pytest

_FILE = Path(__file__).with_name("example_results.csv")


def test_no_result_has_changed_without_a_reason(example_run: tuple[Any, Any]) -> None:
    workspace, _ = example_run
    rows = workspace.released("select result_id, n, value, printed, unit from results.results order by result_id")
    with _FILE.open(encoding="utf-8", newline="") as stream:
        earlier = list(csv.DictReader(stream))
    assert [row["result_id"] for row in rows] == [line["result_id"] for line in earlier]
    differing = []
    for row, line in zip(rows, earlier, strict=True):
        n = int(line["n"]) if line["n"] else None
        value = pytest.approx(float(line["value"]), rel=1e-9, abs=1e-12) if line["value"] else None
        if (row["n"], row["value"], row["printed"], row["unit"]) != (n, value, line["printed"], line["unit"]):
            differing.append((line, row))
    assert differing == []
