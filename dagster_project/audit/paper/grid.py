"""A table as it is printed: a grid of texts, its title and its notes.

Belongs here: the grid, and spreading cells that cover several rows or columns. Does not belong here: what a text means.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from dagster_project.readable_files import beyond, most_of
from dagster_project.results.errors import ResultsError

#: A title and the number in it.
TITLE = re.compile(
    r"\s*(?:supplementary |online |supplemental )?(?:table|tabelle|tableau|tab\.)\s*([A-Z]{0,2}\d[\w.]*|[IVX]+\b)",
    re.IGNORECASE,
)
#: How a note below a table begins.
NOTE = re.compile(
    r"\s*(?:notes?\b|abbrev|values|data|source|\^\{|[*†‡§¶#ᵃ-ᶻ]|[a-e1-9]\s?[)A-Z]|n\s*=|p\s*[<=]|\w+\s*[,=:]|\()",
    re.IGNORECASE,
)
#: No printed table is wider.
_MAX_SPAN = 500


@dataclass(frozen=True)
class PaperCell:
    """A cell's text. indent: how far it is set in, in any unit. is_first: whether it begins here; else it is another's
    continuation. is_number: whether a workbook holds it as a number, of which the printed zeros are not known. source: what
    a workbook calls it, such as Sheet1!C5."""

    text: str = ""
    indent: float = 0
    is_header: bool = False
    is_first: bool = True
    columns: int = 1
    rows: int = 1
    is_number: bool = False
    source: str = ""


BLANK = PaperCell()


@dataclass
class PaperTable:
    """A table: its name as printed ('1', or its place among the file's), title, notes, and rows of equally many cells."""

    name: str
    rows: list[list[PaperCell]]
    title: str = ""
    notes: list[str] = field(default_factory=list)

    @property
    def width(self) -> int:
        return len(self.rows[0]) if self.rows else 0


def grid_of(rows: Iterable[Iterable[PaperCell]], name: str) -> list[list[PaperCell]]:
    """Rows of cells as a grid: a cell that covers several rows or columns stands in each. Raises ResultsError for
    too many."""
    grid: list[dict[int, PaperCell]] = []
    open_cells: dict[int, tuple[PaperCell, int]] = {}
    cell_count = 0
    for row in rows:
        line = {column: replace(cell, is_first=False) for column, (cell, _) in open_cells.items()}
        open_cells = {column: (cell, remaining - 1) for column, (cell, remaining) in open_cells.items() if remaining > 1}
        column = 0
        for cell in row:
            while column in line:
                column += 1
            for step in range(min(max(cell.columns, 1), _MAX_SPAN)):
                line[column + step] = cell if step == 0 else replace(cell, is_first=False)
                if cell.rows > 1:
                    open_cells[column + step] = (cell, cell.rows - 1)
            column += min(max(cell.columns, 1), _MAX_SPAN)
        cell_count += len(line)
        if cell_count > most_of("audited_cells"):
            raise ResultsError(f"{name}: the table holds {beyond('audited_cells')}")
        grid.append(line)
    width = max((column + 1 for line in grid for column in line), default=0)
    if width * len(grid) > most_of("audited_cells"):
        raise ResultsError(f"{name}: the table holds {beyond('audited_cells')}")
    return [[line.get(column, BLANK) for column in range(width)] for line in grid]


def with_row_names(rows: list[list[PaperCell]]) -> list[list[PaperCell]]:
    """A head that lacks the cell above the rows' names, as R prints it, gets it."""
    widths = [len(row) for row in rows[1:] if len(row) > 1]
    is_plain = all(cell.columns == cell.rows == 1 for row in rows for cell in row)
    is_plain = is_plain and not TITLE.match(rows[0][0].text if rows[0] else "")
    if is_plain and widths and min(widths) == max(widths) == len(rows[0]) + 1:
        return [[PaperCell(is_header=rows[0][0].is_header), *rows[0]], *rows[1:]] if rows[0] else rows
    return rows
