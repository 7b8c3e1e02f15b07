"""Whether the models' SQL can be said in other engines' words. Belongs here: translating what dbt compiled for DuckDB by sqlglot,
and parsing the translation again. Does not belong here: what is allowed to fail (test_portable_sql.py).

It proves little, and cheaply: that each model is SQL that sqlglot knows how to write for an engine. It does not prove that the
engine accepts it, nor that it computes the same. That was shown by building, for DuckDB, DuckLake and Spark alone (tests/lake,
tests/spark)."""

import re
from pathlib import Path

import sqlglot
from sqlglot import exp
from sqlglot.errors import ErrorLevel, SqlglotError

ENGINES = ("spark", "databricks", "snowflake", "bigquery", "trino")


def compiled_models(dbt_target: Path) -> dict[str, str]:
    """The SQL of each model as dbt compiled it when it built the study."""
    folder = dbt_target / "compiled" / "wavehouse" / "models"
    return {
        file.stem: file.read_text(encoding="utf-8") for file in sorted(folder.rglob("*.sql")) if file.parent.suffix != ".yml"
    }


def untranslated(sql: str) -> dict[str, str]:
    """The engines into whose words a query cannot be translated, each with what sqlglot says."""
    tree = sqlglot.parse_one(sql, dialect="duckdb")
    faults = {}
    for engine in ENGINES:
        try:
            sqlglot.parse(tree.sql(dialect=engine, unsupported_level=ErrorLevel.RAISE), dialect=engine)
        except SqlglotError as error:
            faults[engine] = re.sub(r"\x1b\[\d+m|\s+", " ", str(error))
    return faults


def unknown_functions(sql: str) -> set[str]:
    """Functions that sqlglot does not know, and would leave as they are for every engine."""
    return {call.name.lower() for call in sqlglot.parse_one(sql, dialect="duckdb").find_all(exp.Anonymous)}
