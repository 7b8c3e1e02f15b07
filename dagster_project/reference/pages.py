"""All pages of the reference, and writing them.

Belongs here: their file names and order. Does not belong here: what is on them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from dagster_project.reference import auditor, checks, commands, keys, messages, statistics, tables


@dataclass(frozen=True)
class Page:
    """A page. text: makes its Markdown. silent: names what on it says nothing of itself."""

    file: str
    text: Callable[[], str]
    silent: Callable[[], Sequence[str]]


PAGES = (
    Page("commands.md", commands.page, commands.silent),
    *(Page(file.page, file.text, file.silent) for file in keys.FILES),
    Page("tables.md", tables.page, tables.silent),
    Page("statistics.md", statistics.page, statistics.silent),
    Page("auditor.md", auditor.page, auditor.silent),
    Page("checks.md", checks.page, checks.silent),
    Page("messages.md", messages.page, messages.silent),
)


def undocumented() -> list[str]:
    """Whatever the reference should explain and cannot, as page: name."""
    return [f"{page.file}: {name}" for page in PAGES for name in page.silent()]


def write_reference(folder: Path) -> list[Path]:
    """Write all pages into a folder. Returns their files."""
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for page in PAGES:
        file = folder / page.file
        file.write_text(page.text(), encoding="utf-8", newline="\n")
        files.append(file)
    return files
