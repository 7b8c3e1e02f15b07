"""Stata files (.dta): values back to text, labels kept, extended missing values as Stata writes them (.a to .z).

Belongs here: one file to one `TextTable`. Does not belong here: what a missing value means; the protocol declares that.
"""

from pathlib import Path

from dagster_project.exports.date_formats import stata_writer
from dagster_project.exports.labelled import read_with
from dagster_project.exports.sas import labelled_table
from dagster_project.exports.table import TextTable
from dagster_project.study import Layout


def read_stata(path: Path, name: str, layout: Layout) -> TextTable:
    """Read a Stata file. `source_rows` are observation numbers from 1; `special_codes` the extended missing values in use.

    Raises ExportError for a file that is not a Stata file or is damaged.
    """
    file_content = read_with(path, name, "Stata", "read_dta", layout.encoding, user_missing=True)
    return labelled_table(file_content, "Stata", lambda letter: f".{letter}", stata_writer)
