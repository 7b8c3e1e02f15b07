"""An export's file without some of its rows: written anew, read back, and compared cell by cell with what it was.

Belongs here: which formats can be written so that all else stays the same, and the proof that it did. Does not belong here:
cutting text (text_rows.py), workbooks (workbook_rows.py, document_rows.py) and files of Stata and SAS (stata_rows.py,
transport_rows.py), whose rows they are (people.py).
"""

import zipfile
from collections.abc import Collection, Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.erasure.document_rows import write_without_document_rows
from dagster_project.erasure.errors import ErasureError
from dagster_project.erasure.stata_rows import without_observations
from dagster_project.erasure.text_rows import without_records
from dagster_project.erasure.transport_rows import without_transported
from dagster_project.erasure.workbook_rows import write_without_rows
from dagster_project.exports import ExportError, TextTable, quoted, read_table
from dagster_project.exports.excel import sheet_in_use
from dagster_project.exports.text_or_workbook import is_workbook
from dagster_project.study import Export

_BY_HAND = "export it again without the row, put that file in its place, then forget again"
#: What a table says beside its cells, which must stay.
_DESCRIPTIONS = ("columns", "column_labels", "other_names", "absences", "value_labels", "formats", "forms")
#: How a transport file of SAS begins.
_TRANSPORT = b"HEADER RECORD"


def write_without(source: Path, target: Path, export: Export, source_rows: Collection[int], name: str) -> None:
    """Write a file of an export to `target` without the records of these source rows.

    Raises ErasureError for a format that cannot be written so that the rest is provably the same, and where it is not.
    """
    table = read_table(source, export.reader, name, export.layout)
    if is_workbook(source):
        _write_workbook(source, target, export, source_rows, name)
    elif export.reader == "parquet":
        _write_parquet(source, target, _row_mask(table, source_rows))
    elif export.reader == "spss" and source.suffix.lower() != ".por":
        _write_spss(source, target, _row_mask(table, source_rows), export)
    elif export.reader == "stata":
        target.write_bytes(without_observations(source.read_bytes(), source_rows, quoted(name)))
    elif export.reader == "sas" and source.read_bytes()[: len(_TRANSPORT)] == _TRANSPORT:
        target.write_bytes(without_transported(source.read_bytes(), table.row_count, source_rows, quoted(name)))
    elif table.encoding is not None and export.reader not in ("spss", "stata", "sas"):
        target.write_bytes(without_records(source.read_bytes(), table, source_rows, quoted(name)))
    else:
        raise ErasureError(f"{quoted(name)}: a file of reader {export.reader} cannot be written without a row; {_BY_HAND}")
    _refuse_difference(table, target, export, source_rows, name)


def _write_workbook(source: Path, target: Path, export: Export, source_rows: Collection[int], name: str) -> None:
    """Workbooks of which each row stands by itself, whatever their name: .xlsx and .xlsm, .ods."""
    parts: list[str] = []
    if zipfile.is_zipfile(source):
        with zipfile.ZipFile(source) as archive:
            parts = archive.namelist()
    if "xl/workbook.xml" in parts:
        write_without_rows(source, target, sheet_in_use(source, name, export.layout), source_rows, quoted(name))
    elif "content.xml" in parts:
        write_without_document_rows(source, target, sheet_in_use(source, name, export.layout), source_rows, quoted(name))
    else:
        raise ErasureError(f"{quoted(name)}: a workbook of this kind cannot be written without a row; {_BY_HAND}")


def _row_mask(table: TextTable, source_rows: Collection[int]) -> pa.Array:
    """Which records stay."""
    return pc.invert(pc.is_in(table.source_rows, value_set=pa.array(sorted(source_rows), pa.int64())))


def _write_parquet(source: Path, target: Path, mask: pa.Array) -> None:
    import pyarrow.parquet as pq

    with pq.ParquetFile(source) as file:
        compression = file.metadata.row_group(0).column(0).compression.lower() if file.metadata.num_row_groups else "snappy"
        content = file.read()
    remainder = content.filter(mask)
    pq.write_table(remainder, target, compression="none" if compression == "uncompressed" else compression)
    if not pq.read_table(target).equals(remainder, check_metadata=True):
        raise ErasureError(f"{quoted(source.name)}: the file cannot be written again as it is; {_BY_HAND}")


def _write_spss(source: Path, target: Path, mask: pa.Array, export: Export) -> None:
    """Numbers as they are stored, dates among them, with all that the dictionary says."""
    import pyreadstat

    options = {"user_missing": True, "disable_datetime_conversion": True}
    frame, former_facts = pyreadstat.read_sav(str(source), encoding=export.encoding, **options)
    pyreadstat.write_sav(
        frame[mask.to_numpy(zero_copy_only=False)],
        str(target),
        file_label=former_facts.file_label or "",
        column_labels=former_facts.column_names_to_labels,
        note=former_facts.notes or None,
        variable_value_labels=former_facts.variable_value_labels,
        missing_ranges=former_facts.missing_ranges or None,
        variable_display_width=former_facts.variable_display_width,
        variable_measure={name: measure for name, measure in former_facts.variable_measure.items() if measure != "unknown"},
        variable_format=former_facts.original_variable_types,
        compress=source.read_bytes()[:4] == b"$FL3",
    )
    _, new_facts = pyreadstat.read_sav(str(target), **options)
    for fact in ("column_names_to_labels", "variable_value_labels", "missing_ranges", "notes"):
        if getattr(former_facts, fact) != getattr(new_facts, fact):
            words = fact.replace("_", " ")
            raise ErasureError(f"{quoted(source.name)}: its {words} cannot be written again as they are; {_BY_HAND}")
    if _number_formats(former_facts.original_variable_types) != _number_formats(new_facts.original_variable_types):
        raise ErasureError(f"{quoted(source.name)}: its formats cannot be written again as they are; {_BY_HAND}")


def _number_formats(formats: Mapping[str, str]) -> dict[str, str]:
    """The formats of numbers. How wide a text may be follows from the longest, which the row may have had."""
    return {name: spss_format for name, spss_format in formats.items() if not spss_format.startswith("A")}


def _refuse_difference(
    former_table: TextTable, target: Path, export: Export, source_rows: Collection[int], name: str
) -> None:
    try:
        new_table = read_table(target, export.reader, name, export.layout)
    except ExportError as error:
        raise ErasureError(f"{quoted(name)}: without the row it cannot be read ({error}); {_BY_HAND}") from None
    remainder = former_table.cells.filter(_row_mask(former_table, source_rows))
    is_same = new_table.row_count == remainder.num_rows and new_table.cells.equals(remainder.cast(new_table.cells.schema))
    special_codes = former_table.special_codes
    if export.reader in ("stata", "sas"):  # which have no list of them: those that somebody has
        special_codes = _codes_in_use(former_table, remainder)
    is_same &= new_table.special_codes == special_codes
    if not is_same or any(getattr(former_table, fact) != getattr(new_table, fact) for fact in _DESCRIPTIONS):
        raise ErasureError(f"{quoted(name)}: without the row the rest of it would read differently; {_BY_HAND}")


def _codes_in_use(table: TextTable, cells: pa.Table) -> dict[str, tuple[str, ...]]:
    """The special codes of a table that are left in these cells, by column."""
    codes = {}
    for position, column in enumerate(table.columns):
        texts = set(pc.unique(cells.column(position)).to_pylist())
        if remaining := tuple(code for code in table.special_codes.get(column, ()) if code in texts):
            codes[column] = remaining
    return codes
