"""Raw assets: the roster, one asset a wave made from the protocol, and all waves under one another.

Belongs here: landing, reading and contract of each export, its checks and metadata. Does not belong here: how a format
is read or a column matched (exports/), typing an answer (dbt staging).
"""

import hashlib
import hmac
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import dagster as dg
import pyarrow as pa

from dagster_project.exports import Contracted, ExportError, apply_contract, find_files, land, read_export
from dagster_project.settings import Settings, read_settings
from dagster_project.study import Export, Study, StudyError, read_study
from dagster_project.warehouse import Warehouse, identifier, replace_rows, replace_table, rows

ROSTER = "roster"


@dg.definitions
def defs() -> dg.Definitions:
    settings = read_settings()
    try:
        study = read_study(settings.study_folder)
    except StudyError as error:
        # The graph must load without a valid study; the codebook asset then says what is wrong.
        dg.get_dagster_logger().warning("the raw assets are left out: %s", error)
        return dg.Definitions()
    return build(settings, study)


def build(settings: Settings, study: Study) -> dg.Definitions:
    """The raw layer of one study."""
    exports = [_export_asset(settings, study, export) for export in study.protocol.exports]
    return dg.Definitions(assets=[*exports, _answers_asset(settings, study)])


def asset_name(export: Export) -> str:
    """The name of an export's asset and of its table in schema raw."""
    return ROSTER if export.wave is None else export.wave.lower()


def _export_asset(settings: Settings, study: Study, export: Export) -> dg.AssetsDefinition:
    name = asset_name(export)
    key = dg.AssetKey(["raw", name])
    what = "the roster" if export.wave is None else f"wave {export.wave}"

    @dg.asset(
        key=key,
        deps=["codebook"],
        group_name="raw",
        kinds={"python", "duckdb", "sav" if export.reader == "spss" else "csv"},
        owners=["team:data-management"],
        pool="warehouse",
        description=f"The export of {what}, after landing and contract: canonical columns, text untouched.",
        check_specs=[
            dg.AssetCheckSpec("arrived", asset=key, description=f"An export of {what} is in {export.folder}/."),
            dg.AssetCheckSpec(
                "contract", asset=key, blocking=True, description="The file can be read and has the declared columns."
            ),
            dg.AssetCheckSpec("all_columns_placed", asset=key, description="The file has no column that is not declared."),
            dg.AssetCheckSpec(
                "rows_conserved", asset=key, blocking=True, description="Rows in the file = rows accepted + rows set aside."
            ),
        ],
    )
    def export_asset(context: dg.AssetExecutionContext) -> Iterator[Any]:
        warehouse = Warehouse(settings.warehouse_file)
        try:
            loaded = load_export(settings, study, export, warehouse)
        except ExportError as error:
            yield dg.AssetCheckResult(
                check_name="contract", passed=False, severity=dg.AssetCheckSeverity.ERROR, description=str(error)
            )
            raise dg.Failure(str(error), allow_retries=False) from None
        yield dg.MaterializeResult(
            asset_key=key,
            data_version=dg.DataVersion(loaded["sha256"] or "not arrived"),
            metadata=_metadata(loaded),
            check_results=list(_checks(loaded, what, export)),
        )

    return export_asset


def load_export(settings: Settings, study: Study, export: Export, warehouse: Warehouse) -> dict[str, Any]:
    """Land, read and contract one export and write its tables, unless the same file stands there already.

    Returns the export's row of `raw.exports`. Raises ExportError and leaves the tables as they were when the file
    cannot be used.
    """
    name = asset_name(export)
    files = find_files(study.folder, export)
    if not files:
        if export.wave is None:
            raise ExportError(f"{export.folder}: no roster has arrived ({export.pattern}); put the roster there")
        empty = {column: pa.array([], pa.string()) for column in export_columns(study, export)}
        record = _record(export, None, None, "", rows_in_file=0, rows_accepted=0, rows_set_aside=0, unknown="")
        _write(warehouse, name, record, pa.table(empty | {"source_row": pa.array([], pa.int64())}), None)
        return record | {"is_unchanged": False}
    landed = land(files[0], settings.landing)
    fingerprint = _fingerprint(settings, study, export, landed.sha256)
    if (standing := _standing(warehouse, export, fingerprint)) is not None:
        return standing | {"is_unchanged": True}
    contracted = apply_contract(
        read_export(landed.path, export, name=files[0].name), study, export, landed.sha256, files[0].name
    )
    contracted.raise_if_broken()
    record = _record(
        export,
        files[0].name,
        landed.sha256,
        fingerprint,
        rows_in_file=contracted.rows_in_file,
        rows_accepted=contracted.accepted.num_rows,
        rows_set_aside=contracted.set_aside.num_rows,
        unknown=" ".join(contracted.warnings),
    )
    _write(warehouse, name, record, _with_pseudonyms(contracted.accepted, settings.key()), contracted)
    return record | {"is_unchanged": False}


def export_columns(study: Study, export: Export) -> list[str]:
    """The text columns of an export's table in schema raw."""
    codes = [code for block in export.blocks for code in study.block_codes(block.block)]
    return ["participant_id", "respondent", "answered_on", *codes, "source_file"]


def _with_pseudonyms(accepted: pa.Table, key: bytes) -> pa.Table:
    names = [pseudonym(respondent, key) for respondent in accepted.column("respondent").to_pylist()]
    return accepted.add_column(0, "participant_id", pa.array(names, pa.string()))


def pseudonym(respondent: str, key: bytes) -> str:
    """A person's name in the marts: a keyed hash (HMAC-SHA256, 64 bits) of the export's identifier, as written there."""
    return "P" + hmac.new(key, respondent.encode(), hashlib.sha256).hexdigest()[:16]


def _fingerprint(settings: Settings, study: Study, export: Export, sha256: str) -> str:
    parts = (sha256, export.model_dump_json(), *export_columns(study, export), hashlib.sha256(settings.key()).hexdigest())
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _standing(warehouse: Warehouse, export: Export, fingerprint: str) -> dict[str, Any] | None:
    """What `raw.exports` says of an export that was loaded before from the same file under the same declaration."""
    with warehouse.connect() as connection:
        tables = {
            row[0]
            for row in connection.execute("select table_name from duckdb_tables() where schema_name = 'raw'").fetchall()
        }
        if not {"exports", asset_name(export)} <= tables:
            return None
        found = rows(
            connection, "select * from raw.exports where export = ? and fingerprint = ?", [export.export, fingerprint]
        )
    return found[0] if found else None


def _record(
    export: Export,
    file_name: str | None,
    sha256: str | None,
    fingerprint: str,
    *,
    rows_in_file: int,
    rows_accepted: int,
    rows_set_aside: int,
    unknown: str,
) -> dict[str, Any]:
    return {
        "export": export.export,
        "wave": export.wave,
        "file_name": file_name,
        "sha256": sha256,
        "reader": export.reader,
        "rows_in_file": rows_in_file,
        "rows_accepted": rows_accepted,
        "rows_set_aside": rows_set_aside,
        "columns_set_aside": unknown,
        "fingerprint": fingerprint,
        "loaded_at": datetime.now(UTC).replace(tzinfo=None),
    }


_RECORD = pa.schema(
    [
        *((name, pa.string()) for name in ("export", "wave", "file_name", "sha256", "reader")),
        *((name, pa.int64()) for name in ("rows_in_file", "rows_accepted", "rows_set_aside")),
        *((name, pa.string()) for name in ("columns_set_aside", "fingerprint")),
        ("loaded_at", pa.timestamp("us")),
    ]
)
_SET_ASIDE = ("source_file", "source_row", "respondent", "reason", "detail")
_FINDING = ("column", "code", "verdict", "message")


def _write(
    warehouse: Warehouse, name: str, record: dict[str, Any], accepted: pa.Table, contracted: Contracted | None
) -> None:
    """Write an export's rows, its set-aside rows, its contract and its record: all or nothing."""
    export = record["export"]
    set_aside = (
        contracted.set_aside.select(_SET_ASIDE)
        if contracted
        else pa.table({column: pa.array([], pa.int64() if column == "source_row" else pa.string()) for column in _SET_ASIDE})
    )
    findings = (
        [{field: getattr(finding, field) for field in _FINDING} for finding in contracted.findings] if contracted else []
    )
    contract = pa.Table.from_pylist(findings, schema=pa.schema([(field, pa.string()) for field in _FINDING]))
    with warehouse.transaction() as connection:
        connection.execute("create schema if not exists raw")
        replace_table(connection, "raw", name, accepted)
        for table_name, table in (("set_aside_rows", set_aside), ("contract", contract)):
            table = table.add_column(0, "export", pa.array([export] * table.num_rows, pa.string()))
            replace_rows(connection, "raw", table_name, table, ("export", [export]))
        replace_rows(connection, "raw", "exports", pa.Table.from_pylist([record], schema=_RECORD), ("export", [export]))


def _metadata(loaded: dict[str, Any]) -> dict[str, Any]:
    return {
        "file": loaded["file_name"] or "none has arrived",
        "sha256": loaded["sha256"] or "",
        "rows in the file": loaded["rows_in_file"],
        "rows accepted": loaded["rows_accepted"],
        "rows set aside": loaded["rows_set_aside"],
        "dagster/row_count": loaded["rows_accepted"],
        "unchanged since the last run": loaded["is_unchanged"],
    }


def _checks(loaded: dict[str, Any], what: str, export: Export) -> Iterator[dg.AssetCheckResult]:
    has_arrived = loaded["file_name"] is not None
    in_file, accepted, aside = loaded["rows_in_file"], loaded["rows_accepted"], loaded["rows_set_aside"]
    warning, error = dg.AssetCheckSeverity.WARN, dg.AssetCheckSeverity.ERROR
    yield dg.AssetCheckResult(
        check_name="arrived",
        passed=has_arrived,
        severity=warning,
        description=loaded["file_name"]
        if has_arrived
        else f"{export.folder}: no export of {what} has arrived ({export.pattern})",
    )
    yield dg.AssetCheckResult(
        check_name="contract", passed=True, severity=error, description="All declared columns are there."
    )
    yield dg.AssetCheckResult(
        check_name="all_columns_placed",
        passed=not loaded["columns_set_aside"],
        severity=warning,
        description=loaded["columns_set_aside"] or "Every column is declared.",
    )
    yield dg.AssetCheckResult(
        check_name="rows_conserved",
        passed=in_file == accepted + aside,
        severity=error,
        description=f"{in_file} rows in the file = {accepted} accepted + {aside} set aside",
    )


def _answers_asset(settings: Settings, study: Study) -> dg.AssetsDefinition:
    """All waves under one another, as a view: nothing is copied, and dbt has one source whatever the waves are."""
    exports = study.protocol.wave_exports
    key = dg.AssetKey(["raw", "answers"])

    @dg.asset(
        key=key,
        deps=[["raw", ROSTER], *(["raw", asset_name(export)] for export in exports)],
        group_name="raw",
        kinds={"duckdb", "view"},
        owners=["team:data-management"],
        pool="warehouse",
        description="All waves' answer rows under one another: one row a respondent and wave, one text column an item.",
        check_specs=[
            dg.AssetCheckSpec(
                "people_on_roster", asset=key, blocking=True, description="Every respondent of every wave is on the roster."
            )
        ],
    )
    def answers() -> dg.MaterializeResult:
        codes = [code for block in (*study.protocol.instruments, "services") for code in study.block_codes(block)]
        with Warehouse(settings.warehouse_file).transaction() as connection:
            connection.execute(f"create or replace view raw.answers as {_union(study, exports, codes)}")
            strangers = connection.execute(
                "select wave, respondent, source_row from raw.answers anti join raw.roster using (respondent)"
                " order by wave, source_row"
            ).fetchall()
            counts = connection.execute("select wave, count(*) from raw.answers group by wave order by wave").fetchall()
        lineage = dg.TableColumnLineage(
            {
                column: [
                    dg.TableColumnDep(asset_key=dg.AssetKey(["raw", asset_name(export)]), column_name=column)
                    for export in exports
                    if column not in codes or column in export_columns(study, export)
                ]
                for column in ("participant_id", "answered_on", *codes, "source_file", "source_row")
            }
        )
        named = "; ".join(f"{wave} row {row}: {respondent!r}" for wave, respondent, row in strangers[:5])
        more = f" and {len(strangers) - 5} more" if len(strangers) > 5 else ""
        return dg.MaterializeResult(
            metadata={
                "rows": ", ".join(f"{wave} {count}" for wave, count in counts),
                "dagster/row_count": sum(count for _, count in counts),
                "dagster/column_lineage": lineage,
                "dagster/column_schema": _text_schema(lineage),
            },
            check_results=[
                dg.AssetCheckResult(
                    check_name="people_on_roster",
                    passed=not strangers,
                    severity=dg.AssetCheckSeverity.ERROR,
                    description=f"not on the roster: {named}{more}; correct the identifier or add the person to the roster"
                    if strangers
                    else "Every respondent is on the roster.",
                )
            ],
        )

    return answers


def _union(study: Study, exports: tuple[Export, ...], codes: list[str]) -> str:
    parts = []
    for export in exports:
        has = set(export_columns(study, export))
        items = [identifier(code) if code in has else f"null::varchar as {identifier(code)}" for code in codes]
        wave = (export.wave or "").replace("'", "''")
        columns = ["participant_id", "respondent", f"'{wave}' as wave", "answered_on", *items, "source_file", "source_row"]
        parts.append(f"select {', '.join(columns)} from raw.{identifier(asset_name(export))}")
    return " union all ".join(parts)


def _text_schema(lineage: dg.TableColumnLineage) -> dg.TableSchema:
    columns = [
        dg.TableColumn(column, "bigint" if column == "source_row" else "varchar") for column in lineage.deps_by_column
    ]
    return dg.TableSchema(columns)
