"""Whether the conditions of waves and blocks fit the study: their variables, categories, contrasts.

Belongs here: one line for what does not fit. Does not belong here: people (a condition that nobody of the roster meets is
known with the roster only).
"""

from collections.abc import Sequence
from pathlib import Path

from dagster_project.study.errors import StudyError
from dagster_project.study.participants import ParticipantVariable
from dagster_project.study.planned import are_disjoint
from dagster_project.study.study import SERVICES, Study
from dagster_project.study.texts import comparable


def check_conditions(study: Study, file: Path) -> None:
    """Raise StudyError, with one line, where a condition does not fit the study. file: the protocol."""
    protocol = study.protocol
    if any(block.planned_for is not None for block in protocol.roster.blocks):
        raise StudyError(
            f"{file}: the roster: planned_for is for waves and their blocks; the roster is of everybody, so take it out"
        )
    for condition in protocol.conditions:
        for variable, categories in condition.categories.items():
            _check_variable(study, variable, categories, f"{file}: {condition.subject}: planned_for")
    for wave in protocol.waves:
        of_wave = protocol.conditions_of(wave)
        for block in of_wave.blocks if of_wave.wave_condition is not None else ():
            if name := are_disjoint([condition for condition in (of_wave.wave_condition, block) if condition is not None]):
                raise StudyError(
                    f"{file}: {block.subject}: planned_for: the wave and the block have no {name} in common, so the"
                    " block is planned for nobody; correct one of them"
                )
    _check_contrasts(study, file)


def _check_variable(study: Study, name: str, categories: Sequence[str], location: str) -> None:
    variables = {variable.variable: variable for variable in study.protocol.participant_variables}
    variable = variables.get(name)
    if variable is None:
        if name in study.block_codes(SERVICES) or any(name in item.item_codes for item in study.instruments):
            raise StudyError(
                f"{location}: {name!r} is answered in waves and changes over time; name a variable of the roster"
            )
        names = f"its variables are {', '.join(variables)}" if variables else "it has no variables"
        raise StudyError(f"{location}: {name!r} is not a variable of the roster; {names}")
    if variable.kind == "number":
        raise StudyError(
            f"{location}: {name} is a number; name a variable with categories (one of its own, with the groups that the wave"
            " is planned by)"
        )
    if name not in study.export_columns(study.protocol.roster):
        raise StudyError(
            f"{location}: {name} stands in no column of the roster; declare its column under blocks of the roster"
        )
    _check_categories(variable, categories, location)


def _check_categories(variable: ParticipantVariable, categories: Sequence[str], location: str) -> None:
    codes = [category.category for category in variable.categories]
    for name in categories:
        if name not in codes:
            texts = {
                comparable(text).casefold(): category.category
                for category in variable.categories
                for text in (category.category, category.label, *category.text)
            }
            meant_category = texts.get(comparable(name).casefold())
            hint = (
                f"did you mean {meant_category}?" if meant_category is not None else f"its categories are {', '.join(codes)}"
            )
            raise StudyError(f"{location}: {name!r} is not a category of {variable.variable}; {hint}")
    if len(categories) == len(codes):
        raise StudyError(
            f"{location}: every category of {variable.variable} is named, so nobody is left out; take {variable.variable}"
            " out of the condition"
        )


def _check_contrasts(study: Study, file: Path) -> None:
    protocol = study.protocol
    own_conditions = {wave.wave: protocol.conditions_of(wave).wave_condition for wave in protocol.waves}
    for contrast in protocol.contrasts:
        waves = (contrast.baseline, contrast.followup)
        conditions = [condition for wave in waves if (condition := own_conditions[wave]) is not None]
        if are_disjoint(conditions):
            words = " and ".join(f"{condition.wave} for {condition.in_words}" for condition in conditions)
            raise StudyError(
                f"{file}: contrast {contrast.contrast}: nobody is planned for both of its waves ({words}); take the contrast"
                " out, or correct planned_for"
            )
