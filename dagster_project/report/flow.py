"""The study's flow as boxes: from those listed to those who returned each wave, and both waves of each contrast.

Belongs here: which results each box shows. Does not belong here: counting (the boxes show results), HTML.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dagster_project.results import Cell, ResultRow, result_id
from dagster_project.study import Study


@dataclass(frozen=True)
class Box:
    """A box of the flow. start: how many people it starts with, losses: who was lost and why, n: how many remain (each with
    what it is called), scores: how many of these have a score."""

    label: str
    start_name: str
    start: Cell
    losses: tuple[tuple[str, Cell], ...]
    remaining_name: str
    n: Cell
    scores: Cell | None = None


@dataclass(frozen=True)
class Flow:
    """The roster, then the waves side by side, then the contrasts. is_for_everybody: whether every wave is planned for
    everybody; else the boxes of the others start with those for whom they are."""

    roster: Box
    waves: tuple[Box, ...]
    contrasts: tuple[Box, ...]
    is_for_everybody: bool = True


def study_flow(study: Study, results: Mapping[str, ResultRow]) -> Flow:
    """The boxes. In each, the start is the sum of all losses and those who remain."""

    def cell(id_: str) -> Cell:
        return Cell(results[id_].printed, (id_,)) if id_ in results else Cell("—")

    def losses(prefix: str, names: Mapping[str, str]) -> tuple[tuple[str, Cell], ...]:
        ids = [(words, f"{prefix}/{name}") for name, words in names.items()]
        return tuple((words, cell(id_)) for words, id_ in ids if id_ in results and results[id_].value)

    def start(moment: str, words: str) -> tuple[str, Cell]:
        """Those with whom a box starts: the roster, or those of it for whom the moment was planned."""
        id_ = f"flow/returns/{moment}/n_planned"
        return (words, cell(id_)) if id_ in results else ("on the roster", roster)

    roster = cell("flow/roster/n")
    labels = study.protocol.labels
    planned = {wave: f" ({of_wave.with_labels(labels)})" for wave, of_wave in study.protocol.waves_for_some.items()}
    absences = {"n_withdrawn": "withdrawn", "n_returned_blank": "returned blank", "n_not_returned": "not returned"}
    return Flow(
        roster=Box(
            "The roster", "listed", cell("flow/roster/n_listed"),
            losses("flow/roster", {"n_excluded": "excluded by the study"}), "on the roster", roster,
        ),
        waves=tuple(
            Box(
                f"{wave.wave}: {wave.label}", *start(wave.wave, f"planned for{planned.get(wave.wave, '')}"),
                losses(f"flow/returns/{wave.wave}", absences),
                "returned", cell(f"flow/returns/{wave.wave}/n"), _n_range(study, results, "summary", wave.wave),
            )
            for wave in study.protocol.waves
        ),
        contrasts=tuple(
            Box(
                f"Change {contrast.contrast}", *start(contrast.contrast, "planned for both waves"),
                losses(f"flow/returns/{contrast.contrast}", {"n_not_returned": "one or both waves missing"}),
                "returned both", cell(f"flow/returns/{contrast.contrast}/n"),
                _n_range(study, results, "change", contrast.contrast),
            )
            for contrast in study.protocol.contrasts
        ),
        is_for_everybody=not planned,
    )  # fmt: skip


def _n_range(study: Study, results: Mapping[str, ResultRow], analysis: str, moment: str) -> Cell | None:
    """The smallest and the largest n of the outcomes: '23 to 32'."""
    ids: Sequence[str] = [result_id(analysis, code, "n", timepoint=moment) for code in study.protocol.outcomes]
    rows = sorted((row for id_ in ids if (row := results.get(id_)) is not None), key=lambda row: row.value or 0)
    if not rows:
        return None
    smallest, largest = rows[0], rows[-1]
    if smallest.value == largest.value:
        return Cell(smallest.printed, (smallest.result_id,))
    return Cell(f"{smallest.printed} to {largest.printed}", (smallest.result_id, largest.result_id))
