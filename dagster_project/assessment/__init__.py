"""The draft of a data protection impact assessment: what a study's definitions and this machine say, and what they cannot.

Belongs here: the facts, the order of the document, its files. Does not belong here: an opinion on what may be done.
"""

from dagster_project.assessment.draft import Draft, Section, assessment_draft
from dagster_project.assessment.facts import Circumstances
from dagster_project.assessment.files import write_markdown, write_word

__all__ = ["Circumstances", "Draft", "Section", "assessment_draft", "write_markdown", "write_word"]
