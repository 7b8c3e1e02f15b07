"""Repeat groups of ODK and KoboToolbox: a file or sheet of its own, whose rows are no people but name their submission.

Belongs here: knowing such a file by its columns, and joining its rows with their submissions. Does not belong here: rows of
REDCap's repeated instruments (row_rules.py), which of a person's rows counts (rows and duplicates of the export).

The submissions are those that their own export accepts: a row of a submission that is set aside is set aside with it.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.exports.contract_result import ContractResult
from dagster_project.exports.errors import ExportError, bare_or_quoted, plain, quoted
from dagster_project.exports.headers import header_key
from dagster_project.exports.table import HeldCells, TextTable
from dagster_project.study import SUBMISSION_RESPONDENT, Export, RowRule
from dagster_project.withholding import of_cell, of_person

#: The column of a repeat group that names its submission, and the column of the submissions that it is the key of.
_KEYS = {"PARENT_KEY": "KEY", "_submission__uuid": "_uuid", "_submission__id": "_id", "_parent_index": "_index"}
#: The columns that no file of submissions has.
_MARKS = ("PARENT_KEY", "_parent_index")
#: What the rows belong to, where they are a group within a group.
_TABLE_NAME = "_parent_table_name"
#: The columns that joining adds.
ANSWERED_ON, STATE = "submission.answered_on", "submission.state"
NUMBER, NUMBER_FROM_LAST = "repeat.number", "repeat.number_from_last"
_SENTENCES = {
    SUBMISSION_RESPONDENT: "is who answered the submission",
    ANSWERED_ON: "is when the submission was answered",
    STATE: "says whether the submission is accepted",
    NUMBER: "is the row's number among those of its submission",
    NUMBER_FROM_LAST: "is the row's number among those of its submission, from the last",
}
_ACCEPTED, _SET_ASIDE, _UNKNOWN = "accepted", "set aside", "not there"


@dataclass(frozen=True)
class _Submission:
    respondent: str
    answered_on: str
    state: str


def repeat_group_mark(columns: Iterable[str]) -> str | None:
    """The column that only a repeat group's file has; None in any other file."""
    return next((column for column in columns if column in _MARKS), None)


def repeat_group_question(columns: Iterable[str], export: Export) -> str | None:
    """What is asked of a file whose rows name their submission, if its export does not say so; None for any other file."""
    mark = repeat_group_mark(column for column in columns if column not in export.ignored)
    if export.repeat_of is not None or mark is None:
        return None
    return (
        f"column {quoted(mark)}: this is the file of a repeat group, and its rows are no people; say repeat_of: and the"
        f" export of its submissions; if they were joined already, name {quoted(mark)} under ignored"
    )


def with_submissions(
    table: TextTable, name: str, export: Export, submissions: Sequence[ContractResult], submission_export: Export
) -> TextTable:
    """The rows of a repeat group with their submission's respondent and day, and their number in it.

    Raises ExportError, one line, where no column names the submissions, or two people's have the same key.
    """
    key_column, submission_key = _key_columns(table, name, submissions, submission_export)
    by_key = _submissions_by_key(submissions, submission_key, submission_export)
    if clashes := [column for column in table.columns if header_key(column) in _SENTENCES]:
        raise ExportError(f"{plain(name)}: column {quoted(clashes[0])} has a name that joining gives; rename it")
    texts = table.texts([table.columns.index(key_column)]).column(0).to_pylist()
    # A group within a group names the row above it, whose key begins with the submission's.
    keys = [text.strip().split("/")[0] if key_column == "PARENT_KEY" else text.strip() for text in texts]
    counts, numbers = Counter[str](), []
    for key in keys:
        counts[key] += 1
        numbers.append(counts[key])
    unknown = _Submission("", "", _UNKNOWN)
    found_submissions = [by_key.get(key, unknown) for key in keys]
    joined_columns = {
        SUBMISSION_RESPONDENT: [submission.respondent for submission in found_submissions],
        ANSWERED_ON: [submission.answered_on for submission in found_submissions],
        STATE: [submission.state for submission in found_submissions],
        NUMBER: [str(number) for number in numbers],
        NUMBER_FROM_LAST: [str(counts[key] - number + 1) for key, number in zip(keys, numbers, strict=True)],
    }
    cells = table.cells
    for texts_of_column in joined_columns.values():
        cells = cells.append_column(str(cells.num_columns), pa.array(texts_of_column, pa.string()))
    n_unknown = sum(submission is unknown for submission in found_submissions)
    warnings = (
        f"{n_unknown} rows name a submission that is not in {_names(submissions)}; they are set aside; export both again, at"
        " one time",
    )
    return replace(
        table,
        columns=(*table.columns, *joined_columns),
        content=HeldCells(cells),
        warnings=(*table.warnings, *(warnings if n_unknown else ())),
        joined_columns={
            **{column: f"column {quoted(column)} {words}" for column, words in _SENTENCES.items()},
            **{column: f"column {quoted(column)} is a key of the tool" for column in table.columns if _is_key(column)},
        },
    )


def export_of_repeats(export: Export, submission_export: Export) -> Export:
    """The declaration of a repeat group's export with what follows from that of its submissions."""
    return export.model_copy(
        update={
            "answered_on": None if submission_export.answered_on is None else ANSWERED_ON,
            "dates": submission_export.dates,
            "two_digit_years_from": submission_export.two_digit_years_from,
            "set_aside": (
                RowRule(column=STATE, equals=(_SET_ASIDE,), reason="submission_set_aside"),
                RowRule(column=STATE, equals=(_UNKNOWN,), reason="no_submission"),
                *export.set_aside,
            ),
        }
    )


def _is_key(column: str) -> bool:
    return column in (*_KEYS, *_KEYS.values(), _TABLE_NAME) or column.startswith("_submission__")


def _key_columns(
    table: TextTable, name: str, submissions: Sequence[ContractResult], submission_export: Export
) -> tuple[str, str]:
    for key_column, submission_key in _KEYS.items():
        if key_column in table.columns and all(submission_key in part.table.columns for part in submissions):
            if key_column == "_parent_index":
                _refuse_groups_in_groups(table, name, submission_export)
            return key_column, submission_key
    raise ExportError(
        f"{plain(name)}: no column names the rows of {_names(submissions)} (PARENT_KEY for KEY, _submission__uuid for"
        " _uuid); export both with their keys, or take repeat_of out of the export"
    )


def _refuse_groups_in_groups(table: TextTable, name: str, submission_export: Export) -> None:
    """The number of a row is that of the table above: of the submissions only where the file says so."""
    names = set()
    if _TABLE_NAME in table.columns:
        names = set(pc.unique(table.texts([table.columns.index(_TABLE_NAME)]).column(0)).to_pylist())
    if names - {submission_export.sheet} or (table.row_count and not names):
        tables = ", ".join(of_cell(quoted(table_name)) for table_name in sorted(names)) or "a table"
        raise ExportError(
            f'{plain(name)}: column "_parent_index" numbers the rows of {tables},'
            " perhaps a group within a group; export it with _submission__uuid, and the submissions with _uuid"
        )


def _submissions_by_key(
    submissions: Sequence[ContractResult], submission_key: str, export: Export
) -> Mapping[str, _Submission]:
    by_key: dict[str, _Submission] = {}
    people: dict[str, set[str]] = defaultdict(set)
    for part in submissions:
        positions = [part.table.columns.index(submission_key), part.column_positions["respondent"]]
        positions.append(part.column_positions["answered_on"])
        columns = [_texts(part.table, position) for position in positions]
        accepted = [True] * part.rows_in_file if part.is_accepted is None else part.is_accepted.to_pylist()
        for key, respondent, answered_on, is_accepted in zip(*columns, accepted, strict=True):
            if not key.strip():
                continue
            if is_accepted:
                meant_respondent = export.respondents.get(respondent.strip(), respondent)
                by_key[key.strip()] = _Submission(meant_respondent, answered_on, _ACCEPTED)
                people[key.strip()].add(meant_respondent)
            else:
                by_key.setdefault(key.strip(), _Submission("", "", _SET_ASIDE))
    for key, names in people.items():
        if len(names) > 1:
            raise ExportError(
                f"{_names(submissions)}: {', '.join(of_person(person, bare_or_quoted(person)) for person in sorted(names))}"
                f" have the same {submission_key} {of_cell(quoted(key))}; export the file again"
            )
    return by_key


def _texts(table: TextTable, position: int | None) -> list[str]:
    if position is None:
        return [""] * table.row_count
    texts: list[str] = table.texts([position]).column(0).to_pylist()
    return texts


def _names(submissions: Sequence[ContractResult]) -> str:
    return ", ".join(plain(part.name) for part in submissions)
