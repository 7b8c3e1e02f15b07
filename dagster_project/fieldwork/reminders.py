"""Reminders: who has not answered which wave, and whether they are to answer it now.

Belongs here: the states of a wave for a person on a day. Does not belong here: when a wave is planned (study/windows.py),
who has returned it and whom it is planned for (the marts).
"""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Literal, NamedTuple

from dagster_project.study import Protocol, wave_window
from dagster_project.warehouse import Connection, Warehouse, literal

ReminderState = Literal["due", "late", "not_yet", "no_window"]
#: In the order in which they are listed.
REMINDER_STATES: dict[ReminderState, str] = {
    "due": "may answer now",
    "late": "the time to answer is over",
    "not_yet": "the time to answer has not begun",
    "no_window": "nothing says when to answer: declare starts_on, or days_from_baseline of the wave",
}

#: Rows of many people are read so many at a time.
_BATCH = 10_000
#: A person has a time of their own where the wave has a visit window and the day of their baseline is known; else the wave's
#: dates count. Withdrawn and excluded people, and those for whom a wave is not planned, are not asked.
_REMINDERS = """
    with windows as (
        select * from (values {windows}) as windows (wave, wave_order, first_day, last_day, earliest, latest)
    ),
    baselines as (select participant_id, answered_on from marts.answer_days where wave = {first_wave}),
    latest_answers as (
        select participant_id, max(answered_on) as last_answered_on from marts.answer_days group by participant_id
    ),
    unanswered as (
        select
            roster.respondent, returns.participant_id, returns.wave, returns.missing_reason as reason,
            windows.wave_order, latest_answers.last_answered_on,
            windows.earliest is not null and baselines.answered_on is not null as has_own_time,
            case when has_own_time then baselines.answered_on + windows.earliest else windows.first_day end as from_day,
            case when has_own_time then baselines.answered_on + windows.latest else windows.last_day end as until_day
        from marts.returns as returns
        join windows on returns.wave = windows.wave
        join raw.roster as roster on returns.participant_id = roster.participant_id
        left join baselines on returns.participant_id = baselines.participant_id
        left join latest_answers on returns.participant_id = latest_answers.participant_id
        where returns.missing_reason in ('wave_not_returned', 'returned_blank')
            and returns.participant_id not in (select participant_id from marts.exclusions)
    )
    select
        respondent, participant_id, wave,
        case
            when from_day is null then 'no_window'
            when ? < from_day then 'not_yet'
            when ? <= until_day then 'due'
            else 'late'
        end as state,
        reason, from_day, until_day,
        case when has_own_time then 'of the person' when from_day is not null then 'of the wave' end as time_to_answer,
        last_answered_on
    from unanswered
    order by list_position(['due', 'late', 'not_yet', 'no_window'], state), until_day, wave_order, respondent
"""


class Reminder(NamedTuple):
    """A person who has not answered a wave. Of many people there are hundreds of thousands: a tuple costs least.

    respondent: the identifier on the roster. reason: wave_not_returned, or returned_blank. from_day, until_day: when they
    are to answer it, None where nothing says so. time_to_answer: of the person (a visit window from their baseline) or of
    the wave. last_answered_on: when they last answered any wave, None if never or not known.
    """

    respondent: str
    participant_id: str
    wave: str
    state: ReminderState
    reason: str
    from_day: date | None
    until_day: date | None
    time_to_answer: str | None
    last_answered_on: date | None


def reminder_batches(connection: Connection, protocol: Protocol, today: date) -> Iterator[list[Reminder]]:
    """Everybody who has not answered a wave that is planned for them: first who is due, by the end of the time."""
    sql = _REMINDERS.format(windows=", ".join(_windows(protocol)), first_wave=literal(protocol.waves[0].wave))
    cursor = connection.execute(sql, [today, today])
    while batch := cursor.fetchmany(_BATCH):
        yield list(map(Reminder._make, batch))


def read_reminders(warehouse: Warehouse, protocol: Protocol, today: date) -> list[Reminder]:
    """The same as one list."""
    with warehouse.connect(read_only=True) as connection:
        return [reminder for batch in reminder_batches(connection, protocol, today) for reminder in batch]


def counts_by_wave(
    counts: Mapping[tuple[str, ReminderState], int], protocol: Protocol
) -> list[tuple[str, dict[ReminderState, int]]]:
    """How many people are in which state, a row for each wave that anybody has not answered. counts: by wave and state."""
    rows: list[tuple[str, dict[ReminderState, int]]] = [
        (wave.wave, {state: counts.get((wave.wave, state), 0) for state in REMINDER_STATES}) for wave in protocol.waves
    ]
    return [(wave, states) for wave, states in rows if any(states.values())]


def _windows(protocol: Protocol) -> list[str]:
    """Each wave with its dates and its visit window, as rows of SQL."""
    rows = []
    for order, wave in enumerate(protocol.waves, start=1):
        days = wave_window(protocol, wave)
        dates = [f"date '{day}'" for day in days] if days else ["cast(null as date)"] * 2
        visit = wave.days_from_baseline
        offsets = [str(visit.earliest), str(visit.latest)] if visit else ["cast(null as integer)"] * 2
        rows.append(f"({', '.join([literal(wave.wave), str(order), *dates, *offsets])})")
    return rows
