"""The page of checks: what a run asks of exports, answers, results and the release. Nothing else belongs here."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

import yaml

from dagster_project.outcomes.analyses import OUTCOMES, RESULT_CHECKS
from dagster_project.places import DBT_PROJECT, PACKAGE
from dagster_project.raw.checks import EXPORT_CHECKS
from dagster_project.reference.text import code, plain

_INTRODUCTION = """# Checks of a run

Each step of a run says what it found, in its summary and in the graph (`wavehouse ui`). A check that *blocks* ends the run
before anything is released, and the last release stays as it was. The others warn."""
_DECLARED_BY = {"AssetCheckSpec": (0, "description"), "_model_check": (1, "")}


@dataclass(frozen=True)
class DeclaredCheck:
    """A check of the graph. description: what it asks."""

    name: str
    description: str
    blocks: bool


def declared_checks() -> list[DeclaredCheck]:
    """The checks of all steps but those that dbt makes of its tests."""
    checks = [DeclaredCheck(name, words, blocks) for name, (words, blocks) in EXPORT_CHECKS.items()]
    checks += [
        check for file in sorted((PACKAGE / "defs").glob("*.py")) for check in _of_module(file.read_text(encoding="utf-8"))
    ]
    checks += [DeclaredCheck(name, words, True) for name, words in RESULT_CHECKS.items()]
    checks += [DeclaredCheck(entry.warning.check, entry.warning.description, False) for entry in OUTCOMES if entry.warning]
    return checks


def _of_module(source: str) -> Iterator[DeclaredCheck]:
    """The checks that a module of the edge names with their words."""
    for node in ast.walk(ast.parse(source)):
        function = node.func if isinstance(node, ast.Call) else None
        function_name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
        if not isinstance(node, ast.Call) or function_name not in _DECLARED_BY:
            continue
        position, keyword = _DECLARED_BY[function_name]
        keywords = {part.arg: part.value for part in node.keywords}
        name, words = node.args[position], keywords.get(keyword) if keyword else node.args[position + 1]
        if isinstance(name, ast.Constant) and isinstance(words, ast.Constant):
            default = function_name == "_model_check"
            blocks = keywords.get("is_blocking" if default else "blocking")
            is_blocking = blocks.value if isinstance(blocks, ast.Constant) else default
            yield DeclaredCheck(str(name.value), str(words.value), bool(is_blocking))


def _dbt_tests() -> dict[str, str]:
    """The generic tests of the models, with what they ask."""
    file = DBT_PROJECT / "tests" / "generic" / "generic_tests.yml"
    macros = yaml.safe_load(file.read_text(encoding="utf-8"))["macros"]
    return {macro["name"].removeprefix("test_"): macro.get("description", "") for macro in macros}


def page() -> str:
    rows = [
        f"| {code(check.name)} | {plain(check.description.format(source='the wave', folder='its folder'))} |"
        f" {'blocks' if check.blocks else 'warns'} |"
        for check in declared_checks()
    ]
    dbt_rows = [f"| {code(name)} | {plain(words)} |" for name, words in _dbt_tests().items()]
    on_time = (
        "A study with `starts_on` also has a check for each wave, `t1_on_time`: it arrives in its planned window. It warns."
        " Tables and figures of a study's own have one each, `table_…` and `figure_…`: it can be made of the results."
    )
    of_models = (
        "## Tests of the tables\n\nEvery table of `marts` has tests of its grain and of what must add up, which block."
        " Beside dbt's own (`unique`, `not_null`, `accepted_values`, `relationships`) these are used:"
    )
    table = "\n".join(["| check | what it asks | |", "|---|---|---|", *rows])
    return (
        "\n\n".join(
            [_INTRODUCTION, table, on_time, of_models, "\n".join(["| test | what it asks |", "|---|---|", *dbt_rows])]
        )
        + "\n"
    )


def silent() -> list[str]:
    return [check.name for check in declared_checks() if not check.description] + [
        name for name, words in _dbt_tests().items() if not words.strip()
    ]
