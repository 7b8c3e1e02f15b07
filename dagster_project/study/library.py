"""The library: instruments that come with the package, named library:CODE in a study.

Belongs here: which there are, where their files lie, what a study calls them. Does not belong here: reading them (read.py).
"""

import re
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated

from pydantic import StringConstraints

from dagster_project.study.errors import StudyError

#: An instrument as a study names it: the code of a file below instruments/, or library: and a code.
InstrumentName = Annotated[str, StringConstraints(pattern=r"^(library:)?[a-z][a-z0-9_]{0,62}$")]
LIBRARY_PREFIX = "library:"
LIBRARY_FOLDER = Path(__file__).parents[1] / "instruments"


def library_codes() -> list[str]:
    """The codes of all instruments of the library, sorted."""
    return sorted(file.stem for file in LIBRARY_FOLDER.glob("*.yaml"))


def library_file(code: str) -> Path:
    """The file of an instrument of the library, by its code or as library:CODE.

    Raises StudyError, with the closest codes, where there is none.
    """
    code = code_of(code)
    file = LIBRARY_FOLDER / f"{code}.yaml"
    if not file.is_file():
        written_as_code = re.sub(r"\W", "", code.casefold())
        matches = get_close_matches(written_as_code, library_codes(), n=3, cutoff=0.5)
        matches = matches[:1] if matches[:1] == [written_as_code] else matches
        hint = f"do you mean {' or '.join(matches)}?" if matches else "`wavehouse instruments` lists them"
        raise StudyError(f"{code}: the library has no such instrument; {hint}")
    return file


def code_of(name: str) -> str:
    """The code of an instrument that a study names."""
    return name.removeprefix(LIBRARY_PREFIX)


def definition_file(folder: Path, name: str) -> Path:
    """The file of a definition by its name: one of the library's instruments, or a file below the study folder."""
    return library_file(name) if name.startswith(LIBRARY_PREFIX) else folder / name


def instrument_definition(name: str) -> str:
    """The name among a study's definitions of an instrument that it names."""
    return name if name.startswith(LIBRARY_PREFIX) else f"instruments/{name}.yaml"
