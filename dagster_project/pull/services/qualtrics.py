"""Qualtrics' API 3: an export of responses is ordered, waited for and fetched as a ZIP archive of one CSV file.

Belongs here: these requests, and taking the file out of its archive. Does not belong here: reading it
(exports/qualtrics.py).

The one key for their order, by the last change, would move responses about that somebody looked at; it is not sent.
"""

import zipfile
import zlib
from pathlib import Path

from dagster_project.exports.errors import plain
from dagster_project.pull.answers import fault_of_file
from dagster_project.pull.errors import PullError
from dagster_project.pull.http import Limits, WebService
from dagster_project.pull.secret import Secret
from dagster_project.study import Qualtrics

_BLOCK_BYTES = 1 << 16


def download(source: Qualtrics, secret: Secret, limits: Limits, target: Path) -> None:
    """Write the CSV that Qualtrics exports. The archive's own checksum tells whether it is whole."""
    service = WebService(source, source.url, limits, {"X-API-TOKEN": secret.reveal()})
    exports = f"API/v3/surveys/{source.survey}/export-responses"
    question: dict[str, object] = {"format": "csv", "useLabels": source.use_labels}
    if source.time_zone is not None:
        question["timeZone"] = source.time_zone
    progress = _result(service, "POST", exports, json=question).get("progressId")
    if not _is_id(progress):
        raise PullError(f"{service.title} does not say which export it makes; check url")
    archive = target.with_name(target.name + ".zip")
    try:
        service.save("GET", f"{exports}/{_file_id(service, f'{exports}/{progress}')}/file", archive)
        _take_out(service, archive, target)
    finally:
        archive.unlink(missing_ok=True)


def _file_id(service: WebService, path: str) -> str:
    for _ in service.polls():
        progress = _result(service, "GET", path)
        status = progress.get("status")
        if status == "complete":
            file_id = progress.get("fileId")
            if _is_id(file_id):
                return str(file_id)
            raise PullError(f"{service.title} has made the export and does not say where it is; pull again")
        if status != "inProgress":
            raise PullError(f"{service.title} could not make the export ({plain(str(status))}); pull again later")
    raise AssertionError("unreachable")


def _result(service: WebService, method: str, path: str, **content: object) -> dict[str, object]:
    answer = service.json(method, path, **content)
    result = answer.get("result") if isinstance(answer, dict) else None
    if not isinstance(result, dict):
        raise PullError(f"{service.title} does not answer as Qualtrics' API 3 does; check url")
    return result


def _is_id(text: object) -> bool:
    return isinstance(text, str) and text.replace("-", "").replace("_", "").isalnum() and text.isascii()


def _take_out(service: WebService, archive: Path, target: Path) -> None:
    """The one file of an archive."""
    if fault := fault_of_file(archive):
        raise PullError(f"{service.title} sends {fault}, not an archive; check url and survey")
    try:
        with zipfile.ZipFile(archive) as files:
            members = [member for member in files.infolist() if not member.is_dir()]
            if len(members) != 1:
                raise PullError(f"{service.title} sends an archive of {len(members)} files, not of one; pull again")
            size = 0
            with files.open(members[0]) as content, target.open("wb") as file:
                while block := content.read(_BLOCK_BYTES):
                    size += len(block)
                    if size > service.limits.max_bytes:
                        raise PullError(f"{service.title} sends more than {service.limits.max_bytes:,} bytes")
                    file.write(block)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError):
        raise PullError(f"{service.title} sends an archive that is not whole; pull again") from None
