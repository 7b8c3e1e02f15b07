"""p values adjusted within their families, one p at a time: a part of recompute.py.

Belongs here: Holm, Benjamini and Hochberg, and which tests between groups a family has. Does not belong here: the tests
themselves, the package's code.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

#: The analyses between groups whose p is recomputed.
_OF_GROUPS = ("change_difference", "change_adjusted", "change_covariate_adjusted")


def holm(p: Sequence[float]) -> list[float]:
    order = sorted(range(len(p)), key=lambda index: p[index])
    adjusted, maximum = [math.nan] * len(p), 0.0
    for rank, index in enumerate(order):
        maximum = max(maximum, min(1.0, (len(p) - rank) * p[index]))
        adjusted[index] = maximum
    return adjusted


def benjamini_hochberg(p: Sequence[float]) -> list[float]:
    order = sorted(range(len(p)), key=lambda index: -p[index])
    adjusted, minimum = [math.nan] * len(p), 1.0
    for rank, index in enumerate(order):
        minimum = min(minimum, len(p) / (len(p) - rank) * p[index])
        adjusted[index] = minimum
    return adjusted


def adjusted_p(p: Mapping[str, float]) -> Iterator[tuple[str, dict[str, float]]]:
    """p_holm and p_bh of a family, by the address of each test. p: by address, NaN where there is none."""
    usable = [address for address in p if math.isfinite(p[address])]
    values = [p[address] for address in usable]
    by_name = {"p_holm": holm(values), "p_bh": benjamini_hochberg(values)}
    for address in p:
        index = usable.index(address) if address in usable else None
        yield address, {name: math.nan if index is None else adjusted[index] for name, adjusted in by_name.items()}


def families_of_groups(study: Any, p: Mapping[str, float]) -> Iterator[tuple[str, dict[str, float]]]:
    """The same of every family of tests between groups. study: recompute.py's. p: of every test, by address. Which tests a
    family has is the file's own word: the plan of comparisons between groups is in no table of the codebook."""
    families: dict[str, dict[str, float]] = {}
    for row in study._rows("results.results", "result_id"):
        if row["analysis"] in _OF_GROUPS and row["statistic"] == "p" and row["family"] is not None:
            address = row["result_id"].removesuffix("/p")
            families.setdefault(row["family"], {})[address] = p[address]
    for tests in families.values():
        yield from adjusted_p(tests)
