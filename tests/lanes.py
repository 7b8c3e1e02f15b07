"""Lanes of tests of their own, which `uv run pytest` leaves out and names: `uv run pytest -m faults`, `-m services`. `.ci/lanes`
runs them.

Belongs here: which tests they are. Does not belong here: what is slow (conftest.py), what needs which program (the tests).
"""

from collections.abc import Sequence
from pathlib import Path

import pytest

_HERE = Path(__file__).parent
#: By lane, folders and modules below tests/.
LANES = {
    "faults": (
        "attacks", "exports/test_export_damage.py", "exports/test_fuzz.py", "exports/test_crash_probe.py",
        "defs/test_faults.py", "defs/test_hostile_names.py", "defs/test_interleavings.py", "defs/test_one_truth.py",
    ),
    "services": ("lake", "deploy", "dagster_home/test_postgres_history.py", "pull/test_sql.py"),
}  # fmt: skip


def mark_lanes(items: Sequence[pytest.Item]) -> None:
    """Mark each test with its lane, if it has one."""
    for item in items:
        if (lane := lane_of(item.path)) is not None:
            item.add_marker(lane)


def lane_of(module: Path) -> str | None:
    """The lane of a module of tests, None for one of the suite."""
    module_path = module.relative_to(_HERE)
    names = {parent.as_posix() for parent in (module_path, *module_path.parents)}
    return next((lane for lane, paths in LANES.items() if names & set(paths)), None)


def leaves_out_lanes(config: pytest.Config) -> bool:
    """Whether all tests were asked for. Whoever names a path, or says with -m or -k which, gets just these."""
    asked = config.getoption("markexpr") or config.getoption("keyword")
    return not asked and set(config.args) == set(config.getini("testpaths"))


def leave_out_lanes(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Take the lanes out of a run of all tests."""
    if leaves_out_lanes(config):
        config.hook.pytest_deselected(items=[item for item in items if lane_of(item.path) is not None])
        items[:] = [item for item in items if lane_of(item.path) is None]


def left_out_line() -> str:
    """What a run of all tests leaves out, and how to run it."""
    return f"Lanes of their own, not run: {', '.join(LANES)}. They are run by: uv run pytest -m {' or '.join(LANES)!r}"
