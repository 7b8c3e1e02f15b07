"""The columns of an export's table in schema raw. Nothing else belongs here."""

from dagster_project.exports import date_column
from dagster_project.study import Export, Study

#: The roster's columns for people who left; null where the protocol declares none.
LEAVING = ("withdrawn_on", "withdrawal_reason", "excluded_on", "exclusion_reason")
#: Codes of columns that hold dates: of every export, and of the roster.
_DATES = ("answered_on",)
_LEAVING_DATES = ("withdrawn_on", "excluded_on")


def day_columns(export: Export) -> list[str]:
    """The columns of an export's table that hold days, read from its columns of dates."""
    codes = (*_DATES, *_LEAVING_DATES) if export.wave is None else _DATES
    return [date_column(code) for code in codes]


def export_columns(study: Study, export: Export) -> list[str]:
    """The text columns of an export's table."""
    codes = [code for block in export.blocks for code in study.block_codes(block.block)]
    if export.wave is None:
        codes += LEAVING
    return ["participant_id", "respondent", "answered_on", *codes, "source_file"]
