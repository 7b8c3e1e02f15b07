"""The way in, fuzzed: made files of all shapes, whose every cell is known, read by the project and by others.

Belongs here: comparing cell by cell. Does not belong here: making the files (made_files.py, file_shapes.py), damaged files
(test_export_damage.py). 2,000 files by hand: tests/benchmarks/way_in.py.
"""

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from file_shapes import SHAPES
from made_files import make_file
from made_grid import AGES, ANSWERS, PEOPLE, MadeFile, block_of, write_study

from dagster_project.exports import ContractResult, ExportError, contract_of_file, date_column, read_cells, strangers
from dagster_project.models.build import build_models
from dagster_project.models.project import DbtProject
from dagster_project.outcomes.codebook import write_codebook
from dagster_project.raw.answers import unite_waves
from dagster_project.raw.load import load_export
from dagster_project.settings import read_settings
from dagster_project.study import MISSING_REASONS, Export, Study, read_study
from dagster_project.study_run import StudyRun

_READ_ITSELF = ("respondent", "answered_on")


def make_study(folder: Path, seed: int, count: int) -> tuple[Study, list[MadeFile]]:
    """A study of so many made files, the shapes in turn."""
    files = []
    for number in range(count):
        rng = random.Random(seed * 100_000 + number)
        shape = SHAPES[number % len(SHAPES)](rng)
        files.append(make_file(folder, shape, rng, f"e{number:03d}", f"W{number:03d}"))
    write_study(folder, files)
    return read_study(folder), files


def differences(file: MadeFile, study: Study, export: Export) -> Iterator[str]:
    """What is not as it was made: in the file as others read it, in the table, the contract, the cells as they are read."""
    truth = [[cell.text for cell in row] for row in file.grid.rows]
    width = len(file.grid.columns)
    if [row[:width] for row in file.written.cells] != truth:
        yield f"others read otherwise: {_first_difference([row[:width] for row in file.written.cells], truth)}"
    try:
        result = contract_of_file(file.path, file.path.name, study, export)
    except ExportError as error:
        if file.problem is None or file.problem not in str(error):
            yield f"refused: {error}"
        return
    if file.problem is not None:
        if not any(file.problem in problem for problem in result.problems):
            yield f"no problem {file.problem!r}: {result.problems}"
        return
    if result.problems:
        yield f"problems: {result.problems}"
    yield from _table_differences(file, result, truth)
    yield from _contract_differences(file, result)
    rejected = Counter[tuple[str, str]]()
    for _, row in _accepted(file):
        for code, cell in zip(file.codes, row, strict=True):
            if code in ANSWERS and cell.meaning == "invalid":
                rejected[block_of(code), cell.text] += 1
    found = Counter(
        {(part.name, text): n for part in read_cells(result, study, export) for text, n in part.rejected.items()}
    )
    if found != rejected:
        yield f"rejected: too many {found - rejected}, too few {rejected - found}"


def _accepted(file: MadeFile) -> Iterator[tuple[int, list[Any]]]:
    """Row number and cells of each accepted row."""
    for source_row, row, reason in zip(file.written.source_rows, file.grid.rows, file.reasons, strict=True):
        if reason is None:
            yield source_row, row


def _first_difference(found: Sequence[Any], truth: Sequence[Any]) -> str:
    if len(found) != len(truth):
        return f"{len(found)} rows, not {len(truth)}"
    index = next(index for index, pair in enumerate(zip(found, truth, strict=True)) if pair[0] != pair[1])
    return f"row {index}: {found[index]} and not {truth[index]}"


def _table_differences(file: MadeFile, result: ContractResult, truth: list[list[str]]) -> Iterator[str]:
    table = result.table
    if list(table.columns) != file.written.columns:
        yield f"columns {table.columns} and not {file.written.columns}"
    if table.source_rows.to_pylist() != file.written.source_rows:
        yield f"rows {table.source_rows.to_pylist()} and not {file.written.source_rows}"
    cells = [list(row.values())[: len(truth[0])] for row in table.cells.to_pylist()]
    if cells != truth:
        yield f"table: {_first_difference(cells, truth)}"


def _contract_differences(file: MadeFile, result: ContractResult) -> Iterator[str]:
    reasons = {row["source_row"]: row["reason"] for row in result.set_aside.to_pylist()}
    expected_reasons = {
        row: reason for row, reason in zip(file.written.source_rows, file.reasons, strict=True) if reason is not None
    }
    if reasons != expected_reasons:
        yield f"set aside {reasons} and not {expected_reasons}"
    expected = [
        {code: cell.text for code, cell in zip(file.codes, row, strict=True) if code is not None} | {"source_row": number}
        for number, row in _accepted(file)
    ]
    accepted = [{key: row[key] for key in expected[0]} for row in result.accepted.to_pylist()]
    if accepted != expected:
        yield f"accepted: {_first_difference(accepted, expected)}"
    whole = set(ANSWERS)
    batches = [row for batch in result.batches(whole) for row in batch.to_pylist()]
    as_text = [{key: "" if row[key] is None else str(row[key]) for key in expected[0]} for row in batches]
    if as_text != [{key: str(text) for key, text in row.items()} for row in expected]:
        yield "batches are not the accepted rows"
    if "answered_on" in file.codes:
        position = file.codes.index("answered_on")
        days = [row[position].meaning for _, row in _accepted(file)]
        if [row[date_column("answered_on")] for row in batches] != days:
            yield f"days {[row[date_column('answered_on')] for row in batches]} and not {days}"
        unread = {
            row[position].text for _, row in _accepted(file) if row[position].text.strip() and row[position].meaning is None
        }
        if set(result.dates["answered_on"].unread) != unread:
            yield f"unread dates {result.dates['answered_on'].unread} and not {unread}"
    unknown = {finding.column for finding in result.findings if finding.verdict == "unknown"}
    if not set(file.unknown) <= unknown:
        yield f"unknown {unknown} and not {file.unknown}"
    named = set(strangers(result.respondents.to_pylist(), PEOPLE, file.declaration.get("respondents", {})))
    if named != set(file.strangers):
        yield f"strangers {named} and not {file.strangers}"


def typed_differences(folder: Path, study: Study, files: Sequence[MadeFile]) -> list[str]:
    """What dbt's staging types otherwise than it was made, of the files that nothing refuses."""
    usable = [file for file in files if file.problem is None]
    write_study(folder, usable)
    settings = read_settings(
        {
            "WAVEHOUSE_STUDY": str(folder),
            "WAVEHOUSE_HOME": str(folder / "home"),
            "WAVEHOUSE_PSEUDONYM_KEY": "a key for tests",
        }
    )
    study_run = StudyRun(settings, "fuzz")
    with study_run.warehouse.kept_open():
        study, _ = write_codebook(study_run, settings.dbt_folder)
        for export in study.protocol.exports:
            load_export(settings, study, export, study_run.warehouse)
        unite_waves(study_run.warehouse, study)
    results = build_models(
        study_run, DbtProject.from_settings(settings), [("staging", "stg_answers"), ("staging", "stg_participants")]
    )
    assert results.error is None, results.error
    typed = {(row["wave"], row["source_row"]): row for row in study_run.warehouse.rows("from staging.stg_answers")}
    messages, n_rows = [], 0
    for file in usable:
        for source_row, row in _accepted(file):
            n_rows += 1
            wave = file.declaration["wave"]
            numbers = typed.get((wave, source_row), {})
            expected = {
                code: _number(code, cell.meaning) for code, cell in zip(file.codes, row, strict=True) if code in ANSWERS
            }
            if (found := {code: numbers.get(code) for code in expected}) != expected:
                messages.append(
                    f"{wave} {file.shape.name} row {source_row}: {found} and not {expected}: {[c.text for c in row]}"
                )
    ages = {row["source_row"]: row for row in study_run.warehouse.rows("from staging.stg_participants")}
    for source_row, (text, meaning) in enumerate(AGES, start=2):
        found_age = ages[source_row]["age"] if ages[source_row]["age__missing"] is None else ages[source_row]["age__missing"]
        if found_age != meaning:
            messages.append(f"age {text!r} is {found_age} and not {meaning}")
    if len(typed) != n_rows:
        messages.append(f"{len(typed)} typed rows and not {n_rows}")
    return messages


def _number(code: str, meaning: Any) -> int:
    """An answer, or the number that stands for a reason: counted down from zero, or from the lowest answer below it."""
    if isinstance(meaning, str):
        return min(0, *ANSWERS[code]) - 1 - MISSING_REASONS.index(meaning)
    return int(meaning)


@dataclass(frozen=True)
class FuzzedStudy:
    """What became of a study of made files. messages: what differs. cells: how many were compared, and of them those that dbt
    typed. refused: how many files something refuses, as it should. shapes: how many files of each."""

    messages: list[str]
    cells: int
    typed_cells: int
    refused: int
    shapes: Counter[str]


def fuzz(folder: Path, seed: int, count: int, *, is_typed: bool) -> FuzzedStudy:
    """Make so many files, and compare them. Typing needs all of them right before."""
    study, files = make_study(folder, seed, count)
    exports = {export.export: export for export in study.protocol.exports}
    messages = [
        f"seed {seed} {file.declaration['export']} {file.shape.name}: {message}"
        for file in files
        for message in differences(file, study, exports[file.declaration["export"]])
    ]
    is_typed = is_typed and not messages
    messages += typed_differences(folder, study, files) if is_typed else []
    usable = [file for file in files if file.problem is None]
    n_typed = sum(len(ANSWERS.keys() & set(file.codes)) * file.reasons.count(None) for file in usable)
    return FuzzedStudy(
        messages,
        sum(len(file.grid.columns) * len(file.grid.rows) for file in files),
        n_typed if is_typed else 0,
        len(files) - len(usable),
        Counter(file.shape.name.split()[0] for file in files),
    )


@pytest.mark.slow
def test_files_of_all_shapes_are_read_as_they_were_made(tmp_path: Path) -> None:
    fuzzed = fuzz(tmp_path / "made", 1, 3 * len(SHAPES), is_typed=False)
    assert fuzzed.messages == []
    assert set(fuzzed.shapes) == {
        *("delimited", "qualtrics", "surveymonkey", "limesurvey", "redcap", "excel", "spss", "stata", "sas", "parquet")
    }


@pytest.mark.slow
def test_files_of_all_shapes_are_typed_as_they_were_made(tmp_path: Path) -> None:
    """Thousands of files are tried by hand: tests/benchmarks/way_in.py."""
    fuzzed = fuzz(tmp_path / "made", 2, 60, is_typed=True)
    assert fuzzed.messages == []
    assert fuzzed.typed_cells > 1_000
