"""From the text of a definition file to its content: YAML, within limits that hold before anything is built.

Belongs here: the loader, and what it refuses (nesting, aliases that multiply, control characters). Does not belong here:
opening files, what the content means (read.py).
"""

import re
from dataclasses import dataclass
from typing import Any

import yaml
from yaml.constructor import ConstructorError

from dagster_project.readable_files import beyond, most_of
from dagster_project.study.questions import ASK, construct_question

#: Characters that no document, page or workbook can hold.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
#: What YAML reads as a number, and how long one may be.
_NUMBER, _LONGEST_NUMBER = re.compile(r"[-+.]?[0-9][0-9a-fA-FxXobn_:.+-]*"), 100
_MERGE = "tag:yaml.org,2002:merge"


def _mark(node: "yaml.Node | yaml.Event") -> Any:
    """Where it stands, as the loader in use has it: in C or in Python."""
    return node.start_mark


class _UniqueKeys:
    """A YAML loader that refuses a key that is written twice, where PyYAML would keep only the last, and says the line of a
    value that is none."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> Any:
        keys = set()
        for key_node, _ in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise ConstructorError(None, None, "a list or a mapping stands where a key belongs", _mark(key_node))
            if key_node.tag == _MERGE:
                raise ConstructorError(None, None, "the merge key << is not read; write the keys out", _mark(key_node))
            key = self.construct_object(key_node, deep=True)
            if isinstance(key, str | int | float) and key in keys:
                raise ConstructorError(None, None, f"the key {key!r} is written twice", _mark(key_node))
            keys.add(key)
        return super().construct_mapping(node, deep)  # type: ignore[misc]

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep)  # type: ignore[misc]
        except yaml.YAMLError:
            raise
        except ValueError as error:  # of a date that is none, such as 2020-99-99
            text = str(node.value)[:40]
            raise ConstructorError(
                None, None, f"{text!r} cannot be read ({error}); if it is a text, put it in quotes", _mark(node)
            ) from error


class _StrictLoader(_UniqueKeys, yaml.SafeLoader):
    """The loader in Python: its error messages are the same on every machine."""


class _FastLoader(_UniqueKeys, getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """The loader of libyaml, where PyYAML was built with it: ten times as fast."""


for _loader in (_StrictLoader, _FastLoader):
    _loader.add_constructor(ASK, construct_question)


def load_yaml(text: str) -> Any:
    """The content of a definition file. Raises yaml.YAMLError, with its line where it has one."""
    _refuse_beyond_limits(text)
    try:
        return yaml.load(text, Loader=_FastLoader)
    except yaml.YAMLError:
        return yaml.load(text, Loader=_StrictLoader)


@dataclass
class _Size:
    """How many values a part of a file comes to once its aliases are followed, and how deep it is."""

    values: int = 1
    depth: int = 0
    anchor: str | None = None

    def add(self, part: "_Size") -> None:
        self.values += part.values
        self.depth = max(self.depth, part.depth + 1)


def _refuse_beyond_limits(text: str) -> None:
    """Read a text event by event, which takes no memory, and raise ConstructorError with the line of what is too much."""
    most_values, most_depth = most_of("definition_values"), most_of("definition_depth")
    open_parts, sizes = [_Size()], dict[str | None, tuple[int, int]]()
    try:
        for event in yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
            part = None
            if isinstance(event, yaml.CollectionStartEvent):
                open_parts.append(_Size(anchor=event.anchor))
            elif isinstance(event, yaml.CollectionEndEvent):
                part = open_parts.pop()
            elif isinstance(event, yaml.ScalarEvent):
                _refuse_scalar(event)
                part = _Size(anchor=event.anchor)
            elif isinstance(event, yaml.AliasEvent):
                if event.anchor in (open_part.anchor for open_part in open_parts):
                    raise ConstructorError(
                        None, None, f"the alias *{event.anchor} stands in what it is an alias of", _mark(event)
                    )
                # One without an anchor is the loader's to refuse.
                part = _Size(*sizes.get(event.anchor, (1, 0)))
            if part is not None:
                if part.anchor is not None:
                    sizes[part.anchor] = part.values, part.depth
                open_parts[-1].add(part)
            if len(open_parts) + open_parts[-1].depth > most_depth + 1:
                raise ConstructorError(None, None, f"the file nests {beyond('definition_depth')}", _mark(event))
            if sum(open_part.values for open_part in open_parts) > most_values:
                raise ConstructorError(None, None, f"the file holds {beyond('definition_values')}", _mark(event))
    except yaml.scanner.ScannerError as error:
        if "increasing" in str(error.context):  # libyaml's own bound on nesting, met while it looks ahead
            raise ConstructorError(None, None, f"the file nests {beyond('definition_depth')}", error.problem_mark) from error
    except (yaml.parser.ParserError, yaml.reader.ReaderError):
        return  # the loader says it better


def _refuse_scalar(event: yaml.ScalarEvent) -> None:
    if control := _CONTROL.search(event.value):
        raise ConstructorError(
            None, None, f"a text holds the character U+{ord(control[0]):04X}, which no document can hold", _mark(event)
        )
    if not event.style and len(event.value) > _LONGEST_NUMBER and _NUMBER.fullmatch(event.value):
        raise ConstructorError(
            None, None, f"a number of {len(event.value)} digits; if it is a text, put it in quotes", _mark(event)
        )
