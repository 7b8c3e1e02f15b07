"""Anybody's table: in long form, or as it is printed, from a file's bytes.

Belongs here: which of both a file holds, and the table for the engine. Does not belong here: taking tables apart
(paper/), rules.
"""

from dataclasses import dataclass

from dagster_project.audit.paper import Answers, PaperReading, is_long_form, tables_of, text_of, understand
from dagster_project.audit.paper.files import is_binary, text_tables_of
from dagster_project.audit.read import ReadTable, read_table
from dagster_project.results.errors import ResultsError


@dataclass(frozen=True)
class AnyTable:
    """table: for the engine. paper: what was understood of a table as it is printed; None for one in long form."""

    table: ReadTable
    paper: PaperReading | None = None

    @property
    def positions(self) -> dict[int, str]:
        """Where the numbers of tables as they are printed stand in them, by the preview's line; of long form, nothing."""
        rows = self.paper.rows if self.paper is not None else ()
        return {number: row["place"] for number, row in enumerate(rows, start=2)}


def read_any_table(data: bytes, name: str, answers: Answers | None = None) -> AnyTable:
    """A file's tables. Their lines are those of the file in long form, else of the preview.

    Raises ResultsError with one line: what cannot be read, and the cure.
    """
    if is_binary(data):
        paper = understand(tables_of(data, name), name, answers)
    else:
        text = text_of(data, name)
        if is_long_form(text):
            return AnyTable(read_table(name, text))
        paper = understand(text_tables_of(text, name), name, answers)
    if not paper.numbers:
        raise ResultsError(f"{name}: no number is understood; {paper.questions[0]}")
    return AnyTable(read_table(name, paper.preview()), paper)
