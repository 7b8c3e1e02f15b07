"""Values of a data set as numbers: categories by number, reasons by codes outside every value.

Belongs here: what SPSS and Stata files have in common. Does not belong here: either format (spss.py, stata.py).
"""

import string
from collections.abc import Mapping, Sequence
from datetime import date
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.dataset.labels import Changes, LabelRule, shortened_label
from dagster_project.dataset.names import NameRule, unique_names
from dagster_project.dataset.table import DataSet
from dagster_project.dataset.variables import Variable

Numbers = npt.NDArray[np.float64]
#: A variable's values as a DataFrame takes them.
Column: TypeAlias = "Numbers | pd.Series[object]"
_SMALLEST_BLOCK = 900


def reason_words(reason: str) -> str:
    """A missing reason as people read it."""
    return reason.replace("_", " ")


def reason_numbers(data_set: DataSet) -> dict[str, int]:
    """The number of each missing reason, the same for all variables: -901, -902, …, or -9001, … where values reach so
    far."""
    block = _SMALLEST_BLOCK
    while data_set.floor < -block:
        block *= 10
    return {reason: -block - number for number, reason in enumerate(data_set.codebook.reasons, start=1)}


def reason_letters(data_set: DataSet) -> dict[str, str]:
    """The letter of each missing reason: a for .a, and so on."""
    return dict(zip(data_set.codebook.reasons, string.ascii_lowercase, strict=False))


def numbers_of(data_set: DataSet, variable: Variable) -> Numbers:
    """The values of a number or a category; NaN where there is none."""
    column = data_set.column(variable)
    if variable.kind == "category":
        positions = pc.index_in(column, value_set=pa.array([row.code for row in variable.categories], pa.string()))
        table = pa.array([float(row.number) for row in variable.categories], pa.float64())
        column = table.take(positions)
    return np.asarray(column.to_numpy(zero_copy_only=False), dtype=np.float64)


def reason_positions(data_set: DataSet, variable: Variable) -> npt.NDArray[np.int64]:
    """Which of the codebook's reasons stands in each row; -1 for none."""
    reasons = pa.array(data_set.codebook.reasons, pa.string())
    positions = pc.index_in(data_set.reasons(variable), value_set=reasons)
    return np.asarray(pc.fill_null(positions, -1).to_numpy(zero_copy_only=False), dtype=np.int64)


def texts_of(data_set: DataSet, variable: Variable) -> list[str]:
    """The values of a text; neither format tells an empty text from none."""
    return [text or "" for text in data_set.column(variable).to_pylist()]


def days_since(data_set: DataSet, variable: Variable, start: date) -> Numbers:
    """The values of a date as days since a format's first day."""
    days = data_set.column(variable).cast(pa.int32()).cast(pa.float64())
    epoch = date(1970, 1, 1).toordinal()
    return np.asarray(days.to_numpy(zero_copy_only=False), dtype=np.float64) + (epoch - start.toordinal())


def number_text(number: float) -> str:
    """A number with all its digits: 7 for 7.0."""
    return str(int(number)) if number == int(number) else repr(float(number))


def value_labels(variable: Variable) -> Mapping[float, str]:
    """The labels of a variable's values."""
    if variable.kind == "category":
        return {float(row.number): row.label for row in variable.categories}
    return variable.answer_labels


def names_in_file(variables: Sequence[Variable], rule: NameRule, changes: Changes) -> list[str]:
    """The name of each variable in a file."""
    names = unique_names([(variable.code, variable.suffix) for variable in variables], rule)
    return [changes.note(name, "name", variable.name, name) for name, variable in zip(names, variables, strict=True)]


def label_in_file(variable: Variable, name: str, rule: LabelRule, changes: Changes) -> str:
    """A variable's label: with its wave's label, where there is room for both. Rules of scores are none of it: programs
    print labels in every table."""
    candidates = [variable.full_label, f"{variable.label}, {variable.wave.wave}" if variable.wave else variable.full_label]
    label = next((text for text in candidates if rule.size(text) <= rule.longest), None)
    if label is None:
        label = shortened_label(candidates[-1], rule.longest, rule.size)
    return changes.note(name, "label", candidates[0], label)


def value_label_in_file(label: str, name: str, rule: LabelRule, changes: Changes) -> str:
    """A value's label."""
    return changes.note(name, "value label", label, shortened_label(label, rule.longest_of_values, rule.size))


def code_rows(codes: Mapping[str, int] | Mapping[str, str]) -> str:
    """Codes of missing reasons in words: -901 refused; -902 invalid; …"""
    return "; ".join(f"{code} {reason_words(reason)}" for reason, code in codes.items())
