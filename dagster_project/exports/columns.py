"""Columns: an export's header matched with what the protocol declares.

Belongs here: where each declared column stands, and the finding on every column. Does not belong here: accepting rows
(row_rules.py), comparing header texts (headers.py).

A column is matched by its exact header text, or by the tool's other name for it (Qualtrics' ImportId).
"""

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.exports.cell_rules import CellRule, cell_rules
from dagster_project.exports.cell_text import comparable_cells, one_chunk
from dagster_project.exports.errors import bare_or_quoted
from dagster_project.exports.headers import HeaderTexts, code_suffix, header_key, loose_header_key
from dagster_project.exports.lists import list_readers
from dagster_project.exports.table import TextTable
from dagster_project.study import DURATION, Export, Study, comparable

Verdict = Literal["matched", "ignored", "unknown", "missing", "duplicated", "absent"]

#: Codes of the columns that say who answered, and when.
RESPONDENT, ANSWERED_ON = "respondent", "answered_on"
_NO_CODE: tuple[str | None, ...] = (None,)
_MAX_LISTED_POSITIONS = 5
#: How a cell of Qualtrics' row of import ids begins; its older exporter has single quotes.
_IMPORT_ID = r"""^\{["']ImportId["']"""


@dataclass(frozen=True)
class ColumnFinding:
    """The verdict on one column or one code.

    column: the header as written, or as declared when the file lacks it; "" for a code declared absent.
    code: the canonical code, `respondent`, `answered_on` or `duration`; None for a column that feeds none.
    message: one line, for a person.
    """

    column: str
    code: str | None
    verdict: Verdict
    message: str


def date_codes(export: Export) -> tuple[str, ...]:
    """The codes of the columns that may hold dates: the day of answering, and the roster's days of leaving."""
    return (ANSWERED_ON, "withdrawn_on", "excluded_on") if export.wave is None else (ANSWERED_ON,)


class ColumnMatch:
    """The header matched with the declaration: the position of each declared column, and the finding on every column."""

    def __init__(self, table: TextTable, study: Study, export: Export) -> None:
        self._table = table
        self._study = study
        self._export = export
        #: The exports that may take rows of the same files.
        self.exports_of_folder = [
            export,
            *(
                sibling
                for sibling in study.protocol.exports
                if sibling.folder == export.folder and sibling.export != export.export
            ),
        ]
        self._positions: dict[str, list[int]] = defaultdict(list)
        for position, column in enumerate(table.columns):
            self._positions[header_key(column)].append(position)
        # A column may be declared by the tool's other name for it, unless a header has that name.
        headers = set(self._positions)
        for position, column in enumerate(table.columns):
            other_key = header_key(table.other_names.get(column, ""))
            if other_key and other_key not in headers and len(self._positions[header_key(column)]) == 1:
                self._positions[other_key].append(position)
        declared_columns = study.export_columns(export)
        #: Canonical code to the declared column, None where the code is declared absent; in the study's order.
        self.canonical: dict[str, str | None] = {
            code: declared_columns.get(code) for block in export.blocks for code in study.block_codes(block.block)
        }
        self.canonical |= export.leaving.columns
        #: Every declared column that the file must have, by key: the column and the codes that it feeds.
        self._required: dict[str, tuple[str, list[str]]] = {}
        self._require(export.respondent, RESPONDENT)
        if export.answered_on is not None:
            self._require(export.answered_on, ANSWERED_ON)
        if export.duration is not None:
            self._require(export.duration.column, DURATION)
        for code, declared_column in self.canonical.items():
            if declared_column is not None:
                self._require(declared_column, code)
        for row_filter in export.rows:
            self._require(row_filter.column, None)
        for rule in export.set_aside:
            self._require(rule.column, None)
        self._comparable_cells: dict[str, pa.Array | None] = {}
        self._header_text = HeaderTexts([*table.columns, *(column for column, _ in self._required.values())])

    def _require(self, column: str, code: str | None) -> None:
        codes = self._required.setdefault(header_key(column), (column, []))[1]
        if code is not None:
            codes.append(code)

    def position(self, column: str) -> int | None:
        """The position of a declared column; None if the file lacks it or has it twice."""
        positions = self._positions.get(header_key(column), [])
        return positions[0] if len(positions) == 1 else None

    def cells(self, column: str) -> pa.ChunkedArray | None:
        """The cells of a column that the row rules use; None if the file lacks it or has it twice."""
        position = self.position(column)
        return None if position is None else self._rule_cells.column(str(position))

    def comparable_cells(self, column: str) -> pa.Array | None:
        """The cells of a column that row rules use, in the form in which texts are compared; None as `cells` is."""
        if column not in self._comparable_cells:
            cells = self.cells(column)
            self._comparable_cells[column] = None if cells is None else comparable_cells(cells)
        return self._comparable_cells[column]

    @cached_property
    def date_headers(self) -> dict[str, str]:
        """The declared columns that hold dates, by code, as far as the file has them."""
        headers = {code: self.canonical.get(code) for code in date_codes(self._export)}
        headers[ANSWERED_ON] = self._export.answered_on
        return {code: header for code, header in headers.items() if header is not None and self.position(header) is not None}

    @cached_property
    def _rule_cells(self) -> pa.Table:
        """The columns that are needed before the rows: the identifier, dates, those of rules, of leaving and of rows of
        a wave."""
        export = self._export
        columns = [export.respondent, *(rule.column for rule in export.set_aside)]
        columns += [row_filter.column for sibling in self.exports_of_folder for row_filter in sibling.rows]
        columns += [*self.date_headers.values(), *export.leaving.columns.values()]
        positions = {position for column in columns if (position := self.position(column)) is not None}
        return self._table.texts(sorted(positions))

    @property
    def used_positions(self) -> set[int]:
        """The positions of the columns that the protocol needs."""
        return {position for key in self._required for position in self._positions.get(key, ())}

    @property
    def source_rows(self) -> pa.Array:
        return self._table.source_rows

    def header_rows(self, respondents: pa.ChunkedArray) -> list[int]:
        """Indices of the rows in which every cell is its column's name, and of those of import ids."""
        trimmed = pc.utf8_trim_whitespace(respondents)
        # Qualtrics's row of import ids, in a file that was not declared as Qualtrics's.
        import_ids = np.flatnonzero(pc.match_substring_regex(trimmed, _IMPORT_ID).to_numpy(zero_copy_only=False)).tolist()
        is_candidate = pc.equal(trimmed, self._export.respondent)
        candidates = np.flatnonzero(is_candidate.to_numpy(zero_copy_only=False)).tolist()
        if not candidates:
            return import_ids
        cells = self._table.content.take(candidates, range(len(self._table.columns)))
        is_header = np.ones(len(candidates), bool)
        for column, name in zip(cells.columns, self._table.columns, strict=True):
            is_header &= pc.equal(column, name).to_numpy(zero_copy_only=False)
        return import_ids + [row_index for row_index, is_match in zip(candidates, is_header, strict=True) if is_match]

    def answer_counts(self, row_indices: Sequence[int]) -> dict[int, int]:
        """Row index to the number of the row's canonical cells that hold an answer or a value: a form of which every cell
        says that it was not answered is as good as blank. The indices ascend."""
        rules: dict[str, CellRule] = {}
        for block in self._export.blocks:
            rules |= cell_rules(self._study, self._export, block.block)
        readers = list_readers(self._study, self._export)
        positions = {code: self.position(column) for code, column in self.canonical.items() if column is not None}
        counts = np.zeros(len(row_indices), np.int64)
        used_positions = {position for position in positions.values() if position is not None}
        cells = self._table.content.take(row_indices, sorted(used_positions))
        for code, position in positions.items():
            if position is None:
                continue
            encoded = one_chunk(cells.column(str(position))).dictionary_encode()
            texts = encoded.dictionary
            if code in readers:
                texts = readers[code].texts_of(code, texts)
            holds_value = rules[code].holds_value if code in rules else comparable
            has_value = np.array([bool(holds_value(text)) for text in texts.to_pylist()], bool)
            counts += has_value[encoded.indices.to_numpy()]
        return dict(zip(row_indices, counts.tolist(), strict=True))

    def findings(self, tool_columns: Mapping[str, str]) -> tuple[ColumnFinding, ...]:
        """First the file's columns in its order, then what is declared and missing or absent. tool_columns: columns that no
        declaration need mention, with a sentence on each."""
        is_ignored = _name_matcher(self._export.ignored)
        findings: list[ColumnFinding] = []
        unknown_columns: dict[str, str] = {}
        states = {form.state_column: name for name, form in self._table.forms.items()}
        sentences = {
            column: f"column {self._header_text(column)} is the state of the form {bare_or_quoted(name)}"
            for column, name in states.items()
        } | dict(tool_columns)
        sentences |= self._sibling_sentences()
        for column in self._table.columns:
            key = header_key(column)
            other_key = header_key(self._table.other_names.get(column, ""))
            if key not in self._required and other_key in self._required:
                key = other_key
            if key in self._required:
                findings += self._required_findings(column, key)
            elif is_ignored(key):
                message = f"column {self._header_text(column)} is declared as ignored"
                findings.append(ColumnFinding(column, None, "ignored", message))
            elif column in sentences:
                findings.append(ColumnFinding(column, None, "ignored", sentences[column]))
            else:
                unknown_columns.setdefault(loose_header_key(column), column)
                message = (
                    f"column {self._header_text(column)} is not in the protocol; it was set aside; declare it under ignored"
                    " or blocks"
                )
                findings.append(ColumnFinding(column, None, "unknown", message))
        for key, (column, codes) in self._required.items():
            if key not in self._positions:
                message = self._missing_message(column, codes, unknown_columns.get(loose_header_key(column)))
                findings += [ColumnFinding(column, code, "missing", message) for code in codes or _NO_CODE]
        for code, declared_column in self.canonical.items():
            if declared_column is None:
                findings.append(ColumnFinding("", code, "absent", f"{code} is declared absent from this export"))
        return tuple(findings)

    def _sibling_sentences(self) -> dict[str, str]:
        """A sentence on each column that another export of the same files declares, where no row's cell is lost by it.

        The roster takes one row a person and leaves the rows of the waves to their exports; a wave's export leaves a column
        to an export that takes all rows.
        """
        sentences: dict[str, str] = {}
        column_by_key = {header_key(column): column for column in self._table.columns}
        for sibling in self.exports_of_folder[1:]:
            if sibling.pattern != self._export.pattern or (self._export.wave is not None and sibling.rows):
                continue
            columns = [
                sibling.respondent,
                sibling.answered_on,
                sibling.duration_column,
                *self._study.export_columns(sibling).values(),
            ]
            rule_columns = [*(rule.column for rule in sibling.rows), *(rule.column for rule in sibling.set_aside)]
            for name in (*columns, *sibling.ignored, *rule_columns):
                if name is not None and (column := column_by_key.get(header_key(name))) is not None:
                    sentences.setdefault(column, f"column {self._header_text(column)} is for export {sibling.export}")
        return sentences

    def _required_findings(self, column: str, key: str) -> list[ColumnFinding]:
        _, codes = self._required[key]
        positions = self._positions[key]
        verdict: Verdict
        if len(positions) > 1:
            position_list = " and ".join(str(position + 1) for position in positions[:_MAX_LISTED_POSITIONS])
            verdict = "duplicated"
            message = (
                f"column {self._header_text(column)} occurs {len(positions)} times in the header (positions"
                f" {position_list}); keep one"
            )
        else:
            verdict = "matched"
            purpose = f"is {', '.join(codes)}" if codes else "decides which rows are set aside"
            message = f"column {self._header_text(column)} {purpose}"
        return [ColumnFinding(column, code, verdict, message) for code in codes or _NO_CODE]

    def _missing_message(self, column: str, codes: Sequence[str], similar_column: str | None) -> str:
        if (absence := self._table.absences.get(column)) is not None:
            remedy = absence
        elif similar_column is not None:
            remedy = (
                f"did you mean column {self._header_text(similar_column)}? Correct its name in the export or in the protocol"
            )
        elif not codes:
            remedy = "a rule under set_aside needs it; correct the export or the rule"
        elif codes[0] in (RESPONDENT, ANSWERED_ON, DURATION):
            remedy = f"correct the export, or {codes[0]} in the protocol"
        else:
            remedy = "correct the export, the protocol, or declare it under absent"
        return f"column {self._header_text(column)}{code_suffix(codes[0] if codes else None)} is missing; {remedy}"


def _name_matcher(names: Sequence[str]) -> Callable[[str], bool]:
    """Whether a header is one of the names, in which * stands for any characters."""
    patterns = [".*".join(map(re.escape, header_key(name).split("*"))) for name in names]
    matches = re.compile("|".join(patterns), re.DOTALL).fullmatch if patterns else None
    return lambda key: matches is not None and matches(key) is not None
