"""Who may read the files that are made here: their owner, and by declaration the group of the folder.

Belongs here: the mask of new files' modes, modes that are set by hand, deleting what was made read-only. Does not belong
here: which files are made.
"""

import os
import shutil
import stat
from collections.abc import Iterable, Mapping
from pathlib import Path

#: Set to 1, it lets the group of a folder read what is made in it.
GROUP_VARIABLE = "WAVEHOUSE_GROUP_READS"
_OWNER_ALONE, _OWNER_AND_GROUP = 0o077, 0o027


def keep_files_private(environment: Mapping[str, str]) -> None:
    """From here on this process, and those that it starts, make files for their owner alone, or for the group as well where
    WAVEHOUSE_GROUP_READS is 1. A mask that allows less stays."""
    mask = _OWNER_AND_GROUP if environment.get(GROUP_VARIABLE) == "1" else _OWNER_ALONE
    os.umask(mask | os.umask(mask))


def set_mode(path: Path | str, mode: int) -> None:
    """Give a file this mode (such as 0o444) without what the mask of new files leaves out."""
    os.chmod(path, mode & ~_current_mask())


def close_folders(folders: Iterable[Path]) -> None:
    """Take from folders that an earlier version made what the mask of new files leaves out; what cannot be changed stays."""
    mask = _current_mask()
    for folder in folders:
        try:
            mode = stat.S_IMODE(folder.stat().st_mode)
            if mode & mask and not folder.is_symlink():
                folder.chmod(mode & ~mask)
        except OSError:
            continue


def delete(path: Path) -> None:
    """Delete a file, a link or a folder with all that is in it; what is not there is deleted. Windows refuses to delete
    read-only files, so they are made writable first."""
    is_folder = path.is_dir() and not path.is_symlink()
    if os.name == "nt":
        for file in path.rglob("*") if is_folder else filter(Path.exists, [path]):
            file.chmod(0o666)
    if is_folder:
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _current_mask() -> int:
    """The mask of new files' modes, which can be asked for only by setting it."""
    mask = os.umask(_OWNER_ALONE)
    os.umask(mask)
    return mask
