"""The example study, set up where Wavehouse was installed and there is no study yet. Nothing else belongs here."""

import os
import shutil
import tempfile
from pathlib import Path

from dagster_project.file_modes import set_mode
from dagster_project.places import EXAMPLE, IS_CLONE


def set_up_example(folder: Path) -> bool:
    """Copy the example to the folder that the study of no name would have, where there is no folder of studies at all.

    Returns whether it did. A clone has the example. Where studies lie, or one of them is meant, nothing is copied.
    """
    if IS_CLONE or folder.name != EXAMPLE.name or folder.parent.exists():
        return False
    partial = Path(tempfile.mkdtemp(prefix=".data-", dir=folder.parent.parent))
    try:
        shutil.copytree(EXAMPLE, partial / folder.name)
        set_mode(partial, 0o777)
        os.replace(partial, folder.parent)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    return True
