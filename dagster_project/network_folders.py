"""Folders of other machines: whether one is, and what is said of a study's files on it.

Belongs here: asking the system for the kind of a file system. Does not belong here: what a lock makes of it (study_lock.py).
"""

import os
from collections.abc import Iterable
from pathlib import Path

#: Where Linux lists its mounts, and how the kinds of those begin that are on other machines.
_MOUNTS = Path("/proc/self/mounts")
_NETWORK = (
    "nfs", "cifs", "smb", "9p", "drvfs", "afs", "ceph", "lustre", "gpfs", "beegfs", "orangefs", "pvfs", "ocfs2", "gfs2",
    "davfs", "vboxsf", "prl_fs", "virtiofs", "fuse.sshfs", "fuse.glusterfs", "fuse.ceph", "fuse.davfs", "fuse.rclone",
    "fuse.s3fs", "fuse.gcsfuse", "fuse.blobfuse", "fuse.juicefs", "fuse.moosefs", "fuse.mfs", "fuse.gvfsd-fuse",
    "fuse.vmhgfs-fuse",
)  # fmt: skip


def network_kind(path: Path) -> str | None:
    """The kind of the file system that a file or folder is on, such as nfs4, if it is one of another machine; None if it is
    not, or the system does not say it (Linux does)."""
    try:
        mounts = [line.split(" ")[1:3] for line in _MOUNTS.read_text(encoding="utf-8", errors="replace").splitlines()]
    except OSError:
        return None
    real_path = Path(os.path.realpath(path))
    folders = [(folder, kind) for folder, kind in mounts if real_path.is_relative_to(folder.replace("\\040", " "))]
    if not folders:
        return None
    # Of several on one folder the last is on top.
    kind = max(reversed(folders), key=lambda mount: len(mount[0]))[1]
    return kind if kind.startswith(_NETWORK) else None


def network_warning(folders: Iterable[Path]) -> str | None:
    """What is said where the working file or Dagster's history lies on a folder of another machine; None where none does."""
    for folder in folders:
        if (kind := network_kind(folder)) is not None:
            return (
                f"{folder}: is a folder of another machine ({kind}); a connection that is lost, and two machines at once,"
                " can damage the working file and Dagster's history there; set WAVEHOUSE_HOME to a folder of this machine"
                " (study and releases may stay where they are)"
            )
    return None
