"""Questions in a definition file: `better: !ask high or low`. Whoever drafts a file leaves what cannot be decided so.

Belongs here: the tag, where its questions stand, and the refusal of a file that still has some. Does not belong here:
reading YAML (read.py), deciding what is asked (drafting/).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from dagster_project.study.errors import StudyError

#: What stands before a question in place of a value, or before a value that somebody must look at.
ASK = "!ask"


@dataclass(frozen=True)
class Question:
    """A question in place of a value, and its line. text: "" before a mapping or a list, which is then a proposal."""

    text: str
    line: int


def construct_question(loader: Any, node: yaml.Node) -> Question:
    """The question that a YAML node with the tag is."""
    text = str(node.value) if isinstance(node, yaml.ScalarNode) else ""
    return Question(text, node.start_mark.line + 1)


def refuse_open_questions(content: object, file: Path) -> None:
    """Raise StudyError, one line, with the first question that a file's content still has, and how many more there are."""
    questions = {question.line: (key, question) for key, question in reversed([*_questions(content, "")])}
    if not questions:
        return
    first_line = min(questions)
    key, question = questions[first_line]
    request = (
        f"is not answered yet: {question.text}; write the answer in place of {ASK} and what follows it"
        if question.text
        else f"is a proposal that somebody must look at; correct it where it is wrong, then take {ASK} away"
    )
    further_questions = f" ({len(questions) - 1} more in this file)" if len(questions) > 1 else ""
    raise StudyError(f"{file}: line {first_line}: {key} {request}{further_questions}")


def _questions(content: object, key: str) -> Iterator[tuple[str, Question]]:
    """Every question with the key that it stands at, in the order of the file."""
    if isinstance(content, Question):
        yield key, content
    elif isinstance(content, dict):
        for name, value in content.items():
            yield from _questions(value, f"{key}.{name}" if key else str(name))
    elif isinstance(content, list):
        for index, value in enumerate(content):
            yield from _questions(value, f"{key}[{index}]")
