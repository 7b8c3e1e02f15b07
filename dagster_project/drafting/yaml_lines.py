"""Lines of YAML with remarks: what is guessed, what is asked.

Belongs here: how a value, a list, a remark and what is said once for several places are written. Does not belong here:
what is written.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence

from dagster_project.study import ASK

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_./()-]*(?: [A-Za-z0-9_./()-]+)*")
_WORDS_WITH_A_MEANING = frozenset({"true", "false", "yes", "no", "on", "off", "null", "y", "n"})
_WIDTH = 118


def scalar(text: str) -> str:
    """A text as YAML reads it back: bare where that is safe, else in double quotes."""
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS_WITH_A_MEANING:
        return text
    return json.dumps(text, ensure_ascii=not text.isprintable())


def question_value(question: str) -> str:
    """A question in place of a value."""
    return f"{ASK} {json.dumps(question, ensure_ascii=not question.isprintable())}"


def guessed(line: str, reason: str) -> str:
    """A line that was guessed, and why."""
    return f"{line}  # guessed: because {one_line(reason)}"


def one_line(text: str) -> str:
    """A text without line breaks, for a remark."""
    return " ".join(text.split())


def flow_list(beginning: str, texts: Iterable[str], indent: int) -> list[str]:
    """A list in brackets after a beginning such as `ignored: `, in as many lines as it needs."""
    return _wrapped_lines(f"{beginning}[", [scalar(text) for text in texts], "]", indent)


def flow_mapping(beginning: str, pairs: Mapping[str, str], indent: int) -> list[str]:
    """A mapping in braces after a beginning; its values are YAML already."""
    return _wrapped_lines(f"{beginning}{{", [f"{scalar(key)}: {value}" for key, value in pairs.items()], "}", indent)


def _wrapped_lines(beginning: str, parts: list[str], end: str, indent: int) -> list[str]:
    lines, line = [], beginning
    for number, part in enumerate(parts, start=1):
        word = part + ("," if number < len(parts) else end)
        if len(line) + len(word) > _WIDTH and line.strip() != beginning.strip():
            lines.append(line.rstrip())
            line = " " * (indent + 2)
        line += word + " "
    return [*lines, line.rstrip() if parts else f"{beginning}{end}"]


class Anchors:
    """Values that several exports share: written once, referred to by name afterwards."""

    def __init__(self) -> None:
        self._names: dict[tuple[str, str], str] = {}

    def lines(self, key: str, value_lines: Sequence[str]) -> list[str]:
        """The lines of a key, or a reference to the same value of an export above. value_lines begin with the key."""
        content = "\n".join(value_lines)
        if (name := self._names.get((key, content))) is not None:
            return [f"    {key}: *{name}"]
        count = sum(known_key == key for known_key, _ in self._names)
        name = key if count == 0 else f"{key}_{count + 1}"
        self._names[key, content] = name
        first_line = value_lines[0].replace(f"{key}: ", f"{key}: &{name} ", 1)
        return [first_line.rstrip(), *value_lines[1:]]


def without_lonely_anchors(lines: Sequence[str]) -> list[str]:
    """The lines without the names of values that nothing refers to."""
    text = "\n".join(lines)
    clean_lines = []
    for line in lines:
        for word in line.split(" "):
            if word.startswith("&") and word[1:].isidentifier() and f"*{word[1:]}" not in text.replace("\n", " ").split(" "):
                line = line.replace(f" {word}", "", 1)
        clean_lines.append(line)
    return clean_lines
