"""Answers whose day lies far off the time that is planned for them, and days before the study starts.

Belongs here: what `check` says of them, where anything counts in days. Does not belong here: dates that cannot be read
(exports/dates.py); the days that a run counts (marts.answer_days).
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from dagster_project.exports import ANSWERED_ON, ContractResult, composed, date_column
from dagster_project.study import Export, Study, Wave, counts_days, far_off_days, planned_days

_MAX_LISTED = 3
#: Contracts of the files in use, by wave.
WaveContracts = Mapping[str, Sequence[tuple[Export, ContractResult]]]


def far_off_answers(study: Study, contracts: WaveContracts) -> Iterator[tuple[str, str]]:
    """A wave and a line on its days, for each wave with days that may be slips; none where nothing asks for days."""
    if not counts_days(study.protocol):
        return
    first_wave, *later_waves = study.protocol.waves
    starts_on, baselines, early = study.protocol.starts_on, dict[str, date](), list[str]()
    for name, day, location in _days(contracts.get(first_wave.wave, ())):
        baselines[name] = day
        if starts_on is not None and day < starts_on:
            early.append(f"{location} ({day})")
    if early:
        yield (
            first_wave.wave,
            f"{len(early)} {'dates lie' if len(early) > 1 else 'date lies'} before the study starts ({starts_on}):"
            f" {_abbreviated(early)}; correct the cells, or starts_on",
        )
    for wave in later_waves:
        yield from ((wave.wave, message) for message in _of_wave(wave, first_wave, baselines, contracts))


def _of_wave(wave: Wave, first_wave: Wave, baselines: Mapping[str, date], contracts: WaveContracts) -> Iterator[str]:
    """What is said of a later wave. baselines: of each person."""
    months = wave.month - first_wave.month
    earlier, far_off = list[str](), list[str]()
    for name, day, location in _days(contracts.get(wave.wave, ())):
        if name not in baselines:
            continue
        days = (day - baselines[name]).days
        if days < 0:
            earlier.append(f"{location} ({day}, {first_wave.wave} {baselines[name]})")
        elif abs(days - planned_days(months)) > far_off_days(months):
            far_off.append(f"{location} ({day}, {days} days after {first_wave.wave} of {baselines[name]})")
    if earlier:
        beginning = "answers are" if len(earlier) > 1 else "answer is"
        yield (
            f"{len(earlier)} {beginning} dated before the person's own answer to {first_wave.wave}: {_abbreviated(earlier)};"
            " correct the date of one of both waves, or leave it, and the answer has no time"
        )
    if far_off:
        yield _line(wave, far_off, months)


def _line(wave: Wave, far_off: Sequence[str], months: float) -> str:
    beginning = "answers lie" if len(far_off) > 1 else "answer lies"
    return (
        f"{len(far_off)} {beginning} more than {far_off_days(months):.0f} days from the {planned_days(months):.0f} that are"
        f" planned for {wave.wave}: {_abbreviated(far_off)}; correct the date of one of both waves, or leave it, and it"
        " counts as it is"
    )


def _abbreviated(texts: Sequence[str]) -> str:
    return ", ".join(texts[:_MAX_LISTED]) + (f" and {len(texts) - _MAX_LISTED} more" if len(texts) > _MAX_LISTED else "")


def _days(contracts: Sequence[tuple[Export, ContractResult]]) -> Iterator[tuple[str, date, str]]:
    """Who answered on which day, and where that stands, of rows with a day."""
    for export, contract in contracts:
        if ANSWERED_ON not in contract.dates:
            continue
        for batch in contract.batches(set()):
            columns = (batch.column(name).to_pylist() for name in ("respondent", date_column(ANSWERED_ON), "source_row"))
            for name, day, row in zip(*columns, strict=True):
                if name is not None and day is not None:
                    person = composed(export.respondents.get(name.strip(), name.strip()))
                    yield person, day, f"{contract.name} row {row}"
