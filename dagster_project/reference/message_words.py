"""The words of a refusal, read from the expression that it is raised with.

Belongs here: following an expression to the texts that it may have: through conditions, variables, and functions of the
package that put a line together. Does not belong here: which refusals there are, and the page (messages.py).
"""

import ast
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

from dagster_project.places import PACKAGE

#: What a run fills in.
GAP = "…"
_FEWEST_WORDS = 4
#: How far a line is followed through functions; none of the package's goes further.
_DEPTH = 4
_MOST_TEXTS = 40
Function = ast.FunctionDef | ast.AsyncFunctionDef


def is_told(text: str) -> bool:
    """Whether enough of a message is known to recognise it."""
    return len([word for word in text.replace(GAP, " ").split() if word.strip("'\":;,.()").isalpha()]) >= _FEWEST_WORDS


def own_text(node: ast.expr) -> str:
    """A message as its expression has it, … in the place of what is filled in."""
    if isinstance(node, ast.Constant):
        return str(node.value) if isinstance(node.value, str) else GAP
    if isinstance(node, ast.JoinedStr):
        return "".join(own_text(part) for part in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return own_text(node.left) + own_text(node.right)
    return GAP


def texts_of(node: ast.expr, function: Function | None) -> list[str]:
    """The messages that an expression may give: its own words, or where these are few, with those of what it is put together
    from. function: in which it stands; empty where no words are known."""
    text = " ".join(own_text(node).split())
    if is_told(text):
        return [text]
    texts = dict.fromkeys(" ".join(text.split()) for text in _alternatives(node, function, _DEPTH))
    return [text for text in texts if is_told(text)][:_MOST_TEXTS]


def _alternatives(node: ast.expr, function: Function | None, depth: int) -> Iterator[str]:
    """Every text of an expression, … where it cannot be followed further."""
    if isinstance(node, ast.IfExp):
        yield from _alternatives(node.body, function, depth)
        yield from _alternatives(node.orelse, function, depth)
    elif isinstance(node, ast.JoinedStr | ast.BinOp):
        parts = node.values if isinstance(node, ast.JoinedStr) else [node.left, node.right]
        yield from _products([list(dict.fromkeys(_alternatives(part, function, depth))) for part in parts])
    elif isinstance(node, ast.FormattedValue):
        yield from _alternatives(node.value, function, depth)
    elif isinstance(node, ast.Name) and depth:
        sources = list(_values_of(node.id, function)) if function else []
        for value in sources:
            yield from _alternatives(value, function, depth - 1)
        if not sources:
            yield GAP
    elif isinstance(node, ast.Call) and depth:
        yield from _results_of(node, depth - 1)
    else:
        yield own_text(node)


def _products(parts: Sequence[Sequence[str]]) -> Iterator[str]:
    """All texts of parts one after another; the first few of those that have many."""
    texts = [""]
    for alternatives in parts:
        texts = [text + alternative for text in texts for alternative in alternatives][:_MOST_TEXTS]
    yield from texts


def _values_of(name: str, function: Function) -> Iterator[ast.expr]:
    """What a variable of a function may be: what is assigned to it, or the calls that a loop runs over."""
    for node in ast.walk(function):
        if (
            isinstance(node, ast.Assign)
            and any(isinstance(target, ast.Name) and target.id == name for target in node.targets)
        ) or (isinstance(node, ast.NamedExpr) and node.target.id == name):
            yield node.value
        elif isinstance(node, ast.For) and isinstance(node.target, ast.Name) and node.target.id == name:
            yield node.iter


def _results_of(call: ast.Call, depth: int) -> Iterator[str]:
    """The texts that a function of the package returns or yields; … of any other call, and of a name that several have."""
    name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
    functions = _functions().get(name, [])
    if len(functions) != 1:
        yield GAP
        return
    (function,) = functions
    for node in ast.walk(function):
        if isinstance(node, ast.Return | ast.Yield) and node.value is not None:
            yield from _alternatives(node.value, function, depth)


@cache
def _functions() -> Mapping[str, list[Function]]:
    """The functions of the package by name."""
    functions: dict[str, list[Function]] = {}
    for file in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(module_of(file)):
            if isinstance(node, Function):
                functions.setdefault(node.name, []).append(node)
    return functions


@cache
def module_of(file: Path) -> ast.Module:
    """A module of the package, read once."""
    return ast.parse(file.read_text(encoding="utf-8"))
