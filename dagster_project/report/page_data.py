"""The JSON that the page's scripts read. Belongs here: its shape. Does not belong here: filling it (numbers.py, people.py).

Lists named `..._indexes` hold indexes into another list of the shape, so that each text and each row stands there once.
Lists of one class that have the same length are columns of one table: entries at the same index belong together.
"""

from typing import NotRequired, TypedDict


class LineColumns(TypedDict):
    """Lines of the dialog, each once: a term and what it says."""

    terms: list[str]
    texts: list[str]


class NumberColumns(TypedDict):
    """The numbers that the page knows."""

    result_ids: list[str]
    printed_texts: list[str]
    #: Not rounded; null where a result has no value.
    values: list[float | None]
    #: The lines of each number: indexes into LineColumns.
    line_indexes: list[list[int]]
    #: Who counts in each number: indexes into PeopleData.scopes, null where that is nobody of the roster. An empty list on a
    #: page that lists nobody.
    scope_indexes: list[int | None]


class ScopeData(TypedDict):
    """people.Scope as JSON."""

    rule: str
    measure: str
    moment: str
    waves: list[str]
    sign: int
    return_waves: list[str]
    #: The groups whose people it may count, null for people whose group is not known; empty where it is about everybody.
    people_groups: list[str | None]
    #: Participant variables that the number is adjusted for, or whose subgroups it is of.
    facts: list[str]


class SourceFile(TypedDict):
    """A file of exported answers."""

    name: str
    sha256: str
    version: int


class SourceRows(TypedDict):
    """Where the answers of a wave, or of the roster, stand, person by person; null where a person has no row."""

    #: Indexes into PeopleData.files.
    file_indexes: list[int | None]
    #: As people count them in the file.
    row_numbers: list[int | None]


class MeasureValues(TypedDict):
    """The values of a measure in a wave, person by person; null where a value is missing."""

    values: list[float | str | None]
    #: Of each missing value, by its index in `values` as text: an index into PeopleData.reasons.
    missing_reasons: dict[str, int]


class ScoreValues(MeasureValues):
    """The scores of a scale in a wave."""

    items_answered: list[int]


class AnswerValues(MeasureValues):
    """The answers to an item in a wave, or the values of a participant variable, with where they stand."""

    #: Index into PeopleData.source_rows.
    source_rows_index: int
    export_column: str | None


class CountedPeople(TypedDict):
    """Who counts by a rule in a measure at a moment."""

    #: Index into PeopleData.counted_flags.
    flags_index: int
    #: Of a contrast: everybody's change, null where there is none.
    changes: NotRequired[list[float | None]]


class ScaleData(TypedDict):
    """A scale: how many items it has, and its scoring rule in words."""

    items_total: int
    rule: str


class PeopleData(TypedDict):
    """The people of a study that is small enough to list; every list over people has the order of `participant_ids`."""

    participant_ids: list[str]
    #: Each person's group; null where it is not known, or where everybody is one group.
    people_groups: list[str | None]
    scopes: list[ScopeData]
    #: By 'rule/measure/moment', the first three entries of a scope.
    counted_people: dict[str, CountedPeople]
    #: A text of zeros and ones, person by person: 1 counts.
    counted_flags: list[str]
    #: By wave: 1 where a person returned it, null where it was not planned for the person.
    is_returned: dict[str, list[int | None]]
    #: By measure, then by wave ('' for participant variables, which have none).
    scores: dict[str, dict[str, ScoreValues]]
    services: dict[str, dict[str, MeasureValues]]
    items: dict[str, dict[str, AnswerValues]]
    facts: dict[str, dict[str, AnswerValues]]
    #: By scale.
    scales: dict[str, ScaleData]
    scale_items: dict[str, list[str]]
    #: Of scales that are made of other scales: those.
    scale_parts: dict[str, list[str]]
    #: By scale and item that is reversed in it: what the answer is subtracted from.
    reversed_from: dict[str, dict[str, float]]
    #: By recoded item and answer: what it counts as.
    recoded: dict[str, dict[str, float]]
    #: By item that may be skipped: what it counts as where it was not asked.
    counted_skips: dict[str, int]
    reasons: list[str]
    files: list[SourceFile]
    source_rows: list[SourceRows]


class PageData(TypedDict):
    """The content of the page's element `page-data`. people: null in a study with too many people to list."""

    lines: LineColumns
    numbers: NumberColumns
    people: PeopleData | None
    #: What items are called, by code; of instruments whose wording is the study's own or free.
    item_labels: dict[str, str]
