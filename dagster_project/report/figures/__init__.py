"""Figures: drawings of results, each with its numbers as a table and in words.

Belongs here: what is drawn, and how. Does not belong here: numbers that are not results, HTML, where figures stand.
"""

from dagster_project.report.figures.drawing import thumbnail
from dagster_project.report.figures.plans import PEOPLE_SCORES_QUERY, draw_figures, figure_tables

__all__ = ["PEOPLE_SCORES_QUERY", "draw_figures", "figure_tables", "thumbnail"]
