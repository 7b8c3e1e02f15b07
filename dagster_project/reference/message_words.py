"""The words of a refusal, read from the expression that it is raised with.

Belongs here: following an expression to the texts that it may have: through conditions, variables, lists, and functions of
the package that put a line together. Does not belong here: which refusals there are, and the page (messages.py).
"""

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from functools import cache
from pathlib import Path

from dagster_project.places import PACKAGE

#: What a run fills in.
GAP = "…"
_FEWEST_WORDS = 4
#: How far a line is followed through functions and variables; none of the package's goes further.
_DEPTH = 6
_MOST_TEXTS = 120
Function = ast.FunctionDef | ast.AsyncFunctionDef
#: How a line comes to a list.
_ADDING = {"append", "extend"}
_PROPERTIES = {"property", "cached_property"}


def word_count(text: str) -> int:
    """How many words of a message are its own."""
    return len([word for word in text.replace(GAP, " ").split() if word.strip("'\":;,.()").isalpha()])


def is_told(text: str) -> bool:
    """Whether enough of a message is known to recognise it."""
    return word_count(text) >= _FEWEST_WORDS


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
    from; the few, where there are no more. function: in which it stands; empty where no words are known."""
    text = _line(own_text(node))
    if is_told(text):
        return [text]
    texts = dict.fromkeys(map(_line, _alternatives(node, function, _DEPTH)))
    return [text for text in texts if is_told(text)][:_MOST_TEXTS] or [text for text in texts if word_count(text)]


def _line(text: str) -> str:
    """A text on one line, with one … for what is filled in side by side, and without how many more there are."""
    return re.sub(rf" \(and {GAP} more\)$", "", re.sub(f"{GAP}+", GAP, " ".join(text.split())))


def _alternatives(node: ast.expr, function: Function | None, depth: int) -> Iterator[str]:
    """Every text of an expression, or of the members of a list, … where it cannot be followed further."""
    if isinstance(node, ast.IfExp):
        yield from _of_each([node.body, node.orelse], function, depth)
    elif isinstance(node, ast.BoolOp):
        yield from _of_each(node.values, function, depth)
    elif isinstance(node, ast.List | ast.Tuple):
        yield from _of_each(node.elts, function, depth)
    elif isinstance(node, ast.JoinedStr) or (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add)):
        parts = node.values if isinstance(node, ast.JoinedStr) else [node.left, node.right]
        yield from _products([list(dict.fromkeys(_alternatives(part, function, depth))) for part in parts])
    elif isinstance(node, ast.FormattedValue | ast.Starred | ast.Subscript):
        yield from _alternatives(node.value, function, depth)
    elif isinstance(node, ast.ListComp | ast.GeneratorExp):
        yield from _alternatives(node.elt, function, depth)
    elif isinstance(node, ast.Name | ast.Attribute | ast.Call) and depth:
        yield from _elsewhere(node, function, depth - 1)
    else:
        yield own_text(node)


def _of_each(nodes: Sequence[ast.expr], function: Function | None, depth: int) -> Iterator[str]:
    for node in nodes:
        yield from _alternatives(node, function, depth)


def _products(parts: Sequence[Sequence[str]]) -> Iterator[str]:
    """All texts of parts one after another; the first few of those that have many."""
    texts = [""]
    for alternatives in parts:
        texts = [text + alternative for text in texts for alternative in alternatives][:_MOST_TEXTS]
    yield from texts


def _elsewhere(node: ast.Name | ast.Attribute | ast.Call, function: Function | None, depth: int) -> Iterator[str]:
    """The texts of what a name stands for, of a property, and of a function of the package that is called."""
    if isinstance(node, ast.Name):
        sources = list(_values_of(node.id, function)) if function else []
        yield from _of_each(sources, function, depth) if sources else (GAP,)
        return
    name = node.attr if isinstance(node, ast.Attribute) else called_name(node)
    callee = _function(name, function)
    if callee is None or isinstance(node, ast.Attribute) != _is_property(callee):
        gifts = _given_as(name, function) if isinstance(node, ast.Attribute) else []
        for value, giver in gifts:
            yield from _alternatives(value, giver, depth)
        if not gifts:
            yield GAP
        return
    for inner in ast.walk(callee):
        if isinstance(inner, ast.Return | ast.Yield | ast.YieldFrom) and inner.value is not None:
            yield from _alternatives(inner.value, callee, depth)


def called_name(call: ast.Call) -> str:
    """The name of what is called, without what stands before its last point."""
    return call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")


def _is_property(function: Function) -> bool:
    return any(isinstance(decorator, ast.Name) and decorator.id in _PROPERTIES for decorator in function.decorator_list)


def _values_of(name: str, function: Function) -> Iterator[ast.expr]:
    """What a variable of a function may be: what is assigned to it, or what a loop runs over."""
    for node in ast.walk(function):
        if isinstance(node, ast.For | ast.comprehension):
            yield from _looped_over(name, node.target, node.iter)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _ADDING:
            yield from node.args[:1] if _is_name(node.func.value, name) else ()
        elif (isinstance(node, ast.Assign) and any(_is_name(target, name) for target in node.targets)) or (
            isinstance(node, ast.NamedExpr | ast.AugAssign) and _is_name(node.target, name)
        ):
            yield node.value


def _is_name(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _looped_over(name: str, target: ast.expr, values: ast.expr) -> Iterator[ast.expr]:
    """What a loop puts into a variable: the whole, or of tuples that are written out the part at its position."""
    if _is_name(target, name):
        yield values
    elif isinstance(target, ast.Tuple) and isinstance(values, ast.Tuple | ast.List):
        names = [element.id if isinstance(element, ast.Name) else "" for element in target.elts]
        for entry in values.elts if name in names else ():
            if isinstance(entry, ast.Tuple) and len(entry.elts) == len(names):
                yield entry.elts[names.index(name)]


def _given_as(name: str, function: Function | None) -> list[tuple[ast.expr, Function]]:
    """What an attribute is made of: what is given by that name where objects are made, in the folder of the function."""
    folder = _modules()[function].parent if function is not None else None
    return [(value, giver) for value, giver in _keywords().get(name, []) if _modules()[giver].parent == folder]


@cache
def _keywords() -> Mapping[str, list[tuple[ast.expr, Function]]]:
    """What functions give by name, with the function, by name."""
    values: dict[str, list[tuple[ast.expr, Function]]] = {}
    for function in _modules():
        for node in ast.walk(function):
            if isinstance(node, ast.keyword) and node.arg:
                values.setdefault(node.arg, []).append((node.value, function))
    return values


def _function(name: str, function: Function | None) -> Function | None:
    """The function that a name means: that of the same module, or the only one of the package; none of a name that several
    have."""
    functions, modules = _functions(), _modules()
    candidates = functions.get(name, [])
    of_module = [entry for entry in candidates if function is not None and modules[entry] == modules[function]]
    return (of_module or candidates)[0] if len(of_module or candidates) == 1 else None


@cache
def _functions() -> Mapping[str, list[Function]]:
    """The functions of the package by name."""
    functions: dict[str, list[Function]] = {}
    for function in _modules():
        functions.setdefault(function.name, []).append(function)
    return functions


@cache
def _modules() -> Mapping[Function, Path]:
    """The file that each function of the package stands in."""
    return {
        node: file
        for file in sorted(PACKAGE.rglob("*.py"))
        for node in ast.walk(module_of(file))
        if isinstance(node, Function)
    }


def written_by_class(call: ast.Call) -> ast.expr | None:
    """The message of an error whose class writes the line: its words, with what the call gives it; none of other classes."""
    constructor = _constructors().get(called_name(call))
    if constructor is None:
        return None
    parameters, words = constructor
    filler = _Filler(dict(zip(parameters, call.args, strict=False)))
    message: ast.expr = filler.visit(deepcopy(words))
    return message


class _Filler(ast.NodeTransformer):
    """Puts expressions in the place of names."""

    def __init__(self, values: Mapping[str, ast.expr]) -> None:
        self._values = values

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self._values.get(node.id, node)


@cache
def _constructors() -> Mapping[str, tuple[list[str], ast.expr]]:
    """What classes of errors make of the values that they are called with: the parameters and the message, by class."""
    constructors = {}
    for file in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(module_of(file)):
            if isinstance(node, ast.ClassDef) and node.name.endswith("Error"):
                for function in (part for part in node.body if isinstance(part, Function) and part.name == "__init__"):
                    calls = (inner for inner in ast.walk(function) if isinstance(inner, ast.Call) and inner.args)
                    if words := [call.args[-1] for call in calls if called_name(call) == "__init__"]:
                        constructors[node.name] = [argument.arg for argument in function.args.args[1:]], words[0]
    return constructors


@cache
def module_of(file: Path) -> ast.Module:
    """A module of the package, read once."""
    return ast.parse(file.read_text(encoding="utf-8"))
