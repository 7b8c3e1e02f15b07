"""Signs of careless answers: which are looked for in which blocks, and from which limit on a sheet is marked.

Belongs here: the declaration under `careless` in study.yaml, and which instruments can be judged. Does not belong here:
computing a sign (dbt/macros/careless.sql). Nobody is excluded by any of it.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from pydantic import Field

from dagster_project.study.base import Code, Definition
from dagster_project.study.instruments import Instrument, minimum_count
from dagster_project.study.measures import MeasuresInstrument

if TYPE_CHECKING:
    from dagster_project.study.protocol import Protocol

#: The outcome of results about all blocks together, and the category of results about any of the signs.
ANY_BLOCK, ANY_SIGN = "any_block", "any_sign"
#: The outcome of results about all that a sheet of a wave holds.
WHOLE_SHEET = "whole_sheet"
#: The signs, as results name them: the longest run of identical answers, how little answers differ, how little time they
#: took.
LONG_STRING, LOW_VARIATION, SHORT_TIME = "long_string", "low_variation", "short_time"
#: Where the limit of the longest run comes from, where the study gives none of its own.
LONG_STRING_SOURCE = "Curran, J Exp Soc Psychol 2016, 66, 4-19"
LOW_VARIATION_SOURCE = "Dunn, Heggestad, Shanock and Theilgard, J Bus Psychol 2018, 33, 105-121"

#: The squares of larger answers, as they are stored, would not add up exactly.
_LARGEST_ANSWER = 10**6


class Careless(Definition):
    """Which signs of careless answers are counted. Nobody is excluded by them."""

    instruments: tuple[Code, ...] = Field(
        default=(), description="the instruments that are looked at; all with enough items if left out"
    )
    least_items: int = Field(
        default=8, ge=3, description="how many items an instrument needs, and how many answers to it a sheet (default 8)"
    )
    long_string: float = Field(
        default=0.5,
        gt=0,
        le=1,
        description="the share of an instrument's items from which on a run of identical answers marks a sheet",
    )
    most_sd: float | None = Field(
        default=None,
        ge=0,
        description="the SD of a person's answers to an instrument up to which they mark a sheet, in points of an answer;"
        " left out, this sign is not looked for",
    )
    least_seconds_per_item: float | None = Field(
        default=None,
        gt=0,
        description="the seconds per answered item below which a sheet is marked, of exports that declare duration; left"
        " out, this sign is not looked for",
    )
    source: str | None = Field(default=None, description="where limits of your own come from, a citation or the reason")


def unfit_reason(instrument: Instrument, careless: Careless) -> str | None:
    """Why an instrument cannot be judged, in words; None where it can."""
    if isinstance(instrument, MeasuresInstrument):
        return "has no items"
    if instrument.item_count < careless.least_items:
        return f"has {instrument.item_count} items, and least_items is {careless.least_items}"
    if len(instrument.positions_by_anchors()) > 1:
        return "has items with different answers, so that identical answers are not the same tick"
    largest_answer = instrument.anchors.as_kept(max(abs(instrument.anchors.low), abs(instrument.anchors.high)))
    if largest_answer > _LARGEST_ANSWER:
        return f"has answers of more than {len(str(_LARGEST_ANSWER)) - 1} digits, which are typed and not ticked"
    return None


def judged_blocks(careless: Careless | None, instruments: Iterable[Instrument]) -> tuple[Instrument, ...]:
    """The instruments whose answers are judged, in the order of the study; none where nothing is declared."""
    if careless is None:
        return ()
    return tuple(
        instrument
        for instrument in instruments
        if unfit_reason(instrument, careless) is None
        and (not careless.instruments or instrument.instrument in careless.instruments)
    )


def least_run(instrument: Instrument, careless: Careless) -> int:
    """How many neighbouring identical answers mark a sheet: the smallest number that is the declared share of the items."""
    return minimum_count(careless.long_string, instrument.item_count)


def timed_waves(protocol: "Protocol") -> tuple[str, ...]:
    """The waves with an export that says how long a sheet took, if that sign is looked for; none if it is not."""
    if protocol.careless is None or protocol.careless.least_seconds_per_item is None:
        return ()
    timed = {export.wave for export in protocol.wave_exports if export.duration is not None}
    return tuple(wave.wave for wave in protocol.waves if wave.wave in timed)


def careless_error(protocol: "Protocol", instruments: Iterable[Instrument]) -> str | None:
    """What is wrong with a declaration, in one line, or None. instruments: of the study."""
    careless = protocol.careless
    if careless is None:
        return None
    by_code = {instrument.instrument: instrument for instrument in instruments}
    for name, words in ((ANY_BLOCK, "all of them"), (WHOLE_SHEET, "whole sheets")):
        if name in by_code:
            return f"careless: an instrument is called {name}, as results about {words} are; rename it"
    if careless.least_seconds_per_item is not None and not timed_waves(protocol):
        return (
            "careless.least_seconds_per_item: no export says how long a sheet took; declare duration in the export of a"
            " wave, e.g. duration: {column: interviewtime, unit: seconds}, or take least_seconds_per_item out"
        )
    for code in careless.instruments:
        if code not in by_code:
            return f"careless: {code!r} is not an instrument of the study; they are {', '.join(by_code)}"
        if reason := unfit_reason(by_code[code], careless):
            return f"careless: {code} {reason}; take it out of careless, or change least_items"
    if not judged_blocks(careless, by_code.values()) and careless.least_seconds_per_item is None:
        return (
            f"careless: no instrument has {careless.least_items} items or more that all have the same answers; lower"
            " least_items, or take careless out"
        )
    return None
