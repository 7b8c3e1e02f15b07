"""The documentation as files: every page is in the site, and every mention of a page is of one that exists."""

import re
import shlex
import subprocess
import sys
import textwrap
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from docs_site import faults
from tutorial_steps import is_shown, steps_of

from dagster_project.cli import main
from dagster_project.reference import PAGES
from dagster_project.study.export import Export
from dagster_project.study.instruments import Instrument
from dagster_project.study.norms import NormFile
from dagster_project.study.waves import Wave
from dagster_project.synthesis.propositions import PropositionFile

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
_MADE = {f"reference/{page.file}" for page in PAGES}


def _pages(navigation: object) -> Iterator[str]:
    if isinstance(navigation, str):
        yield navigation
    elif isinstance(navigation, list):
        for entry in navigation:
            yield from _pages(entry)
    elif isinstance(navigation, dict):
        for entry in navigation.values():
            yield from _pages(entry)


def test_every_page_has_its_place_in_the_site() -> None:
    settings = tomllib.loads((ROOT / "zensical.toml").read_text(encoding="utf-8"))
    addresses = list(_pages(settings["project"]["nav"]))
    pages = {file.relative_to(DOCS).as_posix() for file in DOCS.rglob("*.md")} | _MADE
    assert sorted(addresses) == sorted(pages)


_TEXTS = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "CODE_OF_CONDUCT.md")]
_LINKING = [*_TEXTS, *(file for file in sorted(DOCS.rglob("*.md")) if file.relative_to(DOCS).as_posix() not in _MADE)]


@pytest.mark.parametrize("file", _LINKING, ids=lambda file: str(file.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(file: Path) -> None:
    text = re.sub(r"^```.*?^```$", "", file.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    addresses = [address.partition("#")[0] for address in re.findall(r"\]\(([^)\s]+)\)", text) if ":" not in address]
    # A page that is made from the code is not in the repository, whether or not somebody has made it here.
    broken = [address for address in addresses if address and (not (file.parent / address).exists() or _made(file, address))]
    assert broken == []
    parts = re.findall(r"reference/index\.md#([\w-]+)\)", text)
    assert set(parts) <= _PARTS


def _made(file: Path, address: str) -> bool:
    """Whether an address is of a page that is made from the code."""
    target = (file.parent / address).resolve()
    return DOCS in target.parents and target.relative_to(DOCS).as_posix() in _MADE


#: The parts of the reference's first page, as a forge and the site name them.
_PARTS = {
    heading.lower().replace(" ", "-")
    for heading in re.findall(r"^## (.+)$", (DOCS / "reference" / "index.md").read_text(encoding="utf-8"), re.MULTILINE)
}


def test_the_first_page_of_the_reference_has_a_part_for_each_page() -> None:
    assert {f"reference/{part}.md" for part in _PARTS} == _MADE


def test_in_the_site_links_to_the_parts_lead_to_the_pages(tmp_path: Path) -> None:
    (tmp_path / "reference").mkdir()
    (tmp_path / "how-to").mkdir()
    (tmp_path / "reference" / "tables.html").write_text("tables", encoding="utf-8")
    index, page = tmp_path / "reference" / "index.html", tmp_path / "how-to" / "data.html"
    index.write_text(
        '<a href="#tables">a</a><a class="headerlink" href="#tables">b</a><a href="#other">c</a>', encoding="utf-8"
    )
    page.write_text(
        '<a href="../reference/index.html#tables">a</a><a href="../reference/index.html">b</a>', encoding="utf-8"
    )
    command = [sys.executable, str(ROOT / ".ci" / "direct_links.py"), str(tmp_path)]
    process = subprocess.run(command, capture_output=True, text=True, check=True)
    assert process.stdout == "2 links lead to pages of the reference\n"
    assert index.read_text(encoding="utf-8") == (
        '<a href="tables.html">a</a><a class="headerlink" href="#tables">b</a><a href="#other">c</a>'
    )
    assert (
        page.read_text(encoding="utf-8") == '<a href="../reference/tables.html">a</a><a href="../reference/index.html">b</a>'
    )


def test_pages_that_messages_and_files_name_exist() -> None:
    sources = [
        *(ROOT / "dagster_project").rglob("*.py"),
        *(ROOT / "tests").rglob("*.py"),
        *(ROOT / "dbt").rglob("*.yml"),
        *_TEXTS,
    ]
    named = {
        (file.relative_to(ROOT).as_posix(), page)
        for file in sources
        if file != Path(__file__) and file.name != "CHANGELOG.md"
        for page in re.findall(r"docs/[a-z_/-]+\.md", file.read_text(encoding="utf-8"))
    }
    assert {page for _, page in named} >= {"docs/how-to/pull.md", "docs/how-to/groups.md"}
    assert [(file, page) for file, page in named if not (ROOT / page).exists()] == []


def test_the_pictures_are_small() -> None:
    assert sum(file.stat().st_size for file in (DOCS / "pictures").iterdir()) < 300_000


def test_faults_of_a_site_are_named(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(
        '<link rel="stylesheet" href="https://fonts.example.org/x.css"><link rel="canonical" href="https://example.org/a">'
        '<a href="b.html#part">b</a><a href="gone.html">c</a><a href="b.html#none">d</a><a href="https://example.org">e</a>',
        encoding="utf-8",
    )
    (tmp_path / "b.html").write_text('<h2 id="part">B</h2><script src="//cdn.example.org/x.js"></script>', encoding="utf-8")
    (tmp_path / "x.css").write_text("@import url(//fonts.example.org)", encoding="utf-8")
    assert list(faults(tmp_path)) == [
        "a.html: https://fonts.example.org/x.css: would be fetched from elsewhere",
        "a.html: gone.html: there is no such file",
        "a.html: b.html#none: the page has no such part",
        "b.html: //cdn.example.org/x.js: would be fetched from elsewhere",
        "x.css: fetches from elsewhere",
    ]
    process = subprocess.run(
        [sys.executable, ROOT / "tests/docs_site.py", tmp_path], capture_output=True, text=True, check=False
    )
    assert (process.returncode, process.stdout.splitlines()[-1]) == (1, "5 faults")


def _yaml_blocks(page: str) -> list[object]:
    text = (DOCS / "how-to" / page).read_text(encoding="utf-8")
    return [yaml.safe_load(textwrap.dedent(block)) for block in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)]


def test_definitions_that_how_to_pages_show_are_valid() -> None:
    assert Instrument.model_validate(_yaml_blocks("add-an-instrument.md")[-1]).item_count == 6
    assert NormFile.model_validate(_yaml_blocks("add-a-norm.md")[0]).samples[0].healthy
    propositions, interviews = (content for content in _yaml_blocks("add-a-proposition.md") if isinstance(content, dict))
    assert PropositionFile.model_validate(propositions | interviews).propositions[0].claims
    waves, export = _yaml_blocks("add-a-wave.md")
    assert isinstance(waves, dict) and [Wave.model_validate(wave).month for wave in waves["waves"]] == [0, 3, 12]
    assert isinstance(export, list) and Export.model_validate(export[0]).wave == "T3"


def test_the_audit_that_a_page_shows_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    commands = 0
    for step in steps_of((DOCS / "how-to" / "audit-a-table.md").read_text(encoding="utf-8")):
        if step.file:
            (tmp_path / step.file).write_text(step.content, encoding="utf-8")
        elif step.kind == "console":
            command, _, expected = step.content.removeprefix("$ wavehouse ").partition("\n")
            assert main(shlex.split(command)) == 1
            printed = capsys.readouterr()
            assert is_shown(expected, printed.err + printed.out)
            commands += 1
    assert commands == 2
