"""One declared file of interviews, whatever it is. Belongs here: telling by content what a file is. Does not belong here:
the formats."""

from dagster_project.exports import ExportError, decode
from dagster_project.synthesis.errors import SynthesisError
from dagster_project.synthesis.segments.model import CodedFile, Interviews
from dagster_project.synthesis.segments.plain import read_segment_table
from dagster_project.synthesis.segments.qdpx import read_project

_ZIP = b"PK"


def read_interviews(data: bytes, name: str, declared: Interviews) -> CodedFile:
    """All codes and codings of a file: a .qdpx, a bare project.qde, a .qdc, or a table.

    Raises SynthesisError with one line: file, place, value, cure.
    """
    if not data.strip():
        raise SynthesisError(f"{name}: the file is empty; export it again")
    if data.startswith(_ZIP):
        return read_project(data, name, declared)
    try:
        text = decode(data, name).utf8.decode()
    except ExportError as error:
        raise SynthesisError(str(error)) from None
    if text.lstrip().startswith("<"):
        return read_project(data, name, declared)
    return read_segment_table(text, name, declared)
