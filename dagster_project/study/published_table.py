"""The declaration of published numbers that results are compared with.

Belongs here: its keys. Does not belong here: reading the numbers (results/published.py).
"""

from typing import Literal

from pydantic import Field

from dagster_project.study.base import Definition, Text


class PublishedTable(Definition):
    """Published tables in long form, to compare results with."""

    file: str = Field(description="the CSV file below the study folder")
    tables: dict[Text, Literal["characteristics", "service_use", "summary", "change"]] = Field(
        description="the number of a table: the analysis it prints"
    )
