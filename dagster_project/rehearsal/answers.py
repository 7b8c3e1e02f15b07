"""What a run would reject of an export: cells that are no answers, people who are not on the roster.

Belongs here: the findings on them. Does not belong here: the rule for a cell (exports/cell_rules.py), comparing identifiers
(exports/identifiers.py).
"""

from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path

from dagster_project.exports import (
    STRANGERS_CURE,
    ContractResult,
    ExportError,
    ReadCells,
    ambiguous_identifiers,
    ambiguous_words,
    contract_of_file,
    did_you_mean,
    find_files,
    is_of_list,
    quoted,
    rejected_cure,
    strangers,
)
from dagster_project.study import CONCEALED_TEXT, PARTICIPANTS, Export, Study, comparable

_MAX_LISTED = 3
#: How alike a text and a declared one must be for the question whether the one is meant, 0 to 1.
_MIN_SIMILARITY = 0.7
#: Encodings that are taken for one another: spreadsheets of the West, of Central Europe, Cyrillic ones, old Macs.
_ENCODINGS = ("cp1252", "mac_roman", "cp1250", "cp1251", "iso8859-15", "cp850", "utf-8")


def rejected_cells(study: Study, cells_read: Iterable[ReadCells]) -> Iterator[tuple[bool, str]]:
    """A line for each block or variable with cells that a run would reject, and whether they are too many for a release."""
    for cells in cells_read:
        n_rejected = cells.rejected.total()
        if n_rejected:
            is_concealed = cells.block == PARTICIPANTS and cells.name == study.protocol.concealed_variable
            yield n_rejected > study.protocol.rejected_share * cells.value_count, _rejected_line(cells, is_concealed)


def _rejected_line(cells: ReadCells, is_concealed: bool) -> str:
    """is_concealed: the texts may tell a concealed group and are not said."""
    n_rejected = cells.rejected.total()
    commonest = cells.rejected.most_common()
    text_list = ", ".join(_text_and_place(cells, text, n) for text, n in commonest[:_MAX_LISTED])
    text_list += f" and {len(commonest) - _MAX_LISTED} more texts" if len(commonest) > _MAX_LISTED else ""
    text_list = CONCEALED_TEXT if is_concealed else text_list
    kind = "fits" if cells.block == PARTICIPANTS else "is an answer"
    beginning = (
        f"none of the {cells.value_count} values of {cells.name} {kind}: {text_list}"
        if n_rejected == cells.value_count
        else f"{n_rejected} of the {cells.value_count} values of {cells.name} would be rejected: {text_list}"
    )
    cure = rejected_cure(cells.block, [text for text, _ in commonest])
    questions = [question for text, _ in commonest[:_MAX_LISTED] if (question := _question(text, cells.declared_texts))]
    return f"{beginning}; {questions[0] if questions and not is_concealed else cure}"


def _text_and_place(cells: ReadCells, text: str, n: int) -> str:
    """A rejected text, how often it stands there, and in which column, where that is one of several."""
    is_one_of_several = cells.block != PARTICIPANTS and not is_of_list(text)
    column = cells.columns.get(text) if is_one_of_several else None
    notes = [f"{n} times"] if n > 1 else []
    notes += [f"column {quoted(column)}"] if column is not None else []
    return f"{quoted(text)} ({', '.join(notes)})" if notes else quoted(text)


def _question(text: str, declared_texts: frozenset[str]) -> str:
    """Which declared text a cell's text may be meant for: in another encoding, in other case, or with a slip."""
    cell_text = comparable(text)
    if is_of_list(cell_text):
        return ""  # the contract asks about it
    for source in _ENCODINGS:
        for target in _ENCODINGS:
            try:
                redecoded_text = cell_text.encode(source).decode(target)
            except UnicodeError:
                continue
            if redecoded_text != cell_text and comparable(redecoded_text) in declared_texts:
                return f"read as {target}, {cell_text!a} is {quoted(redecoded_text)}; say so under encoding of the export"
    by_letters = {" ".join(text.casefold().split()): text for text in declared_texts}
    close = get_close_matches(" ".join(cell_text.casefold().split()), by_letters, 1, _MIN_SIMILARITY)
    if not close or cell_text.replace(",", "").replace(".", "").lstrip("+-").isdigit():
        return ""
    return f"is {cell_text!a} meant for {by_letters[close[0]]!a}? Declare it, too, or correct the cell"


def read_roster(study: Study) -> dict[Path, ContractResult]:
    """The contract of each of the roster's files in use; none if it has not arrived or cannot be read, which is said
    elsewhere."""
    export = study.protocol.roster
    try:
        files = find_files(study.folder, export)
        files = files if export.files == "parts" else files[-1:]
        return {file: contract_of_file(file, file.name, study, export) for file in files}
    except ExportError:
        return {}


def identifiers_in(contract_results: Iterable[ContractResult]) -> list[str]:
    """The identifiers of the accepted rows of files."""
    return [name for part in contract_results for name in part.respondents.to_pylist() if name is not None]


def people_not_on_roster(export: Export, contract_result: ContractResult, roster: Sequence[str]) -> Iterator[str]:
    """A line that names the people of a wave who are not on the roster, and one for those who may be several people of it;
    none without a roster."""
    if export.wave is None or not roster:
        return
    names = identifiers_in([contract_result])
    if ambiguous := ambiguous_identifiers(names, roster, export.respondents):
        yield ambiguous_words(ambiguous)
    if unknown := strangers(names, roster, export.respondents):
        text_list = ", ".join(f"{name!r}{did_you_mean(name, roster)}" for name in unknown[:_MAX_LISTED])
        text_list += f" and {len(unknown) - _MAX_LISTED} more" if len(unknown) > _MAX_LISTED else ""
        yield f"not on the roster: {text_list}; {STRANGERS_CURE}"
