"""The released page: main results, tables, figures, joint display, flow, methods, audit, in one file that needs no network.

Belongs here: filling the template. Does not belong here: numbers that are not results, the page's text, style and scripts
(templates/).
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from dagster_project.audit import FindingRow
from dagster_project.languages import date_text, gettext_noop
from dagster_project.report.checklists import Checklist, JudgedItem
from dagster_project.report.figure import Figure
from dagster_project.report.flow import Flow, study_flow
from dagster_project.report.joint import JOINT_DISPLAY, joint_notes, joint_rows
from dagster_project.report.main_results import MainResults
from dagster_project.report.methods import citation, methods
from dagster_project.report.numbers import Sources, number_data
from dagster_project.report.page_choice import page_choice
from dagster_project.report.page_data import PageData
from dagster_project.report.people import PeopleRows, people_data
from dagster_project.report.scopes import scopes_of
from dagster_project.report.template import render
from dagster_project.results import ReleaseChange, Reproduction, ResultRow, Table, change_counts, count_in_words, count_lines
from dagster_project.study import Study
from dagster_project.synthesis import DisplayRows

#: Kinds of changes that the page lists; it counts the others.
_LISTED_CHANGES = ("rule", "claim", "significance")
#: What readers call the statistics of a published table.
_STATISTICS = {
    "es": gettext_noop("effect size"), "sd": "SD", "ci_low": gettext_noop("lower limit"),
    "ci_high": gettext_noop("upper limit"), "norm_mean": gettext_noop("norm mean"), "norm_sd": gettext_noop("norm SD"),
    "percent": gettext_noop("per cent"), "min": gettext_noop("minimum"), "max": gettext_noop("maximum"),
}  # fmt: skip
#: A page of a release with more results knows only those that it shows.
_MOST_NUMBERS = 15_000


@dataclass(frozen=True)
class PageContent:
    """What a page is made of, as the released file holds it.

    manifest: of the release. main: what it opens with. version: Wavehouse's. tables: laid out, the main ones first, the
    joint display after them, then those from S1 on. figures: drawn, each with its table. checklists: each with its judged
    items. results: by id. reproduction, findings, changes: rows of results.reproduction, findings and release_diff. display:
    the rows of the joint display; display_note: what its readers must know. people_rows: what the page lists of people; None
    where none are to be listed. lacking: a sentence for each part of the study's own that the release lacks.
    """

    manifest: Mapping[str, str]
    main: MainResults
    version: str
    tables: Sequence[Table]
    figures: Sequence[Figure]
    checklists: Sequence[tuple[Checklist, Sequence[JudgedItem]]]
    results: Mapping[str, ResultRow]
    reproduction: Sequence[Reproduction]
    findings: Sequence[FindingRow]
    display: DisplayRows
    display_note: str | None
    changes: Sequence[ReleaseChange]
    sources: Sources
    people_rows: PeopleRows | None
    lacking: Sequence[str] = ()


def write_page(file: Path, study: Study, content: PageContent) -> None:
    """Write the page. Every number carries the ids of its results, and opens what is known of them."""
    flow = study_flow(study, content.results)
    choice = page_choice(study, content.tables, content.figures, has_published=bool(content.reproduction))
    joint_number = next((table.number for table in content.tables if table.name == JOINT_DISPLAY), "")
    deviations = [row for row in content.reproduction if row.verdict != "reproduced"]
    shown_ids = [*_cell_ids(flow, content)]
    shown_ids += [row.result_id for row in deviations if row.result_id]
    shown_ids += [result_id for cell in content.display.claim_cells for result_id in cell.result_ids.split()]
    verdict_counts = Counter(row.verdict for row in content.reproduction)
    cite, bibtex = citation(study, content.manifest, content.version)
    page = render(
        "page.html.jinja",
        protocol=study.protocol,
        flow=flow,
        methods=methods(study, content.results),
        main=content.main,
        lacking=content.lacking,
        sections=choice.sections,
        first_anchor=choice.first_anchor,
        left_out_note=choice.note,
        tables=choice.tables,
        supplementary_tables=choice.supplementary_tables,
        figures=choice.figures,
        checklists=[(checklist, items, Counter(item.status for item in items)) for checklist, items in content.checklists],
        joint_number=joint_number,
        propositions=joint_rows(content.display, previous_verdicts(content.changes, content.manifest["release"])),
        display_note=content.display_note,
        display_notes=joint_notes(study, content.display),
        has_previous_release=bool(content.manifest.get("previous")),
        statistic_names=_STATISTICS,
        page_data=_page_data(study, content, shown_ids),
        plan_hash=study.protocol.plan_hash,
        released_at=_day(content.manifest["released_at"]),
        printed_count=len(content.reproduction),
        verdict_counts=[(verdict, verdict_counts[verdict]) for verdict in ("reproduced", "impossible", "differs")],
        deviations=deviations,
        findings=[row for row in content.findings if row["severity"] != "note"],
        notes=[row for row in content.findings if row["severity"] == "note"],
        changes=_changes(content.changes, content.manifest["release"]),
        cite=cite,
        bibtex=bibtex,
    )
    file.write_text(page, encoding="utf-8")


def _day(released_at: str) -> str:
    """When a release was made."""
    return date_text(datetime.fromisoformat(released_at), released_at[:16].replace("T", " ") + " UTC")


def _cell_ids(flow: Flow, content: PageContent) -> Iterator[str]:
    """The ids of the results in the cells of tables, figures and the study flow."""
    for table in (*content.main.tables, *content.tables, *(figure.table for figure in content.figures)):
        yield from (result_id for row in table.rows for cell in row.cells if cell.text for result_id in cell.result_ids)
    yield from (result_id for group in flow.groups for result_id in group.n.result_ids)
    yield from flow.ungrouped.result_ids if flow.ungrouped else ()
    for box in (flow.roster, *flow.waves, *flow.contrasts, *(wave for group in flow.groups for wave in group.waves)):
        cells = (box.start, box.n, box.scores, *(cell for _, cell in box.losses))
        yield from (result_id for cell in cells if cell for result_id in cell.result_ids)


def _page_data(study: Study, content: PageContent, shown_ids: Sequence[str]) -> PageData:
    """What the page's scripts read: of every result, or where there are too many, of those that the page shows."""
    ids = dict.fromkeys(result_id for result_id in (*shown_ids, *content.results) if result_id in content.results)
    if len(ids) > _MOST_NUMBERS:
        ids = dict.fromkeys(result_id for result_id in shown_ids if result_id in content.results)
    scopes, scope_indexes = scopes_of(
        (content.results[result_id] for result_id in ids), study, content.sources.own_statistics
    )
    people = people_data(content.people_rows, scopes) if content.people_rows else None
    for code, scale in people["scales"].items() if people is not None else ():
        scale["rule"] = content.sources.rules.get(code, scale["rule"])
    lines, numbers = number_data(ids, content.results, content.sources, scopes, scope_indexes, people is not None)
    return {"lines": lines, "numbers": numbers, "people": people, "item_labels": study.item_labels}


def previous_verdicts(changes: Sequence[ReleaseChange], release: str) -> dict[str, str]:
    """The previous verdict of each claim whose verdict a release changed. changes: rows of results.release_diff."""
    return {
        row.what: row.before
        for row in changes
        if row.kind == "claim" and row.to_release == release and row.before and row.after
    }


@dataclass(frozen=True)
class ChangesSection:
    """What a release changed: since which release, how many changes of each kind in words, their lines, and which
    to list."""

    previous_release: str | None
    release: str
    counts: Sequence[str]
    lines: Sequence[str]
    rows: Sequence[ReleaseChange]


def _changes(changes: Sequence[ReleaseChange], release: str) -> ChangesSection:
    release_changes = [row for row in changes if row.to_release == release]
    return ChangesSection(
        previous_release=release_changes[0].from_release if release_changes else None,
        release=release,
        counts=[count_in_words(kind, n) for kind, n in change_counts(release_changes).items()],
        lines=count_lines(release_changes),
        rows=[row for kind in _LISTED_CHANGES for row in release_changes if row.kind == kind],
    )
