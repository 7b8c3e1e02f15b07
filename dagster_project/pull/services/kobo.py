"""KoboToolbox: an export is ordered, waited for, fetched and removed again.

Belongs here: these requests. Does not belong here: reading the file.

The export is the one of the web page with XML values and headers, of all versions of the form. Rows come oldest first, by
their ids, since a release of 2024; before, in whatever order the server's database had. The API has no key for it.
"""

from pathlib import Path

from dagster_project.exports.errors import plain
from dagster_project.pull.errors import PullError
from dagster_project.pull.http import Limits, WebService
from dagster_project.pull.secret import Secret
from dagster_project.study import Kobo

_EXPORT = {
    "type": "csv",
    "lang": "_xml",
    "fields_from_all_versions": True,
    "group_sep": "/",
    "hierarchy_in_labels": False,
    "multiple_select": "both",
}


def download(source: Kobo, secret: Secret, limits: Limits, target: Path) -> None:
    """Write the CSV that KoboToolbox makes of all submissions."""
    service = WebService(source, source.url, limits, {"Authorization": f"Token {secret.reveal()}"})
    exports = f"api/v2/assets/{source.asset}/exports/"
    order = service.json("POST", exports, json=_EXPORT, params={"format": "json"})
    uid = order.get("uid") if isinstance(order, dict) else None
    if not isinstance(uid, str) or not uid.isalnum():
        raise PullError(f"{service.title} does not say which export it makes; check url, which is the one of its web page")
    try:
        service.save("GET", _address_of(service, f"{exports}{uid}/"), target)
    finally:
        service.try_to("DELETE", f"{exports}{uid}/")


def _address_of(service: WebService, path: str) -> str:
    """Where the export is when it is made."""
    for _ in service.polls():
        export = service.json("GET", path, params={"format": "json"})
        status = export.get("status") if isinstance(export, dict) else None
        if status == "complete":
            address = export.get("result")
            if isinstance(address, str) and address:
                return address
            raise PullError(f"{service.title} has made the export and does not say where it is; pull again")
        if status not in ("created", "processing"):
            messages = export.get("messages") if isinstance(export, dict) else None
            reason = messages.get("error") if isinstance(messages, dict) else None
            raise PullError(
                f"{service.title} could not make the export ({plain(str(reason or status))}); see the project's downloads"
                " there"
            )
    raise AssertionError("unreachable")
