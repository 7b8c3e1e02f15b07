"""The environment of a command that a test starts as a process of its own: nothing of the machine's own studies."""

import os
from typing import Any


def clean_environment() -> dict[str, str]:
    """This process's, without what names a study, a home, a history or dbt's files."""
    return {key: value for key, value in os.environ.items() if not key.startswith(("WAVEHOUSE", "DAGSTER", "DBT"))}


def environment_of(workspace: Any) -> dict[str, str]:
    """A clean one that names a workspace's study, home and key."""
    return clean_environment() | {
        "WAVEHOUSE_STUDY": str(workspace.study_folder),
        "WAVEHOUSE_HOME": str(workspace.settings.home),
        "WAVEHOUSE_PSEUDONYM_KEY": workspace.settings.pseudonym_key,
    }
