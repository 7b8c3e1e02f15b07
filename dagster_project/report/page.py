"""The released page: Tables 1 to 4 and the comparison with the paper, in one file that needs no network.

Belongs here: filling the template. Does not belong here: numbers that are not results.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from dagster_project.report.numbers import Sources, page_numbers
from dagster_project.report.template import render
from dagster_project.results import ResultRow, Table
from dagster_project.study import Study


def write_page(
    file: Path,
    study: Study,
    tables: Sequence[Table],
    results: Mapping[str, ResultRow],
    reproduction: Sequence[Mapping[str, Any]],
    sources: Sources,
    released_at: datetime,
) -> None:
    """Write the page. Every number carries its result's id, and opens what is known of it."""
    cells = [cell for table in tables for row in table.rows for cell in row.cells if cell.text]
    others = [row for row in reproduction if row["verdict"] != "reproduced"]
    shown = [one for cell in cells for one in cell.result_ids] + [row["result_id"] for row in others if row["result_id"]]
    counts = Counter(row["verdict"] for row in reproduction)
    page = render(
        "page.html.jinja",
        protocol=study.protocol,
        tables=[table for table in tables if not table.number.startswith("S")],
        further=[table for table in tables if table.number.startswith("S")],
        numbers=page_numbers(shown, results, sources),
        plan_hash=study.protocol.plan_hash,
        released_at=f"{released_at:%d %B %Y, %H:%M} UTC",
        printed=len(reproduction),
        counts=[(verdict, counts[verdict]) for verdict in ("reproduced", "impossible", "differs")],
        others=others,
    )
    file.write_text(page, encoding="utf-8")
