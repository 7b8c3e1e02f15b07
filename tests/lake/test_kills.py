"""Publishers that are killed, readers meanwhile, and a catalogue that is restarted: the old release or the new one, whole."""

from pathlib import Path

import pytest
from lake.numbered import run_rounds
from lake.services import LakeDatabase


@pytest.mark.slow
def test_readers_see_whole_releases_while_publishers_are_killed(
    postgres: LakeDatabase, lake_variables: dict[str, str], tmp_path: Path
) -> None:
    """tests/benchmarks/lake_kills.py does the same with 20 releases a publisher."""
    rounds = run_rounds(tmp_path, lake_variables, releases=3, kills=4, restart=postgres.server.restart)
    assert (rounds.lost, rounds.absent, rounds.disorder, rounds.mixed_reads) == ([], [], [], 0)
    assert (rounds.kills, rounds.restarts) == (4, 1)
    assert rounds.whole_reads > 10
