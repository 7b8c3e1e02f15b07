"""Studies that pull from a server on this machine, which speaks each service's protocol."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from survey_services import SECRET, USER, SurveyServer, survey_server

from dagster_project.pull import Outcome, pull_study
from dagster_project.pull.http import Limits
from dagster_project.settings import Settings, read_settings
from dagster_project.study import read_study

#: An export of each tool and its declaration, as docs/how-to/exports.md shows them.
_DOCS = Path(__file__).parents[2] / "docs" / "how-to" / "exports.md"
_RECIPE = re.compile(r"^## (.+?)\n.*?```yaml\n(.*?)```\s+```text\n(.*?)```", re.DOTALL | re.MULTILINE)
RECIPES = {name: (declaration, content) for name, declaration, content in _RECIPE.findall(_DOCS.read_text(encoding="utf-8"))}
#: What of the page is whose.
PAGE_OF = {
    "redcap_api": "REDCap", "odk": "ODK Central", "kobo": "KoboToolbox", "limesurvey": "LimeSurvey", "qualtrics": "Qualtrics",
}  # fmt: skip

_INSTRUMENT = """
instrument: mood
name: A made-up instrument
source: none
licence: none
anchors: {low: 1, high: 5}
item_count: 2
scales:
  - {scale: mood_total, label: Mood, items: ["1-2"], aggregate: sum, better: high}
"""


def source_of(service: str, url: str) -> dict[str, Any]:
    """The declaration of each service, as the server knows it."""
    return {
        "redcap_api": {"url": f"{url}/redcap/api", "token_variable": "SURVEY_SECRET"},
        "odk": {"url": url, "project": 7, "form": "base line", "user": USER, "password_variable": "SURVEY_SECRET"},
        "kobo": {"url": url, "asset": "aXyZ123", "token_variable": "SURVEY_SECRET"},
        "limesurvey": {
            "url": f"{url}/index.php/admin/remotecontrol", "survey": 123456, "user": USER, "password_variable": "SURVEY_SECRET",
        },
        "qualtrics": {"url": url, "survey": "SV_1", "token_variable": "SURVEY_SECRET"},
    }[service]  # fmt: skip


@dataclass
class PullingStudy:
    """A study of one wave, whose people are those of that wave, pulled from one service."""

    settings: Settings
    server: SurveyServer
    secret: str = SECRET

    @property
    def folder(self) -> Path:
        return self.settings.study_folder

    @property
    def file(self) -> Path:
        return self.folder / "raw/T1/t1.csv"

    def declare(self, **changes: Any) -> None:
        """Change the declaration of the export; `source` is merged."""
        file = self.folder / "study.yaml"
        study = yaml.safe_load(file.read_text(encoding="utf-8"))
        export = study["exports"][0]
        source = changes.pop("source", {})
        (service,) = export["source"]
        export["source"][service] |= source
        export |= changes
        file.write_text(yaml.safe_dump(study, allow_unicode=True), encoding="utf-8")

    def pull(self, **limits: Any) -> Outcome:
        quick = {"connect_seconds": 5, "read_seconds": 5, "poll_seconds": (0.01, 0.02), "busy_seconds": 3}
        (outcome,) = pull_study(
            self.settings, read_study(self.folder), {"SURVEY_SECRET": self.secret}, limits=Limits(**quick | limits)
        )
        return outcome


@pytest.fixture
def server() -> Iterator[SurveyServer]:
    with survey_server() as running:
        yield running


@pytest.fixture
def study_of(tmp_path: Path, server: SurveyServer) -> Callable[[str], PullingStudy]:
    """The study that pulls from a service; the server has the export that docs/how-to/exports.md shows."""

    def make(service: str) -> PullingStudy:
        declaration, content = RECIPES[PAGE_OF[service]]
        server.content = content.encode()
        export = {"export": "t1", "wave": "T1", "folder": "raw/T1", **yaml.safe_load(declaration)}
        export["source"] = {service: source_of(service, server.url)}
        study = {
            "study": "pulled", "title": "A made-up study", "source": "none", "licence": "none",
            "waves": [{"wave": "T1", "label": "once", "month": 0}],
            "instruments": ["mood"], "outcomes": ["mood_total"], "roster": "T1", "exports": [export],
        }  # fmt: skip
        folder = tmp_path / "data" / "pulled"
        (folder / "instruments").mkdir(parents=True)
        (folder / "instruments" / "mood.yaml").write_text(_INSTRUMENT, encoding="utf-8")
        (folder / "study.yaml").write_text(yaml.safe_dump(study, allow_unicode=True), encoding="utf-8")
        settings = read_settings({"WAVEHOUSE_STUDY": str(folder), "WAVEHOUSE_HOME": str(tmp_path / "home")})
        return PullingStudy(settings, server)

    return make
