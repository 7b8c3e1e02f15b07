"""The models on Spark: the same SQL, from the schemas raw and codebook of a working file.

Belongs here: what the models read, put into a Spark session; dbt called for it. Does not belong here: a Spark of one's own,
which whoever calls brings, and what differs in SQL (dbt/macros, dispatched).
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from dagster_project.models.project import BUILD, INPUT_SCHEMAS
from dagster_project.places import DBT_PROJECT
from dagster_project.warehouse import Warehouse, identifier, literal

if TYPE_CHECKING:
    from dbt.cli.main import dbtRunnerResult
    from pyspark.sql import SparkSession


def load_inputs(session: "SparkSession", warehouse_file: Path, folder: Path) -> int:
    """Put what the models read of a working file into Spark, as tables of schemas raw and codebook; how many there are.

    folder: where the tables lie meanwhile as Parquet, readable by all workers. Tables of these names are replaced. Texts are
    put into Unicode's NFC form, in which they are compared: Spark has no function for it. Raises WarehouseError if the file
    is not there or another process holds it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    schemas = ", ".join(map(literal, INPUT_SCHEMAS))
    columns: dict[tuple[str, str], list[str]] = {}
    with Warehouse(warehouse_file).connect(read_only=True) as connection:
        for schema, table, column, kind in connection.execute(
            "select table_schema, table_name, column_name, data_type from information_schema.columns"
            f" where table_schema in ({schemas}) order by table_schema, table_name, ordinal_position"
        ).fetchall():
            name = identifier(column)
            columns.setdefault((schema, table), []).append(f"nfc_normalize({name}) as {name}" if kind == "VARCHAR" else name)
        for (schema, table), names in columns.items():
            file = folder / f"{schema}.{table}.parquet"
            source = f"select {', '.join(names)} from {identifier(schema)}.{identifier(table)}"
            connection.execute(f"copy ({source}) to {literal(str(file))} (format parquet)")
    for schema in INPUT_SCHEMAS:
        session.sql(f"create schema if not exists {schema}")
    for schema, table in columns:
        rows = session.read.parquet(str(folder / f"{schema}.{table}.parquet"))
        rows.write.mode("overwrite").saveAsTable(f"{schema}.{table}")
    return len(columns)


def build_on_spark(target: Path, arguments: Sequence[str] = ()) -> "dbtRunnerResult":
    """Build and test all models in the Spark session of this process, into schemas staging and marts there.

    target: a folder for what dbt compiles. arguments: more words for `dbt build`. `load_inputs` has put the inputs there.
    A table whose format cannot take single rows out (Parquet) is made anew each time; with Delta or Iceberg only stale waves
    are. Stamps of waves are Spark's own: its hash of a text is another than DuckDB's.
    """
    from dbt.cli.main import dbtRunner

    folder = str(DBT_PROJECT)
    folders = ["--project-dir", folder, "--profiles-dir", folder, "--target-path", str(target), "--log-path", str(target)]
    words = [*BUILD, "--target", "spark", "--quiet", "--no-partial-parse"]
    return dbtRunner().invoke([*words, *folders, *arguments])
