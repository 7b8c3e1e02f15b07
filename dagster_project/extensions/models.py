"""A study's own dbt models: built after ours in the same file, in a schema of their own, each alone.

Belongs here: the dbt project that is made of a study's files, building it, what becomes of each model. Does not belong here:
the files as text (sql_files.py), calling dbt (models/), Dagster (defs/).

The project knows our marts by name and builds none of them: what is wrong with a study's own files cannot touch ours.
"""

import json
import re
import shutil
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlglot
from sqlglot import exp

from dagster_project.extensions.sql_files import SqlModels, checked_models, refused_table
from dagster_project.models.build import BuiltModel, DbtResults, database_words, describe_models
from dagster_project.models.project import BUILD, DbtProject
from dagster_project.models.run_dbt import run_dbt
from dagster_project.study import OWN_SCHEMA, Study
from dagster_project.study_run import StudyRun
from dagster_project.warehouse import Warehouse, identifier, literal

_PROJECT = {
    "name": "own_models",
    "version": "1.0.0",
    "config-version": 2,
    "profile": "wavehouse",
    "model-paths": ["models"],
    "macro-paths": ["macros"],
    "flags": {"send_anonymous_usage_stats": False},
    "models": {
        "own_models": {
            "marts": {"+schema": "marts"},
            OWN_SCHEMA: {
                "+schema": OWN_SCHEMA,
                "+materialized": "table",
                "+persist_docs": {"relation": True, "columns": True},
            },
        }
    },
}
#: Functions that make rows of nothing; any other in place of a table would read a file.
_ROW_FUNCTIONS = ("generate_series", "range", "unnest", "generateseries", "explodinggenerateseries", "values")

#: Functions that a release of the same answers would not give again.
_CHANGING_FUNCTIONS = (
    "random", "rand", "uuid", "uuidv4", "uuidv7", "gen_random_uuid", "setseed", "current_timestamp", "current_date",
    "current_time", "now", "today", "get_current_timestamp", "transaction_timestamp", "localtimestamp", "localtime",
)  # fmt: skip


@dataclass
class BuiltModels:
    """built: by name. faults: why others are lacking, by file. tests: what each of dbt's tests said, by model."""

    built: dict[str, BuiltModel] = field(default_factory=dict)
    faults: dict[str, str] = field(default_factory=dict)
    tests: dict[str, list[str]] = field(default_factory=dict)


def build_own_models(study_run: StudyRun, project: DbtProject, selected_names: Sequence[str] | None = None) -> BuiltModels:
    """Build a study's own models, or the selected ones, and test them. What is wrong with one is a line of its file; a model
    that fails, or whose tests fail, is not there afterwards, nor are those that read it."""
    study, warehouse = study_run.study(), study_run.warehouse
    models = checked_models(study, project)
    if selected_names is None:
        with warehouse.transaction() as connection:
            connection.execute(f"drop schema if exists {OWN_SCHEMA} cascade")
    if not models.models or (selected_names is not None and not set(models.models) & set(selected_names)):
        return BuiltModels(faults=models.faults)
    own_project = _lay_down(study, project, models)
    manifest = _parse(own_project, models)
    wanted_names = sorted(set(models.models) & set(models.models if selected_names is None else selected_names))
    if manifest is None or not wanted_names:
        return BuiltModels(faults=models.faults)
    arguments = [*BUILD, "--select", *wanted_names]
    result = run_dbt(own_project, arguments, manifest=manifest)
    nodes = list(getattr(result.result, "results", None) or ())
    _judge(study, models, nodes, wanted_names, result.exception)
    _drop_others(warehouse, wanted_names, models)
    described = describe_models(DbtResults(nodes, None), study_run, is_whole=False)
    tests = _tests_by_model(nodes)
    built = {
        model.table[1]: model for model in described if isinstance(model, BuiltModel) and model.table[1] in models.models
    }
    _inherit_words(warehouse, built.values())
    return BuiltModels(built, models.faults, tests)


def _lay_down(study: Study, project: DbtProject, models: SqlModels) -> DbtProject:
    """The dbt project of a study's own models, written anew: their files, and the marts that they refer to by name."""
    folder = project.target / "own_models"
    shutil.rmtree(folder, ignore_errors=True)
    for part in ("models/marts", f"models/{OWN_SCHEMA}", "macros"):
        (folder / part).mkdir(parents=True)
    (folder / "dbt_project.yml").write_text(json.dumps(_PROJECT), encoding="utf-8")
    shutil.copyfile(project.folder / "profiles.yml", folder / "profiles.yml")
    shutil.copyfile(project.folder / "macros" / "names.sql", folder / "macros" / "names.sql")
    refs = {name for model in models.models.values() for name in model.refs}
    for name in sorted(refs - set(models.models)):
        (folder / f"models/marts/{name}.sql").write_text(f"select * from marts.{name}\n", encoding="utf-8")
    tables = sorted({source.partition(".")[2] for model in models.models.values() for source in model.sources})
    sources = {"sources": [{"name": "codebook", "schema": "codebook", "tables": [{"name": name} for name in tables]}]}
    (folder / "models/sources.yml").write_text(json.dumps(sources if tables else {}), encoding="utf-8")
    for model in models.models.values():
        for name in (model.file, *([model.description_file] if model.description_file else [])):
            # Some editors put a mark before the first byte, which is no SQL.
            content = (study.folder / name).read_bytes().removeprefix(BOM_UTF8)
            (folder / "models" / OWN_SCHEMA / Path(name).name).write_bytes(content)
    return DbtProject(folder, folder / "target", project.warehouse_file)


def _parse(own_project: DbtProject, models: SqlModels) -> Any:
    """dbt's manifest of the models that it can parse: what it cannot is taken away, one after another, by its file. None
    where nothing is left."""
    while models.models:
        result = run_dbt(own_project, ["parse", "--quiet", "--no-partial-parse"])
        if result.success:
            manifest: Any = result.result
            if not (refused_names := _refuse_configured(models, manifest)):
                return manifest
        else:
            text = " ".join(str(result.exception).split())
            refused_names = _named_models(text, models) or list(models.models)
            for name in refused_names:
                models.refuse(name, f"dbt cannot read it: {_first_sentence(text)}")
        for path in (own_project.folder / "models" / OWN_SCHEMA).iterdir():
            if path.stem not in models.models:
                path.unlink()
    return None


def _named_models(text: str, models: SqlModels) -> list[str]:
    """The model that a message of dbt names by its file, else the first that it names as a node of its graph, if any."""
    path_text = text.replace("\\", "/")
    by_file = [name for name in models.models if f"{OWN_SCHEMA}/{name}." in path_text]
    by_node = [name for name in re.findall(r"\bmodel\.own_models\.(\w+)", text) if name in models.models]
    return (by_file or by_node)[:1]


def _refuse_configured(models: SqlModels, manifest: Any) -> list[str]:
    """Refuse what a model's configuration would do elsewhere than in a table of its own. Returns the names."""
    nodes = {
        node.name: node for node in manifest.nodes.values() if node.resource_type == "model" and node.name in models.models
    }
    refused_names = []
    for name in list(models.models):
        node = nodes.get(name)
        if node is None:
            reason = "config: it is not enabled; take the file away instead"
        elif (node.schema, node.alias) != (OWN_SCHEMA, name):
            reason = f"config: it would be {node.schema}.{node.alias}; a study's own model is {OWN_SCHEMA}.{name}"
        elif node.config.materialized != "table":
            reason = f"config: materialized is {node.config.materialized}; a study's own model is a table"
        elif node.config.pre_hook or node.config.post_hook:
            reason = "config: a study's own model has no hooks"
        else:
            continue
        models.refuse(name, reason)
        refused_names.append(name)
    return refused_names


def _judge(
    study: Study, models: SqlModels, nodes: Sequence[Any], names: Sequence[str], exception: BaseException | None
) -> None:
    """Refuse the models that were not built, whose tests fail, or that read what is not released."""
    of_models = {result.node.name: result for result in nodes if result.node.resource_type == "model"}
    for name in names:
        result = of_models.get(name)
        if result is None:
            models.refuse(name, _first_sentence(str(exception)) if exception else "dbt did not build it; see the run's log")
        elif result.status == "error":
            models.refuse(name, model_error_words(result.message))
        elif result.status == "success":
            for reason in _unreleased(study, result.node.compiled_code or ""):
                models.refuse(name, reason)
    for result in nodes:
        if result.node.resource_type == "test" and result.status in ("fail", "error"):
            words = model_error_words(result.message) if result.status == "error" else f"{result.failures} rows fail"
            for name in _tested_models(result.node):
                models.refuse(name, f"its test {result.node.name} fails: {words}")
    for name in names:
        if (result := of_models.get(name)) is not None and result.status not in ("success", "error"):
            models.refuse(name, "dbt skipped it; see the run's log")


def _tested_models(node: Any) -> list[str]:
    """The models of a study that a test is about: the one whose YAML declares it."""
    attached = getattr(node, "attached_node", None)
    return [attached.rsplit(".", 1)[-1]] if attached else []


def _tests_by_model(nodes: Sequence[Any]) -> dict[str, list[str]]:
    tests: dict[str, list[str]] = {}
    for result in nodes:
        if result.node.resource_type == "test":
            for name in _tested_models(result.node):
                tests.setdefault(name, []).append(f"{result.node.name}: {result.status}")
    return tests


def _unreleased(study: Study, sql: str) -> Iterator[str]:
    """What compiled SQL reads that a release does not hold, a reason each."""
    try:
        tree = sqlglot.parse_one(sql, dialect="duckdb")
    except sqlglot.errors.SqlglotError:
        yield "what the SQL reads cannot be followed; write it more simply"
        return
    for call in tree.find_all(exp.Func):
        function_name = _function_name(call)
        if function_name in _CHANGING_FUNCTIONS:
            yield f"calls {function_name}, which gives something else in each run"
    if tree.find(exp.TableSample) is not None:
        yield "takes a sample, which is another one in each run"
    names_inside = {cte.alias_or_name.lower() for cte in tree.find_all(exp.CTE)}
    for table in tree.find_all(exp.Table):
        if isinstance(table.this, exp.Func):
            function_name = _function_name(table.this)
            if function_name not in _ROW_FUNCTIONS:
                yield f"reads {function_name}(…), which no definition names; read a mart, by ref('…')"
        elif not table.db:
            if table.name.lower() not in names_inside:
                yield f"reads {table.name}, which no definition names; read a mart, by ref('…')"
        elif fault := refused_table(study, table.db, table.name):
            yield fault


def _function_name(call: exp.Func) -> str:
    return str(call.name if isinstance(call, exp.Anonymous) else call.sql_name()).lower()


def _inherit_words(warehouse: Warehouse, built: Iterable[BuiltModel]) -> None:
    """A column that nobody describes, and that is a column of one other table by the same name, says what that one says."""
    with warehouse.transaction() as connection:
        comments = {
            (schema, table, column): comment
            for schema, table, column, comment in connection.execute(
                "select schema_name, table_name, column_name, comment from duckdb_columns() where comment is not null"
            ).fetchall()
        }
        for model in built:
            for column, sources in (model.lineage or {}).items():
                words = {comments.get(source) for source in sources if source[2] == column}
                comment = words.pop() if len(words) == len(sources) == 1 else None
                # dbt gives a column that its YAML names, and does not describe, an empty comment.
                if not comments.get((*model.table, column)):
                    name = ".".join(map(identifier, (*model.table, column)))
                    connection.execute(f"comment on column {name} is {literal(comment) if comment else 'null'}")
                    comments[*model.table, column] = comment


def _drop_others(warehouse: Warehouse, names: Sequence[str], models: SqlModels) -> None:
    """Drop the tables of models that are lacking after all."""
    with warehouse.transaction() as connection:
        for name in names:
            if name not in models.models:
                connection.execute(f"drop table if exists {OWN_SCHEMA}.{identifier(name)}")


def model_error_words(message: str | None) -> str:
    """What the database said, in one line: of the place the words, as it counts lines in the query that dbt made of it."""
    lines = [line.strip() for line in (message or "").splitlines() if line.strip(" ^")]
    lines = [re.sub(r"^LINE \d+: ", "at: ", line) for line in lines]
    if len(lines) > 1 and lines[0].startswith(("Runtime Error in", "Compilation Error in", "Database Error in")):
        lines = lines[1:]
    return _first_sentence(database_words(" ".join(lines[:4])))


def _first_sentence(text: str) -> str:
    """The beginning of a message, short enough for one line."""
    plain_text = " ".join(text.split())
    return plain_text if len(plain_text) <= 300 else plain_text[:299].rstrip() + "…"
