"""Builds the auditor by itself: the modules that it reaches, under a name of their own, so that Wavehouse may be
installed beside it.

Belongs here: which modules those are, and the packages' own files, in which names are imported when they are asked
for. Does not belong
here: any code of the auditor.
"""

import ast
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_SOURCE, _NAME = "dagster_project", "wavehouse_audit"
#: Where the modules lie in it: their own package `audit` would hide the function of that name.
_PARTS = f"{_NAME}.parts"
_ROOT = Path(__file__).resolve().parents[2]
#: From here on all is reached: the command, and what Python calls.
_ENTRIES = (f"{_SOURCE}.commands.audit_alone", f"{_SOURCE}.audit.answer")
#: Files that modules read: the library of instruments.
_DATA = ("instruments",)
_DOOR = f'''"""The auditor by itself: `audit(table)` gives the findings on a table. Nothing else belongs here."""

from {_PARTS}.audit.answer import TableAudit, audit

__all__ = ["TableAudit", "audit"]
'''
_MAIN = f'''"""`python -m {_NAME}`. Nothing else belongs here."""

import sys

from {_PARTS}.commands.audit_alone import main

sys.exit(main())
'''


class AuditorAlone(BuildHookInterface):  # type: ignore[misc, type-arg]
    """Puts the auditor's modules into the wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        self._folder = tempfile.mkdtemp()
        write_package(Path(self._folder) / _NAME)
        build_data["force_include"][str(Path(self._folder) / _NAME)] = _NAME

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)


def write_package(folder: Path) -> None:
    """The package with the modules that the auditor reaches."""
    parts = folder / "parts"
    modules = _reached_modules()
    for module in sorted(modules):
        file = _file_of(module)
        if file.name != "__init__.py":
            _write(parts, module, file.read_text(encoding="utf-8"), is_package=False)
    packages = {".".join(module.split(".")[:depth]) for module in modules for depth in range(1, module.count(".") + 1)}
    for package in sorted(packages):
        _write(parts, package, _package_text(package, modules), is_package=True)
    (folder / "__main__.py").write_text(_MAIN, encoding="utf-8")
    (folder / "__init__.py").write_text(_DOOR, encoding="utf-8")
    for name in _DATA:
        modules_of_data = shutil.ignore_patterns("*.py", "__pycache__")
        shutil.copytree(_ROOT / _SOURCE / name, parts / name, ignore=modules_of_data, dirs_exist_ok=True)


def _write(folder: Path, module: str, text: str, *, is_package: bool) -> None:
    path = folder.joinpath(*module.split(".")[1:])
    path = path / "__init__.py" if is_package else path.with_suffix(".py")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(re.sub(rf"\b{_SOURCE}\b", _PARTS, text), encoding="utf-8")


def _file_of(module: str) -> Path:
    path = _ROOT.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def _imports(module: str) -> Iterator[tuple[str, str]]:
    """What a module imports of the package, wherever in it, as module and name; not what only its types name."""
    waiting: list[ast.AST] = [ast.parse(_file_of(module).read_text(encoding="utf-8"))]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            waiting += node.orelse
            continue
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == _SOURCE:
            yield from ((node.module or "", alias.name) for alias in node.names)
        waiting += ast.iter_child_nodes(node)


def _home_of(module: str, name: str) -> str:
    """The module in which a name stands that is imported from a module or a package."""
    path = _ROOT.joinpath(*module.split("."))
    if not path.is_dir():
        return module
    if (path / name).is_dir() or (path / f"{name}.py").is_file():
        return f"{module}.{name}"
    for source, imported in _imports(module):
        if imported == name:
            return _home_of(source, name)
    raise ValueError(f"{module} has no {name}; a package's own names stand in its modules")


def _reached_modules() -> set[str]:
    reached: set[str] = set()
    waiting = list(_ENTRIES)
    while waiting:
        module = waiting.pop()
        if module in reached:
            continue
        reached.add(module)
        if _file_of(module).name != "__init__.py":
            waiting += [_home_of(source, name) for source, name in _imports(module)]
    return reached


def _package_text(package: str, modules: set[str]) -> str:
    """A package's file: what its own says, and its names, each imported when it is asked for."""
    tree = ast.parse(_file_of(package).read_text(encoding="utf-8"))
    homes = {name: home for source, name in _imports(package) if (home := _home_of(source, name)) in modules}
    docstring = ast.get_docstring(tree) or "The auditor by itself."
    lines = [f'"""{docstring}"""', "", "import importlib", "from typing import Any", ""]
    lines += [f"_HOMES = {homes!r}", "", "", "def __getattr__(name: str) -> Any:", "    if name not in _HOMES:"]
    lines += ["        raise AttributeError(name)", "    return getattr(importlib.import_module(_HOMES[name]), name)", ""]
    return "\n".join(lines)
