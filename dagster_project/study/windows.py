"""When a wave is planned, and what to say of it on a given day.

Belongs here: dates of the protocol beside what has arrived. Does not belong here: finding out what has arrived.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from dagster_project.study.protocol import Protocol, Wave

_DAYS_A_MONTH = 365.25 / 12
State = Literal["expected", "early", "overdue", "arrived"]


@dataclass(frozen=True)
class WaveState:
    """What is to be said of a wave. overdue and early deserve a look; expected and arrived do not."""

    state: State
    sentence: str


def window(protocol: Protocol, wave: Wave) -> tuple[date, date] | None:
    """The first and the last day of a wave; None when the protocol does not say when the study starts."""
    if protocol.starts_on is None:
        return None
    opens = protocol.starts_on + timedelta(days=round(wave.month * _DAYS_A_MONTH))
    return opens, opens + timedelta(days=wave.window_days)


def wave_state(
    protocol: Protocol, wave: Wave, today: date, arrived_on: date | None, returned: int, eligible: int
) -> WaveState | None:
    """What to say of a wave today. arrived_on: the day its export was first seen. returned, eligible: people.

    None when the protocol does not say when the study starts.
    """
    planned = window(protocol, wave)
    if planned is None:
        return None
    opens, closes = planned
    share = f"{returned} of {eligible} returned" + (f" ({100 * returned / eligible:.0f} %)" if eligible else "")
    if arrived_on is None:
        if today > closes:
            return WaveState("overdue", f"{wave.wave} is overdue: it closed on {closes} and no export has arrived")
        return WaveState("expected", f"{wave.wave} is expected from {opens} to {closes}")
    if arrived_on < opens:
        return WaveState("early", f"{wave.wave} arrived on {arrived_on}, before it opened on {opens}; {share}")
    return WaveState("arrived", f"{wave.wave} arrived on {arrived_on}; {share}")
