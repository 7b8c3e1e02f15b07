"""Exports: find a file, land it unchanged, read it as text, match its columns with the protocol.

Belongs here: one reader for each format behind one interface, landing, and the contract between an export and its
declaration. Does not belong here: typing an answer (dbt staging), Dagster, the warehouse. This package imports `study` and
`terminal` only.
"""

from dagster_project.exports.arrivals import DEFINITIONS, Look, Memory, Taken, digest_of, look, read_taken, write_taken
from dagster_project.exports.columns import ColumnFinding
from dagster_project.exports.contract import apply_contract
from dagster_project.exports.contract_result import Contracted
from dagster_project.exports.decoding import decode
from dagster_project.exports.errors import ExportError, quoted
from dagster_project.exports.landing import Arrival, LandedFile, find_files, is_whole, land, note_arrivals, noted_arrivals
from dagster_project.exports.proposals import Proposal, Read, labels_unlike, propose, propose_labels, unlike_before
from dagster_project.exports.pseudonyms import pseudonym, pseudonyms
from dagster_project.exports.read import dictionary_of, read_export
from dagster_project.exports.repeats import repeated_texts
from dagster_project.exports.table import TextTable
from dagster_project.exports.whole_numbers import as_text

__all__ = [
    "DEFINITIONS",
    "Arrival",
    "ColumnFinding",
    "Contracted",
    "ExportError",
    "LandedFile",
    "Look",
    "Memory",
    "Proposal",
    "Read",
    "Taken",
    "TextTable",
    "apply_contract",
    "as_text",
    "decode",
    "dictionary_of",
    "digest_of",
    "find_files",
    "is_whole",
    "labels_unlike",
    "land",
    "look",
    "note_arrivals",
    "noted_arrivals",
    "propose",
    "propose_labels",
    "pseudonym",
    "pseudonyms",
    "quoted",
    "read_export",
    "read_taken",
    "repeated_texts",
    "unlike_before",
    "write_taken",
]
