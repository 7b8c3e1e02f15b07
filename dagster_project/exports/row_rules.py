"""Rows: which rows of an export are accepted, and why the others are set aside.

Belongs here: the rules on rows, in the order of the protocol. Does not belong here: matching columns (columns.py).
"""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.exports.cell_text import one_chunk
from dagster_project.exports.columns import ColumnMatch
from dagster_project.exports.dates import DateColumn, utc_offset
from dagster_project.exports.errors import abbreviated_list, bare_or_quoted, quoted
from dagster_project.exports.identifiers import composed_identifiers
from dagster_project.exports.repeats import repeated_texts
from dagster_project.exports.table import TextTable
from dagster_project.study import INVISIBLE, Export, RowFilter, comparable, number_in
from dagster_project.withholding import of_cell

#: Why a row without an identifier is set aside.
NO_PARTICIPANT = "no_participant"
#: Why a row of a file that holds several waves is set aside: it belongs to another export of the protocol.
OTHER_WAVE = "other_wave"
#: Why a further row of a participant is set aside.
DUPLICATE = "duplicate"
#: Why a row that repeats the header is set aside: two files were pasted together.
HEADER_ROW = "header_row"
_TRUTH_VALUES = {"true": 1.0, "false": 0.0}
#: How REDCap calls the number of a row among those of a repeated instrument, by its name and by its label.
_INSTANCE = ("redcap_repeat_instance", "Repeat Instance")
#: And that instrument, in the same order.
_INSTRUMENT = ("redcap_repeat_instrument", "Repeat Instrument")


def row_verdicts(
    columns: ColumnMatch,
    export: Export,
    respondents: pa.ChunkedArray | None,
    answer_dates: DateColumn | None,
    row_count: int,
) -> tuple[pa.Array, pa.Array]:
    """Reason and detail of each row that is set aside, null for accepted rows.

    respondents: the identifiers as written; None if the file has no such column. answer_dates: of the column answered_on.
    """
    reasons, details = _rule_verdicts(columns, export, row_count)
    if respondents is not None and (header_rows := columns.header_rows(respondents)):
        is_header = np.zeros(row_count, bool)
        is_header[header_rows] = True
        applies = pc.and_(pa.array(is_header), pc.is_null(reasons))
        reasons = pc.if_else(applies, HEADER_ROW, reasons)
        details = pc.if_else(applies, "this row repeats the header", details)
    has_no_respondent = pc.is_null(reasons)
    if respondents is not None:
        has_no_respondent = pc.and_(pc.is_null(null_if_blank(respondents)), has_no_respondent)
    reasons = pc.if_else(has_no_respondent, NO_PARTICIPANT, reasons)
    details = pc.if_else(has_no_respondent, f"column {quoted(export.respondent)} holds no identifier", details)
    if export.duplicates == "refuse" or respondents is None:
        return reasons, details
    return _without_duplicates(columns, export, respondents, answer_dates, reasons, details)


def _rule_verdicts(columns: ColumnMatch, export: Export, row_count: int) -> tuple[pa.Array, pa.Array]:
    """Reason and detail by the rules of the protocol; the first rule that applies to a row gives them."""
    reasons = pa.nulls(row_count, pa.string())
    details = pa.nulls(row_count, pa.string())
    for row_filter in export.rows:
        if (texts := columns.comparable_cells(row_filter.column)) is None:
            continue
        is_other_wave = pc.invert(pc.is_in(texts, value_set=pa.array([comparable(text) for text in row_filter.equals])))
        is_other_wave = pc.and_(is_other_wave, pc.is_null(reasons))
        reasons = pc.if_else(is_other_wave, OTHER_WAVE, reasons)
        wave_details = pc.binary_join_element_wise(f"column {quoted(row_filter.column)} is ", texts, "")
        details = pc.if_else(is_other_wave, wave_details, details)
    for rule in export.set_aside:
        if (texts := columns.comparable_cells(rule.column)) is None:
            continue
        for text in rule.equals:
            applies = pc.and_(pc.equal(texts, comparable(text)), pc.is_null(reasons))
            reasons = pc.if_else(applies, rule.reason, reasons)
            details = pc.if_else(applies, f"column {quoted(rule.column)} is {quoted(text)}", details)
    return reasons, details


def _without_duplicates(
    columns: ColumnMatch,
    export: Export,
    respondents: pa.ChunkedArray,
    answer_dates: DateColumn | None,
    reasons: pa.Array,
    details: pa.Array,
) -> tuple[pa.Array, pa.Array]:
    """Set all but one of a participant's rows aside, by the declared rule."""
    is_accepted = pc.is_null(reasons)
    repeated_participants = repeated_texts(pc.filter(respondents, is_accepted))
    if not len(repeated_participants):
        return reasons, details
    trimmed = composed_identifiers(respondents)
    is_repeated = pc.and_(pc.is_in(trimmed, value_set=repeated_participants), is_accepted)
    row_indices = np.flatnonzero(is_repeated.to_numpy(zero_copy_only=False)).tolist()
    groups: dict[str, list[int]] = defaultdict(list)
    for row_index, participant in zip(row_indices, pc.filter(trimmed, is_repeated).to_pylist(), strict=True):
        groups[participant].append(row_index)
    is_first_rule = export.duplicates == "first"
    answered_on = columns.cells(export.answered_on) if not is_first_rule and export.answered_on else None
    answer_counts = {} if is_first_rule else columns.answer_counts(row_indices)
    source_rows = columns.source_rows
    duplicates: dict[int, str] = {}
    for participant, group in groups.items():
        chosen_row = group[0] if is_first_rule else _latest_complete(group, answer_counts, answered_on, answer_dates)
        source_row = source_rows[chosen_row].as_py()
        detail = f"participant {bare_or_quoted(participant)}: row {source_row} is kept ({export.duplicates})"
        duplicates |= {row_index: detail for row_index in group if row_index != chosen_row}
    is_duplicate = np.zeros(len(source_rows), bool)
    is_duplicate[list(duplicates)] = True
    mask = pa.array(is_duplicate)
    duplicate_details = pa.array([duplicates[row_index] for row_index in sorted(duplicates)], pa.string())
    return pc.if_else(mask, DUPLICATE, reasons), pc.replace_with_mask(one_chunk(details), mask, duplicate_details)


def _latest_complete(
    group: list[int],
    answer_counts: Mapping[int, int],
    answered_on: pa.ChunkedArray | None,
    answer_dates: DateColumn | None,
) -> int:
    """The row with the most answers; of several, the one answered last: by date if all have one, else by row order.

    Where all say how far they are from UTC, 2:10 in winter time is after 2:50 in summer time.
    """
    max_count = max(answer_counts[row_index] for row_index in group)
    fullest_rows = [row_index for row_index in group if answer_counts[row_index] == max_count]
    dates = []
    if answered_on is not None and answer_dates is not None:
        texts = [answered_on[row_index].as_py() for row_index in fullest_rows]
        dates = [answer_dates.values.get(text) for text in texts]
        offsets = [utc_offset(text or "") for text in texts]
        if None not in offsets:
            dates = [date - (offset or timedelta()) if date else None for date, offset in zip(dates, offsets, strict=True)]
    if dates and all(date is not None for date in dates):
        return max(zip(dates, fullest_rows, strict=True), key=lambda pair: (pair[0] or datetime.min, pair[1]))[1]
    return fullest_rows[-1]


def rows_of_no_wave(columns: ColumnMatch, export: Export) -> tuple[str, ...]:
    """Of a file that holds several waves: a line for each kind of row in it that no export of the protocol takes.

    Rows are told apart by all columns that the rules of any export of the folder look at; named are the values that no rule
    has, or all of them where it is their combination.
    """
    rules = [sibling.rows for sibling in columns.exports_of_folder if sibling.rows]
    if not export.rows or not rules:
        return ()
    names = dict.fromkeys(row_filter.column for rule in rules for row_filter in rule)
    cells = {name: texts for name in names if (texts := columns.comparable_cells(name)) is not None}
    if len(cells) < len(names):
        return ()  # a rule's column is missing, which is a problem of its own
    kinds = pa.table(cells).group_by(list(cells)).aggregate([([], "count_all")]).to_pylist()
    declared_texts = {
        name: {
            comparable(text)
            for rule in rules
            for row_filter in rule
            if row_filter.column == name
            for text in row_filter.equals
        }
        for name in names
    }
    kinds = [kind for kind in kinds if not any(all(_has_text(kind, rule_part) for rule_part in rule) for rule in rules)]
    if export.repeat_of is not None and kinds:
        n_rows = sum(kind["count_all"] for kind in kinds)
        return (
            f"{n_rows} row{'s' * (n_rows > 1)} of the repeat group {'are' if n_rows > 1 else 'is'} taken by no export, by"
            f" column {' and '.join(map(quoted, names))}; declare an export for them if they are a wave",
        )
    lines = []
    for kind in sorted(kinds, key=lambda kind: [kind[name] or "" for name in names]):
        unknown_values = [name for name in names if kind[name] not in declared_texts[name]] or list(names)
        description = " and ".join(
            f"column {quoted(name)} is {of_cell(quoted(kind[name] or ''))}" for name in unknown_values
        )
        lines.append(
            f"{kind['count_all']} rows whose {description} belong to a wave that the protocol does not declare; declare an"
            " export for them"
        )
    return tuple(lines)


def repeated_rows(columns: ColumnMatch, table: TextTable, export: Export, reasons: pa.Array) -> tuple[str, ...]:
    """A line on rows of REDCap's repeated instruments that are taken although no rule of the export looks at instances: each
    is taken for the person's row of the wave, and of several a rule on duplicates keeps one, whichever it is.

    reasons: why each row is set aside; null for accepted rows.
    """
    rule_columns = {rule.column for rule in export.rows} | {rule.column for rule in export.set_aside}
    if export.reader != "redcap" or rule_columns & {*_INSTANCE}:
        return ()
    for column, instrument_column in zip(_INSTANCE, _INSTRUMENT, strict=True):
        if (position := columns.position(column)) is None:
            continue
        instances = pc.utf8_trim_whitespace(table.texts([position]).column(0))
        is_taken = pc.or_kleene(pc.is_null(reasons), pc.equal(reasons, DUPLICATE))
        is_instance = pc.and_(pc.not_equal(instances, ""), is_taken)
        count = pc.sum(is_instance).as_py()
        if count:
            names, instrument = instances, columns.position(instrument_column)
            if instrument is not None:
                instruments = pc.utf8_trim_whitespace(table.texts([instrument]).column(0))
                names = pc.binary_join_element_wise(instruments, instances, " ")
            kinds = sorted(pc.value_counts(pc.filter(names, is_instance)).to_pylist(), key=lambda kind: kind["values"])
            kind_list = abbreviated_list([f"{of_cell(quoted(kind['values'].strip()))} ({kind['counts']})" for kind in kinds])
            consequence = (
                "no rule of the export tells them from other rows"
                if export.duplicates == "refuse"
                else f"{export.duplicates} keeps one row of a person, whichever instance it is"
            )
            return (
                f"column {quoted(column)}: {count} rows are instances of repeated instruments, {kind_list}, and"
                f" {consequence}; say under rows of the export which instrument and instance it takes",
            )
    return ()


def _has_text(kind: Mapping[str, str], row_filter: RowFilter) -> bool:
    return (kind[row_filter.column] or "") in {comparable(text) for text in row_filter.equals}


def near_misses(columns: ColumnMatch, export: Export) -> tuple[str, ...]:
    """A line for each text that a rule on rows misses by its spelling only: it is asked whether it is meant.

    Workbooks write FALSE where text files have False or 0, and programs 0.0 where the tool wrote 0; rows that a rule should
    set aside would count as people.
    """
    lines = []
    rules = [(rule.column, rule.equals, "set_aside") for rule in export.set_aside]
    rules += [(row_filter.column, row_filter.equals, "rows") for row_filter in export.rows]
    for column, texts, key in rules:
        if (cells := columns.comparable_cells(column)) is None:
            continue
        declared_texts = {comparable(text) for text in texts}
        by_spelling = {_any_spelling(text): text for text in declared_texts}
        for found_text in pc.unique(cells).to_pylist():
            if found_text not in declared_texts and (spelling := _any_spelling(found_text)) in by_spelling:
                lines.append(
                    f"column {quoted(column)} holds {of_cell(quoted(found_text))}, and the rule under {key} says"
                    f" {quoted(by_spelling[spelling])}; add the text to the rule, or correct it"
                )
    return tuple(lines)


def _any_spelling(text: str) -> str | float:
    """What a text has in common with its other spellings: letters of any case, a number, a truth value as a number."""
    number = number_in(text, ".")
    return _TRUTH_VALUES.get(text.casefold(), text.casefold()) if number is None else number


def null_if_blank(cells: pa.ChunkedArray) -> pa.ChunkedArray:
    is_blank = pc.equal(pc.utf8_trim(cells, INVISIBLE), "")
    return pc.if_else(is_blank, pa.scalar(None, pa.string()), cells)
