"""What the contract makes of one file: its accepted rows, those set aside, and the problems and warnings.

Belongs here: the result and the sentences that report it. Does not belong here: how columns are matched (columns.py) or
rows accepted (row_rules.py).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.exports.boxes import BoxTexts
from dagster_project.exports.columns import ColumnFinding, Verdict
from dagster_project.exports.dates import DateColumn, date_column
from dagster_project.exports.errors import ExportError, abbreviated_list, bare_or_quoted, plain, quoted
from dagster_project.exports.headers import HeaderTexts, code_suffix
from dagster_project.exports.identifiers import composed_identifiers
from dagster_project.exports.leaving import LeavingTexts
from dagster_project.exports.list_columns import ListColumns
from dagster_project.exports.repeats import repeated_texts
from dagster_project.exports.table import TextTable
from dagster_project.exports.whole_numbers import as_int16, as_text
from dagster_project.withholding import of_cells, of_person

_MAX_LISTED_PARTICIPANTS = 5
_MAX_LISTED_ROWS = 5


@dataclass(frozen=True)
class ContractResult:
    """The result of the contract for one file of an export.

    name: the file's name, as messages call it. wave: the wave's id, or "roster". sha256: the file's.
    table: the file's rows, of which `is_accepted` says which are accepted (None: all).
    column_positions: respondent, answered_on, duration (if declared) and every canonical code of the export's blocks
        in the study's order, to the position of its column; None where it is declared absent, missing or duplicated.
    dates, date_headers: the dates of each column that holds dates, and what the file calls it, by code.
    respondents, source_rows: of the accepted rows.
    set_aside: source_file, source_row, respondent (null if there is none), reason, detail.
    findings: one for each column of the file and for each declared column that it lacks or code declared absent.
    rows_of_no_wave: of a file that holds several waves, a line for each wave that no export of the protocol declares.
    near_misses: a line for each text that a rule on rows misses by the case of its letters.
    repeated_rows: a line where rows of repeated instruments are taken for several rows of a person (REDCap).
    rows_in_file: records of the file; always accepted plus set aside.
    label_row: what is wrong if a row looks like a further header. summary_row: if it looks like a sum of the others.
    rounded_identifiers: what is wrong if a spreadsheet rounded identifiers.
    cell_faults: a line for each cell that is needed and has no value in the file.
    boxes: the boxes of the file (REDCap) that are no answers.
    repeat_group: what is asked of a file whose rows name their submission.
    lists: the columns of the file whose cells hold several choices.
    leaving: the texts of the roster that are declared to say that nobody left. leaving_questions: a line for each column
        with texts that may say so.
    wrong_file: what is wrong if the file is an earlier wave's.
    undeclared_missing: of a file that declares codes as missing, a line for each column with one that the protocol lacks.
    code_labels: a line where the file's labels of codes do not fit the instrument.
    thousands: a line for each column of numbers that could be a thousand times as large.
    """

    name: str
    wave: str
    sha256: str
    table: TextTable
    is_accepted: pa.BooleanArray | None
    column_positions: Mapping[str, int | None]
    dates: Mapping[str, DateColumn]
    date_headers: Mapping[str, str]
    respondents: pa.ChunkedArray
    source_rows: pa.Array
    set_aside: pa.Table
    findings: tuple[ColumnFinding, ...]
    rows_in_file: int
    label_row: str | None = None
    summary_row: str | None = None
    rounded_identifiers: str | None = None
    cell_faults: tuple[str, ...] = ()
    undeclared_missing: tuple[str, ...] = ()
    code_labels: tuple[str, ...] = ()
    thousands: tuple[str, ...] = ()
    rows_of_no_wave: tuple[str, ...] = ()
    near_misses: tuple[str, ...] = ()
    repeated_rows: tuple[str, ...] = ()
    repeat_group: str | None = None
    boxes: BoxTexts = field(default_factory=BoxTexts)
    lists: ListColumns = field(default_factory=ListColumns)
    leaving: LeavingTexts = field(default_factory=lambda: LeavingTexts({}))
    leaving_questions: tuple[str, ...] = ()
    wrong_file: str | None = None

    @cached_property
    def accepted(self) -> pa.Table:
        """The accepted rows in memory, every cell as text: for small files. Columns as in `batches`, without days."""
        fields = [*((name, pa.string()) for name in (*self.column_positions, "source_file")), ("source_row", pa.int64())]
        schema = pa.schema(fields)
        return pa.Table.from_batches(self.batches(set())).select(schema.names).cast(schema)

    def batches(self, integer_codes: set[str]) -> Iterator[pa.RecordBatch]:
        """The accepted rows in the file's order, batch by batch: the columns of `places`, source_file, source_row.

        Text is unchanged, but for boxes that are no answers, and cells of several choices, which are split; null where a
        column has no position. The codes in `integer_codes` are given as int16 as long as every accepted cell is blank
        (null) or the plain spelling of a whole number: at the first other cell a code is removed from the set, and is text
        from that batch on. There is at least one batch; it may have no rows.
        """
        positions = sorted({position for position in self.column_positions.values() if position is not None} or {0})
        integer_codes -= {code for code, texts in self.boxes.texts.items() if as_int16(pc.fill_null(texts, "")) is None}
        integer_positions = {
            position
            for code, position in self.column_positions.items()
            if code in integer_codes and code not in self.lists.readers and position is not None
        }
        integer_codes -= {code for code, position in self.column_positions.items() if position is None}
        rows_seen, rows_yielded = 0, 0
        empty_batch = pa.RecordBatch.from_arrays([pa.array([], pa.string())] * len(positions), [*map(str, positions)])
        batches = self.table.content.batches(positions, integer_positions)
        for batch in batches if self.table.row_count else (empty_batch,):
            row_count = batch.num_rows
            is_accepted = None if self.is_accepted is None else self.is_accepted.slice(rows_seen, row_count)
            box_texts = {code: texts.slice(rows_seen, row_count) for code, texts in self.boxes.texts.items()}
            if is_accepted is not None:
                batch = batch.filter(is_accepted)
                box_texts = {code: texts.filter(is_accepted) for code, texts in box_texts.items()}
            rows_seen += row_count
            columns = dict(zip(positions, batch.columns, strict=True))
            for position, cells in columns.items():
                if position in integer_positions and not pa.types.is_integer(cells.type):
                    if (numbers := as_int16(cells)) is None:
                        integer_positions.discard(position)
                    else:
                        columns[position] = numbers
                elif position not in integer_positions and pa.types.is_integer(cells.type):
                    columns[position] = as_text(cells)
            number_codes = {code for code, position in self.column_positions.items() if position in integer_positions}
            integer_codes &= number_codes | self.lists.readers.keys()
            null_texts = pa.nulls(batch.num_rows, pa.string())
            output_columns = {
                name: null_texts if position is None else columns[position]
                for name, position in self.column_positions.items()
            }
            output_columns |= {code: _replaced(output_columns[code], texts) for code, texts in box_texts.items()}
            output_columns |= self._choices(output_columns, integer_codes)
            for code in self.leaving.rules.keys() & output_columns.keys():
                output_columns[code] = self.leaving.without_declared(code, output_columns[code])
            file_indices = pa.array(np.zeros(batch.num_rows, np.int32))
            file_hashes = pa.array([self.sha256], pa.string())
            output_columns["source_file"] = pa.DictionaryArray.from_arrays(file_indices, file_hashes)
            for code, column in self.dates.items():
                output_columns[date_column(code)] = _days(output_columns[code], column)
            output_columns["source_row"] = self.source_rows.slice(rows_yielded, batch.num_rows)
            rows_yielded += batch.num_rows
            yield pa.RecordBatch.from_pydict(output_columns)

    def _choices(self, cells_by_code: Mapping[str, pa.Array], integer_codes: set[str]) -> dict[str, pa.Array]:
        """What the cells of lists say of each item, as `batches` gives it."""
        choices = {}
        for code, reader in self.lists.readers.items():
            choices[code] = texts = reader.texts_of(code, cells_by_code[code])
            if code in integer_codes:
                numbers = as_int16(texts)
                choices[code] = texts if numbers is None else numbers
                integer_codes -= {code} if numbers is None else set()
        return choices

    @property
    def rows_accepted(self) -> int:
        return len(self.source_rows)

    @cached_property
    def problems(self) -> list[str]:
        """What makes the export unusable, one line each: missing and duplicated columns, identifiers that
        were rounded, cells without a value, dates that could be read two ways, participants with several rows."""
        return [
            *([f"{self.wave}: {self.wrong_file}"] if self.wrong_file is not None else []),
            *([f"{self.wave}: {self.repeat_group}"] if self.repeat_group is not None else []),
            *self._missing_columns(),
            *self._duplicated_columns(),
            *([f"{self.wave}: {self.label_row}"] if self.label_row is not None else []),
            *([f"{self.wave}: {self.summary_row}"] if self.summary_row is not None else []),
            *([f"{self.wave}: {self.rounded_identifiers}"] if self.rounded_identifiers is not None else []),
            *self._cell_problems(),
            *self._date_problems(),
            *(f"{self.wave}: {line}" for line in (*self.near_misses, *self.undeclared_missing, *self._questions)),
            *self._repeated_participants(),
        ]

    @property
    def _questions(self) -> tuple[str, ...]:
        return (*self.code_labels, *self.thousands, *self.boxes.questions, *self.lists.questions, *self.leaving_questions)

    @cached_property
    def warnings(self) -> list[str]:
        """Columns and waves of the file that the protocol does not know, what people see otherwise in it, and dates that
        cannot be read, a line each."""
        return [
            *self._unknown_columns(),
            *self.table.warnings,
            *self.rows_of_no_wave,
            *self.repeated_rows,
            *self.lists.warnings,
            *self.date_warnings,
        ]

    def _unknown_columns(self) -> list[str]:
        headers = [self._header_text(finding.column) for finding in self._findings_of("unknown")]
        if not headers:
            return []
        if len(headers) == 1:
            return [f"column {headers[0]} is not in the protocol; it was set aside; declare it under ignored or blocks"]
        return [
            f"columns {abbreviated_list(headers)} are not in the protocol; they were set aside; declare them under"
            " ignored or blocks"
        ]

    def _cell_problems(self) -> list[str]:
        if len(self.cell_faults) < 2:
            return list(self.cell_faults)
        return [f"{self.cell_faults[0]} (and {len(self.cell_faults) - 1} more)"]

    def _date_problems(self) -> list[str]:
        return [
            f"{self.wave}: column {self._header_text(self.date_headers[code])}: {column.problem}"
            for code, column in self.dates.items()
            if column.problem is not None
        ]

    @cached_property
    def date_warnings(self) -> list[str]:
        """Dates that cannot be read, and years of two digits, a line for each column."""
        warnings = []
        for code, column in self.dates.items():
            header = self._header_text(self.date_headers[code])
            if column.warning is not None:
                warnings.append(f"column {header}: {column.warning}")
            if column.unread:
                texts = of_cells(abbreviated_list([quoted(text) for text in column.unread]), column.unread)
                count, verb = (f"{column.unread_cells} dates", "count") if column.unread_cells > 1 else ("a date", "counts")
                warnings.append(
                    f"column {header}: {count} cannot be read, and {verb} as missing: {texts}; correct the cells, or say how"
                    " they are written under dates of the export"
                )
            if column.century is not None:
                warnings.append(
                    f"column {header}: years of two digits are taken for {column.century} to {column.century + 99};"
                    " two_digit_years_from of the export says otherwise"
                )
        return warnings

    def raise_if_broken(self) -> None:
        """Raise ExportError with the file's name and the first problem, and how many more there are."""
        if self.problems:
            remainder = f" (and {len(self.problems) - 1} more)" if len(self.problems) > 1 else ""
            raise ExportError(f"{plain(self.name)}: {self.problems[0]}{remainder}")

    def _hint(self, finding: ColumnFinding) -> str:
        """What a missing column's message says of this column alone: a question, or why it cannot be told from others."""
        for words in ("did you mean", "its label"):
            _, separator, hint = finding.message.partition(f"; {words}")
            if separator:
                return f"for {self._header_text(finding.column)}, {words}{hint}"
        return ""

    @cached_property
    def _header_text(self) -> HeaderTexts:
        return HeaderTexts(finding.column for finding in self.findings)

    def _findings_of(self, verdict: Verdict) -> list[ColumnFinding]:
        return [finding for finding in self.findings if finding.verdict == verdict]

    def _missing_columns(self) -> list[str]:
        # Several codes may stand in one column.
        missing = [*{finding.column: finding for finding in reversed(self._findings_of("missing"))}.values()][::-1]
        if len(missing) == 1:
            return [f"{self.wave}: {missing[0].message}"]
        if not missing:
            return []
        headers = [f"{self._header_text(finding.column)}{code_suffix(finding.code)}" for finding in missing]
        hint = next(filter(None, map(self._hint, missing)), "")
        return [
            f"{self.wave}: {len(missing)} columns are missing: {abbreviated_list(headers)};"
            f" {hint or 'correct the export, the protocol, or declare them under absent'}"
        ]

    def _duplicated_columns(self) -> list[str]:
        messages: dict[str, None] = dict.fromkeys(finding.message for finding in self._findings_of("duplicated"))
        return [f"{self.wave}: {message}" for message in messages]

    def _repeated_participants(self) -> list[str]:
        """Participants with several accepted rows; blanks around an identifier are ignored."""
        participants = repeated_texts(self.respondents)
        cure = "keep one of them, say under duplicates which one counts, or set the others aside by a rule under set_aside"
        if self.table.joined_columns:
            cure = "say under rows which of them counts, e.g. {column: repeat.number, equals: [1]}, or under duplicates"
        messages = []
        for participant in participants.slice(0, _MAX_LISTED_PARTICIPANTS).to_pylist():
            is_own_row = pc.equal(composed_identifiers(self.respondents), participant)
            row_numbers = pc.filter(self.source_rows, is_own_row).to_pylist()
            messages.append(
                f"{self.wave}: participant {of_person(participant, bare_or_quoted(participant))} has rows"
                f" {_row_list(row_numbers)}; {cure}"
            )
        if len(participants) > _MAX_LISTED_PARTICIPANTS:
            unlisted_count = len(participants) - _MAX_LISTED_PARTICIPANTS
            messages.append(f"{self.wave}: {unlisted_count} more participants have several rows; keep one row of each")
        return messages


def _replaced(cells: pa.Array, texts: pa.StringArray) -> pa.Array:
    """Cells with other texts where there are any: among whole numbers, these are whole numbers or blank, which is null."""
    replacements = as_int16(pc.fill_null(texts, "")) if pa.types.is_integer(cells.type) else texts
    return pc.if_else(pc.is_valid(texts), replacements, cells)


def _days(cells: pa.Array, dates: DateColumn) -> pa.Array:
    """Days of cells; null where there is no date. As many lookups as there are different texts."""
    encoded = cells.dictionary_encode()
    days = [dates.values.get(text) for text in encoded.dictionary.to_pylist()]
    return pa.array([day.date() if day is not None else None for day in days], pa.date32()).take(encoded.indices)


def _row_list(rows: Sequence[int]) -> str:
    if len(rows) > _MAX_LISTED_ROWS:
        return abbreviated_list([str(row) for row in rows])
    return ", ".join(str(row) for row in rows[:-1]) + f" and {rows[-1]}"
