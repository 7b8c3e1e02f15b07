"""What the methods section says of instruments and measures. Belongs here: these sentences. Does not belong here: results,
or analyses (methods.py)."""

from collections.abc import Iterator, Mapping

from dagster_project.languages import enumerated, gettext, ngettext, plain, translate
from dagster_project.study import (
    Composite,
    GivenScale,
    Instrument,
    MeasuresInstrument,
    Study,
    in_words,
)


def measure_methods(study: Study) -> Iterator[str]:
    """Sentences about each instrument, and about what has no items."""
    for instrument in study.instruments:
        if isinstance(instrument, MeasuresInstrument):
            yield from _without_items(study, instrument)
            continue
        scales = [_scale(instrument, scale) for scale in instrument.all_scales if scale.scale in study.protocol.outcomes]
        if scales:
            yield ngettext(
                "{instrument} ({source}): {n} item answered {anchors}; {scales}.",
                "{instrument} ({source}): {n} items answered {anchors}; {scales}.",
                instrument.item_count,
                instrument=instrument.name,
                source=instrument.source.rstrip("."),
                anchors=_anchors(instrument),
                scales=enumerated(scales),
            )
        if instrument.reversed:
            yield ngettext(
                "{n} of its items was reversed against the declared anchors.",
                "{n} of its items were reversed against the declared anchors.",
                len(instrument.reversed),
            )
        if recoded_items := [position for rule in instrument.recode for position in rule.items]:
            yield ngettext(
                "The answers to {n} of its items were recoded as declared.",
                "The answers to {n} of its items were recoded as declared.",
                len(recoded_items),
            )
        yield from _skips(instrument)
    use = study.protocol.service_use
    if use is not None:
        yield ngettext(
            "Use of {n} service was asked at {waves}.",
            "Use of {n} services was asked at {waves}.",
            len(use.services),
            waves=enumerated(use.waves),
        )


def _without_items(study: Study, instrument: MeasuresInstrument) -> Iterator[str]:
    """Measures without items: how they came into the exports is not for this study to say."""
    sentences = []
    for scale in instrument.scales:
        if scale.scale not in study.protocol.outcomes or not isinstance(scale, GivenScale):
            continue
        low, high = instrument.score_range(scale)
        ends = {"low": plain(low), "high": plain(high)}
        limits = (
            gettext("{low} to {high}, {better}", better=scale.better_in_words, **ends)
            if scale.has_ends
            else gettext("accepted from {low} to {high}", **ends)
        )
        sentences.append(f"{scale.label} ({limits}{f'; {scale.source}' if scale.source else ''})")
    if sentences:
        yield gettext(
            "Taken as they stand in the exports, without their items: {sentences}.", sentences=enumerated(sentences)
        )
    for measure in study.categorical_measures:
        labels = enumerated([category.label for category in measure.categories])
        yield gettext(
            "{label} was asked at {waves} ({labels}).",
            label=measure.label,
            waves=enumerated(study.waves_of(measure)),
            labels=labels,
        )


def _skips(instrument: Instrument) -> Iterator[str]:
    for gate in instrument.asked_if:
        words: Mapping[object, str] = {
            None: "",
            "unanswered": gettext("; those not asked count as unanswered"),
            "left_out": gettext("; a score needs the declared share of those that were asked"),
        }
        skips = words.get(gate.blank_counts_as, gettext("; those not asked count as {answer}", answer=gate.blank_counts_as))
        yield ngettext(
            "{n} of its items was asked only after certain answers to others{skips}.",
            "{n} of its items were asked only after certain answers to others{skips}.",
            len(gate.items),
            skips=skips,
        )


def _anchors(instrument: Instrument) -> str:
    groups = instrument.positions_by_anchors()
    if len(groups) == 1:
        return str(instrument.anchors_of(1))
    return enumerated([f"{anchors} ({in_words(positions)})" for anchors, positions in groups.items()])


def _scale(instrument: Instrument, scale: object) -> str:
    if isinstance(scale, Composite):
        return gettext(
            "{scale} ({aggregate} of {count} of its scales, {better})",
            scale=scale.label, aggregate=translate(scale.aggregate), count=len(scale.parts), better=scale.better_in_words,
        )  # fmt: skip
    item_scale = next(candidate for candidate in instrument.scales if candidate is scale)
    count = str(len(item_scale.items))
    if item_scale.multiply != 1:
        count = gettext("{count} times {factor}", count=count, factor=plain(item_scale.multiply))
    if item_scale.rounded:
        count = gettext("{count}, rounded", count=count)
    return gettext(
        "{scale} ({aggregate} of {count}, {better})",
        scale=item_scale.label, aggregate=translate(item_scale.aggregate), count=count, better=item_scale.better_in_words,
    )  # fmt: skip
