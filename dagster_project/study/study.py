"""A whole study definition, as its files declare it.

Belongs here: what follows from several of the files together. Does not belong here: reading them (read.py).
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from dagster_project.study.export import ColumnBlock, Export, MissingReason
from dagster_project.study.gates import ItemGate, gates_of
from dagster_project.study.instruments import Composite, Instrument, Scale
from dagster_project.study.measures import MEASURES, Categorical, FollowedMeasure, YesNo
from dagster_project.study.norms import NormFile
from dagster_project.study.own_tables import OwnTables
from dagster_project.study.protocol import Protocol
from dagster_project.study.texts import comparable

#: Blocks of columns that are not instruments.
SERVICES = "services"
PARTICIPANTS = "participants"
#: What a choice that is in a cell of several counts as, and one that is not.
CHOICE_ANSWERS: Mapping[str, int] = {"1": 1, "0": 0}


@dataclass(frozen=True)
class Study:
    """A whole study definition. `folder` is the study folder; everything else is read from its files.

    instruments: those of the protocol, and then that of its measures, if it has any. definitions: the SHA-256 of every
    definition file as it was read, by its name below the study folder; see `hash_definitions`. tables: of the study's own.
    """

    folder: Path
    protocol: Protocol
    instruments: tuple[Instrument, ...]
    norms: NormFile
    definitions: Mapping[str, str] = field(default_factory=dict)
    tables: OwnTables = field(default_factory=OwnTables)

    @cached_property
    def definitions_hash(self) -> str:
        """One hash of all definition files; it identifies the definitions that a result was computed under."""
        lines = [f"{name} {sha256}" for name, sha256 in sorted(self.definitions.items())]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()

    @cached_property
    def scales(self) -> dict[str, tuple[Instrument, Scale | Composite]]:
        """Every scale by code, with its instrument, in the order of the files."""
        return {scale.scale: (instrument, scale) for instrument in self.instruments for scale in instrument.all_scales}

    @cached_property
    def item_labels(self) -> dict[str, str]:
        """What items are called, by code: of instruments whose wording is the study's own or free."""
        return {
            instrument.item_code(position): label
            for instrument in self.instruments
            for position, label in sorted(instrument.item_labels.items())
        }

    @cached_property
    def gates(self) -> dict[str, ItemGate]:
        """What decides whether an item is asked, by the item's code; the gates of a gate come before it."""
        return gates_of(self.instruments)

    @cached_property
    def measures(self) -> dict[str, FollowedMeasure]:
        """The measures without items by code, in their order."""
        measures = self.protocol.measures
        return {measure.measure: measure for measure in measures.entries} if measures is not None else {}

    @cached_property
    def categorical_measures(self) -> tuple[YesNo | Categorical, ...]:
        """The measures whose values are categories."""
        return self.protocol.measures.categorical if self.protocol.measures is not None else ()

    def waves_of(self, measure: FollowedMeasure) -> tuple[str, ...]:
        """The waves that ask a measure without items."""
        return tuple(wave.wave for wave in self.protocol.waves if measure.is_asked_in(wave.wave))

    def asks(self, scale: str, wave: str) -> bool:
        """Whether a wave asks what a scale is scored from, as far as the scale is a measure that says its waves itself."""
        return scale not in self.measures or self.measures[scale].is_asked_in(wave)

    def takes_texts_only(self, code: str) -> bool:
        """Whether only the texts that are declared are answers: of services, yes or no, and categories. A number that
        nobody declared is none, however well it would fit as a code."""
        return code in self._codes_of_texts

    @cached_property
    def _codes_of_texts(self) -> frozenset[str]:
        return frozenset((*self.block_codes(SERVICES), *(measure.measure for measure in self.categorical_measures)))

    def instrument(self, code: str) -> Instrument:
        return next(instrument for instrument in self.instruments if instrument.instrument == code)

    @property
    def has_decimal_answers(self) -> bool:
        """Whether the answers to some item have decimals."""
        return any(anchors.decimals for instrument in self.instruments for anchors in instrument.positions_by_anchors())

    def block_codes(self, block: str) -> tuple[str, ...]:
        """The canonical codes of a block of columns: an instrument's items, the services, or the participant variables."""
        if block == SERVICES:
            service_use = self.protocol.service_use
            return tuple(service.service for service in service_use.services) if service_use else ()
        if block == PARTICIPANTS:
            return tuple(variable.variable for variable in self.protocol.participant_variables)
        return self.instrument(block).item_codes

    def answer_labels(self, export: Export, block: str, position: int) -> tuple[tuple[str, float], ...]:
        """The texts that an export declares for answers of a block's item, each with its code.

        A rule for a whole block holds for those of its items whose anchors its code fits.
        """
        anchors = None if block in (SERVICES, PARTICIPANTS) else self.instrument(block).anchors_of(position)
        return tuple(
            (text, answer)
            for rule in export.labels
            if block in rule.blocks and (not rule.items or position in rule.items)
            for text, answer in rule.labels.items()
            if anchors is None or anchors.is_answer(answer)
        )

    def answer_texts(self, export: Export, block: str, position: int) -> dict[str, float | MissingReason]:
        """What the texts that are declared for cells of a block's item stand for in an export, by their comparable form: an
        answer, or why there is none."""
        texts: dict[str, float | MissingReason] = {
            comparable(text): answer for text, answer in self.answer_labels(export, block, position)
        }
        code = self.block_codes(block)[position - 1]
        if block == SERVICES and self.protocol.service_use is not None:
            texts |= {comparable(text): 1 for text in self.protocol.service_use.used}
            texts |= {comparable(text): 0 for text in self.protocol.service_use.not_used}
        if self.takes_texts_only(code) and any(
            code in choice_list.codes for column_block in export.blocks for choice_list in column_block.lists
        ):
            texts |= CHOICE_ANSWERS
        measure = self.measures.get(code)
        if isinstance(measure, YesNo | Categorical):
            texts |= {
                comparable(text): measure.code_of(category)
                for category in measure.categories
                for text in category.text or (category.label,)
            }
        return texts | {comparable(text): reason for text, reason in export.special_codes_of(block, position).items()}

    def submission_export(self, export: Export) -> Export:
        """The export of the submissions that a repeat group belongs to."""
        return next(candidate for candidate in self.protocol.exports if candidate.export == export.repeat_of)

    def previous_export(self, export: Export) -> Export | None:
        """The export of the latest earlier wave that shares a block with this one."""
        blocks = {block.block for block in export.blocks}
        previous_export = None
        for wave_export in self.protocol.wave_exports:
            if wave_export.wave == export.wave:
                break
            if blocks & {block.block for block in wave_export.blocks}:
                previous_export = wave_export
        return previous_export

    def column_of(self, block: ColumnBlock) -> dict[str, str]:
        """The export's column name by canonical code, for the codes of a block that the export should have."""
        columns = {}
        list_columns = {code: choice_list.column for choice_list in block.lists for code in choice_list.codes}
        for position, code in enumerate(self.block_codes(block.block), start=1):
            if code in block.absent:
                continue
            if block.block == MEASURES and code not in (*block.columns, *list_columns) and block.template is None:
                continue  # a wave that does not ask it
            template_column = (block.template or "").format(position=position)
            columns[code] = list_columns.get(code) or block.columns.get(code) or template_column
        return columns

    def export_columns(self, export: Export) -> dict[str, str]:
        """The column name by code, over all blocks of an export, with the roster's columns for people who left."""
        columns = {code: column for block in export.blocks for code, column in self.column_of(block).items()}
        return columns | export.leaving.columns
