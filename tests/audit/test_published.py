"""The example's printed numbers that exclude each other, by enumeration: a second witness of the audit's arithmetic."""

from pathlib import Path

import numpy as np
import pytest
import scipy

from dagster_project.audit import impossible_numbers
from dagster_project.results import read_published
from dagster_project.study import read_study

_STUDY = Path(__file__).parents[2] / "data" / "peer_workers"
_PAPER = read_published(_STUDY / "published" / "peer_workers_2022.csv")
#: Half a unit of the last printed digit.
_HALF_UNITS = {"ci_low": 0.005, "ci_high": 0.005, "p": 0.0005}


@pytest.mark.parametrize("free", [None, "ci_low", "ci_high", "p"])
@pytest.mark.slow
def test_an_interval_that_touches_zero_and_its_p_exclude_each_other(free: str | None) -> None:
    """16 pairs, 0.00 to 0.44, p .044: of all ends that print so none has that p, but without any one of the three numbers
    some have. One of the three is a misprint, whatever the answers and the rule for missing items."""
    row = {
        value.statistic: value for value in _PAPER if (value.label, value.timepoint) == ("Personal Satisfaction", "T1-T2")
    }
    assert {name: row[name].printed for name in _HALF_UNITS} == {"ci_low": "0.00", "ci_high": "0.44", "p": "0.044"}
    n = int(row["n"].value)
    ends = {
        name: np.linspace(-1, 1, 8001) if name == free else row[name].value + _HALF_UNITS[name] * np.linspace(-1, 1, 401)
        for name in ("ci_low", "ci_high")
    }
    low, high = np.meshgrid(ends["ci_low"], ends["ci_high"])
    is_interval = low < high - 1e-9
    # An interval of t has its change in the middle, and half its length is t_crit standard errors.
    t = scipy.stats.t.isf(0.025, n - 1) * (low + high)[is_interval] / (high - low)[is_interval]
    p = 2 * scipy.stats.t.sf(np.abs(t), n - 1)
    prints_so = np.abs(p - row["p"].value) <= (1.0 if free == "p" else _HALF_UNITS["p"])
    assert prints_so.any() == (free is not None)
    assert free is not None or p.min() > 0.0454
    (reason,) = (why for value, why in impossible_numbers(_PAPER, read_study(_STUDY)).items() if value == row["p"])
    assert "p 0.0455" in reason
