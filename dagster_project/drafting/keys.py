"""Items that go against the others of their block: a proposal for reversed items.

Belongs here: that proposal from the answers. Does not belong here: deciding it; the source of an instrument does.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from dagster_project.drafting.answers import Answers, special_numbers
from dagster_project.drafting.blocks import Block
from dagster_project.drafting.columns import NUMBER, WHOLE_NUMBER, number_of, whole_number
from dagster_project.drafting.waves import WaveTable

_MIN_PEOPLE = 20
_MIN_LOADING = 0.1


@dataclass(frozen=True)
class KeyProposal:
    """positions: of the items that go against the others, from 1. ground: how that is known, or why it is not.
    is_of_answers: whether the answers say it."""

    positions: tuple[int, ...]
    ground: str
    is_of_answers: bool = False


def find_reversed(block: Block, answers: Answers, tables: Sequence[WaveTable]) -> KeyProposal:
    """The items whose loading on the block's first component has the other sign than most items have."""
    if block.turned_positions and not (proposal := _by_answers(block, answers, tables)).is_of_answers:
        return replace(
            proposal, positions=block.turned_positions, ground="their names say so, or that they were turned already"
        )
    return _by_answers(block, answers, tables)


def _by_answers(block: Block, answers: Answers, tables: Sequence[WaveTable]) -> KeyProposal:
    rows = [_answers_of(block, answers, table, index) for index, table in enumerate(tables)]
    numbers = np.concatenate([part for part in rows if part.size] or [np.empty((0, len(block.items)))])
    complete = numbers[~np.isnan(numbers).any(axis=1)]
    if not answers.is_order_likely or len(complete) < _MIN_PEOPLE or len(block.items) < 3:
        return KeyProposal((), "nothing in the files says which items are keyed the other way")
    spreads = complete.std(axis=0)
    varying = spreads > 0
    if varying.sum() < 3:
        return KeyProposal((), "the answers hardly differ, so that nothing says which items are keyed the other way")
    _, vectors = np.linalg.eigh(np.corrcoef(complete[:, varying], rowvar=False))
    loadings = np.zeros(len(block.items))
    loadings[varying] = vectors[:, -1] * (1 if np.median(np.sign(vectors[:, -1])) >= 0 else -1)
    positions = tuple(int(index) + 1 for index in np.flatnonzero(loadings < -_MIN_LOADING))
    if positions:
        return KeyProposal(positions, f"the answers of {len(complete)} people to them go against the others", True)
    words = f"in the answers of {len(complete)} people no item goes against the others"
    if block.turned_positions:
        words += f", nor do {', '.join(map(str, block.turned_positions))}, whose names say that they are or were turned"
    return KeyProposal((), words, True)


def _answers_of(block: Block, answers: Answers, table: WaveTable, index: int) -> NDArray[np.float64]:
    columns = block.columns_of(index)
    if not any(columns):
        return np.empty((0, len(columns)))
    special = set(special_numbers(block.facts))
    cells = []
    for column in columns:
        texts = table.cells(column).to_pylist() if column is not None else []
        cells.append([_number(text, answers, special) for text in texts])
    n_rows = max(map(len, cells))
    return np.array([column or [np.nan] * n_rows for column in cells], float).T


def _number(text: str, answers: Answers, special: set[int]) -> float:
    if text in answers.labels:
        return answers.labels[text]
    if WHOLE_NUMBER.fullmatch(text) and whole_number(text) not in special:
        return whole_number(text)
    if answers.decimals and NUMBER.fullmatch(text) and not WHOLE_NUMBER.fullmatch(text):
        return number_of(text)
    return np.nan
