"""Reading an interview file of any format. Belongs here: recognising the format by the content. Does not belong
here: the formats."""

from dagster_project.exports import ExportError, decode
from dagster_project.synthesis.errors import SynthesisError
from dagster_project.synthesis.segments.model import CodedFile, Interviews
from dagster_project.synthesis.segments.plain import read_segment_table
from dagster_project.synthesis.segments.qdpx import read_project

_ZIP = b"PK"


def read_interviews(data: bytes, name: str, declaration: Interviews) -> CodedFile:
    """All codes and codings of a file: a .qdpx, a bare project.qde, a .qdc, or a table.

    Raises SynthesisError with one line: file, location, value, remedy.
    """
    if not data.strip():
        raise SynthesisError(f"{name}: the file is empty; export it again")
    if data.startswith(_ZIP):
        return read_project(data, name, declaration)
    try:
        text = decode(data, name).utf8.decode()
    except ExportError as error:
        raise SynthesisError(str(error)) from None
    if text.lstrip().startswith("<"):
        return read_project(data, name, declaration)
    return read_segment_table(text, name, declaration)
