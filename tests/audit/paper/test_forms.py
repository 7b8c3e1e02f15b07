"""Printed forms: what each is read as, and what is asked."""

import pytest
from paper.printed_forms import ASKED, READ, READ_WITH_COMMAS

from dagster_project.audit.paper import Answers, understand
from dagster_project.audit.paper.grid import PaperCell, PaperTable


def _rows(heading: str, cell: str, mark: str) -> list[dict[str, str]]:
    """The long form of a table of one cell."""
    table = PaperTable("1", [[PaperCell("Scale"), PaperCell(heading)], [PaperCell("WEMWBS"), PaperCell(cell)]])
    return understand([table], "t", Answers(decimal_mark=mark)).rows


def _mark_of(cell: str) -> str:
    """A comma where the form itself shows it."""
    return "comma" if "35,3" in cell else "point"


@pytest.mark.parametrize(("heading", "cell", "numbers"), [entry for entry in READ if entry[2]])
def test_a_printed_form_is_read(heading: str, cell: str, numbers: dict[str, str]) -> None:
    assert {row["statistic"]: row["printed"] for row in _rows(heading, cell, _mark_of(cell))} == numbers


@pytest.mark.parametrize(("heading", "cell", "numbers"), [entry for entry in READ if not entry[2]])
def test_nothing_is_read_where_nothing_is_printed(heading: str, cell: str, numbers: dict[str, str]) -> None:
    rows = [[PaperCell("Scale"), PaperCell(heading)], [PaperCell("A"), PaperCell(cell)], [PaperCell("B"), PaperCell("3.45")]]
    reading = understand([PaperTable("1", rows)], "t", Answers(decimal_mark="point"))
    assert [(row["label"], row["question"]) for row in reading.rows] == [("B", "")]


@pytest.mark.parametrize(("heading", "cell", "numbers"), READ_WITH_COMMAS)
def test_a_printed_form_with_decimal_commas_is_read(heading: str, cell: str, numbers: dict[str, str]) -> None:
    assert {row["statistic"]: row["printed"] for row in _rows(heading, cell, "comma")} == numbers


@pytest.mark.parametrize(("heading", "cell", "question"), ASKED)
def test_what_is_ambiguous_is_asked(heading: str, cell: str, question: str) -> None:
    mark = "" if "thousands or decimals" in question else "point"
    (row,) = _rows(heading, cell, mark)
    assert (row["question"], row["statistic"], row["cell"]) == (question, "", cell)


def test_all_forms_of_the_list_are_read() -> None:
    forms = {(heading, cell) for heading, cell, _ in (*READ, *READ_WITH_COMMAS)}
    assert len(forms) == len(READ) + len(READ_WITH_COMMAS) >= 94
