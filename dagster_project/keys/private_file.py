"""Writing a file whole that only its owner may read. Nothing else belongs here."""

import os
import tempfile
from pathlib import Path

#: How a file is called until it is whole.
PARTIAL_PREFIX = ".key-"


def write_private(file: Path, content: bytes, *, replaces: bool = True) -> None:
    """Write a file in one step. Without `replaces`, a file that is there stays as it is."""
    file.parent.mkdir(parents=True, exist_ok=True)
    handle, partial = tempfile.mkstemp(dir=file.parent, prefix=PARTIAL_PREFIX)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        if replaces:
            os.replace(partial, file)
            return
        try:
            os.link(partial, file)
        except FileExistsError:
            return
        except OSError:  # a file system without links
            os.replace(partial, file)
    finally:
        Path(partial).unlink(missing_ok=True)
