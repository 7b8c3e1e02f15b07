"""Recognising an instrument of the library by its name, its number of items and their answers.

Belongs here: that comparison. Does not belong here: the library itself.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from dagster_project.drafting.answers import Answers
from dagster_project.study import LIBRARY_FOLDER, Instrument, read_instrument


@dataclass(frozen=True)
class LibraryMatch:
    """An instrument of the library that a block may be. obstacle: why it is not taken for it; "" if it is."""

    instrument: Instrument
    obstacle: str = ""


def recognise_instrument(
    code: str, item_count: int, answers: Answers, library: Path = LIBRARY_FOLDER
) -> LibraryMatch | None:
    """The instrument of the library that a block's code names, if there is a library and one that fits.

    phq9 and phq with nine items are phq9. An instrument of that name with another number of items or other answers is an
    obstacle, which is said and nothing else.
    """
    name = re.sub(r"[^a-z0-9]", "", code.lower())
    for candidate in (name, f"{name}{item_count}", re.sub(r"\d+$", "", name) + str(item_count)):
        for file in sorted(library.glob("*.yaml")):
            if re.sub(r"[^a-z0-9]", "", file.stem) != candidate:
                continue
            instrument = read_instrument(file)
            return LibraryMatch(instrument, _obstacle(instrument, item_count, answers))
    return None


def _obstacle(instrument: Instrument, item_count: int, answers: Answers) -> str:
    if instrument.item_count != item_count:
        return f"it has {instrument.item_count} items, and this block {item_count}"
    if answers.decimals > max(instrument.anchors_of(position).decimals for position in range(1, item_count + 1)):
        words = f"{answers.decimals} decimal{'s' if answers.decimals > 1 else ''}"
        return f"these answers have {words}, and its answers not so many"
    answer_range = range(answers.low, answers.high + 1)
    anchors = [instrument.anchors_of(position) for position in range(1, item_count + 1)]
    lowest, highest = min(anchor.low for anchor in anchors), max(anchor.high for anchor in anchors)
    if answers.is_order_asked:
        return f"its answers are {lowest} to {highest}, and what the texts count is asked"
    if (
        answer_range.start < lowest
        or answer_range.stop - 1 > highest
        or (answers.is_certain and (answer_range.start, answer_range.stop - 1) != (lowest, highest))
    ):
        return f"its answers are {lowest} to {highest}, and these {answers.low} to {answers.high}"
    return ""
