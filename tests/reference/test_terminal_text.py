"""Pages of the reference on a terminal: as plain lines, whole or about some words."""

import argparse
from pathlib import Path

import pytest

from dagster_project.cli import main
from dagster_project.reference import PAGES
from dagster_project.reference.terminal_text import lines_about, page_lines

_PAGE = """# Keys of `study.yaml`

See [the page](commands.md#audit).

## Wave { #wave }

At <code>waves&#91;&#93;</code>. A wave.

| key | meaning |
|---|---|
| <code>month</code><br>number<br>*required* | Its month.<br>Example: <code>month: 4</code> |
| <code>first&#95;day</code> | Its **first** day. |
"""


def test_a_page_is_read_as_lines() -> None:
    assert page_lines(_PAGE) == [
        "Keys of study.yaml",
        "  See the page.",
        "",
        "Wave",
        "  At waves[]. A wave.",
        "  month, number, required: Its month. Example: month: 4",
        "  first_day: Its first day.",
    ]


def test_lines_about_words_stand_below_their_heading() -> None:
    lines = page_lines(_PAGE)
    assert lines_about(lines, ["FIRST_day"]) == ["Wave", "  first_day: Its first day."]
    assert lines_about(lines, ["wave", "month"]) == ["Wave", "  month, number, required: Its month. Example: month: 4"]
    assert lines_about(lines, ["wave", "nothing"]) == []


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.file)
def test_no_markup_is_left_on_any_page(page: argparse.Namespace) -> None:
    lines = page_lines(page.text())
    assert len(lines) > 4
    assert [line for line in lines if "<code>" in line or "<br>" in line or "&#" in line or "](" in line] == []


@pytest.mark.slow
def test_the_command_shows_lists_writes_and_refuses(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["reference"]) == 0
    names = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert names == [page.file.removesuffix(".md") for page in PAGES]
    assert main(["reference", "statistics", "change", "d_z:"]) == 0
    assert capsys.readouterr().out.startswith("Change\n  d_z: mean change / SD of the changes, Source: Cohen")
    assert main(["reference", "statistics", "horoscope"]) == 1
    assert capsys.readouterr().err == (
        "wavehouse: no line of statistics has 'horoscope'; give fewer words, or another page\n"
    )
    assert main(["reference", "statistic"]) == 2
    assert capsys.readouterr().err.startswith(
        "wavehouse: reference: there is no page 'statistic'; there are commands, study-yaml,"
    )
    assert main(["reference", "--out", str(tmp_path / "pages")]) == 0
    assert sorted(file.name for file in (tmp_path / "pages").iterdir()) == sorted(page.file for page in PAGES)
