"""What a study adds of its own: which files below its folder are SQL models, analyses in Python, and tables.

Belongs here: where these files lie and what they are called. Does not belong here: what is in them (study/own_tables.py,
extensions/).
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

MODELS_FOLDER, ANALYSES_FOLDER, TABLES_FILE = "models", "analyses", "tables.yaml"
#: The schema of the tables that a study's own models make.
OWN_SCHEMA = "own"
#: What the ids of results of a study's own analyses begin with, before the analysis's name: no analysis of ours does.
OWN_PREFIX = "own_"
_SUFFIXES = (".sql", ".yml", ".yaml", ".py")


def extension_files(folder: Path) -> Iterator[str]:
    """The names, below the study folder, of the files that a study adds of its own."""
    for name in (MODELS_FOLDER, ANALYSES_FOLDER):
        for path in sorted((folder / name).rglob("*")):
            parts = path.relative_to(folder).parts
            is_hidden = any(part.startswith((".", "~", "__pycache__")) for part in parts)
            if path.suffix in _SUFFIXES and not is_hidden and path.is_file():
                yield "/".join(parts)
    if (folder / TABLES_FILE).is_file():
        yield TABLES_FILE


def hashes_of_extensions(definitions: Mapping[str, str]) -> dict[str, str]:
    """Of the hashes of all definition files by name, those of what the study adds of its own."""
    folders = (f"{MODELS_FOLDER}/", f"{ANALYSES_FOLDER}/")
    return {name: sha256 for name, sha256 in definitions.items() if name.startswith(folders) or name == TABLES_FILE}
