"""Who the people are: the column that tells them apart within a wave and finds them again in the others.

Belongs here: weighing columns as identifiers. Does not belong here: comparing identifiers of a declared study
(exports/identifiers.py).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dagster_project.drafting.columns import ColumnFacts
from dagster_project.drafting.identifier_names import IDENTIFIER_NAME
from dagster_project.drafting.waves import WaveTable
from dagster_project.exports import abbreviated_list, read_dates

#: Identifiers that tools give to a response, not to a person; and those that REDCap and LimeSurvey give to a person.
_RESPONSE_NAMES = (
    "ResponseId", "ResponseID", "Respondent ID", "RespondentID", "respondent_id", "id", "ID", "Response ID", "record_id",
    "Record ID", "IPAddress",
)  # fmt: skip
#: Columns in which a tool counts the responses of one survey: they do not find a person again in another.
_RESPONSE_IDS = {"limesurvey": "id", "qualtrics": "ResponseId", "surveymonkey": "Respondent ID"}
_NEVER = re.compile(r".*(?:date|time|stamp|duration|latitude|longitude|ipaddress|ip address|collector).*", re.IGNORECASE)
_MIN_DIFFERENT, _MIN_FILLED, _MIN_OVERLAP = 0.9, 0.9, 0.2


@dataclass(frozen=True)
class Identifier:
    """The column with the identifier of a wave's table, or why none can be chosen.

    column: its name; "" where it is asked. reason: why it is taken for it, or what is asked. is_certain: whether nothing
    else could be meant. n_repeated: how many people have several rows.
    """

    column: str
    reason: str
    is_certain: bool = False
    n_repeated: int = 0


def find_identifiers(tables: Sequence[WaveTable]) -> dict[int, Identifier]:
    """The identifier of each table, by its index."""
    if tables[0].source.reader == "redcap" and all(table.source is tables[0].source for table in tables):
        column = tables[0].source.table.columns[0]
        return {
            index: Identifier(column, "REDCap's first column is the record", True, _repeats(table, column))
            for index, table in enumerate(tables)
        }
    candidates = [_candidates(table) for table in tables]
    if len({table.wave for table in tables}) == 1 and len(tables) == 1:
        return {0: _only_wave(tables[0], candidates[0])}
    response_names = {_RESPONSE_IDS.get(table.source.reader, "") for table in tables}
    shared_stems = [
        name
        for name in candidates[0]
        if name not in response_names and all(name in other_names for other_names in candidates[1:])
    ]
    overlaps = {name: _overlap(_people(tables, [by_name[name] for by_name in candidates])) for name in shared_stems}
    is_one_wave = len({table.wave for table in tables}) == 1
    linking = sorted(
        (
            name
            for name in shared_stems
            if overlaps[name] >= _MIN_OVERLAP or (is_one_wave and IDENTIFIER_NAME.fullmatch(name))
        ),
        key=lambda name: (not IDENTIFIER_NAME.fullmatch(name), -overlaps[name]),
    )
    if linking:
        choice = _choice(linking, tables)
        is_certain = sum(IDENTIFIER_NAME.fullmatch(name) is not None for name in linking) == 1
        question = ""
        if not choice:
            question = f"which column tells people apart and finds them again: {abbreviated_list(linking)}"
        elif _counts_rows(tables, choice):
            question = f"{choice}, if it is the number of a person: it counts the rows of each file from 1"
        if question:
            return {index: Identifier("", question) for index in range(len(tables))}
        return {
            index: Identifier(
                choice, _linking_reason(choice, linking, index, candidates), is_certain, _repeats(table, choice)
            )
            for index, table in enumerate(tables)
        }
    return _by_values(tables, candidates)


def _candidates(table: WaveTable) -> dict[str, ColumnFacts]:
    """Columns with different texts in nearly all rows, or the same person's rows few, by their name without the wave."""
    candidates = {}
    for name, column in table.columns.items():
        is_named = IDENTIFIER_NAME.fullmatch(name) is not None
        if column.n_filled < _MIN_FILLED * column.row_count or len(column.counts) < 2 or _NEVER.fullmatch(name):
            continue
        if len(column.counts) < (0.7 if is_named else _MIN_DIFFERENT) * column.n_filled:
            continue
        if column.is_numeric and not column.is_whole:
            continue
        if not is_named and (_are_dates(column) or any(len(text) > 60 for text in column.counts)):
            continue
        candidates[table.stem(name)] = column
    return candidates


def _are_dates(column: ColumnFacts) -> bool:
    dates = read_dates(list(column.counts)[:200])
    return len(dates.unread) < 0.1 * len(dates.values)


def _people(tables: Sequence[WaveTable], columns: Sequence[ColumnFacts]) -> list[set[str]]:
    """The people of each wave by a column of each table; of each table, if all are of one wave."""
    people: dict[str, set[str]] = {}
    is_one_wave = len({table.wave for table in tables}) == 1
    for index, (table, column) in enumerate(zip(tables, columns, strict=True)):
        people.setdefault(str(index) if is_one_wave else table.wave, set()).update(column.counts)
    return list(people.values())


def _overlap(people: Sequence[set[str]]) -> float:
    """The mean share of the people of the smaller wave that are in the first one, too."""
    shares = [len(people[0] & wave_people) / min(len(people[0]), len(wave_people)) for wave_people in people[1:]]
    return sum(shares) / len(shares) if shares else 0.0


def _repeats(table: WaveTable, stem: str) -> int:
    column = next(name for name in table.columns if table.stem(name) == stem)
    return sum(count > 1 for count in table.columns[column].counts.values())


def _choice(linking: Sequence[str], tables: Sequence[WaveTable]) -> str:
    """The first of the linking columns, if none of the others would tell people apart in another way; else ""."""
    named_columns = [name for name in linking if IDENTIFIER_NAME.fullmatch(name)]
    if len(linking) == 1 or len(named_columns) == 1:
        return (named_columns or list(linking))[0]
    rivals = named_columns or list(linking)
    rows: set[tuple[str, ...]] = set()
    for table in tables:
        columns = {table.stem(column): column for column in table.columns}
        rows |= set(zip(*(table.cells(columns[name]).to_pylist() for name in rivals), strict=True))
    # Over all waves: two columns may tell the rows of a wave apart alike, and find other people again.
    is_alike = all(len({row[position] for row in rows}) == len(rows) for position in range(len(rivals)))
    return rivals[0] if is_alike else ""


def _counts_rows(tables: Sequence[WaveTable], stem: str) -> bool:
    """Whether a column counts the rows of each of several files from 1, so that it may say nothing of people."""
    if len({(table.source.path, table.source.layout.sheet) for table in tables}) < 2:
        return False
    for table in tables:
        column = next(name for name in table.columns if table.stem(name) == stem)
        cells = table.cells(column).to_pylist()
        if cells != [str(number) for number in range(1, len(cells) + 1)]:
            return False
    return True


def _linking_reason(choice: str, linking: Sequence[str], index: int, candidates: Sequence[Mapping[str, ColumnFacts]]) -> str:
    own_texts, first = set(candidates[index][choice].counts), set(candidates[0][choice].counts)
    different = f"its {len(own_texts)} texts tell rows apart"
    other_names = [name for name in linking if name != choice and IDENTIFIER_NAME.fullmatch(name)]
    also = f"; so do those of {abbreviated_list(other_names)}" if other_names else ""
    if index == 0:
        return f"{different}{also}"
    return f"{different}, and {len(own_texts & first)} of them are in the first wave{also}"


def _only_wave(table: WaveTable, candidates: Mapping[str, ColumnFacts]) -> Identifier:
    named_columns = [name for name in candidates if IDENTIFIER_NAME.fullmatch(name)]
    tool_names = [name for name in _RESPONSE_NAMES if name in candidates]
    choices = (
        tool_names[:1] if tool_names and set(named_columns) <= {*_RESPONSE_NAMES} else named_columns or list(candidates)
    )
    if len(choices) == 1 and (named_columns or tool_names):
        reason = f"its {len(candidates[choices[0]].counts)} texts tell rows apart"
        return Identifier(choices[0], reason, len(candidates) == 1, _repeats(table, choices[0]))
    if len(choices) == 1:
        return Identifier(choices[0], "no other column holds another text in every row", False, _repeats(table, choices[0]))
    if choices:
        return Identifier("", f"which column tells people apart: {abbreviated_list(choices)}")
    return Identifier("", "which column tells people apart (none holds another text in every row; add one to the export)")


def _by_values(tables: Sequence[WaveTable], candidates: Sequence[Mapping[str, ColumnFacts]]) -> dict[int, Identifier]:
    """Identifiers that are called differently, found by their texts; asked where the waves have nobody in common."""
    best: tuple[float, str, dict[int, str]] = (0.0, "", {})
    for first_name, first in candidates[0].items():
        names, shares = {0: first_name}, []
        for index, column_candidates in enumerate(candidates[1:], start=1):
            overlaps = {
                name: _overlap([set(first.counts), set(column.counts)]) for name, column in column_candidates.items()
            }
            if overlaps:
                names[index] = max(overlaps, key=lambda name: overlaps[name])
                shares.append(overlaps[names[index]])
        if len(names) == len(candidates) and sum(shares) / len(shares) > best[0]:
            best = (sum(shares) / len(shares), first_name, names)
    share, _, names = best
    if share >= _MIN_OVERLAP:
        return {
            index: Identifier(
                name, f"{share:.0%} of its texts are in the first wave's {names[0]}", False, _repeats(tables[index], name)
            )
            for index, name in names.items()
        }
    identifiers = {}
    for index, column_candidates in enumerate(candidates):
        choices = sorted(column_candidates, key=lambda name: IDENTIFIER_NAME.fullmatch(name) is None)
        choice_words = abbreviated_list(choices) if choices else "none holds another text in every row"
        question = f"which column finds the people of the first wave again ({choice_words}); no two waves share identifiers"
        identifiers[index] = Identifier("", question)
    return identifiers
