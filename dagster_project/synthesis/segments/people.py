"""The person and the wave of a passage. Belongs here: cases, variables, sets and documents' names. Does not belong here:
selections and their texts (qdpx.py), the roster.

Tools record people in several ways: a case that lists documents (or passages), with the person's name or with variables
only; a case that is also a code, applied to the person's words (NVivo); a variable of the document; the document's name.
Cases are identified by GUID, because their names may be missing or the same.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from dagster_project.exports import groups_of
from dagster_project.readable_files import most_of
from dagster_project.synthesis.errors import SynthesisError
from dagster_project.synthesis.segments.elements import (
    Element,
    children,
    descendants,
    first_child,
    guid_of,
    target_guid,
    text_of,
)
from dagster_project.synthesis.segments.model import Coding, Interviews
from dagster_project.withholding import of_cell, of_person


def name_groups(declaration: Interviews, name: str) -> dict[str, str | None]:
    """The groups that the declared pattern captures in a document's name."""
    return _captured(declaration.source_name, name) if declaration.source_name else {}


@lru_cache(maxsize=10_000)
def _captured(pattern: str, name: str) -> dict[str, str | None]:
    """What a pattern captures in a name. Python's patterns can take ages on a short text, so another process applies it."""
    groups = groups_of(pattern, [name])
    if groups is None:
        raise SynthesisError(
            f"source_name: {pattern!r} is not done with the name {of_cell(repr(name[:40]))} after"
            f" {most_of('file_seconds')} seconds; write it without repeats of repeats, such as (\\w+)+"
        )
    return groups[0]


def protocol_wave(declaration: Interviews, label: str | None) -> str | None:
    """The protocol's wave for a wave's label in a file; the label itself where the study declares no wave for it."""
    return declaration.waves.get(label.strip(), label.strip()) if label else None


def unplaced_reason(coding: Coding, waves: Collection[str]) -> str | None:
    """Why a coding has no person or no wave of the study, before the roster is consulted; None if it has both."""
    if not coding.person:
        return "the segment has no person"
    if coding.wave in waves:
        return None
    return f"{of_cell(repr(coding.wave))} is not a wave of the study" if coding.wave else "the segment has no wave"


@dataclass(frozen=True)
class Case:
    """A case or a document with its variables by name. name: may be empty."""

    name: str
    values: dict[str, str]


class People:
    """The cases, variables and sets of a project. Raises SynthesisError when a study names a variable or set that the
    project does not have."""

    def __init__(self, root: Element, declaration: Interviews, file: str) -> None:
        self._declaration = declaration
        self._variables = {guid_of(variable): variable.get("name", "") for variable in descendants(root, "Variable")}
        self._cases: dict[str, Case] = {}
        self._cases_of_target: dict[str, list[str]] = {}
        cases_of_code: dict[str, list[str]] = {}
        for position, element in enumerate(descendants(root, "Case")):
            key = guid_of(element) or f"#{position}"
            self._cases[key] = Case(element.get("name", "").strip(), self.variable_values(element))
            cases_of_code.setdefault(key, []).append(key)
            for reference in children(element, "SourceRef", "SelectionRef"):
                self._cases_of_target.setdefault(target_guid(reference), []).append(key)
            for reference in children(element, "CodeRef"):
                if key not in cases_of_code.setdefault(target_guid(reference), []):
                    cases_of_code[target_guid(reference)].append(key)
        #: The case of each code that represents a person, by GUID. A code that several cases refer to is an ordinary code.
        self.case_of_code = {
            code: code if code in self._cases else keys[0]
            for code, keys in cases_of_code.items()
            if len(keys) == 1 or code in self._cases
        }
        self._waves_of_set = self._document_sets(root, file)
        names = sorted(set(self._variables.values()))
        for option in ("person_variable", "wave_variable"):
            if (variable := getattr(declaration, option)) is not None and variable not in names:
                raise SynthesisError(
                    f"{file}: {option}: the project has no variable {variable!r}; the variables are"
                    f" {', '.join(names) or 'none'}; correct it in propositions.yaml"
                )

    def _document_sets(self, root: Element, file: str) -> dict[str, list[str]]:
        """The waves of each document by its sets."""
        waves: dict[str, list[str]] = {}
        # Sets without a document are sets of codes, in the codebook.
        sets = [element for element in descendants(root, "Set") if first_child(element, "MemberSource") is not None]
        names = [element.get("name", "").strip() for element in sets]
        for set_name in self._declaration.wave_sets:
            if set_name not in names:
                raise SynthesisError(
                    f"{file}: wave_sets: the project has no set of documents {set_name!r}; the sets are"
                    f" {', '.join(sorted(set(names))) or 'none'}; correct it in propositions.yaml"
                )
        for name, element in zip(names, sets, strict=True):
            if (wave := self._declaration.wave_sets.get(name)) is not None:
                for member in children(element, "MemberSource"):
                    waves.setdefault(target_guid(member), []).append(wave)
        return waves

    def variable_values(self, element: Element) -> dict[str, str]:
        """The values of an element's variables by name."""
        values = {}
        for value in children(element, "VariableValue"):
            name = self._variables.get(target_guid(first_child(value, "VariableRef")), "")
            text = next((text_of(child) for child in value if not child.tag.endswith("VariableRef")), None)
            if name and text:
                values[name] = text
        return values

    def cases_listing(self, guid: str) -> list[str]:
        """The cases that list a document or selection."""
        return self._cases_of_target.get(guid, [])

    def person_and_wave(
        self, document: Element, case_levels: Sequence[Iterable[str]]
    ) -> tuple[str | None, str | None, str | None]:
        """Person and wave of a passage; and the reason why it has neither, where several people or waves apply.

        case_levels: keys of cases from the nearest level to the farthest, the last being those of the whole document. The
        document's own variables come just before the last. The nearest level with a value decides.
        """
        declaration = self._declaration
        groups = name_groups(declaration, document.get("name", ""))
        *passage_levels, document_level = [[self._cases[key] for key in dict.fromkeys(keys)] for keys in case_levels]
        document_variables = Case("", self.variable_values(document))
        levels = [*passage_levels, [document_variables], document_level]
        name_person = groups.get("person")
        people = [name_person] if name_person else _nearest_values(self._people(level) for level in levels)
        name_wave = protocol_wave(declaration, groups.get("wave"))
        if declaration.wave:
            waves = [declaration.wave]
        elif name_wave:
            waves = [name_wave]
        else:
            waves = _nearest_values(self._waves(level) for level in levels) or self._waves_of_set.get(guid_of(document), [])
        for noun, values in (("people", people), ("waves", waves)):
            if len(distinct := list(dict.fromkeys(values))) > 1:
                texts = [of_person(value, value) if noun == "people" else of_cell(value) for value in distinct]
                return None, None, f"it is of {len(distinct)} {noun}: {', '.join(texts)}"
        return (people[0] if people else None), (waves[0] if waves else None), None

    def _people(self, level: Sequence[Case]) -> Iterator[str | None]:
        variable = self._declaration.person_variable
        return (case.values.get(variable) if variable else case.name or None for case in level)

    def _waves(self, level: Sequence[Case]) -> Iterator[str | None]:
        variable = self._declaration.wave_variable
        return (protocol_wave(self._declaration, case.values.get(variable)) if variable else None for case in level)


def _nearest_values(levels: Iterable[Iterable[str | None]]) -> list[str]:
    """The values of the first level that has any."""
    for level in levels:
        if values := [value for value in level if value is not None]:
            return values
    return []
