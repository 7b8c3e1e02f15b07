"""The released page, read as its scripts read it. Belongs here: that. Does not belong here: what a page should say."""

import json
from dataclasses import dataclass

from dagster_project.report.page_data import PageData, PeopleData, ScopeData

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


def n_of_scope(people: PeopleData, scope: ScopeData) -> int:
    """How many people the page lists as counted in a scope of scores."""
    entry = people["counted_people"]["/".join((scope["rule"], scope["measure"], scope["moment"]))]
    flags = people["counted_flags"][entry["flags_index"]]
    of_groups = [not scope["people_groups"] or group in scope["people_groups"] for group in people["people_groups"]]
    return sum(flag == "1" and is_in for flag, is_in in zip(flags, of_groups, strict=True))
