"""The wave contract: an export's columns matched with what the protocol declares, and its rows accepted or set aside.

Belongs here: verdicts on columns and rows, by name, and the sentences that report them. Does not belong here: reading a
format, typing an answer, comparing waves with the roster.

A column is matched by its exact header text, or by the tool's other name for it (Qualtrics' ImportId). Only what nobody
can see is forgiven: blanks around the name, a byte order mark, and the two ways of encoding an accented letter (both sides
are compared in Unicode's NFC form). Nothing is guessed: a renamed column is missing under its old name and unknown under
its new one.
"""

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.exports.errors import ExportError, listed, plain, quoted, value
from dagster_project.exports.repeats import repeated_texts
from dagster_project.exports.table import TextTable
from dagster_project.exports.whole_numbers import as_text, as_whole
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

    name: the file's name, as messages call it. wave: the wave's id, or "roster". sha256: the file's.
    table: the file's rows, of which `is_accepted` says which are accepted (None: all).
    places: respondent, answered_on and every canonical code of the export's blocks in the study's order, to the place of
        its column; None where it is declared absent, missing or duplicated.
    respondents, source_rows: of the accepted rows.
    set_aside: source_file, source_row, respondent (null if there is none), reason, detail.
    findings: one for each column of the file and for each declared column that it lacks or code declared absent.
    rows_of_no_wave: of a file that holds several waves, what its rows say that no export of the protocol declares.
    rows_in_file: records of the file; always accepted plus set aside.
    """

    name: str
    wave: str
    sha256: str
    table: TextTable
    is_accepted: pa.BooleanArray | None
    places: Mapping[str, int | None]
    respondents: pa.ChunkedArray
    source_rows: pa.Array
    set_aside: pa.Table
    findings: tuple[ColumnFinding, ...]
    rows_in_file: int
    rows_of_no_wave: tuple[str, ...] = ()

    @cached_property
    def accepted(self) -> pa.Table:
        """The accepted rows in memory, every cell as text: for small files. Columns as `batches` gives them."""
        fields = [*((name, pa.string()) for name in (*self.places, "source_file")), ("source_row", pa.int64())]
        return pa.Table.from_batches(self.batches(set())).cast(pa.schema(fields))

    def batches(self, whole: set[str]) -> Iterator[pa.RecordBatch]:
        """The accepted rows in the file's order, a piece at a time: the columns of `places`, source_file, source_row.

        Text is unchanged; null where a column has no place. `whole` names the codes to be given as int16 as long as every
        accepted cell is blank (null) or the plain spelling of a whole number: at the first other cell a code is taken out
        of `whole`, and is text from that piece on. There is at least one piece, which may be without rows.
        """
        positions = sorted({place for place in self.places.values() if place is not None} or {0})
        whole_places = {place for code, place in self.places.items() if code in whole and place is not None}
        whole -= {code for code, place in self.places.items() if place is None}
        first, taken = 0, 0
        empty = pa.RecordBatch.from_arrays([pa.array([], pa.string())] * len(positions), [*map(str, positions)])
        pieces = self.table.content.batches(positions, whole_places)
        for piece in pieces if self.table.row_count else (empty,):
            kept = piece if self.is_accepted is None else piece.filter(self.is_accepted.slice(first, piece.num_rows))
            first += piece.num_rows
            columns = dict(zip(positions, kept.columns, strict=True))
            for place, cells in columns.items():
                if place in whole_places and not pa.types.is_integer(cells.type):
                    if (numbers := as_whole(cells)) is None:
                        whole_places.discard(place)
                    else:
                        columns[place] = numbers
                elif place not in whole_places and pa.types.is_integer(cells.type):
                    columns[place] = as_text(cells)
            whole &= {code for code in whole if self.places.get(code, -1) in whole_places}
            no_text = pa.nulls(kept.num_rows, pa.string())
            content = {name: no_text if place is None else columns[place] for name, place in self.places.items()}
            file = pa.array(np.zeros(kept.num_rows, np.int32))
            content["source_file"] = pa.DictionaryArray.from_arrays(file, pa.array([self.sha256], pa.string()))
            content["source_row"] = self.source_rows.slice(taken, kept.num_rows)
            taken += kept.num_rows
            yield pa.RecordBatch.from_pydict(content)

    @property
    def rows_accepted(self) -> int:
        return len(self.source_rows)

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
        repeated = repeated_texts(self.respondents)
        messages = []
        for participant in repeated.slice(0, _NAMED_PARTICIPANTS).to_pylist():
            is_theirs = pc.equal(pc.utf8_trim_whitespace(self.respondents), participant)
            found = pc.filter(self.source_rows, is_theirs).to_pylist()
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
    reasons, details = _set_aside_reasons(columns, export, respondent, rows)
    reasons, details = _without_duplicates(columns, export, respondent, reasons, details)
    places: dict[str, int | None] = {
        _RESPONDENT: columns.place(export.respondent),
        _ANSWERED_ON: columns.place(export.answered_on) if export.answered_on is not None else None,
    }
    for code, declared in columns.canonical.items():
        if code in _RESERVED:
            raise ExportError(f"{plain(name)}: the code {code} is a name that every export has; rename it in the protocol")
        places[code] = columns.place(declared) if declared is not None else None
    respondents = respondent if respondent is not None else pa.chunked_array([pa.nulls(rows, pa.string())])
    is_aside = _joined(pc.is_valid(reasons))
    aside = pa.table(
        {
            "source_file": pa.repeat(pa.scalar(sha256, pa.string()), pc.sum(is_aside).as_py() or 0),
            "source_row": pc.filter(table.source_rows, is_aside),
            _RESPONDENT: _null_if_blank(pc.filter(respondents, is_aside)),
            "reason": pc.filter(reasons, is_aside),
            "detail": pc.filter(details, is_aside),
        }
    )
    is_accepted, source_rows = None, table.source_rows
    if aside.num_rows:
        is_accepted = pc.invert(is_aside)
        respondents, source_rows = pc.filter(respondents, is_accepted), pc.filter(source_rows, is_accepted)
    contracted = Contracted(
        name=name,
        wave=export.wave or "roster",
        sha256=sha256,
        table=table,
        is_accepted=is_accepted,
        places=places,
        respondents=respondents,
        source_rows=source_rows,
        set_aside=aside,
        findings=columns.findings(),
        rows_in_file=rows,
        rows_of_no_wave=_rows_of_no_wave(columns, study, export),
    )
    if rows != contracted.rows_accepted + aside.num_rows or rows != table.content.num_rows:
        raise ExportError(
            f"{plain(name)}: {rows} rows in the file, but {contracted.rows_accepted} accepted and {aside.num_rows} set"
            " aside; this is a defect of the contract, report it"
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

    def place(self, column: str) -> int | None:
        """Where a declared column stands; None if the file lacks it or has it twice."""
        positions = self._positions.get(_key(column), [])
        return positions[0] if len(positions) == 1 else None

    def cells(self, column: str) -> pa.ChunkedArray | None:
        """The cells of a column that rows are judged by; None if the file lacks it or has it twice."""
        place = self.place(column)
        return None if place is None else self._judged.column(str(place))

    @cached_property
    def _judged(self) -> pa.Table:
        """The columns that rows are judged by, read together: the identifier, those of rules, of rows of a wave."""
        export = self._export
        named = [export.respondent, *(rows.column for rows in export.rows), *(rule.column for rule in export.set_aside)]
        if export.duplicates not in ("refuse", "first") and export.answered_on is not None:
            named.append(export.answered_on)
        return self._table.texts(sorted({place for column in named if (place := self.place(column)) is not None}))

    @property
    def source_rows(self) -> pa.Array:
        return self._table.source_rows

    def header_rows(self, respondent: pa.ChunkedArray) -> list[int]:
        """Rows in which every cell is its column's name."""
        named = pc.equal(pc.utf8_trim_whitespace(respondent), self._export.respondent)
        places = np.flatnonzero(named.to_numpy(zero_copy_only=False)).tolist()
        if not places:
            return []
        cells = self._table.content.take(places, range(len(self._table.columns)))
        is_header = np.ones(len(places), bool)
        for column, name in zip(cells.columns, self._table.columns, strict=True):
            is_header &= pc.equal(column, name).to_numpy(zero_copy_only=False)
        return [place for place, holds in zip(places, is_header, strict=True) if holds]

    def answered(self, places: Sequence[int]) -> dict[int, int]:
        """How many of the canonical cells of some rows hold something. The rows ascend."""
        declared = (self.place(column) for column in self.canonical.values() if column is not None)
        codes = Counter(position for position in declared if position is not None)
        counts = np.zeros(len(places), np.int64)
        if codes:
            cells = self._table.content.take(places, list(codes))
            for column, times in zip(cells.columns, codes.values(), strict=True):
                is_filled = pc.not_equal(pc.utf8_trim_whitespace(column), "")
                counts += times * is_filled.to_numpy(zero_copy_only=False)
        return dict(zip(places, counts.tolist(), strict=True))

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
    if respondent is not None and (places := columns.header_rows(respondent)):
        is_named = np.zeros(rows, bool)
        is_named[places] = True
        is_header = pc.and_(pa.array(is_named), pc.is_null(reasons))
        reasons = pc.if_else(is_header, HEADER_ROW, reasons)
        details = pc.if_else(is_header, "the header stands here once more", details)
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
    reasons: pa.Array,
    details: pa.Array,
) -> tuple[pa.Array, pa.Array]:
    """Set the other rows of a participant aside, by the declared rule; with the rule `refuse` they are a problem instead."""
    if export.duplicates == "refuse" or respondent is None:
        return reasons, details
    usable = pc.is_null(reasons)
    repeated = repeated_texts(pc.filter(respondent, usable))
    if not len(repeated):
        return reasons, details
    trimmed = pc.utf8_trim_whitespace(respondent)
    is_repeated = pc.and_(pc.is_in(trimmed, value_set=repeated), usable)
    places = np.flatnonzero(is_repeated.to_numpy(zero_copy_only=False)).tolist()
    groups: dict[str, list[int]] = defaultdict(list)
    for place, participant in zip(places, pc.filter(trimmed, is_repeated).to_pylist(), strict=True):
        groups[participant].append(place)
    answered_on = columns.cells(export.answered_on) if export.duplicates != "first" and export.answered_on else None
    answers = columns.answered(places) if export.duplicates != "first" else {}
    rows = columns.source_rows
    duplicates: dict[int, str] = {}
    for participant, group in groups.items():
        kept = group[0] if export.duplicates == "first" else _latest_complete(group, answers, answered_on)
        said = f"participant {value(participant)}: row {rows[kept].as_py()} is kept ({export.duplicates})"
        duplicates |= {place: said for place in group if place != kept}
    is_duplicate = np.zeros(len(rows), bool)
    is_duplicate[list(duplicates)] = True
    mask = pa.array(is_duplicate)
    reasons = pc.if_else(mask, DUPLICATE, reasons)
    said_in_order = pa.array([duplicates[place] for place in sorted(duplicates)], pa.string())
    return reasons, pc.replace_with_mask(_joined(details), mask, said_in_order)


def _latest_complete(group: list[int], answers: Mapping[int, int], answered_on: pa.ChunkedArray | None) -> int:
    """The row with the most answers; of equals the one answered last, by date where all have one, else by place."""
    most = [place for place in group if answers[place] == max(answers[other] for other in group)]
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


def _joined(cells: pa.Array | pa.ChunkedArray) -> pa.Array:
    return cells.combine_chunks() if isinstance(cells, pa.ChunkedArray) else cells


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
