"""The licence of everything that an installed Wavehouse brings along, as a table; fails on what may not be brought along.

    uv run python .ci/licences.py

Belongs here: the closure of the run-time requirements as installed, and their licences as their own metadata say. Does not
belong here: tools of development (dependency group dev). Exit code 1: a licence that passes on to what uses it (GPL, AGPL),
or one that nobody can name. LGPL and MPL are named: a library under them may be used, a changed file of it must be given on.
"""

import re
import sys
from importlib.metadata import Distribution, PackageNotFoundError, distribution

from packaging.requirements import Requirement

ROOT = "wavehouse"
EXTRAS = ("lake", "pull", "server")
#: Names of licences in metadata, by what they are called in the table: the first that matches.
_NAMES = (
    ("AGPL", r"\bAGPL|affero"), ("LGPL", r"\bLGPL|lesser general public"),
    ("GPL", r"\bGPL|gnu general public|general public licen[cs]e"), ("MPL-2.0", r"\bMPL|mozilla public"),
    ("Apache-2.0", r"\bapache\b"), ("BSD", r"\bBSD\b|bsd[- ]|redistribution and use in source and binary forms"),
    ("MIT", r"\bMIT\b|expat|permission is hereby granted, free of charge"), ("PSF", r"\bPSF|python software foundation"),
    ("ISC", r"\bISC\b"), ("HPND", r"\bHPND|historical permission"), ("Unlicense", r"unlicense|public domain"),
    ("ZPL", r"\bZPL|zope public"), ("0BSD", r"\b0BSD\b"), ("CC0-1.0", r"\bCC0\b"),
    ("Zlib", r"\bzlib\b"),
)  # fmt: skip
_REFUSED, _NAMED = ("AGPL", "GPL"), ("LGPL", "MPL-2.0")
#: What metadata leave open, read by hand in the package's own files, with the version that was read.
_READ_BY_HAND = {
    # Under the Artistic License or the GPL, as one chooses, says its LICENSE.txt (1.3). dbt brings it along.
    "text-unidecode": "Artistic",
}


def installed(root: str, extras: tuple[str, ...] = ()) -> dict[str, Distribution]:
    """Everything that a distribution requires on this machine, by name; itself not."""
    packages: dict[str, Distribution] = {}
    pending = [(root, frozenset(extras))]
    visited = set()
    while pending:
        name, wanted = pending.pop()
        if (name, wanted) in visited:
            continue
        visited.add((name, wanted))
        try:
            package = distribution(name)
        except PackageNotFoundError:
            raise SystemExit(f"{name} is required and not installed; run `uv sync --group services` first") from None
        packages[_normal(name)] = package
        for line in package.requires or ():
            requirement = Requirement(line)
            markers = requirement.marker
            if markers is None or any(markers.evaluate({"extra": extra}) for extra in ("", *wanted)):
                pending.append((requirement.name, frozenset(requirement.extras)))
    packages.pop(_normal(root))
    return packages


def licence_of(package: Distribution) -> tuple[str, str]:
    """The licence in short and as the package's metadata say it; '' in short where nothing names one."""
    metadata = package.metadata
    name = _normal(metadata["Name"])
    if name in _READ_BY_HAND:
        return _READ_BY_HAND[name], "read in the package"
    classifiers = [line.rpartition("::")[2].strip() for line in metadata.get_all("Classifier") or () if "License ::" in line]
    # Whether several classifiers are alternatives they do not say: the strictest counts.
    of_classifiers = " AND ".join(line for line in classifiers if line != "OSI Approved")
    expressions, texts = (metadata.get_all(key) or [] for key in ("License-Expression", "License"))
    stated = [text for text in (*expressions, of_classifiers, *texts) if text]
    for text in stated:
        if licence := short_licence(text):
            return licence, " ".join(text.split())[:60]
    return "", " ".join(stated[0].split())[:60] if stated else "nothing said"


def short_licence(text: str) -> str:
    """A licence's text or expression in short. Of alternatives (OR) the freest counts, of several that hold together (AND)
    the strictest; '' where a part that counts is not known."""
    tokens = re.findall(r"\(|\)|\bAND\b|\bOR\b|(?:(?!\bAND\b|\bOR\b)[^()])+", text)
    if not {"AND", "OR"} & set(tokens):
        return _matching(text)
    return _either([token for token in map(str.strip, tokens) if token])


def _either(tokens: list[str]) -> str:
    """Alternatives, taking the tokens that they are made of."""
    licences = [_together(tokens)]
    while tokens and tokens[0] == "OR":
        tokens.pop(0)
        licences.append(_together(tokens))
    return max(licences, key=_freedom)


def _together(tokens: list[str]) -> str:
    """Licences that hold together."""
    licences = [_single(tokens)]
    while tokens and tokens[0] == "AND":
        tokens.pop(0)
        licences.append(_single(tokens))
    return min(licences, key=_freedom)


def _single(tokens: list[str]) -> str:
    token = tokens.pop(0)
    if token != "(":
        return _matching(token)
    licence = _either(tokens)
    tokens.pop(0)
    return licence


def _matching(text: str) -> str:
    return next((name for name, pattern in _NAMES if re.search(pattern, text, re.IGNORECASE)), "")


def _freedom(licence: str) -> int:
    """The place in the order from what is not known by the strictest to the freest."""
    return [name for name, _ in _NAMES].index(licence) if licence else -1


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def main() -> int:
    rows = [(name, package.version, *licence_of(package)) for name, package in sorted(installed(ROOT, EXTRAS).items())]
    for name, version, licence, words in rows:
        print(f"{name:32} {version:16} {licence or 'unknown':12} {words}")
    faults = [f"{name}: {licence}" for name, _, licence, _ in rows if licence in _REFUSED]
    faults += [
        f"{name}: no licence is named ({words}); read its files, and say it in .ci/licences.py"
        for name, _, licence, words in rows
        if not licence
    ]
    named = [f"{name} ({licence})" for name, _, licence, _ in rows if licence in _NAMED]
    print(f"{len(rows)} packages at run time; with conditions for changed files: {', '.join(named) or 'none'}")
    print(*faults, sep="\n", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    raise SystemExit(main())
