"""The page: what people read, rendered from results. Belongs here: formats of output. Does not belong here: arithmetic."""

from dagster_project.report.deposit import SUBJECTS, write_dictionary, write_package
from dagster_project.report.figure import FIGURES_COLUMNS, Figure
from dagster_project.report.numbers import COLUMNS, LEFT_OUT_OF_PAIRS, LEFT_OUT_OF_WAVES, Sources, page_numbers
from dagster_project.report.page import Released, write_page
from dagster_project.report.tables import write_ard, write_figures, write_tables

__all__ = [
    "COLUMNS",
    "FIGURES_COLUMNS",
    "LEFT_OUT_OF_PAIRS",
    "LEFT_OUT_OF_WAVES",
    "SUBJECTS",
    "Figure",
    "Released",
    "Sources",
    "page_numbers",
    "write_ard",
    "write_dictionary",
    "write_figures",
    "write_package",
    "write_page",
    "write_tables",
]
