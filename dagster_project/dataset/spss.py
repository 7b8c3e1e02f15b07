"""A data set as a .sav file of SPSS.

Belongs here: values, labels, levels, formats and declared missing values as SPSS has them. Does not belong here: other
formats.
"""

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pyreadstat

from dagster_project.dataset.encoding import (
    Column,
    code_rows,
    days_since,
    label_in_file,
    names_in_file,
    numbers_of,
    reason_numbers,
    reason_positions,
    reason_words,
    texts_of,
    value_label_in_file,
    value_labels,
)
from dagster_project.dataset.labels import SPSS_LABELS, Changes, shortened_label, utf8_bytes
from dagster_project.dataset.names import SPSS_NAMES
from dagster_project.dataset.table import DataSet
from dagster_project.dataset.variable_list import FileContent

_FIRST_DAY = date(1582, 10, 14)
_SECONDS_A_DAY = 86_400
_LONGEST_FILE_LABEL, _LONGEST_NOTE = 64, 80


def write_sav(data_set: DataSet, file: Path) -> FileContent:
    """Write the file. Returns what is in it. Missing reasons are one range of declared missing values, each with its
    label."""
    changes = Changes()
    names = names_in_file(data_set.variables, SPSS_NAMES, changes)
    codes = reason_numbers(data_set)
    code_table = np.array([*codes.values(), np.nan], dtype=np.float64)
    columns: dict[str, Column] = {}
    labels, values_labels, ranges, formats, levels = {}, {}, {}, {}, {}
    for name, variable in zip(names, data_set.variables, strict=True):
        labels[name] = label_in_file(variable, name, SPSS_LABELS, changes)
        levels[name] = variable.level
        if variable.kind == "text":
            columns[name] = pd.Series(texts_of(data_set, variable), dtype=object)
            continue
        if variable.kind == "date":
            columns[name], formats[name] = days_since(data_set, variable, _FIRST_DAY) * _SECONDS_A_DAY, "SDATE10"
            continue
        numbers = numbers_of(data_set, variable)
        own_labels = {
            number: value_label_in_file(label, name, SPSS_LABELS, changes)
            for number, label in value_labels(variable).items()
        }
        if variable.has_reasons:
            numbers = np.where(np.isnan(numbers), code_table[reason_positions(data_set, variable)], numbers)
            own_labels |= {float(code): reason_words(reason) for reason, code in codes.items()}
            ranges[name] = [{"lo": float(min(codes.values())), "hi": float(max(codes.values()))}]
        if own_labels:
            values_labels[name] = own_labels
        decimals = variable.decimals or 0
        columns[name], formats[name] = numbers, f"F{9 + decimals}.{decimals}"
    pyreadstat.write_sav(
        pd.DataFrame(columns, columns=names),
        file,
        file_label=shortened_label(f"{data_set.codebook.study.study} {data_set.release}", _LONGEST_FILE_LABEL, utf8_bytes),
        column_labels=labels,
        row_compress=True,
        note=_notes(data_set),
        variable_value_labels=values_labels,
        missing_ranges=ranges,
        variable_measure=levels,
        variable_format=formats,
    )
    return FileContent(names, labels, changes, code_rows(codes))


def _notes(data_set: DataSet) -> list[str]:
    """The study, the release, and the rule of each score, in lines of the length that the format has."""
    texts = [data_set.codebook.study.title, f"Release {data_set.release}"]
    rules = {variable.code: variable.rule for variable in data_set.variables if variable.rule is not None}
    texts += [f"{code}: {rule}" for code, rule in rules.items()]
    lines = []
    for text in texts:
        line = ""
        for word in text.split():
            while utf8_bytes(word) > _LONGEST_NOTE:
                head = next(end for end in range(len(word), 0, -1) if utf8_bytes(word[:end]) <= _LONGEST_NOTE)
                lines += [line] if line else []
                line, lines, word = "", [*lines, word[:head]], word[head:]
            longer = f"{line} {word}".strip()
            if utf8_bytes(longer) > _LONGEST_NOTE:
                lines.append(line)
                longer = word
            line = longer
        lines.append(line)
    return lines
