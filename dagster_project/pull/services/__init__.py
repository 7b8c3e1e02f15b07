"""The services, a module each, and how one is asked.

Belongs here: which module asks which service. Does not belong here: what holds for all of them (http.py).

Each module has a function `download(source, secret, limits, target)`, which writes what the service exports to `target`.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from dagster_project.pull.errors import PullError

#: The module of a service, by its key under `source`.
_MODULES = {
    "redcap_api": "redcap",
    "odk": "odk",
    "kobo": "kobo",
    "limesurvey": "limesurvey",
    "qualtrics": "qualtrics",
    "sql": "sql",
}

Download = Callable[[Any, Any, Any, Path], None]


def download_function(name: str) -> Download:
    """What asks a service."""
    download: Download = import_module(f"{__name__}.{_MODULES[name]}").download
    return download


@contextmanager
def with_extra() -> Iterator[None]:
    """For a block that imports what the extra pull brings. Raises PullError if it is not installed."""
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("dagster_project"):
            raise
        raise PullError(
            f"pulling needs the package {error.name}, which comes with the extra pull; install it with"
            " `uv sync --extra pull` or `pip install -e '.[pull]'`"
        ) from None
