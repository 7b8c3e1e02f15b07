"""The page of messages: the lines with which something is refused, as the code writes them, each with its cure.

Belongs here: collecting them from `raise` in the package's source. Does not belong here: the messages, which stand where the
fact is known.

A value that only a run knows is shown as …. A message that repeats what another one says, and one that another library
writes, is not collected; the page says so.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dagster_project.places import PACKAGE
from dagster_project.reference.message_words import Function, module_of, texts_of
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
    "settings": "Settings",
    "example": "The example",
    "rehearsal": "Checking",
    "commands": "Commands",
    "dagster_home": "History of runs",
    "ui": "The UI",
}
_REFUSALS = ("Error",)
#: What a mistake in the code itself ends in, which no definition and no file can bring about.
_INTERNAL = ("AssertionError", "KeyError")


@dataclass(frozen=True)
class Message:
    """A refusal. text: with … for what a run fills in. error: the class that carries it."""

    part: str
    error: str
    text: str


def _part(file: Path) -> str:
    return file.relative_to(PACKAGE).parts[0].removesuffix(".py")


def _raised(file: Path) -> Iterator[tuple[str, ast.expr, Function | None]]:
    """The class and the message of each refusal that a module raises, and the function that raises it."""
    module = module_of(file)
    functions = {inner: node for node in ast.walk(module) if isinstance(node, Function) for inner in ast.walk(node)}
    for node in ast.walk(module):
        call = node.exc if isinstance(node, ast.Raise) else None
        if isinstance(call, ast.Call) and call.args:
            name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
            if name.endswith(_REFUSALS) and name not in _INTERNAL:
                yield name, call.args[-1], functions.get(node)


def messages() -> list[Message]:
    """All refusals whose words are known, without repetition."""
    messages_by_text: dict[str, Message] = {}
    for file in sorted(PACKAGE.rglob("*.py")):
        if _part(file) in _SUBJECTS:
            for error, node, function in _raised(file):
                for text in texts_of(node, function):
                    messages_by_text.setdefault(text, Message(_part(file), error, text))
    return list(messages_by_text.values())


def n_elsewhere() -> int:
    """How many refusals are raised with words that are not known here."""
    files = [file for file in PACKAGE.rglob("*.py") if _part(file) in _SUBJECTS]
    return sum(not texts_of(node, function) for file in files for _, node, function in _raised(file))


def page() -> str:
    collected = messages()
    parts = [
        "# Messages",
        f"Something that does not fit is refused in one line: where it is, what is there, and what to do. These are the"
        f" {len(collected)} lines that the code writes out where it refuses; … stands for a name, a number or a text of"
        f" yours. In {n_elsewhere()} more places the line repeats what another one says, or what another program says of a"
        " file, and is not listed here. Keys that are misspelt or have a value of the wrong kind are named with the key's"
        " meaning ([keys of study.yaml](study-yaml.md)).",
    ]
    for part, subject in _SUBJECTS.items():
        texts = sorted(message.text for message in collected if message.part == part)
        if texts:
            parts.append(heading(2, subject, f"messages-{part}"))
            parts.append("\n".join(f"- {plain(text)}" for text in texts))
    return "\n\n".join(parts) + "\n"


def silent() -> list[str]:
    """Parts of the package that refuse something and have no place on the page."""
    parts = {_part(file) for file in PACKAGE.rglob("*.py") if any(name != "ValueError" for name, *_ in _raised(file))}
    edge = {"defs", "reference", "run", "cli", "definitions"}
    return sorted(parts - _SUBJECTS.keys() - edge)
