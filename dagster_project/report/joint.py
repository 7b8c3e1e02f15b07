"""The joint display laid out: as rows for the page, and as Table 5 for papers.

Belongs here: layout. Does not belong here: verdicts (synthesis/).
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from dagster_project.results import Cell, Column, Row, Table

Rows = Sequence[Mapping[str, Any]]
_NOTE = (
    "Supported: the estimate (or, where the claim speaks of zero, the interval) lies where the claim says. Contradicted:"
    " neither the estimate nor any value of the 95 % interval does."
    " Not supported: the estimate does not, the interval leaves room."
)


def joint_rows(display: Mapping[str, Rows]) -> list[dict[str, Any]]:
    """The joint display from its tables: each proposition with its claims, their cells, its codes and quotes."""
    cells: dict[str, list[Mapping[str, Any]]] = {}
    for cell in sorted(display["claim_cells"], key=lambda cell: cell["cell_order"]):
        cells.setdefault(cell["claim_id"], []).append(cell)

    def of(name: str, proposition: str, order: str) -> list[Mapping[str, Any]]:
        return sorted((row for row in display[name] if row["proposition"] == proposition), key=lambda row: row[order])

    return [
        {
            **row,
            "claims": [
                {**claim, "cells": cells.get(claim["claim_id"], [])}
                for claim in of("claims", row["proposition"], "claim_order")
            ],
            "codes": of("proposition_codes", row["proposition"], "code_order"),
            "quotes": of("quotes", row["proposition"], "segment_id"),
        }
        for row in sorted(display["propositions"], key=lambda row: row["position"])
    ]


def table_joint_display(display: Mapping[str, Rows], display_note: str | None) -> Table | None:
    """Table 5: a row a proposition, a line a claim or code. Claims that fail say which numbers fail.

    display_note: what readers must know of the interviews. Nothing where there are no propositions.
    """
    rows = joint_rows(display)
    if not rows:
        return None
    columns = tuple(Column(name, has_words=True) for name in ("Numbers", "Interviews", "Both together"))
    return Table(
        number="5",
        name="joint_display",
        title="Joint display: what numbers and interviews say of each proposition",
        columns=columns,
        rows=tuple(Row(f"{row['position']}. {row['statement']}", tuple(_cells(row))) for row in rows),
        notes=(_NOTE, *([display_note] if display_note else [])),
    )


def _cells(row: Mapping[str, Any]) -> Iterable[Cell]:
    claims = row["claims"]
    ids = dict.fromkeys(one for claim in claims for cell in claim["cells"] for one in cell["result_ids"].split())
    yield Cell("\n".join(map(_claim, claims)) or "No claim about numbers.", tuple(ids))
    said = [row["interviews"]] if row["interviews"] else []
    for code in row["codes"]:
        people = f"{code['people']} {'person' if code['people'] == 1 else 'people'}"
        said.append(f"{code['code']}: {code['segments']} segment{'' if code['segments'] == 1 else 's'}, {people}")
    yield Cell("\n".join(said) or "No coded segment.")
    judged = [f"{row['verdict'].capitalize()}."]
    if row["silence"]:
        judged.append(row["silence"])
    if row["judged_by"]:
        judged.append(f"{row['judged_by']}, {row['judged_on']}" + (" (to be judged again)" if row["is_stale"] else ""))
    if row["memo"]:
        judged.append(row["memo"])
    yield Cell("\n".join(judged))


def _claim(claim: Mapping[str, Any]) -> str:
    cells = claim["cells"]
    told = [cell for cell in cells if cell["verdict"] == claim["verdict"]] or cells
    # A claim about many numbers that holds is told by their count; one that fails names the numbers that fail.
    if claim["verdict"] == "supported" and len(told) > 3:
        words = f"{len(told)} numbers"
    else:
        words = "; ".join(f"{cell['label']} {cell['moment']}: {cell['shown']}" for cell in told)
    if len(told) < len(cells):
        words = f"{len(told)} of {len(cells)}: {words}"
    return f"{claim['verdict'].capitalize()}: {claim['statement']}" + (f" ({words})" if words else "")
