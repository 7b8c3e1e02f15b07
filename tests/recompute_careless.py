"""Signs of careless answers, person by person: a part of recompute.py. Belongs here: arithmetic of its own, in NumPy, from the
answers of a release. Does not belong here: reading the file."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


class Block(NamedTuple):
    """An instrument that is judged, as codebook.careless has it, with its items in order."""

    code: str
    least_answers: int
    least_run: int
    most_sd: float | None
    items: list[str]


def _longest_runs(answers: Array) -> Array:
    """Of each person: steps along the items, a counter that starts anew where an answer differs or lacks."""
    longest = current = np.isfinite(answers[:, 0]).astype(int)
    for before, after in zip(answers.T[:-1], answers.T[1:], strict=True):
        current = np.where(np.isfinite(after), np.where(after == before, current + 1, 1), 0)
        longest = np.maximum(longest, current)
    return longest


class Timed(NamedTuple):
    """The time of a wave's sheets: seconds by person, NaN where not known; answered items; the limit."""

    seconds: Array
    n_answers: Array
    least_seconds: float

    @property
    def known(self) -> Array:
        """Who has an answer and a time."""
        return np.isfinite(self.seconds) & (self.n_answers > 0)

    @property
    def marked(self) -> Array:
        """Whose answers took less than the limit; multiplied, where SQL divides."""
        return self.known & (np.nan_to_num(self.seconds) < self.least_seconds * self.n_answers - 1e-9)

    @property
    def results(self) -> dict[str, float]:
        """The numbers that only time has."""
        rates = np.sort(self.seconds[self.known] / self.n_answers[self.known])
        unknown = (self.n_answers > 0) & ~np.isfinite(self.seconds)
        middle = (rates[(len(rates) - 1) // 2] + rates[len(rates) // 2]) / 2 if len(rates) else np.nan
        return {"median": float(middle), "n_no_duration": float(unknown.sum())}


def careless_counts(
    blocks: Sequence[Block], answers: Mapping[str, Array], timed: Timed | None = None
) -> Iterator[tuple[str, int, int]]:
    """Block and sign, how many sheets it marks, of how many. answers: of each item in a wave, NaN without one."""
    of_all: dict[str, list[tuple[Array, Array]]] = {}
    for block in blocks:
        sheet = np.column_stack([answers[item] for item in block.items])
        n_answers = np.isfinite(sheet).sum(axis=1)
        judged = n_answers >= block.least_answers
        marks = {"long_string": judged & (_longest_runs(sheet) >= block.least_run)}
        if block.most_sd is not None:
            deviations = np.array(
                [np.std(row[np.isfinite(row)], ddof=1) if ok else np.inf for row, ok in zip(sheet, judged, strict=True)]
            )
            marks["low_variation"] = judged & (deviations <= block.most_sd + 1e-12)
        for sign, marked in marks.items():
            yield f"{block.code}/{sign}", int(marked.sum()), int(judged.sum())
            of_all.setdefault(sign, []).append((marked, judged))
    of_all["any_sign"] = [pair for pairs in of_all.values() for pair in pairs]
    if timed is not None:
        yield "whole_sheet/short_time", int(timed.marked.sum()), int(timed.known.sum())
        of_all["any_sign"].append((timed.marked, timed.known))
    for sign, pairs in of_all.items():
        marked, judged = (np.any([pair[index] for pair in pairs], axis=0) for index in (0, 1))
        yield f"any_block/{sign}", int(marked.sum()), int(judged.sum())
