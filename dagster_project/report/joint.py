"""The joint display laid out: as rows for the page, and as a table for papers.

Belongs here: layout. Does not belong here: verdicts (synthesis/).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from dagster_project.languages import gettext, gettext_noop, in_series, ngettext, translate, with_label
from dagster_project.results import Cell, Column, Row, Table, direction_words
from dagster_project.study import Study
from dagster_project.synthesis import ClaimCellRow, ClaimRow, DisplayRows, PropositionCodeRow, PropositionRow, QuoteRow

#: The table's name.
JOINT_DISPLAY = "joint_display"
#: A supported claim about more numbers gives their count only.
_MOST_LABELS = 3
_NOTE = gettext_noop(
    "Supported: the estimate (or, for a claim about zero, the interval) lies where the claim says. Contradicted: the"
    " estimate and the whole 95 % interval lie elsewhere. Not supported: neither of the two. A claim is judged by its worst"
    " number, unless it says that most numbers are enough."
)


@dataclass(frozen=True)
class JointClaim:
    """A claim with the numbers that it was judged by, in order. previous_verdict: where it is another now."""

    claim: ClaimRow
    cells: Sequence[ClaimCellRow]
    previous_verdict: str | None


@dataclass(frozen=True)
class JointProposition:
    """A proposition with its claims, codes and quotes, each in order."""

    proposition: PropositionRow
    claims: Sequence[JointClaim]
    codes: Sequence[PropositionCodeRow]
    quotes: Sequence[QuoteRow]


def joint_rows(display: DisplayRows, previous_verdicts: Mapping[str, str]) -> list[JointProposition]:
    """The joint display from its tables. previous_verdicts: by claim, where the verdict is another than before."""
    cells: dict[str, list[ClaimCellRow]] = {}
    for cell in sorted(display.claim_cells, key=lambda cell: cell.cell_order):
        cells.setdefault(cell.claim_id, []).append(cell)
    claims: dict[str, list[JointClaim]] = {}
    for claim in sorted(display.claims, key=lambda claim: claim.claim_order):
        joint_claim = JointClaim(claim, cells.get(claim.claim_id, []), previous_verdicts.get(claim.claim_id))
        claims.setdefault(claim.proposition, []).append(joint_claim)
    codes: dict[str, list[PropositionCodeRow]] = {}
    for code in sorted(display.proposition_codes, key=lambda code: code.code_order):
        codes.setdefault(code.proposition, []).append(code)
    quotes: dict[str, list[QuoteRow]] = {}
    for quote in sorted(display.quotes, key=lambda quote: quote.segment_id):
        quotes.setdefault(quote.proposition, []).append(quote)
    return [
        JointProposition(
            row, claims.get(row.proposition, []), codes.get(row.proposition, []), quotes.get(row.proposition, [])
        )
        for row in sorted(display.propositions, key=lambda row: row.position)
    ]


def joint_display_table(
    study: Study, display: DisplayRows, display_note: str | None, previous_verdicts: Mapping[str, str], number: str = "5"
) -> Table | None:
    """A row for each proposition, a line for each claim, code or quote. Failing claims name their failing numbers.

    display_note: what readers must know about the interviews; previous_verdicts: as for joint_rows. None where there are no
    propositions. number: of the table, after all others that are not supplementary.
    """
    rows = joint_rows(display, previous_verdicts)
    if not rows:
        return None
    columns = tuple(
        Column(name, has_words=True) for name in (gettext("Numbers"), gettext("Interviews"), gettext("Both together"))
    )
    return Table(
        number=number,
        name=JOINT_DISPLAY,
        title=gettext("Joint display: what numbers and interviews say of each proposition"),
        columns=columns,
        rows=tuple(Row(f"{row.proposition.position}. {row.proposition.statement}", tuple(_cells(row))) for row in rows),
        notes=(*joint_notes(study, display), *([display_note] if display_note else [])),
    )


def joint_notes(study: Study, display: DisplayRows) -> tuple[str, ...]:
    """What the verdicts mean, and how to read the signs of the numbers."""
    return (gettext(_NOTE), *_signs(study, display.claim_cells))


def _signs(study: Study, cells: Sequence[ClaimCellRow]) -> Iterable[str]:
    if any("norm SDs" in cell.shown for cell in cells):
        yield gettext("Norm SDs: (mean − norm mean) / norm SD.")
    moments = {cell.moment for cell in cells}
    directions = [
        direction_words(study, contrast.contrast) for contrast in study.protocol.contrasts if contrast.contrast in moments
    ]
    if directions:
        yield gettext("Direction of change: {directions}.", directions=in_series(directions))


def _cells(joint: JointProposition) -> Iterable[Cell]:
    row, claims = joint.proposition, joint.claims
    ids = dict.fromkeys(result_id for claim in claims for cell in claim.cells for result_id in cell.result_ids.split())
    yield Cell("\n".join(map(_claim, claims)) or gettext("No claim about numbers."), tuple(ids))
    interview_lines = [row.interviews] if row.interviews else []
    for code in joint.codes:
        interview_lines.append(with_label(code.code, f"{segments_text(code.segments)}, {people_text(code.people)}"))
    interview_lines += [f"“{quote.quote}” ({quote.code}{', ' + quote.wave if quote.wave else ''})" for quote in joint.quotes]
    yield Cell("\n".join(interview_lines) or gettext("No coded segment."))
    judgement_lines = [f"{_capitalised(translate(row.verdict))}."]
    if row.silence:
        judgement_lines.append(translate(row.silence))
    if row.judged_by:
        judgement_lines.append(f"{row.judged_by}, {row.judged_on}")
    if row.memo:
        judgement_lines.append(row.memo)
    judgement_lines += [
        gettext("To be judged again: {doubt}.", doubt=translate(doubt)) for doubt in (row.doubts or "").splitlines()
    ]
    yield Cell("\n".join(judgement_lines))


def segments_text(count: int) -> str:
    """How many segments there are."""
    return ngettext("{n} segment", "{n} segments", count)


def people_text(count: int) -> str:
    """How many people there are."""
    return ngettext("{n} person", "{n} people", count)


def _claim(joint_claim: JointClaim) -> str:
    claim, cells = joint_claim.claim, joint_claim.cells
    verdict, previous_verdict = claim.verdict, joint_claim.previous_verdict
    named_cells = [cell for cell in cells if cell.verdict != "supported"] or cells
    # A supported claim about many numbers gives their count; a claim that fails names the numbers that fail.
    if verdict == "supported" and len(cells) > _MOST_LABELS:
        supporting = sum(cell.verdict == "supported" for cell in cells)
        numbers = gettext("{count} of {n} numbers", count=supporting, n=len(cells))
    else:
        numbers = in_series(
            with_label(f"{cell.label} {cell.moment}".rstrip(), translate(cell.shown)) for cell in named_cells
        )
        if len(named_cells) < len(cells):
            numbers = gettext(
                "{count} of {n} do not support it: {numbers}", count=len(named_cells), n=len(cells), numbers=numbers
            )
    text = _capitalised(translate(verdict))
    if previous_verdict:
        text += " " + gettext("(was {verdict})", verdict=translate(previous_verdict))
    text = with_label(text, claim.statement) + (f" ({numbers})" if numbers else "")
    return text + (" " + gettext("Assumption: {assumption}", assumption=claim.assumption) if claim.assumption else "")


def _capitalised(text: str) -> str:
    return text[0].upper() + text[1:]
