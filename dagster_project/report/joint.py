"""The joint display laid out: as rows for the page, and as Table 5 for papers.

Belongs here: layout. Does not belong here: verdicts (synthesis/).
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from dagster_project.results import Cell, Column, Row, Table, direction_of
from dagster_project.study import Study

Rows = Sequence[Mapping[str, Any]]
#: A supported claim about more numbers gives their count only.
_MOST_LABELS = 3
_NOTE = (
    "Supported: the estimate (or, for a claim about zero, the interval) lies where the claim says. Contradicted: the"
    " estimate and the whole 95 % interval lie elsewhere. Not supported: neither of the two. A claim is judged by its worst"
    " number, unless it says that most numbers are enough."
)


def joint_rows(display: Mapping[str, Rows], previous_verdicts: Mapping[str, str]) -> list[dict[str, Any]]:
    """The joint display from its tables: each proposition with its claims and their cells, its codes and its quotes.

    previous_verdicts: by claim, where the verdict differs from the previous release.
    """
    cells: dict[str, list[Mapping[str, Any]]] = {}
    for cell in sorted(display["claim_cells"], key=lambda cell: cell["cell_order"]):
        cells.setdefault(cell["claim_id"], []).append(cell)

    def ordered_rows(table: str, proposition: str, order: str) -> list[Mapping[str, Any]]:
        return sorted((row for row in display[table] if row["proposition"] == proposition), key=lambda row: row[order])

    return [
        {
            **row,
            "claims": [
                {
                    **claim,
                    "cells": cells.get(claim["claim_id"], []),
                    "previous_verdict": previous_verdicts.get(claim["claim_id"]),
                }
                for claim in ordered_rows("claims", row["proposition"], "claim_order")
            ],
            "codes": ordered_rows("proposition_codes", row["proposition"], "code_order"),
            "quotes": ordered_rows("quotes", row["proposition"], "segment_id"),
        }
        for row in sorted(display["propositions"], key=lambda row: row["position"])
    ]


def joint_display_table(
    study: Study, display: Mapping[str, Rows], display_note: str | None, previous_verdicts: Mapping[str, str]
) -> Table | None:
    """Table 5: a row for each proposition, a line for each claim, code or quote. Failing claims name their failing numbers.

    display_note: what readers must know about the interviews; previous_verdicts: as for joint_rows. None where there are no
    propositions.
    """
    rows = joint_rows(display, previous_verdicts)
    if not rows:
        return None
    columns = tuple(Column(name, has_words=True) for name in ("Numbers", "Interviews", "Both together"))
    return Table(
        number="5",
        name="joint_display",
        title="Joint display: what numbers and interviews say of each proposition",
        columns=columns,
        rows=tuple(Row(f"{row['position']}. {row['statement']}", tuple(_cells(row))) for row in rows),
        notes=(*joint_notes(study, display), *([display_note] if display_note else [])),
    )


def joint_notes(study: Study, display: Mapping[str, Rows]) -> tuple[str, ...]:
    """What the verdicts mean, and how to read the signs of the numbers."""
    return (_NOTE, *_signs(study, display["claim_cells"]))


def _signs(study: Study, cells: Rows) -> Iterable[str]:
    if any("norm SDs" in cell["shown"] for cell in cells):
        yield "Norm SDs: (mean − norm mean) / norm SD."
    moments = {cell["moment"] for cell in cells}
    directions = [
        f"{contrast.contrast} is {direction_of(study, contrast.contrast)}"
        for contrast in study.protocol.contrasts
        if contrast.contrast in moments
    ]
    if directions:
        yield f"Direction of change: {'; '.join(directions)}."


def _cells(row: Mapping[str, Any]) -> Iterable[Cell]:
    claims = row["claims"]
    ids = dict.fromkeys(result_id for claim in claims for cell in claim["cells"] for result_id in cell["result_ids"].split())
    yield Cell("\n".join(map(_claim, claims)) or "No claim about numbers.", tuple(ids))
    interview_lines = [row["interviews"]] if row["interviews"] else []
    for code in row["codes"]:
        people = f"{code['people']} {'person' if code['people'] == 1 else 'people'}"
        interview_lines.append(f"{code['code']}: {code['segments']} segment{'' if code['segments'] == 1 else 's'}, {people}")
    interview_lines += [
        f"“{quote['quote']}” ({quote['code']}{', ' + quote['wave'] if quote['wave'] else ''})" for quote in row["quotes"]
    ]
    yield Cell("\n".join(interview_lines) or "No coded segment.")
    judgement_lines = [f"{row['verdict'].capitalize()}."]
    if row["silence"]:
        judgement_lines.append(row["silence"])
    if row["judged_by"]:
        judgement_lines.append(f"{row['judged_by']}, {row['judged_on']}")
    if row["memo"]:
        judgement_lines.append(row["memo"])
    judgement_lines += [f"To be judged again: {doubt}." for doubt in (row["doubts"] or "").splitlines()]
    yield Cell("\n".join(judgement_lines))


def _claim(claim: Mapping[str, Any]) -> str:
    cells, verdict = claim["cells"], claim["verdict"]
    named_cells = [cell for cell in cells if cell["verdict"] != "supported"] or cells
    # A supported claim about many numbers gives their count; a claim that fails names the numbers that fail.
    if verdict == "supported" and len(cells) > _MOST_LABELS:
        numbers = f"{sum(cell['verdict'] == 'supported' for cell in cells)} of {len(cells)} numbers"
    else:
        numbers = "; ".join(f"{cell['label']} {cell['moment']}".rstrip() + f": {cell['shown']}" for cell in named_cells)
        if len(named_cells) < len(cells):
            numbers = f"{len(named_cells)} of {len(cells)} do not support it: {numbers}"
    change = f" (was {claim['previous_verdict']})" if claim["previous_verdict"] else ""
    text = f"{verdict.capitalize()}{change}: {claim['statement']}" + (f" ({numbers})" if numbers else "")
    return text + (f" Assumption: {claim['assumption']}" if claim["assumption"] else "")
