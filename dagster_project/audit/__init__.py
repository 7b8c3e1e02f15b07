"""The auditor: arithmetic that any results table must obey.

Belongs here: rules over printed numbers and instruments, each finding with its arithmetic. Does not belong here: opinions
on how a study was done, comparison with the warehouse (results/).
"""

from dagster_project.audit.findings import Finding
from dagster_project.audit.published import audit_published, find_impossible

__all__ = ["Finding", "audit_published", "find_impossible"]
