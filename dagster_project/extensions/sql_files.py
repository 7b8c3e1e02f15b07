"""A study's SQL models as files: their names, what they refer to, and what is wrong before dbt sees them.

Belongs here: reading the files as text. Does not belong here: calling dbt (models.py).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path

import yaml

from dagster_project.models.project import DbtProject
from dagster_project.readable_files import read_whole
from dagster_project.study import MODELS_FOLDER, OWN_SCHEMA, Study, hashes_of_extensions, load_yaml, yaml_fault

_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
_REF = re.compile(r"\bref\(\s*['\"]([^'\"]+)['\"]\s*\)")
_SOURCE = re.compile(r"\bsource\(\s*['\"]([^'\"]+)['\"]\s*,\s*['\"]([^'\"]+)['\"]\s*\)")
#: Jinja's, which dbt takes away.
_COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)
_YAML_SUFFIXES = (".yml", ".yaml")


@dataclass(frozen=True)
class SqlModel:
    """A SQL model of a study. file: below the study folder. description_file: its YAML, if any. refs: the models that both
    refer to; sources: the tables of the codebook."""

    name: str
    file: str
    description_file: str | None
    refs: tuple[str, ...]
    sources: tuple[str, ...]


@dataclass
class SqlModels:
    """The models of a study by name, and why others are none, by file."""

    models: dict[str, SqlModel] = field(default_factory=dict)
    faults: dict[str, str] = field(default_factory=dict)

    def refuse(self, name: str, reason: str) -> None:
        """Take a model away, and all that read it."""
        model = self.models.pop(name, None)
        if model is None:
            return
        self.faults[model.file] = reason
        for reader in [reader.name for reader in self.models.values() if name in reader.refs]:
            self.refuse(reader, f"reads {OWN_SCHEMA}.{name}, which is lacking")


def engine_tables(project: DbtProject) -> dict[str, str]:
    """The tables of our own models by name: the schema of each."""
    folders = (("marts", "marts"), ("staging", "staging"))
    return {
        path.stem: schema
        for folder, schema in folders
        for path in sorted((project.folder / "models" / folder).rglob("*.sql"))
    }


def static_models(study: Study) -> dict[str, SqlModel]:
    """The models of a study as far as their files' names and texts say it: for the graph, which is made without dbt."""
    files = [Path(name) for name in hashes_of_extensions(study.definitions) if name.startswith(f"{MODELS_FOLDER}/")]
    descriptions = {path.stem: path.as_posix() for path in files if path.suffix in _YAML_SUFFIXES}
    models = {}
    for path in files:
        if path.suffix == ".sql" and path.parent.as_posix() == MODELS_FOLDER and _NAME.fullmatch(path.stem):
            description_file = descriptions.get(path.stem)
            names = [path.as_posix(), *([description_file] if description_file else [])]
            text = _COMMENT.sub("", "\n".join(read_text(study.folder / name) for name in names))
            refs = tuple(dict.fromkeys(_REF.findall(text)))
            sources = tuple(dict.fromkeys(f"{schema}.{table}" for schema, table in _SOURCE.findall(text)))
            models[path.stem] = SqlModel(path.stem, path.as_posix(), description_file, refs, sources)
    return models


def read_text(file: Path) -> str:
    """A file's text, whatever its bytes: what is not UTF-8 is refused by whoever runs it."""
    return read_whole(file, "definition_bytes").decode("utf-8-sig", "replace")


def checked_models(study: Study, project: DbtProject) -> SqlModels:
    """The models of a study that dbt may see, and what is wrong with the other files, a line each."""
    models = SqlModels(static_models(study))
    files = [Path(name) for name in hashes_of_extensions(study.definitions) if name.startswith(f"{MODELS_FOLDER}/")]
    ours = engine_tables(project)
    for path in files:
        if (fault := _fault_of_file(study, path, models.models)) is not None:
            models.faults[path.as_posix()] = fault
    for name, model in list(models.models.items()):
        if name in ours:
            models.refuse(name, f"{ours[name]}.{name} is a table of Wavehouse; rename the file")
        elif not read_text(study.folder / model.file).strip():
            models.refuse(name, "is empty; write a select, or take the file away")
        elif fault := _fault_of_description(study, model):
            models.refuse(name, fault)
        elif read_text(study.folder / model.file).rstrip().endswith(";"):
            models.refuse(name, "a semicolon ends the query; take it away, as dbt puts the query into one of its own")
    for name, model in list(models.models.items()):
        for reason in _unknown_tables(study, model, models, ours):
            models.refuse(name, reason)
    for name, model in list(models.models.items()):
        sources = _own_sources(model, models)
        circle = sorted(source for source in sources if name in _own_sources(models.models[source], models))
        if name in sources:
            words = " and ".join(source for source in circle if source != name)
            models.refuse(name, f"reads itself, by way of {words}; take one ref out")
    return models


def _own_sources(model: SqlModel, models: SqlModels) -> set[str]:
    """The models of the study that one reads, itself or by way of others."""
    names: set[str] = set()
    new_names = set(model.refs) & set(models.models)
    while new_names:
        names |= new_names
        new_names = {ref for name in new_names for ref in models.models[name].refs if ref in models.models} - names
    return names


def _fault_of_file(study: Study, path: Path, models: Mapping[str, SqlModel]) -> str | None:
    """Why a file is no model, nor the YAML of one; None where it is."""
    if path.suffix == ".py":
        return "a model is SQL; analyses in Python lie in analyses/"
    if path.parent.as_posix() != MODELS_FOLDER:
        return f"models lie in {MODELS_FOLDER}/ itself; move the file there"
    if path.suffix in _YAML_SUFFIXES:
        if (study.folder / MODELS_FOLDER / f"{path.stem}.sql").is_file():
            twin = path.with_suffix(".yaml" if path.suffix == ".yml" else ".yml")
            is_double = path.suffix == ".yml" and (study.folder / twin).is_file()
            return f"{twin.as_posix()} describes the same model; keep one of them" if is_double else None
        return f"a model's YAML has the model's name, and there is no {MODELS_FOLDER}/{path.stem}.sql; rename the file"
    if path.stem not in models:
        return "a model's name begins with a small letter and has small letters, digits and underscores; rename the file"
    return None


def _fault_of_description(study: Study, model: SqlModel) -> str | None:
    """What is wrong with the YAML of a model, as far as dbt would lay it at another's door."""
    if model.description_file is None:
        return None
    try:
        content = load_yaml(read_text(study.folder / model.description_file))
    except yaml.MarkedYAMLError as error:
        return f"{model.description_file}: {yaml_fault(error)}"
    except yaml.YAMLError as error:
        return f"{model.description_file}: not YAML: {str(error).splitlines()[0]}"
    entries = content.get("models") if isinstance(content, dict) else None
    names = [entry.get("name") for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
    if names != [model.name] or set(content) - {"version", "models"}:
        return f"{model.description_file}: describes something else; give models: with one entry, name: {model.name}"
    return None


def _unknown_tables(study: Study, model: SqlModel, models: SqlModels, ours: Mapping[str, str]) -> Iterator[str]:
    """What a model refers to that it cannot read, a reason each."""
    marts = sorted(name for name, schema in ours.items() if schema == "marts")
    for name in model.refs:
        if ours.get(name) == "staging":
            yield f"ref('{name}'): {name} is of staging, which is not released; read a mart"
        elif name == model.name:
            yield f"ref('{name}'): a model does not read itself"
        elif ours.get(name) != "marts" and name not in models.models:
            fault_files = {Path(file).stem for file in models.faults}
            if name in fault_files:
                yield f"reads {OWN_SCHEMA}.{name}, which is lacking"
            else:
                yield f"ref('{name}'): there is no such mart or model{do_you_mean(name, [*marts, *models.models])}"
    for source in model.sources:
        schema, _, table = source.partition(".")
        if schema != "codebook":
            yield f"source('{schema}', '{table}'): only tables of codebook are sources of a study's own models"
        elif fault := refused_table(study, schema, table):
            yield fault


def refused_table(study: Study, schema: str, table: str) -> str | None:
    """Why a table may not be read by a study's own models; None where it may."""
    if schema not in ("marts", "codebook", OWN_SCHEMA):
        return f"reads {schema}.{table}, which is not released; read a mart, by ref('…')"
    if (schema, table) == ("codebook", "category_texts") and study.protocol.is_concealed:
        return "reads codebook.category_texts, which names the groups that study.yaml conceals"
    return None


def do_you_mean(name: str, names: Sequence[str]) -> str:
    """The names that look like an unknown one, as the end of a message."""
    matches = get_close_matches(name, names, n=3, cutoff=0.5)
    return f"; do you mean {' or '.join(matches)}?" if matches else ""
