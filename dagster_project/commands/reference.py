"""`wavehouse reference`: the pages that are made from the code, to read on a terminal or as files."""

import argparse
import sys
from pathlib import Path

from dagster_project.settings import Settings
from dagster_project.terminal import say

_DESCRIPTION = """Show what commands, keys, tables, statistics, rules, checks and messages mean: a page as text, or its
lines about some words alone.

examples
  wavehouse reference                          which pages there are
  wavehouse reference study-yaml window        keys of study.yaml that speak of a window
  wavehouse reference statistics d_z           how d_z is computed, and who counts in it
  wavehouse reference messages "has no column" the line with which something was refused
  wavehouse reference --out reference          all pages, as Markdown
"""


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    reference = commands.add_parser(
        "reference", help="show what keys, tables, statistics, rules and messages mean",
        description=_DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    reference.add_argument("page", nargs="?", metavar="PAGE", help="a page, e.g. statistics; without one, which there are")
    reference.add_argument("words", nargs="*", metavar="WORD", help="only lines that have all of these words")
    reference.add_argument("--out", type=Path, metavar="FOLDER", help="write all pages there, as Markdown; made if missing")
    reference.set_defaults(execute=execute, study=None)


def execute(options: argparse.Namespace, settings: Settings) -> int:
    from dagster_project.reference import PAGES, write_reference
    from dagster_project.reference.terminal_text import lines_about, page_lines

    if options.out is not None:
        for file in write_reference(options.out):
            say(str(file))
        return 0
    pages = {page.file.removesuffix(".md"): page for page in PAGES}
    if options.page is None:
        for name, page in pages.items():
            say(f"{name:<18} {next(iter(page_lines(page.text())))}")
        return 0
    if options.page not in pages:
        raise ValueError(f"reference: there is no page {options.page!r}; there are {', '.join(pages)}")
    lines = page_lines(pages[options.page].text())
    shown_lines = lines_about(lines, options.words) if options.words else lines
    say(*shown_lines)
    if not shown_lines:
        words = " and ".join(map(repr, options.words))
        say(f"wavehouse: no line of {options.page} has {words}; give fewer words, or another page", file=sys.stderr)
    return 0 if shown_lines else 1
