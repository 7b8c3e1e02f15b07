"""A header row that would become a person is found; people with odd answers are not taken for one."""

from collections.abc import Callable

import pyarrow as pa
import pytest

from dagster_project.exports import TextTable, apply_contract
from dagster_project.exports.table import HeldCells
from dagster_project.study import Export, Study

COLUMNS = ("Code", "When", "Q_1", "Q_2", "Q_3", "S_1", "Kind", "Comment")
PEOPLE = [
    ("PW-1", "01/02/2020", "1", "2", "3", "Yes", "real", ""),
    ("PW-2", "13/02/2020", "5", "2", "1", "No", "real", "fine"),
]


def _label_row(study: Study, export: Export, rows: list[tuple[str, ...]]) -> str | None:
    cells = pa.table({str(index): [row[index] for row in rows] for index in range(len(COLUMNS))})
    table = TextTable(COLUMNS, HeldCells(cells), pa.array(range(2, 2 + len(rows)), pa.int64()))
    return apply_contract(table, study, export, "ab" * 32, "t1.csv").label_row


@pytest.mark.parametrize(
    "labels",
    [
        # What the questions are.
        ("External Reference", "End", "How tired?", "How sad?", "How angry?", "Seen a GP?", "Type", "Anything else?"),
        # Only columns that hold no answers have a text.
        ("code", "when", "", "", "", "", "", ""),
        ("Code", "When", "Q1", "Q2", "Q3", "S1", "Kind", "Comment"),
        ("{'ImportIds': 'a'}", "{'ImportIds': 'b'}", "{'ImportIds': 'c'}", "", "", "", "", ""),
        ("string", "datetime", "integer", "integer", "integer", "boolean", "string", "string"),
        ("identifier", "day", "1-5", "1-5", "1-5", "0/1", "", ""),
    ],
)
@pytest.mark.parametrize("n_rows", [1, 2])
def test_rows_that_describe_columns_are_asked_about(
    study: Study, export_of: Callable[[str], Export], labels: tuple[str, ...], n_rows: int
) -> None:
    message = _label_row(study, export_of("t1"), [*[labels] * n_rows, *PEOPLE])
    assert message is not None
    beginning, _, cure = message.partition("; ")
    rows = "row 2 looks" if n_rows == 1 else "rows 2 to 3 look"
    assert beginning.startswith(f"{rows} like a header and not like a person (")
    assert cure == (
        f"say label_rows: {n_rows} under the export if it describes the columns, header_rows: {1 + n_rows} if it is part of"
        " their names, reader: qualtrics if Qualtrics wrote it"
    )


@pytest.mark.parametrize(
    "person",
    [
        ("PW-0", "01/02/2020", "often", "never", "n/a", "?", "real", ""),  # a date
        ("PW-0", "", "often", "3", "", "", "real", "words"),  # an answer
        ("PW-0", "", "", "", "", "", "real", "many words"),  # no answers at all
        ("1001", "", "often", "never", "n/a", "?", "real", ""),  # a number
        ("PW-0", "", "often", "never", "n/a", "?", "real", "words"),  # an identifier like the others
        ("PW-0", "", "1", "2", "3", "Yes", "Kind", "Comment "),  # answers, beside two cells like their columns
    ],
)
def test_people_are_not_taken_for_a_header(
    study: Study, export_of: Callable[[str], Export], person: tuple[str, ...]
) -> None:
    message = _label_row(study, export_of("t1"), [person, *PEOPLE])
    assert message is None


def test_a_file_without_any_answer_is_no_header(study: Study, export_of: Callable[[str], Export]) -> None:
    rows = [(f"P{letter}", "", "often", "never", "never", "Oui", "real", "") for letter in "abc"]
    assert _label_row(study, export_of("t1"), rows) is None
