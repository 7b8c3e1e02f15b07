"""The way in: find an export, land it unchanged, read it as text, match its columns with the protocol.

Belongs here: one reader a format behind one interface, landing, and the contract between an export and its declaration.
Does not belong here: typing an answer (dbt staging), Dagster, the warehouse. This package imports `study` only.
"""

from dagster_project.exports.arrivals import Look, Memory, look
from dagster_project.exports.contract import ColumnFinding, Contracted, apply_contract
from dagster_project.exports.decoding import decode
from dagster_project.exports.errors import ExportError
from dagster_project.exports.landing import LandedFile, find_files, land
from dagster_project.exports.proposals import Proposal, Read, labels_unlike, propose, propose_labels, unlike_before
from dagster_project.exports.pseudonyms import pseudonym, pseudonyms
from dagster_project.exports.read import dictionary_of, read_export
from dagster_project.exports.repeats import repeated_texts
from dagster_project.exports.table import TextTable
from dagster_project.exports.whole_numbers import as_text

__all__ = [
    "ColumnFinding",
    "Contracted",
    "ExportError",
    "LandedFile",
    "Look",
    "Memory",
    "Proposal",
    "Read",
    "TextTable",
    "apply_contract",
    "as_text",
    "decode",
    "dictionary_of",
    "find_files",
    "labels_unlike",
    "land",
    "look",
    "propose",
    "propose_labels",
    "pseudonym",
    "pseudonyms",
    "read_export",
    "repeated_texts",
    "unlike_before",
]
