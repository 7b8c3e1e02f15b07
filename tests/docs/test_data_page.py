"""The page about reading a release is run as it stands: each block of code, and what it prints. Belongs here: running the page.
Does not belong here: what the methods and files hold (wavehouse/, dataset/)."""

import contextlib
import io
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from dagster_project.cli import main

pytestmark = pytest.mark.slow
_PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "data.md"
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def _blocks() -> list[tuple[str, str, str]]:
    """Language, code, and what it prints, of each block of the page."""
    blocks = _BLOCK.findall(_PAGE.read_text(encoding="utf-8"))
    following = [*blocks[1:], ("", "")]
    return [
        (language, code, output if after == "text" else "")
        for (language, code), (after, output) in zip(blocks, following, strict=True)
        if language != "text"
    ]


@pytest.fixture(scope="module")
def site(example_run: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with data/peer_workers and its release, as somebody who follows the page has it."""
    folder = tmp_path_factory.mktemp("site")
    shutil.copytree(example_run[0].study_folder / "release", folder / "data" / "peer_workers" / "release")
    return folder


@pytest.fixture(scope="module")
def exported(site: Path) -> Path:
    """The same after the page's commands."""
    with contextlib.chdir(site), contextlib.redirect_stdout(io.StringIO()):
        for language, code, _ in _blocks():
            for line in code.splitlines() if language == "sh" else ():
                assert main(shlex.split(line)[1:]) == 0
    return site


def test_the_page_has_code_of_each_kind() -> None:
    assert [language for language, _, _ in _blocks()] == ["python"] * 4 + ["sh", "r", "r"]


def test_python_prints_what_the_page_says(site: Path) -> None:
    names: dict[str, Any] = {}
    with contextlib.chdir(site):
        for language, code, output in _blocks():
            if language == "python":
                printed = io.StringIO()
                with contextlib.redirect_stdout(printed):
                    exec(compile(code, str(_PAGE), "exec"), names)
                assert printed.getvalue() == output


def test_r_prints_what_the_page_says(exported: Path) -> None:
    if shutil.which("Rscript") is None:
        pytest.skip("R is not on this machine")
    for language, code, output in _blocks():
        if language != "r":
            continue
        if "library(haven)" in code:
            check = ["Rscript", "-e", 'stopifnot(requireNamespace("haven"))']
            if subprocess.run(check, capture_output=True, check=False).returncode:
                pytest.skip("R's package haven is not on this machine")
        process = subprocess.run(["Rscript", "-e", code], cwd=exported, capture_output=True, text=True, check=False)
        assert process.returncode == 0, process.stderr
        assert process.stdout == output
