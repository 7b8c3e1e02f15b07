"""Where Dagster's history lies: in files of its home, or in PostgreSQL by WAVEHOUSE_HISTORY.

Belongs here: the address, the lines of dagster.yaml that follow from it, and refusing what does not go together. Does not
belong here: storing (postgres_history.py, pooled_history.py). It is imported before Dagster is.

The address holds a password: it stays in the environment, and is in no file, message or log.
"""

import re
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

#: The variable that holds the address.
HISTORY_VARIABLE = "WAVEHOUSE_HISTORY"
#: Named in full: of `postgresql://` alone SQLAlchemy 2.1 makes the address of another driver.
_DRIVER = "postgresql+psycopg2"
_SCHEMES = ("postgres", "postgresql", _DRIVER)
_EXAMPLE = "postgresql://user:password@host:5432/database"
#: The lines of dagster.yaml about the storage, and what tells that they name PostgreSQL: ours, Dagster's own, its chart's.
_STORAGE = re.compile(r"(?:^#.*\n)?^storage:\n(?:[ ]+.*\n)+", re.M)
_NAMES_POSTGRES = re.compile(r"^[^#\n]*(?:PostgresHistory|dagster_postgres|\bpostgres:)", re.M)
_IN_POSTGRES = """# The history lies in PostgreSQL, at the address in WAVEHOUSE_HISTORY, which is in no file.
storage:
  custom:
    module: dagster_project.dagster_home.postgres_history
    class: PostgresHistory
    config: {}
"""


def history_url(address: str) -> str:
    """The address as SQLAlchemy needs it. Raises ValueError, one line without the address, where it is none."""
    scheme, separator, location = address.partition("://")
    if not separator or scheme not in _SCHEMES:
        raise ValueError(f"{HISTORY_VARIABLE}: this is no address of PostgreSQL; write it as in {_EXAMPLE}")
    try:
        parts = urlsplit(f"postgresql://{location}")
        is_whole = bool(parts.path.strip("/")) and (parts.port is None or parts.port > 0)
    except ValueError:
        is_whole = False
    if not is_whole:
        raise ValueError(
            f"{HISTORY_VARIABLE}: the address names no database, or no port; write it as in {_EXAMPLE}, with %40 for @, %2F"
            " for / and %3A for : in the password"
        )
    return f"{_DRIVER}://{location}"


def check_history(address: str) -> None:
    """Refuse a history in PostgreSQL that cannot be: by its address, or for want of the driver."""
    history_url(address)
    if find_spec("dagster_postgres") is None:
        raise ValueError(
            f"{HISTORY_VARIABLE}: a history in PostgreSQL needs more packages; install them with"
            " `pip install 'wavehouse[server]'`"
        )


def with_storage(text: str, shipped_text: str, file: Path, *, is_in_postgres: bool) -> str:
    """A home's dagster.yaml with the storage that the environment names. Raises ValueError where the two do not go together.

    text: as it is. shipped_text: as it comes along, with a history in files. Lines about PostgreSQL of somebody's own stay.
    """
    names_postgres = _NAMES_POSTGRES.search(text) is not None
    if is_in_postgres == names_postgres:
        return text
    if names_postgres:
        raise ValueError(
            f"{file}: the history lies in PostgreSQL; set {HISTORY_VARIABLE} to its address, or delete this file: a history"
            " in files begins"
        )
    match = _STORAGE.search(shipped_text)
    lines = match.group() if match else ""
    if not lines or lines not in text:
        raise ValueError(
            f"{file}: the lines about the storage are somebody's own, and {HISTORY_VARIABLE} names another place; delete"
            " these lines, or leave the variable out"
        )
    return text.replace(lines, _IN_POSTGRES)


def postgres_fault(error: BaseException) -> str:
    """What PostgreSQL says in one line, with the cure. It never says a password."""
    line = " ".join(str(getattr(error, "orig", None) or error).split())
    return f"{HISTORY_VARIABLE}: PostgreSQL does not answer ({line}); see that it runs, and that the address is right"
