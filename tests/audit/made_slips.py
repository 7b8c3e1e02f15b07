"""The usual slips in a table of any shape: one cell that somebody copied, typed or converted wrongly.

Belongs here: kinds of slips. Does not belong here: the tables (made_shapes.py), slips of one shape (made_tables.py).
"""

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from made_tables import Printed

Rows = list[Printed]
#: The text that a slip makes of the cell at an index; None where it has no place there.
Slip = Callable[[np.random.Generator, Rows, int], str | None]
_SIGNED = ("change", "estimate", "ci_low", "ci_high", "mean", "t", "d", "g", "z", "r", "correlation")


def _swapped_digits(rng: np.random.Generator, rows: Rows, index: int) -> str | None:
    text = rows[index].printed
    positions = [i for i in range(len(text) - 1) if text[i : i + 2].isdigit() and text[i] != text[i + 1]]
    if not positions or "<" in text:
        return None
    i = int(rng.choice(positions))
    return text[:i] + text[i + 1] + text[i] + text[i + 2 :]


def _mistyped_digit(rng: np.random.Generator, rows: Rows, index: int) -> str | None:
    text = rows[index].printed
    if "<" in text:
        return None
    i = int(rng.choice([i for i, sign in enumerate(text) if sign.isdigit()]))
    return text[:i] + str((int(text[i]) + int(rng.integers(1, 10))) % 10) + text[i + 1 :]


def _lost_sign(rng: np.random.Generator, rows: Rows, index: int) -> str | None:
    row = rows[index]
    return row.printed[1:] if row.statistic in _SIGNED and row.printed.startswith("-") else None


def _lost_point(rng: np.random.Generator, rows: Rows, index: int) -> str | None:
    text = rows[index].printed
    return text.replace(".", "") if "." in text and "<" not in text and abs(float(text)) >= 1 else None


def _n_of_another_row(rng: np.random.Generator, rows: Rows, index: int) -> str | None:
    if rows[index].statistic != "n":
        return None
    others = [row.printed for row in rows if row.statistic == "n" and row.printed != rows[index].printed]
    return str(rng.choice(others)) if others else None


def _sd_for_se(rng: np.random.Generator, rows: Rows, index: int) -> str | None:
    row = rows[index]
    n = next((r.printed for r in rows if (r.label, r.timepoint, r.statistic) == (row.label, row.timepoint, "n")), None)
    if n is None or row.statistic not in ("sd", "se", "sd_change"):
        return None
    factor = math.sqrt(int(n)) if row.statistic == "se" else 1 / math.sqrt(int(n))
    return f"{float(row.printed) * factor:.{len(row.printed.split('.')[1])}f}"


def _wrong_p(rng: np.random.Generator, rows: Rows, index: int) -> str | None:
    if rows[index].statistic != "p":
        return None
    others = [row.printed for row in rows if row.statistic == "p" and row.printed != rows[index].printed]
    return str(rng.choice(others)) if others else None


def _copy_of_neighbour(rng: np.random.Generator, rows: Rows, index: int) -> str | None:
    row = rows[index]
    others = [
        other.printed for other in rows
        if (other.statistic, other.timepoint, other.section) == (row.statistic, row.timepoint, row.section)
        and other.label != row.label
    ]  # fmt: skip
    return str(rng.choice(others)) if others and row.statistic not in ("n", "p") else None


SLIPS: dict[str, Slip] = {
    "two digits swapped": _swapped_digits,
    "a digit mistyped": _mistyped_digit,
    "sign lost": _lost_sign,
    "decimal point lost": _lost_point,
    "n of another row": _n_of_another_row,
    "SD and SE exchanged": _sd_for_se,
    "p of another row": _wrong_p,
    "copy of a neighbour": _copy_of_neighbour,
}


def planted(kind: str, rng: np.random.Generator, rows: Rows) -> tuple[Rows, int] | None:
    """The table with one slip of a kind, and the index of its cell; None where the table has no place for it."""
    for index in rng.permutation(len(rows)):
        text = SLIPS[kind](rng, rows, int(index))
        if text is not None and _number(text) != _number(rows[index].printed):
            return [*rows[:index], replace(rows[index], printed=text), *rows[index + 1 :]], int(index)
    return None


def _number(text: str) -> tuple[bool, float]:
    return text.startswith("<"), float(text.lstrip("<"))
