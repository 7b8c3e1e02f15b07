"""The wave contract: an export's columns matched with what the protocol declares, and its rows accepted or set aside.

Belongs here: verdicts on columns and rows, by name, and the sentences that report them. Does not belong here: reading a
format, typing an answer, comparing waves with the roster.

A column is matched by its exact header text, or by the tool's other name for it (Qualtrics' ImportId). Only what nobody
can see is forgiven: blanks around the name, a byte order mark, and the two ways of encoding an accented letter (both sides
are compared in Unicode's NFC form). Nothing is guessed: a renamed column is missing under its old name and unknown under
its new one.
"""

import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.exports.errors import ExportError, listed, plain, quoted, value
from dagster_project.exports.table import TextTable
from dagster_project.study import Export, Study

Verdict = Literal["matched", "ignored", "unknown", "missing", "duplicated", "absent"]

#: Why a row without an identifier is set aside.
NO_PARTICIPANT = "no_participant"
#: Why a row of a file that holds several waves is set aside: it belongs to another export of the protocol.
OTHER_WAVE = "other_wave"
#: Why another row of a participant is set aside.
DUPLICATE = "duplicate"
#: Why a row that says what the header says is set aside: two files were pasted together.
HEADER_ROW = "header_row"
_RESPONDENT, _ANSWERED_ON = "respondent", "answered_on"
_RESERVED = (_RESPONDENT, _ANSWERED_ON, "source_file", "source_row")
_NO_CODE: tuple[str | None, ...] = (None,)
_NAMED_PARTICIPANTS = 5
_NAMED_ROWS = 5


@dataclass(frozen=True)
class ColumnFinding:
    """What became of one column or one code.

    column: the header as written, or as declared when the file lacks it; "" for a code declared absent.
    code: the canonical code, `respondent` or `answered_on`; None for a column that feeds none.
    message: one line, for a person.
    """

    column: str
    code: str | None
    verdict: Verdict
    message: str


@dataclass(frozen=True)
class Contracted:
    """An export after the contract.

    name: the file's name, as messages call it. wave: the wave's id, or "roster".
    accepted: respondent, answered_on (null if none is declared), every canonical code of the export's blocks in the
        study's order (all null where the code is declared absent, missing or duplicated), source_file (SHA-256), all
        string and unchanged; source_row, int64.
    set_aside: source_file, source_row, respondent (null if there is none), reason, detail.
    findings: one for each column of the file and for each declared column that it lacks or code declared absent.
    rows_of_no_wave: of a file that holds several waves, what its rows say that no export of the protocol declares.
    rows_in_file: records of the file; always accepted plus set aside.
    """

    name: str
    wave: str
    accepted: pa.Table
    set_aside: pa.Table
    findings: tuple[ColumnFinding, ...]
    rows_in_file: int
    rows_of_no_wave: tuple[str, ...] = ()

    @cached_property
    def problems(self) -> list[str]:
        """What makes the export unusable, one line each: missing and duplicated columns, participants with several rows."""
        return [*self._missing(), *self._duplicated(), *self._repeated_participants()]

    @cached_property
    def warnings(self) -> list[str]:
        """Columns and waves of the file that the protocol does not know, a line each; empty if it knows them all."""
        return [*self._unknown_columns(), *self.rows_of_no_wave]

    def _unknown_columns(self) -> list[str]:
        unknown = [_named(finding.column) for finding in self._with("unknown")]
        if not unknown:
            return []
        if len(unknown) == 1:
            return [f"column {unknown[0]} is not in the protocol; it was set aside; declare it under ignored or blocks"]
        return [
            f"columns {listed(unknown)} are not in the protocol; they were set aside; declare them under ignored or blocks"
        ]

    def raise_if_broken(self) -> None:
        """Raise ExportError with the file's name and the first problem, and how many more there are."""
        if self.problems:
            more = f" (and {len(self.problems) - 1} more)" if len(self.problems) > 1 else ""
            raise ExportError(f"{plain(self.name)}: {self.problems[0]}{more}")

    def _with(self, verdict: Verdict) -> list[ColumnFinding]:
        return [finding for finding in self.findings if finding.verdict == verdict]

    def _missing(self) -> list[str]:
        missing = self._with("missing")
        if len(missing) == 1:
            return [f"{self.wave}: {missing[0].message}"]
        if not missing:
            return []
        named = [f"{_named(finding.column)}{_code(finding.code)}" for finding in missing]
        alike = next((hint for finding in missing if (hint := _hint(finding))), "")
        return [
            f"{self.wave}: {len(missing)} columns are missing: {listed(named)};"
            f" {alike or 'correct the export, the protocol, or declare them under absent'}"
        ]

    def _duplicated(self) -> list[str]:
        messages: dict[str, None] = dict.fromkeys(finding.message for finding in self._with("duplicated"))
        return [f"{self.wave}: {message}" for message in messages]

    def _repeated_participants(self) -> list[str]:
        """Participants with several accepted rows; identifiers that differ only in blanks around them are one person's."""
        trimmed = pc.utf8_trim_whitespace(self.accepted.column(_RESPONDENT))
        counts = pc.value_counts(trimmed)
        repeated = pc.filter(counts.field("values"), pc.greater(counts.field("counts"), 1))
        messages = []
        for participant in repeated.slice(0, _NAMED_PARTICIPANTS).to_pylist():
            found = pc.filter(self.accepted.column("source_row"), pc.equal(trimmed, participant)).to_pylist()
            messages.append(
                f"{self.wave}: participant {value(participant)} has rows {_rows(found)}; keep one of them, or set the others"
                " aside by a rule"
            )
        if len(repeated) > _NAMED_PARTICIPANTS:
            more = len(repeated) - _NAMED_PARTICIPANTS
            messages.append(f"{self.wave}: {more} more participants have several rows; keep one row of each")
        return messages


def apply_contract(table: TextTable, study: Study, export: Export, sha256: str, name: str) -> Contracted:
    """Match a table with its export's declaration.

    `sha256` becomes `source_file`; `name` is what messages call the file. The answer always comes, with what is wrong in
    `problems`: `raise_if_broken` turns that into an error. Identifiers are kept as written; one that is blank is none.
    Row rules compare text without the blanks around it, in the order of the protocol, before identifiers are looked at.
    Raises ExportError only for a code that is called like one of the columns that every export has, and if rows in the
    file were ever not rows accepted plus rows set aside.
    """
    columns = _Columns(table, study, export)
    rows = table.row_count
    respondent = columns.cells(export.respondent)
    answered_on = columns.cells(export.answered_on) if export.answered_on is not None else None
    reasons, details = _set_aside_reasons(columns, export, respondent, rows)
    reasons, details = _without_duplicates(columns, export, respondent, answered_on, reasons, details)
    is_aside = pc.is_valid(reasons)
    source_file = pa.repeat(pa.scalar(sha256, pa.string()), rows)
    no_text = pa.nulls(rows, pa.string())
    canonical = columns.canonical
    content = {
        _RESPONDENT: respondent if respondent is not None else no_text,
        _ANSWERED_ON: answered_on if answered_on is not None else no_text,
    }
    for code, declared in canonical.items():
        if code in _RESERVED:
            raise ExportError(f"{plain(name)}: the code {code} is a name that every export has; rename it in the protocol")
        found = columns.cells(declared) if declared is not None else None
        content[code] = found if found is not None else no_text
    everything = pa.table(content | {"source_file": source_file, "source_row": table.source_rows})
    aside = pa.table(
        {
            "source_file": source_file,
            "source_row": table.source_rows,
            _RESPONDENT: _null_if_blank(content[_RESPONDENT]),
            "reason": reasons,
            "detail": details,
        }
    ).filter(is_aside)
    accepted = everything.filter(pc.invert(is_aside)) if aside.num_rows else everything
    strays = _rows_of_no_wave(columns, study, export)
    contracted = Contracted(name, export.wave or "roster", accepted, aside, columns.findings(), rows, strays)
    if rows != accepted.num_rows + aside.num_rows:
        raise ExportError(
            f"{plain(name)}: {rows} rows in the file, but {accepted.num_rows} accepted and {aside.num_rows} set aside;"
            " this is a defect of the contract, report it"
        )
    return contracted


class _Columns:
    """The header against the declaration: where each declared column stands, and what to say of every column."""

    def __init__(self, table: TextTable, study: Study, export: Export) -> None:
        self._table = table
        self._export = export
        self._positions: dict[str, list[int]] = defaultdict(list)
        for position, column in enumerate(table.columns):
            self._positions[_key(column)].append(position)
        # A column may be declared by the tool's other name for it, where no column is called so.
        headers = set(self._positions)
        for position, column in enumerate(table.columns):
            other = _key(table.other_names.get(column, ""))
            if other and other not in headers and len(self._positions[_key(column)]) == 1:
                self._positions[other].append(position)
        placed = study.export_columns(export)
        #: Canonical code to the declared column, None where the code is declared absent; in the study's order.
        self.canonical: dict[str, str | None] = {
            code: placed.get(code) for block in export.blocks for code in study.block_codes(block.block)
        }
        self.canonical |= export.leaving.columns
        #: Every declared column that must be there, by key: the column and what it feeds.
        self._needed: dict[str, tuple[str, list[str]]] = {}
        self._need(export.respondent, _RESPONDENT)
        if export.answered_on is not None:
            self._need(export.answered_on, _ANSWERED_ON)
        for code, declared in self.canonical.items():
            if declared is not None:
                self._need(declared, code)
        for one in export.rows:
            self._need(one.column, None)
        for rule in export.set_aside:
            self._need(rule.column, None)

    def _need(self, column: str, code: str | None) -> None:
        codes = self._needed.setdefault(_key(column), (column, []))[1]
        if code is not None:
            codes.append(code)

    def cells(self, column: str) -> pa.ChunkedArray | None:
        """The cells of a declared column; None if the file lacks it or has it twice."""
        positions = self._positions.get(_key(column), [])
        return self._table.cells.column(positions[0]) if len(positions) == 1 else None

    @property
    def source_rows(self) -> pa.Array:
        return self._table.source_rows

    def header_rows(self, respondent: pa.ChunkedArray) -> list[int]:
        """Rows in which every cell is its column's name."""
        named = pc.equal(pc.utf8_trim_whitespace(respondent), self._export.respondent)
        places = np.flatnonzero(named.to_numpy(zero_copy_only=False)).tolist()
        header = list(self._table.columns)
        return [place for place in places if [column[place].as_py() for column in self._table.cells.columns] == header]

    def answered(self, place: int) -> int:
        """How many of the canonical cells of a row hold something."""
        cells = (self.cells(column) for column in self.canonical.values() if column is not None)
        return sum(bool(one[place].as_py().strip()) for one in cells if one is not None)

    def findings(self) -> tuple[ColumnFinding, ...]:
        """First the file's columns in its order, then what is declared and not there."""
        ignored = {_key(column) for column in self._export.ignored}
        found: list[ColumnFinding] = []
        unknown: dict[str, str] = {}
        for column in self._table.columns:
            key = _key(column)
            if key not in self._needed and (other := _key(self._table.other_names.get(column, ""))) in self._needed:
                key = other
            if key in self._needed:
                found += self._of_needed(column, key)
            elif key in ignored:
                found.append(ColumnFinding(column, None, "ignored", f"column {_named(column)} is known and not used"))
            else:
                unknown.setdefault(_loose(column), column)
                message = (
                    f"column {_named(column)} is not in the protocol; it was set aside; declare it under ignored or blocks"
                )
                found.append(ColumnFinding(column, None, "unknown", message))
        for key, (column, codes) in self._needed.items():
            if key not in self._positions:
                message = self._missing_message(column, codes, unknown.get(_loose(column)))
                found += [ColumnFinding(column, code, "missing", message) for code in codes or _NO_CODE]
        for code, declared in self.canonical.items():
            if declared is None:
                found.append(ColumnFinding("", code, "absent", f"{code} is declared absent from this export"))
        return tuple(found)

    def _of_needed(self, column: str, key: str) -> list[ColumnFinding]:
        _, codes = self._needed[key]
        positions = self._positions[key]
        verdict: Verdict
        if len(positions) > 1:
            places = " and ".join(str(position + 1) for position in positions[:_NAMED_ROWS])
            verdict = "duplicated"
            message = f"column {_named(column)} stands in the header {len(positions)} times (places {places}); keep one"
        else:
            verdict = "matched"
            purpose = f"is {', '.join(codes)}" if codes else "decides which rows are set aside"
            message = f"column {_named(column)} {purpose}"
        return [ColumnFinding(column, code, verdict, message) for code in codes or _NO_CODE]

    def _missing_message(self, column: str, codes: Sequence[str], alike: str | None) -> str:
        if alike is not None:
            cure = f"did you mean column {_named(alike)}? Correct its name in the export or in the protocol"
        elif not codes:
            cure = "a rule under set_aside needs it; correct the export or the rule"
        elif codes[0] in (_RESPONDENT, _ANSWERED_ON):
            cure = f"correct the export, or {codes[0]} in the protocol"
        else:
            cure = "correct the export, the protocol, or declare it under absent"
        return f"column {_named(column)}{_code(codes[0] if codes else None)} is missing; {cure}"


def _rows_of_no_wave(columns: "_Columns", study: Study, export: Export) -> tuple[str, ...]:
    if not export.rows or (cells := columns.cells(export.rows[0].column)) is None:
        return ()
    column = export.rows[0].column
    known = {
        text.strip()
        for other in study.protocol.exports
        for rule in other.rows
        if rule.column == column and other.folder == export.folder
        for text in rule.equals
    }
    counts = pc.value_counts(pc.utf8_trim_whitespace(cells)).to_pylist()
    return tuple(
        f"{count['counts']} rows whose column {quoted(column)} is {quoted(count['values'])} belong to no wave of"
        " the protocol; declare an export for them"
        for count in counts
        if count["values"] not in known
    )


def _set_aside_reasons(
    columns: _Columns, export: Export, respondent: pa.ChunkedArray | None, rows: int
) -> tuple[pa.Array, pa.Array]:
    """Reason and detail of each row that is set aside, null for the others; the first rule that holds gives them."""
    reasons = pa.nulls(rows, pa.string())
    details = pa.nulls(rows, pa.string())
    for filtered in export.rows:
        if (cells := columns.cells(filtered.column)) is None:
            continue
        trimmed = pc.utf8_trim_whitespace(cells)
        is_other = pc.invert(pc.is_in(trimmed, value_set=pa.array([text.strip() for text in filtered.equals])))
        is_other = pc.and_(is_other, pc.is_null(reasons))
        reasons = pc.if_else(is_other, OTHER_WAVE, reasons)
        said = pc.binary_join_element_wise(f"column {quoted(filtered.column)} is ", trimmed, "")
        details = pc.if_else(is_other, said, details)
    for rule in export.set_aside:
        cells = columns.cells(rule.column)
        if cells is None:
            continue
        for text in rule.equals:
            holds = pc.and_(pc.equal(pc.utf8_trim_whitespace(cells), text.strip()), pc.is_null(reasons))
            reasons = pc.if_else(holds, rule.reason, reasons)
            details = pc.if_else(holds, f"column {quoted(rule.column)} is {quoted(text)}", details)
    if respondent is not None:
        for place in columns.header_rows(respondent):
            if reasons[place].as_py() is None:
                reasons = _set(reasons, place, HEADER_ROW)
                details = _set(details, place, "the header stands here once more")
    if respondent is None:
        has_none = pc.is_null(reasons)
    else:
        has_none = pc.and_(pc.is_null(_null_if_blank(respondent)), pc.is_null(reasons))
    reasons = pc.if_else(has_none, NO_PARTICIPANT, reasons)
    details = pc.if_else(has_none, f"column {quoted(export.respondent)} holds no identifier", details)
    return reasons, details


def _without_duplicates(
    columns: _Columns,
    export: Export,
    respondent: pa.ChunkedArray | None,
    answered_on: pa.ChunkedArray | None,
    reasons: pa.Array,
    details: pa.Array,
) -> tuple[pa.Array, pa.Array]:
    """Set the other rows of a participant aside, by the declared rule; with the rule `refuse` they are a problem instead."""
    if export.duplicates == "refuse" or respondent is None:
        return reasons, details
    trimmed = pc.utf8_trim_whitespace(respondent)
    usable = pc.is_null(reasons)
    counts = pc.value_counts(pc.filter(trimmed, usable))
    repeated = pc.filter(counts.field("values"), pc.greater(counts.field("counts"), 1))
    if not len(repeated):
        return reasons, details
    is_repeated = pc.and_(pc.is_in(trimmed, value_set=repeated), usable)
    places = np.flatnonzero(is_repeated.to_numpy(zero_copy_only=False)).tolist()
    groups: dict[str, list[int]] = defaultdict(list)
    for place in places:
        groups[trimmed[place].as_py()].append(place)
    reason_list, detail_list = reasons.to_pylist(), details.to_pylist()
    rows = columns.source_rows
    for participant, group in groups.items():
        kept = group[0] if export.duplicates == "first" else _latest_complete(columns, group, answered_on)
        for place in group:
            if place != kept:
                reason_list[place] = DUPLICATE
                detail_list[place] = (
                    f"participant {value(participant)}: row {rows[kept].as_py()} is kept ({export.duplicates})"
                )
    return pa.array(reason_list, pa.string()), pa.array(detail_list, pa.string())


def _latest_complete(columns: _Columns, group: list[int], answered_on: pa.ChunkedArray | None) -> int:
    """The row with the most answers; of equals the one answered last, by date where all have one, else by place."""
    answers = {place: columns.answered(place) for place in group}
    most = [place for place in group if answers[place] == max(answers.values())]
    dates = [read_moment(answered_on[place].as_py()) for place in most] if answered_on is not None else []
    if dates and all(date is not None for date in dates):
        return max(zip(dates, most, strict=True), key=lambda pair: (pair[0] or datetime.min, pair[1]))[1]
    return most[-1]


#: How exports write dates; the same list as in staging (stg_answers.sql).
_MOMENTS = ("%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%d/%m/%Y", "%d.%m.%Y %H:%M", "%d.%m.%Y")


def read_moment(text: str) -> datetime | None:
    """A date, with or without its time, as exports write it: ISO 8601, or day first; None if it is neither."""
    text = text.strip()
    try:
        return datetime.fromisoformat(text).replace(tzinfo=None)
    except ValueError:
        pass
    for form in _MOMENTS:
        try:
            return datetime.strptime(text, form)
        except ValueError:
            continue
    return None


def _set(texts: pa.Array, place: int, text: str) -> pa.Array:
    changed = texts.to_pylist()
    changed[place] = text
    return pa.array(changed, pa.string())


def _null_if_blank(cells: pa.ChunkedArray) -> pa.ChunkedArray:
    is_blank = pc.equal(pc.utf8_trim_whitespace(cells), "")
    return pc.if_else(is_blank, pa.scalar(None, pa.string()), cells)


def _key(column: str) -> str:
    """What two header texts must share to be the same column."""
    return unicodedata.normalize("NFC", column.strip().lstrip("\ufeff").strip())


def _loose(column: str) -> str:
    """What two header texts share that look alike: used for a question in a message, never to match."""
    return "".join(character for character in _key(column).casefold() if not character.isspace() and character != "_")


def _named(column: str) -> str:
    return quoted(column) if column.strip() else "without a name"


def _code(code: str | None) -> str:
    return f" ({code})" if code is not None else ""


def _hint(finding: ColumnFinding) -> str:
    """The question of a missing column's message, if it asks one."""
    _, found, question = finding.message.partition("; did you mean")
    return f"for {_named(finding.column)}, did you mean{question}" if found else ""


def _rows(rows: Sequence[int]) -> str:
    if len(rows) > _NAMED_ROWS:
        return listed([str(row) for row in rows])
    return ", ".join(str(row) for row in rows[:-1]) + f" and {rows[-1]}"
