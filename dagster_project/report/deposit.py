"""What an archive asks for: a data dictionary as a page, and a Frictionless data package of everything in the release.

Belongs here: describing a finished release. Does not belong here: what its tables hold (their comments say that).
"""

import csv
import hashlib
import json
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, NotRequired, TypedDict

from dagster_project.languages import (
    ENGLISH,
    gettext,
    gettext_noop,
    number_text,
    spoken_language,
    translate,
    translate_method,
)
from dagster_project.report.template import render
from dagster_project.results import ARD_TABLE
from dagster_project.study import OWN_PREFIX, Study, scoring_rule
from dagster_project.table_spec import PackageField

#: Frictionless' type of a DuckDB type; others are "any".
_TYPES = {
    "VARCHAR": "string", "BIGINT": "integer", "INTEGER": "integer", "SMALLINT": "integer", "DOUBLE": "number",
    "BOOLEAN": "boolean", "DATE": "date", "TIMESTAMP": "datetime",
}  # fmt: skip
_MEDIA = {
    ".csv": "text/csv", ".json": "application/json", ".parquet": "application/vnd.apache.parquet", ".html": "text/html",
    ".duckdb": "application/vnd.duckdb", ".svg": "image/svg+xml", ".tex": "application/x-tex",
    ".pdf": "application/pdf", ".jsonl": "application/jsonl",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}  # fmt: skip
_PACKAGE = "datapackage.json"
#: Tools whose versions the package names.
_TOOLS = ("duckdb", "numpy", "scipy", "pyarrow", "dbt-core", "dbt-duckdb", "dagster", "pyreadstat")
#: Tables of schema codebook that the dictionary prints in full, with their headings.
SUBJECTS = {
    "waves": gettext_noop("Waves"),
    "contrasts": gettext_noop("Contrasts"),
    "plan": gettext_noop("Analysis plan"),
    "plan_tests": gettext_noop("Planned tests"),
    "instruments": gettext_noop("Instruments"),
    "scales": gettext_noop("Scales"),
    "items": gettext_noop("Items and services"),
    "item_answers": gettext_noop("Answers that are recoded, or not every number"),
    "item_gates": gettext_noop("After which answers items are asked"),
    "scale_bands": gettext_noop("Named ranges of scores"),
    "scale_cut_offs": gettext_noop("Cut-offs of scores"),
    "norms": gettext_noop("Norms"),
    "norm_strata": gettext_noop("Strata of norms"),
    "person_norms": gettext_noop("Norms of people of each stratum"),
    "norm_percentiles": gettext_noop("Percentiles of norms"),
    "norm_limits": gettext_noop("Limits of norm scores"),
    "participant_variables": gettext_noop("Participant variables"),
    "participant_categories": gettext_noop("Categories"),
    "estimands": gettext_noop("Statistics"),
    "variants": gettext_noop("Variants"),
    "assumptions": gettext_noop("Assumptions"),
}
_NO_SERVICES = gettext_noop("Items")


@dataclass(frozen=True)
class DescribedColumn:
    """A column of a table of the released file. type: DuckDB's. description: its comment there."""

    schema: str
    table: str
    column: str
    type: str
    description: str | None


class PackageSchema(TypedDict):
    """The columns of a file or table."""

    fields: Sequence[PackageField]


class PackageTable(TypedDict):
    """A table of the released file."""

    name: str
    schema: PackageSchema


class PackageResource(TypedDict):
    """A file of the release as a Data Package describes it. hash: sha256: and its digits."""

    name: str
    path: str
    format: str
    mediatype: str
    bytes: int
    hash: str
    encoding: NotRequired[str]
    schema: NotRequired[PackageSchema]
    type: NotRequired[str]
    tables: NotRequired[list[PackageTable]]


#: Rows of any table of the codebook, which the dictionary prints with whatever columns they have.
CodebookRows = Sequence[Mapping[str, Any]]


def write_dictionary(
    file: Path, study: Study, subjects: Mapping[str, CodebookRows], columns: Sequence[DescribedColumn]
) -> None:
    """Write the data dictionary as one page. subjects: rows of the codebook's tables by name, whose columns without a value
    are left out. columns: of all tables."""
    words = {(row.table, row.column): row.description or "" for row in columns if row.schema == "codebook"}
    tables: dict[str, list[DescribedColumn]] = {}
    for row in columns:
        tables.setdefault(f"{row.schema}.{row.table}", []).append(row)
    headings = SUBJECTS if study.protocol.service_use is not None else SUBJECTS | {"items": _NO_SERVICES}
    page = render(
        "codebook.html.jinja",
        protocol=study.protocol,
        subjects=[
            (name, gettext(headings[name]), _spoken_rows(name, _with_values(subjects[name]), study))
            for name in SUBJECTS
            if subjects[name]
        ],
        words=words,
        tables=tables,
    )
    file.write_text(page, encoding="utf-8")


def _spoken_rows(name: str, rows: CodebookRows, study: Study) -> CodebookRows:
    """The rows as the language says them: what is in words of ours, and the mark of decimals."""
    if spoken_language() == ENGLISH:
        return rows
    words: dict[str, Callable[[Mapping[str, Any]], str]] = {}
    if name == "estimands":
        words = {
            "people_in_words": lambda row: translate(row["people_in_words"]),
            "formula": lambda row: (
                row["formula"] if row["analysis"].startswith(OWN_PREFIX) else translate_method(row["formula"])
            ),
        }
    elif name == "scales":
        words = {"rule": lambda row: scoring_rule(*study.scales[row["scale"]])}
    return [
        {column: words[column](row) if column in words else _with_mark(value) for column, value in row.items()}
        for row in rows
    ]


def _with_mark(value: object) -> object:
    return number_text(str(value)) if isinstance(value, float) else value


def _with_values(rows: CodebookRows) -> CodebookRows:
    """The rows without the columns that have no value in any of them."""
    columns = [column for column in rows[0] if any(row[column] is not None for row in rows)]
    return [{column: row[column] for column in columns} for row in rows]


def changed_files(folder: Path) -> list[str]:
    """The files of a release that its data package lists and that are gone, or are not what they were; or datapackage.json
    itself."""
    try:
        resources = json.loads((folder / _PACKAGE).read_text(encoding="utf-8"))["resources"]
        hashes = {resource["path"]: resource["hash"] for resource in resources}
    except (OSError, ValueError, KeyError, TypeError):
        return [_PACKAGE]
    return [path for path, expected_hash in hashes.items() if not _has_hash(folder / path, expected_hash)]


def _has_hash(path: Path, expected_hash: str) -> bool:
    try:
        return _hash_of(path) == expected_hash
    except OSError:
        return False


def _hash_of(path: Path) -> str:
    with path.open("rb") as stream:
        return f"sha256:{hashlib.file_digest(stream, 'sha256').hexdigest()}"


def write_package(folder: Path, study: Study, manifest: Mapping[str, str], columns: Sequence[DescribedColumn]) -> None:
    """Write datapackage.json (Data Package 1.0): every file of the release with size and SHA-256, the database's tables with
    their columns, and what made them: release, run, plan, tools."""
    resources = []
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and path.name != _PACKAGE):
        relative_path = path.relative_to(folder).as_posix()
        resource: PackageResource = {
            "name": relative_path.lower().replace("/", "-").rsplit(".", 1)[0] + "-" + path.suffix[1:],
            "path": relative_path,
            "format": path.suffix[1:],
            "mediatype": _MEDIA.get(path.suffix, "application/octet-stream"),
            "bytes": path.stat().st_size,
            "hash": _hash_of(path),
        }
        if path.suffix in (".csv", ".html", ".json", ".jsonl", ".svg", ".tex"):
            resource["encoding"] = "utf-8"
        if path.suffix == ".csv":
            resource["schema"] = {"fields": _fields(path, columns)}
        if path.suffix == ".parquet":
            # No schema: Frictionless reads Parquet through data frames, which turn a missing integer into NaN. The file has
            # its own types, and ard.json holds the same rows.
            resource["type"] = "file"
        if path.name == "ard.json":
            resource["schema"] = {"fields": ARD_TABLE.package_fields()}
        if path.suffix == ".duckdb":
            resource["tables"] = _tables(columns)
        resources.append(resource)
    protocol = study.protocol
    package = {
        "profile": "data-package",
        "name": protocol.study.replace("_", "-"),
        "title": protocol.title,
        "version": manifest["release"],
        "created": manifest["released_at"],
        "sources": [{"title": protocol.source}],
        "description": " ".join(text for text in (protocol.licence, protocol.stand_in) if text),
        "resources": resources,
        "wavehouse": {
            "release": manifest["release"],
            "run_id": manifest["run_id"],
            "fingerprint": manifest["fingerprint"],
            "plan_hash": protocol.plan_hash,
            "versions": {"python": platform.python_version()} | {tool: version(tool) for tool in ("wavehouse", *_TOOLS)},
        },
    }
    text = json.dumps(package, indent=2, ensure_ascii=False, allow_nan=False)
    (folder / _PACKAGE).write_text(text + "\n", encoding="utf-8")


def _fields(path: Path, columns: Sequence[DescribedColumn]) -> list[PackageField]:
    """The columns of a CSV: texts as printed, except in a copy of a table of schema results."""
    with path.open(encoding="utf-8-sig", newline="") as stream:
        header = next(csv.reader(stream), [])
    table = path.stem
    described_columns = {row.column: row for row in columns if row.table == table and row.schema == "results"}
    return [
        _field(described_columns[name]) if name in described_columns else {"name": name, "type": "string"} for name in header
    ]


def _field(row: DescribedColumn) -> PackageField:
    return {"name": row.column, "type": _TYPES.get(row.type, "any"), "description": row.description or ""}


def _tables(columns: Sequence[DescribedColumn]) -> list[PackageTable]:
    fields_by_table: dict[str, list[PackageField]] = {}
    for row in columns:
        fields_by_table.setdefault(f"{row.schema}.{row.table}", []).append(_field(row))
    return [{"name": name, "schema": {"fields": fields}} for name, fields in fields_by_table.items()]
