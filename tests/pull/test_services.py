"""Each service over real sockets: what is asked, what arrives, and that it is read like a file that somebody put there."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from survey_services import Answer, SurveyServer, archive, as_json, page

from dagster_project.exports import contract_of_file, find_files
from dagster_project.study import read_study

SERVICES = ("redcap_api", "odk", "kobo", "limesurvey", "qualtrics")
TITLES = {
    "redcap_api": "REDCap", "odk": "ODK Central", "kobo": "KoboToolbox", "limesurvey": "LimeSurvey", "qualtrics": "Qualtrics",
}  # fmt: skip


@pytest.mark.parametrize("service", SERVICES)
def test_the_services_own_bytes_arrive_once_and_are_read(service: str, study_of: Any, server: SurveyServer) -> None:
    pulling = study_of(service)
    outcome = pulling.pull()
    assert (outcome.state, outcome.message.split(": ")[0]) == ("arrived", "raw/T1/t1.csv")
    assert pulling.file.read_bytes() == server.content
    study = read_study(pulling.folder)
    (export,) = study.protocol.wave_exports
    (file,) = find_files(pulling.folder, export)
    contract = contract_of_file(file, file.name, study, export)
    assert not contract.problems
    assert sorted(contract.respondents.unique().to_pylist()) == ["P1", "P2"]
    assert server.sessions == 0  # whoever logs in logs out

    before = file.stat().st_mtime_ns
    assert pulling.pull().state == "unchanged"
    assert file.stat().st_mtime_ns == before
    assert [path.name for path in file.parent.iterdir()] == ["t1.csv"]


@pytest.mark.parametrize("service", SERVICES)
def test_a_wrong_secret_is_refused_and_shown_nowhere(
    service: str, study_of: Any, server: SurveyServer, capfd: pytest.CaptureFixture[str]
) -> None:
    pulling = study_of(service)
    pulling.secret = "Wr0ng-one-of-mine"
    outcome = pulling.pull()
    assert outcome.state == "refused"
    host = server.url.removeprefix("http://")
    assert outcome.message.startswith(f"{TITLES[service]} ({host}) does not accept what SURVEY_SECRET holds")
    assert "\n" not in outcome.message
    shown = (
        "".join(capfd.readouterr())
        + repr(outcome)
        + "".join(path.read_text() for path in pulling.folder.rglob("*") if path.is_file())
    )
    assert pulling.secret not in shown
    assert not pulling.file.exists()


def test_redcap_is_asked_for_events_forms_fields_and_reports(study_of: Any, server: SurveyServer) -> None:
    pulling = study_of("redcap_api")
    pulling.declare(source={"events": ["start_arm_1", "end_arm_1"], "forms": ["mood"], "fields": ["record_id"]})
    assert pulling.pull().state == "arrived"
    form = server.asked[-1].form
    assert [form[key] for key in ("events[0]", "events[1]", "forms[0]", "fields[0]", "exportSurveyFields")] == [
        "start_arm_1", "end_arm_1", "mood", "record_id", "false",
    ]  # fmt: skip
    pulling.declare(source={"events": ["gone_arm_1"], "forms": [], "fields": []})
    assert pulling.pull().message.endswith(
        "answers with an error (400: The following values in the parameter \"events\" are not valid: 'gone_arm_1'); see what"
        " it says, or pull again later"
    )
    pulling.declare(source={"events": [], "report": 17})
    assert pulling.pull().state == "unchanged"
    assert (server.asked[-1].form["content"], server.asked[-1].form["report_id"]) == ("report", "17")


@pytest.mark.parametrize(
    ("service", "answer", "path"),
    [
        ("redcap_api", Answer(200, b"\n"), "/api/"),
        ("redcap_api", Answer(200, b"record_id,redcap_event_name,mood1,mood2,mood_complete\n"), "/api/"),
        ("limesurvey", as_json({"id": 1, "result": {"status": "No Data, could not get max id."}, "error": None}), "export"),
    ],
    ids=["nothing", "a header alone", "no data"],
)
def test_nobody_has_answered_yet(service: str, answer: Answer, path: str, study_of: Any, server: SurveyServer) -> None:
    """Before the first answer that is no fault; after it, an empty answer takes nothing away."""
    pulling = study_of(service)
    assert pulling.pull().state == "arrived"
    arrived = pulling.file.read_bytes()
    server.instead.append(lambda asked: answer if path in asked.path or path.encode() in asked.body else None)
    outcome = pulling.pull()
    assert outcome.state == "refused"
    assert outcome.message.endswith("but raw/T1/t1.csv has answers; it stays as it is")
    assert pulling.file.read_bytes() == arrived
    pulling.file.unlink()
    outcome = pulling.pull()
    assert (outcome.state, outcome.message.endswith("; raw/T1/t1.csv is not there yet")) == ("no answers", True)
    assert not list(pulling.file.parent.iterdir())


def test_an_encrypted_form_of_odk_is_refused(study_of: Any, server: SurveyServer) -> None:
    pulling = study_of("odk")
    server.content = server.content.replace(b"P2,,2,uuid:b,uuid:b,5,field,0,0,,", b",,,,uuid:b,5,field,1,1,not decrypted,")
    assert b"not decrypted" in server.content
    assert " sends 1 submissions without their answers: the form is encrypted; " in pulling.pull().message


def test_kobo_removes_the_export_that_it_made_and_says_why_it_could_not(study_of: Any, server: SurveyServer) -> None:
    pulling = study_of("kobo")
    assert pulling.pull().state == "arrived"
    assert [asked.method for asked in server.asked] == ["POST", "GET", "GET", "GET", "GET", "DELETE"]
    failed = {"uid": "eExport1", "status": "error", "result": None, "messages": {"error": "the form has no versions"}}
    server.always(as_json(failed), "/eExport1/", "GET")
    assert "could not make the export (the form has no versions)" in pulling.pull().message


def test_an_export_that_is_never_made_is_not_waited_for_for_ever(study_of: Any, server: SurveyServer) -> None:
    pulling = study_of("qualtrics")
    server.polls = 10_000
    assert " is not done after 0.3 s; pull again later, or ask for less" in pulling.pull(total_seconds=0.3).message


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (archive({"a.csv": b"x", "b.csv": b"x"}), "sends an archive of 2 files, not of one; pull again"),
        (archive({"a.csv": b"RecordedDate,Status\n" * 99})[:-60], "sends an archive that is not whole; pull again"),
        (b"PK\x03\x04 but no more", "sends an archive that is not whole; pull again"),
        (archive({"a.csv": b"0" * 3_000_000}), "sends more than 1,000,000 bytes"),
    ],
    ids=["two files", "cut", "no archive", "a bomb"],
)
def test_qualtrics_archive_must_be_whole(body: bytes, words: str, study_of: Any, server: SurveyServer) -> None:
    pulling = study_of("qualtrics")
    server.always(Answer(200, body, {"Content-Type": "application/zip"}), "/file")
    assert words in pulling.pull(max_bytes=1_000_000).message
    assert not list(pulling.file.parent.iterdir())


def test_limesurveys_interface_must_be_json_rpc(study_of: Any, server: SurveyServer) -> None:
    pulling = study_of("limesurvey")
    server.once(Answer(200, b""))
    assert "answers with nothing, not with JSON; check url" in pulling.pull().message
    server.once(as_json({"jsonrpc": "2.0"}))
    assert "does not speak JSON-RPC; set Global settings" in pulling.pull().message
    server.instead.append(
        lambda asked: as_json({"id": 1, "result": "aWQ*", "error": None}) if b"export_responses" in asked.body else None
    )
    assert "sends an export that is not whole (its base 64 is broken); pull again" in pulling.pull().message
    calls = [json.loads(asked.body)["method"] for asked in server.asked]
    assert calls[-3:] == ["get_session_key", "export_responses", "release_session_key"]


@pytest.mark.parametrize("service", SERVICES)
def test_a_page_that_comes_as_if_all_were_well_is_no_export(
    service: str, study_of: Callable[[str], Any], server: SurveyServer
) -> None:
    pulling = study_of(service)
    server.always(page("Log in &amp; go on"))
    outcome = pulling.pull()
    assert outcome.state == "refused"
    assert 'a web page "Log in & go on"' in outcome.message
