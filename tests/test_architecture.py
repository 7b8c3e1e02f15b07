"""Who may import whom, and that loading the definitions touches nothing."""

import ast
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from child_environment import clean_environment

from dagster_project.settings import Settings, read_settings

PACKAGE = Path(__file__).parents[1] / "dagster_project"
#: What people import to read a release, and what it may stand on.
DOOR = PACKAGE.parent / "wavehouse"
DOOR_MAY_IMPORT = {"audit", "dataset", "extensions", "readable_files", "results", "warehouse"}

#: What each part may import of the package. The rest is the edge.
MAY_IMPORT = {
    "languages": set(),
    "readable_files": set(),
    "zip_parts": set(),
    "study": {"languages", "readable_files"},
    "statistics": set(),
    "warehouse": {"file_modes", "lake_address", "memory"},
    "checks": set(),
    "markdown": set(),
    "table_spec": set(),
    "exports": {"file_modes", "readable_files", "study", "terminal", "withholding", "zip_parts"},
    "results": {"languages", "markdown", "readable_files", "statistics", "study", "table_spec", "variant_marts"},
    "audit": {"languages", "markdown", "readable_files", "results", "study", "table_spec", "zip_parts"},
    "synthesis": {"exports", "languages", "markdown", "readable_files", "results", "study", "table_spec", "withholding"},
    "report": {"audit", "languages", "results", "study", "synthesis", "table_spec"},
    "simulate": {"study", "results", "statistics", "audit"},
    "pull": {"exports", "settings", "study", "study_lock", "withholding"},
    "dataset": {"warehouse"},
    "manuscript": {"languages", "readable_files", "results"},
    "manuscript_process": {"languages", "manuscript", "readable_files"},
    "file_modes": set(),
    "places": set(),
    "keys": set(),
    "memory": set(),
    "lake_address": set(),
    "settings": {"keys", "lake_address", "places"},
    "studies": {"keys", "places", "settings"},
    "example": {"file_modes", "places"},
    "network_folders": set(),
    "study_lock": {"network_folders"},
    "terminal": set(),
    "fingerprint": {"settings", "trail", "warehouse"},
    "trail": {"checks", "exports", "settings", "study", "study_lock", "table_spec", "warehouse"},
    "rotation": {"dagster_home", "erasure", "exports", "fieldwork", "file_modes", "keys", "settings", "trail", "warehouse"},
    "stamps": {"exports", "study", "warehouse", "table_spec"},
    "variant_marts": {"table_spec"},
    "study_run": {"exports", "settings", "study", "trail", "warehouse"},
    "raw": {
        "checks", "direct_identifiers", "exports", "markdown", "readable_files", "settings", "stamps", "study", "synthesis",
        "warehouse", "withholding",
    },
    "models": {
        "checks", "exports", "markdown", "memory", "places", "raw", "settings", "stamps", "study", "study_run", "variant_marts",
        "warehouse", "withholding",
    },
    "outcomes": {
        "audit", "checks", "languages", "report", "results", "settings", "stamps", "study", "study_run", "synthesis",
        "variant_marts", "warehouse",
    },
    "disclosure": {"languages", "markdown", "report", "results", "statistics", "study"},
    "extensions": {
        "markdown", "models", "outcomes", "readable_files", "results", "stamps", "study", "study_run", "warehouse", "withholding",
    },
    "release": {
        "audit", "checks", "direct_identifiers", "disclosure", "erasure", "exports", "extensions", "fingerprint", "keys",
        "languages", "network_folders", "outcomes", "report", "results", "rotation", "settings", "stamps", "study", "study_lock",
        "study_run", "synthesis", "trail", "variant_marts", "warehouse",
    },
    "erasure": {"dagster_home", "exports", "fieldwork", "file_modes", "keys", "settings", "study", "trail", "warehouse"},
    "assessment": {"direct_identifiers", "study"},
    "direct_identifiers": {"study"},
    "retention": {
        "dagster_home", "exports", "file_modes", "fingerprint", "raw", "settings", "study", "trail", "warehouse",
    },
    "catalog": {"file_modes", "results", "table_spec", "warehouse"},
    "automation": {"exports", "study", "terminal"},
    "drafting": {"exports", "readable_files", "study"},
    "fieldwork": {"raw", "report", "settings", "study", "warehouse"},
    "rehearsal": {"direct_identifiers", "exports", "languages", "report", "results", "study", "synthesis"},
    "summary": {"settings", "terminal", "warehouse"},
    "dagster_home": {"places", "settings"},
    "ui": set(),
    "withholding": set(),
}  # fmt: skip
#: They may import all, and nothing below them may import them.
EDGE = {"commands", "defs", "definitions", "many_studies", "cli", "run", "reference"}
#: Libraries that only some parts may know.
RESERVED = {
    "dagster": {"dagster_home", "defs", "definitions", "many_studies", "run", "ui"},
    "dagster_dbt": {"defs"},
    "duckdb": {"warehouse"},
    "scipy": {"disclosure", "statistics", "audit", "simulate"},
}


def _part(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


#: Where a mapping without a type of its own is allowed, and why. Rows, findings and page data have types.
FREE_FORM = {
    "warehouse/working_file.py": "rows of any query, for callers that name the columns at once",
    "warehouse/compare.py": "columns of a row of any table, by the caller's key",
    "table_spec.py": "rows of any declared table: their columns are checked when they are written",
    "languages/extraction.py": "Babel's own keywords and options",
    "reference/schema.py": "the JSON schema of any model",
    "results/result_collector.py": "rows of any mart: dbt's contract is their type",
    "results/rule_changes.py": "rows of any table of the codebook, compared by whatever columns they have",
    "report/deposit.py": "rows of any table of the codebook, printed with whatever columns they have",
    "study/once.py": "the content of a definition file, before it is validated",
    "exports/qsf.py": "Qualtrics' own JSON",
    "exports/spss.py": "pyreadstat's own limits of missing values",
    "dagster_home/compute_logs.py": "Dagster's configuration",
    "dagster_home/pooled_history.py": "Dagster's configuration",
    "dagster_home/postgres_history.py": "Dagster's configuration",
    "ui/guard.py": "ASGI's own scopes and messages",
    "pull/http.py": "requests' own keywords; JSON of any service",
    "pull/services/limesurvey.py": "calls of JSON-RPC",
    "pull/services/qualtrics.py": "JSON of Qualtrics' API",
    "extensions/declaration.py": "rows of any mart, as an analysis asks for them",
    "defs/extensions.py": "Dagster's metadata",
    "models/lake_plugin.py": "dbt's own profile",
    "defs/models.py": "dbt's manifest; Dagster's metadata",
    "defs/outcomes.py": "Dagster's metadata",
    "defs/raw.py": "Dagster's metadata",
}


def _imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found.add(node.module or "")
    return found


DOOR_MODULES = sorted(DOOR.rglob("*.py"))
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if path.name != "__init__.py" or path.parent != PACKAGE)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_keep_to_the_house(path: Path) -> None:
    part = _part(path)
    assert part in MAY_IMPORT or part in EDGE, f"{part} has no place in the house"
    for name in _imports(path):
        root, *rest = name.split(".")
        if root == "dagster_project" and part in MAY_IMPORT and rest:
            assert rest[0] == part or rest[0] in MAY_IMPORT[part], f"{path} imports {name}"
        if root in RESERVED:
            assert part in RESERVED[root], f"{path} imports {name}"


@pytest.mark.parametrize("path", DOOR_MODULES, ids=lambda path: path.name)
def test_the_door_stands_on_the_release_alone(path: Path) -> None:
    for name in _imports(path):
        root, *rest = name.split(".")
        assert root not in RESERVED, f"{path} imports {name}"
        assert root != "dagster_project" or (rest and rest[0] in DOOR_MAY_IMPORT), f"{path} imports {name}"


def test_the_door_opens_without_the_graph(tmp_path: Path) -> None:
    """Somebody who reads a release waits for no library that makes one."""
    code = (
        "import sys, wavehouse; from dagster_project.commands import export;"
        "print([name for name in ('dagster', 'dbt', 'scipy', 'pydantic', 'matplotlib') if name in sys.modules])"
    )
    environment = os.environ | {"PYTHONPATH": str(PACKAGE.parent)}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("path", [*MODULES, *DOOR_MODULES], ids=lambda path: str(path.relative_to(PACKAGE.parent)))
def test_every_module_says_what_belongs_in_it(path: Path) -> None:
    said = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    assert said, f"{path} has no docstring"


def test_a_mapping_without_a_type_of_its_own_has_a_reason() -> None:
    modules = {
        path.relative_to(PACKAGE if PACKAGE in path.parents else DOOR.parent).as_posix()
        for path in (*PACKAGE.rglob("*.py"), *DOOR_MODULES)
        if re.search(r"(Mapping|dict)\[str, (Any|object)\]", path.read_text(encoding="utf-8"))
    }
    assert modules == FREE_FORM.keys()


@pytest.mark.slow
def test_definitions_load_without_data_and_write_nothing_into_it(
    tmp_path: Path, share_parsed_models: Callable[[Settings], None]
) -> None:
    """On a machine with no study, the graph loads and its first step says what is missing."""
    environment = clean_environment()
    environment |= {"WAVEHOUSE_STUDY": str(tmp_path / "none"), "WAVEHOUSE_HOME": str(tmp_path / "home")}
    share_parsed_models(read_settings(environment))
    code = (
        "from dagster_project.definitions import defs; d = defs();"
        "print(sorted(s.key.to_user_string() for s in d.resolve_all_asset_specs())[:3])"
    )
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert "codebook" in done.stdout
    assert not (tmp_path / "none").exists()


#: Dagster's decorators of what runs as a step.
STEPS = {"asset", "asset_check", "dbt_assets", "multi_asset", "op"}


def _is_step(node: ast.AST) -> bool:
    decorators = getattr(node, "decorator_list", [])
    names = {ast.unparse(entry.func if isinstance(entry, ast.Call) else entry).split(".")[-1] for entry in decorators}
    return bool(names & STEPS)


def test_a_step_does_everything_where_its_errors_are_caught() -> None:
    """An error outside would be kept by Dagster with its text, which may quote an answer."""
    steps = [
        (path.name, node)
        for path in sorted((PACKAGE / "defs").glob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef) and _is_step(node)
    ]
    assert len(steps) > 15
    for file, step in steps:
        (block,) = [entry for entry in step.body if not isinstance(entry, ast.Expr)]
        assert isinstance(block, ast.With), f"{file}: {step.name}"
        assert any("fails_in_one_line" in ast.unparse(item) for item in block.items), f"{file}: {step.name}"
