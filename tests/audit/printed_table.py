"""A made table under construction: its cells, its rounding habit, and what an author would declare of it.

Belongs here: printing numbers and adding cells. Does not belong here: shapes of tables (made_shapes.py), slips
(made_slips.py).
"""

from dataclasses import dataclass, field, replace
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

import numpy as np
from made_tables import Printed

HABITS = {"half up": ROUND_HALF_UP, "half even": ROUND_HALF_EVEN, "cut off": ROUND_DOWN}


@dataclass
class MadeTable:
    """Cells in the order of the table. declared: design, level and practice that hold for all of it."""

    rng: np.random.Generator
    habit: str = "half up"
    rows: list[Printed] = field(default_factory=list)
    declared: dict[str, str] = field(default_factory=dict)
    section: str = ""
    facts: dict[str, str] = field(default_factory=dict)

    def text(self, number: float, digits: int = 0) -> str:
        # Twelve digits: what a float holds of a half is a half.
        exact = Decimal(f"{number:.12g}").quantize(Decimal(1).scaleb(-digits), rounding=HABITS[self.habit])
        return str(abs(exact) if exact == 0 else exact)

    def p_text(self, p: float) -> str:
        return "<.001" if p < 0.001 else self.text(p, 3)

    def add(self, label: str, moment: str, **cells: "str | int | tuple[float, int]") -> None:
        """cells: text as it is, a number of people, or a number and its decimals."""
        for statistic, cell in cells.items():
            text = cell if isinstance(cell, str) else str(cell) if isinstance(cell, int) else self.text(*cell)
            self.rows.append(Printed("1", self.section, label, moment, statistic.rstrip("_"), text, **self.facts))

    def declare(self, **declared: str) -> None:
        self.declared |= declared

    def declared_rows(self) -> list[Printed]:
        practices = [self.declared.get("practice", ""), "cut" if self.habit == "cut off" else ""]
        known = {name: text for name, text in self.declared.items() if name != "practice"}
        return [replace(row, **known, practice=" ".join(filter(None, practices))) for row in self.rows]
