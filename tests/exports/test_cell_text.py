"""Numbers of typed files as text: plain, and no more digits than the file keeps."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dagster_project.exports.cell_text import number_text, single_number_text
from dagster_project.exports.read import read_table
from dagster_project.study import Layout


@pytest.mark.parametrize(
    ("number", "text"),
    [(7.0, "7"), (-0.5, "-0.5"), (1e-7, "0.0000001"), (1.5e-5, "0.000015"), (0.1 + 0.2, "0.30000000000000004"), (1e22, "1" + "0" * 22)],
)  # fmt: skip
def test_numbers_are_written_without_an_exponent(number: float, text: str) -> None:
    assert number_text(number) == text
    assert float(text) == number


def test_numbers_of_32_bits_come_back_to_the_bit() -> None:
    rng = np.random.default_rng(1)
    for number in (rng.normal(0, 1, 2_000) * 10.0 ** rng.integers(-30, 30, 2_000)).astype(np.float32):
        assert np.float32(single_number_text(float(number))) == number
    assert single_number_text(float(np.float32(7.1))) == "7.1"


@pytest.mark.parametrize("reader", ["stata", "parquet"])
def test_a_file_s_single_precision_is_not_spelled_out(tmp_path: Path, reader: str) -> None:
    frame = pd.DataFrame({"slider": np.array([7.1, 0.00001, 2.5, 8], np.float32), "score": [7.1, 1e-5, 0.1 + 0.2, 8]})
    file = tmp_path / "file"
    _ = frame.to_stata(file, write_index=False) if reader == "stata" else frame.to_parquet(file)
    table = read_table(file, reader, "file", Layout())
    assert table.content.take([0, 1, 2, 3], [0]).to_pydict() == {"0": ["7.1", "0.00001", "2.5", "8"]}
    assert table.content.take([0, 1, 2, 3], [1]).to_pydict() == {"1": ["7.1", "0.00001", "0.30000000000000004", "8"]}
