"""LimeSurvey's RemoteControl 2: JSON-RPC with the key of a session, whose export comes in base 64.

Belongs here: these calls. Does not belong here: reading the file (exports/limesurvey.py).

Responses come in the order of their ids; `export_responses` has no other.
"""

import base64
import binascii
from pathlib import Path
from typing import Any

from dagster_project.exports.errors import plain
from dagster_project.pull.errors import NoAnswersError, PullError
from dagster_project.pull.http import Limits, WebService
from dagster_project.pull.secret import Secret
from dagster_project.study import LimeSurvey

#: What LimeSurvey says of a survey that is not active yet, or that nobody has opened yet.
_NO_DATA = "No Data"
_WRONG_LOGIN = "Invalid user name or password"


def download(source: LimeSurvey, secret: Secret, limits: Limits, target: Path) -> None:
    """Write the survey's responses as CSV with codes, finished or not; `set_aside` of the export tells them apart."""
    service = WebService(source, source.url, limits)
    key = _call(service, "get_session_key", source.user, secret.reveal())
    if not isinstance(key, str) or not key:
        raise PullError(f"{service.title} opens no session; check url, which ends in /admin/remotecontrol")
    secret.also_hide(key)
    try:
        content = _call(service, "export_responses", key, source.survey, "csv", source.language, "all", "code", "short")
    finally:
        service.try_to("POST", "", json=_request("release_session_key", key))
    try:
        target.write_bytes(base64.b64decode(content if isinstance(content, str) else "", validate=True))
    except (binascii.Error, ValueError):
        raise PullError(f"{service.title} sends an export that is not whole (its base 64 is broken); pull again") from None


def _call(service: WebService, method: str, *parameters: Any) -> object:
    """The result of a call. Raises PullError for what LimeSurvey calls a status: an error."""
    answer = service.json("POST", "", json=_request(method, *parameters))
    if not isinstance(answer, dict) or "result" not in answer:
        raise PullError(f"{service.title} does not speak JSON-RPC; set Global settings > Interfaces > RPC to JSON-RPC there")
    if answer.get("error") is not None:
        raise PullError(f"{service.title} answers with an error ({plain(str(answer['error']))}); see what it says")
    result = answer["result"]
    if not isinstance(result, dict):
        return result
    status = plain(str(result.get("status")))
    if status.startswith(_NO_DATA):
        raise NoAnswersError(f"{service.title} has no responses ({status}); pull again when somebody has answered")
    if status.startswith(_WRONG_LOGIN):
        raise PullError(
            f"{service.title} does not accept what {service.source.secret_variable} holds ({status}); check user and"
            " password"
        )
    raise PullError(f"{service.title} answers with an error ({status}); see what it says")


def _request(method: str, *parameters: Any) -> dict[str, object]:
    return {"method": method, "params": list(parameters), "id": 1}
