"""The report: results as a page, documents, tables and data. Belongs here: formats of output. Does not belong here:
arithmetic."""

from dagster_project.report.codebook_document import codebook_document_tables, codebook_texts
from dagster_project.report.data_files import write_ard, write_csv, write_figures, write_tables
from dagster_project.report.deposit import SUBJECTS, DescribedColumn, changed_files, write_dictionary, write_package
from dagster_project.report.figure import FIGURES_TABLE, Figure, PersonScore
from dagster_project.report.joint import joint_display_table, joint_rows
from dagster_project.report.lacking import lacking_texts
from dagster_project.report.latex import write_latex
from dagster_project.report.main_results import MainResults, main_results, main_texts
from dagster_project.report.methods import citation, methods
from dagster_project.report.numbers import COLUMNS, OMITTED_PEOPLE_QUERY, AnswerColumns, OmittedPeople, Sources
from dagster_project.report.page import PageContent, previous_verdicts, write_page
from dagster_project.report.page_choice import numbered_tables, ordered_figures, page_choice, relinked
from dagster_project.report.pdf import write_pdf
from dagster_project.report.people import MOST_PEOPLE, PeopleRows, read_people
from dagster_project.report.public_page import write_public_page
from dagster_project.report.public_workbook import write_public_workbook
from dagster_project.report.variant_people import people_with_variants, sources_with_variants
from dagster_project.report.word import write_word
from dagster_project.report.workbook import write_workbook

__all__ = [
    "COLUMNS",
    "FIGURES_TABLE",
    "MOST_PEOPLE",
    "OMITTED_PEOPLE_QUERY",
    "SUBJECTS",
    "AnswerColumns",
    "DescribedColumn",
    "Figure",
    "MainResults",
    "OmittedPeople",
    "PageContent",
    "PeopleRows",
    "PersonScore",
    "Sources",
    "changed_files",
    "citation",
    "codebook_document_tables",
    "codebook_texts",
    "joint_display_table",
    "joint_rows",
    "lacking_texts",
    "main_results",
    "main_texts",
    "methods",
    "numbered_tables",
    "ordered_figures",
    "page_choice",
    "people_with_variants",
    "previous_verdicts",
    "read_people",
    "relinked",
    "sources_with_variants",
    "write_ard",
    "write_csv",
    "write_dictionary",
    "write_figures",
    "write_latex",
    "write_package",
    "write_page",
    "write_pdf",
    "write_public_page",
    "write_public_workbook",
    "write_tables",
    "write_word",
    "write_workbook",
]
