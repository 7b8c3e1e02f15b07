"""Direct identifiers in what a study declares and people read: labels, titles, notes, codes' texts.

Belongs here: going through the definitions. Does not belong here: the patterns (patterns.py), cells of exports (columns.py).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pydantic import BaseModel

from dagster_project.direct_identifiers.patterns import EMAIL, PHONE, Detection, detections
from dagster_project.study import Study

#: What nobody reads as a label: where things lie, how they are read, what a service is called by.
_NOT_LABELS = frozenset({"exports", "file", "not_identifying", "cited_releases", "study", "starts_on", "published"})
#: Citations and terms: they name people and places that are published, but nobody's address of their own.
_CITATIONS = frozenset({"source", "licence", "note", "title"})


@dataclass(frozen=True)
class DefinitionFinding:
    """A direct identifier in a definition. key: where, as the definitions call it."""

    key: str
    detection: Detection


def definition_findings(study: Study) -> Iterator[DefinitionFinding]:
    """What the definitions say that tells who somebody is, but for the texts under not_identifying."""
    accepted = set(study.protocol.not_identifying)
    parts: list[tuple[str, object]] = [("study.yaml", study.protocol)]
    parts += [(f"instruments/{instrument.instrument}.yaml", instrument) for instrument in study.instruments]
    parts.append(("norms.yaml", study.norms))
    for file, part in parts:
        for key, text in _texts(part, ""):
            if text in accepted:
                continue
            for detection in detections(text):
                is_citation = key.rpartition(".")[2].rstrip("]0123456789[") in _CITATIONS
                if not is_citation or detection.kind in (EMAIL, PHONE):
                    yield DefinitionFinding(f"{file}: {key}", detection)


def _texts(value: object, key: str) -> Iterator[tuple[str, str]]:
    """Every text of a definition with its key, and the keys that are texts of cells themselves."""
    if isinstance(value, BaseModel):
        for name in type(value).model_fields:
            if name not in _NOT_LABELS:
                yield from _texts(getattr(value, name), f"{key}.{name}" if key else name)
    elif isinstance(value, Mapping):
        for name, content in value.items():
            yield from _texts(str(name), key)
            yield from _texts(content, f"{key}.{name}")
    elif isinstance(value, str):
        yield key, value
    elif isinstance(value, Sequence):
        for position, content in enumerate(value):
            yield from _texts(content, f"{key}[{position}]")
