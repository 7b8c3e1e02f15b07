"""What is known of a table beside its numbers.

Belongs here: facts of scales, declared designs and practices. Does not belong here: rules, and reading them from files or
instruments (read.py, published.py).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from dagster_project.audit.designs import CUT_OFF, UNDECLARED, Design
from dagster_project.audit.findings import RowCells
from dagster_project.audit.intervals import UNBOUNDED, Interval


@dataclass(frozen=True)
class ScaleFacts:
    """What is known of a row's score from outside the table.

    steps: the number of equal steps in a point, where every score is a whole number of steps (the items of a mean, 1 for a
    sum); None where scores may be prorated, or it is unknown. mean_range: where nobody says whether the score is a sum or
    a mean, the range that it has as a mean; score_range is then that of both.
    """

    score_range: Interval = UNBOUNDED
    steps: int | None = None
    is_binary: bool = False
    mean_range: Interval | None = None

    def is_sum_of(self, cells: RowCells) -> bool:
        """Whether a number lies above what a mean of items can be, where nobody says which the score is."""
        return self.mean_range is not None and any(
            name in cells and cells[name].interval.low > self.mean_range.high for name in ("mean", "median", "q3", "max")
        )


UNKNOWN_SCALE = ScaleFacts()
#: The facts of each (section, label).
Facts = Mapping[tuple[str, str], ScaleFacts]


@dataclass(frozen=True)
class Assumptions:
    """What is assumed of a table.

    design: of its changes, and its practices, unless a row has its own. by_line: designs of single rows, by the line of
    one of their cells. effect_size: the definition of its effect sizes, such as d_baseline (effects.py). may_be_cut:
    numbers may be cut off instead of rounded. excuses: a named practice that explains an impossible number makes it
    inconsistent.
    """

    design: Design = UNDECLARED
    by_line: Mapping[int, Design] = field(default_factory=dict)
    effect_size: str | None = None
    may_be_cut: bool = False
    excuses: bool = True

    def design_of(self, cells: RowCells) -> Design:
        """A row's own design, level and practices, before those of the table."""
        for cell in cells.values() if self.by_line else ():
            row_design = self.by_line.get(cell.value.line)
            if row_design is not None:
                return replace(
                    row_design, name=row_design.name or self.design.name, level=row_design.level or self.design.level,
                    practices=row_design.practices | self.design.practices,
                )  # fmt: skip
        return self.design

    def is_cut(self, line: int) -> bool:
        """Whether a cell is declared to be cut off."""
        row_design = self.by_line.get(line)
        return (
            self.may_be_cut
            or CUT_OFF in self.design.practices
            or (row_design is not None and CUT_OFF in row_design.practices)
        )
