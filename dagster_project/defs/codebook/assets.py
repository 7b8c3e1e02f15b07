"""The codebook asset: the study folder's definitions, validated once and written as tables. Nothing else belongs here."""

import hashlib
from dataclasses import asdict

import dagster as dg
import pyarrow as pa

from dagster_project.defs.study_run import StudyRun
from dagster_project.results import ESTIMANDS, PEOPLE
from dagster_project.settings import Settings, SettingsError, read_settings
from dagster_project.study import codebook_tables, wave_definitions
from dagster_project.warehouse import Warehouse


@dg.definitions
def defs() -> dg.Definitions:
    return build(read_settings())


def build(settings: Settings) -> dg.Definitions:
    """The codebook of one study."""

    @dg.asset(
        key="codebook",
        group_name="codebook",
        kinds={"python", "duckdb", "yaml"},
        owners=["team:data-management"],
        description="The protocol as tables: waves, instruments, items, scales, norms. One truth, validated once.",
    )
    def codebook(study_run: dg.ResourceParam[StudyRun]) -> dg.MaterializeResult:
        study = study_run.read_study()
        try:
            settings.key()  # a key that is lost is said by the first step, before anything is written
        except SettingsError as error:
            raise dg.Failure(str(error), allow_retries=False) from None
        warehouse = Warehouse(settings.warehouse_file)
        tables = codebook_tables(study) | {"estimands": _estimands()} | study_run.codebook_tables(study)
        tables["wave_definitions"] = wave_definitions(tables, _code_stamp(settings))
        warehouse.replace_tables("codebook", tables)
        study_run.codebook_is_written(study)
        protocol = study.protocol
        lines = [f"| {name} | {table.num_rows} |" for name, table in tables.items()]
        return dg.MaterializeResult(
            metadata={
                "study": protocol.title,
                "waves": ", ".join(wave.wave for wave in protocol.waves),
                "instruments": ", ".join(instrument.name for instrument in study.instruments),
                "assumptions": tables["assumptions"].num_rows,
                "tables": dg.MetadataValue.md("\n".join(["| table | rows |", "|---|---|", *lines])),
            }
        )

    return dg.Definitions(assets=[codebook])


def _code_stamp(settings: Settings) -> str:
    """Stands for the SQL that types and scores answers."""
    digest = hashlib.sha256()
    for part in ("models", "macros"):
        for file in sorted((settings.dbt_folder / part).rglob("*.sql")):
            digest.update(file.name.encode() + file.read_bytes())
    return digest.hexdigest()


def _estimands() -> pa.Table:
    """What each statistic is: formula, and who counts in it."""
    rows = [asdict(one) | {"people_in_words": PEOPLE[one.people]} for one in ESTIMANDS]
    names = ("analysis", "statistic", "people", "people_in_words", "formula")
    return pa.Table.from_pylist(rows, schema=pa.schema([(name, pa.string()) for name in names]))
