"""Which sections, tables and figures page and Word document show, and the numbers that follow from their order.

Belongs here: choosing, numbering, the note of what is left out, links to it. Does not belong here: the declaration
(study/page.py), what is shown.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

from dagster_project.languages import gettext, ngettext
from dagster_project.report.checklists import JudgedItem
from dagster_project.report.checklists.judge import Link
from dagster_project.report.figure import Figure
from dagster_project.report.joint import JOINT_DISPLAY
from dagster_project.results import Table
from dagster_project.study import PAGE_SECTIONS, Study

#: The id of a section's heading; that of the main tables is each table's own.
ANCHORS = {
    "main_results": "main-results", "figures": "figures", "joint_display": "joint", "study_flow": "flow",
    "methods": "methods", "supplementary_tables": "further", "comparison": "comparison", "audit": "audit",
    "checklists": "checklists", "changes": "changes", "citation": "cite",
}  # fmt: skip


class _WithName(Protocol):
    @property
    def name(self) -> str: ...


Entry = TypeVar("Entry", bound=_WithName)


@dataclass(frozen=True)
class PageChoice:
    """What is shown, in its order. tables: the main ones; supplementary_tables: those from S1 on; joint_display: whether its
    table is shown. note: what is left out, '' where nothing is. hidden_links: by a link that leads to nothing on the page,
    where the same is instead, '' if it is in no file of its own."""

    sections: Sequence[str]
    tables: Sequence[Table]
    supplementary_tables: Sequence[Table]
    figures: Sequence[Figure]
    joint_display: Table | None
    note: str
    hidden_links: Mapping[str, str]

    @property
    def first_anchor(self) -> str:
        """The id of the first heading."""
        first = self.sections[0] if self.sections else ""
        return ANCHORS.get(first) or (f"table-{self.tables[0].number}" if self.tables else "")

    @property
    def all_tables(self) -> list[Table]:
        """The tables of all kinds in the order of their numbers."""
        joint = [self.joint_display] if self.joint_display else []
        return [*self.tables, *joint, *self.supplementary_tables]


def numbered_tables(study: Study, tables: Sequence[Table]) -> list[Table]:
    """Every table with its number in the release: those that are shown come first, in their order, then the joint display
    where it is shown, then the others; those from S1 on the same by themselves."""
    joint = [table for table in tables if table.name == JOINT_DISPLAY]
    further = [table for table in tables if table.number.startswith("S")]
    main = [table for table in tables if table not in joint and table not in further]
    shown_main, other_main = _split(main, _names(study, "tables", study.protocol.page.tables))
    shown_further, other_further = _split(further, _names(study, "supplementary_tables", study.protocol.page.tables))
    is_joint_shown = "joint_display" in study.protocol.page.shown_sections
    in_order = [*shown_main, *joint, *other_main] if is_joint_shown else [*shown_main, *other_main, *joint]
    return [
        *(replace(table, number=str(number)) for number, table in enumerate(in_order, start=1)),
        *(replace(table, number=f"S{number}") for number, table in enumerate([*shown_further, *other_further], start=1)),
    ]


def ordered_figures(study: Study, figures: Sequence[Figure]) -> list[Figure]:
    """Every figure, those that are shown first in their order; the table of each has its number."""
    in_order = [
        group for groups in _split(figures, _names(study, "figures", study.protocol.page.figures)) for group in groups
    ]
    return [
        replace(figure, table=replace(figure.table, number=f"F{number}")) for number, figure in enumerate(in_order, start=1)
    ]


def page_choice(study: Study, tables: Sequence[Table], figures: Sequence[Figure], *, has_published: bool) -> PageChoice:
    """What is shown of a release's tables and figures, which have their numbers. A section that the study does not have is
    not mentioned."""
    page = study.protocol.page
    joint = next((table for table in tables if table.name == JOINT_DISPLAY), None)
    own_tables = [table for table in tables if table is not joint]
    main = [table for table in own_tables if not table.number.startswith("S")]
    further = [table for table in own_tables if table.number.startswith("S")]
    content = {
        "tables": main, "supplementary_tables": further, "figures": figures, "joint_display": [joint] if joint else [],
        "comparison": [True] if has_published else [],
    }  # fmt: skip
    shown_main, hidden_main = _split(main, _names(study, "tables", page.tables))
    shown_further, hidden_further = _split(further, _names(study, "supplementary_tables", page.tables))
    shown_figures, hidden_figures = _split(figures, _names(study, "figures", page.figures))
    shown_by_section = {"tables": shown_main, "supplementary_tables": shown_further, "figures": shown_figures}
    sections = [name for name in page.shown_sections if shown_by_section.get(name, content.get(name, [True]))]
    hidden_sections = [
        name
        for name in PAGE_SECTIONS
        if name not in page.shown_sections and name not in shown_by_section and content.get(name, [True])
    ]
    hidden_tables = [*hidden_main, *hidden_further]
    available = {table.name for table in own_tables} | {figure.name for figure in figures}
    absent = [name for name in (*(page.tables or ()), *(page.figures or ())) if name not in available]
    if joint and "joint_display" in hidden_sections:
        hidden_tables.append(joint)
    links = {
        f"#{ANCHORS[name]}": "" for name in (*hidden_sections, *shown_by_section) if name in ANCHORS and name not in sections
    }
    links |= {f"#table-{table.number}": f"tables/table_{table.number}_{table.name}.csv" for table in hidden_tables}
    numbers = {figure.name: number for number, figure in enumerate(figures, start=1)}
    links |= {
        f"#figure-{numbers[figure.name]}": f"figures/figure_{numbers[figure.name]}_{figure.name}.svg"
        for figure in hidden_figures
    }
    return PageChoice(
        sections, shown_main, shown_further, shown_figures, joint if "joint_display" in sections else None,
        _note(hidden_sections, len(hidden_main) + len(hidden_further), len(hidden_figures), absent), links,
    )  # fmt: skip


def relinked(items: Sequence[JudgedItem], choice: PageChoice) -> list[JudgedItem]:
    """Judged items whose links lead to what the page shows, and to the files of the release for what it leaves out."""
    return [replace(item, links=tuple(_relinked(link, choice) for link in item.links)) for item in items]


def _relinked(link: Link, choice: PageChoice) -> Link:
    if link.href is None or link.href not in choice.hidden_links:
        return link
    return Link(
        gettext("{words} (in the release, not on its page)", words=link.words), choice.hidden_links[link.href] or None
    )


def _names(study: Study, section: str, names: Sequence[str] | None) -> Sequence[str] | None:
    """The names that are shown of a section, None for all of them."""
    return names if section in study.protocol.page.shown_sections else ()


def _split(entries: Sequence[Entry], names: Sequence[str] | None) -> tuple[list[Entry], list[Entry]]:
    """Those of these names in the order of the names, and the others in their own."""
    if names is None:
        return list(entries), []
    by_name = {entry.name: entry for entry in entries}
    return [by_name[name] for name in names if name in by_name], [entry for entry in entries if entry.name not in names]


def _note(sections: Sequence[str], tables: int, figures: int, absent: Sequence[str]) -> str:
    """What is left out, and where it is."""
    parts = [gettext(PAGE_SECTIONS[name]) for name in sections]
    if tables:
        parts.append(ngettext("{n} table", "{n} tables", tables))
    if figures:
        parts.append(ngettext("{n} figure", "{n} figures", figures))
    notes = []
    if parts:
        notes.append(
            gettext(
                "Left out here: {parts}. Their numbers are in the release: tables.xlsx, tables/, figures/ and"
                " warehouse.duckdb.",
                parts=", ".join(parts),
            )
        )
    if absent:
        notes.append(gettext("Asked for, and not in this release: {names}.", names=", ".join(absent)))
    return " ".join(notes)
