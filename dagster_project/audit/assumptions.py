"""What is known of a table beside its numbers.

Belongs here: facts of scales, declared designs and practices. Does not belong here: rules, and reading them from files or
instruments (read.py, published.py).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from dagster_project.audit.designs import UNDECLARED, Design
from dagster_project.audit.intervals import UNBOUNDED, Interval


@dataclass(frozen=True)
class ScaleFacts:
    """What is known of a row's score beside the table.

    steps: of how many equal steps a point is made, where every score is a whole number of them (the items of a mean, 1 for a
    sum); None where scores may be prorated, or nobody knows.
    """

    possible: Interval = UNBOUNDED
    steps: int | None = None
    is_binary: bool = False


UNKNOWN_SCALE = ScaleFacts()
#: (section, label) to what is known of it.
Facts = Mapping[tuple[str, str], ScaleFacts]


@dataclass(frozen=True)
class Assumptions:
    """What a table is taken to be.

    design: of its changes, where a row does not say otherwise. by_line: of single rows, by the line of one of their cells.
    effect_size: the definition that its effect sizes have, such as d_baseline (effects.py). may_be_cut: numbers may be cut
    off instead of rounded. excuses: a practice that is named makes an impossible number inconsistent.
    """

    design: Design = UNDECLARED
    by_line: Mapping[int, Design] = field(default_factory=dict)
    effect_size: str | None = None
    may_be_cut: bool = False
    excuses: bool = True
