"""The page: what people read, rendered from results. Belongs here: formats of output. Does not belong here: arithmetic."""

from dagster_project.report.page import write_page
from dagster_project.report.tables import write_ard, write_tables

__all__ = ["write_ard", "write_page", "write_tables"]
