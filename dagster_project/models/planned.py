"""Waves and blocks that are not planned for everybody: what the protocol leaves open for a study's people, and how many they
are. Nothing else belongs here."""

from collections.abc import Sequence
from dataclasses import dataclass

from dagster_project.checks import Check, first_few
from dagster_project.raw.file_names import joined_files
from dagster_project.study import Condition, Study, unknown_question, unplanned_question
from dagster_project.warehouse import Warehouse, identifier

_UNPLANNED = f"""
    select unplanned.wave, unplanned.block, unplanned.rule, files.file_name, unplanned.source_row
    from marts.unplanned_answers as unplanned
    {joined_files("unplanned")}
    order by unplanned.wave, unplanned.block, files.file_name, unplanned.source_row
"""


@dataclass(frozen=True)
class UnplannedRow:
    """A row with answers of somebody for whom the wave, or the block, is not planned. block: empty for the wave. rule: None
    where nobody decided."""

    wave: str
    block: str
    rule: str | None
    file_name: str | None
    source_row: int


@dataclass(frozen=True)
class RosterRow:
    """Somebody of whom it is unknown whether a wave or block is planned."""

    file_name: str | None
    source_row: int


@dataclass(frozen=True)
class PlannedCount:
    """For how many people something is planned, of how many."""

    n_planned: int
    n: int


def planned_waves_decided(warehouse: Warehouse, study: Study) -> Check:
    """Whether the protocol decides what to do with everybody: with people of whom it is unknown whether a wave or block is
    planned, and with answers that were not planned. It says how many people each is planned for."""
    unplanned = warehouse.rows_as(UnplannedRow, _UNPLANNED) if study.protocol.conditions else []
    questions, sentences = [], []
    for condition in study.protocol.conditions:
        unknown = _unknown(warehouse, condition)
        if unknown and condition.if_unknown is None:
            questions.append(unknown_question(condition, _locations(unknown)))
        rows = [row for row in unplanned if (row.wave, row.block) == (condition.wave, condition.block or "")]
        if rows and condition.unplanned_answers is None:
            questions.append(unplanned_question(condition, _locations(rows)))
        sentences.append(_sentence(condition, _count(warehouse, study, condition), len(unknown), len(rows)))
    message = first_few(questions, 1) or "; ".join(sentences) or "Every wave is planned for everybody."
    facts = {"planned": "\n".join(f"- {line}" for line in (*sentences, *questions)) or "everybody"}
    return Check("planned_waves_decided", not questions, message, facts=facts)


def _unknown(warehouse: Warehouse, condition: Condition) -> Sequence[RosterRow]:
    column = identifier(f"unknown_{_suffix(condition)}")
    return warehouse.rows_as(
        RosterRow,
        f"select files.file_name, people.source_row from marts.planned_waves as planned"
        f" inner join marts.participants as people on planned.participant_id = people.participant_id"
        f" {joined_files('people', is_roster=True)} where planned.{column} order by files.file_name, people.source_row",
    )


def _count(warehouse: Warehouse, study: Study, condition: Condition) -> PlannedCount:
    column = identifier(f"planned_{_suffix(condition)}")
    sql = f"select count(*) filter (where {column}) as n_planned, count(*) as n from marts.planned_waves"
    return warehouse.rows_as(PlannedCount, sql)[0]


def _suffix(condition: Condition) -> str:
    return condition.wave if condition.block is None else f"{condition.wave}__{condition.block}"


def _locations(rows: Sequence[UnplannedRow] | Sequence[RosterRow]) -> list[str]:
    return [f"{row.file_name} row {row.source_row}" for row in rows]


def _sentence(condition: Condition, count: PlannedCount, n_unknown: int, n_unplanned: int) -> str:
    words = f"{condition.subject}: {count.n_planned} of {count.n} planned ({condition.in_words})"
    if n_unknown and condition.if_unknown is not None:
        words += f", {n_unknown} of whom it is unknown taken as {condition.if_unknown.replace('_', ' ')}"
    if n_unplanned and condition.unplanned_answers is not None:
        rule = "kept" if condition.unplanned_answers == "keep" else "set aside"
        words += f", {n_unplanned} rows of others {rule}"
    return words
