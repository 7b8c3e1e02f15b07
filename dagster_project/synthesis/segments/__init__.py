"""Coded interview segments, as tools of qualitative analysis export them.

Belongs here: reading REFI-QDA projects and codebooks and plain tables; the person and wave of a segment. Does not belong
here: coding, judging, counting.
"""

from dagster_project.synthesis.segments.model import Code, CodedFile, Coding, Interviews, UnusableCoding, segment_ids
from dagster_project.synthesis.segments.people import unplaced_reason
from dagster_project.synthesis.segments.plain import read_segment_table
from dagster_project.synthesis.segments.qdpx import read_codebook, read_project
from dagster_project.synthesis.segments.read import read_interviews

__all__ = [
    "Code",
    "CodedFile",
    "Coding",
    "Interviews",
    "UnusableCoding",
    "read_codebook",
    "read_interviews",
    "read_project",
    "read_segment_table",
    "segment_ids",
    "unplaced_reason",
]
