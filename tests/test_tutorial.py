"""The tutorial is followed to the letter: its files are written, its edits made, its commands typed, and what it shows is printed."""

import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from child_environment import clean_environment
from tutorial_steps import is_shown, steps_of

from dagster_project.settings import Settings, read_settings

PAGE = Path(__file__).parents[1] / "docs" / "tutorial.md"


def edit(file: Path, diff: str) -> None:
    """Replace the lines with - by those with +. Each must stand in the file once."""
    lines = diff.strip("\n").split("\n")
    old_text = "\n".join(line[1:] for line in lines if line.startswith("-"))
    text = file.read_text(encoding="utf-8")
    assert text.count(f"{old_text}\n") == 1, f"{file}: {old_text!r} is not there once"
    new_text = "\n".join(line[1:] for line in lines if line.startswith("+"))
    file.write_text(text.replace(f"{old_text}\n", f"{new_text}\n"), encoding="utf-8")


def test_what_is_shown_may_leave_out_what_differs_between_runs() -> None:
    assert is_shown("a … c\n…\nend", "a b c\nx\ny\nend")
    assert not is_shown("a … c", "a b c\nmore")
    assert not is_shown("3.60", "3.61")


def test_an_edit_of_a_line_that_is_not_there_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("a: 1\n", encoding="utf-8")
    with pytest.raises(AssertionError, match="'b: 1' is not there once"):
        edit(file, "-b: 1\n+b: 2\n")


def test_the_page_has_files_edits_and_commands() -> None:
    steps = steps_of(PAGE.read_text(encoding="utf-8"))
    assert [step.kind for step in steps].count("console") >= 6
    assert all(step.file for step in steps if step.kind != "console")


@pytest.mark.slow
def test_the_tutorial_works_as_it_says(tmp_path: Path, share_parsed_models: Callable[[Settings], None]) -> None:
    home = {"WAVEHOUSE_HOME": str(tmp_path / ".wavehouse")}
    kept = clean_environment()
    environment = kept | home | {"PYTHONPATH": str(PAGE.parents[1]), "PYTHONUTF8": "1", "PYTHONUNBUFFERED": "1"}
    for step in steps_of(PAGE.read_text(encoding="utf-8")):
        file = tmp_path / step.file
        if step.kind == "text":
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(step.content, encoding="utf-8", newline="\n")
        elif step.kind == "diff":
            edit(file, step.content)
        else:
            command, _, expected = step.content.removeprefix("$ wavehouse ").partition("\n")
            if command.startswith("run"):
                share_parsed_models(read_settings(home | {"WAVEHOUSE_STUDY": str(tmp_path / "data" / "walking")}))
            process = subprocess.run(
                [sys.executable, "-m", "dagster_project.cli", *shlex.split(command)],
                cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                encoding="utf-8", check=False,
            )  # fmt: skip
            printed = process.stdout.replace("\\", "/")
            assert is_shown(expected, printed), f"wavehouse {command}\n{printed}"
    read_as_the_page_does(tmp_path)


def read_as_the_page_does(folder: Path) -> None:
    """Read the tutorial's release by the SQL and the Python of the page on reading."""
    page = (PAGE.parent / "how-to" / "read-the-release.md").read_text(encoding="utf-8")
    code = "\n".join(re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL))
    queries = re.findall(r"^```sql\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    assert len(queries) == 2
    assert "scale_scores" in code
    lines = [code, "assert len(scores) == 24", "release.close()", "connection = duckdb.connect()"]
    lines += [f"connection.sql({query!r})" for query in queries]
    subprocess.run([sys.executable, "-c", "\n".join(lines)], cwd=folder, check=True)
    assert (folder / "scores.csv").read_text(encoding="utf-8").count("\n") == 25
