"""A person who withdraws consent leaves the study's data: exports, landed copies, releases, lists and histories.

Belongs here: what an erasure changes, and changing it so that a crash leaves nothing half done. Does not belong here: the
command (commands/forget.py), the run that makes everything anew.
"""

from dagster_project.erasure.carry_out import Journal, finish_erasure, prepare
from dagster_project.erasure.errors import ErasureError
from dagster_project.erasure.people import Person, person_of
from dagster_project.erasure.plan import AffectedFile, ErasurePlan, plan_erasure
from dagster_project.erasure.receipts import FileChange, Receipt, read_receipts
from dagster_project.erasure.search import files_with, is_telling, pattern_of, texts_to_search

__all__ = [
    "AffectedFile",
    "ErasureError",
    "ErasurePlan",
    "FileChange",
    "Journal",
    "Person",
    "Receipt",
    "files_with",
    "finish_erasure",
    "is_telling",
    "pattern_of",
    "person_of",
    "plan_erasure",
    "prepare",
    "read_receipts",
    "texts_to_search",
]
