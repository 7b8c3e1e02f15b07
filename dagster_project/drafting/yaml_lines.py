"""Lines of YAML with remarks: what is guessed, what is asked.

Belongs here: how a value, a list and a remark are written. Does not belong here: what is written.
"""

import json
import re
from collections.abc import Iterable, Mapping

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
