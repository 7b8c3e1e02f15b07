"""For how many people the waves and blocks are planned that are not for everybody, and what the protocol leaves open.

Belongs here: what `check` says of it, and asks. Does not belong here: the condition (study/planned.py), reading files
(exports/).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from dagster_project.exports import ContractResult, ListedPerson, listed_people, rows_with_answers
from dagster_project.study import Condition, Export, Study, Wave, unknown_question, unplanned_question


@dataclass(frozen=True)
class PlannedFinding:
    """One line about a wave. kind: info, warning (planned for nobody) or question (a run would ask it, too)."""

    wave: str
    kind: str
    message: str


#: The contracts of the files of each wave's exports.
WaveContracts = Mapping[str, Sequence[tuple[Export, ContractResult]]]


def planned_findings(study: Study, roster: Iterable[ContractResult], contracts: WaveContracts) -> Iterator[PlannedFinding]:
    """A line for each condition, its questions, and what it means for those who were not there at the first wave."""
    people = [person for contract in roster for person in listed_people(study, contract)]
    if not people:
        return
    for wave in study.protocol.waves:
        of_wave = study.protocol.conditions_of(wave)
        for condition in (of_wave.wave_condition, *of_wave.blocks):
            if condition is not None:
                yield from _of_condition(study, condition, people, contracts.get(wave.wave, ()))
        if of_wave.is_for_some:
            planned = {person.identifier for person in people if of_wave.is_planned_for(person.categories)}
            yield from _of_wave(study, wave, planned, people, contracts.get(wave.wave, ()))


def _of_wave(
    study: Study, wave: Wave, planned: set[str], people: Sequence[ListedPerson],
    contracts: Sequence[tuple[Export, ContractResult]],
) -> Iterator[PlannedFinding]:  # fmt: skip
    returned_people = {
        identifier
        for export, contract in contracts
        for identifier, _ in rows_with_answers(contract, study, export, None)
        if identifier in planned
    }
    if contracts and planned:
        yield PlannedFinding(
            wave.wave,
            "info",
            f"{wave.wave}: {len(returned_people)} of the {len(planned)} for whom it is planned answered it",
        )
    if wave == study.protocol.waves[0]:
        yield PlannedFinding(
            wave.wave,
            "info",
            f"{wave.wave} is the first wave and not for everybody: change from it, and comparisons of who left by their"
            f" values at it, are of those it is planned for ({len(planned)} of {len(people)})",
        )


def _of_condition(
    study: Study, condition: Condition, people: Sequence[ListedPerson], contracts: Sequence[tuple[Export, ContractResult]]
) -> Iterator[PlannedFinding]:
    of_wave = next(study.protocol.conditions_of(wave) for wave in study.protocol.waves if wave.wave == condition.wave)
    is_planned_for = of_wave.is_planned_for if condition.block is None else condition.is_planned_for
    planned = {person.identifier for person in people if is_planned_for(person.categories)}
    counts = f"{condition.subject}: {len(planned)} of {len(people)} planned ({condition.in_words})"
    unknown = [
        f"{person.file} row {person.source_row}" for person in people if condition.holds_for(person.categories) is None
    ]
    if unknown and condition.if_unknown is not None:
        counts += f", {len(unknown)} of whom it is unknown taken as {condition.if_unknown.replace('_', ' ')}"
    yield PlannedFinding(condition.wave, "info" if planned else "warning", counts if planned else f"{counts}: nobody")
    if unknown and condition.if_unknown is None:
        yield PlannedFinding(condition.wave, "question", unknown_question(condition, unknown))
    unplanned_people = {person.identifier for person in people} - planned
    rows = [
        f"{contract.name} row {row}"
        for export, contract in contracts
        for identifier, row in rows_with_answers(contract, study, export, condition.block)
        if identifier in unplanned_people
    ]
    if rows and condition.unplanned_answers is None:
        yield PlannedFinding(condition.wave, "question", unplanned_question(condition, rows))
    elif rows:
        rule = "kept" if condition.unplanned_answers == "keep" else "set aside"
        message = (
            f"{condition.subject}: {len(rows)} rows of others, whom it is not planned for, are {rule}: {', '.join(rows[:5])}"
        )
        yield PlannedFinding(condition.wave, "info", message + (f" and {len(rows) - 5} more" if len(rows) > 5 else ""))
