"""Whether an export's declaration fits the instruments: its blocks, columns, labels and special codes.

Belongs here: one line for what does not fit. Does not belong here: an export's file (exports/).
"""

import math
from collections.abc import Iterable

from dagster_project.study.choice_list_checks import check_lists
from dagster_project.study.errors import StudyError
from dagster_project.study.export import AnswerLabels, CodeRange, ColumnBlock, Export, read_code_range
from dagster_project.study.instruments import Instrument
from dagster_project.study.items import Anchors
from dagster_project.study.measures import MEASURES
from dagster_project.study.study import PARTICIPANTS, SERVICES, Study
from dagster_project.study.texts import comparable, number_in


def _check_special_codes(study: Study, export: Export, location: str) -> None:
    """A special code must mean one thing: it is no answer of the blocks that it holds for, and it is used."""
    instruments = {instrument.instrument: instrument for instrument in study.instruments}
    blocks = [block.block for block in export.blocks]
    names = [*study.block_codes(PARTICIPANTS), *export.leaving.columns] if export.wave is None else blocks
    for special_codes in export.special_codes:
        for block_name in special_codes.blocks:
            if block_name not in names:
                kind = "a variable of the roster" if export.wave is None else "a block of this export"
                raise StudyError(f"{location}.special_codes: {block_name!r} is not {kind}; it is one of {', '.join(names)}")
        if special_codes.items:
            _check_positions(study, special_codes.blocks[0], special_codes.items, f"{location}.special_codes")
        if special_codes.blocks:
            continue  # whoever names the blocks says that the code is no answer of theirs
        for text in special_codes.codes:
            if export.wave is None:
                _refuse_value_as_special_code(study, export, text, location)
            of_instruments = [instruments[name] for name in blocks if name in instruments]
            _refuse_answer_as_special_code(study, export, text, of_instruments, location)


def _refuse_answer_as_special_code(
    study: Study, export: Export, text: str, instruments: Iterable[Instrument], location: str
) -> None:
    columns = study.export_columns(export)
    for instrument in instruments:
        for anchors, positions in instrument.positions_by_anchors().items():
            marks = {export.decimal_mark_of(columns.get(instrument.item_code(position))) for position in positions}
            if any(_reaches(text, anchors, mark) for mark in marks):
                is_of_all = len(positions) == instrument.item_count
                name = instrument.instrument if is_of_all else instrument.item_code(positions[0])
                items = "" if is_of_all else " items: [...],"
                raise StudyError(
                    f"{location}.special_codes: {text!r} {_lies(text)} {name}'s anchors {anchors}; say for which blocks it"
                    f" holds: special_codes: [{{blocks: [...],{items} codes: {{{text!r}: ...}}}}]"
                )


def _refuse_value_as_special_code(study: Study, export: Export, text: str, location: str) -> None:
    """A code of the roster that could be a value must say of which variables it is none.

    It could be a value between a variable's minimum and maximum, or a declared text; without limits the code says itself
    that it is none.
    """
    for variable in study.protocol.participant_variables:
        limits = CodeRange("", variable.minimum, variable.maximum)
        column = study.export_columns(export).get(variable.variable)
        code_range, number = read_code_range(text), number_in(text, export.decimal_mark_of(column))
        is_value = (
            variable.minimum is not None
            and variable.maximum is not None
            and (_meet(code_range, limits) if code_range is not None else number is not None and number in limits)
        )
        texts = {comparable(name) for category in variable.categories for name in category.text or (category.label,)}
        if is_value or comparable(text) in texts:
            raise StudyError(
                f"{location}.special_codes: {text!r} could be a value of {variable.variable}; say for which variables it"
                f" holds: special_codes: [{{blocks: [...], codes: {{{text!r}: ...}}}}]"
            )


def _meet(first: CodeRange, second: CodeRange) -> bool:
    lowest = max((limit for limit in (first.low, second.low) if limit is not None), default=None)
    highest = min((limit for limit in (first.high, second.high) if limit is not None), default=None)
    return lowest is None or highest is None or lowest <= highest


def _reaches(text: str, anchors: Anchors, decimal_mark: str) -> bool:
    """Whether the number that a special code spells, or one of its range, is an answer."""
    code_range = read_code_range(text)
    if code_range is None:
        number = number_in(text, decimal_mark)
        return number is not None and anchors.is_answer(number)
    if anchors.codes is not None:
        return any(answer in code_range for answer in anchors.codes)
    lowest = anchors.low if code_range.low is None else max(anchors.low, code_range.low)
    highest = anchors.high if code_range.high is None else min(anchors.high, code_range.high)
    # The first number with the answers' decimals from the lowest on.
    unit = 10**anchors.decimals
    return bool(math.ceil(round(lowest * unit, 6)) <= round(highest * unit, 6))


def _lies(text: str) -> str:
    return "lies within" if read_code_range(text) is None else "reaches into"


def _check_positions(study: Study, block_name: str, positions: Iterable[int], location: str) -> None:
    if block_name in (SERVICES, PARTICIPANTS):
        raise StudyError(f"{location}: {block_name} has no items by position; take items out")
    item_count = study.instrument(block_name).item_count
    for position in positions:
        if not 1 <= position <= item_count:
            raise StudyError(f"{location}: {block_name} has items 1 to {item_count}, and no item {position}")


def check_export(study: Study, export: Export, location: str) -> None:
    """Raise StudyError, with one line, where an export's declaration does not fit the study. location: file and key."""
    block_names = {instrument.instrument for instrument in study.instruments} | {SERVICES, PARTICIPANTS}
    owners: dict[str, str] = {}
    for index, block in enumerate(export.blocks):
        block_location = f"{location}.blocks[{index}]"
        if block.block not in block_names:
            raise StudyError(
                f"{block_location}.block: {block.block!r} is unknown; it is one of {', '.join(sorted(block_names))}"
            )
        codes = study.block_codes(block.block)
        _check_waves_of_measures(study, export, block, block_location)
        list_by_code = {
            code: f"{block_location}.lists[{number}]"
            for number, choice_list in enumerate(block.lists)
            for code in choice_list.codes
        }
        for code in (*block.columns, *list_by_code, *block.absent):
            if code not in codes:
                raise StudyError(
                    f"{block_location}: {code!r} is not a code of {block.block}; remove it or correct its spelling"
                )
        if block.template is None and (
            without_column := [
                code
                for code in codes
                if code not in (*block.columns, *list_by_code, *block.absent)
                and (block.block != MEASURES or study.measures[code].is_asked_in(export.wave))
            ]
        ):
            raise StudyError(
                f"{block_location}: no column is declared for {without_column[0]!r}; add it under columns or absent"
            )
        check_lists(study, export, block, block_location)
        for code, column in study.column_of(block).items():
            owner = list_by_code.get(code, code)
            if owners.setdefault(column, owner) != owner:
                raise StudyError(
                    f"{block_location}: column {column!r} is declared for two codes, {code!r} among them; keep one"
                )
    _check_measures_in_wave(study, export, location)
    _check_decimal_marks(study, export, location)
    _check_special_codes(study, export, location)
    for rule in export.labels:
        _check_labels(study, export, rule, f"{location}.labels")
    _refuse_texts_with_two_meanings(study, export, location)


def _check_waves_of_measures(study: Study, export: Export, block: ColumnBlock, location: str) -> None:
    """A measure has a column only in the waves that ask it."""
    if block.block != MEASURES:
        return
    if block.template is not None:
        raise StudyError(f"{location}: {MEASURES} have names and no positions; write columns in place of the template")
    for code in (*block.columns, *(code for choice_list in block.lists for code in choice_list.codes), *block.absent):
        if code in study.measures and not study.measures[code].is_asked_in(export.wave):
            raise StudyError(
                f"{location}: {code} is declared for {export.wave}, and its waves are"
                f" {', '.join(study.measures[code].waves or ())}; add {export.wave} to them, or take its column out"
            )


def _check_measures_in_wave(study: Study, export: Export, location: str) -> None:
    """The block of measures stands in an export of every wave that asks one."""
    if not study.measures or export.wave is None or study.protocol.part_number(export) != 1:
        return
    exports = [candidate for candidate in study.protocol.exports if candidate.wave == export.wave]
    blocks = {block.block for candidate in exports for block in candidate.blocks}
    measures = [measure.measure for measure in study.measures.values() if measure.is_asked_in(export.wave)]
    if measures and MEASURES not in blocks:
        raise StudyError(
            f"{location}: {export.wave} asks {measures[0]}, and no export of the wave has a block {MEASURES}; add the block"
            f" with its column, or name the measure's waves under measures, without {export.wave}"
        )


def _check_decimal_marks(study: Study, export: Export, location: str) -> None:
    kinds = {variable.variable: variable.kind for variable in study.protocol.participant_variables}
    columns = {code: column for block in export.blocks for code, column in study.column_of(block).items()}
    of_categories = {column: code for code, column in columns.items() if kinds.get(code) == "category"}
    of_numbers = dict.fromkeys(column for code, column in columns.items() if kinds.get(code) != "category")
    if export.duration_column is not None:
        of_numbers[export.duration_column] = None
    export.check_columns(of_numbers, of_categories, location)


def _check_labels(study: Study, export: Export, rule: AnswerLabels, location: str) -> None:
    """A label stands for an answer to each item that it is declared for; of a whole block, to at least one of its items."""
    for name in rule.blocks:
        if name not in {block.block for block in export.blocks}:
            raise StudyError(f"{location}: {name!r} is not a block of this export")
        if rule.items:
            _check_positions(study, name, rule.items, location)
        if name in (SERVICES, PARTICIPANTS):
            continue
        instrument = study.instrument(name)
        groups = instrument.positions_by_anchors()
        for text, answer in rule.labels.items():
            if rule.items:
                for position in rule.items:
                    if not (anchors := instrument.anchors_of(position)).is_answer(answer):
                        raise StudyError(
                            f"{location}: {text!r} stands for {answer}, outside {instrument.item_code(position)}'s anchors"
                            f" {anchors}; correct the code"
                        )
            elif not any(anchors.is_answer(answer) for anchors in groups):
                ranges = ", ".join(map(str, groups)) if len(groups) > 1 else str(instrument.anchors_of(1))
                raise StudyError(
                    f"{location}: {text!r} stands for {answer}, outside {name}'s anchors {ranges}; correct the code"
                )


def _refuse_texts_with_two_meanings(study: Study, export: Export, location: str) -> None:
    """A text stands for one answer to an item, or for one reason why there is none; a number however it is spelled."""
    for block in export.blocks:
        columns = study.column_of(block)
        for position, code in enumerate(study.block_codes(block.block), start=1):
            decimal_mark = export.decimal_mark_of(columns.get(code))
            labels = study.answer_labels(export, block.block, position) if block.block != PARTICIPANTS else ()
            meanings: dict[str | float, tuple[str, float | str]] = {}
            for text, meaning in (*labels, *export.special_texts_of(block.block, code, position)):
                first_text, first_meaning = meanings.setdefault(_text_or_number(text, decimal_mark), (text, meaning))
                if first_meaning == meaning:
                    continue
                texts = repr(text) if text == first_text else f"{first_text!r} and {text!r} are one number, which"
                key = "labels: {...}" if not isinstance(meaning, str) else "codes: {...}"
                blocks = block.block if block.block != PARTICIPANTS else code
                items = " items: [...]," if block.block not in (SERVICES, PARTICIPANTS) else ""
                kind = ".labels" if not isinstance(meaning, str) else ".special_codes"
                raise StudyError(
                    f"{location}{kind}: {texts} stands for {first_meaning} and for {meaning} in {code}; say which items"
                    f" each rule is for: {{blocks: [{blocks}],{items} {key}}}"
                )


def _text_or_number(text: str, decimal_mark: str) -> str | float:
    """What a declared text is compared by: the number that it spells, else itself."""
    number = number_in(text, decimal_mark)
    return comparable(text) if number is None else number
