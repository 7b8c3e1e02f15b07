"""Scales whose reliability is estimated from polychoric correlations as well.

Belongs here: what the declaration `ordinal_reliability` in study.yaml refuses. Does not belong here: the correlations
(statistics/polychoric.py).
"""

from collections.abc import Mapping, Sequence

from dagster_project.study.instruments import Composite, Instrument, Scale

#: With more answers an item is as good as a number, and pairs of answers are too rare.
MOST_ANSWERS = 11


def ordinal_error(codes: Sequence[str], scales: Mapping[str, tuple[Instrument, Scale | Composite]]) -> str | None:
    """What is wrong with a declaration, in one line, or None. scales: of the study, by code."""
    for code in codes:
        if code not in scales:
            return f"ordinal_reliability: {code!r} is not a scale of any instrument; the scales are {', '.join(scales)}"
        if codes.count(code) > 1:
            return f"ordinal_reliability names {code} twice; keep one"
        instrument, scale = scales[code]
        if isinstance(scale, Composite) or scale.is_given:
            return f"ordinal_reliability: {code} has no items of its own; take it out"
        for position in scale.items:
            if (count := instrument.anchors_of(position).answer_count) > MOST_ANSWERS:
                return (
                    f"ordinal_reliability: item {position} of {code} has {count} possible answers, and polychoric"
                    f" correlations are of {MOST_ANSWERS} at most; take {code} out"
                )
    return None
