"""What the methods say of signs of careless answers. Belongs here: these sentences. Does not belong here: the signs
(results/careless.py)."""

from dagster_project.languages import gettext, in_series
from dagster_project.results import careless_signs, sign_words, sources_of, time_words
from dagster_project.study import Study, judged_blocks, timed_waves


def careless_methods(study: Study) -> str:
    """Which sheets are marked by which sign; nothing where none is declared."""
    careless = study.protocol.careless
    if careless is None:
        return ""
    blocks, marks = judged_blocks(careless, study.instruments), []
    signs = [
        f"{gettext(' or by ').join(sign_words(sign, block, careless) for sign in careless_signs(careless))} ({block.name})"
        for block in blocks
    ]
    if signs:
        marks.append(
            gettext(
                "Sheets with at least {least_items} answers to a questionnaire were marked as possibly careless by"
                " {signs} ({sources}).",
                least_items=careless.least_items,
                signs=in_series(signs),
                sources=sources_of(careless),
            )
        )
    if careless.least_seconds_per_item is not None:
        time = time_words(careless) + (f" ({careless.source})" if careless.source and not signs else "")
        marks.append(
            gettext(
                "Sheets whose time the exports tell ({waves}) were marked by {time}; the time is that of the whole sheet,"
                " with services and other questions in it, and the limit is the study's own.",
                waves=", ".join(timed_waves(study.protocol)),
                time=time,
            )
        )
    return " ".join([*marks, gettext("Marks are counted in each wave; nobody was excluded because of them.")])
