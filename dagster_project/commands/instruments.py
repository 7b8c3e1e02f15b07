"""`wavehouse instruments`: the library of instruments that comes with the package, as a list, or one of them."""

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING

from dagster_project.settings import Settings
from dagster_project.terminal import say

if TYPE_CHECKING:
    from dagster_project.study import Composite, Instrument, Scale


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    summary = "list the instruments that come with the package, or show how one of them is scored"
    instruments = commands.add_parser(
        "instruments", help=summary, description=f"{summary}; a study names one as library:CODE"
    )
    instruments.add_argument("code", nargs="?", help="the code of one, e.g. phq9")
    instruments.set_defaults(execute=execute, study=None)


def execute(options: argparse.Namespace, settings: Settings) -> int:
    from dagster_project.study import library_codes, library_file, read_instrument

    if options.code is not None:
        say(*_lines(read_instrument(library_file(options.code))))
        return 0
    instruments = [read_instrument(library_file(code)) for code in library_codes()]
    width = max(len(instrument.instrument) for instrument in instruments)
    for instrument in instruments:
        items = f"{instrument.item_count} item{'s' if instrument.item_count > 1 else ''}"
        say(
            f"{instrument.instrument:<{width}}  {instrument.name}: {items};"
            f" {', '.join(scale.scale for scale in instrument.all_scales)}. {instrument.licence}"
        )
    say("In study.yaml: instruments: [library:CODE]. `wavehouse instruments CODE` says how one is scored.")
    return 0


def _lines(instrument: "Instrument") -> Iterator[str]:
    from dagster_project.study import in_words

    yield f"{instrument.instrument}: {instrument.name}"
    yield f"  source: {instrument.source}"
    yield f"  licence: {instrument.licence}"
    groups = instrument.positions_by_anchors()
    for anchors, positions in groups.items():
        yield f"  answers: {anchors}" + (f" ({in_words(positions)})" if len(groups) > 1 else "")
    for scale in instrument.all_scales:
        yield from _scale_lines(instrument, scale)
    for assumption in instrument.assumptions:
        yield f"  assumed, {assumption.about}: {assumption.statement}"
    yield f"  In study.yaml: instruments: [library:{instrument.instrument}]"


def _scale_lines(instrument: "Instrument", scale: "Scale | Composite") -> Iterator[str]:
    from dagster_project.study import Composite, scoring_rule

    low, high = instrument.score_range(scale)
    yield f"  {scale.scale}: {scale.label}, {low:g} to {high:g}, {scale.better_in_words}"
    if not isinstance(scale, Composite):
        yield f"    items: {', '.join(map(str, scale.items))}"
    yield f"    score: {scoring_rule(instrument, scale)}"
    if not isinstance(scale, Composite) and scale.importance is not None:
        yield f"    least change that matters: {scale.importance.change:g} ({scale.importance.source})"
    if scale.bands is not None:
        steps = ", ".join(f"from {step.low:g} {step.label}" for step in scale.bands.steps)
        yield f"    bands: {steps} ({scale.bands.source})"
    for cut_off in scale.cut_offs:
        side = cut_off.direction.replace("_", " ")
        yield f"    cut-off: {side} {cut_off.value:g}: {cut_off.meaning} ({cut_off.source})"
