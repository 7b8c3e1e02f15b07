"""Whether the choice lists of an export fit the instruments.

Belongs here: one line for what does not fit. Does not belong here: what a list means by itself (choice_list.py), splitting a
cell (exports/lists.py).
"""

from collections.abc import Iterator

from dagster_project.study.choice_list import ChoiceList
from dagster_project.study.errors import StudyError
from dagster_project.study.export import ColumnBlock, Export
from dagster_project.study.study import CHOICE_ANSWERS, PARTICIPANTS, SERVICES, Study
from dagster_project.study.texts import comparable


def check_lists(study: Study, export: Export, block: ColumnBlock, location: str) -> None:
    """Raise StudyError, with one line, where a list of a block cannot be read as it is declared."""
    if block.lists and block.block == PARTICIPANTS:
        raise StudyError(
            f"{location}.lists: {PARTICIPANTS} have no items, and a list is read as items; make its choices an instrument's"
            " items, or services"
        )
    columns: dict[str, str] = dict.fromkeys((*block.columns, *block.absent), "columns or absent")
    for index, choice_list in enumerate(block.lists):
        list_location = f"{location}.lists[{index}]"
        for code in choice_list.codes:
            if code in columns:
                raise StudyError(f"{list_location}: {code!r} is declared under {columns[code]}, too; keep one of the two")
            columns[code] = f"lists[{index}]"
        for line in _code_faults(study, export, block.block, choice_list):
            raise StudyError(f"{list_location}: {line}")


def _code_faults(study: Study, export: Export, block: str, choice_list: ChoiceList) -> Iterator[str]:
    codes = study.block_codes(block)
    choice_texts = {comparable(text): text for text in choice_list.texts}
    for code in choice_list.codes:
        position = codes.index(code) + 1
        if block != SERVICES and not all(
            map(study.instrument(block).anchors_of(position).is_answer, CHOICE_ANSWERS.values())
        ):
            anchors = study.instrument(block).anchors_of(position)
            yield (
                f"{code} is a choice, which is answered with 1 or 0, and its anchors are {anchors}; give the item the"
                " anchors {low: 0, high: 1}, under item_anchors if other items have other ones"
            )
        answer_texts = study.answer_texts(export, block, position)
        for text, answer in CHOICE_ANSWERS.items():
            if answer_texts.get(text, answer) != answer:
                yield (
                    f"{code} is a choice, which is answered with 1 or 0, and {text!r} is declared to stand for"
                    f" {answer_texts[text]}; say under blocks or items of that rule for which others it holds"
                )
        for text in export.special_codes_of(block, position):
            if comparable(text) in choice_texts:
                yield f"{text!r} is declared as a choice and under special_codes; keep one of the two"
        for code_range in export.special_ranges_of(block, position):
            for text in choice_texts:
                if text.removeprefix("-").isdecimal() and float(text) in code_range:
                    yield (
                        f"{text!r} is declared as a choice, and {code_range.text} under special_codes holds it; say under"
                        " blocks or items for which others the range holds"
                    )
