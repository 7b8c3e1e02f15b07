"""The pages of keys: every key of every YAML file that a study may have. What a key means stands in its model.

Belongs here: which files there are, and the layout of their pages. Does not belong here: reading a model (schema.py).
"""

from dataclasses import dataclass
from functools import cached_property

import yaml
from pydantic import BaseModel

from dagster_project.places import EXAMPLE, PACKAGE
from dagster_project.reference.examples import EXAMPLES
from dagster_project.reference.schema import Key, KeyGroup, key_groups
from dagster_project.reference.text import code, heading, plain, sentence
from dagster_project.report.checklists.declared import Answers
from dagster_project.study.instruments import Instrument
from dagster_project.study.norms import NormFile
from dagster_project.study.own_tables import OwnTables
from dagster_project.study.protocol import Protocol
from dagster_project.synthesis.propositions import PropositionFile

#: Keys of study.yaml that are put elsewhere before it is validated, so that no model has them: type, meaning, example.
SHORT_KEYS = {
    "roster": (
        "wave, or by name: wave and columns",
        "the wave whose people are the study's, where no file of its own lists them; with from and columns where that wave's"
        " export also says who they are (and leaving, special_codes, decimal_of_columns, as in an export)",
        "roster: {from: T1, columns: {age: Age}}",
    ),
    "months": (
        "by name: number, 0 or more",
        "the planned month of each wave, in the place of month in each of waves",
        "months: {T1: 0, T2: 3}",
    ),
}


@dataclass(frozen=True)
class DefinitionFile:
    """A YAML file of a study. page: of the reference. pattern: which files of a study it is. introduction: its purpose."""

    page: str
    pattern: str
    model: type[BaseModel]
    introduction: str

    @cached_property
    def groups(self) -> list[KeyGroup]:
        files = [*sorted(EXAMPLE.glob(self.pattern)), *sorted(PACKAGE.glob(self.pattern))]
        contents: list[object] = [yaml.safe_load(file.read_text(encoding="utf-8")) for file in files]
        return key_groups(self.model.model_json_schema(by_alias=True), contents, EXAMPLES)

    def text(self) -> str:
        return "\n\n".join([f"# {self.pattern}", self.introduction, _HOW_TO_READ, *map(self._section, self.groups)]) + "\n"

    def silent(self) -> list[str]:
        """Keys without a meaning, and keys that neither an example nor their words show how to write."""
        names = [
            f"{group.name or self.pattern}.{key.name}" for group in self.groups for key in group.keys if not key.description
        ]
        names += [
            f"{group.name or self.pattern}.{key.name}: no example"
            for group in self.groups
            for key in group.keys
            if not key.has_example and "](#" not in key.type_text
        ]
        return names + [group.name for group in self.groups if not group.description]

    def _section(self, group: KeyGroup) -> str:
        parts = []
        if group.name:
            paths = ", ".join(code(path) for path in group.paths)
            parts.append(heading(2, group.name, group.name))
            parts.append(f"At {paths}. {plain(sentence(group.description.split(chr(10))[0]))}")
        rows = [_row(key) for key in group.keys]
        if not group.name and self.model is Protocol:
            rows += [_short_row(name) for name in SHORT_KEYS]
        return "\n\n".join([*parts, "\n".join(["| key | meaning |", "|---|---|", *rows])])


_HOW_TO_READ = (
    "A key that is misspelt is refused. Codes begin with a lower-case letter and go on with lower-case letters, digits and"
    " underscores. `wavehouse check` reads the file without running anything."
)


def _row(key: Key) -> str:
    state = "required" if key.is_required else f"default {code(key.default)}" if key.default else "may be left out"
    example = f"<br>Example: {code(key.example)}" if key.example else ""
    return f"| {code(key.name)}<br>{key.type_text}<br>*{state}* | {plain(sentence(key.description))}{example} |"


def _short_row(name: str) -> str:
    type_text, description, example = SHORT_KEYS[name]
    return (
        f"| {code(name)}<br>{type_text}<br>*may be left out* | {plain(sentence(description))}<br>Example: {code(example)} |"
    )


FILES = (
    DefinitionFile(
        "study-yaml.md", "study.yaml", Protocol,
        "The protocol: what was planned, who the people are, and how each export writes it. Every study has one.",
    ),
    DefinitionFile(
        "instruments-yaml.md", "instruments/*.yaml", Instrument,
        "One questionnaire: positions, answer codes and keys, never the wording of others. The same keys are used by the"
        " instruments of the library (`wavehouse instruments` lists them).",
    ),
    DefinitionFile(
        "norms-yaml.md", "norms.yaml", NormFile,
        "Means and SDs of other people, to set the scales beside. A study without norms has no such file, or an empty one.",
    ),
    DefinitionFile(
        "propositions-yaml.md", "propositions.yaml", PropositionFile,
        "Sentences of a paper as claims that every run judges again, and the coded interviews beside them.",
    ),
    DefinitionFile(
        "tables-yaml.md", "tables.yaml", OwnTables,
        "Tables and figures of the study's own, of results that are there. A study without any has no such file.",
    ),
    DefinitionFile(
        "checklists-yaml.md", "checklists.yaml", Answers,
        "What only authors can say of the items of a reporting checklist.",
    ),
)  # fmt: skip
