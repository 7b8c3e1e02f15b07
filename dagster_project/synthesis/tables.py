"""The joint display as tables of schema results. Belongs here: their columns and rows. Does not belong here: judging."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from dagster_project.results import Query
from dagster_project.synthesis.display import JointRow
from dagster_project.table_spec import ColumnSpec, TableSpec

#: The tables of the joint display.
DISPLAY_TABLES = (
    TableSpec(
        schema="results",
        name="propositions",
        key=("proposition",),
        description="Each proposition with its evidence and judgement.",
        columns=(
            ColumnSpec("proposition", "text", "The proposition's code.", nullable=False),
            ColumnSpec("position", "whole", "Its position in the joint display."),
            ColumnSpec("statement", "text", "The proposition in words."),
            ColumnSpec("claims", "whole", "How many claims about numbers it rests on."),
            ColumnSpec("supported", "whole", "Claims that the results support."),
            ColumnSpec(
                "not_supported",
                "whole",
                "Claims that the estimates do not support, but whose intervals do not rule them out.",
            ),
            ColumnSpec("contradicted", "whole", "Claims that estimate and interval speak against."),
            ColumnSpec("not_testable", "whole", "Claims for which a number is missing."),
            ColumnSpec("segments", "whole", "Interview segments with one of its codes."),
            ColumnSpec("people", "whole", "People who said them."),
            ColumnSpec("interviews", "text", "What the interviews say, in the study's words."),
            ColumnSpec("verdict", "text", "convergent, complementary, divergent, silent, or not yet judged."),
            ColumnSpec("silence", "text", "Which side has nothing to say."),
            ColumnSpec("judged_by", "text", "Who judged."),
            ColumnSpec("judged_on", "day", "When."),
            ColumnSpec("memo", "text", "Why, in the judge's words."),
            ColumnSpec("evidence", "text", "A mark of the verdicts and segments as they are."),
            ColumnSpec("judged_evidence", "text", "The mark of the evidence that was judged."),
            ColumnSpec("is_stale", "flag", "Whether the judgement was made of other evidence."),
            ColumnSpec(
                "doubts", "text", "Why the judgement should be looked at again, and what to write then; a line each."
            ),
        ),
    ),
    TableSpec(
        schema="results",
        name="claims",
        key=("claim_id",),
        description="Each claim about numbers, with its verdict.",
        columns=(
            ColumnSpec("claim_id", "text", "claim/proposition/claim, the same in every run.", nullable=False),
            ColumnSpec("proposition", "text", "The proposition that rests on it."),
            ColumnSpec("claim_order", "whole", "Its order."),
            ColumnSpec("statement", "text", "The claim in words."),
            ColumnSpec("assumption", "text", "What the words leave open and was decided."),
            ColumnSpec("verdict", "text", "supported, not supported, contradicted or not testable."),
            ColumnSpec("reason", "text", "Why, with the numbers."),
            ColumnSpec("numbers", "whole", "How many numbers it was judged by."),
        ),
    ),
    TableSpec(
        schema="results",
        name="claim_cells",
        key=("claim_id", "cell_order"),
        description="The numbers that each claim was judged by.",
        columns=(
            ColumnSpec("claim_id", "text", "The claim.", nullable=False),
            ColumnSpec("cell_order", "whole", "Its order.", nullable=False),
            ColumnSpec("outcome", "text", "What the number is about."),
            ColumnSpec("label", "text", "What tables call that."),
            ColumnSpec("moment", "text", "The wave or contrast."),
            ColumnSpec("shown", "text", "The number as printed, with its interval."),
            ColumnSpec("result_ids", "text", "The results it shows, with blanks between."),
            ColumnSpec("verdict", "text", "What this number alone says of the claim."),
            ColumnSpec("reason", "text", "Why."),
        ),
    ),
    TableSpec(
        schema="results",
        name="proposition_codes",
        key=("proposition", "code_order"),
        description="The codes of each proposition, counted.",
        columns=(
            ColumnSpec("proposition", "text", "The proposition.", nullable=False),
            ColumnSpec("code_order", "whole", "Its order.", nullable=False),
            ColumnSpec("code", "text", "The code of the interviews."),
            ColumnSpec("segments", "whole", "Segments with it."),
            ColumnSpec("people", "whole", "People who said them."),
            ColumnSpec("by_wave", "text", "Segments wave by wave."),
        ),
    ),
    TableSpec(
        schema="results",
        name="quotes",
        key=("proposition", "segment_id", "code"),
        description="The quoted segments of each proposition.",
        columns=(
            ColumnSpec("proposition", "text", "The proposition.", nullable=False),
            ColumnSpec("segment_id", "text", "The segment.", nullable=False),
            ColumnSpec("code", "text", "Its code.", nullable=False),
            ColumnSpec("participant_id", "text", "Pseudonym of the person."),
            ColumnSpec("wave", "text", "The wave of the interview."),
            ColumnSpec("quote", "text", "What was said, as far as the study chose to quote it."),
            ColumnSpec("source_file", "text", "SHA-256 of the file it came from."),
            ColumnSpec("place", "text", "Where that file has it: a GUID or a line."),
        ),
    ),
)


@dataclass(frozen=True)
class PropositionRow:
    """A row of results.propositions. claims: how many; supported to not_testable: how many of them by verdict."""

    proposition: str
    position: int
    statement: str
    claims: int
    supported: int
    not_supported: int
    contradicted: int
    not_testable: int
    segments: int
    people: int
    interviews: str | None
    verdict: str
    silence: str | None
    judged_by: str | None
    judged_on: date | None
    memo: str | None
    evidence: str
    judged_evidence: str | None
    is_stale: bool
    doubts: str | None


@dataclass(frozen=True)
class ClaimRow:
    """A row of results.claims. numbers: how many cells it was judged by."""

    claim_id: str
    proposition: str
    claim_order: int
    statement: str
    assumption: str | None
    verdict: str
    reason: str
    numbers: int


@dataclass(frozen=True)
class ClaimCellRow:
    """A row of results.claim_cells. result_ids: separated by spaces."""

    claim_id: str
    cell_order: int
    outcome: str
    label: str
    moment: str
    shown: str
    result_ids: str
    verdict: str
    reason: str


@dataclass(frozen=True)
class PropositionCodeRow:
    """A row of results.proposition_codes. by_wave: segments, in words."""

    proposition: str
    code_order: int
    code: str
    segments: int
    people: int
    by_wave: str


@dataclass(frozen=True)
class QuoteRow:
    """A row of results.quotes."""

    proposition: str
    segment_id: str
    code: str
    participant_id: str | None
    wave: str | None
    quote: str
    source_file: str
    place: str


@dataclass(frozen=True)
class DisplayRows:
    """The rows of the tables of DISPLAY_TABLES, by their names."""

    propositions: Sequence[PropositionRow]
    claims: Sequence[ClaimRow]
    claim_cells: Sequence[ClaimCellRow]
    proposition_codes: Sequence[PropositionCodeRow]
    quotes: Sequence[QuoteRow]


def read_display(ask: Query) -> DisplayRows:
    """The display of a released or working file. ask: runs SQL on it."""
    return DisplayRows(
        propositions=ask(PropositionRow, "from results.propositions"),
        claims=ask(ClaimRow, "from results.claims"),
        claim_cells=ask(ClaimCellRow, "from results.claim_cells"),
        proposition_codes=ask(PropositionCodeRow, "from results.proposition_codes"),
        quotes=ask(QuoteRow, "from results.quotes"),
    )


def display_tables(display: Sequence[JointRow]) -> DisplayRows:
    """The rows of a display as its tables hold them."""
    return DisplayRows(
        propositions=[_proposition_row(row) for row in display],
        claims=[
            ClaimRow(
                claim_id=claim.claim_id, proposition=row.proposition, claim_order=order, statement=claim.statement,
                assumption=claim.assumption, verdict=claim.verdict, reason=claim.reason, numbers=len(claim.cells),
            )
            for row in display
            for order, claim in enumerate(row.claims, start=1)
        ],
        claim_cells=[
            ClaimCellRow(
                claim_id=claim.claim_id, cell_order=order, outcome=cell.outcome, label=cell.label,
                moment=cell.wave_or_contrast, shown=cell.number_text, result_ids=" ".join(cell.result_ids),
                verdict=cell.verdict, reason=cell.reason,
            )
            for row in display
            for claim in row.claims
            for order, cell in enumerate(claim.cells, start=1)
        ],
        proposition_codes=[
            PropositionCodeRow(
                proposition=row.proposition, code_order=order, code=code.code, segments=code.segments, people=code.people,
                by_wave=", ".join(f"{wave} {count}" for wave, count in code.by_wave),
            )
            for row in display
            for order, code in enumerate(row.codes, start=1)
        ],
        quotes=[
            QuoteRow(
                proposition=row.proposition, segment_id=quote.segment_id, code=quote.code, participant_id=quote.person,
                wave=quote.wave, quote=quote.text, source_file=quote.source_file, place=quote.location,
            )
            for row in display
            for quote in row.quotes
        ],
    )  # fmt: skip


def _proposition_row(row: JointRow) -> PropositionRow:
    judgement, counts = row.judgement, row.counts
    return PropositionRow(
        proposition=row.proposition, position=row.position, statement=row.statement, claims=len(row.claims),
        supported=counts["supported"], not_supported=counts["not supported"], contradicted=counts["contradicted"],
        not_testable=counts["not testable"], segments=row.segments, people=row.people, interviews=row.interviews,
        verdict=row.verdict, silence=row.silence, judged_by=judgement.judged_by if judgement else None,
        judged_on=judgement.judged_on if judgement else None, memo=judgement.memo if judgement else None,
        evidence=row.evidence, judged_evidence=judgement.evidence if judgement else None, is_stale=row.is_stale,
        doubts="\n".join(row.doubts) or None,
    )  # fmt: skip
