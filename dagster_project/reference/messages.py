"""The page of messages: the lines with which something is refused, as the code writes them, each with its cure.

Belongs here: collecting them from the errors that the package's source makes. Does not belong here: the messages, which
stand where the fact is known.

A value that only a run knows is shown as …. An error that is caught and raised again with a place before it is listed where
it was made; every other has words of its own, which `silent` holds it to.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from dagster_project.places import PACKAGE
from dagster_project.reference.message_words import Function, called_name, module_of, texts_of, word_count, written_by_class
from dagster_project.reference.text import heading, plain

#: Parts of the package whose refusals a user meets, in the order of a study's way, and what they are about.
_SUBJECTS = {
    "readable_files": "Which files are read",
    "study": "Definitions",
    "drafting": "Drafting a study",
    "exports": "Exports",
    "pull": "Pulling exports",
    "raw": "Loading",
    "models": "Models",
    "study_run": "Definitions during a run",
    "outcomes": "Outcomes",
    "extensions": "Analyses of a study's own",
    "synthesis": "Propositions and interviews",
    "report": "Checklists and pages",
    "results": "Results",
    "audit": "Auditing a table",
    "simulate": "Stand-ins",
    "fieldwork": "Reminders and data queries",
    "erasure": "Erasing a person",
    "manuscript": "Manuscripts",
    "manuscript_process": "Filling in a manuscript",
    "warehouse": "The working file and the release",
    "release": "Publishing",
    "disclosure": "The public release",
    "study_lock": "Runs at once",
    "keys": "The key of the pseudonyms",
    "rotation": "Another key",
    "trail": "The audit trail",
    "settings": "Settings",
    "lake_address": "Where the lake is",
    "memory": "Memory",
    "studies": "Many studies",
    "many_studies": "One Dagster for many studies",
    "catalog": "The catalogue",
    "example": "The example",
    "rehearsal": "Checking",
    "commands": "Commands",
    "dagster_home": "History of runs",
    "ui": "The UI",
}
_REFUSALS = ("Error",)
#: What a mistake in the code itself ends in, which no definition and no file can bring about.
_INTERNAL = ("AssertionError", "KeyError")
#: Words before the text of another error that only say where: "instruments: …", "line …: …".
_WORDS_OF_A_PLACE = 1


@dataclass(frozen=True)
class Message:
    """A refusal. text: with … for what a run fills in. error: the class that carries it."""

    part: str
    error: str
    text: str


def _part(file: Path) -> str:
    return file.relative_to(PACKAGE).parts[0].removesuffix(".py")


@dataclass(frozen=True)
class Refusal:
    """A line of code that refuses. repeats: whether it says what a caught error says, and where that is."""

    part: str
    error: str
    location: str
    texts: tuple[str, ...]
    repeats: bool


def _refusals(file: Path) -> Iterator[Refusal]:
    """Every refusal that a module writes out or passes on, in its order."""
    module = module_of(file)
    functions = {inner: node for node in ast.walk(module) if isinstance(node, Function) for inner in ast.walk(node)}
    caught = {
        inner: node.name
        for node in ast.walk(module)
        if isinstance(node, ast.ExceptHandler) and node.name
        for inner in ast.walk(node)
    }
    for node in ast.walk(module):
        name = called_name(node) if isinstance(node, ast.Call) else ""
        if isinstance(node, ast.Call) and node.args and name.endswith(_REFUSALS) and name not in _INTERNAL:
            line = written_by_class(node)
            texts = _texts([line] if line is not None else node.args, functions.get(node))
            is_place = all(word_count(text) <= _WORDS_OF_A_PLACE for text in texts)
            repeats = is_place and node in caught and _says(node, caught[node], functions.get(node))
            yield Refusal(_part(file), name, f"{file.name}:{node.lineno}", () if repeats else texts, repeats)


def _texts(arguments: list[ast.expr], function: Function | None) -> tuple[str, ...]:
    """The message among the arguments of an error: the last that has words."""
    for argument in reversed(arguments):
        if texts := texts_of(argument, function):
            return tuple(texts)
    return ()


def _says(call: ast.Call, name: str, function: Function | None) -> bool:
    """Whether a message holds the caught error's text, itself or by way of a variable made of it."""
    names = {name}
    for node in ast.walk(function) if function is not None else ():
        if isinstance(node, ast.Assign) and name in _names(node.value):
            names |= _names(node.targets[0])
    return bool(names & set().union(*map(_names, call.args)))


def _names(node: ast.expr) -> set[str]:
    return {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}


@cache
def refusals() -> tuple[Refusal, ...]:
    """All refusals of the parts that a user meets."""
    files = [file for file in sorted(PACKAGE.rglob("*.py")) if _part(file) in _SUBJECTS]
    return tuple(refusal for file in files for refusal in _refusals(file))


def messages() -> list[Message]:
    """All messages, without repetition."""
    messages_by_text: dict[str, Message] = {}
    for refusal in refusals():
        for text in refusal.texts:
            messages_by_text.setdefault(text, Message(refusal.part, refusal.error, text))
    return list(messages_by_text.values())


def page() -> str:
    collected = messages()
    parts = [
        "# Messages",
        f"Something that does not fit is refused in one line: where it is, what is there, and what to do. These are all"
        f" {len(collected)} lines that the code writes out where it refuses; … stands for a name, a number or a text of"
        f" yours. Before some of them stands the file or the key that was being read, and an error of the system or of"
        " another program's file is said in its own words, behind the file's name. Keys that are misspelt or have a value of"
        " the wrong kind are named with the key's meaning ([keys of study.yaml](study-yaml.md)).",
    ]
    for part, subject in _SUBJECTS.items():
        texts = sorted(message.text for message in collected if message.part == part)
        if texts:
            parts.append(heading(2, subject, f"messages-{part}"))
            parts.append("\n".join(f"- {plain(text)}" for text in texts))
    return "\n\n".join(parts) + "\n"


def silent() -> list[str]:
    """Refusals without known words, and parts of the package that refuse something and have no place on the page."""
    edge = {"defs", "reference", "run", "cli", "definitions"}
    parts = {
        _part(file) for file in PACKAGE.rglob("*.py") if any(refusal.error != "ValueError" for refusal in _refusals(file))
    }
    unlisted = [
        f"{refusal.location}: {refusal.error}" for refusal in refusals() if not refusal.texts and not refusal.repeats
    ]
    return [*unlisted, *sorted(parts - _SUBJECTS.keys() - edge)]
