"""The released page, read as its scripts read it. Belongs here: that. Does not belong here: what a page should say."""

import json
from dataclasses import dataclass

from dagster_project.report.page_data import PageData

_START = '<script type="application/json" id="page-data">'


@dataclass(frozen=True)
class PageNumber:
    """A number of the page. lines: terms and texts."""

    printed: str
    value: float | None
    lines: list[tuple[str, str]]


def read_page_data(page: str) -> PageData:
    data: PageData = json.loads(page.split(_START)[1].split("</script>")[0])
    return data


def numbers_by_id(data: PageData) -> dict[str, PageNumber]:
    lines = list(zip(data["lines"]["terms"], data["lines"]["texts"], strict=True))
    columns = data["numbers"]
    return {
        result_id: PageNumber(printed, value, [lines[index] for index in line_indexes])
        for result_id, printed, value, line_indexes in zip(
            columns["result_ids"], columns["printed_texts"], columns["values"], columns["line_indexes"], strict=True
        )
    }
