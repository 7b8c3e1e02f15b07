"""Names of files that say who is in them: they would be released, and kept in the history of runs.

Belongs here: whether a file's name holds an e-mail address or an identifier of its people. Does not belong here: identifiers
themselves (identifiers.py).
"""

import re

import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.exports.errors import ExportError, plain, quoted
from dagster_project.withholding import of_cell

_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+\.[A-Za-z]")
_PART = re.compile(r"[^\W_]+")
#: A short identifier, or one of few digits, may stand in a name for something else: a wave, a year.
_TELLING = re.compile(r"(?=.*[^\W\d_])(?=.*\d).{4,}|\d{6,}|.*@.*")


def refuse_address(name: str, folder: str) -> None:
    """Raise ExportError for a file whose name holds an e-mail address."""
    if _ADDRESS.search(name):
        _refuse(name, folder, "an e-mail address")


def refuse_identifier(name: str, folder: str, respondents: pa.ChunkedArray) -> None:
    """Raise ExportError for a file whose name holds the identifier of one of its people, as a whole word."""
    parts = list(_PART.finditer(name))
    spans = {name[first.start() : last.end()].lower() for first in parts for last in parts if first.end() <= last.end()}
    if telling := sorted(span for span in spans if _TELLING.fullmatch(span)):
        texts = pc.utf8_lower(pc.utf8_trim_whitespace(pc.cast(respondents, pa.string())))
        if pc.any(pc.is_in(texts, value_set=pa.array(telling))).as_py():
            _refuse(name, folder, "an identifier of its people")


def _refuse(name: str, folder: str, content: str) -> None:
    raise ExportError(
        f"{plain(folder)}: the name {of_cell(quoted(name))} holds {content}, and names of files are released; rename the"
        " file"
    )
