"""What the released page shows: its sections, tables and figures, and their order.

Belongs here: the declaration under `page` in study.yaml, and which sections there are. Does not belong here: what a section
shows (report/), which tables a study has (results/).
"""

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from dagster_project.study.base import Code, Definition

#: Every section of the page with its name in words, in the order that they have if nothing else is declared. A new section
#: needs its entry here, its template report/templates/page/sections/<section>.html.jinja and its heading's id in
#: report/page_choice.py.
PAGE_SECTIONS = {
    "main_results": "Main results", "tables": "Tables", "figures": "Figures", "joint_display": "Joint display",
    "study_flow": "Study flow", "methods": "Methods", "supplementary_tables": "Further tables",
    "comparison": "Comparison with the paper", "audit": "Audit", "checklists": "Checklists", "changes": "What changed",
    "citation": "How to cite",
}  # fmt: skip


def _each_once(names: Sequence[str]) -> Sequence[str]:
    if duplicates := [name for name in names if list(names).count(name) > 1]:
        raise ValueError(f"{duplicates[0]} stands there twice; name it once")
    return names


def _known_sections(names: Sequence[str]) -> Sequence[str]:
    for name in names:
        if name not in PAGE_SECTIONS:
            matches = get_close_matches(name, PAGE_SECTIONS, n=1, cutoff=0.5)
            hint = f"did you mean {matches[0]}?" if matches else f"there are {', '.join(PAGE_SECTIONS)}"
            raise ValueError(f"{name} is no section of the page; {hint}")
    return names


#: A table's name as its file in tables/ has it, such as stability_T1-T2.
TableName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,126}$")]


class Page(Definition):
    """What page and Word document show, and in which order. All else stays in the release, and the page says what it leaves
    out."""

    sections: Annotated[tuple[str, ...], AfterValidator(_each_once), AfterValidator(_known_sections)] | None = Field(
        default=None,
        min_length=1,
        description=f"the sections in their order, all if left out: {', '.join(PAGE_SECTIONS)}",
    )
    tables: Annotated[tuple[TableName, ...], AfterValidator(_each_once)] | None = Field(
        default=None,
        description="the tables in their order by the names of their files in tables/, e.g. [change, effect_sizes]; all if"
        " left out",
    )
    figures: Annotated[tuple[Code, ...], AfterValidator(_each_once)] | None = Field(
        default=None,
        description="the figures in their order by the names of their files in figures/, e.g. [forest]; all if left out",
    )

    @property
    def shown_sections(self) -> tuple[str, ...]:
        """The sections in their order."""
        return tuple(PAGE_SECTIONS) if self.sections is None else self.sections
