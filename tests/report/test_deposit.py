"""What an archive takes: every file with its hash, every column with its words, and the codebook as a page."""

import csv
import hashlib
import json
import re
from typing import Any

import duckdb


def test_the_package_lists_every_file_with_its_hash(example_run: Any) -> None:
    workspace, run = example_run
    package = json.loads((workspace.release / "datapackage.json").read_text(encoding="utf-8"))
    manifest = json.loads((workspace.release / "manifest.json").read_text(encoding="utf-8"))
    assert (package["profile"], package["name"], package["version"]) == ("data-package", "peer-workers", manifest["release"])
    assert package["wavehouse"]["run_id"] == run.run_id == manifest["run_id"]
    (plan,) = workspace.released("select plan_hash from codebook.plan")
    assert package["wavehouse"]["plan_hash"] == plan["plan_hash"]
    assert {"python", "wavehouse", "duckdb", "scipy", "dbt-core"} <= set(package["wavehouse"]["versions"])
    resources = {resource["path"]: resource for resource in package["resources"]}
    files = {path.relative_to(workspace.release).as_posix(): path for path in workspace.release.rglob("*") if path.is_file()}
    assert set(resources) == set(files) - {"datapackage.json", "manifest.json"}
    assert len({resource["name"] for resource in package["resources"]}) == len(resources)
    for name, resource in resources.items():
        content = files[name].read_bytes()
        assert re.fullmatch(r"[-a-z0-9._/]+", resource["name"])
        assert (resource["bytes"], resource["hash"]) == (len(content), f"sha256:{hashlib.sha256(content).hexdigest()}")
    for name, resource in resources.items():
        if name.endswith(".csv"):
            header = files[name].read_text(encoding="utf-8-sig").splitlines()[0]
            assert [field["name"] for field in resource["schema"]["fields"]] == next(csv.reader([header]))
    (database,) = (resource for resource in package["resources"] if resource["format"] == "duckdb")
    tables = {table["name"]: table["schema"]["fields"] for table in database["tables"]}
    assert [field["name"] for field in tables["marts.scale_moments"]] == ["scale", "wave", "n", "mean", "sd", "min", "max"]
    assert {field["type"] for fields in tables.values() for field in fields} <= {
        "string", "integer", "number", "boolean", "date", "datetime",
    }  # fmt: skip


def test_every_column_of_the_release_says_what_it_holds(example_run: Any) -> None:
    workspace, _ = example_run
    with duckdb.connect(str(workspace.release / "warehouse.duckdb"), read_only=True) as connection:
        silent = connection.execute(
            "select schema_name, table_name, column_name from duckdb_columns() where not internal and coalesce(comment, '') = ''"
        ).fetchall()
    assert silent == []


def test_the_codebook_is_a_page_of_codes_and_of_nobody(example_run: Any) -> None:
    workspace, _ = example_run
    page = (workspace.release / "codebook.html").read_text(encoding="utf-8")
    for scale in workspace.released("select scale, rule from codebook.scales"):
        assert f"<td>{scale['scale']}</td>" in page
        assert scale["rule"] in page
    for name in ("marts.scale_scores", "results.results", "codebook.estimands"):
        assert f"<summary>{name}, " in page
    assert not re.findall(r'(?:src|href)="(?!#)[^"]*"', page)
    people = workspace.working("select participant_id, respondent from raw.roster")
    assert not [row for row in people if row["participant_id"] in page or row["respondent"] in page]
