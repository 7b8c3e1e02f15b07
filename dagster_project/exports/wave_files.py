"""Whether a wave's rows are another wave's: a file in the wrong folder, or exported again from the wave before.

Belongs here: the same file declared for two waves, and people who all answered as before. Does not belong here: codes that
changed between waves (proposals.py), rows of several waves in one file (row_rules.py).
"""

import filecmp
from collections.abc import Mapping, Sequence
from itertools import takewhile
from pathlib import Path

import pyarrow as pa

from dagster_project.exports.errors import quoted
from dagster_project.exports.landing import find_files
from dagster_project.study import PARTICIPANTS, SERVICES, Export, Study, comparable

#: Fewer answers of fewer people may well be the same twice.
_MIN_PEOPLE, _MIN_ANSWERS = 5, 20
_MIN_SAME_SHARE = 0.9
_MAX_ROWS = 5_000


def file_of_earlier_wave(path: Path, study: Study, export: Export) -> str | None:
    """What is wrong if a file is in use for an earlier wave, too, and the same cells of it would be answers of both waves.
    Raises ExportError for a folder that cannot be listed."""
    if export.wave is None:
        return None
    for other_export in takewhile(lambda earlier: earlier.export != export.export, study.protocol.exports):
        if other_export.wave in (None, export.wave) or not _takes_the_same(study, export, other_export):
            continue
        files = find_files(study.folder, other_export)
        for file in files if other_export.files == "parts" else files[-1:]:
            if file.stat().st_size == path.stat().st_size and filecmp.cmp(file, path, shallow=False):
                other_file = quoted(f"{other_export.folder}/{file.name}")
                return (
                    f"the file is that of {other_export.wave}, too ({other_file}), and its answers would count in both"
                    " waves; put the export of each wave into its folder, or say under rows which rows are whose"
                )
    return None


def _takes_the_same(study: Study, export: Export, other_export: Export) -> bool:
    """Whether two exports take a cell of the same rows and sheet for an answer."""
    columns, other_columns = (set(study.export_columns(wave_export).values()) for wave_export in (export, other_export))
    return (export.rows, export.sheet) == (other_export.rows, other_export.sheet) and bool(columns & other_columns)


def same_answers(study: Study, export: Export, accepted: pa.Table, earlier_rows: pa.Table, earlier_wave: str) -> list[str]:
    """A line if nearly all people of two waves gave the same answers in both, to every item that both have.

    accepted, earlier_rows: accepted rows as text, one column for each code.
    """
    blocks = [block.block for block in export.blocks if block.block not in (SERVICES, PARTICIPANTS)]
    codes = [
        code
        for block in blocks
        for code in study.block_codes(block)
        if code in accepted.column_names and code in earlier_rows.column_names
    ]
    answers, earlier_answers = (_answers_by_person(table.slice(0, _MAX_ROWS), codes) for table in (accepted, earlier_rows))
    people = [person for person in answers.keys() & earlier_answers.keys() if any(answers[person])]
    n_same = sum(answers[person] == earlier_answers[person] for person in people)
    n_answers = sum(text != "" for person in people for text in answers[person])
    if len(people) < _MIN_PEOPLE or n_answers < _MIN_ANSWERS or n_same < _MIN_SAME_SHARE * len(people):
        return []
    return [
        f"{export.wave}: {n_same} of the {len(people)} people who returned {earlier_wave}, too, gave the very same answers"
        f" in both; is this the export of {earlier_wave}?"
    ]


def _answers_by_person(table: pa.Table, codes: Sequence[str]) -> Mapping[str, Sequence[str]]:
    name = "participant_id" if "participant_id" in table.column_names else "respondent"
    columns = [table.column(code).to_pylist() for code in codes]
    rows = ([comparable(cell or "") for cell in row] for row in zip(*columns, strict=True))
    names = table.column(name).to_pylist() if codes else []
    return {person.strip(): row for person, row in zip(names, rows, strict=True) if person is not None}
