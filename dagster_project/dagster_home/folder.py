"""The folder that Dagster calls its home. Nothing else belongs here: it is imported before Dagster is."""

import os
from pathlib import Path

from dagster_project.places import DAGSTER_SETTINGS
from dagster_project.settings import Settings

#: Where classes that a home's dagster.yaml names stood once, and where they are now.
_MOVED_MODULES = {
    f"dagster_project.defs.{name}": f"dagster_project.dagster_home.{name}" for name in ("pooled_history", "compute_logs")
}
#: The code location by the same name as pyproject.toml gives it under [tool.dagster], for a place without that file.
_CODE_LOCATION = """load_from:
  - python_module: {module_name: dagster_project.definitions, location_name: wavehouse}
"""


def open_dagster_home(settings: Settings) -> Path:
    """Dagster's home, made on first use with the dagster.yaml that comes along, and named to Dagster in this process."""
    settings.dagster_home.mkdir(parents=True, exist_ok=True)
    file = settings.dagster_home / "dagster.yaml"
    if not file.exists():
        file.write_bytes(DAGSTER_SETTINGS.read_bytes())
    text = file.read_text(encoding="utf-8")
    current = text
    for former, module in _MOVED_MODULES.items():
        current = current.replace(former, module)
    if current != text:
        file.write_text(current, encoding="utf-8")
    # Dagster's own variable: its instance, and {env: DAGSTER_HOME} in dagster.yaml, are found by it.
    os.environ["DAGSTER_HOME"] = str(settings.dagster_home)
    return settings.dagster_home


def code_location_file(settings: Settings) -> Path:
    """The file that tells Dagster's UI which code to load, written into its home."""
    file = open_dagster_home(settings) / "workspace.yaml"
    file.write_text(_CODE_LOCATION, encoding="utf-8")
    return file
