"""What a composite asks of its parts, before and while they are searched.

Belongs here: the side of their printed means that the composite's mean needs. Does not belong here: the search itself
(search.py).
"""

from collections.abc import Mapping, Sequence

from dagster_project.simulate.problem import Target


def narrow_part_means(
    part_targets: Mapping[str, Sequence[Target]], composite_targets: Sequence[Target]
) -> dict[str, list[Target]]:
    """The parts' targets, with the intervals of waves' means narrowed to the side that the composite's mean requires."""
    narrowed_targets = {part: list(targets) for part, targets in part_targets.items()}
    for composite_target in composite_targets:
        if composite_target.statistic != "mean":
            continue
        matches = [
            (part, index)
            for part, targets in narrowed_targets.items()
            for index, target in enumerate(targets)
            if (target.statistic, target.index) == (composite_target.statistic, composite_target.index)
        ]
        if not matches:
            continue
        midpoints = [(narrowed_targets[part][index].low + narrowed_targets[part][index].high) / 2 for part, index in matches]
        middle = sum(midpoints) / len(matches)
        if composite_target.low <= middle <= composite_target.high:
            continue
        for part, index in matches:
            target = narrowed_targets[part][index]
            width = 0.4 * (target.high - target.low)
            is_lower_side = middle > composite_target.high
            interval = (target.low, target.low + width) if is_lower_side else (target.high - width, target.high)
            narrowed_targets[part][index] = Target(target.statistic, target.index, *interval)
    return narrowed_targets
