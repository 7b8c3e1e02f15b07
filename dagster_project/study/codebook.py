"""The protocol as tables: what dbt generates its scoring SQL from, and what readers of a release look codes up in.

Belongs here: turning a `Study` into Arrow tables, one a subject. Does not belong here: writing them anywhere.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pyarrow as pa

from dagster_project.study.instruments import Composite, Instrument, Scale
from dagster_project.study.protocol import MISSING_REASONS
from dagster_project.study.read import SERVICES, Study

_TEXT, _WHOLE, _NUMBER, _FLAG = pa.string(), pa.int64(), pa.float64(), pa.bool_()


def _table(columns: dict[str, pa.DataType], rows: Iterable[Sequence[Any]]) -> pa.Table:
    records = [dict(zip(columns, row, strict=True)) for row in rows]
    return pa.Table.from_pylist(records, schema=pa.schema(list(columns.items())))


def codebook_tables(study: Study) -> dict[str, pa.Table]:
    """Every table of schema `codebook` by name. Empty subjects give empty tables with their columns."""
    return {
        "study": _study(study),
        "waves": _waves(study),
        "contrasts": _contrasts(study),
        "plan": _plan(study),
        "plan_tests": _plan_tests(study),
        "instruments": _instruments(study),
        "items": _items(study),
        "wave_items": _wave_items(study),
        "wave_exports": _wave_exports(study),
        "answer_texts": _answer_texts(study),
        "missing_reasons": _table(
            {"missing_reason": _TEXT, "number": _WHOLE},
            [(reason, -place) for place, reason in enumerate(MISSING_REASONS, start=1)],
        ),
        "scales": _scales(study),
        "scale_items": _scale_items(study),
        "scale_parts": _scale_parts(study),
        "scale_conversions": _scale_conversions(study),
        "services": _services(study),
        "participant_variables": _participant_variables(study),
        "participant_categories": _participant_categories(study),
        "category_texts": _category_texts(study),
        "norms": _norms(study),
        "assumptions": _assumptions(study),
    }


def column_descriptions(study: Study) -> dict[str, str]:
    """What each column that follows the study holds (items, services, variables, scales), for wide tables. No wording."""
    found: dict[str, str] = {}
    for instrument in study.instruments:
        low, high = instrument.anchors.low, instrument.anchors.high
        for position, code in enumerate(instrument.item_codes, start=1):
            turned = "" if instrument.turned_from(position) is None else ", reversed when scored"
            found[code] = f"{instrument.name}, item {position}: {low} to {high}{turned}."
    if study.protocol.service_use is not None:
        for service in study.protocol.service_use.services:
            found[service.service] = f"Whether the person used {service.label}: 1 yes, 0 no."
    for variable in study.protocol.participant_variables:
        kind = "code of the category" if variable.kind == "category" else f"number ({variable.unit or 'no unit'})"
        found[variable.variable] = f"{variable.section}, {variable.label}: {kind}."
    for code, (instrument, scale) in study.scales.items():
        low_score, high_score = instrument.score_range(scale)
        found[code] = f"Score of {scale.label}: {low_score:g} to {high_score:g}, {scale.better} is better."
        found[f"{code}__answered"] = (
            f"How many of the {'parts' if isinstance(scale, Composite) else 'items'} of {code} count."
        )
        found[f"{code}__reason"] = f"The number of the reason why {code} has no score (codebook.missing_reasons)."
    found |= {f"{code}__missing": f"Why {code} has no value; null where it has one." for code in found}
    for wave in study.protocol.waves:
        found[f"state_{wave.wave}"] = f"0 where {wave.wave} was returned, else the number of the reason why not."
        found[f"value_{wave.wave}"] = f"The value in {wave.wave}; null where it is missing."
        found[f"status_{wave.wave}"] = (
            f"Of the value in {wave.wave}: 0 from all items, 1 from a part of them, below zero the number of the reason why"
            " it is missing."
        )
    return found


def _study(study: Study) -> pa.Table:
    p = study.protocol
    return _table(
        {"study": _TEXT, "title": _TEXT, "source": _TEXT, "licence": _TEXT, "stand_in": _TEXT},
        [(p.study, p.title, p.source, p.licence, p.stand_in)],
    )


def _waves(study: Study) -> pa.Table:
    return _table(
        {"wave": _TEXT, "wave_order": _WHOLE, "label": _TEXT, "month": _NUMBER},
        [(wave.wave, order, wave.label, wave.month) for order, wave in enumerate(study.protocol.waves, start=1)],
    )


def _contrasts(study: Study) -> pa.Table:
    return _table(
        {"contrast": _TEXT, "contrast_order": _WHOLE, "baseline": _TEXT, "followup": _TEXT, "direction": _TEXT}
        | {"baseline_sign": _WHOLE},
        [
            (contrast.contrast, order, contrast.baseline, contrast.followup, contrast.direction, contrast.baseline_sign)
            for order, contrast in enumerate(study.protocol.contrasts, start=1)
        ],
    )


def _plan(study: Study) -> pa.Table:
    plan = study.protocol.plan
    return _table(
        {
            "plan_hash": _TEXT,
            "headline": _TEXT,
            "alpha": _NUMBER,
            "norm_margin": _NUMBER,
            "seed": _WHOLE,
            "resamples": _WHOLE,
            "imputations": _WHOLE,
        },
        [
            (
                study.protocol.plan_hash,
                plan.headline,
                plan.alpha,
                plan.norm_margin,
                plan.seed,
                plan.resamples,
                plan.imputations,
            )
        ],
    )


def _plan_tests(study: Study) -> pa.Table:
    return _table(
        {"family": _TEXT, "role": _TEXT, "scale": _TEXT, "contrast": _TEXT},
        [
            (family.family, family.role, scale, contrast)
            for family in study.protocol.plan.families
            for scale, contrast in study.protocol.tests_of(family)
        ],
    )


def _instruments(study: Study) -> pa.Table:
    return _table(
        {"instrument": _TEXT, "name": _TEXT, "source": _TEXT, "licence": _TEXT, "item_count": _WHOLE},
        [(i.instrument, i.name, i.source, i.licence, i.item_count) for i in study.instruments],
    )


def _items(study: Study) -> pa.Table:
    rows: list[tuple[Any, ...]] = []
    for instrument in study.instruments:
        for position, code in enumerate(instrument.item_codes, start=1):
            low, high = instrument.anchors.low, instrument.anchors.high
            turned_from = instrument.turned_from(position)
            rows.append((code, instrument.instrument, position, low, high, turned_from is not None, turned_from, False))
    # A service is an item that is answered with 0 (not used) or 1 (used).
    rows += [
        (code, SERVICES, order, 0, 1, False, None, True) for order, code in enumerate(study.block_codes(SERVICES), start=1)
    ]
    return _table(
        {
            "item": _TEXT,
            "item_order": _WHOLE,
            "instrument": _TEXT,
            "position": _WHOLE,
            "low": _WHOLE,
            "high": _WHOLE,
            "is_reversed": _FLAG,
            "turned_from": _WHOLE,
            "is_service": _FLAG,
        },
        [(row[0], order, *row[1:]) for order, row in enumerate(rows, start=1)],
    )


def _wave_items(study: Study) -> pa.Table:
    codes = [
        code
        for block in (*(instrument.instrument for instrument in study.instruments), SERVICES)
        for code in study.block_codes(block)
    ]
    rows: list[tuple[Any, ...]] = []
    for wave in study.protocol.waves:
        exports = [export for export in study.protocol.wave_exports if export.wave == wave.wave]
        placed: dict[str, tuple[str | None, str, int]] = {}
        for part, export in enumerate(exports, start=1):
            placed |= {code: (column, "asked", part) for code, column in study.export_columns(export).items()}
            placed |= {code: (None, "column_absent", part) for block in export.blocks for code in block.absent}
        nowhere = (None, "not_in_wave", 1 if len(exports) == 1 else None)
        rows += [(wave.wave, code, *placed.get(code, nowhere)) for code in codes]
    return _table({"wave": _TEXT, "item": _TEXT, "export_column": _TEXT, "status": _TEXT, "part": _WHOLE}, rows)


def _wave_exports(study: Study) -> pa.Table:
    """Which table of schema raw holds which part of a wave."""
    orders = {wave.wave: order for order, wave in enumerate(study.protocol.waves, start=1)}
    return _table(
        {"wave": _TEXT, "wave_order": _WHOLE, "part": _WHOLE, "table_name": _TEXT},
        [
            (export.wave, orders[export.wave], study.protocol.part_number(export), export.table)
            for export in study.protocol.wave_exports
            if export.wave is not None
        ],
    )


def wave_definitions(tables: Mapping[str, pa.Table], code_stamp: str) -> pa.Table:
    """What typing and scoring a wave depends on beside its exports, as one stamp a wave.

    tables: of `codebook_tables`. code_stamp: stands for the SQL that types and scores. A wave is typed and scored again when
    its stamp changes: an item added, a key turned, a label declared for it, but not a label of another wave or a norm.
    """
    everywhere = ("items", "scales", "scale_items", "scale_parts", "scale_conversions")
    own = ("wave_items", "wave_exports", "answer_texts")
    texts = [code_stamp] + [json.dumps(tables[name].to_pylist(), sort_keys=True, default=str) for name in everywhere]
    # The norm and the place in tables stand in codebook.scales, too, and touch no score.
    scored = ("scale", "aggregate", "items_total", "minimum_answered")
    texts[1 + everywhere.index("scales")] = json.dumps(tables["scales"].select(scored).to_pylist())
    rows = []
    for wave in tables["waves"].column("wave").to_pylist():
        of_wave = [[row for row in tables[name].to_pylist() if row["wave"] == wave] for name in own]
        digest = hashlib.sha256("\n".join([*texts, json.dumps(of_wave, sort_keys=True)]).encode()).hexdigest()
        rows.append((wave, digest))
    return _table({"wave": _TEXT, "definitions_stamp": _TEXT}, rows)


def _answer_texts(study: Study) -> pa.Table:
    use = study.protocol.service_use
    rows: list[tuple[Any, ...]] = []
    for export in study.protocol.wave_exports:
        labels = {(name, text): code for rule in export.labels for name in rule.blocks for text, code in rule.labels.items()}
        for block in export.blocks:
            for code in study.column_of(block):
                for text, reason in export.special_codes.items():
                    rows.append((export.wave, code, text, None, reason))
                for (name, text), answer in labels.items():
                    if name == block.block:
                        rows.append((export.wave, code, text, answer, None))
                if block.block == SERVICES and use is not None:
                    rows += [(export.wave, code, text, 1, None) for text in use.used]
                    rows += [(export.wave, code, text, 0, None) for text in use.not_used]
    columns = {"wave": _TEXT, "item": _TEXT, "answer_text": _TEXT, "code": _WHOLE, "missing_reason": _TEXT}
    return _table(columns, rows)


def _scales(study: Study) -> pa.Table:
    rows = []
    norms = {norm.scale: norm for norm in study.norms.norms}
    for order, (code, (instrument, scale)) in enumerate(study.scales.items(), start=1):
        low, high = instrument.score_range(scale)
        if isinstance(scale, Composite):
            aggregate, count, minimum = "mean_of_scales", len(scale.parts), instrument.minimum_parts(scale)
        else:
            aggregate, count, minimum = scale.aggregate, len(scale.items), instrument.minimum_items(scale)
        norm = norms.get(code)
        outcome_order = study.protocol.outcomes.index(code) + 1 if code in study.protocol.outcomes else None
        rows.append(
            (
                *(code, order, outcome_order, scale.label, instrument.instrument, aggregate, count, minimum, low, high),
                *(scale.better, norm.mean if norm else None, norm.sd if norm else None, _rule(instrument, scale)),
            )
        )
    return _table(
        {
            "scale": _TEXT,
            "scale_order": _WHOLE,
            "outcome_order": _WHOLE,
            "label": _TEXT,
            "instrument": _TEXT,
            "aggregate": _TEXT,
            "items_total": _WHOLE,
            "minimum_answered": _WHOLE,
            "lowest": _NUMBER,
            "highest": _NUMBER,
            "better": _TEXT,
            "norm_mean": _NUMBER,
            "norm_sd": _NUMBER,
            "rule": _TEXT,
        },
        rows,
    )


def _rule(instrument: Instrument, scale: Scale | Composite) -> str:
    """How a score is made, in words: aggregate, least number of parts, proration, reversed items, conversion."""
    if isinstance(scale, Composite):
        named = ", ".join(scale.parts)
        return f"mean of {len(scale.parts)} scales ({named}), at least {instrument.minimum_parts(scale)} of them there"
    count, minimum = len(scale.items), instrument.minimum_items(scale)
    text = (
        f"{scale.aggregate} of {count} items, " + ("all" if minimum == count else f"at least {minimum}") + " of them there"
    )
    if scale.aggregate == "sum" and minimum < count:
        text += f", times {count} / those there"
    turned: dict[int, list[str]] = {}
    for position in scale.items:
        if (turned_from := instrument.turned_from(position)) is not None:
            turned.setdefault(turned_from, []).append(instrument.item_code(position))
    for turned_from, items in turned.items():
        text += f"; reversed ({turned_from} - answer): {', '.join(items)}"
    if scale.conversion:
        text += "; turned into a score by codebook.scale_conversions"
    return text


def _scale_items(study: Study) -> pa.Table:
    return _table(
        {"scale": _TEXT, "item": _TEXT, "item_order": _WHOLE},
        [
            (scale.scale, instrument.item_code(position), order)
            for instrument in study.instruments
            for scale in instrument.scales
            for order, position in enumerate(scale.items, start=1)
        ],
    )


def _scale_parts(study: Study) -> pa.Table:
    return _table(
        {"scale": _TEXT, "part": _TEXT, "part_order": _WHOLE},
        [
            (composite.scale, part, order)
            for instrument in study.instruments
            for composite in instrument.composites
            for order, part in enumerate(composite.parts, start=1)
        ],
    )


def _scale_conversions(study: Study) -> pa.Table:
    return _table(
        {"scale": _TEXT, "raw_sum": _WHOLE, "score": _NUMBER},
        [
            (scale.scale, raw_sum, score)
            for instrument in study.instruments
            for scale in instrument.scales
            for raw_sum, score in sorted((scale.conversion or {}).items())
        ],
    )


def _services(study: Study) -> pa.Table:
    use = study.protocol.service_use
    services = use.services if use else ()
    return _table(
        {"service": _TEXT, "service_order": _WHOLE, "label": _TEXT},
        [(service.service, order, service.label) for order, service in enumerate(services, start=1)],
    )


def _participant_variables(study: Study) -> pa.Table:
    mark = study.protocol.roster.decimal
    placed = study.export_columns(study.protocol.roster)
    return _table(
        {
            "variable": _TEXT,
            "variable_order": _WHOLE,
            "label": _TEXT,
            "section": _TEXT,
            "kind": _TEXT,
            "unit": _TEXT,
            "minimum": _NUMBER,
            "maximum": _NUMBER,
            "decimal_mark": _TEXT,
            "export_column": _TEXT,
        },
        [
            (v.variable, order, v.label, v.section, v.kind, v.unit, v.minimum, v.maximum, mark, placed.get(v.variable))
            for order, v in enumerate(study.protocol.participant_variables, start=1)
        ],
    )


def _participant_categories(study: Study) -> pa.Table:
    return _table(
        {"variable": _TEXT, "category": _TEXT, "category_order": _WHOLE, "label": _TEXT},
        [
            (variable.variable, category.category, order, category.label)
            for variable in study.protocol.participant_variables
            for order, category in enumerate(variable.categories, start=1)
        ],
    )


def _category_texts(study: Study) -> pa.Table:
    return _table(
        {"variable": _TEXT, "category": _TEXT, "answer_text": _TEXT},
        [
            (variable.variable, category.category, text)
            for variable in study.protocol.participant_variables
            for category in variable.categories
            for text in category.text or (category.label,)
        ],
    )


def _norms(study: Study) -> pa.Table:
    samples = {sample.sample: sample for sample in study.norms.samples}
    return _table(
        {"scale": _TEXT, "sample": _TEXT, "mean": _NUMBER, "sd": _NUMBER, "n": _WHOLE, "population": _TEXT}
        | {"source": _TEXT, "note": _TEXT},
        [
            (
                *(norm.scale, norm.sample, norm.mean, norm.sd, samples[norm.sample].n),
                *(samples[norm.sample].population, samples[norm.sample].source, norm.note),
            )
            for norm in study.norms.norms
        ],
    )


def _assumptions(study: Study) -> pa.Table:
    rows = [("study", a.about, a.statement) for a in study.protocol.assumptions]
    rows += [(i.instrument, a.about, a.statement) for i in study.instruments for a in i.assumptions]
    return _table({"declared_by": _TEXT, "about": _TEXT, "statement": _TEXT}, rows)
