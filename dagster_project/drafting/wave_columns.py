"""Waves that the names of columns carry: by words and counts (phq1_t2, bdi.6m), by bare numbers from 0 (phq1.0), or by a
number that only the later wave has (phq1, phq1_2).

Belongs here: telling such names from others by how many columns share what stands before the mark. Does not belong here:
reading a wave out of one name (wave_names.py).
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from dagster_project.drafting.columns import ColumnFacts
from dagster_project.drafting.wave_names import WaveName, name_without_wave, wave_of_name

#: So many columns carry a wave, and so large a share of all columns, and so many of what they share occurs in two waves.
_MIN_MARKED_SHARE, _MIN_SHARED_STEMS, _MIN_SHARED_COLUMNS = 0.15, 2, 5
#: Numbers without a word say less: so many columns of so large a share must have the same ones.
_MIN_NUMBERED_STEMS, _MIN_NUMBERED_SHARE = 5, 0.3
#: Scores of more waves are none, and of columns with more different numbers most are scores.
_MAX_SCORE_WAVES, _MOST_ANSWERS = 6, 11
_NUMBER_BEHIND_LETTER = re.compile(r"(?P<stem>.*[A-Za-z])(?P<number>[1-9][0-9]*)")
_NUMBER_AT_END = re.compile(r"(?P<stem>.+?)(?P<mark>[_.](?P<number>\d))")
#: What statistics programs add to the second of two columns of one name.
_SECOND = (("_2", ""), (".2", ""), (".y", ".x"), ("_y", "_x"))


@dataclass(frozen=True)
class MarkedWave:
    """A wave, what its columns are called without it, and how that is known, after "because"."""

    name: WaveName
    stems: Mapping[str, str]
    ground: str


def waves_in_column_names(columns: Sequence[str]) -> list[MarkedWave]:
    """The waves that columns carry, none if they carry none."""
    return _by_words(columns) or _by_numbers_from_0(columns) or _by_second_columns(columns)


def _by_words(columns: Sequence[str]) -> list[MarkedWave]:
    for side in ("start", "end"):
        stems_by_wave: dict[str, dict[str, str]] = defaultdict(dict)
        names: dict[str, WaveName] = {}
        for column in columns:
            for column_side, mark, stem in name_without_wave(column):
                name = wave_of_name(mark.strip("_."))
                if column_side == side and name is not None:
                    stems_by_wave[name.wave][column] = stem
                    names[name.wave] = name
        shared_stems = _shared_stems(stems_by_wave.values())
        # One measure in many waves is enough, where they are counted in words: bdi.pre, bdi.2m, bdi.4m, bdi.6m, bdi.8m.
        n_needed = 1 if len(shared_stems) == 1 else _MIN_SHARED_STEMS
        marked = {
            wave: stems for wave, stems in stems_by_wave.items() if len(shared_stems & set(stems.values())) >= n_needed
        }
        n_shared = sum(len(shared_stems & set(stems.values())) for stems in marked.values())
        n_marked = sum(map(len, marked.values()))
        if len(marked) > 1 and n_shared >= _MIN_SHARED_COLUMNS and n_marked >= _MIN_MARKED_SHARE * len(columns):
            return [MarkedWave(names[wave], stems, _carriers(len(stems), wave)) for wave, stems in marked.items()]
    return []


def _carriers(n_columns: int, wave: str) -> str:
    return f"{n_columns} columns carry {wave} in their names" if n_columns > 1 else f"1 column carries {wave} in its name"


def _shared_stems(stems_of_waves: Iterable[Mapping[str, str]]) -> set[str]:
    """What the names of columns of two waves or more are without the wave."""
    counts: dict[str, int] = defaultdict(int)
    for stems in stems_of_waves:
        for stem in set(stems.values()):
            counts[stem] += 1
    return {stem for stem, count in counts.items() if count > 1}


def _by_numbers_from_0(columns: Sequence[str]) -> list[MarkedWave]:
    """Waves that are numbered from 0, as items are not: phq1.0, phq1.1, phq1.2."""
    numbers_by_stem: dict[tuple[str, str], dict[int, str]] = defaultdict(dict)
    for column in columns:
        if match := _NUMBER_AT_END.fullmatch(column):
            numbers_by_stem[match["stem"], match["mark"][0]][int(match["number"])] = column
    series = {key: by_number for key, by_number in numbers_by_stem.items() if 0 in by_number and len(by_number) > 1}
    if len(series) < _MIN_NUMBERED_STEMS:
        return []
    longest = max(map(len, series.values()))
    if any(sorted(by_number) != list(range(len(by_number))) for by_number in series.values() if len(by_number) == longest):
        return []
    stems_by_number: dict[int, dict[str, str]] = defaultdict(dict)
    for (stem, _), by_number in series.items():
        for number, column in by_number.items():
            stems_by_number[number][column] = stem
    if sum(map(len, stems_by_number.values())) < _MIN_NUMBERED_SHARE * len(columns):
        return []
    return [
        MarkedWave(
            WaveName(f"T{number}", (2, float(number))),
            stems,
            f"guessed: because {len(stems)} names of columns end in {number}, and they count from 0",
        )
        for number, stems in sorted(stems_by_number.items())
    ]


def waves_of_scores(facts: Mapping[str, ColumnFacts]) -> list[MarkedWave]:
    """Waves that are numbered from 1 right behind the names of scores: masc1, masc2, masc3. Items are numbered so as well;
    most of these columns hold more different numbers than an item has answers."""
    columns_by_stem: dict[str, dict[int, str]] = defaultdict(dict)
    for column in facts:
        if match := _NUMBER_BEHIND_LETTER.fullmatch(column):
            columns_by_stem[match["stem"]][int(match["number"])] = column
    series = {stem: columns for stem, columns in columns_by_stem.items() if len(columns) > 1}
    if len(series) < _MIN_NUMBERED_STEMS:
        return []
    numbers = sorted({number for columns in series.values() for number in columns})
    wide_series = [columns for columns in series.values() if any(_is_wide(facts[column]) for column in columns.values())]
    n_columns = sum(map(len, series.values()))
    if numbers != list(range(1, len(numbers) + 1)) or len(numbers) > _MAX_SCORE_WAVES:
        return []
    if 2 * len(wide_series) < len(series) or n_columns < _MIN_NUMBERED_SHARE * len(facts):
        return []
    stems_by_number = {
        number: {columns[number]: stem for stem, columns in series.items() if number in columns} for number in numbers
    }
    return [
        MarkedWave(
            WaveName(f"T{number}", (2, float(number))),
            stems,
            f"guessed: because {len(stems)} names of columns end in {number}, and most hold more different numbers than an"
            " item has answers",
        )
        for number, stems in stems_by_number.items()
    ]


def _is_wide(column: ColumnFacts) -> bool:
    """Whether its cells are numbers, and more different ones than an item has answers."""
    return column.is_numeric and len(column.values) > _MOST_ANSWERS


def _by_second_columns(columns: Sequence[str]) -> list[MarkedWave]:
    """Two waves of which the later one's columns carry a 2, or .y, and the earlier one's nothing, or .x."""
    all_columns = set(columns)
    for second, first in _SECOND:
        stems = [
            column.removesuffix(second)
            for column in columns
            if column.endswith(second)
            and column.removesuffix(second) + first in all_columns
            and column.removesuffix(second) + second.replace("2", "1") not in (all_columns - {column})
            and column.removesuffix(second) + second.replace("2", "3") not in (all_columns - {column})
        ]
        if len(stems) < _MIN_NUMBERED_STEMS or 2 * len(stems) < _MIN_NUMBERED_SHARE * len(columns):
            continue
        earlier = f"the {len(stems)} before them with {first}" if first else f"{len(stems)} are called so without it"
        ground = f"guessed: because {len(stems)} names of columns end in {second}, and {earlier}"
        return [
            MarkedWave(WaveName("T1", (2, 1.0)), {stem + first: stem for stem in stems}, ground),
            MarkedWave(WaveName("T2", (2, 2.0)), {stem + second: stem for stem in stems}, ground),
        ]
    return []
