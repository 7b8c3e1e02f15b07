"""Tables as they are printed: found in a page, a document, a workbook or pasted text, understood, and taken apart.

Belongs here: from a file's bytes to rows in long form, and the questions about what is ambiguous. Does not belong
here: rules
(audit/), reading long form (read.py), what a command prints.
"""

from dagster_project.audit.paper.files import is_long_form, tables_of, text_of
from dagster_project.audit.paper.long_form import Answers, PaperReading, understand

__all__ = ["Answers", "PaperReading", "is_long_form", "tables_of", "text_of", "understand"]
