"""The science: arrays of moments in, estimates out. NumPy and SciPy only.

Belongs here: formulas, with their units, sources and what happens where they are undefined. Does not belong here: names of
outcomes, tables, files. This package imports none of the others.
"""

from dagster_project.statistics.change import PairedT, correlation, d_baseline, d_z, paired_t
from dagster_project.statistics.norms import norm_distance
from dagster_project.statistics.proportions import percent

__all__ = ["PairedT", "correlation", "d_baseline", "d_z", "norm_distance", "paired_t", "percent"]
