"""What tells who somebody is, where it must not stand: e-mail addresses, telephone numbers, postcodes, names, IP addresses.

Belongs here: recognising them in a text, in the columns of a table, in what a study's definitions say. Does not belong here:
the identifier by which a study knows its people (exports/identifiers.py), which a pseudonym takes the place of.
"""

from dagster_project.direct_identifiers.columns import ColumnFinding, column_findings, header_kind
from dagster_project.direct_identifiers.definitions import definition_findings
from dagster_project.direct_identifiers.patterns import Detection, detections, mask

__all__ = [
    "ColumnFinding",
    "Detection",
    "column_findings",
    "definition_findings",
    "detections",
    "header_kind",
    "mask",
]
