"""What a source may say, and that a token in a definition is refused without being printed."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from dagster_project.study import Export, StudyError, read_study
from tests.refusal_lines import without_line

SMALL = Path(__file__).parents[1] / "small_study"
TOKEN = "0A1B2C3D4E5F60718293A4B5C6D7E8F9"
REDCAP = {"url": "https://redcap.example.org/api/", "token_variable": "REDCAP_TOKEN"}


def _read(tmp_path: Path, source: Any, **changes: Any) -> Export:
    """The small study, whose T1 is pulled."""
    study = yaml.safe_load((SMALL / "study.yaml").read_text(encoding="utf-8"))
    study["exports"][1] |= {"reader": "redcap", "source": source} | changes
    folder = tmp_path / "small_study"
    (folder / "instruments").mkdir(parents=True)
    for file in (*SMALL.glob("instruments/*.yaml"), SMALL / "norms.yaml"):
        (folder / file.relative_to(SMALL)).write_bytes(file.read_bytes())
    (folder / "study.yaml").write_text(yaml.safe_dump(study), encoding="utf-8")
    return read_study(folder).protocol.wave_exports[0]


def test_a_source_names_its_service_and_file(tmp_path: Path) -> None:
    export = _read(tmp_path, {"redcap_api": REDCAP})
    assert export.source is not None
    assert (export.source.name, export.source.service.host, export.source.service.secret_variable, export.pulled_name) == (
        "redcap_api", "redcap.example.org", "REDCAP_TOKEN", "t1.csv",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ({"redcap_api": REDCAP | {"token": TOKEN}}, "exports[1].source.redcap_api: token: a token or password is never written in a definition; put it into an environment variable and write that variable's name under token_variable"),
        ({"odk": {"Password": TOKEN}}, "exports[1].source.odk: password: a token or password is never written in a definition; put it into an environment variable and write that variable's name under password_variable"),
        ({"redcap_api": REDCAP | {"token_variable": TOKEN}}, "exports[1].source.redcap_api.token_variable: this is no name of an environment variable, such as REDCAP_TOKEN"),
        ({"redcap_api": REDCAP | {"token_variable": TOKEN.lower()}}, "exports[1].source.redcap_api.token_variable: this is no name of an environment variable, such as REDCAP_TOKEN"),
        ({"redcap_api": TOKEN}, "exports[1].source.redcap_api: keys belong here, as {key: value}"),
        ({"redcap_api": REDCAP | {"report": TOKEN}}, "exports[1].source.redcap_api.report: a whole number belongs here"),
        ({"redcap_api": REDCAP | {"url": f"https://me:{TOKEN}@redcap.example.org/api/"}}, "exports[1].source.redcap_api.url: an address has no user name, password, ? or #: what is secret stands in an environment variable"),
        ({"redcap_api": REDCAP | {"url": f"https://redcap.example.org/api/?token={TOKEN}"}}, "exports[1].source.redcap_api.url: an address has no user name, password, ? or #"),
        ({"redcap_api": REDCAP | {"url": "http://redcap.example.org/api/"}}, "exports[1].source.redcap_api.url: only https is used, so that nobody reads the answers on the way; http for this machine itself"),
        ({"redcap_api": REDCAP | {"url": "http://127.0.0.1.example.org/api/"}}, "exports[1].source.redcap_api.url: only https is used"),
        ({"redcap_api": REDCAP | {"url": "redcap.example.org"}}, "exports[1].source.redcap_api.url: only https is used"),
        ({"redcap_api": REDCAP | {"url": "https://redcap.example.org:port/"}}, "exports[1].source.redcap_api.url: this is no web address"),
        ({"redcap_api": REDCAP | {"report": 3, "events": ["t1_arm_1"]}}, "exports[1].source.redcap_api: a report selects its own events, forms and fields; keep report, or keep the others"),
        ({"kobo": {"url": "https://eu.kobotoolbox.org", "asset": "../me", "token_variable": "KOBO_TOKEN"}}, "exports[1].source.kobo.asset: this is no id: letters, digits, _ and - only"),
        ({}, "exports[1].source: an export has one source: write one of redcap_api, odk, kobo, limesurvey, qualtrics or sql here"),
        ({"redcap_api": REDCAP, "qualtrics": {"url": "https://fra1.qualtrics.com", "survey": "SV_1", "token_variable": "Q_TOKEN"}}, "exports[1].source: an export has one source"),
        ({"surveymonkey": {}}, "exports[1].source.surveymonkey: there is no such key"),
    ],
)  # fmt: skip
def test_a_source_that_cannot_be_used_is_refused_in_one_line(source: Any, message: str, tmp_path: Path) -> None:
    with pytest.raises(StudyError) as refusal:
        _read(tmp_path, source)
    assert f"study.yaml: {message}" in without_line(refusal.value)
    assert TOKEN.lower() not in str(refusal.value).lower()
    assert "\n" not in str(refusal.value)


def test_the_file_that_is_pulled_must_be_read_by_its_export(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match=r"exports\[1\]: what REDCap sends is read by reader redcap, not delimited"):
        _read(tmp_path / "reader", {"redcap_api": REDCAP}, reader="delimited")
    with pytest.raises(StudyError, match=r"is called t1\.csv, which pattern '\*\.txt' does not match; leave pattern out"):
        _read(tmp_path / "pattern", {"redcap_api": REDCAP}, pattern="*.txt")
    assert _read(tmp_path / "case", {"redcap_api": REDCAP}, pattern="T1.CSV").pulled_name == "t1.csv"


PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "pull.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("declaration", re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL))
def test_each_declaration_of_the_page_can_be_read(declaration: str) -> None:
    export = Export(export="t1", wave="T1", folder="raw/T1", respondent="person", **yaml.safe_load(declaration))
    assert export.source is not None
    assert f"  {export.source.name}:" in declaration


def test_two_exports_are_not_pulled_into_each_others_way(tmp_path: Path) -> None:
    study = yaml.safe_load((SMALL / "study.yaml").read_text(encoding="utf-8"))
    for export in study["exports"][1:]:
        export |= {"reader": "redcap", "folder": "raw/project", "source": {"redcap_api": REDCAP}, "pattern": "*"}
    folder = tmp_path / "small_study"
    (folder / "instruments").mkdir(parents=True)
    for file in (*SMALL.glob("instruments/*.yaml"), SMALL / "norms.yaml"):
        (folder / file.relative_to(SMALL)).write_bytes(file.read_bytes())
    (folder / "study.yaml").write_text(yaml.safe_dump(study), encoding="utf-8")
    with pytest.raises(
        StudyError,
        match=r"exports t2 and t1 are both pulled into raw/project; give each a folder or a pattern, or leave out the source"
        r" of one, which then reads the other's file",
    ):
        read_study(folder)
    study["exports"][1]["pattern"], study["exports"][2]["pattern"] = "t1.csv", "t2.csv"
    (folder / "study.yaml").write_text(yaml.safe_dump(study), encoding="utf-8")
    assert [export.pulled_name for export in read_study(folder).protocol.wave_exports] == ["t1.csv", "t2.csv"]
