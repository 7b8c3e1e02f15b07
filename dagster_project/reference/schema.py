"""What a definition model says of its keys, taken from its JSON schema: type, default, meaning, an example.

Belongs here: reading the schema. Does not belong here: the page (keys.py), the models (study/, synthesis/,
report/checklists/).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from dagster_project.reference.text import anchor, code, plain

#: A part of a JSON schema.
Schema = Mapping[str, Any]
_PATTERNS = {
    r"^[a-z][a-z0-9_]{0,62}$": "code",
    r"^[A-Za-z][A-Za-z0-9_]{0,30}$": "wave",
    r"^[A-Za-z][A-Za-z0-9_-]{0,62}$": "contrast",
    r"^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$": "category",
    r"^(library:)?[a-z][a-z0-9_]{0,62}$": "instrument",
}
_WORDS = {"string": "text", "integer": "whole number", "number": "number", "boolean": "true or false", "null": "none"}
_EXAMPLE_IN_WORDS = re.compile(r"e\.g\.|such as|\[\{|\{[a-z_]+:")
_MOST_CHARACTERS = 160


@dataclass(frozen=True)
class Key:
    """A key of a YAML file. type_text: in Markdown. default: as YAML; empty where there is none. example: as YAML."""

    name: str
    type_text: str
    is_required: bool
    default: str
    description: str
    example: str

    @property
    def has_example(self) -> bool:
        """Whether somebody who has never used it sees how it is written_example."""
        return bool(self.example or self.default) or _EXAMPLE_IN_WORDS.search(self.description) is not None


@dataclass(frozen=True)
class KeyGroup:
    """The keys of one model. paths: where in the file they stand, e.g. waves[]."""

    name: str
    description: str
    paths: tuple[str, ...]
    keys: tuple[Key, ...]


def key_groups(schema: Schema, contents: list[object], examples: Mapping[str, str]) -> list[KeyGroup]:
    """The keys of a file, the file's own first, then those below, in the order in which they are met. contents: of files
    that exist, from which examples are taken. examples: of others, by model.key."""
    definitions: Schema = schema.get("$defs", {})
    paths: dict[str, list[str]] = {"": [""]}
    values: dict[str, list[object]] = {"": contents}
    queue = [""]
    groups = []
    while queue:
        name = queue.pop(0)
        model = definitions[name] if name else schema
        for key, part in model.get("properties", {}).items():
            found_values = [value[key] for value in values[name] if isinstance(value, dict) and key in value]
            for reference, brackets in _references(part, ""):
                path = f"{paths[name][0]}.{key}{brackets}".lstrip(".")
                values.setdefault(reference, []).extend(_parts(found_values))
                if reference not in paths:
                    queue.append(reference)
                if path not in paths.setdefault(reference, []):
                    paths[reference].append(path)
        keys = tuple(
            _key(key, _described(part, definitions), key in model.get("required", ()), values[name], model, examples)
            for key, part in model.get("properties", {}).items()
        )
        groups.append(KeyGroup(name, model.get("description", ""), tuple(paths[name]), keys))
    return groups


def _described(part: Schema, definitions: Schema) -> Schema:
    """A key that says nothing of itself says what the model says that it leads to."""
    words = next((definitions[name].get("description", "") for name, _ in _references(part, "")), "")
    return part if part.get("description") else {**part, "description": words}


def _key(
    name: str, part: Schema, is_required: bool, values: list[object], model: Schema, examples: Mapping[str, str]
) -> Key:
    values_in_files = [
        value[name] for value in values if isinstance(value, dict) and value.get(name) not in (None, "", [], {})
    ]
    candidates = sorted((_as_yaml(value) for value in values_in_files), key=len)
    example = next((text for text in candidates if len(text) <= _MOST_CHARACTERS), "")
    default = part.get("default")
    is_model = any(True for _ in _references(part, ""))
    if not example and not is_model:
        example = examples.get(f"{model['title']}.{name}", "") or _from_type(part, default)
    return Key(
        name,
        _type_text(part),
        is_required,
        "" if default in (None, [], {}, "") or is_model else _as_yaml(default),
        part.get("description", ""),
        example and f"{name}: {example}",
    )


def _references(part: Schema, brackets: str) -> Iterator[tuple[str, str]]:
    """The models that a part of a schema leads to, and how deep they lie: [] in a list, {} below names."""
    if "$ref" in part:
        yield part["$ref"].rsplit("/", 1)[1], brackets
    for choice in (*part.get("anyOf", ()), *part.get("oneOf", ()), *part.get("allOf", ())):
        yield from _references(choice, brackets)
    if "items" in part:
        yield from _references(part["items"], brackets + "[]")
    for values in (part.get("additionalProperties"), *part.get("patternProperties", {}).values()):
        if isinstance(values, dict):
            yield from _references(values, brackets + "{}")


def _parts(values: list[object]) -> list[object]:
    """Values that may be of a model: themselves, those of lists, those below names."""
    parts: list[object] = []
    for value in values:
        parts += value if isinstance(value, list) else [value, *(value.values() if isinstance(value, dict) else ())]
    return parts


def _type_text(part: Schema) -> str:
    if "$ref" in part:
        name = part["$ref"].rsplit("/", 1)[1]
        return f"[{name}](#{anchor(name)})"
    if "const" in part:
        return code(str(part["const"]))
    if "enum" in part:
        return " or ".join(code(str(choice)) for choice in part["enum"])
    if choices := part.get("anyOf") or part.get("oneOf") or part.get("allOf"):
        texts = [_type_text(choice) for choice in choices if choice.get("type") != "null"]
        return " or ".join(dict.fromkeys(texts))
    if part.get("type") == "array":
        return f"list of {_type_text(part['items'])}" if "items" in part else "list"
    if part.get("type") == "object":
        values = [part.get("additionalProperties"), *part.get("patternProperties", {}).values()]
        texts = [_type_text(value) for value in values if isinstance(value, dict)]
        return f"by name: {texts[0]}" if texts else "keys"
    words = _PATTERNS.get(part.get("pattern", "")) or _WORDS.get(part.get("type", ""), "any")
    return plain({"date": "date", "path": "path"}.get(part.get("format", ""), words) + _limits(part))


def _limits(part: Schema) -> str:
    low = part.get("minimum", part.get("exclusiveMinimum"))
    high = part.get("maximum", part.get("exclusiveMaximum"))
    above_words, below_words = "above " if "exclusiveMinimum" in part else "", "below " if "exclusiveMaximum" in part else ""
    if low is None and high is None:
        return ""
    if high is None:
        return f", {above_words}{low}" if above_words else f", {low} or more"
    return f", at most {high}" if low is None else f", {above_words}{low} to {below_words}{high}"


def _from_type(part: Schema, default: object) -> str:
    """An example where the type says enough: a choice that is not the default, the other of true and false."""
    if "const" in part:
        return _as_yaml(part["const"])
    if "enum" in part:
        return next((_as_yaml(choice) for choice in part["enum"] if choice != default), "")
    if part.get("type") == "boolean":
        return _as_yaml(default is not True)
    for choice in part.get("anyOf", ()):
        if example := _from_type(choice, default):
            return example
    return ""


def _as_yaml(value: object) -> str:
    """A value in one line, as a file writes it."""
    text = yaml.safe_dump(value, default_flow_style=True, width=10_000, allow_unicode=True, sort_keys=False)
    return text.removesuffix("\n").removesuffix("\n...")
