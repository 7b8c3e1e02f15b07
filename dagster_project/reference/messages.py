"""The page of messages: the lines with which something is refused, as the code writes them, each with its cure.

Belongs here: collecting them from `raise` in the package's source. Does not belong here: the messages, which stand where the
fact is known.

A value that only a run knows is shown as …. A message that is put together elsewhere than where it is raised, and one that
another library writes, is not collected; the page says so.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dagster_project.places import PACKAGE
from dagster_project.reference.text import heading, plain

#: Parts of the package whose refusals a user meets, in the order of a study's way, and what they are about.
_SUBJECTS = {
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
    "manuscript": "Manuscripts",
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
_GAP = "…"
_FEWEST_WORDS = 4


@dataclass(frozen=True)
class Message:
    """A refusal. text: with … for what a run fills in. error: the class that carries it."""

    part: str
    error: str
    text: str


def _part(file: Path) -> str:
    return file.relative_to(PACKAGE).parts[0].removesuffix(".py")


def _raised(file: Path) -> Iterator[tuple[str, ast.expr]]:
    """The class and the message of each refusal that a module raises."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        call = node.exc if isinstance(node, ast.Raise) else None
        if isinstance(call, ast.Call) and call.args:
            name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
            if name.endswith(_REFUSALS):
                yield name, call.args[-1]


def _text(node: ast.expr) -> str:
    """A message as people see it, … in the place of what is filled in."""
    if isinstance(node, ast.Constant):
        return str(node.value) if isinstance(node.value, str) else _GAP
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part) for part in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _text(node.left) + _text(node.right)
    return _GAP


def _is_told(text: str) -> bool:
    """Whether enough of a message is known to recognise it."""
    return len([word for word in text.replace(_GAP, " ").split() if word.strip("'\":;,.()").isalpha()]) >= _FEWEST_WORDS


def messages() -> list[Message]:
    """All refusals whose words are known, without repetition."""
    messages_by_text: dict[str, Message] = {}
    for file in sorted(PACKAGE.rglob("*.py")):
        if _part(file) in _SUBJECTS:
            for error, node in _raised(file):
                if _is_told(text := " ".join(_text(node).split())):
                    messages_by_text.setdefault(text, Message(_part(file), error, text))
    return list(messages_by_text.values())


def n_elsewhere() -> int:
    """How many refusals are raised with words that are put together elsewhere."""
    files = [file for file in PACKAGE.rglob("*.py") if _part(file) in _SUBJECTS]
    return sum(not _is_told(_text(node)) for file in files for _, node in _raised(file))


def page() -> str:
    collected = messages()
    parts = [
        "# Messages",
        f"Something that does not fit is refused in one line: where it is, what is there, and what to do. These are the"
        f" {len(collected)} lines that the code writes out where it refuses; … stands for a name, a number or a text of"
        f" yours. In {n_elsewhere()} more places the line is put together of parts, or repeats what another one says, and is"
        " not listed here. Keys that are misspelt or have a value of the wrong kind are named with the key's meaning"
        " ([keys of study.yaml](study-yaml.md)).",
    ]
    for part, subject in _SUBJECTS.items():
        texts = sorted(message.text for message in collected if message.part == part)
        if texts:
            parts.append(heading(2, subject, f"messages-{part}"))
            parts.append("\n".join(f"- {plain(text)}" for text in texts))
    return "\n\n".join(parts) + "\n"


def silent() -> list[str]:
    """Parts of the package that refuse something and have no place on the page."""
    parts = {_part(file) for file in PACKAGE.rglob("*.py") if any(name != "ValueError" for name, _ in _raised(file))}
    edge = {"defs", "reference", "run", "cli", "definitions"}
    return sorted(parts - _SUBJECTS.keys() - edge)
