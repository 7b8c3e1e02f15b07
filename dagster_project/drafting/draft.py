"""A draft of a study: what its files are taken for, put together.

Belongs here: the decisions that need several of the facts: the roster, the parts of a wave, where files go. Does not belong
here: facts about one thing (the modules beside), the YAML (protocol_text.py, instrument_text.py).
"""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from dagster_project.drafting.answers import Answers, find_answers
from dagster_project.drafting.blocks import Block, find_blocks
from dagster_project.drafting.gates import GateProposals, find_gates
from dagster_project.drafting.identifiers import Identifier, find_identifiers
from dagster_project.drafting.keys import KeyProposal, find_reversed
from dagster_project.drafting.library import LibraryMatch, recognise_instrument
from dagster_project.drafting.measures import DraftedMeasures, find_measures
from dagster_project.drafting.people import (
    AnswerDate,
    Variable,
    find_answer_date,
    find_variables,
    variables_of_person,
    with_common_order,
)
from dagster_project.drafting.sources import Sources
from dagster_project.drafting.waves import Source, Waves, WaveTable, find_waves, in_order_of_days, without_wave_in_names
from dagster_project.exports import DictionaryField, read_dictionary

#: The file with everybody that is written where the first wave lacks people of later ones.
PEOPLE_FILE, PEOPLE_COLUMN = "people.csv", "participant"


@dataclass(frozen=True)
class DraftedBlock:
    """A block with its answers. match: the instrument of the library that has its name. keys: which items are turned. gates:
    which are asked only after certain answers. item_codes: of items that are not called by their position in the block."""

    block: Block
    answers: Answers
    match: LibraryMatch | None
    keys: KeyProposal
    gates: GateProposals
    item_codes: tuple[str, ...] = ()

    @property
    def is_of_library(self) -> bool:
        return self.match is not None and not self.match.obstacle

    @property
    def code(self) -> str:
        return self.match.instrument.instrument if self.match is not None and self.is_of_library else self.block.code


@dataclass(frozen=True)
class DraftedExport:
    """An export of a wave. index: of its table among all tables. part: the part of the wave, if it has several exports.

    is_several_files: whether tables of the same columns are parts of the wave. folder, pattern: as study.yaml has them.
    """

    index: int
    table: WaveTable
    identifier: Identifier
    answer_date: AnswerDate
    folder: str
    pattern: str
    part: str = ""
    is_several_files: bool = False
    files_question: str = ""


@dataclass(frozen=True)
class DraftedRoster:
    """The roster. source: its file; None if it is written (people). ground: why it is taken for it. wave: the wave whose
    people it has, where that wave's export is all that is needed."""

    source: Source | None
    respondent: str
    ground: str
    folder: str
    pattern: str
    has_repeated_people: bool = False
    people: tuple[tuple[str, ...], ...] = ()
    wave: str = ""


@dataclass(frozen=True)
class Draft:
    """Everything that is written. copies: the files to copy, and where to, below the study folder.

    waves_without_items: rows of copied files in which nobody answered an item, by their wave's name. definitions: what is
    said of surveys' own definitions.
    """

    waves: Waves
    exports: tuple[DraftedExport, ...]
    roster: DraftedRoster
    blocks: tuple[DraftedBlock, ...]
    variables: tuple[Variable, ...]
    copies: Mapping[Path, str]
    dictionary: str | None
    left_out: tuple[tuple[Path, str], ...]
    waves_without_items: tuple[str, ...] = ()
    definitions: tuple[tuple[Path, str], ...] = ()
    measures: DraftedMeasures = field(default_factory=DraftedMeasures)

    @property
    def export_blocks(self) -> tuple["DraftedBlock", ...]:
        """The blocks of exports: those of items, and that of measures."""
        if not self.measures.measures:
            return self.blocks
        codes = tuple(measure.code for measure in self.measures.measures)
        keys = KeyProposal((), "measures are not turned")
        block = DraftedBlock(self.measures.block, self.measures.answers, None, keys, GateProposals(), codes)
        return (*self.blocks, block)

    @property
    def common_ends(self) -> tuple["DraftedBlock", ...]:
        """The blocks whose scales' good ends are asked once, in study.yaml: all that are drafted, if there are several."""
        drafted_blocks = tuple(drafted for drafted in self.blocks if not drafted.is_of_library)
        return drafted_blocks if len(drafted_blocks) > 1 else ()

    @property
    def common_reversed(self) -> tuple["DraftedBlock", ...]:
        """The blocks whose reversed items are asked once, in study.yaml."""
        drafted_blocks = tuple(drafted for drafted in self.blocks if drafted.keys.positions and not drafted.is_of_library)
        return drafted_blocks if len(drafted_blocks) > 1 else ()


def draft_study(found_sources: Sources) -> Draft:
    """Put a draft together from the tables of some files."""
    waves = find_waves(found_sources.sources)
    waves = replace(waves, tables=tuple(without_wave_in_names(table) for table in waves.tables))
    waves = in_order_of_days(waves, [answer_date.median_day for answer_date in _answer_dates(waves.tables)])
    tables = _with_items(waves.tables)
    dropped_tables = [table for table in waves.tables if table not in tables]
    waves = replace(waves, tables=tuple(tables))
    identifiers = find_identifiers(tables)
    roster_source, left_sources = _roster_source(waves, identifiers)
    dates = _answer_dates(tables)
    known_columns = [
        _known_columns(table, identifiers[index]) | set(dates[index].choices) | {dates[index].column}
        for index, table in enumerate(tables)
    ]
    first_table = tables[0]
    if roster_source is not None:
        roster_facts = roster_source[0].facts
        variables = find_variables(roster_facts, {roster_source[1]}, is_roster=True)
    else:
        is_one_file = all(table.source is first_table.source for table in tables)
        columns = first_table.source.facts if is_one_file else first_table.columns
        variables = find_variables(columns, known_columns[0], is_roster=False)
    people_columns = [
        {variable.column for variable in find_variables(table.columns, known_names, is_roster=False)}
        for table, known_names in zip(tables, known_columns, strict=True)
    ]
    excluded = [known_names | people for known_names, people in zip(known_columns, people_columns, strict=True)]
    fields = [field for file in found_sources.dictionaries for field in read_dictionary(file)]
    blocks = _drafted_blocks(find_blocks(tables, excluded), tables, fields)
    used_codes = {variable.code for variable in variables} | {drafted.code for drafted in blocks}
    person_columns = [identifier_column(table, identifiers[index]) for index, table in enumerate(tables)]
    measures = find_measures(tables, excluded, [drafted.block for drafted in blocks], person_columns, used_codes)
    if roster_source is None and all(table.source is first_table.source for table in tables):
        variables += variables_of_person(measures.people_columns, variables)
    copies = _copies(tables, roster_source[0] if roster_source else None)
    roster = _roster(roster_source, tables, identifiers, variables, copies)
    exports = _exports(tables, identifiers, dates, [*(drafted.block for drafted in blocks), measures.block], copies)
    dictionary = f"dictionary/{found_sources.dictionaries[0].name}" if found_sources.dictionaries else None
    if dictionary is not None:
        copies[found_sources.dictionaries[0]] = dictionary
    left_out = [
        *found_sources.left_out,
        *((source.path, "it is neither a wave nor the roster") for source in left_sources),
        *((table.source.path, "no columns look like items") for table in dropped_tables if table.source.path not in copies),
    ]
    waves_without_items = tuple(table.label for table in dropped_tables if table.source.path in copies)
    return Draft(
        waves,
        exports,
        roster,
        tuple(blocks),
        tuple(variables),
        copies,
        dictionary,
        tuple(left_out),
        waves_without_items,
        found_sources.definitions,
        measures,
    )


def _answer_dates(tables: Sequence[WaveTable]) -> list[AnswerDate]:
    return with_common_order([find_answer_date(table, ()) for table in tables], tables)


def _with_items(tables: Sequence[WaveTable]) -> list[WaveTable]:
    """The tables of waves in which somebody answered an item, if there are any; all tables otherwise."""
    blocks = find_blocks(tables, [_known_columns(table, Identifier("", "")) for table in tables])
    with_items = [table for index, table in enumerate(tables) if any(any(block.columns_of(index)) for block in blocks)]
    return with_items or list(tables)


def _known_columns(table: WaveTable, identifier: Identifier) -> set[str]:
    stem_columns = {name for name in table.columns if table.stem(name) == identifier.column}
    tool_columns = {name for name in table.columns if name.startswith("redcap_") or name.endswith("_complete")}
    return stem_columns | {column for column, _ in table.rows} | tool_columns


def identifier_column(table: WaveTable, identifier: Identifier) -> str:
    """The identifier's column as the file calls it; "" where it is asked."""
    return next((name for name in table.columns if identifier.column and table.stem(name) == identifier.column), "")


def _drafted_blocks(
    blocks: Sequence[Block], tables: Sequence[WaveTable], fields: Sequence[DictionaryField]
) -> list[DraftedBlock]:
    """The blocks with what is known of each. An instrument of the library is the first block's that fits it. fields: of
    REDCap's data dictionary."""
    drafted_blocks: list[DraftedBlock] = []
    library_codes: set[str] = set()
    for block in blocks:
        if block.tick_list is not None:
            answers = Answers(0, 1, "a choice is in the cell, or is not", True, special_codes=block.tick_list.special_codes)
            keys = KeyProposal((), "each item is a choice")
            drafted_blocks.append(DraftedBlock(block, answers, None, keys, GateProposals()))
            continue
        answers = find_answers(block.facts, len(block.items))
        match = recognise_instrument(block.code, len(block.items), answers)
        if match is not None and not match.obstacle:
            if match.instrument.instrument in library_codes:
                match = replace(match, obstacle="another block is taken for it")
            library_codes.add(match.instrument.instrument)
        keys, gates = find_reversed(block, answers, tables), find_gates(block, answers, fields)
        drafted_blocks.append(DraftedBlock(block, answers, match, keys, gates))
    return drafted_blocks


def _roster_source(waves: Waves, identifiers: Mapping[int, Identifier]) -> tuple[tuple[Source, str] | None, list[Source]]:
    """The file of no wave that has the first wave's people, with its identifier's column; and the files that are left."""
    people = [
        set(table.columns[column].counts)
        for index, table in enumerate(waves.tables)
        if (column := identifier_column(table, identifiers[index]))
    ]
    best: tuple[float, Source | None, str] = (0.5, None, "")
    for source in waves.other_sources if people else ():
        for name, facts in source.facts.items():
            person_texts = set(facts.counts)
            if len(person_texts) < 0.99 * facts.row_count or not person_texts:
                continue
            share = len(people[0] & person_texts) / len(people[0])
            if share > best[0]:
                best = (share, source, name)
    if best[1] is None:
        return None, list(waves.other_sources)
    return (best[1], best[2]), [source for source in waves.other_sources if source is not best[1]]


def _copies(tables: Sequence[WaveTable], roster_source: Source | None) -> dict[Path, str]:
    waves_by_path: dict[Path, list[str]] = defaultdict(list)
    for table in tables:
        if table.wave not in waves_by_path[table.source.path]:
            waves_by_path[table.source.path].append(table.wave)
    folders = {path: f"raw/{waves[0]}" if len(waves) == 1 else "raw/all" for path, waves in waves_by_path.items()}
    if roster_source is not None:
        folders.setdefault(roster_source.path, "raw/roster")
    copies: dict[Path, str] = {}
    for path, folder in folders.items():
        target = f"{folder}/{path.name}"
        if target.lower() in {name.lower() for name in copies.values()}:
            target = f"{folder}/{path.parent.name}_{path.name}"
        copies[path] = target
    return copies


def folder_and_pattern(target: str, targets: Collection[str]) -> tuple[str, str]:
    """The folder of a copy, and the pattern that its export's file has there: its suffix if it is alone."""
    folder, _, name = target.rpartition("/")
    is_alone = sum(target_name.rpartition("/")[0] == folder for target_name in targets) == 1
    suffix = Path(name).suffix
    return folder, f"*{suffix}" if is_alone and suffix else re.sub(r"([\[*?])", r"[\1]", name)


def _roster(
    roster_source: tuple[Source, str] | None,
    tables: Sequence[WaveTable],
    identifiers: Mapping[int, Identifier],
    variables: Sequence[Variable],
    copies: Mapping[Path, str],
) -> DraftedRoster:
    if roster_source is not None:
        source, column = roster_source
        folder, pattern = folder_and_pattern(copies[source.path], copies.values())
        return DraftedRoster(source, column, "it has one row a person, and is of no wave", folder, pattern)
    first = tables[0]
    folder, pattern = folder_and_pattern(copies[first.source.path], copies.values())
    column = identifier_column(first, identifiers[0])
    columns = [identifier_column(table, identifiers[index]) for index, table in enumerate(tables)]
    first_people = set(first.columns[column].counts) if column else set()
    strangers = Counter[str]()
    for table, name in zip(tables, columns, strict=True):
        strangers[table.wave] += len(set(table.columns[name].counts) - first_people) if name else 0
    is_one_export = sum(table.wave == first.wave for table in tables) == 1
    is_one_file = all(table.source is first.source for table in tables)
    # Of one file with a row a person, everybody is in every wave. One with rows of several waves says of people in all rows.
    if is_one_export and not first.rows and not any(strangers.values()) and (all(columns) or is_one_file):
        ground = (
            "everybody of later waves is in it" if len({table.wave for table in tables}) > 1 else "there is no other wave"
        )
        return DraftedRoster(first.source, column, ground, folder, pattern, wave=first.wave)
    if is_one_file:
        counts = first.source.facts[column].counts if column else Counter[str]()
        is_repeated = any(count > 1 for count in counts.values())
        ground = "there is one file, and everybody is in it"
        return DraftedRoster(first.source, column, ground, folder, pattern, is_repeated)
    n_first_files = len({table.source.path for table in tables if table.wave == first.wave})
    if not all(columns) or (not any(strangers.values()) and n_first_files == 1):
        ground = "the first wave has everybody who is in later ones"
        return DraftedRoster(first.source, column, ground, folder, pattern, identifiers[0].n_repeated > 0)
    words = " and ".join(f"{count} of {wave}" for wave, count in strangers.items() if count)
    ground = f"{n_first_files} files are of the first wave, and none lists everybody"
    if words:
        ground = f"people of other files are not in the first one ({words}), and no file lists everybody"
    people = _people(tables, columns, variables)
    return DraftedRoster(None, PEOPLE_COLUMN, ground, "raw/roster", PEOPLE_FILE, people=people)


def _people(
    tables: Sequence[WaveTable], columns: Sequence[str], variables: Sequence[Variable]
) -> tuple[tuple[str, ...], ...]:
    """A header and a row for each person of any wave: the identifier, and what the first wave that has it says of them."""
    people: dict[str, list[str]] = {}
    for table, column in zip(tables, columns, strict=True):
        by_stem = {table.stem(name): name for name in table.columns}
        person_texts = [by_stem.get(tables[0].stem(variable.column), "") for variable in variables]
        cells = [table.cells(name).to_pylist() if name else None for name in person_texts]
        for row_index, person in enumerate(table.cells(column).to_pylist()):
            if not person:
                continue
            row = people.setdefault(person, [""] * len(variables))
            for position, values in enumerate(cells):
                row[position] = row[position] or (values[row_index] if values is not None else "")
    header = (PEOPLE_COLUMN, *(variable.column for variable in variables))
    return (header, *((person, *row) for person, row in people.items()))


def _exports(
    tables: Sequence[WaveTable],
    identifiers: Mapping[int, Identifier],
    dates: Sequence[AnswerDate],
    blocks: Sequence[Block],
    copies: Mapping[Path, str],
) -> tuple[DraftedExport, ...]:
    exports: list[DraftedExport] = []
    for wave in dict.fromkeys(table.wave for table in tables):
        indices = [index for index, table in enumerate(tables) if table.wave == wave]
        block_counts = Counter(block.code for index in indices for block in blocks if any(block.columns_of(index)))
        is_several_files = len(indices) > 1 and any(count > 1 for count in block_counts.values())
        for number, index in enumerate(indices[:1] if is_several_files else indices, start=1):
            table = tables[index]
            folder, pattern = folder_and_pattern(copies[table.source.path], copies.values())
            exports.append(
                DraftedExport(
                    index=index,
                    table=table,
                    identifier=identifiers[index],
                    answer_date=dates[index],
                    folder=folder,
                    pattern="*" if is_several_files else pattern,
                    part=_part_code(table, number) if len(indices) > 1 and not is_several_files else "",
                    is_several_files=is_several_files,
                    files_question=_files_question(tables, identifiers, indices) if is_several_files else "",
                )
            )
    return tuple(exports)


def _files_question(tables: Sequence[WaveTable], identifiers: Mapping[int, Identifier], indices: Sequence[int]) -> str:
    """What is asked of several files of a wave with the same columns; "" if they are of other people each."""
    people: list[set[str]] = []
    for index in indices:
        column = identifier_column(tables[index], identifiers[index])
        people.append(set(tables[index].columns[column].counts) if column else set())
    names = ", ".join(tables[index].source.path.name for index in indices)
    n_people, n_different = sum(map(len, people)), len(set().union(*people))
    if n_people and n_different == n_people:
        return ""
    return f"versions (the newest is used) or parts (all are used): {names} have the same columns, and people in common"


def _part_code(table: WaveTable, number: int) -> str:
    words = re.sub(rf"(?i){re.escape(table.wave)}|[^a-z0-9]+", " ", table.source.name_parts[0].lower())
    code = "_".join(words.split())
    return code[:30] if code[:1].isalpha() else f"part{number}"
