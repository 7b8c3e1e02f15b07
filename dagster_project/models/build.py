"""Building the dbt models, and what became of each: rows, columns, lineage, and the results of dbt's tests.

Belongs here: understanding dbt's results. Does not belong here: SQL (dbt/), calling dbt (run_dbt.py), lineage
(column_lineage.py), Dagster (defs/models.py).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dagster_project.checks import Check
from dagster_project.markdown import markdown_table
from dagster_project.models.column_lineage import Origins, Source, column_lineage, in_ranges
from dagster_project.models.manifest import parsed_project
from dagster_project.models.project import BUILD, DbtProject
from dagster_project.models.run_dbt import read_manifest, run_dbt
from dagster_project.raw.columns import export_columns
from dagster_project.stamps import marts_are_built, stamp_marts
from dagster_project.study import Study, column_descriptions
from dagster_project.study_run import StudyRun
from dagster_project.warehouse import Connection, WarehouseError, warehouse_error
from dagster_project.withholding import of_error

Table = tuple[str, str]
#: Errors of SQL as it is written: of names, types and grammar.
_BEFORE_ROWS = ("Binder Error", "Catalog Error", "Parser Error", "Compilation Error")
_KIND_OF_ERROR = re.compile(r"[A-Z]\w+(?: [A-Z]\w+)? Error\b(?! in )")


class ModelsError(ValueError):
    """dbt could not build the models. The message is one line."""


@dataclass(frozen=True)
class DbtResults:
    """What dbt says of its nodes, in the order in which it built them. error: why not all were built, else None."""

    nodes: Sequence[Any]
    error: ModelsError | None


@dataclass(frozen=True)
class BuiltModel:
    """A model that was built.

    columns: name, type and description. lineage: the columns that each is made of, None where the SQL cannot be read.
    lineage_markdown: the same in words, back to the exports' columns."""

    table: Table
    columns: Sequence[tuple[str, str, str | None]]
    row_count: int | None
    lineage: Mapping[str, set[Source]] | None
    lineage_markdown: str
    seconds: float


@dataclass(frozen=True)
class DbtTest:
    """A test that dbt ran, as a check under the test's name."""

    check: Check


def build_models(study_run: StudyRun, project: DbtProject, selected_tables: Sequence[Table] | None = None) -> DbtResults:
    """Build all models, or the selected ones, and test them. Stamps the marts. Raises WarehouseError for a file that cannot
    be written; dbt's own errors are returned beside what was built before them."""
    study = study_run.study()
    stamp_marts(study_run.warehouse, study, study_run.run_id, is_whole=selected_tables is None)
    arguments = [*BUILD]
    if selected_tables is not None:
        # By name: the folders below a schema are for people.
        arguments += ["--select", *sorted(name for _, name in selected_tables)]
    result = run_dbt(project, arguments, manifest=read_manifest(parsed_project(project)))
    nodes = list(getattr(result.result, "results", None) or ())
    if not result.success and (refusal := _refusal(project, nodes, result.exception)):
        raise refusal
    if result.success and selected_tables is None:
        marts_are_built(study_run.warehouse, study, study_run.run_id)
    error = None if result.success else ModelsError(f"dbt build failed: {first_error(nodes, result.exception)}")
    return DbtResults(nodes, error)


def describe_models(results: DbtResults, study_run: StudyRun, *, is_whole: bool) -> Iterator[BuiltModel | DbtTest]:
    """Each model that was built and each test that ran. is_whole: all models were built, so that columns can be followed to
    the exports; a run of some models does not see where the columns of the others began."""
    study = study_run.study()
    origins = Origins(_exported_columns(study)) if is_whole else None
    descriptions = column_descriptions(study)
    with study_run.warehouse.connect(read_only=True) as connection:
        types = _column_types(connection)
        sizes = connection.execute("select schema_name, table_name, estimated_size from duckdb_tables()").fetchall()
        row_counts = {(schema, table): count for schema, table, count in sizes}
        for result in results.nodes:
            node = result.node
            if node.resource_type == "model" and result.status == "success":
                yield _built(node, result.execution_time, connection, types, row_counts, descriptions, origins)
            elif node.resource_type == "test" and result.status != "skipped":
                message = result.message or "Holds for every row."
                if result.status == "error":
                    message = database_words(message)
                facts = {"rows that fail": result.failures or 0}
                yield DbtTest(Check(node.name, result.status == "pass", message, facts=facts))


def _refusal(project: DbtProject, nodes: Sequence[Any], exception: BaseException | None) -> WarehouseError | None:
    """What DuckDB refused, if that is why dbt failed: its own words are somewhere in dbt's messages."""
    messages = [str(result.message) for result in nodes if result.status in ("error", "fail")]
    messages += [str(exception)] if exception is not None else []
    return warehouse_error(project.warehouse_file, "\n".join(messages))


def first_error(nodes: Sequence[Any], exception: BaseException | None) -> str:
    errors = [
        f"{result.node.unique_id}: {_first_line(result.message or '')}"
        for result in nodes
        if result.status in ("error", "fail")
    ]
    if errors:
        return errors[0] + (f" (and {len(errors) - 1} more)" if len(errors) > 1 else "")
    if exception is None:
        return "see the run's log"
    text = str(exception).strip()
    # Of a run that was ended dbt says nothing.
    return database_words(_first_line(text)) if text else "it was ended before it was done"


def _first_line(text: str) -> str:
    """The first line of what dbt says."""
    return (text.strip().splitlines() or [""])[0]


def database_words(text: str) -> str:
    """What dbt or the database said of an error. What went wrong before a row was read quotes none; of anything else the
    record gets the kind."""
    if any(kind in text for kind in _BEFORE_ROWS):
        return text
    kind = _KIND_OF_ERROR.search(text)
    return of_error(text, kind[0] if kind else "an error of the database")


def _column_types(connection: Connection) -> dict[Table, dict[str, str]]:
    types: dict[Table, dict[str, str]] = {}
    for schema, table, column, column_type in connection.execute(
        "select schema_name, table_name, column_name, data_type from duckdb_columns()"
        " where not internal order by schema_name, table_name, column_index"
    ).fetchall():
        types.setdefault((schema, table), {})[column] = column_type
    return types


def _built(
    node: Any,
    seconds: float,
    connection: Connection,
    types: Mapping[Table, Mapping[str, str]],
    row_counts: Mapping[Table, int],
    descriptions: Mapping[str, str],
    origins: Origins | None,
) -> BuiltModel:
    table = (node.schema, node.name)
    columns = types.get(table, {})
    described = {**descriptions, **{name: column.description for name, column in node.columns.items()}}
    lineage, words = None, ""
    if node.compiled_code:
        sources = column_lineage(node.compiled_code, types)
        lineage = {column: deps for column, deps in sources.items() if column in columns}
        if origins is not None:
            origins.add(table, lineage)
        words = _lineage_markdown(lineage, table, origins)
    return BuiltModel(
        table=table,
        columns=[(name, column_type, described.get(name)) for name, column_type in columns.items()],
        row_count=row_counts.get(table),
        lineage=lineage,
        lineage_markdown=words,
        seconds=round(seconds, 3),
    )


def _exported_columns(study: Study) -> dict[Source, set[Source]]:
    """Where columns begin: those of the roster and, under raw.answers, those of each wave's export."""
    roster = {("raw", "roster", column) for column in export_columns(study, study.protocol.roster)}
    origins: dict[Source, set[Source]] = {column: {column} for column in roster}
    for export in study.protocol.wave_exports:
        for column in export_columns(study, export):
            origins.setdefault(("raw", "answers", column), set()).add(("raw", export.table, column))
    return origins


def _lineage_markdown(lineage: Mapping[str, set[Source]], table: Table, origins: Origins | None) -> str:
    if origins is None:
        return markdown_table(("column", "read from"), [(column, _by_table(deps)) for column, deps in lineage.items()])
    return markdown_table(
        ("column", "read from", "in the exports"),
        [(column, _by_table(sources), _by_table(origins.origins_of(table, column))) for column, sources in lineage.items()],
    )


def _by_table(sources: set[Source]) -> str:
    tables: dict[Table, list[str]] = {}
    for schema, table, column in sorted(sources):
        tables.setdefault((schema, table), []).append(column)
    links = [
        f"[{schema}/{table}](/assets/{'/'.join(asset_path(schema, table))}): {in_ranges(columns)}"
        for (schema, table), columns in tables.items()
    ]
    return "; ".join(links) or "—"


def asset_path(schema: str, table: str) -> tuple[str, ...]:
    """The key of the asset that makes a table: all of the codebook is made by one."""
    return ("codebook",) if schema == "codebook" else (schema, table)
