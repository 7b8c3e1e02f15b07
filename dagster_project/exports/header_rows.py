"""Headers of several rows, and rows of labels below them.

Belongs here: one header from several rows. Does not belong here: finding out how many rows a header has; that is declared,
or known of a tool.
"""

from collections.abc import Sequence
from dataclasses import replace

from dagster_project.exports.errors import ExportError, plain
from dagster_project.exports.table import TextTable
from dagster_project.study import Layout

#: Between the parts of a column's name that stand in different rows.
JOINT = " | "


def joined_header(rows: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """One header from several rows of it: each column's texts from top to bottom, joined by a bar.

    A question stands over the first of its columns only, so that a text of any row but the last holds for the blank cells to
    its right, up to the next text in its own row or in one above. A column that is blank in all rows stays without a name; a
    column that is blank in the last row gets nothing from its left.
    """
    upper_rows: list[list[str]] = []
    for row in rows[:-1]:
        carried: list[str] = []
        for index, cell in enumerate(row):
            starts_anew = any(upper[index].strip() for upper in rows[: len(upper_rows)])
            carried.append(cell if cell.strip() or index == 0 or starts_anew else carried[-1])
        upper_rows.append(carried)
    names = []
    for index, last in enumerate(rows[-1]):
        upper_texts = [
            carried[index] if last.strip() else row[index] for carried, row in zip(upper_rows, rows, strict=False)
        ]
        names.append(JOINT.join(text.strip() for text in (*upper_texts, last) if text.strip()))
    return tuple(names)


def with_header(table: TextTable, layout: Layout, name: str) -> TextTable:
    """A table whose first row was taken for its header, with the header and the labels that its layout declares.

    Raises ExportError if there are fewer rows than that.
    """
    further_rows, label_rows = layout.header_rows - 1, layout.label_rows
    if not further_rows and not label_rows:
        return table
    if table.row_count < further_rows + label_rows:
        row_total = 1 + further_rows + label_rows
        raise ExportError(
            f"{plain(name)}: the file has {table.row_count + 1} rows, fewer than the {row_total} of its header and labels;"
            " correct header_rows or label_rows of the export"
        )
    columns = joined_header([list(table.columns), *(table.row(index) for index in range(further_rows))])
    labels = label_texts(columns, [table.row(index) for index in range(further_rows, further_rows + label_rows)])
    return replace(table.without_first(further_rows + label_rows), columns=columns, column_labels=labels)


def label_texts(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> dict[str, str]:
    """Each column's label: the first text that the rows of labels have for it."""
    labels: dict[str, str] = {}
    for row in rows:
        for column, label in zip(columns, row, strict=False):
            if label.strip():
                labels.setdefault(column, label)
    return labels
