"""What the page knows of each person, in a study small enough to list: values, scores, answers and where they stand.

Belongs here: collecting that as JSON. Does not belong here: who counts in a number (a rule of results/, which the page
applies), layout.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from dagster_project.report.careless_people import CARELESS_COUNTED, CARELESS_VALUES
from dagster_project.report.norm_people import NORM_COUNTED, NORM_VALUES
from dagster_project.report.page_data import (
    AnswerValues,
    CountedPeople,
    MeasureValues,
    PeopleData,
    ScopeData,
    ScoreValues,
    SourceRows,
)
from dagster_project.report.scopes import Scope
from dagster_project.results import ExportFile, Query, ScaleItem, ScalePart

#: In a study with more people on its roster, nobody is drawn or listed.
MOST_PEOPLE = 150

#: Queries of what the page lists. Those of values give a row for each measure and wave, with lists in the order of people.
_QUERIES = {
    "people": "select participant_id, people_group from marts.return_states order by participant_id",
    "scores": """
        select
            scale as measure, wave, list(score order by participant_id) as person_values,
            list(missing_reason order by participant_id) as reasons,
            list(items_answered order by participant_id) as items_answered
        from marts.scale_scores
        group by all
        order by all
    """,
    "services": f"""
        select
            service as measure, wave, list(is_used::int order by participant_id) as person_values,
            list(null::varchar order by participant_id) as texts,
            list(missing_reason order by participant_id) as reasons
        from marts.service_use
        group by all
        union all
        select
            answers.measure, answers.wave, list(answers.value order by answers.participant_id),
            list(answers.category order by answers.participant_id),
            list(answers.missing_reason order by answers.participant_id)
        from marts.measure_values as answers
        inner join codebook.wave_items as asked
            on answers.measure = asked.item and answers.wave = asked.wave and asked.status <> 'not_in_wave'
        where answers.kind in ('yes_no', 'category')
        group by answers.measure, answers.wave
        union all {CARELESS_VALUES} union all {NORM_VALUES} order by all
    """,
    "items": """
        with sheets as (
            select participant_id, wave, item, answer, null as missing_reason, source_file, source_row from marts.answers
            union all
            select participant_id, wave, item, null, missing_reason, source_file, source_row from marts.missing_answers
        )

        select
            sheets.item as measure, sheets.wave, list(sheets.answer order by sheets.participant_id) as person_values,
            list(sheets.missing_reason order by sheets.participant_id) as reasons,
            list(sheets.source_file order by sheets.participant_id) as files,
            list(sheets.source_row order by sheets.participant_id) as source_rows,
            any_value(wave_items.export_column) as export_column
        from sheets
        left join codebook.wave_items as wave_items on sheets.wave = wave_items.wave and sheets.item = wave_items.item
        group by all
        order by all
    """,
    "facts": """
        select
            facts.variable as measure, null as wave,
            list(facts.number order by facts.participant_id) as person_values,
            list(facts.category order by facts.participant_id) as texts,
            list(facts.missing_reason order by facts.participant_id) as reasons,
            list(facts.source_file order by facts.participant_id) as files,
            list(facts.source_row order by facts.participant_id) as source_rows,
            any_value(variables.export_column) as export_column
        from marts.participant_values as facts
        inner join codebook.participant_variables as variables on facts.variable = variables.variable
        group by all
        order by all
    """,
    "counted_people": f"""
        with counted as (
            select
                participant_id, people, measure, moment, is_counted,
                case when starts_with(people, 'both') then value end as change
            from marts.counted_people
            union all
            -- In an item by itself, whoever answered it counts. Services are among the counted people already.
            select sheets.participant_id, 'value', sheets.item, sheets.wave, sheets.is_counted, null
            from (
                select participant_id, wave, item, true as is_counted from marts.answers
                union all
                select participant_id, wave, item, false from marts.missing_answers
            ) as sheets
            inner join codebook.items as items on sheets.item = items.item and items.kind = 'item'
            union all {CARELESS_COUNTED} union all {NORM_COUNTED})
        select
            people, measure, moment, list(is_counted order by participant_id) as is_counted,
            list(change order by participant_id) as changes
        from counted
        group by all
        order by all
    """,
    "returns": """
        select wave, list(if(missing_reason = 'not_planned', null, is_returned) order by participant_id) as is_returned
        from marts.returns group by all order by all
    """,
    "scale_items": "select scale, item from codebook.scale_items order by scale, item_order",
    "scale_parts": "select scale, part from codebook.scale_parts order by scale, part_order",
    "scales": "select scale, items_total, rule from codebook.scales order by scale",
    "reversed_items": "select scale, item, turned_from from codebook.scale_items where turned_from is not null order by all",
    "recoded": """
        select answers.item, answers.answer, answers.counts_as
        from codebook.item_answers as answers
        inner join codebook.items as items on answers.item = items.item and items.is_recoded
        order by answers.item, answers.answer
    """,
    "counted_skips": """
        select distinct item, try_cast(blank_counts_as as integer) as counts_as from codebook.item_gates
        where counts_as is not null order by item
    """,
    "exports": "select source_file, wave, file_name, version from marts.exports order by export, file_name",
}


class Person(NamedTuple):
    """Somebody of the roster. people_group: None where it is not known, or everybody is one group."""

    participant_id: str
    people_group: str | None


@dataclass(frozen=True)
class MeasureRow:
    """A measure in a wave (None for the roster): everybody's value, and why it is missing, in the order of people."""

    measure: str
    wave: str | None
    person_values: list[float | None]
    reasons: list[str | None]


@dataclass(frozen=True)
class ScoresRow(MeasureRow):
    """A scale. items_answered: by each person."""

    items_answered: list[int]


@dataclass(frozen=True)
class CategoriesRow(MeasureRow):
    """A service, or a question of yes or no or with categories. texts: each person's category; null of services."""

    texts: list[str | None]


@dataclass(frozen=True)
class AnswersRow(MeasureRow):
    """An item. files, source_rows: where each person's answer stands. export_column: None where no export has it."""

    files: list[str | None]
    source_rows: list[int | None]
    export_column: str | None


@dataclass(frozen=True)
class FactsRow(AnswersRow):
    """A variable of the roster. texts: the category of each person, of a variable that has categories."""

    texts: list[str | None]


@dataclass(frozen=True)
class CountedRow:
    """Who counts by a rule, measure and moment, and the changes of those who do, in the order of people."""

    people: str
    measure: str
    moment: str
    is_counted: list[bool]
    changes: list[float | None]


@dataclass(frozen=True)
class ReturnedRow:
    """Who returned a wave, in the order of people."""

    wave: str
    is_returned: list[bool | None]


@dataclass(frozen=True)
class ScaleRule:
    """A scale's number of items and its scoring rule in words."""

    scale: str
    items_total: int
    rule: str


@dataclass(frozen=True)
class ReversedItem:
    """What the answer to an item that is reversed in a scale is subtracted from."""

    scale: str
    item: str
    turned_from: float


class RecodedAnswer(NamedTuple):
    """What an answer to a recoded item counts as."""

    item: str
    answer: int
    counts_as: float


class CountedSkip(NamedTuple):
    """What an item counts as where it was not asked because of another answer."""

    item: str
    counts_as: int


@dataclass(frozen=True)
class PeopleRows:
    """The rows of each query, by its name."""

    people: Sequence[Person]
    scores: Sequence[ScoresRow]
    services: Sequence[CategoriesRow]
    items: Sequence[AnswersRow]
    facts: Sequence[FactsRow]
    counted_people: Sequence[CountedRow]
    returns: Sequence[ReturnedRow]
    scale_items: Sequence[ScaleItem]
    scale_parts: Sequence[ScalePart]
    scales: Sequence[ScaleRule]
    reversed_items: Sequence[ReversedItem]
    recoded: Sequence[RecodedAnswer]
    counted_skips: Sequence[CountedSkip]
    exports: Sequence[ExportFile]


def read_people(ask: Query) -> PeopleRows:
    """What a released file says of its people. ask: runs SQL on it."""
    return PeopleRows(
        people=ask(Person, _QUERIES["people"]),
        scores=ask(ScoresRow, _QUERIES["scores"]),
        services=ask(CategoriesRow, _QUERIES["services"]),
        items=ask(AnswersRow, _QUERIES["items"]),
        facts=ask(FactsRow, _QUERIES["facts"]),
        counted_people=ask(CountedRow, _QUERIES["counted_people"]),
        returns=ask(ReturnedRow, _QUERIES["returns"]),
        scale_items=ask(ScaleItem, _QUERIES["scale_items"]),
        scale_parts=ask(ScalePart, _QUERIES["scale_parts"]),
        scales=ask(ScaleRule, _QUERIES["scales"]),
        reversed_items=ask(ReversedItem, _QUERIES["reversed_items"]),
        recoded=ask(RecodedAnswer, _QUERIES["recoded"]),
        counted_skips=ask(CountedSkip, _QUERIES["counted_skips"]),
        exports=ask(ExportFile, _QUERIES["exports"]),
    )


def people_data(queried: PeopleRows, scopes: Iterable[Scope]) -> PeopleData:
    """The content of the page's list of people."""
    reason_indexes: dict[str, int] = {}
    row_indexes: dict[tuple[tuple[int, int] | None, ...], int] = {}
    file_indexes = {row.source_file: index for index, row in enumerate(queried.exports)}

    def measure_values(row: MeasureRow) -> MeasureValues:
        texts = row.texts if isinstance(row, FactsRow | CategoriesRow) else [None] * len(row.person_values)
        values = [number if text is None else text for number, text in zip(row.person_values, texts, strict=True)]
        missing_reasons = {
            str(index): reason_indexes.setdefault(reason or "", len(reason_indexes))
            for index, (value, reason) in enumerate(zip(values, row.reasons, strict=True))
            if value is None
        }
        return {"values": values, "missing_reasons": missing_reasons}

    def score_values(row: ScoresRow) -> ScoreValues:
        return {**measure_values(row), "items_answered": row.items_answered}

    def answer_values(row: AnswersRow) -> AnswerValues:
        source_rows = tuple(
            None if row_number is None or file not in file_indexes else (file_indexes[file], row_number)
            for file, row_number in zip(row.files, row.source_rows, strict=True)
        )
        return {
            **measure_values(row),
            "source_rows_index": row_indexes.setdefault(source_rows, len(row_indexes)),
            "export_column": row.export_column,
        }

    counted_people, counted_flags = _counted_people(queried.counted_people)
    # Before the lists of the reasons and rows that they refer to.
    scores = _by_measure(queried.scores, score_values)
    services = _by_measure(queried.services, measure_values)
    items = _by_measure(queried.items, answer_values)
    facts = _by_measure(queried.facts, answer_values)
    return {
        "participant_ids": [row.participant_id for row in queried.people],
        "people_groups": [row.people_group for row in queried.people],
        "scopes": list(map(_scope_data, scopes)),
        "counted_people": counted_people,
        "counted_flags": counted_flags,
        "is_returned": {
            row.wave: [None if flag is None else int(flag) for flag in row.is_returned] for row in queried.returns
        },
        "scores": scores,
        "services": services,
        "items": items,
        "facts": facts,
        "scales": {row.scale: {"items_total": row.items_total, "rule": row.rule} for row in queried.scales},
        "scale_items": _lists_by_scale((row.scale, row.item) for row in queried.scale_items),
        "scale_parts": _lists_by_scale((row.scale, row.part) for row in queried.scale_parts),
        "reversed_from": _reversed(queried.reversed_items),
        "recoded": _recoded(queried.recoded),
        "counted_skips": dict(queried.counted_skips),
        "reasons": list(reason_indexes),
        "files": [{"name": row.file_name, "sha256": row.source_file, "version": row.version} for row in queried.exports],
        "source_rows": list(map(_source_rows, row_indexes)),
    }


def _counted_people(rows: Sequence[CountedRow]) -> tuple[dict[str, CountedPeople], list[str]]:
    """Who counts, by rule, measure and moment, and the patterns of flags that these entries refer to."""
    flags_indexes: dict[str, int] = {}
    counted_people: dict[str, CountedPeople] = {}
    for row in rows:
        flags = "".join("1" if is_counted else "0" for is_counted in row.is_counted)
        entry: CountedPeople = {"flags_index": flags_indexes.setdefault(flags, len(flags_indexes))}
        if row.people.startswith("both"):
            entry["changes"] = row.changes
        counted_people[f"{row.people}/{row.measure}/{row.moment}"] = entry
    return counted_people, list(flags_indexes)


def _scope_data(scope: Scope) -> ScopeData:
    return {
        "rule": scope.rule,
        "measure": scope.measure,
        "moment": scope.moment,
        "waves": list(scope.waves),
        "sign": scope.sign,
        "return_waves": list(scope.return_waves),
        "people_groups": list(scope.people_groups),
        "facts": list(scope.facts),
    }


def _source_rows(rows: Sequence[tuple[int, int] | None]) -> SourceRows:
    return {
        "file_indexes": [row[0] if row else None for row in rows],
        "row_numbers": [row[1] if row else None for row in rows],
    }


ValuesRow = TypeVar("ValuesRow", bound=MeasureRow)
Values = TypeVar("Values")


def _by_measure(rows: Sequence[ValuesRow], convert: Callable[[ValuesRow], Values]) -> dict[str, dict[str, Values]]:
    """Rows by measure and wave ('' where there is none), each converted."""
    measures: dict[str, dict[str, Values]] = {}
    for row in rows:
        measures.setdefault(row.measure, {})[row.wave or ""] = convert(row)
    return measures


def _lists_by_scale(members: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """The items or parts of each scale. members: scale and member."""
    scales: dict[str, list[str]] = {}
    for scale, member in members:
        scales.setdefault(scale, []).append(member)
    return scales


def _reversed(rows: Iterable[ReversedItem]) -> dict[str, dict[str, float]]:
    items_by_scale: dict[str, dict[str, float]] = {}
    for row in rows:
        items_by_scale.setdefault(row.scale, {})[row.item] = row.turned_from
    return items_by_scale


def _recoded(rows: Iterable[RecodedAnswer]) -> dict[str, dict[str, float]]:
    items: dict[str, dict[str, float]] = {}
    for row in rows:
        items.setdefault(row.item, {})[str(row.answer)] = row.counts_as
    return items
