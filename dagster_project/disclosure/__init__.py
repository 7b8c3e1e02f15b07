"""Disclosure: what of a study's results may be shown to everybody.

Belongs here: small counts and what gives them away, means of few people, earlier public releases, the public tables, the
report of the data protection officer. Does not belong here: computing a result (results/), the public folder (release/).
"""

from dagster_project.disclosure.brackets import MARK
from dagster_project.disclosure.cells import ScorePattern
from dagster_project.disclosure.documents import write_public_files, write_public_results
from dagster_project.disclosure.ledger import DisclosureError, Ledger, read_ledger, write_ledger
from dagster_project.disclosure.officer import write_officer_report
from dagster_project.disclosure.public_results import PublicResults, left_out_analyses, public_results

__all__ = [
    "MARK",
    "DisclosureError",
    "Ledger",
    "PublicResults",
    "ScorePattern",
    "left_out_analyses",
    "public_results",
    "read_ledger",
    "write_ledger",
    "write_officer_report",
    "write_public_files",
    "write_public_results",
]
