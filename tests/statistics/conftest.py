"""The data that R and we both read, and what R said of it."""

import csv
import math
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

HERE = Path(__file__).parent
Said = dict[tuple[str, str], dict[tuple[str, str], float]]


@pytest.fixture(scope="session")
def scores() -> dict[tuple[str, str], NDArray[np.float64]]:
    """(data set, scale) to (people, waves), NaN where a person has no score."""
    rows: dict[tuple[str, str], list[list[float]]] = defaultdict(list)
    with (HERE / "data" / "scores.csv").open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            rows[row["dataset"], row["scale"]].append([float(row[wave] or "nan") for wave in ("t1", "t2", "t3")])
    return {key: np.array(values) for key, values in rows.items()}


@pytest.fixture(scope="session")
def items() -> dict[tuple[str, str], NDArray[np.float64]]:
    """(data set, scale) to (people, items) of the people who answered every item."""
    rows: dict[tuple[str, str], dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    with (HERE / "data" / "items.csv").open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            rows[row["dataset"], row["scale"]][row["person"]].append(float(row["answer"] or "nan"))
    matrices = {key: np.array(list(people.values())) for key, people in rows.items()}
    return {key: matrix[np.isfinite(matrix).all(axis=1)] for key, matrix in matrices.items()}


@pytest.fixture(scope="session")
def witness() -> Callable[[str], Said]:
    """What R said: (data set, scale) to (contrast, statistic) to value; NA is NaN."""

    def read(name: str) -> Said:
        values: Said = defaultdict(dict)
        lines = (HERE / f"{name}_witness.csv").read_text(encoding="utf-8").splitlines()
        for row in csv.DictReader(line for line in lines if not line.startswith("#")):
            value = float(row["value"].replace("NA", "nan"))
            values[row["dataset"], row["scale"]][row["contrast"], row["statistic"]] = (
                math.nan if math.isnan(value) else value
            )
        return values

    return read


@pytest.fixture(scope="session")
def matrix_of(
    scores: dict[tuple[str, str], NDArray[np.float64]],
) -> Callable[[tuple[str, str], dict[tuple[str, str], float]], NDArray[np.float64]]:
    """The data that R had at a source: a shared data set, or one that stands in R's own output, cells named row-column."""

    def matrix(source: tuple[str, str], said: dict[tuple[str, str], float]) -> NDArray[np.float64]:
        if source[0] != "made":
            return scores[source]
        cells = {tuple(map(int, name.split("-"))): value for (kind, name), value in said.items() if kind == "data"}
        rows, columns = (max(cell[axis] for cell in cells) for axis in (0, 1))
        return np.array([[cells[row + 1, column + 1] for column in range(columns)] for row in range(rows)])

    return matrix
