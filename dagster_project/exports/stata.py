"""Stata files (.dta): values back to text, labels kept, extended missing values as Stata writes them (.a to .z).

Belongs here: one file to one `TextTable`. Does not belong here: what a missing value means; the protocol declares that.
"""

from pathlib import Path

from dagster_project.exports.labelled import read_with
from dagster_project.exports.sas import labelled_table
from dagster_project.exports.table import TextTable


def read_stata(path: Path, name: str) -> TextTable:
    """Read a Stata file. `source_rows` are observation numbers from 1; `special_codes` the extended missing values in use.

    Raises ExportError for a file that is not a Stata file or is damaged.
    """
    values, metadata = read_with(path, name, "Stata", "read_dta", user_missing=True)
    return labelled_table(values, metadata, "Stata", lambda letter: f".{letter}")
