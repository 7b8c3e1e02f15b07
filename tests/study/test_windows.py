"""What is said of a wave on a given day."""

from datetime import date
from pathlib import Path

import pytest

from dagster_project.study import read_study, wave_state
from dagster_project.study.windows import wave_window

SMALL = read_study(Path(__file__).parents[1] / "small_study").protocol
PROTOCOL = SMALL.model_copy(update={"starts_on": date(2024, 1, 10)})
T2 = PROTOCOL.waves[1]  # planned at month 3


@pytest.mark.parametrize(
    ("today", "arrived_on", "state", "sentence"),
    [
        (date(2024, 1, 10), None, "expected", "T2 is expected from 2024-04-10 to 2024-05-22"),
        (date(2024, 5, 22), None, "expected", "T2 is expected from 2024-04-10 to 2024-05-22"),
        (date(2024, 5, 23), None, "overdue", "T2 is overdue: it closed on 2024-05-22 and no export has arrived"),
        (
            date(2024, 6, 1),
            date(2024, 4, 9),
            "early",
            "T2 arrived on 2024-04-09, before it opened on 2024-04-10; 3 of 4 returned (75 %)",
        ),
        (date(2024, 6, 1), date(2024, 5, 1), "arrived", "T2 arrived on 2024-05-01; 3 of 4 returned (75 %)"),
    ],
)
def test_a_wave_is_expected_early_overdue_or_there(today: date, arrived_on: date | None, state: str, sentence: str) -> None:
    wave = wave_state(PROTOCOL, T2, today, arrived_on, 3, 4)
    assert wave is not None
    assert (wave.state, wave.sentence) == (state, sentence)


def test_without_a_start_nothing_is_said() -> None:
    assert wave_window(SMALL, SMALL.waves[0]) is None
    assert wave_state(SMALL, SMALL.waves[0], date(2024, 1, 1), None, 0, 0) is None


def test_nobody_eligible_has_no_share() -> None:
    state = wave_state(PROTOCOL, T2, date(2024, 6, 1), date(2024, 5, 1), 0, 0)
    assert state is not None
    assert state.sentence.endswith("; 0 of 0 returned")
