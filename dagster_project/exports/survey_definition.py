"""A survey's own definition, as its tool writes it: what the columns of an export are, and what their codes stand for.

Belongs here: what Qualtrics' (qsf.py) and ODK's (xlsform.py) definitions have in common. Does not belong here: REDCap's data
dictionary (data_dictionary.py), which an export declares; the wording of questions, which nobody keeps.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from dagster_project.exports.data_dictionary import plain_label

#: choice: one of several answers. box: one of several that may be ticked. other: no closed question, or of the tool itself.
ColumnKind = Literal["choice", "number", "box", "other"]


@dataclass(frozen=True)
class DefinedColumn:
    """A column. labels: code to label, in the order in which people see them, in each language or manner in which an export
    may be written. group: the question, or group of questions, whose rows are asked together. limits: of a number."""

    kind: ColumnKind
    labels: tuple[Mapping[str, str], ...] = ()
    group: str = ""
    limits: tuple[int, int] | None = None

    def labels_for(self, texts: Collection[str]) -> dict[str, str]:
        """The labels in the manner that has most of a column's cells; a label of two codes is left out."""
        best = max(self.labels, key=lambda labels: len({*labels, *labels.values()} & set(texts)), default={})
        counts = Counter(best.values())
        return {code: label for code, label in best.items() if label and counts[label] == 1}


@dataclass(frozen=True)
class SurveyDefinition:
    """tool: who wrote it. columns: by each name that a column may have. problems: what of it could not be read, a sentence
    each, beginning with the file."""

    tool: str
    columns: Mapping[str, DefinedColumn]
    problems: tuple[str, ...] = field(default=())

    def column(self, names: Iterable[str]) -> DefinedColumn | None:
        """What it says of a column that has some names, the surest first; None if it knows none of them."""
        return next((self.columns[name] for name in names if name in self.columns), None)


def choice_label(text: object) -> str:
    """A choice's label as an export prints it: without tags and entities."""
    return plain_label(str(text))
