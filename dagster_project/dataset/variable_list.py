"""The list of a file's variables, as a CSV beside it: what each is, and everything that is not in the file as in the study.

Belongs here: the list. Does not belong here: the files that it is about.
"""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dagster_project.dataset.encoding import number_text, value_labels
from dagster_project.dataset.labels import Changes
from dagster_project.dataset.table import DataSet

_COLUMNS = (
    "variable", "code", "wave", "label", "rule", "kind", "level", "decimals", "lowest", "highest", "values",
    "missing_codes", "not_as_in_the_study",
)  # fmt: skip


@dataclass(frozen=True)
class FileContent:
    """What a file holds: the name and label of each variable, what was changed, the codes of missing reasons in words."""

    names: Sequence[str]
    labels: Mapping[str, str]
    changes: Changes
    missing_codes: str


def write_variable_list(data_set: DataSet, content: FileContent, file: Path) -> None:
    """Write the list, in UTF-8 with a byte order mark for Excel."""
    with file.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(_COLUMNS)
        for name, variable in zip(content.names, data_set.variables, strict=True):
            if variable.kind == "category":
                values = "; ".join(f"{row.number} = {row.label} [{row.code}]" for row in variable.categories)
            else:
                values = "; ".join(f"{number_text(number)} = {label}" for number, label in value_labels(variable).items())
            changes = [
                f"{change.kind} {change.original!r} is {change.in_file!r} in the file"
                if change.in_file
                else f"{change.kind} {change.original!r} is not in the file"
                for change in content.changes.of_variable(name)
            ]
            writer.writerow(
                [
                    *(name, variable.code, variable.wave.wave if variable.wave else "", variable.full_label, variable.rule),
                    *(variable.kind, variable.level, "" if variable.kind in ("text", "date") else variable.decimals),
                    *(variable.lowest, variable.highest, values),
                    *(content.missing_codes if variable.has_reasons else "", "; ".join(changes)),
                ]
            )
