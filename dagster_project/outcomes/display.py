"""The joint display: propositions judged by the results of this run, beside the coded interviews of people on the roster.

Belongs here: which segments count, the tables of the display, its checks. Does not belong here: judging (synthesis/),
landing the interviews (raw/segments.py).
"""

from collections import Counter
from collections.abc import Sequence

from dagster_project.checks import Check
from dagster_project.outcomes.analyses import OUTCOME_NAMES
from dagster_project.outcomes.store import read_results
from dagster_project.results import EXTENSIONS
from dagster_project.stamps import MARTS, SEGMENTS, stamp
from dagster_project.study import Study
from dagster_project.synthesis import DISPLAY_TABLES, JointRow, SegmentRow, display_tables, joint_display, read_propositions
from dagster_project.warehouse import Warehouse, replace_table

DISPLAY = "joint_display"
#: Every coding, with why it does not count: what its file says, and whether its person is on the roster and not excluded.
_SEGMENTS = """
    select segments.*, segments.rowid as segment_order,
        case
            when exclusions.participant_id is not null then 'the person was excluded'
            when segments.participant_id is not null and participants.participant_id is null
                then 'the person is not on the roster'
            else segments.set_aside_reason
        end as reason
    from raw.segments as segments
    left join marts.participants as participants using (participant_id)
    left join (select distinct participant_id from marts.exclusions) as exclusions using (participant_id)
"""


def display_study(warehouse: Warehouse, study: Study, run_id: str) -> Sequence[JointRow]:
    """Judge the propositions, if the study declares any, and write the tables of the display.

    Raises StudyError or SynthesisError.
    """
    propositions = read_propositions(study)
    display: Sequence[JointRow] = ()
    if propositions is not None:
        segments, codes = counted_segments(warehouse)
        display = joint_display(propositions, read_results(warehouse), segments, study, codes)
    rows = vars(display_tables(display))
    with warehouse.transaction() as connection:
        stamp(connection, DISPLAY, (MARTS, SEGMENTS, EXTENSIONS, *OUTCOME_NAMES), study, run_id)
        for table in DISPLAY_TABLES:
            replace_table(connection, "results", table.name, table.to_arrow(rows[table.name]))
    return display


def counted_segments(warehouse: Warehouse) -> tuple[list[SegmentRow], list[list[str]]]:
    """The codings that count, as the joint display takes them, and the paths of all codes."""
    segments = warehouse.rows_as(
        SegmentRow,
        f"select segment_id, path, participant_id as person, wave, text, source_file, place from ({_SEGMENTS})"
        " where reason is null order by file_name, source, start_position, place, code",
    )
    return segments, [row["path"] for row in warehouse.rows("select distinct path from raw.codes order by path")]


def segments_check(warehouse: Warehouse) -> Check:
    """Every segment is of somebody on the roster, at a wave of the study."""
    set_aside = warehouse.rows(f"select reason from ({_SEGMENTS}) where reason is not null order by segment_order")
    reasons = Counter(row["reason"] for row in set_aside)
    message = "Every segment has a person of the roster and a wave."
    if reasons:
        message = "set aside: " + "; ".join(f"{count} x {reason}" for reason, count in reasons.most_common())
    return Check("people_known", not reasons, message, is_warning=True)


def display_checks(display: Sequence[JointRow]) -> list[Check]:
    """Whether every claim that can be tested is supported, and every judgement was made of the evidence as it is."""
    claims = [claim for row in display for claim in row.claims]
    failed = [claim for claim in claims if claim.verdict in ("contradicted", "not supported")]
    doubts = "; ".join(f"{row.proposition}: {doubt}" for row in display for doubt in row.doubts)
    message = f"{len(claims)} claims; all that can be tested are supported"
    if failed:
        verdicts = "; ".join(f"{claim.claim_id} is {claim.verdict}" for claim in failed)
        message = f"{len(failed)} of {len(claims)} claims are not supported: {verdicts}"
    return [
        Check("claims_hold", not failed, message, is_warning=True, facts={claim.claim_id: claim.reason for claim in failed}),
        Check(
            "judgements_current", not doubts, doubts or "Every judgement was made of the evidence as it is.", is_warning=True
        ),
    ]
