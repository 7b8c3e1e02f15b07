"""Labels for texts that are no answers yet: where the file or its dictionary says what they stand for, or they say it
themselves ("4 - Agree").

Belongs here: evidence for labels. Does not belong here: accepting a proposal, which is done by writing it into the protocol.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from dagster_project.exports.answers import ReadCells
from dagster_project.exports.lists import is_of_list
from dagster_project.exports.proposals import ExportData
from dagster_project.study import PARTICIPANTS, SERVICES, Study, comparable

#: A code as a dictionary of labels writes it: `int` reads other digits, too, and stops at "--5".
_WHOLE_CODE = re.compile(r"-?[0-9]{1,9}", re.ASCII)
#: How texts carry their codes: "4 (Agree)", "4 - Agree", "4. Agree", "(4) Agree"; "Agree (4)", "Agree [4]", "Agree = 4".
#: What follows or precedes the code has letters and does not begin with a number, as "1 - 2 times" does.
_CODE_IN_TEXT = (
    re.compile(r"(-?[0-9]{1,4})\s*[(\[](?=[^0-9]*[^\W\d_])[^0-9()\[\]]+[)\]]"),
    re.compile(r"(-?[0-9]{1,4})\s*[-–—:.)=|]\s*(?![\s0-9])(?=.*[^\W\d_]).*", re.DOTALL),
    re.compile(r"[(\[](-?[0-9]{1,4})[)\]]\s*(?![\s0-9])(?=.*[^\W\d_]).*", re.DOTALL),
    re.compile(r"(?=.*[^\W\d_]).*[(\[](-?[0-9]{1,4})[)\]]", re.DOTALL),
    re.compile(r"(?=.*[^\W\d_]).*[^\W\d]\s*[-–—:=|]\s*([0-9]{1,4})", re.DOTALL),
)
_MIN_CODED_TEXTS = 2


@dataclass(frozen=True)
class LabelProposal:
    """Texts of a block with the codes they stand for, by code. ground: how that is known, after the number of texts."""

    block: str
    labels: Mapping[str, int]
    ground: str

    @property
    def sentence(self) -> str:
        count = f"{len(self.labels)} texts" if len(self.labels) > 1 else "1 text"
        return f"{count} of {self.block} {self.ground}"

    @property
    def declaration(self) -> str:
        """What study.yaml would say under the export to accept it."""
        labels = ", ".join(f"{json.dumps(text, ensure_ascii=False)}: {code}" for text, code in self.labels.items())
        return f"labels: [{{blocks: [{self.block}], labels: {{{labels}}}}}]"


def propose_labels(export_data: ExportData, study: Study, cells_read: Iterable[ReadCells]) -> list[LabelProposal]:
    """For each instrument's texts that a run would reject: what they stand for, where that can be known.

    cells_read: of the file's blocks (read_cells). A text that is the label of two codes within a block is omitted, as is a
    code outside the anchors.
    """
    proposals = []
    for cells in cells_read:
        block, rejected_texts = cells.block, sorted({comparable(text) for text in cells.rejected if not is_of_list(text)})
        if block in (SERVICES, PARTICIPANTS) or not rejected_texts:
            continue
        known_labels = _labels_of_file(export_data, study, block, rejected_texts)
        for labels, ground in (
            (known_labels, "are labels that the export's dictionary knows"),
            (codes_in_texts(text for text in rejected_texts if text not in known_labels), "carry their codes"),
        ):
            groups = study.instrument(block).positions_by_anchors()
            answer_labels = {
                text: code for text, code in labels.items() if any(anchors.is_answer(code) for anchors in groups)
            }
            if answer_labels:
                in_order = dict(sorted(answer_labels.items(), key=lambda pair: pair[1]))
                proposals.append(LabelProposal(block, in_order, ground))
    return proposals


def _labels_of_file(export_data: ExportData, study: Study, block: str, rejected_texts: Iterable[str]) -> dict[str, int]:
    """The labels that the file or its dictionary has for one code each, if any of the rejected texts is one of them."""
    codes: dict[str, set[int]] = {}
    column_by_tool_name = {tool_name: column for column, tool_name in export_data.table.other_names.items()}
    column_block = next(candidate for candidate in export_data.export.blocks if candidate.block == block)
    for column in study.column_of(column_block).values():
        column = column if column in export_data.table.columns else column_by_tool_name.get(column, column)
        for code, label in export_data.table.value_labels.get(column, {}).items():
            # A label that is a number itself may not stand for a code: the cell could be the code as well.
            if _WHOLE_CODE.fullmatch(code) and not _WHOLE_CODE.fullmatch(label.strip()):
                codes.setdefault(comparable(label), set()).add(int(code))
    labels = {label: min(label_codes) for label, label_codes in codes.items() if len(label_codes) == 1}
    return labels if any(text in labels for text in rejected_texts) else {}


def code_in_text(text: str) -> int | None:
    """The code that a text carries, by itself; None if it carries none, or is a number."""
    return next((int(match[1]) for pattern in _CODE_IN_TEXT if (match := pattern.fullmatch(text))), None)


def codes_in_texts(texts: Iterable[str]) -> dict[str, int]:
    """Texts that carry their codes, all in one manner, no two of them the same code; empty for fewer than two."""
    all_texts = list(texts)
    for pattern in _CODE_IN_TEXT:
        codes = {text: int(match[1]) for text in all_texts if (match := pattern.fullmatch(text))}
        if len(codes) >= _MIN_CODED_TEXTS and len(set(codes.values())) == len(codes):
            return codes
    return {}
