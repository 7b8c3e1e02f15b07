"""What is wrong with a definition file, in words: its line, key and value, and what to write instead.

Belongs here: the words for what YAML and the models refuse. Does not belong here: reading the files (read.py), what does not
fit between them.
"""

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

#: How alike a key and a declared one must be for the question whether the one is meant, 0 to 1.
_MIN_SIMILARITY = 0.6
#: Faults of keys hide behind the keys that are missing for them, and are said before these.
_FAULTS_OF_KEYS = ("extra_forbidden", "invalid_key")


def yaml_fault(error: yaml.MarkedYAMLError) -> str:
    """The line, what the parser says, and the cure."""
    line = error.problem_mark.line + 1 if error.problem_mark else "?"
    problem = error.problem or ""
    if "'\\t'" in problem:
        cure = "a tab stands there; indent with blanks"
    elif problem.startswith("mapping values are not allowed"):
        cure = "put a text with a colon in quotes, or correct the indentation"
    elif problem.startswith("could not determine a constructor"):
        problem, cure = "a tag (!) that is not read", "write the value without it"
    elif "; " in problem:  # it says what to do
        return f"line {line}: {problem}"
    else:
        cure = "correct the YAML there"
    return f"line {line}: {problem}; {cure}"


#: What belongs where a value of another kind stands, in words of a YAML file rather than of a programming language.
_REASONS = {
    **dict.fromkeys(("list_type", "tuple_type", "set_type", "frozen_set_type"), "a list belongs here, as [a, b]"),
    **dict.fromkeys(
        ("dict_type", "mapping_type", "model_type", "model_attributes_type"), "keys belong here, as {key: value}"
    ),
    **dict.fromkeys(("float_type", "float_parsing"), "a number belongs here"),
    **dict.fromkeys(("int_type", "int_parsing", "int_from_float"), "a whole number belongs here"),
    **dict.fromkeys(("bool_type", "bool_parsing"), "true or false belongs here"),
    "string_type": "a text belongs here, in quotes if it looks like a number or a date",
}


def definition_fault(error: ValidationError, model: type[BaseModel], text: str) -> str:
    """The first of the errors: its line in the text, its key, its value, what is wrong and what to give; and how many more
    there are."""
    # Of a key that takes one word or keys of its own (groups: none), what is wrong with the keys.
    of_keys = [detail for detail in error.errors() if not any(str(part).startswith("literal[") for part in detail["loc"])]
    details = sorted(of_keys or error.errors(), key=lambda detail: detail["type"] not in _FAULTS_OF_KEYS)
    location = _keys_in(model, details[0]["loc"])
    line = _line(text, location)
    further_errors = f" (and {len(details) - 1} more)" if len(details) > 1 else ""
    return (f"line {line}: " if line else "") + _sentence(details[0], model, location) + further_errors


def _sentence(detail: ErrorDetails, model: type[BaseModel], location: tuple[int | str, ...]) -> str:
    key = ""
    for part in location[:-1] if detail["type"] == "invalid_key" else location:
        key += f"[{part}]" if isinstance(part, int) else f".{part}" if key else str(part)
    remedy = _description(model, location)
    reason = _REASONS.get(detail["type"]) or detail["msg"].removeprefix("Value error, ")
    if reason[1:2].islower():
        reason = reason[0].lower() + reason[1:]
    if detail["type"] == "extra_forbidden":
        close = get_close_matches(str(location[-1]), _keys_beside(model, location), 2, _MIN_SIMILARITY)
        return f"{key}: there is no such key; " + (
            f"do you mean {' or '.join(close)}?" if close else "remove it or correct its spelling"
        )
    if detail["type"] == "invalid_key":
        cure = "write numbers with a point, not a comma, and texts with commas in quotes"
        return f"{key}: a number stands where a key belongs; {cure}"
    if detail["type"] == "missing":
        message = f"{key}: the key is missing"
    elif _may_be_secret(location):
        message = f"{key}: {reason}"
    elif isinstance(detail["input"], str | int | float | bool) or detail["input"] is None:
        message = f"{key}: {detail['input']!r}: {reason}{_comma_hint(detail)}"
    else:
        message = f"{key}: {reason}" if key else reason
    return message + (f"; give {remedy}" if remedy else "")


def _comma_hint(detail: ErrorDetails) -> str:
    is_number_with_comma = detail["type"] in ("float_parsing", "int_parsing") and "," in str(detail["input"])
    return ", write it with a decimal point and no comma" if is_number_with_comma else ""


def _line(text: str, location: Sequence[int | str]) -> int | None:
    """The line of the innermost part of a location that stands in the text; none if it has no part of it."""
    line, node = None, yaml.compose(text, Loader=yaml.SafeLoader)
    for part in location:
        if isinstance(node, yaml.MappingNode):
            entry = next(((key, value) for key, value in node.value if key.value == str(part)), None)
            if entry is None:
                return line
            line, node = entry[0].start_mark.line + 1, entry[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line + 1
        else:
            return line
    return line


def _keys_beside(model: type[BaseModel], location: tuple[int | str, ...]) -> list[str]:
    """The keys that may stand where the last part of a location stands."""
    current_model: Any = model
    for part in location[:-1]:
        fields = {field.alias or name: field for name, field in getattr(current_model, "model_fields", {}).items()}
        if part in fields:
            current_model = _inner_model(fields[str(part)].annotation)
    return [field.alias or name for name, field in getattr(current_model, "model_fields", {}).items()]


def _keys_in(model: type[BaseModel], location: tuple[int | str, ...]) -> tuple[int | str, ...]:
    """An error's location as keys of the file: without the names of the models that a key may be."""
    keys: list[int | str] = []
    current_model: Any = model
    for part in location:
        if part == getattr(current_model, "__name__", None):
            continue
        keys.append(part)
        fields = {field.alias or name: field for name, field in getattr(current_model, "model_fields", {}).items()}
        if part in fields:
            current_model = _inner_model(fields[part].annotation)
    return tuple(keys)


def _may_be_secret(location: tuple[int | str, ...]) -> bool:
    """Whether a value may be a token or a password that somebody wrote where only its variable's name belongs."""
    return location[:1] == ("exports",) and "source" in location


def _description(model: type[BaseModel], location: tuple[int | str, ...]) -> str | None:
    """The description of the field at an error's location; descriptions are written so that they follow "give"."""
    current_model: Any = model
    description = None
    for part in location:
        if isinstance(part, int):
            continue
        fields = {field.alias or name: field for name, field in getattr(current_model, "model_fields", {}).items()}
        if part not in fields:
            break
        description = fields[part].description
        current_model = _inner_model(fields[part].annotation)
    return description


def _inner_model(annotation: Any) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in getattr(annotation, "__args__", ()):
        if (model := _inner_model(argument)) is not None:
            return model
    return None
