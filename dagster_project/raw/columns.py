"""The columns of an export's table in schema raw. Nothing else belongs here."""

from dagster_project.exports import date_codes, date_column
from dagster_project.study import DURATION, Export, Study

#: The roster's columns for people who left; null where the protocol declares none.
LEAVING = ("withdrawn_on", "withdrawal_reason", "excluded_on", "exclusion_reason")


#: The roster's column that says whether the study excluded a person: whoever has a day or a reason of exclusion.
IS_EXCLUDED = "is_excluded"


def day_columns(export: Export) -> list[str]:
    """The columns of an export's table that hold days, read from its columns of dates."""
    return [date_column(code) for code in date_codes(export)]


def export_columns(study: Study, export: Export) -> list[str]:
    """The text columns of an export's table."""
    codes = [code for block in export.blocks for code in study.block_codes(block.block)]
    if export.wave is None:
        codes += LEAVING
    times = [DURATION] if export.duration is not None else []
    return ["participant_id", "respondent", "answered_on", *times, *codes, "source_file"]
