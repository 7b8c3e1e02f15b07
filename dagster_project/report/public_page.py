"""The page of the public release. Belongs here: filling its template. Does not belong here: which numbers it may show."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from dagster_project.report.figure import Drawing
from dagster_project.report.template import render
from dagster_project.results import Table
from dagster_project.study import Study


def write_public_page(
    file: Path,
    study: Study,
    *,
    release: str,
    opening: str,
    tables: Sequence[Table],
    figures: Sequence[Drawing],
    method_texts: Sequence[str],
    lacking: str,
    numbers: Mapping[str, Sequence[tuple[str, str]]],
) -> None:
    """Write the page. numbers: by id of a result, the lines that open when it is selected: a term and its words."""
    page_ids = {identifier for table in tables for row in table.rows for cell in row.cells for identifier in cell.result_ids}
    page = render(
        "public.html.jinja",
        protocol=study.protocol,
        release=release,
        opening=opening,
        tables=tables,
        figures=figures,
        method_texts=method_texts,
        lacking=lacking,
        numbers={identifier: lines for identifier, lines in numbers.items() if identifier in page_ids},
    )
    file.write_text(page, encoding="utf-8")
