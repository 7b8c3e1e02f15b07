"""REDCap's API: one POST that sends the token among its fields and answers with the CSV.

Belongs here: which records are asked for, and in which form. Does not belong here: reading them (exports/redcap.py).

The API has no key for the order of the records, and its documentation names none.
"""

from pathlib import Path

from dagster_project.pull.errors import NoAnswersError
from dagster_project.pull.http import Limits, WebService
from dagster_project.pull.secret import Secret
from dagster_project.study import RedcapApi


def download(source: RedcapApi, secret: Secret, limits: Limits, target: Path) -> None:
    """Write the project's records, or a report, as REDCap exports them raw."""
    # Without the last slash the web server redirects, and the token would be sent twice.
    service = WebService(source, source.url if source.url.endswith(".php") else source.url + "/", limits)
    service.save("POST", "", target, data={"token": secret.reveal(), **_question(source)})
    if not target.read_bytes()[:64].strip():
        raise NoAnswersError(f"{service.title} sends nothing: the project has no record of what is asked for")


def _question(source: RedcapApi) -> dict[str, str]:
    question = {
        "format": "csv",
        "csvDelimiter": ",",
        "rawOrLabel": "raw",
        "rawOrLabelHeaders": "raw",
        "exportCheckboxLabel": "false",
        "returnFormat": "json",
    }
    if source.report is not None:
        return question | {"content": "report", "report_id": str(source.report)}
    question |= {
        "content": "record",
        "type": "flat",
        "exportSurveyFields": "true" if source.survey_fields else "false",
        "exportDataAccessGroups": "false",
    }
    for key, names in (("events", source.events), ("forms", source.forms), ("fields", source.fields)):
        question |= {f"{key}[{index}]": name for index, name in enumerate(names)}
    return question
