"""The joint display laid out: as rows for the page, and as Table 5 for papers.

Belongs here: layout. Does not belong here: verdicts (synthesis/).
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from dagster_project.results import Cell, Column, Row, Table, direction_of
from dagster_project.study import Study

Rows = Sequence[Mapping[str, Any]]
#: A claim that holds names its numbers where they are no more.
_FEW = 3
_NOTE = (
    "Supported: the estimate (or, where the claim speaks of zero, the interval) lies where the claim says. Contradicted:"
    " neither the estimate nor any value of the 95 % interval does."
    " Not supported: the estimate does not, the interval leaves room. A claim is as good as its worst number, unless it says"
    " that most are enough."
)


def joint_rows(display: Mapping[str, Rows], turned: Mapping[str, str]) -> list[dict[str, Any]]:
    """The joint display from its tables: each proposition with its claims, their cells, its codes and quotes.

    turned: claims whose verdict is not that of the release before, with what it was there.
    """
    cells: dict[str, list[Mapping[str, Any]]] = {}
    for cell in sorted(display["claim_cells"], key=lambda cell: cell["cell_order"]):
        cells.setdefault(cell["claim_id"], []).append(cell)

    def of(name: str, proposition: str, order: str) -> list[Mapping[str, Any]]:
        return sorted((row for row in display[name] if row["proposition"] == proposition), key=lambda row: row[order])

    return [
        {
            **row,
            "claims": [
                {**claim, "cells": cells.get(claim["claim_id"], []), "previous_verdict": turned.get(claim["claim_id"])}
                for claim in of("claims", row["proposition"], "claim_order")
            ],
            "codes": of("proposition_codes", row["proposition"], "code_order"),
            "quotes": of("quotes", row["proposition"], "segment_id"),
        }
        for row in sorted(display["propositions"], key=lambda row: row["position"])
    ]


def table_joint_display(
    study: Study, display: Mapping[str, Rows], display_note: str | None, turned: Mapping[str, str]
) -> Table | None:
    """Table 5: a row a proposition, a line a claim, code or quote. Claims that fail say which numbers fail.

    display_note: what readers must know of the interviews; turned: as for joint_rows. Nothing where there are no
    propositions.
    """
    rows = joint_rows(display, turned)
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
    """What the verdicts mean, and the signs of the numbers that are shown."""
    return (_NOTE, *_signs(study, display["claim_cells"]))


def _signs(study: Study, cells: Rows) -> Iterable[str]:
    if any("norm SDs" in cell["shown"] for cell in cells):
        yield "Norm SDs: (mean − norm mean) / norm SD."
    shown = {cell["moment"] for cell in cells}
    said = [
        f"{one.contrast} is {direction_of(study, one.contrast)}" for one in study.protocol.contrasts if one.contrast in shown
    ]
    if said:
        yield f"Direction of change: {'; '.join(said)}."


def _cells(row: Mapping[str, Any]) -> Iterable[Cell]:
    claims = row["claims"]
    ids = dict.fromkeys(one for claim in claims for cell in claim["cells"] for one in cell["result_ids"].split())
    yield Cell("\n".join(map(_claim, claims)) or "No claim about numbers.", tuple(ids))
    said = [row["interviews"]] if row["interviews"] else []
    for code in row["codes"]:
        people = f"{code['people']} {'person' if code['people'] == 1 else 'people'}"
        said.append(f"{code['code']}: {code['segments']} segment{'' if code['segments'] == 1 else 's'}, {people}")
    said += [
        f"“{quote['quote']}” ({quote['code']}{', ' + quote['wave'] if quote['wave'] else ''})" for quote in row["quotes"]
    ]
    yield Cell("\n".join(said) or "No coded segment.")
    judged = [f"{row['verdict'].capitalize()}."]
    if row["silence"]:
        judged.append(row["silence"])
    if row["judged_by"]:
        judged.append(f"{row['judged_by']}, {row['judged_on']}")
    if row["memo"]:
        judged.append(row["memo"])
    judged += [f"To be judged again: {doubt}." for doubt in (row["doubts"] or "").splitlines()]
    yield Cell("\n".join(judged))


def _claim(claim: Mapping[str, Any]) -> str:
    cells, verdict = claim["cells"], claim["verdict"]
    told = [cell for cell in cells if cell["verdict"] != "supported"] or cells
    # A claim about many numbers that holds is told by their count; one that fails names the numbers that fail.
    if verdict == "supported" and len(cells) > _FEW:
        words = f"{sum(cell['verdict'] == 'supported' for cell in cells)} of {len(cells)} numbers"
    else:
        words = "; ".join(f"{cell['label']} {cell['moment']}".rstrip() + f": {cell['shown']}" for cell in told)
        if len(told) < len(cells):
            words = f"{len(told)} of {len(cells)} do not bear it out: {words}"
    change = f" (was {claim['previous_verdict']})" if claim["previous_verdict"] else ""
    text = f"{verdict.capitalize()}{change}: {claim['statement']}" + (f" ({words})" if words else "")
    return text + (f" Taken so: {claim['assumption']}" if claim["assumption"] else "")
