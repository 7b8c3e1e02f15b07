"""How tables and sentences name norms where a scale has several: the main one, and the others.

Belongs here: these words. Does not belong here: which norm is the main one (study/norms.py); comparing with one (waves.py).
"""

from dagster_project.languages import gettext, in_series, lowered
from dagster_project.study import ScaleNorm, Study


def other_norms(study: Study, code: str) -> tuple[ScaleNorm, ...]:
    """The norms of a scale beside its main norm."""
    return tuple(entry for entry in study.norms.of_scale(code) if entry.category is not None)


def norm_name(study: Study, code: str) -> str:
    """What a sentence calls the main norm of a scale: "its norm", and of whom it is where there are several."""
    main_norm = study.norms.main_of(code)
    if main_norm is None or not main_norm.has_others:
        return gettext("its norm")
    return gettext("its main norm ({population})", population=lowered(main_norm.sample.population))


def main_norm_notes(study: Study) -> tuple[str, ...]:
    """A note on a table that shows main norms alone: of whom they are. Nothing where each instrument has one norm sample."""
    labels: dict[str, list[str]] = {}
    for code in study.protocol.outcomes:
        main_norm = study.norms.main_of(code)
        if main_norm is not None and main_norm.has_others:
            labels.setdefault(lowered(main_norm.sample.population), []).append(study.scales[code][1].label)
    if not labels:
        return ()
    parts = in_series(f"{population} ({', '.join(scales)})" for population, scales in labels.items())
    return (gettext("Where there are several norms, the main one: {parts}.", parts=parts),)
