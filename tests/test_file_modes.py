"""Who may read what is made here: the owner, the group where it is declared, and nobody else."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from dagster_project.file_modes import close_folders, keep_files_private, set_mode

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no modes of files")


@pytest.fixture(autouse=True)
def _usual_mask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize(
    ("environment", "mask", "folder_mode", "file_mode", "released_mode"),
    [
        ({}, 0o022, 0o700, 0o600, 0o400),
        ({"WAVEHOUSE_GROUP_READS": ""}, 0o022, 0o700, 0o600, 0o400),
        ({"WAVEHOUSE_GROUP_READS": "1"}, 0o022, 0o750, 0o640, 0o440),
        ({"WAVEHOUSE_GROUP_READS": "1"}, 0o077, 0o700, 0o600, 0o400),
    ],
)
def test_new_files_are_for_whom_it_is_declared(
    tmp_path: Path, environment: dict[str, str], mask: int, folder_mode: int, file_mode: int, released_mode: int
) -> None:
    os.umask(mask)
    keep_files_private(environment)
    folder, file = tmp_path / "folder", tmp_path / "file"
    folder.mkdir()
    file.write_text("answers")
    assert (_mode(folder), _mode(file)) == (folder_mode, file_mode)
    set_mode(file, 0o444)
    assert _mode(file) == released_mode


def test_folders_of_an_earlier_version_are_closed(tmp_path: Path) -> None:
    folder, absent = tmp_path / "releases", tmp_path / "landing"
    folder.mkdir(mode=0o755)
    keep_files_private({})
    close_folders([folder, absent])
    assert (_mode(folder), absent.exists()) == (0o700, False)
