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
    """What is known of a row's score from outside the table.

    steps: the number of equal steps in a point, where every score is a whole number of steps (the items of a mean, 1 for a
    sum); None where scores may be prorated, or it is unknown.
    """

    score_range: Interval = UNBOUNDED
    steps: int | None = None
    is_binary: bool = False


UNKNOWN_SCALE = ScaleFacts()
#: The facts of each (section, label).
Facts = Mapping[tuple[str, str], ScaleFacts]


@dataclass(frozen=True)
class Assumptions:
    """What is assumed of a table.

    design: of its changes, unless a row has its own. by_line: designs of single rows, by the line of one of their cells.
    effect_size: the definition of its effect sizes, such as d_baseline (effects.py). may_be_cut: numbers may be cut off
    instead of rounded. excuses: a named practice that explains an impossible number makes it inconsistent.
    """

    design: Design = UNDECLARED
    by_line: Mapping[int, Design] = field(default_factory=dict)
    effect_size: str | None = None
    may_be_cut: bool = False
    excuses: bool = True
