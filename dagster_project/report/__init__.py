"""The page: what people read, rendered from results. Belongs here: formats of output. Does not belong here: arithmetic."""

from dagster_project.report.deposit import SUBJECTS, write_dictionary, write_package
from dagster_project.report.figure import FIGURES_TABLE, Figure
from dagster_project.report.joint import joint_rows, table_joint_display
from dagster_project.report.latex import write_latex
from dagster_project.report.methods import citation, methods
from dagster_project.report.numbers import COLUMNS, LEFT_OUT, Sources, page_numbers
from dagster_project.report.page import Released, turned_claims, write_page
from dagster_project.report.people import LISTED, MOST_PEOPLE
from dagster_project.report.tables import write_ard, write_figures, write_tables
from dagster_project.report.word import write_word
from dagster_project.report.workbook import write_workbook

__all__ = [
    "COLUMNS",
    "FIGURES_TABLE",
    "LEFT_OUT",
    "LISTED",
    "MOST_PEOPLE",
    "SUBJECTS",
    "Figure",
    "Released",
    "Sources",
    "citation",
    "joint_rows",
    "methods",
    "page_numbers",
    "table_joint_display",
    "turned_claims",
    "write_ard",
    "write_dictionary",
    "write_figures",
    "write_latex",
    "write_package",
    "write_page",
    "write_tables",
    "write_word",
    "write_workbook",
]
