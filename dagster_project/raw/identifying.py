"""Direct identifiers in the rows that were loaded of an export: what a run says of them, without a text.

Belongs here: looking through the text columns of its table. Does not belong here: the patterns (direct_identifiers/), the
whole file, of which `wavehouse check` speaks (rehearsal/identifying.py).
"""

from collections.abc import Iterator

from dagster_project.direct_identifiers import column_findings, detections
from dagster_project.study import Export
from dagster_project.warehouse import Warehouse, identifier

#: What is no answer, and what stays in schema raw.
_NOT_ANSWERS = ("participant_id", "respondent", "answered_on", "source_file", "withdrawal_reason", "exclusion_reason")
#: Of a column with more different texts these are looked through.
_MOST_TEXTS = 20_000


def identifying_lines(warehouse: Warehouse, export: Export, file_name: str | None) -> list[str]:
    """A line for each column with what tells who somebody is, and for such a file name."""
    lines = [f"the file's name holds {detection.words}" for detection in detections((file_name or "").replace("_", " "))]
    contract = warehouse.rows('select code, "column" as header from raw.contract where export = ?', [export.export])
    harmless_codes = {row["code"] for row in contract if row["header"] in export.not_identifying}
    for code in _text_columns(warehouse, export.table):
        if code in harmless_codes:
            continue
        lines += _lines(warehouse, export.table, code)
    return lines


def _text_columns(warehouse: Warehouse, table: str) -> Iterator[str]:
    rows = warehouse.rows(
        "select column_name from duckdb_columns() where schema_name = 'raw' and table_name = ? and data_type = 'VARCHAR'"
        " order by column_index",
        [table],
    )
    return (row["column_name"] for row in rows if row["column_name"] not in _NOT_ANSWERS)


def _lines(warehouse: Warehouse, table: str, code: str) -> Iterator[str]:
    column = identifier(code)
    texts = warehouse.rows(
        f"select {column} as cell, count(*) as n, min(source_row) as source_row from raw.{identifier(table)}"
        f" where length({column}) >= 4 group by {column} order by source_row limit {_MOST_TEXTS}"
    )
    rows = {row["cell"]: [row["source_row"]] * row["n"] for row in texts}
    for finding in column_findings(code, rows):
        count = f"{finding.n_rows} rows, first in row {finding.row}" if finding.n_rows > 1 else f"row {finding.row}"
        yield f"{code} holds {finding.detection.words} in {count}"
