"""A data set as a .dta file of Stata (format of Stata 15, which 14 and later read).

Belongs here: values, labels, formats and extended missing values as Stata has them. Does not belong here: other formats.
"""

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyreadstat

from dagster_project.dataset.encoding import (
    Column,
    Numbers,
    code_rows,
    days_since,
    label_in_file,
    names_in_file,
    number_text,
    numbers_of,
    reason_letters,
    reason_positions,
    reason_words,
    texts_of,
    value_label_in_file,
    value_labels,
)
from dagster_project.dataset.labels import STATA_LABELS, Changes, shortened_label
from dagster_project.dataset.names import STATA_NAMES
from dagster_project.dataset.table import DataSet
from dagster_project.dataset.variable_list import FileContent
from dagster_project.dataset.variables import Variable

_FIRST_DAY = date(1960, 1, 1)
_LARGEST_LONG = 2_147_483_620
_LONGEST_FILE_LABEL = 80


def write_dta(data_set: DataSet, file: Path) -> FileContent:
    """Write the file. Returns what is in it. Missing reasons are .a, .b, …, each with its label."""
    changes = Changes()
    # pyreadstat calls a set of value labels by its variable's name and number, for which Stata has 32 characters, too.
    longest = STATA_NAMES.longest - len(str(len(data_set.variables)))
    names = names_in_file(data_set.variables, replace(STATA_NAMES, longest=longest), changes)
    letters = reason_letters(data_set)
    columns: dict[str, Column] = {}
    labels, values_labels, missing_letters, formats = {}, {}, {}, {}
    for name, variable in zip(names, data_set.variables, strict=True):
        labels[name] = label_in_file(variable, name, STATA_LABELS, changes)
        if variable.kind == "text":
            columns[name] = pd.Series(texts_of(data_set, variable), dtype=object)
            continue
        if variable.kind == "date":
            columns[name], formats[name] = days_since(data_set, variable, _FIRST_DAY), "%td"
            continue
        numbers = numbers_of(data_set, variable)
        own_labels: dict[int | str, str] = {}
        for number, label in value_labels(variable).items():
            if number != int(number):
                changes.note(name, "value label", f"{number_text(number)} = {label}", "")
                continue
            own_labels[int(number)] = value_label_in_file(label, name, STATA_LABELS, changes)
        decimals = variable.decimals or 0
        formats[name] = f"%{10 + decimals}.{decimals}f" if decimals else "%10.0g"
        columns[name] = numbers
        if variable.has_reasons:
            own_labels |= {letter: reason_words(reason) for reason, letter in letters.items()}
            missing_letters[name] = list(letters.values())
            columns[name] = _with_letters(variable, numbers, reason_positions(data_set, variable), list(letters.values()))
        if own_labels:
            values_labels[name] = own_labels
    pyreadstat.write_dta(
        pd.DataFrame(columns, columns=names),
        file,
        file_label=shortened_label(f"{data_set.codebook.study.study} {data_set.release}", _LONGEST_FILE_LABEL, len),
        column_labels=labels,
        variable_value_labels=values_labels,
        missing_user_values=missing_letters,
        variable_format=formats,
    )
    return FileContent(names, labels, changes, code_rows({reason: f".{letter}" for reason, letter in letters.items()}))


def _with_letters(
    variable: Variable, numbers: Numbers, positions: npt.NDArray[np.int64], letters: list[str]
) -> "pd.Series[object]":
    """Numbers and letters of missing reasons in one column; whole numbers as Stata's integers where all of them fit."""
    is_number = ~np.isnan(numbers)
    is_whole = bool(np.all(numbers[is_number] == np.round(numbers[is_number])))
    is_whole &= variable.is_whole or variable.kind == "category"
    is_whole &= bool(np.all(np.abs(numbers[is_number]) <= _LARGEST_LONG))
    entries = np.full(len(numbers), None, dtype=object)
    entries[is_number] = numbers[is_number].astype(np.int64 if is_whole else np.float64).tolist()
    has_reason = ~is_number & (positions >= 0)
    entries[has_reason] = np.array(letters, dtype=object)[positions[has_reason]]
    return pd.Series(entries, dtype=object)
