"""The study that a variant makes of a study: the definitions with its change applied.

Belongs here: applying the change, whether it is one, and its words. Does not belong here: the declaration (variants.py), who
is left out (models/variants.py).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from pydantic import ValidationError

from dagster_project.languages import gettext
from dagster_project.study.instruments import Composite, Instrument, Scale
from dagster_project.study.study import Study
from dagster_project.study.variants import ScaleRule, Variant

#: What a source says of a score holds for the score as the source makes it.
_MEANINGS = {"bands": None, "cut_offs": ()}


@dataclass(frozen=True)
class VariantChange:
    """One thing that a variant changes, in words. subject: a scale, or of people a variable of the roster."""

    subject: str
    in_main_analysis: str
    in_variant: str


def variant_study(study: Study, variant: Variant) -> Study:
    """The study with the variant's scoring rules, and without variants of its own. Whom the variant leaves out is no
    definition of the study but of the variant: the roster is read as it is, and they are taken off it.

    Raises ValueError, in one line, for a scale that there is not, a rule that changes nothing, or one that does not fit.
    """
    unknown = [scale for scale in variant.scales if scale not in study.scales]
    if unknown:
        raise ValueError(
            f"variant {variant.variant}: {unknown[0]!r} is not a scale of any instrument; the scales are"
            f" {', '.join(study.scales)}"
        )
    instruments = []
    for instrument in study.instruments:
        rules = {
            scale.scale: variant.scales[scale.scale] for scale in instrument.all_scales if scale.scale in variant.scales
        }
        instruments.append(_with_rules(instrument, rules, variant) if rules else instrument)
    protocol = study.protocol.model_copy(update={"variants": ()})
    own_study = replace(study, protocol=protocol, instruments=tuple(instruments))
    for scale in variant.scales:
        if _scoring(study, scale) == _scoring(own_study, scale):
            raise ValueError(
                f"variant {variant.variant}: {scale} is scored as in the main analysis"
                f" ({_scoring_words(*study.scales[scale])}); change its rule, or take it out"
            )
    return own_study


def variant_changes(study: Study, variant: Variant) -> list[VariantChange]:
    """What a variant changes, people first."""
    labels = study.protocol.labels
    own_study = variant_study(study, variant)
    return [
        *(VariantChange(rule.variable, gettext("everybody"), rule.in_words(labels)) for rule in variant.people),
        *(
            VariantChange(scale, _scoring_words(*study.scales[scale]), _rule_in_words(study, own_study, scale))
            for scale in variant.scales
        ),
    ]


def variant_words(study: Study, variant: Variant) -> str:
    """All that a variant changes, in one text."""
    return "; ".join(
        gettext(
            "{scale}: {rule} (in the main analysis {main_rule})",
            scale=study.scales[change.subject][1].label,
            rule=change.in_variant,
            main_rule=change.in_main_analysis,
        )
        if change.subject in study.scales
        else gettext("people, by {rule}", rule=change.in_variant)
        for change in variant_changes(study, variant)
    )


def _rule_in_words(study: Study, own_study: Study, code: str) -> str:
    """The rule of a scale in a variant, with the items that come or go."""
    instrument, scale = own_study.scales[code]
    words, main_scale = _scoring_words(instrument, scale), study.scales[code][1]
    if isinstance(scale, Composite) or isinstance(main_scale, Composite):
        return words
    for name, positions in (
        (gettext("without {items}"), set(main_scale.items) - set(scale.items)),
        (gettext("with {items}"), set(scale.items) - set(main_scale.items)),
    ):
        if positions:
            items = ", ".join(instrument.item_code(position) for position in sorted(positions))
            words += f"; {name.format(items=items)}"
    return words


def _with_rules(instrument: Instrument, rules: Mapping[str, ScaleRule], variant: Variant) -> Instrument:
    scales = [_scale_with_rule(scale, rules.get(scale.scale), variant) for scale in instrument.scales]
    composites = [
        _composite_with_rule(composite, rules.get(composite.scale), variant) for composite in instrument.composites
    ]
    values = {field.alias or name: getattr(instrument, name) for name, field in type(instrument).model_fields.items()}
    try:
        return type(instrument)(**(values | {"scales": tuple(scales), "composites": tuple(composites)}))
    except ValidationError as error:
        reason = str(error.errors()[0]["msg"]).removeprefix("Value error, ")
        raise ValueError(f"variant {variant.variant}: {reason}") from None


def _scale_with_rule(scale: Scale, rule: ScaleRule | None, variant: Variant) -> Scale:
    if rule is None:
        return scale
    if scale.is_given:
        raise ValueError(
            f"variant {variant.variant}: {scale.scale} is taken as it comes and has no scoring rule; take it out"
        )
    if rule.minimum_parts is not None:
        raise ValueError(f"variant {variant.variant}: {scale.scale} is made of items; write minimum_answered")
    changes = {name: getattr(rule, name) for name in rule.model_fields_set}
    if rule.items is not None and rule.reversed is None and scale.reversed is not None:
        changes["reversed"] = tuple(position for position in scale.reversed if position in rule.items)
    return scale.model_copy(update=_MEANINGS | changes)


def _composite_with_rule(composite: Composite, rule: ScaleRule | None, variant: Variant) -> Composite:
    if rule is None:
        return composite.model_copy(update=dict(_MEANINGS))
    if unfit := sorted(rule.model_fields_set - {"minimum_parts"}):
        raise ValueError(
            f"variant {variant.variant}: {composite.scale} is made of scales and has no {unfit[0]}; write minimum_parts, or"
            " change its parts"
        )
    return composite.model_copy(update=_MEANINGS | {"minimum_parts": rule.minimum_parts})


def _scoring(study: Study, code: str) -> tuple[object, ...]:
    """All that the score of a scale depends on, but for the scores of its parts."""
    instrument, scale = study.scales[code]
    if isinstance(scale, Composite):
        return (scale.parts, scale.aggregate, instrument.minimum_parts(scale))
    keys = {position: instrument.turned_from(position, scale) for position in scale.items}
    return (keys, scale.aggregate, instrument.minimum_items(scale), instrument.minimums_of_asked(scale))


def _scoring_words(instrument: Instrument, scale: Scale | Composite) -> str:
    """How a scale is scored. The codebook, which knows it, is made of Arrow tables, which nobody needs who only reads."""
    from dagster_project.study.codebook.instruments import scoring_rule

    return scoring_rule(instrument, scale)
