"""Proposals for an export that does not match the protocol: columns for missing codes, and answers unlike an earlier wave.

Belongs here: evidence, its weight, and sentences for a person. Does not belong here: accepting a proposal. That is done by
writing it into the protocol, and in no other way.
"""

import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dagster_project.exports.cell_rules import cell_rules
from dagster_project.exports.contract_result import ContractResult
from dagster_project.exports.headers import HeaderTexts
from dagster_project.exports.lists import column_rules, list_readers
from dagster_project.exports.table import TextTable
from dagster_project.exports.wave_files import same_answers
from dagster_project.study import PARTICIPANTS, SERVICES, Anchors, Export, Instrument, Scale, Study, comparable, in_words
from dagster_project.withholding import of_cell

Numbers = NDArray[np.float64]

#: The weight of each kind of evidence; the confidence is the weighted mean of those that are available.
_WEIGHTS = {"name": 0.4, "label": 0.3, "values": 0.1, "goes with its scale": 0.2}
_MIN_CONFIDENCE = 0.5
#: A column is proposed for an item only if nearly all of its texts are answers to it.
_MIN_ANSWER_SHARE = 0.9
#: A correlation of fewer people is not used.
_MIN_PEOPLE = 10
#: An item counts as reversed if its item-rest correlation was above this, and is below its negative.
_MIN_REVERSED_CORRELATION = 0.3
_MIN_LABEL_SIMILARITY = 0.6
_MIN_CELLS = 3


@dataclass(frozen=True)
class Proposal:
    """A column for a missing code. declared: the missing column. confidence: 0 to 1. evidence: by kind, each 0 to 1.
    header_text: how a message shows a header of the file. is_of_list: whether the column is a list's, of
    whose items the code is the first."""

    code: str
    block: str
    declared_column: str
    column: str
    confidence: float
    evidence: Mapping[str, float]
    header_text: HeaderTexts
    is_of_list: bool = False

    @property
    def sentence(self) -> str:
        evidence_text = ", ".join(f"{kind} {value:.2f}" for kind, value in self.evidence.items())
        return (
            f"{self.code} ({self.header_text(self.declared_column)} is missing) could be column"
            f" {self.header_text(self.column)}:"
            f" {self.confidence:.2f} ({evidence_text})"
        )


@dataclass(frozen=True)
class ExportData:
    """An export's table, and the result of its contract."""

    export: Export
    table: TextTable
    contract_result: ContractResult


def propose(export_data: ExportData, study: Study, earlier_waves: Sequence[ExportData] = ()) -> list[Proposal]:
    """For each missing code the unknown column that fits best, if one fits well enough; each column is proposed once."""
    findings = export_data.contract_result.findings
    missing_columns = {
        finding.code: finding.column for finding in findings if finding.verdict == "missing" and finding.code is not None
    }
    unknown_columns = [finding.column for finding in findings if finding.verdict == "unknown" and finding.column.strip()]
    candidates = []
    for block in export_data.export.blocks:
        if block.block == PARTICIPANTS:
            continue
        # A list is one column, whatever number of items it feeds.
        further_codes = {code for choice_list in block.lists for code in choice_list.codes[1:]}
        for code in study.block_codes(block.block):
            if code in missing_columns and code not in further_codes:
                candidates += [
                    _candidate(export_data, study, earlier_waves, block.block, code, missing_columns[code], column)
                    for column in unknown_columns
                ]
    proposals: list[Proposal] = []
    for candidate in sorted(filter(None, candidates), key=lambda candidate: -candidate.confidence):
        used_names = {proposal.code for proposal in proposals} | {proposal.column for proposal in proposals}
        if candidate.confidence >= _MIN_CONFIDENCE and not {candidate.code, candidate.column} & used_names:
            proposals.append(candidate)
    return sorted(proposals, key=lambda proposal: proposal.code)


def _candidate(
    export_data: ExportData,
    study: Study,
    earlier_waves: Sequence[ExportData],
    block: str,
    code: str,
    declared_column: str,
    column: str,
) -> Proposal | None:
    """The proposal of one column for one code; None if its texts are not answers of the block."""
    texts = _texts(export_data.table, column)
    share = _share_of_answers(texts, study, export_data.export, block, code)
    if share is None or share < _MIN_ANSWER_SHARE:
        return None
    evidence = {"name": _similarity(declared_column, column), "values": share}
    labels = [label for earlier_data in earlier_waves if (label := _label_of(earlier_data, study, code))]
    if labels and (label := export_data.table.column_labels.get(column)):
        evidence["label"] = max(_similarity(label, earlier_label) for earlier_label in labels)
    if block != SERVICES:
        correlation = _scale_correlation(export_data, study.instrument(block), code, texts)
        if correlation is not None:
            evidence["goes with its scale"] = max(0.0, correlation)
    total = sum(_WEIGHTS[kind] for kind in evidence)
    confidence = sum(_WEIGHTS[kind] * value for kind, value in evidence.items()) / total
    findings = export_data.contract_result.findings
    header_text = HeaderTexts(finding.column for finding in findings)
    is_of_list = code in list_readers(study, export_data.export)
    return Proposal(code, block, declared_column, column, confidence, evidence, header_text, is_of_list)


def _scale_correlation(export_data: ExportData, instrument: Instrument, code: str, texts: Sequence[str]) -> float | None:
    """The correlation of a column, taken for a code's item, with the mean of the other items of the item's scale."""
    accepted, position = export_data.contract_result.accepted, instrument.item_codes.index(code) + 1
    row_indices = {row: row_index for row_index, row in enumerate(export_data.table.source_rows.to_pylist())}
    values = _numbers(texts)[[row_indices[row] for row in accepted.column("source_row").to_pylist()]]
    item = _keyed_values(instrument, position, values)
    return _item_rest_correlation(instrument, position, item, _keyed_items(instrument, accepted))


def _texts(table: TextTable, column: str) -> list[str]:
    texts: list[str] = table.texts([table.columns.index(column)]).column(0).to_pylist()
    return texts


def _similarity(first_text: str, second_text: str) -> float:
    """How similar two names or labels are by their letters and digits, 0 to 1."""
    return float(SequenceMatcher(None, _letters(first_text), _letters(second_text)).ratio())


def _letters(text: str) -> str:
    return "".join(letter for letter in unicodedata.normalize("NFKD", text).casefold() if letter.isalnum())


def _label_of(export_data: ExportData, study: Study, code: str) -> str | None:
    column = study.export_columns(export_data.export).get(code)
    return export_data.table.column_labels.get(column) if column is not None else None


def _share_of_answers(texts: Sequence[str], study: Study, export: Export, block: str, code: str) -> float | None:
    """The share of filled cells that are answers to an item, by anchors, labels and special codes; None without cells."""
    filled_texts = [text.strip() for text in texts if text.strip()]
    if not filled_texts:
        return None
    rule = column_rules(study, export, block)[code]
    return sum(map(rule.accepts, filled_texts)) / len(filled_texts)


def _are_answers(anchors: Anchors, numbers: Numbers) -> NDArray[np.bool_]:
    """Which numbers are answers within the anchors."""
    has_few_decimals = anchors.are_rounded | np.isclose(np.round(numbers, anchors.decimals), numbers, rtol=0, atol=1e-9)
    is_within: NDArray[np.bool_] = (numbers >= anchors.low) & (numbers <= anchors.high) & has_few_decimals
    return is_within & np.isin(numbers, anchors.answers) if anchors.has_gaps else is_within


def _filled_texts(column: pa.ChunkedArray) -> Counter[str]:
    """How many cells of a column have each text that is not blank: answers are few and cells are many."""
    counts: Counter[str] = Counter()
    for entry in pc.value_counts(column).to_pylist():
        if text := (entry["values"] or "").strip():
            counts[text] += entry["counts"]
    return counts


def _column_numbers(column: pa.ChunkedArray) -> Numbers:
    """The number in each cell of a column; NaN where there is none."""
    encoded = pc.fill_null(column, "").combine_chunks().dictionary_encode()
    numbers: Numbers = _numbers(encoded.dictionary.to_pylist())[encoded.indices.to_numpy()]
    return numbers


def _numbers(texts: Sequence[str]) -> Numbers:
    def number(text: str) -> float:
        try:
            return float(text)
        except ValueError:
            return float("nan")

    number_by_text = {text: number(text) for text in set(texts)}
    return np.array([number_by_text[text] for text in texts], dtype=np.float64)


def _scale_of(instrument: Instrument, position: int) -> Scale | None:
    return next((scale for scale in instrument.scales if position in scale.items and scale.conversion is None), None)


def _item_rest_correlation(
    instrument: Instrument, position: int, item: Numbers, keyed_items: Mapping[int, Numbers]
) -> float | None:
    """Correlation of an item with the mean of its scale's other items, all keyed; None without enough people.

    keyed_items: by position.
    """
    scale = _scale_of(instrument, position)
    rest_positions = [item for item in scale.items if item != position and item in keyed_items] if scale is not None else []
    if not rest_positions:
        return None
    rest_values = np.array([keyed_items[rest_position] for rest_position in rest_positions])
    has_rest = np.isfinite(rest_values).any(axis=0)
    is_complete = np.isfinite(item) & has_rest
    if is_complete.sum() < _MIN_PEOPLE:
        return None
    x, y = item[is_complete], np.nanmean(rest_values[:, is_complete], axis=0)
    return float(np.corrcoef(x, y)[0, 1]) if x.std() > 0 and y.std() > 0 else None


def _keyed_items(instrument: Instrument, accepted: pa.Table) -> dict[int, Numbers]:
    """The answers to each of a table's items by position, keyed as they count for their scale; NaN without an answer."""
    return {
        position: _keyed_values(instrument, position, _column_numbers(accepted.column(code)))
        for position, code in enumerate(instrument.item_codes, 1)
        if code in accepted.column_names
    }


def _keyed_values(instrument: Instrument, position: int, values: Numbers) -> Numbers:
    anchors, codes = instrument.anchors_of(position), instrument.recoded(position)
    answers = np.where(_are_answers(anchors, values), values, np.nan)
    if codes is not None:
        return np.array([codes.get(answer, np.nan) for answer in answers.tolist()], dtype=np.float64)
    keyed_values: Numbers = instrument.scored_answer(position, answers)
    return keyed_values


def find_wave_changes(
    study: Study, export: Export, accepted: pa.Table, earlier_rows: pa.Table | None = None, earlier_wave: str | None = None
) -> list[str]:
    """What is odd about a wave's answers, a line each: shifted codes, an undeclared special code, a reversed item, the same
    answers as before.

    accepted, earlier_rows: accepted rows of this and of an earlier wave (text, one column for each code).
    """
    messages = []
    for block in export.blocks:
        if block.block in (SERVICES, PARTICIPANTS):
            continue
        instrument = study.instrument(block.block)
        rules = cell_rules(study, export, block.block)
        for anchors, positions in instrument.positions_by_anchors().items():
            outside_anchors: Counter[float] = Counter()
            inside_anchors: set[float] = set()
            for position in positions:
                code = instrument.item_code(position)
                if code not in accepted.column_names or study.takes_texts_only(code):
                    continue
                counts = _filled_texts(accepted.column(code))
                texts = [text for text in counts if not rules[code].is_declared(text)]
                numbers = _numbers(texts)
                is_inside = _are_answers(anchors, numbers)
                inside_anchors |= set(numbers[is_inside].tolist())
                for index in np.flatnonzero(~is_inside & np.isfinite(numbers)).tolist():
                    outside_anchors[float(numbers[index])] += counts[texts[index]]
            is_of_all = len(positions) == instrument.item_count
            subject = instrument.instrument + ("" if is_of_all else f", {in_words(positions)},")
            messages += _odd_codes(export, subject, anchors, outside_anchors, inside_anchors)
        if earlier_rows is not None:
            messages += _reversed_items(study, export, instrument, accepted, earlier_rows, earlier_wave or "the wave before")
    if earlier_rows is not None:
        messages += same_answers(study, export, accepted, earlier_rows, earlier_wave or "the wave before")
    return messages


def _odd_codes(
    export: Export, subject: str, anchors: Anchors, outside_anchors: Counter[float], inside_anchors: set[float]
) -> list[str]:
    """subject: the instrument, or those of its items that have the anchors."""
    low, high = anchors.low, anchors.high
    for shift in (-1, 1):
        shifted_end = low + shift if shift < 0 else high + shift
        opposite_end = high if shift < 0 else low
        is_shifted = set(outside_anchors) == {shifted_end} and opposite_end not in inside_anchors
        if is_shifted and outside_anchors[shifted_end] >= _MIN_CELLS:
            return [
                f"{export.wave}: {subject} is answered from {low + shift:g} to {high + shift:g}, and its"
                f" anchors are {anchors}; was it recoded? Recode the export, or declare labels"
            ]
    return [
        f"{export.wave}: {of_cell(f'{code:g}')} occurs in {count} cells of {subject} and is neither an answer nor a"
        " declared special code; "
        + (
            f"its answers are {anchors}: was it recoded? Declare labels, or declare it under special_codes"
            if anchors.low < code < anchors.high and code == int(code)
            else "declare it under special_codes"
        )
        for code, count in outside_anchors.most_common(3)
        if count >= _MIN_CELLS
    ]


def _reversed_items(
    study: Study, export: Export, instrument: Instrument, accepted: pa.Table, earlier_rows: pa.Table, earlier_wave: str
) -> list[str]:
    messages = []
    tables = [_keyed_items(instrument, table) for table in (accepted, earlier_rows)]
    for position, code in enumerate(instrument.item_codes, 1):
        if not all(position in keyed_items for keyed_items in tables):
            continue
        current_r, earlier_r = (
            _item_rest_correlation(instrument, position, keyed_items[position], keyed_items) for keyed_items in tables
        )
        if current_r is None or earlier_r is None:
            continue
        if current_r < -_MIN_REVERSED_CORRELATION and earlier_r > _MIN_REVERSED_CORRELATION:
            messages.append(
                f"{export.wave}: {code} correlates negatively with its scale (r = {current_r:.2f}), positively in"
                f" {earlier_wave} (r = {earlier_r:.2f}); was it recoded, or is its code used for another item?"
            )
    return messages


def find_label_changes(export_data: ExportData, earlier_waves: Sequence[ExportData], study: Study) -> list[str]:
    """Codes whose label in the file is not what it was in an earlier wave, and those whose answers are labelled otherwise.
    The labels themselves are not repeated."""
    messages = []
    codes = {column: code for code, column in reversed(study.export_columns(export_data.export).items())}
    for code in reversed(codes.values()):
        label, answer_codes = _label_of(export_data, study, code), _code_of_label(export_data, study, code)
        for earlier_data in reversed(earlier_waves):
            earlier_label = _label_of(earlier_data, study, code)
            earlier_codes = _code_of_label(earlier_data, study, code)
            changed_labels = [
                text for text in answer_codes.keys() & earlier_codes.keys() if answer_codes[text] != earlier_codes[text]
            ]
            if changed_labels:
                text = min(changed_labels, key=answer_codes.__getitem__)
                messages.append(
                    f"{export_data.export.wave}: the code {answer_codes[text]} of {code} has the label that"
                    f" {earlier_codes[text]} had in {earlier_data.export.wave}; was it recoded? Say under labels of the"
                    " export what its codes stand for, or recode the export"
                )
            if label and earlier_label:
                similarity = _similarity(label, earlier_label)
                if similarity < _MIN_LABEL_SIMILARITY:
                    messages.append(
                        f"{export_data.export.wave}: the label of {code} is unlike the one in {earlier_data.export.wave}"
                        f" (likeness {similarity:.2f}); is it the same item?"
                    )
            if changed_labels or (label and earlier_label):
                break
    return messages


def _code_of_label(export_data: ExportData, study: Study, code: str) -> dict[str, str]:
    """The code of each label that the file has for an item's answers, where it labels one code alone and the protocol says
    nothing of it."""
    column = study.export_columns(export_data.export).get(code)
    labels = export_data.table.value_labels.get(column, {}) if column is not None else {}
    rules = (cell_rules(study, export_data.export, block.block) for block in export_data.export.blocks)
    declared_texts = next((rule[code].texts for rule in rules if code in rule), frozenset())
    counts = Counter(map(comparable, labels.values()))
    return {
        comparable(label): answer
        for answer, label in labels.items()
        if counts[comparable(label)] == 1 and answer not in declared_texts
    }
