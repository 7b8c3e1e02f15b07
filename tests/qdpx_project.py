"""Small REFI-QDA projects for tests. Belongs here: writing them. Does not belong here: what is expected of them."""

import io
import zipfile
from xml.sax.saxutils import quoteattr

from dagster_project.synthesis import read_interviews
from dagster_project.synthesis.segments import Interviews

CODES = '<Code guid="C-1" name="Work" isCodable="true"><Code guid="c-2" name="Team" isCodable="true"/></Code>'
INTERVIEWS = Interviews(file="x.qdpx")


def zipped(project_xml: str, **members: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("project.qde", project_xml)
        for name, data in members.items():
            archive.writestr(f"sources/{name}.txt", data)
    return target.getvalue()


def project(sources: str, *, codes: str = CODES, more: str = "", origin: str = "") -> str:
    return (
        f'<?xml version="1.0" encoding="utf-8"?><Project xmlns="urn:QDA-XML:project:1.0" name="p" origin="{origin}">'
        f"<CodeBook><Codes>{codes}</Codes></CodeBook>{more}<Sources>{sources}</Sources></Project>"
    )


def coded_selection(start: int, end: int, name: str = "", code: str = "c-2", inside: str = "") -> str:
    return (
        f'<PlainTextSelection guid="s{start}" name={quoteattr(name)} startPosition="{start}" endPosition="{end}">'
        f'<Coding guid="k{start}"><CodeRef targetGUID="{code}"/>{inside}</Coding></PlainTextSelection>'
    )


def texts_of(data: bytes, declared: Interviews = INTERVIEWS) -> list[str | None]:
    return [coding.text for coding in read_interviews(data, "x.qdpx", declared).codings]
