"""study.yaml, drafted: waves, contrasts, instruments, people, exports.

Belongs here: its text. Does not belong here: what is decided (draft.py), its exports (export_text.py).
"""

import re
from collections.abc import Collection, Mapping, Sequence

from dagster_project.drafting.blocks import may_be_waves
from dagster_project.drafting.draft import Draft, DraftedBlock
from dagster_project.drafting.export_text import exports_lines, roster_of_wave_lines
from dagster_project.drafting.measure_text import measure_outcomes, measures_lines
from dagster_project.drafting.people import Variable
from dagster_project.drafting.yaml_lines import flow_list, flow_mapping, guessed, one_line, question_value, scalar
from dagster_project.study import ASK, in_words, is_arm_code

_DAYS_A_MONTH = 365.25 / 12
_EVENT_COLUMN = "redcap_event_name"
_ARM_OF_EVENT = re.compile(r"_arm_(\d+)[a-z]?$")


def protocol_text(draft: Draft, study: str) -> str:
    """The YAML of study.yaml."""
    names = [f"library:{drafted.code}" if drafted.is_of_library else drafted.code for drafted in draft.blocks]
    outcomes = [scale for drafted in draft.blocks for scale in _scales(drafted)] + measure_outcomes(draft.measures)
    outcome_lines = flow_list("outcomes: ", outcomes, 0) if outcomes else []
    if outcomes:
        subject = "what" if draft.measures.measures else "the scales that"
        outcome_lines[-1] += f"  # {subject} the tables print, in order"
    lines = [
        "# Drafted from files. In this folder `wavehouse check` says what is still asked and what does not fit.",
        "# A line marked `guessed` is to be looked at; a value that begins with !ask is to be answered.",
        f"study: {study}",
        f"title: {study}  # the study's title",
        "source: none  # a citation, or none",
        "licence: none  # the terms under which the data may be used",
        "",
        *_wave_lines(draft),
        "",
        *_contrast_lines(draft),
        "",
    ]
    if names:
        lines += _instrument_lines(draft, names)
        for drafted in draft.blocks:
            if drafted.is_of_library:
                ground = f"of its name, its {len(drafted.block.items)} items and their answers"
                lines.append(f"# library:{drafted.code} is guessed: because {ground}")
                lines += _skip_lines(drafted)
        lines += _twin_lines(draft)
        lines += [*measures_lines(draft.measures, draft.waves.names), *outcome_lines]
        lines += _common_lines(draft)
    elif measures := measures_lines(draft.measures, draft.waves.names):
        lines += [*measures, *outcome_lines]
    else:
        question = "no columns look like items of a questionnaire; write its file below instruments/"
        lines += [
            f"instruments: {question_value(question)}",
            f"outcomes: {question_value('the scales that the tables print')}",
        ]
    lines += [
        "",
        *_variable_lines(draft.variables),
        *_group_lines(draft),
        *roster_of_wave_lines(draft),
        "exports:",
        *exports_lines(draft),
    ]
    return "\n".join(lines) + "\n"


def _instrument_lines(draft: Draft, names: Sequence[str]) -> list[str]:
    """The instruments; a proposal where the columns of one could be one score at several times."""
    scores = [drafted.block for drafted in draft.blocks if may_be_waves(drafted.block)]
    if not scores:
        return flow_list("instruments: ", names, 0)
    columns = "; ".join(f"{block.items[0].stem} to {block.items[-1].stem}" for block in scores)
    lines = flow_list(f"instruments: {ASK} ", names, 0)
    remark = "items of one time, or one score at several times, whose columns are then measures of these waves"
    return [*lines[:-1], f"{lines[-1]}  # {columns}: {remark}?"]


def _skip_lines(drafted: DraftedBlock) -> list[str]:
    """A remark on an instrument of the library of which not every item was asked of everybody."""
    if not drafted.gates.positions:
        return []
    return [
        f"# The data dictionary shows its {in_words(drafted.gates.positions)} by a rule only: copy the library's file below"
        " instruments/, name it here without library:, and write asked_if there."
    ]


def _common_lines(draft: Draft) -> list[str]:
    """What is asked once for several instruments: the good ends of their scales, and which of their items are turned."""
    lines = []
    if draft.common_ends:
        scales = [scale for drafted in draft.common_ends for scale in _scales(drafted)]
        question = f"high or low, the good end of all scales; or by scale, e.g. {{{scales[0]}: low, others: high}}"
        lines.append(f"better: {question_value(question)}")
    if draft.common_reversed:
        positions = {drafted.code: f"[{', '.join(map(str, drafted.keys.positions))}]" for drafted in draft.common_reversed}
        lines += [
            "# By their answers or names, these items go against the others of their instrument: keyed the other way?",
            *flow_mapping(f"reversed: {ASK} ", positions, 0),
        ]
    return lines


def _twin_lines(draft: Draft) -> list[str]:
    """A remark on blocks of different waves that could be one questionnaire: as many items, with the same range."""
    lines = []
    for position, first in enumerate(draft.blocks):
        for second in draft.blocks[position + 1 :]:
            ranges = [(len(drafted.block.items), drafted.answers.low, drafted.answers.high) for drafted in (first, second)]
            if ranges[0] == ranges[1] and not first.block.table_indices & second.block.table_indices:
                n_items, low, high = ranges[0]
                lines.append(
                    f"# {first.code} and {second.code} have {n_items} items from {low} to {high} each, in different waves:"
                    " if they are one questionnaire, give both blocks one code, and take the other out here."
                )
    return lines


def _scales(drafted: DraftedBlock) -> list[str]:
    if drafted.match is not None and drafted.is_of_library:
        return [scale.scale for scale in drafted.match.instrument.all_scales]
    return [f"{drafted.code}_total"]


def _wave_lines(draft: Draft) -> list[str]:
    order = draft.waves.order_ground
    remark = f"; guessed: because {order}" if order else "" if draft.waves.is_order_known else "; in which one?"
    lines = [f"waves:  # the planned time points, in order{remark}"]
    if draft.waves_without_items:
        names = ", ".join(draft.waves_without_items)
        lines.append(f"  # No wave of {names}: no columns with answers look like items there.")
    days = {export.table.wave: export.answer_date.median_day for export in reversed(draft.exports)}
    waves = draft.waves.names
    if month_lines := _month_lines(draft, days):
        return [*lines, *month_lines]
    for position, wave in enumerate(waves):
        table = draft.waves.of_wave(wave)[0]
        beginning = f"  - {{wave: {wave}, label: {scalar(one_line(table.label))}, month: "
        first_day, day = days.get(waves[0]), days.get(wave)
        if not draft.waves.is_order_known and len(waves) > 1:
            question = (
                "the planned month, a number; nothing in the files says the order of the waves, so move this line, too"
            )
            lines.append(f"{beginning}{question_value(question)}}}")
        elif position == 0:
            lines.append(f"{beginning}{table.month or 0:g}}}")
        elif table.month is not None:
            lines.append(guessed(f"{beginning}{table.month:g}}}", table.ground))
        elif first_day is not None and day is not None and day > first_day:
            months = round((day - first_day) / _DAYS_A_MONTH, 1)
            ground = f"half of its answers came {day - first_day} days or more after those of {waves[0]}"
            lines.append(guessed(f"{beginning}{months:g}}}", ground))
        else:
            lines.append(f"{beginning}{question_value(f'the planned month, a number ({waves[0]} is month 0)')}}}")
    return lines


def _month_lines(draft: Draft, days: Mapping[str, int | None]) -> list[str]:
    """The waves, and their months asked once below them, where several are not known."""
    waves = draft.waves.names
    first_tables = {wave: draft.waves.of_wave(wave)[0] for wave in waves}
    unknown_waves = [
        wave for wave in waves[1:] if first_tables[wave].month is None and not _is_later(days.get(waves[0]), days.get(wave))
    ]
    if len(waves) < 3 or (draft.waves.is_order_known and len(unknown_waves) < 2):
        return []
    example = ", ".join(f"{wave}: {first_tables[wave].month or 3 * number:g}" for number, wave in enumerate(waves))
    question = f"the planned month of each wave, e.g. {{{example}}}"
    if not draft.waves.is_order_known:
        question += "; nothing in the files says the order of the waves, so put the lines above in order, too"
    return [
        *(f"  - {{wave: {wave}, label: {scalar(one_line(first_tables[wave].label))}}}" for wave in waves),
        f"months: {question_value(question)}",
    ]


def _is_later(first_day: int | None, day: int | None) -> bool:
    return first_day is not None and day is not None and day > first_day


def _contrast_lines(draft: Draft) -> list[str]:
    first, *later_waves = draft.waves.names
    if not later_waves:
        return ["contrasts: []"]
    lines = ["contrasts:  # what is compared, and in which direction a change is counted"]
    for wave in later_waves:
        line = f"  - {{contrast: {first}-{wave}, baseline: {first}, followup: {wave}, direction: followup_minus_baseline}}"
        lines.append(guessed(line, "most reports count a rise as a positive change; or baseline_minus_followup"))
    return lines


def _variable_lines(variables: Sequence[Variable]) -> list[str]:
    if not variables:
        return ["participant_variables: []  # what the roster says of people", ""]
    lines = ["participant_variables:  # what the roster says of people: Table 1"]
    for variable in variables:
        label = scalar(variable.label)
        beginning = f"  - variable: {variable.code}"
        lines.append(guessed(beginning, variable.ground))
        lines += [f"    section: {label}", f"    label: {label}"]
        if not variable.categories:
            lines.append("    kind: number")
            if variable.unit:
                lines.append(f"    unit: {variable.unit}")
            if variable.limits:
                lines.append(f"    minimum: {variable.limits[0]}")
                lines.append(f"    maximum: {variable.limits[1]}")
            continue
        lines += ["    kind: category", "    categories:"]
        for category in variable.categories:
            texts = ", ".join(f'"{text}"' if text.lstrip("-").isdigit() else scalar(text) for text in category.texts)
            text_words = f", text: [{texts}]" if category.texts != (category.label,) else ""
            code = f'"{category.code}"' if category.code.isdigit() else scalar(category.code)
            lines.append(f"      - {{category: {code}, label: {scalar(category.label)}{text_words}}}")
    return [*lines, ""]


def _group_lines(draft: Draft) -> list[str]:
    """A question where a variable looks like the arms of a trial, or events are of several arms: everybody as one group
    would hide the comparison."""
    for variable in draft.variables:
        if variable.categories and is_arm_code(variable.code):
            codes = ", ".join(category.code for category in variable.categories)
            question = (
                f"the groups to compare: {{variable: {variable.code}, reference: one of {codes}, design: randomised or"
                " natural}, or none"
            )
            return [f"groups: {question_value(question)}", ""]
    arms = {match[1] for source in _event_sources(draft) for event in source if (match := _ARM_OF_EVENT.search(event))}
    if len(arms) > 1:
        question = (
            f"the groups to compare, or none: events are of arms {' and '.join(sorted(arms))}, and no column says who is in"
            " which; add one to the export and to participant_variables, and name it here"
        )
        return [f"groups: {question_value(question)}", ""]
    return []


def _event_sources(draft: Draft) -> list[Collection[str]]:
    """The texts of REDCap's column of events, of each file that has one."""
    facts = {export.table.source.path: export.table.source.facts for export in draft.exports}
    return [columns[_EVENT_COLUMN].counts for columns in facts.values() if _EVENT_COLUMN in columns]
