"""The folder that Dagster calls its home. Nothing else belongs here: it is imported before Dagster is."""

import os
from pathlib import Path

from dagster_project.dagster_home.history_place import check_history, with_storage
from dagster_project.places import DAGSTER_SETTINGS
from dagster_project.settings import Settings

#: Where classes that a home's dagster.yaml names stood once, and where they are now.
_MOVED_MODULES = {
    f"dagster_project.defs.{name}": f"dagster_project.dagster_home.{name}" for name in ("pooled_history", "compute_logs")
}
#: The code location's name, the same as pyproject.toml gives it under [tool.dagster]; the file is for a place without that.
CODE_LOCATION = "wavehouse"
_WORKSPACE = """load_from:
  - python_module: {{module_name: {module}, location_name: {name}}}
"""


def open_dagster_home(settings: Settings) -> Path:
    """Dagster's home, made on first use with the dagster.yaml that comes along, and named to Dagster in this process.

    Raises ValueError where its dagster.yaml and WAVEHOUSE_HISTORY do not go together.
    """
    if settings.history:
        check_history(settings.history)
    settings.dagster_home.mkdir(parents=True, exist_ok=True)
    file = settings.dagster_home / "dagster.yaml"
    if not file.exists():
        file.write_bytes(DAGSTER_SETTINGS.read_bytes())
    text = file.read_text(encoding="utf-8")
    current = text
    for former, module in _MOVED_MODULES.items():
        current = current.replace(former, module)
    shipped_text = DAGSTER_SETTINGS.read_text(encoding="utf-8")
    current = with_storage(current, shipped_text, file, is_in_postgres=bool(settings.history))
    if current != text:
        file.write_text(current, encoding="utf-8")
    # Dagster's own variable: its instance, and {env: DAGSTER_HOME} in dagster.yaml, are found by it.
    os.environ["DAGSTER_HOME"] = str(settings.dagster_home)
    return settings.dagster_home


def code_location_file(settings: Settings) -> Path:
    """The file that tells Dagster's UI which code to load, written into its home."""
    file = open_dagster_home(settings) / "workspace.yaml"
    module = "dagster_project.many_studies" if settings.prefix else "dagster_project.definitions"
    file.write_text(_WORKSPACE.format(module=module, name=CODE_LOCATION), encoding="utf-8")
    return file
