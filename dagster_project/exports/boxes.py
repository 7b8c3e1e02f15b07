"""REDCap's checkboxes: a column of 0 and 1 for each choice, where a box that is not ticked need not be an answer.

Belongs here: which boxes are blank, because nobody saw their form, and which are missing for a reason, because a missing
data code is ticked in their place. Does not belong here: what is a form (redcap.py), what else a cell may hold.

A box that is not ticked is exported as 0, also where the form was never opened. The form's state says whether it is an
answer, where it is Unverified or Complete, or any other answer in the form; where there is neither, only the study knows. A
missing data code, such as -999, of a checkbox is exported as one more box, field____999; the others are blank then.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.exports.columns import ColumnMatch
from dagster_project.exports.data_dictionary import BOXES, CHECKBOX_MARK, STATE_SUFFIX, checkbox_column, label_key
from dagster_project.exports.errors import abbreviated_list, row_words
from dagster_project.exports.headers import HeaderTexts
from dagster_project.exports.table import Form, TextTable
from dagster_project.study import PARTICIPANTS, Export, Study

_NO_STATE = pa.array(["", "0", "Incomplete"])
_TICKED, _NOT_TICKED = (pa.array([number, BOXES[number]]) for number in ("1", "0"))


@dataclass(frozen=True)
class BoxTexts:
    """What boxes count as that are no answers.

    texts: by code, a text for each row of the file; null where the cell counts as it is. questions: a line for each form
    that perhaps nobody saw, and on boxes that are blank if not ticked. code_columns: the columns of missing data codes, and
    what each is.
    """

    texts: Mapping[str, pa.StringArray] = field(default_factory=dict)
    questions: tuple[str, ...] = ()
    code_columns: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _Box:
    """A declared box. name: as REDCap calls the column."""

    code: str
    block: str
    position: int
    name: str


def read_boxes(
    columns: ColumnMatch, table: TextTable, study: Study, export: Export, is_accepted: pa.BooleanArray | None
) -> BoxTexts:
    """What the boxes of a wave's export count as that are no answers. is_accepted: which rows are; None: all."""
    boxes = [*_boxes(columns, table, study, export)] if export.reader == "redcap" and export.wave is not None else []
    texts: dict[str, pa.StringArray] = {}
    questions = [*_labelled_boxes(boxes, table)]
    forms = table.forms or _forms_by_order(table.columns, export.respondent)
    for form in forms.values() if boxes else ():
        form_boxes = [box for box in boxes if table.columns[box.position] in form.columns]
        is_open = _rows_without_answers(table, form, form_boxes)
        if is_accepted is not None:
            is_open = pc.and_(is_open, is_accepted)
        if export.untouched_forms == "blank":
            texts |= {box.code: pc.if_else(is_open, "", pa.scalar(None, pa.string())) for box in form_boxes}
        elif export.untouched_forms is None and pc.any(is_open).as_py():
            questions.append(_question(form, table, is_open))
    code_columns: dict[str, str] = {}
    for column, missing_code, field_name, code_boxes in _missing_codes(boxes, table, export):
        code_columns[column] = (
            f"column {HeaderTexts(table.columns)(column)} is the missing data code {missing_code} of {field_name}"
        )
        code_position = table.columns.index(column)
        cells = _trimmed(table, (code_position, *(box.position for box in code_boxes)))
        for box in code_boxes:
            # The missing data code where it is ticked and the box is blank.
            is_coded = pc.and_(pc.is_in(cells[code_position], value_set=_TICKED), pc.equal(cells[box.position], ""))
            reasons = pc.if_else(is_coded, missing_code, pa.scalar(None, pa.string()))
            texts[box.code] = pc.coalesce(reasons, texts.get(box.code, reasons))
    return BoxTexts(texts, tuple(questions), code_columns)


def _boxes(columns: ColumnMatch, table: TextTable, study: Study, export: Export) -> Iterator[_Box]:
    for block in export.blocks:
        for code, column in study.column_of(block).items() if block.block != PARTICIPANTS else ():
            position = columns.position(column)
            if position is not None and _is_box(table, table.columns[position]):
                yield _Box(code, block.block, position, _tool_name(table, table.columns[position]))


def _tool_name(table: TextTable, column: str) -> str:
    return table.other_names.get(column, column).strip()


def _is_box(table: TextTable, column: str) -> bool:
    return CHECKBOX_MARK in _tool_name(table, column)


def _rows_without_answers(table: TextTable, form: Form, boxes: Sequence[_Box]) -> pa.BooleanArray:
    """The rows in which the form has no state and no answer, and one of the boxes is not ticked."""
    if not boxes:
        return pa.array([False] * table.row_count, pa.bool_())
    positions = {column: position for position, column in enumerate(table.columns)}
    cells = _trimmed(table, (positions[column] for column in (form.state_column, *form.columns)))
    is_open = pc.is_in(cells[positions[form.state_column]], value_set=_NO_STATE)
    has_box = pa.array([False] * table.row_count, pa.bool_())
    for column in form.columns:
        texts = cells[positions[column]]
        is_empty = pc.equal(texts, "")
        if _is_box(table, column):
            is_not_ticked = pc.is_in(texts, value_set=_NOT_TICKED)
            is_empty = pc.or_(is_empty, is_not_ticked)
            if any(box.position == positions[column] for box in boxes):
                has_box = pc.or_(has_box, is_not_ticked)
        is_open = pc.and_(is_open, is_empty)
    return pc.and_(is_open, has_box)


def _question(form: Form, table: TextTable, is_open: pa.BooleanArray) -> str:
    rows = pc.filter(table.source_rows, is_open).to_pylist()
    state_column = HeaderTexts(table.columns)(form.state_column)
    return (
        f"column {state_column} is blank or Incomplete in {row_words(rows)}, where its form has nothing but boxes that are"
        " not ticked: perhaps nobody saw it; say untouched_forms: blank or answers for the export"
    )


def _labelled_boxes(boxes: Sequence[_Box], table: TextTable) -> Iterator[str]:
    """A line for the boxes that hold their choice's label where they are ticked, and else are blank, also if never seen."""
    columns = []
    for position, cells in _trimmed(table, (box.position for box in boxes)).items():
        column = table.columns[position]
        texts = {text for text in pc.unique(cells).to_pylist() if text}
        label = table.column_labels.get(column, "")
        if texts - {*BOXES, *BOXES.values()} and all(
            label_key(label).endswith(label_key(f"(choice={text})")) for text in texts
        ):
            columns.append(HeaderTexts(table.columns)(column))
    if columns:
        yield (
            f"column{'s' * (len(columns) > 1)} {abbreviated_list(columns)}: a ticked box holds its label, and one that is"
            " not ticked is blank, like one that nobody saw; export checkboxes as Checked and Unchecked, or raw"
        )


def _missing_codes(boxes: Sequence[_Box], table: TextTable, export: Export) -> Iterator[tuple[str, str, str, list[_Box]]]:
    """The columns of declared special codes: column, code, field, and the declared boxes of the field."""
    boxes_of_field: dict[tuple[str, str], list[_Box]] = defaultdict(list)
    for box in boxes:
        boxes_of_field[box.name.split(CHECKBOX_MARK, 1)[0], box.block].append(box)
    column_by_name = {_tool_name(table, column): column for column in table.columns}
    for (field_name, block), field_boxes in boxes_of_field.items():
        for code in export.special_codes_of(block):
            column = column_by_name.get(checkbox_column(field_name, code))
            # A choice of the dictionary, or a declared item, is an answer.
            if column and column not in table.value_labels and column not in (table.columns[box.position] for box in boxes):
                yield column, code, field_name, field_boxes


def _trimmed(table: TextTable, positions: Iterable[int]) -> dict[int, pa.StringArray]:
    """The texts of some columns by position, read in one go, without the blanks around them."""
    ordered = sorted(set(positions))
    cells = table.texts(ordered).columns if ordered else []
    return {
        position: pc.utf8_trim_whitespace(column.combine_chunks()) for position, column in zip(ordered, cells, strict=True)
    }


def _forms_by_order(columns: Sequence[str], respondent: str) -> dict[str, Form]:
    """The forms of an export without a dictionary: REDCap writes a form's fields, then its state."""
    forms: dict[str, Form] = {}
    form_columns: list[str] = []
    for column in columns:
        if column.strip().endswith(STATE_SUFFIX):
            forms[column.strip().removesuffix(STATE_SUFFIX)] = Form(column, tuple(form_columns))
            form_columns = []
        elif not column.startswith("redcap_") and column.strip() != respondent:
            form_columns.append(column)
    return forms
