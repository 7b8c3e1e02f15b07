"""Whose rows of which files are to go: a person by the identifier of the roster and by what exports write instead.

Belongs here: a person's spellings, and the rows of an export's file that are theirs. Does not belong here: taking them out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.erasure.errors import ErasureError
from dagster_project.exports import (
    composed,
    composed_identifiers,
    contract_of_file,
    did_you_mean,
    pseudonym,
    quoted,
    read_table,
)
from dagster_project.exports.columns import ColumnMatch
from dagster_project.study import Export, Study


@dataclass(frozen=True)
class Person:
    """identifier: as the roster writes it. spellings: that and what exports write for it. pseudonym: in the marts."""

    identifier: str
    spellings: tuple[str, ...]
    pseudonym: str


def person_of(study: Study, identifier: str, key: bytes) -> Person:
    """The person of an identifier. Raises ErasureError for what is only an export's spelling of somebody."""
    name = composed(identifier.strip())
    if not name:
        raise ErasureError("the identifier is blank; name the person as the roster does")
    spellings = [name]
    for export in study.protocol.exports:
        for spelling, roster_name in export.respondents.items():
            if composed(roster_name.strip()) == name:
                spellings.append(composed(spelling.strip()))
            elif composed(spelling.strip()) == name:
                raise ErasureError(
                    f"{identifier!r} is what export {export.export} writes for {roster_name!r}; name the person as the"
                    " roster does"
                )
    return Person(name, tuple(dict.fromkeys(spellings)), pseudonym(name, key))


def identifiers_of(path: Path, name: str, study: Study, export: Export) -> tuple[pa.Array, pa.Array]:
    """The identifier and the source row of every record of a file, also of those that a run sets aside.

    Raises ErasureError where the file has no column of identifiers, ExportError where it cannot be read.
    """
    if export.repeat_of is not None:
        table = contract_of_file(path, name, study, export).table
    else:
        table = read_table(path, export.reader, name, export.layout)
    position = ColumnMatch(table, study, export).position(export.respondent)
    if position is None:
        raise ErasureError(
            f"{quoted(name)}: the column {quoted(export.respondent)} of export {export.export} is not there, so nobody can"
            " say whose its rows are; put the right file there, or move it away"
        )
    cells = table.texts([position]).column(0).combine_chunks()
    return composed_identifiers(cells), table.source_rows


def rows_of_person(identifiers: tuple[pa.Array, pa.Array], person: Person) -> list[int]:
    """The source rows that are the person's."""
    texts, source_rows = identifiers
    rows: list[int] = pc.filter(source_rows, pc.is_in(texts, value_set=pa.array(person.spellings, pa.string()))).to_pylist()
    return rows


def unknown_person(identifier: str, identifiers: Sequence[str]) -> ErasureError:
    """The refusal of an identifier that is nowhere."""
    return ErasureError(f"{identifier!r} is in no export and in no release{did_you_mean(identifier, identifiers)}")
