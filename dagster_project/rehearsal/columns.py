"""What the columns and answers of each wave's export are taken for, what is odd about them, and lines that would cure it.

Belongs here: going through the waves in order. Does not belong here: matching and proposing (exports/).
"""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from dagster_project.exports import (
    ExportData,
    ExportError,
    Proposal,
    ReadCells,
    contract_of_file,
    find_files,
    find_label_changes,
    find_wave_changes,
    propose,
    propose_labels,
    read_cells,
    rejected_durations,
)
from dagster_project.rehearsal.answers import identifiers_in, people_not_on_roster, read_roster, rejected_cells
from dagster_project.rehearsal.gates import gate_findings
from dagster_project.rehearsal.identifying import erased_people, identifying_cells
from dagster_project.study import Export, Study


@dataclass(frozen=True)
class WaveColumns:
    """One file of a wave. title: the wave, the file and how its columns were matched. oddities and proposals: sentences.
    lines_to_accept: what study.yaml would say, under each proposal's heading. label_proposals: a sentence and its lines."""

    title: str
    oddities: Sequence[str]
    proposals: Sequence[str]
    lines_to_accept: Sequence[str]
    label_proposals: Sequence[tuple[str, Sequence[str]]]

    @property
    def n_open(self) -> int:
        """How much of it somebody has to look at."""
        return len(self.oddities) + len(self.label_proposals)


@dataclass(frozen=True)
class UnreadWave:
    """A wave whose export cannot be read, and why."""

    wave: str
    message: str


def columns_by_wave(study: Study, home: Path | None = None) -> Iterator[WaveColumns | UnreadWave]:
    """Each wave's file in use, compared with those before it. home: the study's, which knows who was erased."""
    earlier: list[ExportData] = []
    roster = identifiers_in(read_roster(study).values())
    for export in study.protocol.wave_exports:
        try:
            files = find_files(study.folder, export)
            reads = []
            for file in files if export.files == "parts" else files[-1:]:
                contract_result = contract_of_file(file, file.name, study, export)
                reads.append(ExportData(export, contract_result.table, contract_result))
        except ExportError as error:
            yield UnreadWave(export.wave or "", str(error))
            continue
        for export_data in reads:
            yield _columns(export_data, earlier, study, roster, home)
        earlier += reads


def _columns(
    export_data: ExportData, earlier: Sequence[ExportData], study: Study, roster: Sequence[str], home: Path | None
) -> WaveColumns:
    export, contract_result = export_data.export, export_data.contract_result
    verdicts = Counter(finding.verdict for finding in contract_result.findings)
    counts = ", ".join(f"{n} {verdict}" for verdict, n in verdicts.items())
    previous_export = study.previous_export(export)
    previous = next((candidate for candidate in reversed(earlier) if candidate.export == previous_export), None)
    cells_read = read_cells(contract_result, study, export)
    oddities = [
        *contract_result.problems,
        *contract_result.warnings,
        *erased_people(home, contract_result),
        *(message for is_warning, message in identifying_cells(export, contract_result) if is_warning),
        *find_wave_changes(
            study,
            export,
            contract_result.accepted,
            previous.contract_result.accepted if previous else None,
            previous.export.wave if previous else None,
        ),
        *find_label_changes(export_data, earlier, study),
        *(message for _, message in rejected_cells(study, cells_read)),
        *filter(None, [rejected_durations(contract_result, export)]),
        *(message for _, message in gate_findings(contract_result, study, export)),
        *people_not_on_roster(export, contract_result, roster),
    ]
    proposals = propose(export_data, study, earlier)
    return WaveColumns(
        title=f"{export.wave}: {contract_result.name}: {counts}",
        oddities=oddities,
        proposals=[proposal.sentence for proposal in proposals],
        lines_to_accept=_column_lines(export, proposals),
        label_proposals=_label_proposals(export_data, study, cells_read),
    )


def _column_lines(export: Export, proposals: Sequence[Proposal]) -> list[str]:
    """The block's line as it would stand in study.yaml; of a block with lists what changes in it."""
    if not proposals:
        return []
    blocks = {block.block: block for block in export.blocks}
    lines = [f"to accept, write in study.yaml under exports, {export.export}, blocks, in place of the block's line:"]
    for block in dict.fromkeys(proposal.block for proposal in proposals):
        columns = {
            proposal.code: proposal.column for proposal in proposals if proposal.block == block and not proposal.is_of_list
        }
        if blocks[block].lists:
            lines.append(f"  block {block}: columns: {_flow(columns)}" if columns else f"  block {block}:")
        else:
            block_keys = blocks[block].model_dump(mode="json", exclude_unset=True)
            lines.append(f"  - {_flow(block_keys | {'columns': block_keys.get('columns', {}) | columns})}")
        lines += [
            f"    list of column {json.dumps(proposal.declared_column)}: column: {json.dumps(proposal.column)}"
            for proposal in proposals
            if proposal.block == block and proposal.is_of_list
        ]
    return lines


def _flow(value: object) -> str:
    """A value in YAML, on one line."""
    if isinstance(value, dict):
        return f"{{{', '.join(f'{_flow_key(key)}: {_flow(part)}' for key, part in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_flow, value))}]"
    return json.dumps(value, ensure_ascii=False)


def _flow_key(key: str) -> str:
    return key if key.isidentifier() and key not in ("yes", "no", "on", "off") else json.dumps(key, ensure_ascii=False)


def _label_proposals(export_data: ExportData, study: Study, cells_read: Sequence[ReadCells]) -> list[tuple[str, list[str]]]:
    proposals = []
    for proposal in propose_labels(export_data, study, cells_read):
        lines = [
            f"to accept, add to study.yaml under exports, {export_data.export.export}:",
            f"  {proposal.declaration}",
        ]
        proposals.append((proposal.sentence, lines))
    return proposals
