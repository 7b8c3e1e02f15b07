"""Results of a study's own analyses, computed again from the file that holds them, before it is released.

Belongs here: which analyses, for how long, and what differs. Does not belong here: running one (analyses.py); our own
results, which other code recomputes (audit/recompute.py): of an analysis there is no other code.
"""

import random
import time
from collections.abc import Sequence
from dataclasses import fields

from dagster_project.extensions.python_files import PythonAnalysis, static_analyses
from dagster_project.results import EXTENSION_PEOPLE_TABLE, ResultRow
from dagster_project.study import OWN_SCHEMA, Study
from dagster_project.warehouse import Warehouse

#: After as many seconds no further analysis is begun.
_SECONDS = 30
_FIELDS = ", ".join(field.name for field in fields(ResultRow))
_NamedPerson = tuple[str, str, float | None]


def differing_results(study: Study, warehouse: Warehouse, seed: str, seconds: float = _SECONDS) -> list[str]:
    """What the file says otherwise than the study's analyses say of it, a line for each of them. They are asked in an order
    that the seed decides, the first of them always, the others while there is time."""
    analyses = [analysis for analysis in static_analyses(study).values() if _stored_rows(warehouse, analysis)]
    random.Random(seed).shuffle(analyses)
    end = time.monotonic() + seconds
    differences = []
    for index, analysis in enumerate(analyses):
        if index == 0 or time.monotonic() < end:
            differences += _difference(study, warehouse, analysis)
    return differences


def _difference(study: Study, warehouse: Warehouse, analysis: PythonAnalysis) -> list[str]:
    # DataFrames take a second to come, and only a study with analyses needs them.
    from dagster_project.extensions.analyses import run_once
    from dagster_project.extensions.numbers import AnalysisError, CountedPeople

    marts, models = _tables(warehouse, "marts"), dict.fromkeys(_tables(warehouse, OWN_SCHEMA))
    try:
        numbers = run_once(study, warehouse, analysis, marts, models, CountedPeople.from_marts(warehouse))
    except AnalysisError as error:
        return [f"{analysis.file}: {error}"]
    stored_rows = _stored_rows(warehouse, analysis)
    rows_again = {row.result_id: row for row in numbers.results}
    for result_id in sorted(stored_rows.keys() | rows_again.keys()):
        row, new_row = stored_rows.get(result_id), rows_again.get(result_id)
        if row != new_row:
            return [f"{result_id}: the file holds {_text(row)}; {analysis.file} gives {_text(new_row)}"]
    if _stored_people(warehouse, analysis) != sorted(numbers.people, key=repr):
        return [f"{analysis.file}: the file names other people, or other values of theirs, than the analysis gives"]
    return []


def _text(row: ResultRow | None) -> str:
    """A result in a line: its value, and what may differ beside it."""
    if row is None:
        return "none"
    value = "no value" if row.value is None else f"{row.value:.10g}"
    remarks = [f"n {row.n}" if row.n is not None else "", f"printed {row.printed}", row.note or ""]
    return f"{value} ({', '.join(filter(None, remarks))})"


def _stored_rows(warehouse: Warehouse, analysis: PythonAnalysis) -> dict[str, ResultRow]:
    sql = f"select {_FIELDS} from results.results where analysis = ?"
    return {row.result_id: row for row in warehouse.rows_as(ResultRow, sql, [analysis.analysis])}


def _stored_people(warehouse: Warehouse, analysis: PythonAnalysis) -> list[_NamedPerson]:
    table = EXTENSION_PEOPLE_TABLE.full_name
    sql = f"select result_id, participant_id, value from {table} where starts_with(result_id, ?)"
    rows = warehouse.rows(sql, [f"{analysis.analysis}/"])
    return sorted(((row["result_id"], row["participant_id"], row["value"]) for row in rows), key=repr)


def _tables(warehouse: Warehouse, schema: str) -> Sequence[str]:
    """The names of the tables and views of a schema."""
    sql = "select table_name from information_schema.tables where table_schema = ? order by all"
    return [row["table_name"] for row in warehouse.rows(sql, [schema])]
