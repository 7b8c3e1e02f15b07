"""The files of a deployment: they parse, name settings that exist, hold no secret, and start the guarded server.

That their services work together is tested in test_services.py; that the image builds and the chart installs is not tested.
"""

import importlib.util
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from dagster_project.dagster_home.history_place import with_storage
from dagster_project.places import DAGSTER_SETTINGS

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
_SECRETS = ("HISTORY_PASSWORD", "WAVEHOUSE_UI_TOKEN", "WAVEHOUSE_PSEUDONYM_KEY", "WAVEHOUSE_HISTORY")
#: What compose itself is told, and what the image of PostgreSQL reads.
_OF_COMPOSE = {"HISTORY_PASSWORD", "STUDIES_FOLDER", "PUBLIC_ADDRESS", "POSTGRES_USER", "POSTGRES_PASSWORD", "POSTGRES_DB"}


def _yaml(name: str) -> Any:
    return yaml.safe_load((DEPLOY / name).read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", sorted(path.name for path in DEPLOY.glob("*.y*ml")))
def test_every_file_is_valid_yaml(name: str) -> None:
    assert isinstance(_yaml(name), dict)


def test_dagsters_settings_are_those_that_a_home_gets() -> None:
    shipped = DAGSTER_SETTINGS.read_text(encoding="utf-8")
    made = with_storage(shipped, shipped, DEPLOY / "dagster.yaml", is_in_postgres=True)
    assert (DEPLOY / "dagster.yaml").read_text(encoding="utf-8") == made


@pytest.mark.parametrize("name", ["docker-compose.yml", "values.yaml"])
def test_every_variable_that_is_set_is_one_that_something_reads(name: str) -> None:
    text = "\n".join(line.partition("#")[0] for line in (DEPLOY / name).read_text(encoding="utf-8").splitlines())
    variables = set(re.findall(r"\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b", text)) - _OF_COMPOSE
    code = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "dagster_project").rglob("*.py"))
    assert len(variables) >= 4
    assert [variable for variable in sorted(variables) if f'"{variable}"' not in code] == []


def test_no_secret_has_a_value_in_a_file() -> None:
    """Each comes from the environment, and its absence stops the start."""
    compose = (DEPLOY / "docker-compose.yml").read_text(encoding="utf-8")
    for name in ("HISTORY_PASSWORD", "WAVEHOUSE_UI_TOKEN"):
        assert set(re.findall(rf"\$\{{{name}[^}}]*\}}", compose)) == {f"${{{name}:?}}"}
    for name in ("docker-compose.yml", "values.yaml", "Dockerfile", "dagster.yaml"):
        text = (DEPLOY / name).read_text(encoding="utf-8")
        for secret in _SECRETS:
            for value in re.findall(rf"^\s*(?:ENV )?{secret}[:=]\s*(\S+)", text, re.M):
                assert "${" in value, f"{name}: {secret}"


def test_only_the_guarded_server_is_reached_from_outside() -> None:
    services = _yaml("docker-compose.yml")["services"]
    assert {name: service["ports"] for name, service in services.items() if "ports" in service} == {
        "webserver": ["127.0.0.1:3000:3000"]
    }
    webserver = services["webserver"]
    assert webserver["command"][0] == "dagster-webserver"  # the image's own, below
    assert {"WAVEHOUSE_UI_TOKEN", "WAVEHOUSE_UI_ADDRESSES"} <= webserver["environment"].keys()
    # Who serves the UI sees no exports, no key and no study.
    assert not [volume for volume in webserver["volumes"] if "studies" in volume or volume.startswith("home:")]
    values = _yaml("values.yaml")
    chart_server = values["dagsterWebserver"]
    assert chart_server["image"] == values["dagster-user-deployments"]["deployments"][0]["image"]
    assert [variable["name"] for variable in chart_server["env"]] == ["WAVEHOUSE_UI_ADDRESSES"]
    assert chart_server["readinessProbe"] == {"httpGet": None, "tcpSocket": {"port": 3000}}


def test_the_images_web_server_is_the_guarded_one() -> None:
    """Dagster's chart starts `dagster-webserver`: the image has ours by that name, before Dagster's own on the path."""
    assert "COPY --chmod=0755 dagster-webserver /usr/local/bin/dagster-webserver" in (DEPLOY / "Dockerfile").read_text()
    script = (DEPLOY / "dagster-webserver").read_text(encoding="utf-8")
    assert script.splitlines()[-1] == 'exec python -m dagster_project.ui.server webserver "$@"'
    assert subprocess.run(["sh", "-n", str(DEPLOY / "dagster-webserver")], check=False).returncode == 0


def test_the_address_in_the_chart_is_of_the_driver_that_works() -> None:
    assert _yaml("values.yaml")["postgresql"]["postgresqlScheme"] == "postgresql+psycopg2"


def test_the_classes_that_the_chart_names_exist() -> None:
    values = _yaml("values.yaml")
    for entry in (
        values["runLauncher"]["config"]["customRunLauncher"],
        values["computeLogManager"]["config"]["customComputeLogManager"],
    ):
        assert hasattr(importlib.import_module(entry["module"]), entry["class"])
    module = values["dagster-user-deployments"]["deployments"][0]["codeServerArgs"][1]
    assert importlib.util.find_spec(module) is not None
