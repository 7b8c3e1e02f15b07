"""Where a release meets a checklist, and where it does not. Belongs here: judging that. Does not belong here: what
checklists ask."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import yaml

from dagster_project.languages import gettext, gettext_noop, in_series, ngettext, translate
from dagster_project.report.checklists.declared import Answers, Checklist, Item, Kind
from dagster_project.results import Cell, Column, ResultRow, Row, Table
from dagster_project.study import Study

Status = Literal["met", "partly met", "gap", "not applicable"]


@dataclass(frozen=True)
class Link:
    """What meets an item, in words. href: where the page has it, such as #table-4."""

    words: str
    href: str | None = None


@dataclass(frozen=True)
class JudgedItem:
    """An item with what meets it and what is missing."""

    item: Item
    status: Status
    links: tuple[Link, ...]
    missing: tuple[str, ...]


def judge_checklist(
    checklist: Checklist,
    answers: Answers,
    study: Study,
    tables: Sequence[Table],
    results: Mapping[str, ResultRow],
    figures: Sequence[str],
    sections: Collection[str],
) -> tuple[JudgedItem, ...]:
    """Every item, in order, but for those that ask only for what a study of one wave cannot have. tables: as on the page,
    those of figures aside; results: by id; figures: names in the order of the page; sections: ids of the page's sections.
    """
    author_answers = answers.told.get(checklist.checklist, {})
    inapplicable_items = answers.not_applicable.get(checklist.checklist, {})
    finder = _Finder(study, tables, results, figures, sections)
    impossible = _NEEDS_SEVERAL_WAVES if len(study.protocol.waves) == 1 else frozenset()
    judged_items = []
    for item in checklist.items:
        if item.item in inapplicable_items:
            judged_items.append(JudgedItem(item, "not applicable", (Link(inapplicable_items[item.item]),), ()))
            continue
        links: list[Link] = (
            [Link(gettext("Authors: {answer}", answer=author_answers[item.item]))] if item.item in author_answers else []
        )
        missing = []
        needs = [
            (kind, name)
            for kind, names in item.met_by.items()
            for name in names
            if not {(kind, part) for part in name.split(" | ")} <= impossible
        ]
        if not needs and not links:
            continue
        for kind, name in needs:
            if kind == "authors":
                missing += (
                    [] if item.item in author_answers else [gettext("for the authors: {missing}", missing=gettext(name))]
                )
            elif link := next((link for part in name.split(" | ") if (link := finder.find(kind, part))), None):
                links.append(link)
            else:
                missing.append(_absent(kind, name.replace(" | ", gettext(" or "))))
        status: Status = "met" if not missing else "partly met" if links else "gap"
        judged_items.append(JudgedItem(item, status, tuple(links), tuple(missing)))
    return tuple(judged_items)


def checklist_table(checklist: Checklist, judged_items: Sequence[JudgedItem], number: str) -> Table:
    """A checklist as a form: status, what meets an item, what is missing, and an empty column for the manuscript's pages."""
    rows: list[Row] = []
    section = None
    for judged_item in judged_items:
        if judged_item.item.section != section:
            section = judged_item.item.section
            rows.append(Row(gettext(section)))
        links, missing = in_series(link.words for link in judged_item.links), in_series(judged_item.missing)
        rows.append(
            Row(
                f"{judged_item.item.item}. {gettext(judged_item.item.name)}",
                (Cell(gettext(judged_item.status)), Cell(links), Cell(missing), Cell("")),
            )
        )
    return Table(
        number=number,
        name=f"checklist_{checklist.checklist}",
        title=f"{gettext(checklist.name)} ({translate(checklist.version)})",
        columns=tuple(
            Column(name, has_words=True)
            for name in (gettext("Status"), gettext("Where"), gettext("Missing"), gettext("Page of the manuscript"))
        ),
        rows=tuple(rows),
        notes=(gettext("After {source}.", source=checklist.source), gettext(checklist.licence)),
    )


#: What a study of one wave cannot have.
_NEEDS_SEVERAL_WAVES: frozenset[tuple[Kind, str]] = frozenset(
    {
        ("study", "contrasts"), ("table", "change"), ("figure", "forest"),
        *(("analysis", name) for name in (
            "change", "mixed", "imputation", "missingness", "stability", "reliable_change", "category_change",
            "service_change", "change_difference", "change_adjusted", "mmrm_difference",
            "glmm_difference",
        )),
    }
)  # fmt: skip
#: What readers call a section of the page.
_SECTIONS = {
    "flow": gettext_noop("Study flow"),
    "methods": gettext_noop("Methods"),
    "joint": gettext_noop("Joint display"),
    "audit": gettext_noop("Audit"),
    "figures": gettext_noop("Figures"),
}
#: The part of the release that shows what a key of study.yaml, or a file beside it, declares.
_DEFINITION_LINKS = {
    "plan": "codebook.html#plan", "waves": "codebook.html#waves", "contrasts": "codebook.html#contrasts",
    "outcomes": "codebook.html#scales", "instruments": "codebook.html#instruments",
    "participant_variables": "codebook.html#participant_variables", "propositions": "#joint",
}  # fmt: skip


def _absent(kind: Kind, name: str) -> str:
    return {
        "table": gettext("the table {name} has no numbers", name=name),
        "figure": gettext("figure {name} is not drawn", name=name),
        "analysis": gettext("no result of analysis {name}", name=name),
        "section": gettext("the page has no section {name}", name=name),
        "study": gettext("study.yaml declares no {name}", name=name),
        "file": gettext("the study folder has no {name}", name=name),
        "authors": name,
    }[kind]


class _Finder:
    """What a release and its study have, indexed once."""

    def __init__(
        self,
        study: Study,
        tables: Sequence[Table],
        results: Mapping[str, ResultRow],
        figures: Sequence[str],
        sections: Collection[str],
    ) -> None:
        self._study, self._figures, self._sections = study, figures, sections
        self._tables = {
            table.name: table.number
            for table in tables
            if any(cell.result_ids and cell.text for row in table.rows for cell in row.cells)
        }
        self._analyses: dict[str, int] = {}
        for row in results.values():
            if row.value is not None:
                self._analyses[row.analysis] = self._analyses.get(row.analysis, 0) + 1
        # The table that shows the most results of an analysis, the first of several.
        self._shown_in: dict[str, Table] = {}
        largest_counts: Counter[str] = Counter()
        for table in tables:
            analysis_counts = Counter(
                result_id.split("/")[0] for row in table.rows for cell in row.cells for result_id in cell.result_ids
            )
            for analysis, count in analysis_counts.items():
                if count > largest_counts[analysis]:
                    largest_counts[analysis], self._shown_in[analysis] = count, table
        self._lines = dict(_lines_of(study))

    def find(self, kind: Kind, name: str) -> Link | None:
        if kind == "table" and name in self._tables:
            return Link(gettext("Table {number}", number=self._tables[name]), f"#table-{self._tables[name]}")
        if kind == "figure" and name in self._figures:
            number = self._figures.index(name) + 1
            return Link(gettext("Figure {number}", number=number), f"#figure-{number}")
        if kind == "analysis" and name in self._analyses:
            table = self._shown_in.get(name)
            fields = {"analysis": name.replace("_", " "), "table": table.number if table else ""}
            if table is None:
                return Link(
                    ngettext("{n} result of {analysis}", "{n} results of {analysis}", self._analyses[name], **fields)
                )
            words = ngettext(
                "{n} result of {analysis}, in Table {table}",
                "{n} results of {analysis}, in Table {table}",
                self._analyses[name],
                **fields,
            )
            return Link(words, f"#table-{table.number}")
        if kind == "section" and name in self._sections:
            return Link(gettext("section {section}", section=gettext(_SECTIONS.get(name, name))), f"#{name}")
        if kind == "study" and name in self._lines and self._value(name):
            return Link(
                gettext("study.yaml, line {line}: {name}", line=self._lines[name], name=name),
                _DEFINITION_LINKS.get(name.split(".")[0]),
            )
        if kind == "file" and (self._study.folder / name).exists():
            return Link(name, _DEFINITION_LINKS.get(name.partition(".")[0]))
        return None

    def _value(self, name: str) -> Any:
        value: Any = self._study.protocol
        for part in name.split("."):
            value = getattr(value, part, None)
        return value


def _lines_of(study: Study) -> Iterator[tuple[str, int]]:
    """The dotted keys of study.yaml with their lines, counted from 1."""
    # As study/read.py reads it: the parser in Python refuses what the one in C takes, such as "?" in a word.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    root = yaml.compose((study.folder / "study.yaml").read_text(encoding="utf-8-sig"), Loader=loader)
    nodes = [("", root)]
    while nodes:
        prefix, node = nodes.pop()
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                yield prefix + key.value, key.start_mark.line + 1
                nodes.append((f"{prefix}{key.value}.", value))
