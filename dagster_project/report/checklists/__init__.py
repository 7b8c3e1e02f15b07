"""Reporting checklists: what each asks, and where a release answers it.

Belongs here: the checklists as data, judging them, laying them out. Does not belong here: writing files (report/word.py,
report/data_files.py).
"""

from dagster_project.report.checklists.declared import Answers, Checklist, checklists_of, read_answers, read_checklists
from dagster_project.report.checklists.judge import JudgedItem, Link, checklist_table, judge_checklist

__all__ = [
    "Answers",
    "Checklist",
    "JudgedItem",
    "Link",
    "checklist_table",
    "checklists_of",
    "judge_checklist",
    "read_answers",
    "read_checklists",
]
