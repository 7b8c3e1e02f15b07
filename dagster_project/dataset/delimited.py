"""A data set as a .csv file, and a script in R that reads it with labels.

Belongs here: both files. Does not belong here: other formats.
"""

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

from dagster_project.dataset.encoding import names_in_file, number_text, reason_words
from dagster_project.dataset.labels import Changes
from dagster_project.dataset.names import R_NAMES, unique_names
from dagster_project.dataset.table import DataSet
from dagster_project.dataset.variable_list import FileContent
from dagster_project.dataset.variables import WAVE, Variable

_HEAD = r"""# Reads {csv} with its labels; base R alone. In the folder of both files: source("{script}")
# makes `data_set`. Categories are factors in the order of the study, answers and scores numbers, days dates. A value that
# is not there is NA, and the column <variable>__missing says why. Attributes: "label" of every variable, "labels" of
# answers with texts (text = number), "rule" of scores.
if (!exists("folder")) folder <- "."
data_set <- read.csv(
  file.path(folder, "{csv}"), colClasses = "character", na.strings = "", check.names = FALSE, encoding = "UTF-8"
)
.category <- function(values, label, codes, labels, ordered = FALSE) {{
  structure(factor(values, levels = codes, labels = labels, ordered = ordered), label = label)
}}
.number <- function(values, label, labels = NULL, rule = NULL) {{
  structure(as.numeric(values), label = label, labels = labels, rule = rule)
}}
.date <- function(values, label) structure(as.Date(values), label = label)
.text <- function(values, label) structure(values, label = label)
.reasons <- c({reasons})
.reason_labels <- c({reason_labels})
.reason <- function(values) factor(values, levels = .reasons, labels = .reason_labels)

"""
#: So many rows are texts at a time: texts of all of them would take several times the memory of the data set.
_BATCH = 5_000
_TAIL = "\nrm(.category, .number, .date, .text, .reasons, .reason_labels, .reason)\n"


def write_csv(data_set: DataSet, file: Path) -> FileContent:
    """Write the file, in UTF-8 without a byte order mark, and the script beside it. Returns what is in it.

    Categories by code, numbers with all their digits, days as 2024-01-31, nothing for a value that is missing; after each
    variable that says why, the reason.
    """
    changes = Changes()
    names = names_in_file(data_set.variables, R_NAMES, changes)
    stems = [(name, "") for name in names] + [(name, "__missing") for name in names]
    reason_names = unique_names(stems, R_NAMES)[len(names) :]
    header: list[str] = []
    for name, reason_name, variable in zip(names, reason_names, data_set.variables, strict=True):
        header += [name, reason_name] if variable.has_reasons else [name]
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(header)
        for batch in data_set.batches(_BATCH):
            writer.writerows(zip(*_columns(batch), strict=True))
    script = file.with_suffix(".R")
    script.write_text(_script(data_set, file.name, script.name, names, reason_names), encoding="ascii")
    return FileContent(names, {}, changes, "in words, in the column <variable>__missing")


def _columns(data_set: DataSet) -> Iterator[Sequence[str]]:
    """The cells of each column of the file."""
    for variable in data_set.variables:
        yield list(_cells(data_set, variable))
        if variable.has_reasons:
            yield [reason or "" for reason in data_set.reasons(variable).to_pylist()]


def _cells(data_set: DataSet, variable: Variable) -> Iterator[str]:
    for value in data_set.column(variable).to_pylist():
        yield "" if value is None else number_text(value) if isinstance(value, float) else str(value)


def _script(data_set: DataSet, csv_name: str, script_name: str, names: Sequence[str], reason_names: Sequence[str]) -> str:
    reasons = data_set.codebook.reasons
    lines = []
    for name, reason_name, variable in zip(names, reason_names, data_set.variables, strict=True):
        column = f"data_set[[{_quoted(name)}]]"
        lines.append(f"{column} <- {_call(column, variable)}")
        if variable.has_reasons:
            reason_column = f"data_set[[{_quoted(reason_name)}]]"
            lines.append(f"{reason_column} <- .reason({reason_column})")
    head = _HEAD.format(
        csv=csv_name,
        script=script_name,
        reasons=", ".join(map(_quoted, reasons)),
        reason_labels=", ".join(_quoted(reason_words(reason)) for reason in reasons),
    )
    return head + "\n".join(lines) + "\n" + _TAIL


def _call(column: str, variable: Variable) -> str:
    arguments = [column, _quoted(variable.full_label)]
    if variable.kind == "category":
        is_wave = variable.code == WAVE
        arguments.append(f"c({', '.join(_quoted(row.code) for row in variable.categories)})")
        arguments.append(f"c({', '.join(_quoted(row.code if is_wave else row.label) for row in variable.categories)})")
        arguments += ["ordered = TRUE"] if variable.is_ordered else []
    if variable.answer_labels:
        labels = ", ".join(f"{_quoted(label)} = {number_text(number)}" for number, label in variable.answer_labels.items())
        arguments.append(f"labels = c({labels})")
    if variable.rule is not None:
        arguments.append(f"rule = {_quoted(variable.rule)}")
    return f".{variable.kind}({', '.join(arguments)})"


def _quoted(text: str) -> str:
    """A text in R, in ASCII: what is beyond as \\u escapes, so that the script is the same in every encoding."""
    characters = []
    for character in text:
        if character in '"\\':
            characters.append(f"\\{character}")
        elif " " <= character <= "~":
            characters.append(character)
        else:
            characters.append(f"\\u{{{ord(character):x}}}" if ord(character) <= 0xFFFF else f"\\U{{{ord(character):x}}}")
    return f'"{"".join(characters)}"'
