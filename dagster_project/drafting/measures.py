"""Measures without items: columns by themselves that are followed over the waves, as scores, numbers, yes or no, categories.

Belongs here: which columns those are, and what is proposed of each; columns that say the same of a person in all waves. Does
not belong here: items of questionnaires (blocks.py), the YAML (measure_text.py).
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import pyarrow as pa

from dagster_project.drafting.answers import Answers, SpecialCode, answer_range, find_special_codes, known_order
from dagster_project.drafting.blocks import TOTAL_NAME, Block, Item, Names, columns_by_stem
from dagster_project.drafting.columns import NUMBER, ColumnFacts
from dagster_project.drafting.identifier_names import IDENTIFIER_NAME
from dagster_project.drafting.people import Category, category_code
from dagster_project.drafting.waves import WaveTable
from dagster_project.exports import abbreviated_list, quoted
from dagster_project.exports.data_dictionary import CHECKBOX_MARK
from dagster_project.study import MEASURES

#: Of more columns none is proposed: they are something else.
MAX_MEASURES = 20
_MAX_CATEGORIES, _MAX_TEXT_LENGTH, _MAX_BINARY = 8, 40, 2
#: What files write for yes, and for no in the same place.
_YES_AND_NO = (
    ("yes", "no"), ("y", "n"), ("true", "false"), ("t", "f"), ("present", "absent"), ("checked", "unchecked"),
    ("ja", "nein"), ("oui", "non"), ("si", "no"), ("sí", "no"), ("1", "0"),
)  # fmt: skip
#: Names of scores of questionnaires; numbers that are counted or measured are none.
_SCORE_NAME = re.compile(
    r".*(?:total|sum|score|scale|index|summe|gesamt)$|(?:bdi|bai|phq|gad|ces_?d|hads?|hamd?|madrs|panss|sf_?\d+|eq_?5d"
    r"|wemwbs|swemwbs|k6|k10|pss|stai|masc|cbcl|sdq|core|moca|mmse|updrs|twstrs|qol|who5)(?:[_.]?[a-z0-9]{1,3})?",
    re.IGNORECASE,
)
#: What a column is by its name, whatever its cells are.
_NO_MEASURE = re.compile(
    r"(?:.*(?:_id|_?complete|timestamp|comments?|notes?|e?mail|phone.*|telephone.*|zip|postcode)"
    r"|(?:days?|weeks?|months?|years?|time|date|visit|wave|period)(?:_?(?:nr|no|num|number))?)$",
    re.IGNORECASE,
)
#: So many people must have said the same several times, before a column is taken for a fact about them.
_MIN_REPEATED_PEOPLE = 10


@dataclass(frozen=True)
class DraftedMeasure:
    """A measure that is proposed. kind: the list of `measures` that it stands in. item: its columns. ground: how it is
    known.

    limits, decimals: of scores and numbers; decimals None for any. categories: of categories, in table order, and of yes and
    no, first yes. is_ordered: whether these are steps. waves: those whose columns hold anything, in order.
    """

    code: str
    kind: str
    item: Item
    ground: str
    waves: tuple[str, ...]
    limits: tuple[float, float] = (0, 0)
    decimals: int | None = 0
    categories: tuple[Category, ...] = ()
    is_ordered: bool = False


@dataclass(frozen=True)
class DraftedMeasures:
    """All that are proposed, and columns that say the same of a person in all waves. n_columns: how many columns could have
    been proposed, where they are too many."""

    measures: tuple[DraftedMeasure, ...] = ()
    people_columns: tuple[ColumnFacts, ...] = ()
    n_columns: int = 0

    @cached_property
    def block(self) -> Block:
        """The block that measures make of an export."""
        return Block(MEASURES, tuple(measure.item for measure in self.measures), "", are_single=True)

    @cached_property
    def answers(self) -> Answers:
        """Its codes for no answer. What is none in one measure, and a number in another, is asked."""
        codes_by_measure = {
            measure.code: {code.text: code for code in find_special_codes(measure.item.facts)} for measure in self.measures
        }
        merged_codes: dict[str, SpecialCode] = {}
        for code_name, codes in codes_by_measure.items():
            for code in codes.values():
                earlier = merged_codes.get(code.text)
                n_cells = code.n_cells + (earlier.n_cells if earlier is not None else 0)
                merged_codes[code.text] = replace(code, n_cells=n_cells)
                clashing_codes = [
                    measure.code
                    for measure in self.measures
                    if code.text in measure.item.facts.counts and code.text not in codes_by_measure[measure.code]
                ]
                if clashing_codes:
                    ground = (
                        f"in {code_name}, and a value of {clashing_codes[0]}: give the positions of the measures under items"
                    )
                    merged_codes[code.text] = replace(code, reason="", ground=ground, n_cells=n_cells)
        return Answers(0, 1, "", special_codes=tuple(merged_codes.values()))


def find_measures(
    tables: Sequence[WaveTable], excluded: Sequence[Collection[str]], blocks: Sequence[Block],
    person_columns: Sequence[str], used_codes: Collection[str],
) -> DraftedMeasures:  # fmt: skip
    """What is proposed: of several waves what stands in two of them or more; of one wave, columns of numbers where there are
    no items at all.

    excluded: of each table the columns that are known to be something else. blocks: of items. person_columns: the column
    that tells people apart in each table, "" where it is asked. used_codes: of other things.
    """
    names = Names()
    names.codes |= {MEASURES, *used_codes, *(f"{code}_total" for code in used_codes)}
    block_stems = {item.stem for block in blocks for item in block.items}
    stems = {
        stem: by_table
        for stem, by_table in columns_by_stem(tables, excluded, has_totals=True).items()
        if stem not in block_stems and CHECKBOX_MARK not in stem and not _is_total_of(stem, blocks)
    }
    has_several_waves = len({table.wave for table in tables}) > 1
    measures, people_columns = [], []
    for stem, by_table in stems.items():
        item = Item(stem, by_table)
        waves = _waves_of(item, tables)
        if has_several_waves and waves and _is_of_person(item, tables, person_columns):
            people_columns.append(next(iter(by_table.values())))
            continue
        is_other = _NO_MEASURE.fullmatch(stem) or IDENTIFIER_NAME.fullmatch(stem)
        is_followed = len(waves) > 1 if has_several_waves else not blocks
        is_computed = item.facts.is_standardised or (blocks and _has_many_decimals(item.facts))
        if is_followed and not is_other and not is_computed and (measure := _measure(item, waves, names)) is not None:
            measures.append(measure)
    if not has_several_waves:
        measures = [measure for measure in measures if measure.kind in ("scores", "numbers")]
    if len(measures) > MAX_MEASURES:
        measures = [measure for measure in measures if not measure.item.facts.fractions]
    if len(measures) > MAX_MEASURES:
        return DraftedMeasures((), tuple(people_columns), len(measures))
    return DraftedMeasures(tuple(measures), tuple(people_columns))


def _has_many_decimals(column: ColumnFacts) -> bool:
    """Whether its numbers have more decimals than anybody writes: beside items they were computed from these."""
    return bool(column.fractions) and not column.decimals


def _is_total_of(stem: str, blocks: Sequence[Block]) -> bool:
    """Whether a column is by its name the total of items that are there, which is computed from them."""
    start = re.sub(r"[^a-z0-9]", "", stem.lower())
    return TOTAL_NAME.fullmatch(stem) is not None and any(start.startswith(block.code.replace("_", "")) for block in blocks)


def _waves_of(item: Item, tables: Sequence[WaveTable]) -> tuple[str, ...]:
    """The waves in which somebody has a value."""
    return tuple(dict.fromkeys(tables[index].wave for index, column in sorted(item.columns.items()) if column.counts))


def _is_of_person(item: Item, tables: Sequence[WaveTable], person_columns: Sequence[str]) -> bool:
    """Whether a column of one file says the same of each person in all waves: it stands once in a file with a row a person,
    or its cells do not differ between a person's rows, of which most have several."""
    indices = list(item.columns)
    first = tables[indices[0]]
    if len(indices) < 2 or any(tables[index].source is not first.source for index in indices):
        return False
    column = item.columns[indices[0]].name
    if first.marks:
        return all(item.columns[index].name == column and column not in tables[index].marks for index in indices)
    if not all(person_columns[index] for index in indices) or not all(tables[index].rows for index in indices):
        return False
    cells = pa.concat_tables(
        pa.table({"person": tables[index].cells(person_columns[index]), "cell": tables[index].cells(column)})
        for index in indices
    ).to_pydict()
    texts: dict[str, list[str]] = {}
    for person, cell in zip(cells["person"], cells["cell"], strict=True):
        if cell and person:
            texts.setdefault(person, []).append(cell)
    n_repeated = sum(len(own_texts) > 1 for own_texts in texts.values())
    are_repeated = n_repeated >= max(_MIN_REPEATED_PEOPLE, 0.5 * len(texts))
    return are_repeated and all(len(set(own_texts)) == 1 for own_texts in texts.values())


def _measure(item: Item, waves: tuple[str, ...], names: Names) -> DraftedMeasure | None:
    """What is proposed of a column; None where its cells are neither numbers nor one of a few texts."""
    column = item.facts
    special = {code.text for code in find_special_codes(column)}
    texts = {text: count for text, count in column.values.items() if text not in special}
    if not texts:
        return None
    labels = {text: label for text, label in column.value_labels.items() if text not in special}
    if labels and all(text in labels for text in texts):
        return _of_texts(item, waves, names, list(labels), labels)
    is_number = sum(count for text, count in texts.items() if NUMBER.fullmatch(text)) >= 0.9 * sum(texts.values())
    if is_number and set(texts) != {"0", "1"} and len(texts) > _MAX_BINARY:
        return _of_numbers(item, waves, names, texts)
    is_closed = 1 < len(texts) <= _MAX_CATEGORIES and sum(texts.values()) >= 2 * len(texts)
    if is_closed and all(len(text) <= _MAX_TEXT_LENGTH for text in texts):
        return _of_texts(item, waves, names, list(texts), {})
    return None


def _of_numbers(item: Item, waves: tuple[str, ...], names: Names, texts: Mapping[str, int]) -> DraftedMeasure:
    values = [float(text.replace(",", ".")) for text in texts if NUMBER.fullmatch(text)]
    low, high = (min(values), max(values)) if item.facts.fractions else answer_range(item.facts)
    kind = "scores" if _SCORE_NAME.fullmatch(item.stem) else "numbers"
    ground = f"its cells are numbers from {low:g} to {high:g}; write the lowest and the highest that count"
    return DraftedMeasure(
        names.code(item.stem, "measure"), kind, item, ground, waves, (low, high), None if item.facts.fractions else 0
    )


def _of_texts(
    item: Item, waves: tuple[str, ...], names: Names, texts: Sequence[str], labels: Mapping[str, str]
) -> DraftedMeasure:
    """Yes or no where the two texts, or their labels, are words for that; else categories, in the order that is known of
    them, or of the file's own codes."""
    by_word = {(labels.get(text) or text).strip().lower(): text for text in texts}
    source = "labels of the file" if labels else f"cells: {abbreviated_list([quoted(text) for text in sorted(texts)])}"
    code = names.code(item.stem, "measure")
    for yes_word, no_word in _YES_AND_NO:
        if set(by_word) == {yes_word, no_word}:
            categories = []
            for answer, word in (("yes", yes_word), ("no", no_word)):
                text = by_word[word]
                categories.append(Category(answer, answer, tuple(dict.fromkeys((text, labels.get(text) or text)))))
            return DraftedMeasure(code, "yes_no", item, f"it has the {source}", waves, categories=tuple(categories))
    order = known_order(list(by_word))
    words = order or (list(by_word) if labels else sorted(by_word))
    categories = []
    for word in words:
        text = by_word[word]
        label = labels.get(text, "").strip() or text
        categories.append(Category(_plain_code(label, text, categories), label, tuple(dict.fromkeys((text, label)))))
    return DraftedMeasure(
        code, "categories", item, f"it has the {source}", waves, categories=tuple(categories), is_ordered=order is not None
    )


def _plain_code(label: str, text: str, categories: Collection[Category]) -> str:
    """A category's code that results can write between two clashing_codes."""
    code = category_code(label, text, categories).replace("_to_", "_")
    return code if code[:1].isalpha() else f"c{code}"
