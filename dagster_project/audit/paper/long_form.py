"""Tables as printed, in long form: one row a number, and one row a cell that is not understood, with its question.

Belongs here: putting together what heads, names of rows and cells say; the preview that a person corrects. Does not belong
here: each of these (heads.py, shape.py, slots.py, moments.py); rules.
"""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from dagster_project.audit.paper.decimal_marks import COMMA, POINT, decimal_mark
from dagster_project.audit.paper.grid import PaperTable
from dagster_project.audit.paper.heads import form_of
from dagster_project.audit.paper.rows import TableRows
from dagster_project.audit.paper.shape import shape_of
from dagster_project.results.errors import ResultsError

#: The columns of the preview. A row with a question is left out by the auditor until the question is deleted.
PREVIEW_COLUMNS = (
    "table", "section", "label", "timepoint", "statistic", "printed", "level", "question", "cell", "place",
)  # fmt: skip
_MARKS = {"point": POINT, "comma": COMMA}


@dataclass(frozen=True)
class Answers:
    """What a person says of a table that it does not say itself. decimal_mark: point or comma. form: of cells
    without one."""

    decimal_mark: str = ""
    form: str = ""

    def statistics(self) -> tuple[str, ...]:
        """The form's statistics. Raises ResultsError where it has none."""
        form = form_of(self.form) if self.form else ()
        if self.form and not form:
            raise ResultsError(
                f"--form: {self.form!r} is no form of a cell; write it as in a heading, such as M (SD) or n (%)"
            )
        return form


@dataclass(frozen=True)
class TableSummary:
    """What was read of one table."""

    name: str
    rows: int
    columns: int
    numbers: int
    questions: int

    @property
    def text(self) -> str:
        questions_text = f", {_plural(self.questions, 'cell')} set aside" if self.questions else ""
        return (
            f"table {self.name}: {_plural(self.rows, 'row')} × {_plural(self.columns, 'column')},"
            f" {_plural(self.numbers, 'number')}{questions_text}"
        )


@dataclass
class PaperReading:
    """rows: of the preview, in the order of the tables."""

    tables: list[TableSummary] = field(default_factory=list)
    rows: list[dict[str, str]] = field(default_factory=list)

    @property
    def questions(self) -> list[str]:
        """The cells that are not understood, each with its place and question."""
        return [f"{row['place']}: {row['cell']!r}: {row['question']}" for row in self.rows if row["question"]]

    @property
    def numbers(self) -> int:
        return sum(table.numbers for table in self.tables)

    def preview(self) -> str:
        """What was understood, as CSV that `wavehouse audit` reads, too."""
        with io.StringIO(newline="") as stream:
            writer = csv.DictWriter(stream, PREVIEW_COLUMNS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(self.rows)
            return stream.getvalue()


def understand(tables: Sequence[PaperTable], name: str, answers: Answers | None = None) -> PaperReading:
    """Tables in long form. Raises ResultsError where they hold no number that is understood and nothing to ask."""
    answers = answers or Answers()
    form, reading = answers.statistics(), PaperReading()
    # A table that does not show its decimal mark has its neighbours'.
    mark = _MARKS.get(answers.decimal_mark) or None
    file_mark = decimal_mark(cell.text for table in tables for row in table.rows for cell in row if cell.is_first)
    for table, table_name in zip(tables, _unlike_names(tables), strict=True):
        table.name = table_name
        own_mark = mark or decimal_mark(cell.text for row in table.rows for cell in row if cell.is_first) or file_mark
        shape = shape_of(table, own_mark)
        rows = TableRows(shape, form).long_rows()
        reading.rows += rows
        questions = sum(bool(row["question"]) for row in rows)
        reading.tables.append(
            TableSummary(table.name, len(shape.rows), table.width, len(rows) - questions, questions)
        )  # fmt: skip
    if not reading.rows:
        raise ResultsError(f"{name}: no table with numbers; give a table with a heading above its numbers")
    return reading


def _unlike_names(tables: Iterable[PaperTable]) -> list[str]:
    counts: Counter[str] = Counter()
    names = []
    for table in tables:
        counts[table.name] += 1
        names.append(table.name if counts[table.name] == 1 else f"{table.name} ({counts[table.name]})")
    return names


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
