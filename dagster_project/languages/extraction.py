"""Every message that the package has, read from where it stands, for tests and for who adds a language.

Belongs here: extraction. Does not belong here: catalogues (catalogue.py), translating (messages.py).

`python -m dagster_project.languages.extraction it` writes a new catalogue of a language, or brings an old one up to date:
new messages without a translation, old ones left out.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from dagster_project.languages.catalogue import catalogue_file

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog

PACKAGE = Path(__file__).parents[1]
_KEYWORDS: dict[str, Any] = {
    "gettext": None, "gettext_noop": None, "markup": None, "ngettext": (1, 2), "ngettext_noop": (1, 2),
}  # fmt: skip
#: Of a checklist and its items, what are words of our own; `source` is a citation.
_CHECKLIST_KEYS = ("name", "name_of_one_wave", "licence")
_ITEM_KEYS = ("section", "name")


def extracted_messages() -> "Catalog":
    """All messages, each with the files that have it."""
    from babel.messages.catalog import Catalog

    catalogue = Catalog(project="Wavehouse", charset="utf-8")
    for path, messages in (*_of_code(), *_of_checklists()):
        for message in messages:
            catalogue.add(message, locations=[(path.relative_to(PACKAGE.parent).as_posix(), 0)])
    return catalogue


def _of_code() -> Iterator[tuple[Path, list[Any]]]:
    from babel.messages.extract import extract, extract_python
    from jinja2.ext import babel_extract

    methods: dict[str, Any] = {"*.py": extract_python, "*.jinja": babel_extract}
    for pattern, method in methods.items():
        for path in sorted(PACKAGE.rglob(pattern)):
            with path.open("rb") as stream:
                extracted = extract(method, stream, _KEYWORDS, options={"trimmed": "false"})
                yield path, [message for _, message, _, _ in extracted]


def _of_checklists() -> Iterator[tuple[Path, list[str]]]:
    for path in sorted((PACKAGE / "report" / "checklists").glob("*.yaml")):
        checklist = yaml.safe_load(path.read_text(encoding="utf-8"))
        messages = [checklist[key] for key in _CHECKLIST_KEYS if key in checklist]
        for item in checklist["items"]:
            messages += [item[key] for key in _ITEM_KEYS]
            answers = item["met_by"].get("authors", ())
            messages += [answers] if isinstance(answers, str) else list(answers)
        yield path, messages


def write_catalogue(language: str) -> None:
    """Write the catalogue of a language, with the translations that it has already."""
    from babel.messages.catalog import Catalog
    from babel.messages.pofile import read_po, write_po

    file = catalogue_file(language)
    catalogue = Catalog(locale=language, project="Wavehouse", charset="utf-8", fuzzy=False)
    if file.exists():
        with file.open("rb") as stream:
            catalogue = read_po(stream, locale=language)
    catalogue.update(extracted_messages(), no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("wb") as stream:
        write_po(stream, catalogue, width=120, include_lineno=False, sort_by_file=True)


if __name__ == "__main__":
    write_catalogue(sys.argv[1])
