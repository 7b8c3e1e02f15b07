"""Comparison with a norm. Belongs here: distances. Does not belong here: which norm belongs to which scale."""

from numpy.typing import ArrayLike

from dagster_project.statistics.change import Floats, _floats, _ratio


def norm_distance(mean: ArrayLike, norm_mean: ArrayLike, norm_sd: ArrayLike) -> Floats:
    """(mean - norm mean) / norm SD: how many of the norm's SDs a mean lies above the norm. NaN where there is no norm."""
    return _ratio(_floats(mean) - _floats(norm_mean), _floats(norm_sd))
