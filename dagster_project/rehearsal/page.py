"""What the study has page and Word document show, and does not have. Nothing else belongs here."""

import re
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path

from dagster_project.study import PAGE_SECTIONS, Study

#: How the files of a release are named: the number, then the name. Joint display, figures and checklists are no tables to
#: be named.
_FILES = {"tables": re.compile(r"table_(?:S?\d+)_(.+)\.csv"), "figures": re.compile(r"figure_\d+_(.+)\.svg")}


def page_findings(study: Study) -> Iterator[str]:
    """A line for each section that the study has nothing for, and for each table and figure that the current release does
    not have, nor tables.yaml: the page leaves them out, and says so of tables and figures. Nothing is known of these before
    a release."""
    page = study.protocol.page
    absent = {
        "comparison": study.protocol.published is None and "study.yaml names no published table",
        "joint_display": not (study.folder / "propositions.yaml").exists() and "the study has no propositions.yaml",
    }
    for section in page.sections or ():
        if reason := absent.get(section):
            yield f"sections: {section}: {reason}; the page has no section {PAGE_SECTIONS[section]!r}"
    own_names = {
        "tables": [table.table for table in study.tables.tables],
        "figures": [figure.figure for figure in study.tables.figures],
    }
    for key, names in (("tables", page.tables), ("figures", page.figures)):
        available = _released_names(study.folder / "release", key)
        for name in names or ():
            if available and name not in available and name not in own_names[key]:
                yield f"{key}: {name}: the current release has none of this name; {_hint(name, available)}"


def _released_names(release: Path, key: str) -> list[str]:
    """The names of a release's tables or figures, in the order of their files."""
    matches = (_FILES[key].fullmatch(file.name) for file in sorted((release / key).glob("*")))
    return [match[1] for match in matches if match and match[1] != "joint_display"]


def _hint(name: str, available: Sequence[str]) -> str:
    matches = get_close_matches(name, available, n=1, cutoff=0.5)
    return f"did you mean {matches[0]}?" if matches else f"it has {', '.join(available)}"
