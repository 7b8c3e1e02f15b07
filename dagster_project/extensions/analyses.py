"""Running a study's own analyses: each from its file, twice, and alone.

Belongs here: loading a file, giving it its tables, saying in one line what went wrong. Does not belong here: what an
analysis declares (declaration.py), whether its numbers fit (numbers.py).

An analysis runs in this process, with the rights of whoever runs the study.
"""

import sys
import traceback
import types
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from dagster_project.extensions import declaration as declaration_module
from dagster_project.extensions.declaration import Data, DeclaredAnalysis, Number
from dagster_project.extensions.numbers import AnalysisError, CountedPeople, checked_statistics, result_rows
from dagster_project.extensions.python_files import PythonAnalysis, full_name
from dagster_project.extensions.sql_files import do_you_mean
from dagster_project.results import ExtensionStatisticRow, ResultRow
from dagster_project.study import OWN_PREFIX, OWN_SCHEMA, Study
from dagster_project.warehouse import Warehouse, arrow_table, identifier
from dagster_project.withholding import of_error

#: Errors of Python whose texts speak of the code and never of a value.
_WITHOUT_VALUES = (AttributeError, ImportError, NameError, RecursionError, SystemExit, ZeroDivisionError)

#: Result, pseudonym, value.
_NamedPerson = tuple[str, str, float | None]
_SAME_CURE = "take random numbers from data.generator(), and nothing from the clock"


@dataclass
class AnalysisNumbers:
    """What an analysis computed. people: (result, pseudonym, value). remarks: warnings that it raised."""

    results: list[ResultRow] = field(default_factory=list)
    statistics: list[ExtensionStatisticRow] = field(default_factory=list)
    people: list[_NamedPerson] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def run_analysis(
    study: Study, warehouse: Warehouse, analysis: PythonAnalysis, marts: Sequence[str], models: Mapping[str, str | None]
) -> AnalysisNumbers:
    """Run an analysis twice, and give its results. marts: that may be read. models: the study's own by name, with why one is
    lacking. Raises AnalysisError with what went wrong, in one line."""
    people = CountedPeople.from_marts(warehouse)
    numbers = run_once(study, warehouse, analysis, marts, models, people)
    numbers_again = run_once(study, warehouse, analysis, marts, models, people)
    _refuse_other_numbers(numbers.results, numbers_again.results)
    _refuse_other_people(numbers.people, numbers_again.people)
    return numbers


def run_once(
    study: Study,
    warehouse: Warehouse,
    analysis: PythonAnalysis,
    marts: Sequence[str],
    models: Mapping[str, str | None],
    people: CountedPeople,
) -> AnalysisNumbers:
    """Run an analysis from its file, as `run_analysis` does it twice. Raises AnalysisError."""
    file = study.folder / analysis.file
    declaration = _load(file)
    checked_statistics(declaration)
    tables = {name: _table(warehouse, name, marts, models) for name in declaration.reads}
    remarks: list[str] = []
    numbers = _compute(file, declaration, Data(tables, analysis.name), remarks)
    results, named_people = result_rows(study, analysis, declaration, numbers, people)
    reads = ", ".join(full_name(name) for name in declaration.reads)
    statistics = [
        ExtensionStatisticRow(
            analysis.analysis, entry.name, entry.formula, entry.unit, entry.decimals, entry.people, entry.source, entry.kind,
            entry.limit_of, analysis.file, reads,
        )
        for entry in declaration.statistics
    ]  # fmt: skip
    return AnalysisNumbers(results, statistics, named_people, list(dict.fromkeys(remarks)))


def _load(file: Path) -> DeclaredAnalysis:
    """Run a file, and find the one function that it registers."""
    module = types.ModuleType(f"{OWN_PREFIX}{file.stem}")
    module.__file__ = str(file)
    sys.modules[module.__name__] = module  # where dataclasses and pickle look for what it defines
    try:
        code = compile(file.read_bytes(), str(file), "exec")
    except SyntaxError as error:
        raise AnalysisError(f"line {error.lineno}: {error.msg}; correct the Python there") from None
    except (ValueError, UnicodeDecodeError) as error:
        raise AnalysisError(f"is no Python ({error}); save it as text in UTF-8") from None
    try:
        exec(code, module.__dict__)
    except (Exception, SystemExit) as error:
        raise _error_in(file, error) from None
    declaration = [entry for entry in vars(module).values() if isinstance(entry, DeclaredAnalysis)]
    if len(declaration) != 1:
        wrong = "registers no function" if not declaration else f"registers {len(declaration)} functions"
        raise AnalysisError(f"{wrong}; a file registers one, with @wavehouse.analysis(reads=[…], statistics=[…])")
    return declaration[0]


def _compute(file: Path, declaration: DeclaredAnalysis, data: Data, remarks: list[str]) -> list[Number]:
    """The numbers of an analysis. remarks: the warnings that it raises are added."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            output = declaration.function(data)
            numbers = list(output) if output is not None else []
        except (Exception, SystemExit) as error:
            raise _error_in(file, error) from None
    remarks += [of_error(" ".join(str(warning.message).split()), warning.category.__name__) for warning in caught]
    if wrong := [entry for entry in numbers if not isinstance(entry, Number)]:
        raise AnalysisError(f"returns {type(wrong[0]).__name__} among its numbers; give wavehouse.number(…)")
    if not numbers:
        raise AnalysisError("returns no number; give a number without a value and a note that says why there is none")
    return numbers


def _error_in(file: Path, error: BaseException) -> AnalysisError:
    """What Python raised, with the line of the file where it came from."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(file)]
    location = f"line {lines[-1]}: " if lines else ""
    words = " ".join(str(error).split())
    text = f"{type(error).__name__}: {words}" if words else type(error).__name__
    text = text if len(text) <= 300 else text[:299] + "…"
    frames = traceback.extract_tb(error.__traceback__)
    is_ours = bool(frames) and frames[-1].filename == declaration_module.__file__
    if words and not is_ours and not isinstance(error, _WITHOUT_VALUES):
        text = of_error(text, type(error).__name__)
    return AnalysisError(f"{location}{text}")


def _table(warehouse: Warehouse, name: str, marts: Sequence[str], models: Mapping[str, str | None]) -> pa.Table:
    """A table that an analysis reads, its rows in an order of their own."""
    schema, _, table = full_name(name).partition(".")
    if schema == OWN_SCHEMA and table in models:
        is_there = f"from duckdb_tables() where schema_name = '{OWN_SCHEMA}' and table_name = ?"
        if models[table] is not None or not warehouse.rows(is_there, [table]):
            raise AnalysisError(f"reads {name}, which is lacking")
    elif schema != "marts" or table not in marts:
        names = [*marts, *(f"{OWN_SCHEMA}.{model}" for model in models)]
        raise AnalysisError(f"reads: there is no mart or model {name}{do_you_mean(name, names)}")
    with warehouse.connect(read_only=True) as connection:
        return arrow_table(connection, f"select * from {schema}.{identifier(table)} order by all")


def _refuse_other_numbers(results: Sequence[ResultRow], results_again: Sequence[ResultRow]) -> None:
    """Raises AnalysisError where the second run gave something else than the first."""
    if list(results) == list(results_again):
        return
    second_results = {row.result_id: row for row in results_again}
    for row in results:
        second = second_results.get(row.result_id)
        if second is None:
            raise AnalysisError(f"gives {row.result_id} in one run and not in the next; {_SAME_CURE}")
        if row != second:
            raise AnalysisError(
                f"gives {row.result_id} as {row.value!r}, and as {second.value!r} when run again; {_SAME_CURE}"
            )
    raise AnalysisError(f"gives its numbers in another order, or others, when run again; {_SAME_CURE}")


def _refuse_other_people(people: Sequence[_NamedPerson], people_again: Sequence[_NamedPerson]) -> None:
    """Raises AnalysisError where the second run named other people than the first, or gave them other values."""
    if set(people) != set(people_again):
        result = min(entry[0] for entry in set(people) ^ set(people_again))
        raise AnalysisError(f"{result}: names other people, or values of theirs, when run again; {_SAME_CURE}")
