"""Writing what was read of an export: its rows, its set-aside rows, its contract and its record; all of them or nothing.

Belongs here: the tables `raw.<wave>`, `raw.exports`, `raw.contract`, `raw.set_aside_rows`, and what becomes of the rows that
were in use. Does not belong here: choosing a file (versions.py), reading it (exports/).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.exports import ColumnFinding, ContractResult, comparable_cells, pseudonyms
from dagster_project.raw.columns import IS_EXCLUDED, LEAVING, day_columns, export_columns
from dagster_project.raw.versions import ChosenFiles
from dagster_project.study import DURATION, Export, Study
from dagster_project.warehouse import (
    Connection,
    Warehouse,
    identifier,
    replace_rows,
    replace_table,
    replace_table_from_batches,
    rows_as,
)


@dataclass(frozen=True)
class ExportRecord:
    """A row of `raw.exports`: what is in use of an export. Without a file, nothing has arrived.

    fingerprint: of the file, the declaration of the export, its dictionary and the pseudonyms' key; one fingerprint is one
    set of rows. sheet: the workbook's, where one is declared. columns_set_aside: the words for columns that nothing
    declares. date_notes: those for dates.
    """

    export: str
    wave: str | None
    file_name: str | None
    sha256: str | None
    reader: str
    sheet: str | None
    rows_in_file: int
    rows_accepted: int
    rows_set_aside: int
    columns_set_aside: str
    date_notes: str
    fingerprint: str
    loaded_at: datetime


def record_of(
    export: Export, chosen_files: ChosenFiles | None, fingerprint: str = "", contract_results: Sequence[ContractResult] = ()
) -> ExportRecord:
    """The record of an export that is loaded now from the chosen files, if there are any."""
    return ExportRecord(
        export=export.export,
        wave=export.wave,
        file_name=chosen_files.name if chosen_files else None,
        sha256=chosen_files.sha256 if chosen_files else None,
        reader=export.reader,
        sheet=export.sheet,
        rows_in_file=sum(part.rows_in_file for part in contract_results),
        rows_accepted=sum(part.rows_accepted for part in contract_results),
        rows_set_aside=sum(part.set_aside.num_rows for part in contract_results),
        columns_set_aside=_unique_sentences(
            warning for part in contract_results for warning in part.warnings if warning not in part.date_warnings
        ),
        date_notes=_unique_sentences(warning for part in contract_results for warning in part.date_warnings),
        fingerprint=fingerprint,
        loaded_at=datetime.now(UTC).replace(tzinfo=None),
    )


def _unique_sentences(sentences: Iterable[str]) -> str:
    """Each sentence once, as the parts of a wave may say the same."""
    return " ".join(dict.fromkeys(sentences))


def loaded_before(warehouse: Warehouse, export: Export, fingerprint: str) -> ExportRecord | None:
    """The record of an export that was loaded before from the same file under the same declaration."""
    with warehouse.connect() as connection:
        tables = {
            row[0]
            for row in connection.execute("select table_name from duckdb_tables() where schema_name = 'raw'").fetchall()
        }
        if not {"exports", export.table} <= tables:
            return None
        sql = "select * from raw.exports where export = ? and fingerprint = ?"
        records = rows_as(connection, ExportRecord, sql, [export.export, fingerprint])
    return records[0] if records else None


_RECORD = pa.schema(
    [
        *((name, pa.string()) for name in ("export", "wave", "file_name", "sha256", "reader", "sheet")),
        *((name, pa.int64()) for name in ("rows_in_file", "rows_accepted", "rows_set_aside")),
        *((name, pa.string()) for name in ("columns_set_aside", "date_notes", "fingerprint")),
        ("loaded_at", pa.timestamp("us")),
    ]
)
_SET_ASIDE = pa.schema(
    [(name, pa.int64() if name == "source_row" else pa.string()) for name in ("source_file", "source_row", "respondent")]
    + [("reason", pa.string()), ("detail", pa.string())]
)
_FINDING = pa.schema([(name, pa.string()) for name in ("column", "code", "verdict", "message")])


def write_empty(warehouse: Warehouse, study: Study, export: Export) -> ExportRecord:
    """A wave that has not arrived: its table is there, and empty."""
    record = record_of(export, None)
    empty = {column: pa.array([], pa.string()) for column in export_columns(study, export)}
    days = {column: pa.array([], pa.date32()) for column in day_columns(export)}
    table = pa.table(empty | {"source_row": pa.array([], pa.int64())} | days)
    with warehouse.transaction() as connection:
        _keep_rows_in_use(connection, export.table, export.export, None)
        replace_table(connection, "raw", export.table, table)
        _describe(connection, record, _SET_ASIDE.empty_table(), [])
    return record


def write_export(
    warehouse: Warehouse,
    export: Export,
    record: ExportRecord,
    contract_results: Sequence[ContractResult],
    chosen_files: ChosenFiles,
    key: bytes,
) -> None:
    """Write an export's rows, its set-aside rows, its contract, its record and its version: all or nothing."""
    set_aside = pa.concat_tables([part.set_aside.select(_SET_ASIDE.names).cast(_SET_ASIDE) for part in contract_results])
    findings = {
        (finding.column, finding.code, finding.verdict): finding for part in contract_results for finding in part.findings
    }
    name = export.table
    with warehouse.transaction() as connection:
        _keep_rows_in_use(connection, name, record.export, chosen_files.sha256)
        replace_table_from_batches(connection, "raw", name, _accepted_rows(contract_results, export, key))
        _describe(connection, record, set_aside, list(findings.values()))
        for file, part in zip(chosen_files.files, contract_results, strict=True):
            connection.execute(
                "update raw.versions set verdict = 'accepted', message = null, is_in_use = true, table_name = $1,"
                " rows_in_file = $2, rows_accepted = $3, rows_set_aside = $4 where export = $5 and sha256 = $6",
                [name, part.rows_in_file, part.rows_accepted, part.set_aside.num_rows, record.export, file.sha256],
            )


def _describe(connection: Connection, record: ExportRecord, set_aside: pa.Table, findings: Sequence[ColumnFinding]) -> None:
    export = record.export
    contract = pa.Table.from_pylist(
        [{name: getattr(finding, name) for name in _FINDING.names} for finding in findings], schema=_FINDING
    )
    for table_name, table in (("set_aside_rows", set_aside), ("contract", contract)):
        table = table.add_column(0, "export", pa.array([export] * table.num_rows, pa.string()))
        replace_rows(connection, "raw", table_name, table, ("export", [export]))
    replace_rows(connection, "raw", "exports", pa.Table.from_pylist([asdict(record)], schema=_RECORD), ("export", [export]))


def _keep_rows_in_use(connection: Connection, name: str, export: str, sha256: str | None) -> None:
    """Keep the rows of the version that was in use readable under its own name, if another one takes its place."""
    table = connection.execute(
        "select table_name from duckdb_tables() where schema_name = 'raw' and table_name = ?", [name]
    ).fetchone()
    in_use = connection.execute(
        "select sha256 from raw.versions where export = ? and is_in_use and sha256 is distinct from ?", [export, sha256]
    ).fetchall()
    if table and len(in_use) == 1:
        kept_table = f"{name}@{in_use[0][0][:8]}"
        connection.execute(f"drop table if exists raw.{identifier(kept_table)}")
        connection.execute(f"alter table raw.{identifier(name)} rename to {identifier(kept_table)}")
        connection.execute(
            "update raw.versions set table_name = ? where export = ? and sha256 = ?", [kept_table, export, in_use[0][0]]
        )
    connection.execute("update raw.versions set is_in_use = false where export = ?", [export])
    if sha256 is not None:
        connection.execute(f"drop table if exists raw.{identifier(f'{name}@{sha256[:8]}')}")


def _accepted_rows(contract_results: Sequence[ContractResult], export: Export, key: bytes) -> Iterator[pa.RecordBatch]:
    """The accepted rows of all parts, with pseudonyms, and the roster's with all columns for leaving.

    A wave's answers that are blank or whole numbers in every row are given as such. A roster is text: it is small, and is
    asked for by what it says.
    """
    whole_numbers = (
        {code for part in contract_results for code in part.column_positions} if export.wave is not None else set()
    )
    whole_numbers -= {"respondent", "answered_on", DURATION}
    for part in contract_results:
        for batch in part.batches(whole_numbers):
            people = pseudonyms(_meant_respondents(batch.column("respondent"), export.respondents), key)
            batch = batch.add_column(0, "participant_id", people)
            for code in LEAVING if export.wave is None else ():
                if code not in batch.schema.names:
                    batch = batch.append_column(code, pa.nulls(batch.num_rows, pa.string()))
            # In one order in all parts, whichever of them have dates.
            days = {
                name: batch.column(name) if name in batch.schema.names else pa.nulls(batch.num_rows, pa.date32())
                for name in day_columns(export)
            }
            text_names = [name for name in batch.schema.names if name not in days]
            flags = {IS_EXCLUDED: _are_excluded(batch)} if export.wave is None else {}
            yield pa.RecordBatch.from_pydict({name: batch.column(name) for name in text_names} | days | flags)


def _are_excluded(roster: pa.RecordBatch) -> pa.BooleanArray:
    """Whether each row of the roster is of somebody whom the study excluded."""
    texts = [pc.fill_null(roster.column(name), "") for name in ("excluded_on", "exclusion_reason")]
    return pc.or_(*(pc.not_equal(comparable_cells(cells), "") for cells in texts))


def _meant_respondents(respondents: pa.Array, corrections: Mapping[str, str]) -> pa.Array:
    """The identifiers that the protocol says are meant, where an export writes them otherwise."""
    if not corrections:
        return respondents
    corrected = pa.array(corrections.values(), pa.string()).take(
        pc.index_in(pc.utf8_trim_whitespace(respondents), value_set=pa.array(corrections.keys(), pa.string()))
    )
    return pc.coalesce(corrected, respondents)
