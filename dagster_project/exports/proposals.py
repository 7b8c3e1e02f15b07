"""What an export that does not fit might mean: columns proposed for missing codes, and answers unlike the wave before.

Belongs here: evidence, its weight, and sentences for a person. Does not belong here: accepting anything. A proposal is taken
when somebody writes it into the protocol, never before.
"""

import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dagster_project.exports.contract import Contracted
from dagster_project.exports.errors import quoted
from dagster_project.exports.table import TextTable
from dagster_project.study import PARTICIPANTS, SERVICES, Export, Instrument, Scale, Study

Numbers = NDArray[np.float64]

#: What each kind of evidence weighs; what is not there does not count.
_WEIGHTS = {"name": 0.4, "label": 0.3, "values": 0.1, "goes with its scale": 0.2}
_LEAST_CONFIDENCE = 0.5
#: A column whose texts are not nearly all answers of the item is not proposed for it.
_LEAST_VALUES = 0.9
#: Correlations of fewer people say nothing.
_LEAST_PEOPLE = 10
_TURNED = 0.3
_LEAST_LABEL = 0.6
_LEAST_CELLS = 3


@dataclass(frozen=True)
class Proposal:
    """A column for a missing code. confidence: 0 to 1. evidence: each kind that there is, 0 to 1."""

    code: str
    block: str
    declared: str
    column: str
    confidence: float
    evidence: Mapping[str, float]

    @property
    def sentence(self) -> str:
        said = ", ".join(f"{kind} {value:.2f}" for kind, value in self.evidence.items())
        return (
            f"{self.code} ({quoted(self.declared)} is missing) could be column {quoted(self.column)}:"
            f" {self.confidence:.2f} ({said})"
        )


@dataclass(frozen=True)
class Read:
    """An export as read and contracted."""

    export: Export
    table: TextTable
    contracted: Contracted


def propose(this: Read, study: Study, earlier: Sequence[Read] = ()) -> list[Proposal]:
    """For each missing code the unknown column that fits best, if one fits well enough; each column is proposed once."""
    missing = {one.code: one.column for one in this.contracted.findings if one.verdict == "missing" and one.code is not None}
    unknown = [one.column for one in this.contracted.findings if one.verdict == "unknown" and one.column.strip()]
    found = []
    for block in this.export.blocks:
        if block.block == PARTICIPANTS:
            continue
        for code in study.block_codes(block.block):
            if code in missing:
                found += [_weigh(this, study, earlier, block.block, code, missing[code], column) for column in unknown]
    chosen: list[Proposal] = []
    for one in sorted((one for one in found if one is not None), key=lambda one: -one.confidence):
        taken = {other.code for other in chosen} | {other.column for other in chosen}
        if one.confidence >= _LEAST_CONFIDENCE and not {one.code, one.column} & taken:
            chosen.append(one)
    return sorted(chosen, key=lambda one: one.code)


def _weigh(
    this: Read, study: Study, earlier: Sequence[Read], block: str, code: str, declared: str, column: str
) -> Proposal | None:
    texts = _texts(this.table, column)
    share = _share_of_answers(texts, study, this.export, block)
    if share is None or share < _LEAST_VALUES:
        return None
    evidence = {"name": _alike(declared, column), "values": share}
    labels = [label for read in earlier if (label := _label_of(read, study, code))]
    if labels and (label := this.table.column_labels.get(column)):
        evidence["label"] = max(_alike(label, other) for other in labels)
    if block != SERVICES and (fit := _fit(this, study.instrument(block), code, texts)) is not None:
        evidence["goes with its scale"] = max(0.0, fit)
    total = sum(_WEIGHTS[kind] for kind in evidence)
    confidence = sum(_WEIGHTS[kind] * value for kind, value in evidence.items()) / total
    return Proposal(code, block, declared, column, confidence, evidence)


def _fit(this: Read, instrument: Instrument, code: str, texts: Sequence[str]) -> float | None:
    """How a column would go with the scale of a code: its correlation with the mean of the scale's other items."""
    accepted, position = this.contracted.accepted, instrument.item_codes.index(code) + 1
    places = {row: place for place, row in enumerate(this.table.source_rows.to_pylist())}
    item = _numbers(texts)[[places[row] for row in accepted.column("source_row").to_pylist()]]
    return _item_rest(instrument, position, _keyed(instrument, position, item), _keyed_items(instrument, accepted))


def _texts(table: TextTable, column: str) -> list[str]:
    texts: list[str] = table.texts([table.columns.index(column)]).column(0).to_pylist()
    return texts


def _alike(one: str, other: str) -> float:
    """How alike two names or labels are by their letters and digits, 0 to 1."""
    return float(SequenceMatcher(None, _letters(one), _letters(other)).ratio())


def _letters(text: str) -> str:
    return "".join(letter for letter in unicodedata.normalize("NFKD", text).casefold() if letter.isalnum())


def _label_of(read: Read, study: Study, code: str) -> str | None:
    column = study.export_columns(read.export).get(code)
    return read.table.column_labels.get(column) if column is not None else None


def _share_of_answers(texts: Sequence[str], study: Study, export: Export, block: str) -> float | None:
    """How many of the filled cells are answers of the block, by anchors, labels and special codes; None for no cells."""
    filled = [text.strip() for text in texts if text.strip()]
    if not filled:
        return None
    known = set(export.special_codes) | {text for rule in export.labels if block in rule.blocks for text in rule.labels}
    if block == SERVICES:
        use = study.protocol.service_use
        known |= {*use.used, *use.not_used} if use else set()
        return sum(text in known for text in filled) / len(filled)
    anchors = study.instrument(block).anchors
    numbers = _numbers(filled)
    fits = (numbers >= anchors.low) & (numbers <= anchors.high)
    return sum(bool(fit) or text in known for fit, text in zip(fits, filled, strict=True)) / len(filled)


def _numbers(texts: Sequence[str]) -> Numbers:
    def number(text: str) -> float:
        try:
            return float(text)
        except ValueError:
            return float("nan")

    known = {text: number(text) for text in set(texts)}
    return np.array([known[text] for text in texts], dtype=np.float64)


def _scale_of(instrument: Instrument, position: int) -> Scale | None:
    return next((scale for scale in instrument.scales if position in scale.items and scale.conversion is None), None)


def _item_rest(instrument: Instrument, position: int, item: Numbers, keyed: Mapping[int, Numbers]) -> float | None:
    """Correlation of an item with the mean of its scale's others, all keyed, by position; None without enough people."""
    scale = _scale_of(instrument, position)
    others = [keyed[other] for other in scale.items if other != position and other in keyed] if scale is not None else []
    if not others:
        return None
    rest = np.array(others)
    has_rest = np.isfinite(rest).any(axis=0)
    both = np.isfinite(item) & has_rest
    if both.sum() < _LEAST_PEOPLE:
        return None
    x, y = item[both], np.nanmean(rest[:, both], axis=0)
    return float(np.corrcoef(x, y)[0, 1]) if x.std() > 0 and y.std() > 0 else None


def _keyed_items(instrument: Instrument, accepted: pa.Table) -> dict[int, Numbers]:
    """The answers to each item that a table has, as they count for their scale, by position; NaN without an answer."""
    return {
        position: _keyed(instrument, position, _numbers([text or "" for text in accepted.column(code).to_pylist()]))
        for position, code in enumerate(instrument.item_codes, 1)
        if code in accepted.column_names
    }


def _keyed(instrument: Instrument, position: int, values: Numbers) -> Numbers:
    anchors = instrument.anchors
    keyed: Numbers = instrument.keyed(position, np.where((values >= anchors.low) & (values <= anchors.high), values, np.nan))
    return keyed


def propose_labels(this: Read, study: Study) -> dict[str, dict[str, int]]:
    """Block to {cell text: answer code}: texts that are no answers yet and that the file or its dictionary knows as labels.

    A text that stands for two codes within a block is left out, as is a code outside the anchors.
    """
    found: dict[str, dict[str, int]] = {}
    for block in this.export.blocks:
        if block.block in (SERVICES, PARTICIPANTS):
            continue
        anchors = study.instrument(block.block).anchors
        known = {text for rule in this.export.labels if block.block in rule.blocks for text in rule.labels}
        codes: dict[str, set[int]] = {}
        by_name = {other: column for column, other in this.table.other_names.items()}
        for column in study.column_of(block).values():
            column = column if column in this.table.columns else by_name.get(column, column)
            labels = this.table.value_labels.get(column, {})
            texts = {text.strip() for text in _texts(this.table, column)} if labels else ()
            for code, label in labels.items():
                if label in texts and label not in known | set(this.export.special_codes) and code.lstrip("-").isdigit():
                    codes.setdefault(label, set()).add(int(code))
        single = {label: min(of) for label, of in codes.items() if len(of) == 1}
        fitting = {label: code for label, code in single.items() if anchors.low <= code <= anchors.high}
        if fitting:
            found[block.block] = dict(sorted(fitting.items(), key=lambda pair: pair[1]))
    return found


def unlike_before(
    study: Study, export: Export, accepted: pa.Table, before: pa.Table | None = None, before_wave: str | None = None
) -> list[str]:
    """What is odd about a wave's answers, a line each: codes shifted, an undeclared special code, an item turned round.

    accepted, before: rows of the contract of this and of an earlier wave (text, one column a code).
    """
    said = []
    for block in export.blocks:
        if block.block in (SERVICES, PARTICIPANTS):
            continue
        instrument = study.instrument(block.block)
        known = set(export.special_codes) | {
            text for rule in export.labels if block.block in rule.blocks for text in rule.labels
        }
        codes = [code for code in instrument.item_codes if code in accepted.column_names]
        outside: Counter[float] = Counter()
        inside: set[float] = set()
        for code in codes:
            texts = [
                text.strip()
                for text in accepted.column(code).to_pylist()
                if text and text.strip() and text.strip() not in known
            ]
            numbers = _numbers(texts)
            fits = (numbers >= instrument.anchors.low) & (numbers <= instrument.anchors.high)
            inside |= set(numbers[fits].tolist())
            outside.update(numbers[~fits & np.isfinite(numbers)].tolist())
        said += _odd_codes(export, instrument, outside, inside)
        if before is not None:
            said += _turned(study, export, instrument, accepted, before, before_wave or "the wave before")
    return said


def _odd_codes(export: Export, instrument: Instrument, outside: Counter[float], inside: set[float]) -> list[str]:
    low, high = instrument.anchors.low, instrument.anchors.high
    for shift in (-1, 1):
        end = low + shift if shift < 0 else high + shift
        far = high if shift < 0 else low
        if set(outside) == {end} and far not in inside and outside[end] >= _LEAST_CELLS:
            return [
                f"{export.wave}: {instrument.instrument} is answered from {low + shift:g} to {high + shift:g}, and its"
                f" anchors are {low} to {high}; was it recoded? Recode the export, or declare labels"
            ]
    return [
        f"{export.wave}: {code:g} stands in {count} cells of {instrument.instrument} and is neither an answer nor a"
        " declared special code; declare it under special_codes"
        for code, count in outside.most_common(3)
        if count >= _LEAST_CELLS
    ]


def _turned(
    study: Study, export: Export, instrument: Instrument, accepted: pa.Table, before: pa.Table, before_wave: str
) -> list[str]:
    said = []
    items = [_keyed_items(instrument, table) for table in (accepted, before)]
    for position, code in enumerate(instrument.item_codes, 1):
        if not all(position in keyed for keyed in items):
            continue
        now, then = (_item_rest(instrument, position, keyed[position], keyed) for keyed in items)
        if now is not None and then is not None and now < -_TURNED and then > _TURNED:
            said.append(
                f"{export.wave}: {code} goes against its scale (r = {now:.2f}), and went with it in {before_wave}"
                f" (r = {then:.2f}); was it recoded, or is its code used for another item?"
            )
    return said


def labels_unlike(this: Read, earlier: Sequence[Read], study: Study) -> list[str]:
    """Codes whose label in the file is not what it was in an earlier wave. The labels themselves are not repeated."""
    said = []
    for code in study.export_columns(this.export):
        label = _label_of(this, study, code)
        for read in reversed(earlier):
            other = _label_of(read, study, code)
            if label and other:
                likeness = _alike(label, other)
                if likeness < _LEAST_LABEL:
                    said.append(
                        f"{this.export.wave}: the label of {code} is unlike the one in {read.export.wave} (likeness"
                        f" {likeness:.2f}); is it the same item?"
                    )
                break
    return said
