"""Builds a working file's models on Spark and prints what is not as in the file: a line of JSON.

python build_and_compare.py WORKING_FILE FOLDER MASTER

In one process (local[1]) queries are not compiled, which for a small study takes longer than they do.
"""

import json
import sys
from pathlib import Path

import duckdb
from pyspark.sql import SparkSession

from dagster_project.models.spark import build_on_spark, load_inputs

#: Of a text that each engine hashes in its own way: whether a wave is still as it was built.
_STAMP = "content_stamp"


def main(warehouse_file: Path, folder: Path, master: str) -> None:
    is_compiled = not master.startswith("local[")
    session = (
        SparkSession.builder.master(master)
        .config("spark.sql.codegen.wholeStage", str(is_compiled).lower())
        .config("spark.sql.codegen.factoryMode", "FALLBACK" if is_compiled else "NO_CODEGEN")
        .config("spark.sql.warehouse.dir", str(folder / "tables"))
        .config("spark.sql.catalogImplementation", "in-memory")
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.memory", "3g")
        .config("spark.sql.maxPlanStringLength", "1000")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .getOrCreate()
    )
    session.sparkContext.setLogLevel("OFF")
    inputs = load_inputs(session, warehouse_file, folder / "inputs")
    built = build_on_spark(folder / "target")
    states: dict[str, int] = {}
    faults = [] if built.exception is None else [str(built.exception)]
    for result in getattr(built.result, "results", []):
        state = f"{result.node.resource_type.value} {result.status.value}"
        states[state] = states.get(state, 0) + 1
        if result.status.value in ("error", "fail"):
            faults.append(f"{result.node.name}: {result.message}")
    differences, rows = {}, 0
    connection = duckdb.connect(str(warehouse_file), read_only=True)
    tables = connection.execute(
        "select table_schema, table_name from information_schema.tables where table_schema in ('staging', 'marts') order by all"
    ).fetchall()
    for schema, table in tables:
        on_spark = session.table(f"{schema}.{table}").toArrow()
        ours = connection.sql(f'from {schema}."{table}"')
        columns = [name for name in ours.columns if name != _STAMP]
        assert [name for name in on_spark.column_names if name != _STAMP] == columns, (schema, table, on_spark.column_names)
        names = ", ".join(f'"{name}"' for name in columns)
        in_file, there = f'select {names} from {schema}."{table}"', f"select {names} from on_spark"
        (unequal,) = connection.execute(
            f"select (select count(*) from ({in_file} except all {there})) + (select count(*) from ({there} except all {in_file}))"
        ).fetchone()  # type: ignore[misc]
        rows += on_spark.num_rows
        if unequal:
            differences[f"{schema}.{table}"] = unequal
    workers = session.sparkContext._jsc.sc().getExecutorMemoryStatus().size() - (not master.startswith("local["))
    report = {"inputs": inputs, "states": states, "faults": faults, "tables": len(tables), "rows": rows}
    print(json.dumps(report | {"differences": differences, "workers": workers}), flush=True)
    session.stop()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
