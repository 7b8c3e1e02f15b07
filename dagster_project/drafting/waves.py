"""Which tables, rows or columns belong to which wave: by folders, sheets and file names, by a column, by columns' names.

Belongs here: telling waves apart and their order. Does not belong here: reading a wave out of one name (wave_names.py), who
the people are (identifiers.py), how often a wave took place.
"""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.drafting.columns import ColumnFacts, column_facts, rows_with, trimmed_cells
from dagster_project.drafting.identifier_names import IDENTIFIER_NAME
from dagster_project.drafting.wave_columns import waves_in_column_names, waves_of_scores
from dagster_project.drafting.wave_names import WaveName, name_without_wave, wave_id, wave_of_name, without_arm
from dagster_project.exports import DefinedColumn, TextTable
from dagster_project.study import Layout

_WAVE_COLUMN = re.compile(
    r"redcap_event_name|event[ _]?name|(?:data_?)?(?:wave|time|time[ _]?point|tp|visit|session|event|phase|occasion"
    r"|assessment|measurement|period|month|months|week|year|welle|zeitpunkt"
    r"|messzeitpunkt|t)(?:[ _]?(?:id|nr|no|num|number|name))?",
    re.IGNORECASE,
)
_MAX_WAVES = 12
#: A person has more rows than this on average where a column tells waves apart.
_MIN_ROWS_A_PERSON = 1.15
_MIN_PEOPLE = 12
_REPEAT_INSTRUMENT = "redcap_repeat_instrument"


@dataclass(frozen=True)
class Source:
    """A table of a file. name_parts: what may say its wave, the nearest first: sheet, file, folders. questions: what the
    survey's definition, a file by itself, says of its columns."""

    path: Path
    reader: str
    layout: Layout
    table: TextTable
    ground: str
    name_parts: tuple[str, ...]
    dictionary: Path | None = None
    questions: Mapping[str, DefinedColumn] = field(default_factory=dict)
    definition: Path | None = None

    @cached_property
    def facts(self) -> dict[str, ColumnFacts]:
        """The facts of its columns in all rows."""
        return column_facts(self.table)


@dataclass(frozen=True)
class WaveTable:
    """What a source holds of one wave.

    rows: column and texts of the rows that are its; empty if all are. marks: the column's name to its name without the
    wave, where columns carry the wave. foreign: columns that carry another wave. ground: how the wave is known.
    """

    wave: str
    label: str
    source: Source
    ground: str
    rank: tuple[int, float] = (2, 0.0)
    month: float | None = None
    rows: tuple[tuple[str, tuple[str, ...]], ...] = ()
    marks: Mapping[str, str] = field(default_factory=dict)
    foreign: frozenset[str] = frozenset()

    @cached_property
    def row_mask(self) -> pa.Array | None:
        """Which rows are its; None if all are."""
        mask = None
        for column, texts in self.rows:
            is_own = rows_with(self.source.table, column, texts)
            mask = is_own if mask is None else pc.and_(mask, is_own)
        return mask

    @cached_property
    def columns(self) -> dict[str, ColumnFacts]:
        """The facts of its columns, without those of other waves, by their name in the file."""
        facts = self.source.facts if self.row_mask is None else column_facts(self.source.table, self.row_mask)
        return {
            name: replace(column, question=self.source.questions.get(name))
            for name, column in facts.items()
            if name not in self.foreign
        }

    def stem(self, column: str) -> str:
        """A column's name without its wave."""
        return self.marks.get(column, column)

    def cells(self, column: str) -> pa.Array:
        """A column's cells in its rows."""
        cells = trimmed_cells(self.source.table, column)
        return cells if self.row_mask is None else pc.filter(cells, self.row_mask)


@dataclass(frozen=True)
class Waves:
    """The tables of all waves, a wave's together, and those of no wave. is_order_known: whether names say the order.

    order_ground: what says the order, where names do not.
    """

    tables: tuple[WaveTable, ...]
    other_sources: tuple[Source, ...]
    is_order_known: bool
    order_ground: str = ""

    @property
    def names(self) -> list[str]:
        return list(dict.fromkeys(table.wave for table in self.tables))

    def of_wave(self, wave: str) -> list[WaveTable]:
        return [table for table in self.tables if table.wave == wave]


def find_waves(sources: Sequence[Source]) -> Waves:
    """Assign each source to a wave, or its rows, or its columns."""
    if len(sources) > 1 and (by_name := _waves_by_name(sources)) is not None:
        return by_name
    tables: list[WaveTable] = []
    other_sources: list[Source] = []
    for source in sources:
        parts = _waves_by_column(source) or _waves_by_column_names(source)
        if parts:
            tables += parts
        else:
            other_sources.append(source)
    if tables:
        return _in_order(tables, other_sources)
    if len(sources) == 1:
        return Waves((WaveTable("T1", "the only wave", sources[0], "there is one file"),), (), True)
    return _waves_of_unknown_order(sources)


def _in_order(tables: Sequence[WaveTable], other_sources: Sequence[Source]) -> Waves:
    ranks: dict[tuple[int, float], set[str]] = defaultdict(set)
    for table in tables:
        ranks[table.rank].add(table.wave)
    is_known = all(len(waves) == 1 for waves in ranks.values())
    return Waves(tuple(sorted(tables, key=lambda table: table.rank)), tuple(other_sources), is_known)


def _waves_by_name(sources: Sequence[Source]) -> Waves | None:
    """Waves by the part of their names that tells most of them apart: sheet, file name, or a folder."""
    best: list[tuple[Source, WaveName | None, str]] | None = None
    best_key, best_level = (0, 0), 0
    for level in range(max(len(source.name_parts) for source in sources)):
        names = []
        for source in sources:
            part = source.name_parts[level] if level < len(source.name_parts) else ""
            names.append((source, wave_of_name(part), part))
        waves = {name.wave for _, name, _ in names if name is not None}
        key = (len(waves), sum(name is not None for _, name, _ in names))
        if len(waves) > 1 and key > best_key:
            best, best_key, best_level = names, key, level
    if best is None:
        return None
    best = [entry if entry[1] is not None else _nearer_name(entry[0], best_level) for entry in best]
    tables = [
        WaveTable(name.wave, part, source, f"{part} says so", name.rank, name.month)
        for source, name, part in best
        if name is not None
    ]
    return _in_order(tables, [source for source, name, _ in best if name is None])


def _nearer_name(source: Source, level: int) -> tuple[Source, WaveName | None, str]:
    """The wave that the file's own name tells, or its sheet's, where the names of folders tell the others'."""
    names = ((source, wave_of_name(part), part) for part in source.name_parts[:level])
    return next((entry for entry in names if entry[1] is not None), (source, None, ""))


def _waves_of_unknown_order(sources: Sequence[Source]) -> Waves:
    """Files of which nothing says what they are: waves if they have many columns in common, in an order that is asked."""
    tables: list[WaveTable] = []
    largest = max(sources, key=lambda source: len(source.table.columns))
    other_sources = []
    for source in sources:
        n_shared = len(set(source.table.columns) & set(largest.table.columns))
        if source is not largest and n_shared < max(3, 0.5 * len(source.table.columns)):
            other_sources.append(source)
            continue
        position = len(tables) + 1
        ground = "the files have the same columns, and nothing says in which order they are"
        tables.append(WaveTable(f"T{position}", source.name_parts[0], source, ground, (2, float(position))))
    return Waves(tuple(tables), tuple(other_sources), len(tables) == 1)


def _waves_by_column(source: Source) -> list[WaveTable]:
    """Waves of a file in which people have several rows, told apart by a column."""
    facts = source.facts
    candidates = [
        column
        for name, column in facts.items()
        if _WAVE_COLUMN.fullmatch(name.strip())
        and 2 <= len(column.counts) <= _MAX_WAVES
        and column.n_filled >= 0.99 * column.row_count
    ]
    for column in candidates:
        if source.reader == "redcap" or _tells_rows_apart(source.table, column, facts):
            return _tables_by_column(source, column, _REPEAT_INSTRUMENT in facts)
    return []


def _tables_by_column(source: Source, column: ColumnFacts, has_repeats: bool) -> list[WaveTable]:
    texts_by_wave: dict[str, list[str]] = defaultdict(list)
    names: dict[str, WaveName | None] = {}
    event_by_wave: dict[str, str] = {}
    texts = _in_order_of_rows(source.table, column) if source.reader == "redcap" else _in_value_order(column)
    for position, text in enumerate(texts, start=1):
        label = column.value_labels.get(text, "")
        name = wave_of_name(text) or wave_of_name(label)
        event = without_arm(text)
        wave = wave_id(label if name is not None and wave_of_name(text) is None else text, position)
        if event_by_wave.setdefault(wave, event) != event:  # two events that are called alike are two waves
            wave = f"{wave}_{position}"
        texts_by_wave[wave].append(text)
        names[wave] = name
    is_order_of_names = all(names.values()) and source.reader != "redcap"
    tables = []
    for position, (wave, own_texts) in enumerate(texts_by_wave.items(), start=1):
        name = names[wave]
        rows = [(column.name, tuple(own_texts))] + [(_REPEAT_INSTRUMENT, ("",))] * has_repeats
        tables.append(
            WaveTable(
                wave,
                column.value_labels.get(own_texts[0], own_texts[0]),
                source,
                f"column {column.name} holds {' or '.join(own_texts)}",
                name.rank if is_order_of_names and name else (2, float(position)),
                name.month if name else None,
                tuple(rows),
            )
        )
    return tables


def _in_order_of_rows(table: TextTable, column: ColumnFacts) -> list[str]:
    """The texts of REDCap's column of events, in the order in which the rows of the records have them."""
    records = trimmed_cells(table, table.columns[0]).to_pylist()
    events_by_record: dict[str, list[str]] = defaultdict(list)
    for record, event in zip(records, trimmed_cells(table, column.name).to_pylist(), strict=True):
        if event not in events_by_record[record]:
            events_by_record[record].append(event)
    predecessors: dict[str, set[str]] = {event: set() for event in column.counts}
    for events in events_by_record.values():
        for index, event in enumerate(events):
            predecessors[event] |= set(events[:index])
    return sorted(column.counts, key=lambda event: len(predecessors[event]))


def _in_value_order(column: ColumnFacts) -> list[str]:
    """The texts of a column, numbers by size, others in the order of the alphabet."""
    if column.is_numeric:
        return sorted(column.counts, key=lambda text: float(text.replace(",", ".")))
    return sorted(column.counts)


def _tells_rows_apart(table: TextTable, wave_column: ColumnFacts, facts: Mapping[str, ColumnFacts]) -> bool:
    """Whether some other column repeats over the wave column's texts, and nearly never within one of them."""
    fullest_wave = max(wave_column.counts.values())
    wave_cells = trimmed_cells(table, wave_column.name)
    for name, column in facts.items():
        n_people = len(column.counts)
        if name == wave_column.name or n_people < 2 or column.n_filled < 0.95 * column.row_count:
            continue
        if n_people < _MIN_PEOPLE and not IDENTIFIER_NAME.fullmatch(name):
            continue
        # More rows than people, and at least as many people as rows in the fullest wave.
        if column.n_filled / n_people < _MIN_ROWS_A_PERSON or n_people < 0.95 * fullest_wave:
            continue
        pairs = pa.table({"person": trimmed_cells(table, name), "wave": wave_cells})
        if len(pairs.group_by(["person", "wave"]).aggregate([])) >= 0.97 * table.row_count:
            return True
    return False


def _waves_by_column_names(source: Source) -> list[WaveTable]:
    """Waves of a file with a row a person whose columns carry the wave in their names."""
    marked = waves_in_column_names(source.table.columns) or waves_of_scores(source.facts)
    return [
        WaveTable(
            marked_wave.name.wave,
            marked_wave.name.wave,
            source,
            marked_wave.ground,
            marked_wave.name.rank,
            marked_wave.name.month,
            marks=marked_wave.stems,
            foreign=frozenset(
                column for other_wave in marked if other_wave is not marked_wave for column in other_wave.stems
            ),
        )
        for marked_wave in marked
    ]


def in_order_of_days(waves: Waves, days: Sequence[int | None]) -> Waves:
    """The waves by their days of answering, where names do not say their order. days: of each table; None: not known."""
    known_days = [day for day in days if day is not None]
    if waves.is_order_known or len(known_days) < len(days) or len(set(known_days)) < len(waves.names):
        return waves
    order = sorted(range(len(known_days)), key=lambda index: known_days[index])
    has_own_names = any(table.wave != f"T{index + 1}" for index, table in enumerate(waves.tables))
    tables = [
        waves.tables[index] if has_own_names else replace(waves.tables[index], wave=f"T{position}")
        for position, index in enumerate(order, start=1)
    ]
    return replace(
        waves, tables=tuple(tables), is_order_known=True, order_ground="that is the order of the days of answering"
    )


def without_wave_in_names(table: WaveTable) -> WaveTable:
    """The same table, its columns' names without the wave where they carry its own."""
    if table.marks:
        return table
    marks: dict[str, str] = {}
    for column in table.source.table.columns:
        for _, mark, stem in name_without_wave(column):
            name = wave_of_name(mark.strip("_."))
            if name is not None and name.wave == table.wave:
                marks.setdefault(column, stem)
    is_unique = len(set(marks.values()) | (set(table.source.table.columns) - set(marks))) == len(
        set(table.source.table.columns)
    )
    return replace(table, marks=marks) if is_unique else table
