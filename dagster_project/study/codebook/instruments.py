"""Instruments in the codebook: items, scales, and how they are scored.

Belongs here: one function a table. Does not belong here: computing a score; norms (norms.py).
"""

from typing import Any

import pyarrow as pa

from dagster_project.languages import gettext, plain, translate
from dagster_project.study.codebook.columns import FLAG, NUMBER, TEXT, WHOLE, answer_type, codebook_table
from dagster_project.study.gates import LEFT_OUT, UNANSWERED
from dagster_project.study.instruments import Composite, Instrument, Scale
from dagster_project.study.measures import GivenScale, kind_of
from dagster_project.study.study import SERVICES, Study


def instruments_table(study: Study) -> pa.Table:
    return codebook_table(
        {"instrument": TEXT, "name": TEXT, "source": TEXT, "licence": TEXT, "item_count": WHOLE},
        [
            (instrument.instrument, instrument.name, instrument.source, instrument.licence, instrument.item_count)
            for instrument in study.instruments
        ],
    )


def items_table(study: Study) -> pa.Table:
    """The items of all instruments, then the services."""
    rows: list[tuple[Any, ...]] = []
    kinds = {measure.measure: kind_of(measure) for measure in study.categorical_measures}
    for instrument in study.instruments:
        for position, code in enumerate(instrument.item_codes, start=1):
            anchors, turned_from = instrument.anchors_of(position), instrument.turned_from(position)
            is_recoded = instrument.recoded(position) is not None
            keys = (turned_from is not None, turned_from, is_recoded)
            ends = (anchors.decimals, anchors.are_rounded, anchors.low, anchors.high)
            label = instrument.item_labels.get(position)
            rows.append((code, instrument.instrument, position, *ends, *keys, kinds.get(code, "item"), label))
    # A service is an item that is answered with 0 (not used) or 1 (used).
    rows += [
        (code, SERVICES, order, 0, False, 0, 1, False, None, False, "service", None)
        for order, code in enumerate(study.block_codes(SERVICES), start=1)
    ]
    return codebook_table(
        {
            "item": TEXT,
            "item_order": WHOLE,
            "instrument": TEXT,
            "position": WHOLE,
            "decimals": WHOLE,
            "takes_any_decimals": FLAG,
            "low": answer_type(study.has_decimal_answers),
            "high": answer_type(study.has_decimal_answers),
            "is_reversed": FLAG,
            "turned_from": answer_type(study.has_decimal_answers),
            "is_recoded": FLAG,
            "kind": TEXT,
            "label": TEXT,
        },
        [(row[0], order, *row[1:]) for order, row in enumerate(rows, start=1)],
    )


def item_answers_table(study: Study) -> pa.Table:
    """Of items with answers that are not simply every whole number from low to high, kept or reversed: each answer."""
    return codebook_table(
        {
            "item": TEXT,
            "answer": answer_type(study.has_decimal_answers),
            "counts_as": answer_type(study.has_decimal_answers),
        },
        [
            (code, answer, instrument.scored_answer(position, answer))
            for instrument in study.instruments
            for position, code in enumerate(instrument.item_codes, start=1)
            if instrument.anchors_of(position).has_gaps or instrument.recoded(position) is not None
            for answer in instrument.anchors_of(position).answers
        ],
    )


def item_gates_table(study: Study) -> pa.Table:
    """Of items that are asked only after certain answers: each condition. level: a gate's own gates have lower ones."""
    rows: list[tuple[Any, ...]] = []
    for gate in study.gates.values():
        counted_as = gate.rule.blank_counts_as
        rule = (None if counted_as is None else str(counted_as), gate.rule.answered_though_not_asked)
        for order, condition in enumerate(gate.conditions, start=1):
            answers = ", ".join(map(str, condition.answers))
            rows.append((gate.item, gate.level, gate.rule.combined_by, order, condition.gate, answers, *rule))
    columns = {"item": TEXT, "level": WHOLE, "combined_by": TEXT, "condition_order": WHOLE, "gate": TEXT, "answers": TEXT}
    return codebook_table(columns | {"blank_counts_as": TEXT, "answered_though_not_asked": TEXT}, rows)


def scale_minimums_table(study: Study) -> pa.Table:
    """Of scales whose minimum is of the items that were asked: how many must be answered, by how many were left out."""
    return codebook_table(
        {"scale": TEXT, "left_out": WHOLE, "minimum_answered": WHOLE},
        [
            (scale.scale, left_out, minimum)
            for instrument in study.instruments
            for scale in instrument.scales
            for left_out, minimum in instrument.minimums_of_asked(scale).items()
        ],
    )


def scales_table(study: Study) -> pa.Table:
    rows = []
    for order, (code, (instrument, scale)) in enumerate(study.scales.items(), start=1):
        low, high = instrument.score_range(scale)
        if isinstance(scale, Composite):
            aggregate, count, minimum = f"{scale.aggregate}_of_scales", len(scale.parts), instrument.minimum_parts(scale)
            factor, is_rounded = None, False
        else:
            aggregate, count, minimum = scale.aggregate, len(scale.items), instrument.minimum_items(scale)
            factor, is_rounded = (None if scale.multiply == 1 else scale.multiply), scale.rounded
        published = scale.reliability if isinstance(scale, GivenScale) else None
        reliability = published.value if published is not None else None
        main_norm = study.norms.main_of(code)
        norm = main_norm.norm if main_norm is not None else None
        outcome_order = study.protocol.outcomes.index(code) + 1 if code in study.protocol.outcomes else None
        rows.append(
            (
                *(code, order, outcome_order, scale.label, instrument.instrument, aggregate, count, minimum, low, high),
                *(scale.better, norm.mean if norm else None, norm.sd if norm else None, scoring_rule(instrument, scale)),
                *(factor, is_rounded, scale.is_given, scale.has_ends, reliability),
            )
        )
    return codebook_table(
        {
            "scale": TEXT,
            "scale_order": WHOLE,
            "outcome_order": WHOLE,
            "label": TEXT,
            "instrument": TEXT,
            "aggregate": TEXT,
            "items_total": WHOLE,
            "minimum_answered": WHOLE,
            "lowest": NUMBER,
            "highest": NUMBER,
            "better": TEXT,
            "norm_mean": NUMBER,
            "norm_sd": NUMBER,
            "rule": TEXT,
            "factor": NUMBER,
            "is_rounded": FLAG,
            "is_given": FLAG,
            "has_ends": FLAG,
            "reliability": NUMBER,
        },
        rows,
    )


def scoring_rule(instrument: Instrument, scale: Scale | Composite) -> str:
    """How a score is computed, in words: aggregate, minimum number of parts, proration, reversed items, conversion."""
    if isinstance(scale, Composite):
        count, minimum, parts = len(scale.parts), instrument.minimum_parts(scale), ", ".join(scale.parts)
        rule = gettext(
            "{aggregate} of {count} scales ({parts}), at least {minimum} of them with a score",
            aggregate=translate(scale.aggregate), count=count, parts=parts, minimum=minimum,
        )  # fmt: skip
        return rule + (_times_those_there(count) if scale.aggregate == "sum" and minimum < count else "")
    if scale.is_given:
        return gettext("as it stands in the export")
    count, minimum = len(scale.items), instrument.minimum_items(scale)
    fields = {"aggregate": translate(scale.aggregate), "count": count, "minimum": minimum}
    if minimum == count:
        rule = gettext("{aggregate} of {count} items, all answered", **fields)
    else:
        rule = gettext("{aggregate} of {count} items, at least {minimum} answered", **fields)
    if scale.aggregate == "sum" and instrument.is_prorated(scale):
        rule += _times_those_there(count)
    if scale.multiply != 1:
        rule += gettext(", times {factor}", factor=plain(scale.multiply))
    if scale.rounded:
        rule += gettext(", rounded to a whole number, a half upwards")
    reversed_items: dict[float, list[str]] = {}
    recoded_items: dict[str, list[str]] = {}
    for position in scale.items:
        item = instrument.item_code(position)
        if (turned_from := instrument.turned_from(position, scale)) is not None:
            reversed_items.setdefault(turned_from, []).append(item)
        if (codes := instrument.recoded(position)) is not None:
            pairs = sorted(codes.items())
            table = ", ".join(gettext("{answer} as {number}", answer=answer, number=number) for answer, number in pairs)
            recoded_items.setdefault(table, []).append(item)
    for turned_from, items in reversed_items.items():
        rule += gettext("; reversed ({turned_from} - answer): {items}", turned_from=turned_from, items=", ".join(items))
    for table, items in recoded_items.items():
        rule += gettext("; recoded ({table}): {items}", table=table, items=", ".join(items))
    rule += _skips_in_words(instrument, scale)
    if scale.conversion:
        rule += gettext("; turned into a score by codebook.scale_conversions")
    return rule


def _times_those_there(count: int) -> str:
    """How a sum stands for the parts that are missing."""
    return gettext(", times {count} / those there", count=count)


def _skips_in_words(instrument: Instrument, scale: Scale) -> str:
    """What items that were not asked count as."""
    words = {
        UNANSWERED: gettext("as items without an answer"), LEFT_OUT: gettext("not among the items that must be answered"),
    }  # fmt: skip
    items_by_words: dict[str, list[str]] = {}
    for gate in instrument.asked_if:
        items = [instrument.item_code(position) for position in scale.items if position in gate.items]
        items_by_words.setdefault(
            words.get(str(gate.blank_counts_as), gettext("as {answer}", answer=gate.blank_counts_as)), []
        ).extend(items)
    return "".join(
        gettext("; not asked counts {words}: {items}", words=word, items=", ".join(items))
        for word, items in items_by_words.items()
        if items
    )


def scale_items_table(study: Study) -> pa.Table:
    return codebook_table(
        {"scale": TEXT, "item": TEXT, "item_order": WHOLE, "turned_from": answer_type(study.has_decimal_answers)},
        [
            (scale.scale, instrument.item_code(position), order, instrument.turned_from(position, scale))
            for instrument in study.instruments
            for scale in instrument.scales
            for order, position in enumerate(scale.items, start=1)
        ],
    )


def ordinal_scales_table(study: Study) -> pa.Table:
    """The scales whose reliability is also of polychoric correlations; empty where none are declared."""
    codes = study.protocol.ordinal_reliability
    return codebook_table(
        {"scale": TEXT, "scale_order": WHOLE}, [(code, order) for order, code in enumerate(codes, start=1)]
    )


def scale_parts_table(study: Study) -> pa.Table:
    return codebook_table(
        {"scale": TEXT, "part": TEXT, "part_order": WHOLE},
        [
            (composite.scale, part, order)
            for instrument in study.instruments
            for composite in instrument.composites
            for order, part in enumerate(composite.parts, start=1)
        ],
    )


def scale_conversions_table(study: Study) -> pa.Table:
    return codebook_table(
        {"scale": TEXT, "raw_sum": WHOLE, "score": NUMBER},
        [
            (scale.scale, raw_sum, score)
            for instrument in study.instruments
            for scale in instrument.scales
            for raw_sum, score in sorted((scale.conversion or {}).items())
        ],
    )


def scale_bands_table(study: Study) -> pa.Table:
    """Named ranges of scores: each from its lowest score up to where the next one starts."""
    rows: list[tuple[Any, ...]] = []
    for code, (_, scale) in study.scales.items():
        if (bands := scale.bands) is not None:
            ends = [*(step.low for step in bands.steps[1:]), None]
            for order, (step, end) in enumerate(zip(bands.steps, ends, strict=True), start=1):
                rows.append((code, order, bands.codes[order - 1], step.label, step.low, end, bands.source))
    columns = {"scale": TEXT, "band_order": WHOLE, "band": TEXT, "label": TEXT}
    return codebook_table(columns | {"starts_at": NUMBER, "ends_before": NUMBER, "source": TEXT}, rows)


def scale_cut_offs_table(study: Study) -> pa.Table:
    return codebook_table(
        {"scale": TEXT, "category": TEXT, "cut_off": NUMBER, "side": TEXT, "meaning": TEXT, "source": TEXT},
        [
            (code, cut_off.code, cut_off.value, cut_off.direction, cut_off.meaning, cut_off.source)
            for code, (_, scale) in study.scales.items()
            for cut_off in scale.cut_offs
        ],
    )
