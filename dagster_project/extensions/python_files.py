"""A study's analyses in Python as files: their names, and what they declare to read, without running them.

Belongs here: reading the files as text, for the graph. Does not belong here: running one (analyses.py).
"""

import ast
import re
from dataclasses import dataclass
from pathlib import Path

from dagster_project.extensions.sql_files import read_text
from dagster_project.study import ANALYSES_FOLDER, OWN_PREFIX, Study, hashes_of_extensions

_NAME = re.compile(r"[a-z][a-z0-9_]{0,50}")


@dataclass(frozen=True)
class PythonAnalysis:
    """An analysis of a study's own. file: below the study folder. reads: the tables that it declares, as far as its text
    lists them."""

    name: str
    file: str
    reads: tuple[str, ...]

    @property
    def analysis(self) -> str:
        """What the ids of its results begin with."""
        return f"{OWN_PREFIX}{self.name}"


def full_name(name: str) -> str:
    """A table that an analysis reads, with its schema: a mart where none is given."""
    return name if "." in name else f"marts.{name}"


def static_analyses(study: Study) -> dict[str, PythonAnalysis]:
    """The analyses of a study by name, as far as their files say it."""
    analyses = {}
    for path in _files(study):
        if _fault_of_file(path) is None:
            reads = _declared_reads(read_text(study.folder / path))
            analyses[path.stem] = PythonAnalysis(path.stem, path.as_posix(), reads)
    return analyses


def faults_of_files(study: Study) -> dict[str, str]:
    """Why files among the analyses are none, by file."""
    return {path.as_posix(): fault for path in _files(study) if (fault := _fault_of_file(path)) is not None}


def _files(study: Study) -> list[Path]:
    names = hashes_of_extensions(study.definitions)
    return [Path(name) for name in sorted(names) if name.startswith(f"{ANALYSES_FOLDER}/")]


def _fault_of_file(path: Path) -> str | None:
    if path.suffix != ".py":
        return "an analysis is Python; SQL models lie in models/"
    if path.parent.as_posix() != ANALYSES_FOLDER:
        return f"analyses lie in {ANALYSES_FOLDER}/ itself; move the file there"
    if not _NAME.fullmatch(path.stem):
        return "an analysis's name begins with a small letter and has small letters, digits and underscores; rename the file"
    return None


def _declared_reads(text: str) -> tuple[str, ...]:
    """The texts of reads=[…] in the call of a decorator."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return ()
    return tuple(
        dict.fromkeys(
            constant.value
            for function in ast.walk(tree)
            if isinstance(function, ast.FunctionDef)
            for decorator in function.decorator_list
            if isinstance(decorator, ast.Call)
            for keyword in decorator.keywords
            if keyword.arg == "reads"
            for constant in ast.walk(keyword.value)
            if isinstance(constant, ast.Constant) and isinstance(constant.value, str)
        )
    )
