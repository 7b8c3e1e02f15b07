"""Synthesis: propositions judged against results, side by side with coded interviews.

Belongs here: claims and their verdicts, coded segments, the joint display. Does not belong here: computing a result, HTML.
"""

from dagster_project.synthesis.check import check_synthesis
from dagster_project.synthesis.claims import VERDICTS, JudgedCell, JudgedClaim, judge_claims
from dagster_project.synthesis.display import CodeCount, JointRow, Quote, SegmentRow, display_markdown, joint_display
from dagster_project.synthesis.errors import SynthesisError
from dagster_project.synthesis.propositions import Judgement, Proposition, PropositionFile, read_propositions
from dagster_project.synthesis.segments import CodedFile, Coding, Interviews, read_interviews, segment_ids, unplaced_reason
from dagster_project.synthesis.tables import (
    DISPLAY_TABLES,
    ClaimCellRow,
    ClaimRow,
    DisplayRows,
    PropositionCodeRow,
    PropositionRow,
    QuoteRow,
    display_tables,
    read_display,
)

__all__ = [
    "DISPLAY_TABLES",
    "VERDICTS",
    "ClaimCellRow",
    "ClaimRow",
    "CodeCount",
    "CodedFile",
    "Coding",
    "DisplayRows",
    "Interviews",
    "JointRow",
    "JudgedCell",
    "JudgedClaim",
    "Judgement",
    "Proposition",
    "PropositionCodeRow",
    "PropositionFile",
    "PropositionRow",
    "Quote",
    "QuoteRow",
    "SegmentRow",
    "SynthesisError",
    "check_synthesis",
    "display_markdown",
    "display_tables",
    "joint_display",
    "judge_claims",
    "read_display",
    "read_interviews",
    "read_propositions",
    "segment_ids",
    "unplaced_reason",
]
