"""How long a sheet took: which column of an export says so, and in which unit.

Belongs here: the declaration `duration` of an export. Does not belong here: reading a cell (dbt/macros/durations.sql), what
little time means (careless.py).
"""

from typing import Literal

from pydantic import Field

from dagster_project.study.base import Definition, Text
from dagster_project.study.decimal_marks import DecimalMarks

#: What a rejected cell of such a column is called in the lists of answers; no item of a study with durations has this code.
DURATION = "duration"


class Duration(Definition):
    """The column with the time that a sheet took."""

    column: Text = Field(description="the column that holds it, e.g. interviewtime or 'Duration (in seconds)'")
    unit: Literal["seconds", "milliseconds", "minutes", "clock"] = Field(
        description="what its numbers are in: seconds, milliseconds or minutes; clock for hours:minutes:seconds"
    )


class TimedExport(DecimalMarks):
    """What an export may say of the time that its sheets took."""

    duration: Duration | None = Field(
        default=None,
        description="the column with the time that a sheet took, e.g. {column: interviewtime, unit: seconds}",
    )

    @property
    def duration_column(self) -> str | None:
        """The column with that time, where one is declared."""
        return None if self.duration is None else self.duration.column
