"""Shared by the statistics programs' formats: reading them safely with pyreadstat.

Belongs here: the probe against crashes and the library's errors as one line. Does not belong here: a format.
"""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pyreadstat

from dagster_project.exports.errors import ExportError, plain


def probe(path: Path, name: str, program: str, function: str) -> None:
    """First read the file's dictionary in a separate process: a damaged one can crash the library, and the run with it.

    This costs the start of the process, about half a second a file, independent of the number of cases.
    """
    code = f"import pyreadstat, sys; pyreadstat.{function}(sys.argv[1], metadataonly=True)"
    command = [sys.executable, "-c", code, str(path)]
    outcome = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    if outcome.returncode not in (0, 1):  # 1 is an ordinary error, which the reader then reports
        raise ExportError(
            f"{plain(name)}: the {program} file is damaged (the library that reads it crashes); export it again"
        )


def read_with(path: Path, name: str, program: str, function: str, **options: Any) -> tuple[dict[str, list[Any]], Any]:
    """The columns and the file's metadata. Raises ExportError, one line, for a file that cannot be read."""
    if path.stat().st_size == 0:
        raise ExportError(f"{plain(name)}: the file is empty; export it again")
    probe(path, name, program, function)
    try:
        values, metadata = getattr(pyreadstat, function)(path, output_format="dict", **options)
    except OSError:
        raise
    except Exception as error:  # for a damaged file the library raises its own errors, and any of Python's
        reason = plain(str(error) or type(error).__name__)
        raise ExportError(f"{plain(name)}: the {program} file cannot be read ({reason}); export it again") from None
    return values, metadata
