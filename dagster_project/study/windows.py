"""When a wave is planned, its state on a given day, and whether the days of its answers matter.

Belongs here: comparing planned dates with what has arrived. Does not belong here: finding out what has arrived; a person's
own time of answering (growth.py).
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from dagster_project.study.protocol import Protocol
from dagster_project.study.waves import Wave

_DAYS_PER_MONTH = 365.25 / 12
State = Literal["expected", "early", "overdue", "arrived"]


@dataclass(frozen=True)
class WaveState:
    """The state of a wave, and a sentence on it. overdue and early need attention; expected and arrived do not."""

    state: State
    sentence: str


def wave_window(protocol: Protocol, wave: Wave) -> tuple[date, date] | None:
    """The first and the last day of a wave; None when the protocol does not say when the study starts."""
    if protocol.starts_on is None:
        return None
    first_day = protocol.starts_on + timedelta(days=round(wave.month * _DAYS_PER_MONTH))
    return first_day, first_day + timedelta(days=wave.window_days)


def wave_state(
    protocol: Protocol, wave: Wave, today: date, arrived_on: date | None, returned_count: int, eligible_count: int
) -> WaveState | None:
    """The state of a wave today. arrived_on: the day its export was first seen. The counts are of people for whom the wave
    is planned.

    None when the protocol does not say when the study starts.
    """
    planned_window = wave_window(protocol, wave)
    if planned_window is None:
        return None
    first_day, last_day = planned_window
    is_for_some = wave.wave in protocol.waves_for_some
    share = f"{returned_count} of {eligible_count}{' for whom it is planned' if is_for_some else ''} returned"
    if eligible_count:
        share += f" ({100 * returned_count / eligible_count:.0f} %)"
    if arrived_on is None:
        if today > last_day:
            return WaveState("overdue", f"{wave.wave} is overdue: it closed on {last_day} and no export has arrived")
        return WaveState("expected", f"{wave.wave} is expected from {first_day} to {last_day}")
    if arrived_on < first_day:
        return WaveState("early", f"{wave.wave} arrived on {arrived_on}, before it opened on {first_day}; {share}")
    return WaveState("arrived", f"{wave.wave} arrived on {arrived_on}; {share}")


def counts_days(protocol: Protocol) -> bool:
    """Whether a visit window or the model of growth asks for the days on which people answered."""
    has_windows = any(wave.days_from_baseline is not None for wave in protocol.waves)
    return has_windows or (protocol.growth is not None and protocol.growth.time == "answered_on")
