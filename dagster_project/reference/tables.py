"""The page of tables: every table and column of the released file. What they hold stands with each of them.

Belongs here: collecting them from the codebook's dictionary, dbt's descriptions and the declared tables. Does not belong
here: their words.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache

import yaml

from dagster_project.outcomes.analyses import OUTCOMES
from dagster_project.places import DBT_PROJECT, EXAMPLE
from dagster_project.reference.text import code, heading, plain
from dagster_project.release.contents import TABLES
from dagster_project.results.result_row import RESULTS_TABLE
from dagster_project.study.codebook import codebook_tables
from dagster_project.study.dictionary import CODEBOOK_COLUMNS, CODEBOOK_TABLES
from dagster_project.study.read import read_study
from dagster_project.table_spec import TableSpec
from dagster_project.variant_marts import MOMENTS

_INTRODUCTION = """# Tables of the release

`warehouse.duckdb` in the release folder has four schemas. `marts` is what dbt made of the answers, `results` the numbers,
`codebook` the definitions as tables, and `variants` what the study's variants made of the same answers. Any DuckDB client of
version 1.5 reads the file; each column says the same there as a comment. [How to read it](../how-to/read-the-release.md).

Wide tables also have a column for each item, scale, service or variable of a study, called by its code; `codebook.html` in
the release describes these."""
_SCHEMAS = {
    "marts": "Answers, scores, people, and the counts and moments that inference needs.",
    "results": "Every number that is printed, and what was made of it.",
    "codebook": "The study's definitions as tables.",
    "variants": "What each variant of a study changes.",
}

#: Tables of the codebook that a run adds to those of the study.
_OF_RUN = {
    "definitions": ["definitions_hash", "run_id", "written_at"],
    "definition_files": ["file", "sha256"],
    "wave_definitions": ["wave", "definitions_stamp"],
}


@dataclass(frozen=True)
class DescribedTable:
    """A table of the released file. columns: those with fixed names, with what they hold."""

    schema: str
    name: str
    description: str
    columns: dict[str, str]


def _marts() -> Iterator[DescribedTable]:
    for file in sorted((DBT_PROJECT / "models" / "marts").rglob("*.yml")):
        for model in yaml.safe_load(file.read_text(encoding="utf-8")).get("models", ()):
            columns = {column["name"]: column.get("description", "") for column in model.get("columns", ())}
            yield DescribedTable("marts", model["name"], model.get("description", ""), columns)


def _sources() -> dict[str, str]:
    """What the tables of the codebook hold that dbt reads, as dbt describes them."""
    sources = yaml.safe_load((DBT_PROJECT / "models" / "staging" / "sources.yml").read_text(encoding="utf-8"))["sources"]
    return {
        table["name"]: table.get("description", "")
        for entry in sources
        if entry["name"] == "codebook"
        for table in entry["tables"]
    }


def _codebook() -> Iterator[DescribedTable]:
    """The tables of the example's codebook: a study's are the same, with other rows."""
    words = CODEBOOK_TABLES | _sources()
    columns_of = {name: table.column_names for name, table in codebook_tables(read_study(EXAMPLE)).items()} | _OF_RUN
    for name, names in columns_of.items():
        columns = {column: CODEBOOK_COLUMNS.get(f"{name}.{column}", CODEBOOK_COLUMNS.get(column, "")) for column in names}
        yield DescribedTable("codebook", name, words.get(name, ""), columns)


def _spec_tables() -> Iterator[DescribedTable]:
    for spec in TABLES:
        yield _of_spec(spec)
    for outcome in OUTCOMES:
        about = f"The rows of results.results that the outcome {outcome.name} computes: {outcome.description}"
        yield _of_spec(replace(RESULTS_TABLE, name=outcome.name, description=about))


def _variant_marts(marts: dict[str, DescribedTable]) -> Iterator[DescribedTable]:
    for name in MOMENTS:
        columns = {"variant": CODEBOOK_COLUMNS["variant"], **marts[name].columns}
        yield DescribedTable("variants", name, f"As marts.{name}, of each variant.", columns)


def _of_spec(spec: TableSpec) -> DescribedTable:
    return DescribedTable(
        spec.schema, spec.name, spec.description, {column.name: column.description for column in spec.columns}
    )


@cache
def described_tables() -> dict[str, DescribedTable]:
    """Every table by schema.name."""
    mart_tables = {table.name: table for table in _marts()}
    tables = [*mart_tables.values(), *_codebook(), *_spec_tables(), *_variant_marts(mart_tables)]
    return {f"{table.schema}.{table.name}": table for table in tables}


def _section(full_name: str, table: DescribedTable) -> str:
    rows = [f"| {code(name)} | {plain(words)} |" for name, words in table.columns.items()]
    head = [heading(3, full_name.replace("_", "\\_"), full_name), "", plain(table.description), ""]
    return "\n".join([*head, "| column | what it holds |", "|---|---|", *rows])


def page() -> str:
    parts = [_INTRODUCTION]
    for schema, words in _SCHEMAS.items():
        parts.append(f"{heading(2, f'Schema {schema}', f'schema-{schema}')}\n\n{words}")
        parts += [_section(name, table) for name, table in described_tables().items() if table.schema == schema]
    return "\n\n".join(parts) + "\n"


def silent() -> list[str]:
    """Tables and columns without a description."""
    names = [name for name, table in described_tables().items() if not table.description.strip()]
    return names + [
        f"{name}.{column}"
        for name, table in described_tables().items()
        for column, words in table.columns.items()
        if not words.strip()
    ]
