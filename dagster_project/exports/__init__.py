"""Exports: find a file, land it unchanged, read it as text, match its columns with the protocol.

Belongs here: one reader for each format behind one interface, landing, and the contract between an export and its
declaration. Does not belong here: typing an answer (dbt staging), Dagster, the warehouse. This package imports `study` and
`terminal` only.
"""

from dagster_project.exports.answers import ReadCells, read_cells, rejected_cure
from dagster_project.exports.arrivals import (
    DEFINITIONS,
    Look,
    Memory,
    ReleaseInputs,
    digest_of,
    look,
    read_release_inputs,
    write_release_inputs,
)
from dagster_project.exports.cell_rules import CellRule, cell_rules
from dagster_project.exports.cell_text import comparable_cells
from dagster_project.exports.columns import ANSWERED_ON, ColumnFinding, date_codes
from dagster_project.exports.contract import apply_contract, contract_of_file
from dagster_project.exports.contract_result import ContractResult
from dagster_project.exports.crash_probe import groups_of
from dagster_project.exports.data_dictionary import DictionaryField, is_dictionary, read_dictionary
from dagster_project.exports.dates import DateColumn, date_column, read_dates
from dagster_project.exports.decoding import decode
from dagster_project.exports.durations import is_duration, rejected_durations
from dagster_project.exports.errors import ExportError, abbreviated_list, quoted
from dagster_project.exports.identifiers import (
    STRANGERS_CURE,
    ambiguous_identifiers,
    ambiguous_words,
    composed,
    composed_identifiers,
    did_you_mean,
    strangers,
)
from dagster_project.exports.label_proposals import code_in_text, codes_in_texts, propose_labels
from dagster_project.exports.landing import (
    Arrival,
    LandedFile,
    append_arrivals,
    find_files,
    is_intact,
    land,
    read_arrivals,
    replace_arrivals,
)
from dagster_project.exports.lists import is_of_list, pieces_between
from dagster_project.exports.planned import Categories, ListedPerson, listed_people, rows_with_answers
from dagster_project.exports.proposals import (
    ExportData,
    Proposal,
    find_label_changes,
    find_wave_changes,
    propose,
)
from dagster_project.exports.pseudonyms import pseudonym, pseudonyms
from dagster_project.exports.read import description_of, read_export, read_table
from dagster_project.exports.redcap import with_dictionary
from dagster_project.exports.repeat_groups import repeat_group_mark
from dagster_project.exports.repeats import repeated_texts
from dagster_project.exports.survey_definition import DefinedColumn, SurveyDefinition
from dagster_project.exports.table import TextTable
from dagster_project.exports.whole_numbers import as_text

__all__ = [
    "ANSWERED_ON",
    "DEFINITIONS",
    "STRANGERS_CURE",
    "Arrival",
    "Categories",
    "CellRule",
    "ColumnFinding",
    "ContractResult",
    "DateColumn",
    "DefinedColumn",
    "DictionaryField",
    "ExportData",
    "ExportError",
    "LandedFile",
    "ListedPerson",
    "Look",
    "Memory",
    "Proposal",
    "ReadCells",
    "ReleaseInputs",
    "SurveyDefinition",
    "TextTable",
    "abbreviated_list",
    "ambiguous_identifiers",
    "ambiguous_words",
    "append_arrivals",
    "apply_contract",
    "as_text",
    "cell_rules",
    "code_in_text",
    "codes_in_texts",
    "comparable_cells",
    "composed",
    "composed_identifiers",
    "contract_of_file",
    "date_codes",
    "date_column",
    "decode",
    "description_of",
    "did_you_mean",
    "digest_of",
    "find_files",
    "find_label_changes",
    "find_wave_changes",
    "groups_of",
    "is_dictionary",
    "is_duration",
    "is_intact",
    "is_of_list",
    "land",
    "listed_people",
    "look",
    "pieces_between",
    "propose",
    "propose_labels",
    "pseudonym",
    "pseudonyms",
    "quoted",
    "read_arrivals",
    "read_cells",
    "read_dates",
    "read_dictionary",
    "read_export",
    "read_release_inputs",
    "read_table",
    "rejected_cure",
    "rejected_durations",
    "repeat_group_mark",
    "repeated_texts",
    "replace_arrivals",
    "rows_with_answers",
    "strangers",
    "with_dictionary",
    "write_release_inputs",
]
