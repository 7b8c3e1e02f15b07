"""Which keys of a study's definitions were changed: by name, never by what they hold.

Belongs here: the keys of YAML files with a hash of each value, and which of them differ. Does not belong here: what the
changed keys mean (study/), which rules of the codebook changed (results/rule_changes.py).

A key may be an identifier itself, as in `respondents` of an export: a path ends before the first part that is neither a word
of the definitions nor a code of the study. Hashes stay in the study's home: a short value can be guessed by its own.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import yaml
from pydantic import BaseModel

from dagster_project.study import Study
from dagster_project.study.base import Definition

#: Parts of a list are called by the first of these keys that they have.
_NAMES = (
    "export", "variant", "instrument", "scale", "measure", "variable", "sample", "proposition", "claim", "block", "wave",
)  # fmt: skip
_NOTE = "definition_keys.json"


def changed_keys(study: Study, home: Path) -> list[str] | None:
    """The keys that differ from the definitions at the last call, as `study.yaml: exports.t1.pin`; all are remembered for
    the next. None where nothing is known of earlier ones."""
    current = {
        f"{name}: {path}": digest
        for name in sorted(study.definitions)
        if name.endswith((".yaml", ".yml")) and (study.folder / name).is_file()
        for path, digest in _hashes(study, study.folder / name)
    }
    file = home / _NOTE
    try:
        earlier: dict[str, str] | None = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        earlier = None
    home.mkdir(parents=True, exist_ok=True)
    partial = file.with_suffix(".partial")
    partial.write_text(json.dumps(current, indent=0), encoding="utf-8")
    partial.replace(file)
    if not isinstance(earlier, dict):
        return None
    return sorted(key for key in {*earlier, *current} if earlier.get(key) != current.get(key))


def _hashes(study: Study, file: Path) -> Iterator[tuple[str, str]]:
    with file.open("rb") as stream:
        content = yaml.load(stream, Loader=getattr(yaml, "CBaseLoader", yaml.BaseLoader))
    words = _words() | _codes(study)
    yield from _leaves("", content, words)


def _leaves(path: str, value: object, words: frozenset[str]) -> Iterator[tuple[str, str]]:
    """Paths with a hash of what is at each; of equal paths the hashes are numbered by their order."""
    parts: list[tuple[str, object]] = []
    if isinstance(value, Mapping) and all(str(key) in words for key in value):
        parts = [(str(key), part) for key, part in value.items()]
    elif isinstance(value, list) and value and all(isinstance(part, Mapping) for part in value):
        names = [_name(part, words) for part in value]
        if None not in names and len(set(names)) == len(names):
            parts = [(name or "", part) for name, part in zip(names, value, strict=True)]
    if not parts:
        text = json.dumps(value, sort_keys=True, default=str)
        yield path or "all of it", hashlib.sha256(text.encode()).hexdigest()
        return
    for name, part in parts:
        yield from _leaves(f"{path}.{name}" if path else name, part, words)


def _name(part: Mapping[object, object], words: frozenset[str]) -> str | None:
    name = next((str(part[key]) for key in _NAMES if key in part), None)
    return name if name in words else None


@cache
def _words() -> frozenset[str]:
    """The keys of all definitions."""
    return frozenset(name for model in _models(Definition) for name in _fields(model))


def _models(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    yield model
    for part in model.__subclasses__():
        yield from _models(part)


def _fields(model: type[BaseModel]) -> Iterator[str]:
    for name, field in model.model_fields.items():
        yield field.alias or name


def _codes(study: Study) -> frozenset[str]:
    """The codes that a release names, too."""
    protocol = study.protocol
    return frozenset(
        [
            *(wave.wave for wave in protocol.waves),
            *(export.export for export in protocol.exports),
            *(block.block for export in protocol.exports for block in export.blocks),
            *(instrument.instrument for instrument in study.instruments),
            *study.scales,
        ]
    )
