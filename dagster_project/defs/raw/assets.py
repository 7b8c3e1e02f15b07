"""Raw assets: the roster, one asset a wave made from the protocol, and all waves under one another.

Belongs here: the assets, their checks and metadata. Does not belong here: loading an export (load.py), typing an answer
(dbt staging).
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import dagster as dg

from dagster_project.defs.raw.load import export_columns, load_export, oddities
from dagster_project.defs.study_run import StudyRun
from dagster_project.exports import ExportError
from dagster_project.settings import Settings, read_settings
from dagster_project.study import Export, Study, StudyError, read_study, wave_state
from dagster_project.warehouse import Warehouse, identifier

#: The badge of an export that is no CSV.
_KINDS = {"spss": "sav", "excel": "excel", "stata": "stata", "sas": "sas", "parquet": "parquet"}


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


def _export_asset(settings: Settings, study: Study, export: Export) -> dg.AssetsDefinition:
    name = export.table
    key = dg.AssetKey(["raw", name])
    what = "the roster" if export.wave is None else f"wave {export.wave}" + (f", {export.part}" if export.part else "")

    @dg.asset(
        key=key,
        deps=["codebook"],
        group_name="raw",
        kinds={"python", "duckdb", _KINDS.get(export.reader, "csv")},
        owners=["team:data-management"],
        description=f"The export of {what}, after landing and contract: canonical columns, text untouched.",
        check_specs=[
            dg.AssetCheckSpec("arrived", asset=key, description=f"An export of {what} is in {export.folder}/."),
            dg.AssetCheckSpec(
                "contract", asset=key, blocking=True, description="The file can be read and has the declared columns."
            ),
            dg.AssetCheckSpec("landed_whole", asset=key, description="Landed copies are what their names say."),
            dg.AssetCheckSpec("all_columns_placed", asset=key, description="The file has no column that is not declared."),
            dg.AssetCheckSpec(
                "like_the_wave_before", asset=key, description="Answers are coded as they were in the wave before."
            ),
            dg.AssetCheckSpec(
                "rows_conserved", asset=key, blocking=True, description="Rows in the file = rows accepted + rows set aside."
            ),
        ],
    )
    def export_asset(study_run: dg.ResourceParam[StudyRun]) -> Iterator[Any]:
        study_run.study_as_loaded(study)
        warehouse = Warehouse(settings.warehouse_file)
        try:
            loaded = load_export(settings, study, export, warehouse)
        except ExportError as error:
            yield dg.AssetCheckResult(
                check_name="contract", passed=False, severity=dg.AssetCheckSeverity.ERROR, description=str(error)
            )
            raise dg.Failure(str(error), allow_retries=False) from None
        study_run.note_taken(export.export, loaded["taken"])
        yield dg.MaterializeResult(
            asset_key=key,
            data_version=dg.DataVersion(loaded["sha256"] or "not arrived"),
            metadata=_metadata(loaded),
            check_results=list(_checks(loaded, what, export, oddities(study, export, warehouse))),
        )

    return export_asset


def _metadata(loaded: dict[str, Any]) -> dict[str, Any]:
    return {
        "file": loaded["file_name"] or "none has arrived",
        "sha256": loaded["sha256"] or "",
        "rows in the file": loaded["rows_in_file"],
        "rows accepted": loaded["rows_accepted"],
        "rows set aside": loaded["rows_set_aside"],
        "dagster/row_count": loaded["rows_accepted"],
        "unchanged since the last run": loaded["is_unchanged"],
        "files that ever arrived": loaded["versions"],
    }


def _checks(loaded: dict[str, Any], what: str, export: Export, odd: Sequence[str]) -> Iterator[dg.AssetCheckResult]:
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
        check_name="landed_whole",
        passed=not loaded["notes"],
        severity=warning,
        description="; ".join(loaded["notes"]) or "Every landed copy is what its name says.",
    )
    yield dg.AssetCheckResult(
        check_name="all_columns_placed",
        passed=not loaded["columns_set_aside"],
        severity=warning,
        description=loaded["columns_set_aside"] or "Every column is declared.",
    )
    yield dg.AssetCheckResult(
        check_name="like_the_wave_before",
        passed=not odd,
        severity=warning,
        description="; ".join(odd[:3]) + (f" (and {len(odd) - 3} more)" if len(odd) > 3 else "")
        or "Nothing is unlike before.",
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
        deps=[["raw", study.protocol.roster.table], *(["raw", export.table] for export in exports)],
        group_name="raw",
        kinds={"duckdb", "view"},
        owners=["team:data-management"],
        description="All waves' answer rows under one another: one row a respondent and wave (or part of it), one text"
        " column an item.",
        check_specs=[
            dg.AssetCheckSpec(
                "people_on_roster", asset=key, blocking=True, description="Every respondent of every wave is on the roster."
            ),
            *(
                dg.AssetCheckSpec(
                    f"{wave.wave.lower()}_on_time", asset=key, description=f"{wave.wave} arrives in its planned window."
                )
                for wave in study.protocol.waves
                if study.protocol.starts_on is not None
            ),
        ],
    )
    def answers(study_run: dg.ResourceParam[StudyRun]) -> dg.MaterializeResult:
        study_run.study_as_loaded(study)
        codes = [code for block in (*study.protocol.instruments, "services") for code in study.block_codes(block)]
        with Warehouse(settings.warehouse_file).transaction() as connection:
            connection.execute(f"create or replace view raw.answers as {_union(study, exports, codes)}")
            strangers = connection.execute(
                "select wave, respondent, source_row from raw.answers anti join raw.roster using (participant_id)"
                " order by wave, source_row"
            ).fetchall()
            known = (
                [row[0] for row in connection.execute("select respondent from raw.roster").fetchall()] if strangers else []
            )
            counts = connection.execute(
                "select wave, count(distinct participant_id) from raw.answers group by wave order by wave"
            ).fetchall()
            on_time = _on_time(study, connection, dict(counts))
        lineage = dg.TableColumnLineage(
            {
                column: [
                    dg.TableColumnDep(asset_key=dg.AssetKey(["raw", export.table]), column_name=column)
                    for export in exports
                    if column not in codes or column in export_columns(study, export)
                ]
                for column in ("participant_id", "answered_on", *codes, "source_file", "source_row")
            }
        )
        named = "; ".join(
            f"{wave} row {row}: {respondent!r}{alike(respondent, known)}" for wave, respondent, row in strangers[:5]
        )
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
                    description=f"not on the roster: {named}{more}; {_CURE}"
                    if strangers
                    else "Every respondent is on the roster.",
                ),
                *on_time,
            ],
        )

    return answers


def _on_time(study: Study, connection: Any, returned: Mapping[str, int]) -> list[dg.AssetCheckResult]:
    """One check a wave: whether it arrives when it was planned, and how many have returned it."""
    arrived = dict(
        connection.execute(
            "select wave, min(first_seen_at)::date from raw.versions where is_in_use group by wave"
        ).fetchall()
    )
    eligible = connection.execute(
        "select count(*) from raw.roster"
        " where coalesce(trim(excluded_on), '') = '' and coalesce(trim(exclusion_reason), '') = ''"
    ).fetchone()[0]
    results = []
    for wave in study.protocol.waves:
        today = datetime.now(UTC).date()
        said = wave_state(study.protocol, wave, today, arrived.get(wave.wave), returned.get(wave.wave, 0), eligible)
        if said is not None:
            results.append(
                dg.AssetCheckResult(
                    check_name=f"{wave.wave.lower()}_on_time",
                    passed=said.state in ("expected", "arrived"),
                    severity=dg.AssetCheckSeverity.WARN,
                    description=said.sentence,
                    metadata={"state": said.state, "returned": returned.get(wave.wave, 0), "eligible": eligible},
                )
            )
    return results


_CURE = "correct the identifier, add the person, or say who is meant under respondents of the export"


def alike(respondent: str, known: Sequence[str]) -> str:
    """A question about an identifier that differs in case, blanks or marks only; nothing is merged by it."""
    found = [one for one in known if _loose(one) == _loose(respondent)]
    return f" (did you mean {found[0]!r}?)" if found else ""


def _loose(identifier_text: str) -> str:
    letters = "".join(character for character in identifier_text.casefold() if character.isalnum())
    return letters.lstrip("0") if letters.isdecimal() else letters


def _union(study: Study, exports: tuple[Export, ...], codes: list[str]) -> str:
    parts = []
    for export in exports:
        has = study.export_columns(export)
        items = [
            # A column of whole numbers is null where the file says nothing; a column of text never is.
            f"coalesce(cast({identifier(code)} as varchar), '') as {identifier(code)}"
            if code in has
            else f"null::varchar as {identifier(code)}"
            for code in codes
        ]
        wave = (export.wave or "").replace("'", "''")
        part = f"{study.protocol.part_number(export)} as part"
        where = [f"'{wave}' as wave", part, "answered_on"]
        columns = ["participant_id", "respondent", *where, *items, "source_file", "source_row"]
        parts.append(f"select {', '.join(columns)} from raw.{identifier(export.table)}")
    return " union all ".join(parts)


def _text_schema(lineage: dg.TableColumnLineage) -> dg.TableSchema:
    columns = [
        dg.TableColumn(column, "bigint" if column == "source_row" else "varchar") for column in lineage.deps_by_column
    ]
    return dg.TableSchema(columns)
