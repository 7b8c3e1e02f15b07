"""What a release says of its variables: items, scales, facts of people, their categories, labels and missing reasons.

Belongs here: reading schema codebook of a release as typed rows. Does not belong here: which of them make a data set
(variables.py).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dagster_project.warehouse import Connection, rows_as


@dataclass(frozen=True)
class StudyRow:
    """The study, as in codebook.study. shows_people: whether page and figures show people one by one."""

    study: str
    title: str
    shows_people: bool


@dataclass(frozen=True)
class WaveRow:
    """A wave, as in codebook.waves."""

    wave: str
    label: str


@dataclass(frozen=True)
class ItemRow:
    """An item, service or measure, as in codebook.items. instrument_name: None for services and measures."""

    item: str
    instrument: str
    instrument_name: str | None
    position: int
    decimals: int
    takes_any_decimals: bool
    low: float
    high: float
    kind: str
    label: str | None


@dataclass(frozen=True)
class ScaleRow:
    """A scale, as in codebook.scales. is_given: it stands in the exports as it is, as an item of the same name."""

    scale: str
    label: str
    aggregate: str
    lowest: float | None
    highest: float | None
    rule: str
    is_rounded: bool
    is_given: bool


@dataclass(frozen=True)
class FactRow:
    """A variable of the roster, as in codebook.participant_variables."""

    variable: str
    label: str
    kind: str
    unit: str | None
    minimum: float | None
    maximum: float | None


@dataclass(frozen=True)
class Category:
    """One of the categories of a variable: its code in the study, the number that stands for it, its label."""

    code: str
    number: int
    label: str


@dataclass(frozen=True)
class MeasureCategory:
    """A category of a question that is followed over the waves, as in codebook.measure_categories."""

    measure: str
    measure_label: str
    category: str
    label: str
    stored_as: int
    is_ordered: bool


@dataclass(frozen=True)
class _FactCategory:
    variable: str
    category: str
    category_order: int
    label: str


@dataclass(frozen=True)
class _AnswerText:
    item: str
    answer_text: str
    code: float


@dataclass(frozen=True)
class _Reason:
    missing_reason: str
    number: int


@dataclass(frozen=True)
class _Service:
    service: str
    label: str


@dataclass(frozen=True)
class Codebook:
    """What a release says of its variables. reasons: every missing reason, in the order of their numbers from -1 down.

    answer_labels: of items whose exports write texts for answers, the text by the answer.
    """

    study: StudyRow
    waves: Sequence[WaveRow]
    items: Sequence[ItemRow]
    scales: Sequence[ScaleRow]
    facts: Sequence[FactRow]
    fact_categories: dict[str, tuple[Category, ...]]
    measure_categories: dict[str, tuple[MeasureCategory, ...]]
    service_labels: dict[str, str]
    answer_labels: dict[str, dict[float, str]]
    reasons: Sequence[str]


_STUDY = "select study, title, {shows_people} as shows_people from codebook.study"
_ITEMS = """
    select items.item, items.instrument, instruments.name as instrument_name, items.position, items.decimals,
        items.takes_any_decimals, items.low, items.high, items.kind, items.label
    from codebook.items as items
    left join codebook.instruments as instruments on items.instrument = instruments.instrument
    order by items.item_order
"""
#: Each text once, in the order of the waves that have it. Ranges are of special codes.
_ANSWER_TEXTS = """
    select texts.item, texts.answer_text, texts.code
    from codebook.answer_texts as texts
    inner join codebook.waves as waves on texts.wave = waves.wave
    where texts.code is not null
    group by texts.item, texts.answer_text, texts.code
    order by texts.item, texts.code, min(waves.wave_order), texts.answer_text
"""


def read_codebook(connection: Connection) -> Codebook:
    """The codebook of an open release. Raises WarehouseError where a column is not there that this version reads."""
    columns = connection.execute(
        "select column_name from duckdb_columns() where schema_name = 'codebook' and table_name = 'study'"
    ).fetchall()
    # Releases from before this column showed people unless the page was told otherwise, which they do not say.
    shows_people = "shows_people" if ("shows_people",) in columns else "true"
    facts = rows_as(connection, FactRow, "from codebook.participant_variables order by variable_order")
    fact_categories = rows_as(connection, _FactCategory, "from codebook.participant_categories order by category_order")
    measure_categories = rows_as(connection, MeasureCategory, "from codebook.measure_categories order by category_order")
    services = rows_as(connection, _Service, "from codebook.services")
    reasons = rows_as(connection, _Reason, "from codebook.missing_reasons order by number desc")
    (study,) = rows_as(connection, StudyRow, _STUDY.format(shows_people=shows_people))
    return Codebook(
        study=study,
        waves=rows_as(connection, WaveRow, "from codebook.waves order by wave_order"),
        items=rows_as(connection, ItemRow, _ITEMS),
        scales=rows_as(connection, ScaleRow, "from codebook.scales order by scale_order"),
        facts=facts,
        fact_categories={
            fact.variable: tuple(
                Category(row.category, row.category_order, row.label)
                for row in fact_categories
                if row.variable == fact.variable
            )
            for fact in facts
        },
        measure_categories={
            measure: tuple(row for row in measure_categories if row.measure == measure)
            for measure in dict.fromkeys(row.measure for row in measure_categories)
        },
        service_labels={row.service: row.label for row in services},
        answer_labels=_answer_labels(rows_as(connection, _AnswerText, _ANSWER_TEXTS)),
        reasons=[row.missing_reason for row in reasons],
    )


def _answer_labels(texts: Iterable[_AnswerText]) -> dict[str, dict[float, str]]:
    """The label of each answer: the text that exports write for it. Where they write several that differ in more than
    the case of letters, all of them; a number written as itself labels nothing."""
    spellings: dict[str, dict[float, dict[str, str]]] = {}
    for row in texts:
        if row.answer_text.strip() not in (f"{row.code:g}", str(row.code)):
            labels = spellings.setdefault(row.item, {}).setdefault(row.code, {})
            labels.setdefault(row.answer_text.strip().casefold(), row.answer_text.strip())
    return {
        item: {code: " | ".join(labels.values()) for code, labels in by_code.items()} for item, by_code in spellings.items()
    }
