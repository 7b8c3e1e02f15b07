"""Tools that write their table either as delimited text or as a workbook.

Belongs here: which of the two a file is. Does not belong here: reading either.
"""

from pathlib import Path

from dagster_project.exports.delimited import read_delimited
from dagster_project.exports.errors import ExportError, plain
from dagster_project.exports.excel import read_excel
from dagster_project.exports.sheet_parts import OLE_SIGNATURE
from dagster_project.exports.table import TextTable
from dagster_project.study import Layout

#: How workbooks begin: .xlsx, .xlsb and .ods are zip files, .xls is an OLE file.
_WORKBOOK_SIGNATURES = (b"PK\x03\x04", OLE_SIGNATURE)


def is_workbook(path: Path) -> bool:
    """Whether a file is a workbook, whatever its name."""
    with path.open("rb") as file:
        return file.read(4) in _WORKBOOK_SIGNATURES


def read_text_or_workbook(path: Path, name: str, layout: Layout) -> TextTable:
    """Read a file as what it is, whatever its name. Raises the errors of both readers, and ExportError for a sheet declared
    of a text."""
    if is_workbook(path):
        return read_excel(path, name, layout)
    if layout.sheet is not None:
        raise ExportError(f"{plain(name)}: the file is text and has no sheets; remove sheet of the export")
    return read_delimited(path, name, layout)
