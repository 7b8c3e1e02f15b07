"""The released page: flow, methods, tables, joint display, figures, comparison, changes, in one file that needs no network.

Belongs here: filling the template. Does not belong here: numbers that are not results.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

from dagster_project.report.checklists import Checklist, JudgedItem
from dagster_project.report.figure import Figure
from dagster_project.report.flow import study_flow
from dagster_project.report.joint import joint_notes, joint_rows
from dagster_project.report.methods import citation, methods
from dagster_project.report.numbers import Sources, page_numbers
from dagster_project.report.people import page_people, scopes_of
from dagster_project.report.template import render
from dagster_project.results import CHANGE_KINDS, ResultRow, Table, change_counts, count_lines
from dagster_project.study import Study

Rows = Sequence[Mapping[str, Any]]
#: Changes that a page tells one by one; of the others it tells how many there are.
_TOLD = ("claim", "significance")


#: What readers call the statistics of a published table.
_STATISTICS = {
    "es": "effect size", "sd": "SD", "ci_low": "lower limit", "ci_high": "upper limit", "norm_mean": "norm mean",
    "norm_sd": "norm SD", "percent": "per cent", "min": "minimum", "max": "maximum",
}  # fmt: skip


#: With more results a page knows only those that it shows.
_MOST_NUMBERS = 15_000


@dataclass(frozen=True)
class Released:
    """What a page is made of: everything as the released file holds it.

    manifest: of the release. version: Wavehouse's. tables: laid out, Tables 1 to 4 first. figures: drawn, each with its
    table. checklists: judged. results: by id. reproduction, findings, changes: rows of results.reproduction, findings and
    release_diff. display: rows of the joint display's tables, by table; display_note: what its readers must know. listed:
    rows of the queries of people.LISTED, or nothing where nobody is to be listed.
    """

    manifest: Mapping[str, str]
    version: str
    tables: Sequence[Table]
    figures: Sequence[Figure]
    checklists: Sequence[tuple[Checklist, Sequence[JudgedItem]]]
    results: Mapping[str, ResultRow]
    reproduction: Rows
    findings: Rows
    display: Mapping[str, Rows]
    display_note: str | None
    changes: Rows
    sources: Sources
    listed: Mapping[str, Rows]


def write_page(file: Path, study: Study, released: Released) -> None:
    """Write the page. Every number carries its result's id, and opens what is known of it."""
    flow = study_flow(study, released.results)
    boxes = [flow.roster, *flow.waves, *flow.contrasts]
    laid_out = [*released.tables, *(one.table for one in released.figures)]
    cells = [cell for table in laid_out for row in table.rows for cell in row.cells if cell.text]
    cells += [cell for box in boxes for cell in (box.before, box.n, box.scores, *(loss for _, loss in box.losses)) if cell]
    others = [row for row in released.reproduction if row["verdict"] != "reproduced"]
    shown = [one for cell in cells for one in cell.result_ids] + [row["result_id"] for row in others if row["result_id"]]
    shown += [one for cell in released.display["claim_cells"] for one in cell["result_ids"].split()]
    known = dict.fromkeys(one for one in (*shown, *released.results) if one in released.results)
    if len(known) > _MOST_NUMBERS:
        known = dict.fromkeys(one for one in shown if one in released.results)
    scopes, places = scopes_of((released.results[one] for one in known), study)
    people = page_people(released.listed) | {"scopes": list(map(astuple, scopes))} if released.listed else None
    counts = Counter(row["verdict"] for row in released.reproduction)
    cite, bibtex = citation(study, released.manifest, released.version)
    page = render(
        "page.html.jinja",
        protocol=study.protocol,
        flow=flow,
        methods=methods(study, released.results),
        tables=[table for table in released.tables if table.number in ("1", "2", "3", "4")],
        further=[table for table in released.tables if table.number.startswith("S")],
        figures=released.figures,
        checklists=[(one, judged, Counter(item.status for item in judged)) for one, judged in released.checklists],
        display=joint_rows(released.display, turned_claims(released.changes, released.manifest["release"])),
        display_note=released.display_note,
        display_notes=joint_notes(study, released.display),
        previous=released.manifest.get("previous"),
        kind_words=CHANGE_KINDS,
        statistic_words=_STATISTICS,
        numbers=page_numbers(known, released.results, released.sources, scopes, places, people is not None),
        people=people,
        plan_hash=study.protocol.plan_hash,
        released_at=released.manifest["released_at"][:16].replace("T", " ") + " UTC",
        printed=len(released.reproduction),
        counts=[(verdict, counts[verdict]) for verdict in ("reproduced", "impossible", "differs")],
        others=others,
        findings=[row for row in released.findings if row["severity"] != "note"],
        notes=[row for row in released.findings if row["severity"] == "note"],
        changes=_changes(released.changes, released.manifest["release"]),
        cite=cite,
        bibtex=bibtex,
    )
    file.write_text(page, encoding="utf-8")


def turned_claims(changes: Rows, release: str) -> dict[str, str]:
    """Claims whose verdict a release turned, with what it was. changes: rows of results.release_diff."""
    return {
        row["what"]: row["before"]
        for row in changes
        if row["kind"] == "claim" and row["to_release"] == release and row["before"] and row["after"]
    }


def _changes(changes: Rows, release: str) -> dict[str, Any]:
    """What the release changed: the one before it, how many of each kind, what was counted, and what is told one by one."""
    mine = [row for row in changes if row["to_release"] == release]
    return {
        "before": mine[0]["from_release"] if mine else None,
        "release": release,
        "counts": list(change_counts(mine).items()),
        "lines": count_lines(mine),
        "told": [row for row in mine if row["kind"] in _TOLD],
    }
