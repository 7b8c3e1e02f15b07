"""The lanes of tests: each has its modules, and what a run of all tests leaves out is run before a change is taken."""

import re
from pathlib import Path

from lanes import LANES, lane_of, left_out_line

TESTS = Path(__file__).parent


def test_every_module_of_a_lane_is_there_and_has_tests() -> None:
    for lane, paths in LANES.items():
        for name in paths:
            path = TESTS / name
            modules = [path] if path.is_file() else list(path.glob("test_*.py"))
            assert modules, f"{lane}: {name}"
            assert {lane_of(module) for module in modules} == {lane}
    assert lane_of(TESTS / "results" / "test_trace.py") is None


def test_what_a_run_of_all_tests_leaves_out_is_run_before_a_change_is_taken() -> None:
    script = (TESTS.parent / ".ci" / "lanes").read_text(encoding="utf-8")
    assert set(re.findall("uv run pytest -m (\\w+)", script)) == set(LANES)
    assert left_out_line().endswith(f"uv run pytest -m {' or '.join(LANES)!r}")
