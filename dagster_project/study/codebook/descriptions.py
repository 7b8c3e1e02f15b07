"""Descriptions of the columns whose names follow from the study.

Belongs here: words for wide tables. Does not belong here: columns with fixed names (dictionary.py).
"""

from dagster_project.study.instruments import Composite, Instrument
from dagster_project.study.study import Study


def column_descriptions(study: Study) -> dict[str, str]:
    """What each column holds that is named after an item, service, variable, scale or wave of the study. No item wording."""
    descriptions: dict[str, str] = {}
    for instrument in study.instruments:
        for position, code in enumerate(instrument.item_codes, start=1):
            key = ", recoded when scored" if instrument.recoded(position) is not None else ""
            key += _reversal(instrument, position)
            key += ", asked only after certain answers to others" if code in study.gates else ""
            descriptions[code] = f"{instrument.name}, item {position}: {instrument.anchors_of(position)}{key}."
    for measure in study.categorical_measures:
        codes = ", ".join(f"{measure.code_of(category)} {category.label}" for category in measure.categories)
        descriptions[measure.measure] = f"{measure.label}: {codes}."
    if study.protocol.service_use is not None:
        for service in study.protocol.service_use.services:
            descriptions[service.service] = f"Whether the person used {service.label}: 1 yes, 0 no."
    for variable in study.protocol.participant_variables:
        content = "code of the category" if variable.kind == "category" else f"number ({variable.unit or 'no unit'})"
        descriptions[variable.variable] = f"{variable.section}, {variable.label}: {content}."
    for code, (instrument, scale) in study.scales.items():
        low_score, high_score = instrument.score_range(scale)
        prefix = "" if scale.is_given else "Score of "
        descriptions[code] = f"{prefix}{scale.label}: {low_score:g} to {high_score:g}, {scale.better_in_words}."
        descriptions[f"{code}__answered"] = (
            f"How many of the {'parts' if isinstance(scale, Composite) else 'items'} of {code} count."
        )
        descriptions[f"{code}__reason"] = f"The number of the reason why {code} has no score (codebook.missing_reasons)."
    descriptions |= {f"{code}__missing": f"Why {code} has no value; null where it has one." for code in descriptions}
    descriptions |= _of_conditions(study)
    for wave in study.protocol.waves:
        descriptions[f"state_{wave.wave}"] = f"0 where {wave.wave} was returned, else the number of the reason why not."
        descriptions[f"value_{wave.wave}"] = f"The value in {wave.wave}; null where it is missing."
        descriptions[f"status_{wave.wave}"] = (
            f"Of the value in {wave.wave}: 0 from all items, 1 from a part of them, below zero the number of the reason why"
            " it is missing."
        )
    return descriptions


def _reversal(instrument: Instrument, position: int) -> str:
    """In which scales an item is reversed."""
    scales = [scale for scale in instrument.scales if position in scale.items]
    reversing = [scale.scale for scale in scales if instrument.turned_from(position, scale) is not None]
    if len(reversing) == len(scales):
        return "" if instrument.turned_from(position) is None and not reversing else ", reversed when scored"
    return f", reversed in {', '.join(reversing)}" if reversing else ""


def _of_conditions(study: Study) -> dict[str, str]:
    """The columns of marts.planned_waves."""
    descriptions = {
        f"planned_{wave}": f"Whether {wave} is planned for the person ({of_wave.in_words})."
        for wave, of_wave in study.protocol.waves_for_some.items()
    }
    for condition in study.protocol.conditions:
        name = condition.wave if condition.block is None else f"{condition.wave}__{condition.block}"
        descriptions[f"unknown_{name}"] = f"Whether it is unknown if {condition.subject} is planned for the person."
        if condition.block is not None:
            descriptions[f"planned_{name}"] = (
                f"Whether {condition.subject} is planned for the person ({condition.in_words})."
            )
    return descriptions
