"""The study's flow as boxes: from those listed to those who returned each wave, and both waves of each contrast.

Belongs here: which results stand in which box. Does not belong here: counting (the boxes show results), HTML.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dagster_project.results import Cell, ResultRow, result_id
from dagster_project.study import Study


@dataclass(frozen=True)
class Box:
    """A box of the flow: how many came and from where, who was lost and why, how many remain, and how many of them have a
    score."""

    label: str
    came: str
    before: Cell
    losses: tuple[tuple[str, Cell], ...]
    remain: str
    n: Cell
    scores: Cell | None = None


@dataclass(frozen=True)
class Flow:
    """The roster, then the waves beside one another, then the contrasts."""

    roster: Box
    waves: tuple[Box, ...]
    contrasts: tuple[Box, ...]


def study_flow(study: Study, results: Mapping[str, ResultRow]) -> Flow:
    """The boxes. In each, those before = all losses + those who remain."""

    def cell(one: str) -> Cell:
        return Cell(results[one].printed, (one,)) if one in results else Cell("—")

    def losses(prefix: str, names: Mapping[str, str]) -> tuple[tuple[str, Cell], ...]:
        found = [(words, f"{prefix}/{name}") for name, words in names.items()]
        return tuple((words, cell(one)) for words, one in found if one in results and results[one].value)

    everybody = cell("flow/roster/n")
    absent = {"n_withdrawn": "withdrawn", "n_returned_blank": "returned blank", "n_not_returned": "not returned"}
    return Flow(
        roster=Box(
            "The roster", "listed", cell("flow/roster/n_listed"),
            losses("flow/roster", {"n_excluded": "excluded by the study"}), "on the roster", everybody,
        ),
        waves=tuple(
            Box(
                f"{wave.wave}: {wave.label}", "on the roster", everybody, losses(f"flow/returns/{wave.wave}", absent),
                "returned", cell(f"flow/returns/{wave.wave}/n"), _range(study, results, "summary", wave.wave),
            )
            for wave in study.protocol.waves
        ),
        contrasts=tuple(
            Box(
                f"Change {contrast.contrast}", "on the roster", everybody,
                losses(f"flow/returns/{contrast.contrast}", {"n_not_returned": "lack one or both"}),
                "returned both", cell(f"flow/returns/{contrast.contrast}/n"),
                _range(study, results, "change", contrast.contrast),
            )
            for contrast in study.protocol.contrasts
        ),
    )  # fmt: skip


def _range(study: Study, results: Mapping[str, ResultRow], analysis: str, when: str) -> Cell | None:
    """The smallest and the largest n of the outcomes: '23 to 32'."""
    ids: Sequence[str] = [result_id(analysis, code, "n", when=when) for code in study.protocol.outcomes]
    found = sorted((row for one in ids if (row := results.get(one)) is not None), key=lambda row: row.value or 0)
    if not found:
        return None
    least, most = found[0], found[-1]
    if least.value == most.value:
        return Cell(least.printed, (least.result_id,))
    return Cell(f"{least.printed} to {most.printed}", (least.result_id, most.result_id))
