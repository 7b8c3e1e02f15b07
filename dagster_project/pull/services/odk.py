"""ODK Central: a session by e-mail and password, then the root table of the submissions as CSV.

Belongs here: these requests. Does not belong here: reading the file; repeats, which are tables of their own.

Submissions come newest first, those of one moment by their number: the order is the server's own and stable.
"""

import csv
from pathlib import Path
from urllib.parse import quote

from dagster_project.pull.errors import PullError
from dagster_project.pull.http import Limits, WebService
from dagster_project.pull.secret import Secret
from dagster_project.study import OdkCentral

_NOT_DECRYPTED = "not decrypted"


def download(source: OdkCentral, secret: Secret, limits: Limits, target: Path) -> None:
    """Write the form's submissions.csv. Raises PullError where the form is encrypted: its answers would be blank."""
    service = WebService(source, source.url, limits)
    session = service.json("POST", "v1/sessions", json={"email": source.user, "password": secret.reveal()})
    token = session.get("token") if isinstance(session, dict) else None
    if not isinstance(token, str) or not token.isascii() or not token.isprintable():
        raise PullError(f"{service.title} opens no session; check url, which has no /v1")
    secret.also_hide(token)
    service.token_headers = {"Authorization": f"Bearer {token}"}
    try:
        service.save("GET", f"v1/projects/{source.project}/forms/{quote(source.form, safe='')}/submissions.csv", target)
    finally:
        service.try_to("DELETE", "v1/sessions/current")
    _refuse_encrypted(service, target)


def _refuse_encrypted(service: WebService, target: Path) -> None:
    with target.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        rows = csv.reader(file)
        header = next(rows, [])
        if "Status" not in header or "KEY" not in header:
            return  # another file altogether, which is said where it is read
        status = header.index("Status")
        encrypted_count = sum(len(row) > status and row[status] == _NOT_DECRYPTED for row in rows)
    if encrypted_count:
        raise PullError(
            f"{service.title} sends {encrypted_count} submissions without their answers: the form is encrypted; download"
            " them there with the passphrase, and put the file into the folder by hand"
        )
