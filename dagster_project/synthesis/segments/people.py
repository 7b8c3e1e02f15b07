"""Whose a passage is, and of which wave. Belongs here: cases, variables, sets and documents' names. Does not belong here:
selections and their texts (qdpx.py), the roster.

Tools write people in many ways: a case that lists documents (or passages), named by the person or nameless with variables;
a case that is a code as well, at which the person's words are coded (NVivo); a variable of the document; its name.
Cases are known by GUID, for their names may be missing or alike.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from dagster_project.synthesis.errors import SynthesisError
from dagster_project.synthesis.segments.elements import Element, children, first, guid_of, inside, target, text_of
from dagster_project.synthesis.segments.model import Coding, Interviews


def source_groups(declared: Interviews, name: str) -> dict[str, str | None]:
    """What the declared pattern finds in a document's name."""
    found = re.search(declared.source_name, name) if declared.source_name else None
    return found.groupdict() if found else {}


def wave_called(declared: Interviews, label: str | None) -> str | None:
    """The protocol's wave for what a file calls one; as it is where the study does not say."""
    return declared.waves.get(label.strip(), label.strip()) if label else None


def why_unplaced(coding: Coding, waves: Collection[str]) -> str | None:
    """Why a coding has no place in a study, before the roster is asked: it is nobody's, or of no wave."""
    if not coding.person:
        return "nothing says whose segment it is"
    if coding.wave in waves:
        return None
    return f"{coding.wave!r} is no wave of the study" if coding.wave else "nothing says of which wave it is"


@dataclass(frozen=True)
class Case:
    """A case by itself. name: may be empty."""

    name: str
    values: dict[str, str]


class People:
    """The cases, variables and sets of a project. Raises SynthesisError when a study names a variable or set that the
    project does not have."""

    def __init__(self, root: Element, declared: Interviews, file: str) -> None:
        self._declared = declared
        self._variables = {guid_of(one): one.get("name", "") for one in inside(root, "Variable")}
        self._cases: dict[str, Case] = {}
        self._of_target: dict[str, list[str]] = {}
        at_code: dict[str, list[str]] = {}
        for position, element in enumerate(inside(root, "Case")):
            key = guid_of(element) or f"#{position}"
            self._cases[key] = Case(element.get("name", "").strip(), self.values(element))
            at_code.setdefault(key, []).append(key)
            for reference in children(element, "SourceRef", "SelectionRef"):
                self._of_target.setdefault(target(reference), []).append(key)
            for reference in children(element, "CodeRef"):
                if key not in at_code.setdefault(target(reference), []):
                    at_code[target(reference)].append(key)
        #: Codes that are a person, by GUID. A code that several cases name is a code.
        self.case_of_code = {
            code: code if code in self._cases else keys[0]
            for code, keys in at_code.items()
            if len(keys) == 1 or code in self._cases
        }
        self._waves_of_set = self._sets(root, file)
        known = sorted(set(self._variables.values()))
        for option in ("person_variable", "wave_variable"):
            if (wanted := getattr(declared, option)) is not None and wanted not in known:
                raise SynthesisError(
                    f"{file}: {option}: the project has no variable {wanted!r}; the variables are"
                    f" {', '.join(known) or 'none'}; correct it in propositions.yaml"
                )

    def _sets(self, root: Element, file: str) -> dict[str, list[str]]:
        """Waves by document."""
        waves: dict[str, list[str]] = {}
        # Sets of codes stand in the codebook.
        sets = [one for one in inside(root, "Set") if first(one, "MemberSource") is not None]
        names = [one.get("name", "").strip() for one in sets]
        for wanted in self._declared.wave_sets:
            if wanted not in names:
                raise SynthesisError(
                    f"{file}: wave_sets: the project has no set of documents {wanted!r}; the sets are"
                    f" {', '.join(sorted(set(names))) or 'none'}; correct it in propositions.yaml"
                )
        for name, one in zip(names, sets, strict=True):
            if (wave := self._declared.wave_sets.get(name)) is not None:
                for member in children(one, "MemberSource"):
                    waves.setdefault(target(member), []).append(wave)
        return waves

    def values(self, element: Element) -> dict[str, str]:
        """An element's variables by name."""
        values = {}
        for value in children(element, "VariableValue"):
            name = self._variables.get(target(first(value, "VariableRef")), "")
            text = next((text_of(one) for one in value if not one.tag.endswith("VariableRef")), None)
            if name and text:
                values[name] = text
        return values

    def at(self, guid: str) -> list[str]:
        """The cases that list a document or selection."""
        return self._of_target.get(guid, [])

    def who(self, document: Element, nearest: Sequence[Iterable[str]]) -> tuple[str | None, str | None, str | None]:
        """Person and wave of a passage, and why it has none where more than one is meant.

        nearest: cases by key, those of the passage before those of the document; the document's own variables stand between.
        The nearest that says something counts.
        """
        declared = self._declared
        groups = source_groups(declared, document.get("name", ""))
        *passage, whole = [[self._cases[key] for key in dict.fromkeys(keys)] for keys in nearest]
        own = Case("", self.values(document))
        levels = [*passage, [own], whole]
        in_name = groups.get("person")
        people = [in_name] if in_name else _nearest(self._person(level) for level in levels)
        in_name = wave_called(declared, groups.get("wave"))
        waves = (
            [declared.wave]
            if declared.wave
            else [in_name]
            if in_name
            else _nearest(self._wave(level) for level in levels) or self._waves_of_set.get(guid_of(document), [])
        )
        for what, found in (("people", people), ("waves", waves)):
            if len(distinct := list(dict.fromkeys(found))) > 1:
                return None, None, f"it is of {len(distinct)} {what}: {', '.join(distinct)}"
        return (people[0] if people else None), (waves[0] if waves else None), None

    def _person(self, level: Sequence[Case]) -> Iterator[str | None]:
        variable = self._declared.person_variable
        return (case.values.get(variable) if variable else case.name or None for case in level)

    def _wave(self, level: Sequence[Case]) -> Iterator[str | None]:
        variable = self._declared.wave_variable
        return (wave_called(self._declared, case.values.get(variable)) if variable else None for case in level)


def _nearest(levels: Iterable[Iterable[str | None]]) -> list[str]:
    for level in levels:
        if found := [one for one in level if one is not None]:
            return found
    return []
