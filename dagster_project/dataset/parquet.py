"""A data set as a Parquet file: typed columns, categories by label, reasons beside the values, a description of each column.

Belongs here: the table as Arrow has it, which Python's DataFrames are made of, too. Does not belong here: other formats.
"""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from dagster_project.dataset.encoding import names_in_file, number_text
from dagster_project.dataset.labels import Changes
from dagster_project.dataset.names import NameRule, unique_names
from dagster_project.dataset.table import DataSet
from dagster_project.dataset.variable_list import FileContent
from dagster_project.dataset.variables import NO_YES, WAVE, Variable


def labelled_table(data_set: DataSet, rule: NameRule) -> tuple[pa.Table, FileContent]:
    """The data set under the names of a rule, and what is in it. Categories are dictionaries of labels, of waves of
    their codes.

    Of each variable that says why values are missing, a column <name>__missing follows it.
    """
    changes = Changes()
    names = names_in_file(data_set.variables, rule, changes)
    columns, fields = [], []
    stems = [(name, "") for name in names] + [(name, "__missing") for name in names]
    reason_names = unique_names(stems, rule)[len(names) :]
    for name, reason_name, variable in zip(names, reason_names, data_set.variables, strict=True):
        column = _column(data_set, variable)
        description = {"label": variable.full_label} | ({"rule": variable.rule} if variable.rule else {})
        if variable.answer_labels:
            labels = {number_text(number): label for number, label in variable.answer_labels.items()}
            description["labels"] = json.dumps(labels, ensure_ascii=False)
        columns.append(column)
        fields.append(pa.field(name, column.type, metadata=description))
        if variable.has_reasons:
            reasons = pa.DictionaryArray.from_arrays(
                pc.index_in(data_set.reasons(variable), value_set=pa.array(data_set.codebook.reasons, pa.string())),
                pa.array(data_set.codebook.reasons, pa.string()),
            )
            columns.append(reasons)
            fields.append(pa.field(reason_name, reasons.type, metadata={"label": f"Why {variable.name} is missing"}))
    metadata = {"study": data_set.codebook.study.study, "release": data_set.release}
    table = pa.Table.from_arrays(columns, schema=pa.schema(fields, metadata=metadata))
    return table, FileContent(names, {}, changes, "in words, in the column <variable>__missing")


def write_parquet(data_set: DataSet, file: Path, rule: NameRule) -> FileContent:
    """Write the file. Returns what is in it."""
    table, content = labelled_table(data_set, rule)
    pq.write_table(table, file)
    return content


def _column(data_set: DataSet, variable: Variable) -> pa.Array:
    column = data_set.column(variable)
    if variable.is_flag:
        return pc.equal(column, NO_YES[1].code)
    if variable.kind == "category":
        codes = [row.code for row in variable.categories]
        labels = codes if variable.code == WAVE else [row.label for row in variable.categories]
        positions = pc.index_in(column, value_set=pa.array(codes, pa.string()))
        return pa.DictionaryArray.from_arrays(positions, pa.array(labels, pa.string()), ordered=variable.is_ordered)
    return column.cast(pa.int64()) if variable.is_whole else column
