"""The joint display as tables of schema results. Belongs here: their columns and rows. Does not belong here: judging."""

from collections.abc import Sequence
from typing import Any

from dagster_project.synthesis.display import JointRow

#: By table and column: (kind, description). kind: text, whole, flag or day.
DISPLAY_COLUMNS: dict[str, dict[str, tuple[str, str]]] = {
    "propositions": {
        "proposition": ("text", "The proposition's code."),
        "position": ("whole", "Its position in the joint display."),
        "statement": ("text", "The proposition in words."),
        "claims": ("whole", "How many claims about numbers it rests on."),
        "supported": ("whole", "Claims that the results support."),
        "not_supported": ("whole", "Claims that the estimates do not support, but whose intervals do not rule them out."),
        "contradicted": ("whole", "Claims that estimate and interval speak against."),
        "not_testable": ("whole", "Claims for which a number is missing."),
        "segments": ("whole", "Interview segments with one of its codes."),
        "people": ("whole", "People who said them."),
        "interviews": ("text", "What the interviews say, in the study's words."),
        "verdict": ("text", "convergent, complementary, divergent, silent, or not yet judged."),
        "silence": ("text", "Which side has nothing to say."),
        "judged_by": ("text", "Who judged."),
        "judged_on": ("day", "When."),
        "memo": ("text", "Why, in the judge's words."),
        "evidence": ("text", "A mark of the verdicts and segments as they are."),
        "judged_evidence": ("text", "The mark of the evidence that was judged."),
        "is_stale": ("flag", "Whether the judgement was made of other evidence."),
        "doubts": ("text", "Why the judgement should be looked at again, and what to write then; a line each."),
    },
    "claims": {
        "claim_id": ("text", "claim/proposition/claim, the same in every run."),
        "proposition": ("text", "The proposition that rests on it."),
        "claim_order": ("whole", "Its order."),
        "statement": ("text", "The claim in words."),
        "assumption": ("text", "What the words leave open and was decided."),
        "verdict": ("text", "supported, not supported, contradicted or not testable."),
        "reason": ("text", "Why, with the numbers."),
        "numbers": ("whole", "How many numbers it was judged by."),
    },
    "claim_cells": {
        "claim_id": ("text", "The claim."),
        "cell_order": ("whole", "Its order."),
        "outcome": ("text", "What the number is about."),
        "label": ("text", "What tables call that."),
        "moment": ("text", "The wave or contrast."),
        "shown": ("text", "The number as printed, with its interval."),
        "result_ids": ("text", "The results it shows, with blanks between."),
        "verdict": ("text", "What this number alone says of the claim."),
        "reason": ("text", "Why."),
    },
    "proposition_codes": {
        "proposition": ("text", "The proposition."),
        "code_order": ("whole", "Its order."),
        "code": ("text", "The code of the interviews."),
        "segments": ("whole", "Segments with it."),
        "people": ("whole", "People who said them."),
        "by_wave": ("text", "Segments wave by wave."),
    },
    "quotes": {
        "proposition": ("text", "The proposition."),
        "segment_id": ("text", "The segment."),
        "code": ("text", "Its code."),
        "participant_id": ("text", "Pseudonym of the person."),
        "wave": ("text", "The wave of the interview."),
        "quote": ("text", "What was said, as far as the study chose to quote it."),
        "source_file": ("text", "SHA-256 of the file it came from."),
        "place": ("text", "Where that file has it: a GUID or a line."),
    },
}  # fmt: skip


def display_tables(display: Sequence[JointRow]) -> dict[str, list[dict[str, Any]]]:
    """The rows of each table, with the columns of DISPLAY_COLUMNS."""
    return {
        "propositions": [_proposition_row(row) for row in display],
        "claims": [
            {
                "claim_id": claim.claim_id, "proposition": row.proposition, "claim_order": order,
                "statement": claim.statement, "assumption": claim.assumption, "verdict": claim.verdict,
                "reason": claim.reason, "numbers": len(claim.cells),
            }
            for row in display
            for order, claim in enumerate(row.claims, start=1)
        ],
        "claim_cells": [
            {
                "claim_id": claim.claim_id, "cell_order": order, "outcome": cell.outcome, "label": cell.label,
                "moment": cell.wave_or_contrast, "shown": cell.number_text, "result_ids": " ".join(cell.result_ids),
                "verdict": cell.verdict, "reason": cell.reason,
            }
            for row in display
            for claim in row.claims
            for order, cell in enumerate(claim.cells, start=1)
        ],
        "proposition_codes": [
            {
                "proposition": row.proposition, "code_order": order, "code": code.code, "segments": code.segments,
                "people": code.people, "by_wave": ", ".join(f"{wave} {count}" for wave, count in code.by_wave),
            }
            for row in display
            for order, code in enumerate(row.codes, start=1)
        ],
        "quotes": [
            {
                "proposition": row.proposition, "segment_id": quote.segment_id, "code": quote.code,
                "participant_id": quote.person, "wave": quote.wave, "quote": quote.text,
                "source_file": quote.source_file, "place": quote.location,
            }
            for row in display
            for quote in row.quotes
        ],
    }  # fmt: skip


def _proposition_row(row: JointRow) -> dict[str, Any]:
    judgement = row.judgement
    return {
        "proposition": row.proposition, "position": row.position, "statement": row.statement, "claims": len(row.claims),
        **{verdict.replace(" ", "_"): count for verdict, count in row.counts.items()},
        "segments": row.segments, "people": row.people, "interviews": row.interviews, "verdict": row.verdict,
        "silence": row.silence, "judged_by": judgement.judged_by if judgement else None,
        "judged_on": judgement.judged_on if judgement else None, "memo": judgement.memo if judgement else None,
        "evidence": row.evidence, "judged_evidence": judgement.evidence if judgement else None, "is_stale": row.is_stale,
        "doubts": "\n".join(row.doubts) or None,
    }  # fmt: skip
