"""The study's flow as boxes: from those listed to those who returned each wave, and both waves of each contrast.

Belongs here: which results each box shows. Does not belong here: counting (the boxes show results), HTML.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dagster_project.languages import gettext, gettext_noop, number_text, with_label
from dagster_project.results import Cell, ResultRow, result_id
from dagster_project.study import Category, Study


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
class GroupFlow:
    """A group: its name, how many of it are on the roster, and its waves, one below the other."""

    label: str
    n: Cell
    waves: tuple[Box, ...]


@dataclass(frozen=True)
class Flow:
    """The roster, then the waves side by side, then the contrasts. is_for_everybody: whether every wave is planned for
    everybody; else the boxes of the others start with those for whom they are. groups: those compared, side by side;
    ungrouped: how many people are in none of them, if there are any."""

    roster: Box
    waves: tuple[Box, ...]
    contrasts: tuple[Box, ...]
    is_for_everybody: bool = True
    groups: tuple[GroupFlow, ...] = ()
    ungrouped: Cell | None = None


#: What becomes of those who do not return a wave, by statistic.
_ABSENCES = {
    "n_withdrawn": gettext_noop("withdrawn"), "n_returned_blank": gettext_noop("returned blank"),
    "n_not_returned": gettext_noop("not returned"),
}  # fmt: skip


def study_flow(study: Study, results: Mapping[str, ResultRow]) -> Flow:
    """The boxes. In each, the start is the sum of all losses and those who remain."""
    roster = _cell(results, "flow/roster/n")
    labels = study.protocol.labels
    planned = {wave: f" ({of_wave.with_labels(labels)})" for wave, of_wave in study.protocol.waves_for_some.items()}
    contrasts = {
        contrast.contrast: (
            gettext("Change {contrast}", contrast=contrast.contrast),
            _n_range(study, results, "change", contrast.contrast),
        )
        for contrast in study.protocol.contrasts
    }
    ungrouped = results.get("flow_by_group/roster/n_without_group")
    return Flow(
        roster=Box(
            gettext("The roster"), gettext("listed"), _cell(results, "flow/roster/n_listed"),
            _losses(results, "flow/roster", {"n_excluded": gettext_noop("excluded by the study")}), gettext("on the roster"),
            roster,
        ),
        waves=tuple(
            _returns(
                results, f"flow/returns/{wave.wave}", with_label(wave.wave, wave.label), roster,
                gettext("planned for") + planned.get(wave.wave, ""), _n_range(study, results, "summary", wave.wave),
            )
            for wave in study.protocol.waves
        ),
        contrasts=tuple(
            Box(
                label, *_start(results, f"flow/returns/{contrast}", roster, gettext("planned for both waves")),
                _losses(results, f"flow/returns/{contrast}", {"n_not_returned": gettext_noop("one or both waves missing")}),
                gettext("returned both"), _cell(results, f"flow/returns/{contrast}/n"), scores,
            )
            for contrast, (label, scores) in contrasts.items()
        ),
        is_for_everybody=not planned,
        groups=tuple(_group_flow(study, results, group) for group in study.protocol.compared_groups),
        ungrouped=Cell(ungrouped.printed, (ungrouped.result_id,)) if ungrouped is not None and ungrouped.value else None,
    )  # fmt: skip


def _group_flow(study: Study, results: Mapping[str, ResultRow], group: Category) -> GroupFlow:
    roster = _cell(results, f"flow_by_group/roster/{group.category}/n")
    return GroupFlow(
        group.label,
        roster,
        tuple(
            _returns(
                results, f"flow_by_group/returns/{group.category}/{wave.wave}", with_label(wave.wave, wave.label), roster,
                gettext("planned for"), None,
            )
            for wave in study.protocol.waves
        ),
    )  # fmt: skip


def _returns(
    results: Mapping[str, ResultRow], prefix: str, label: str, roster: Cell, planned: str, scores: Cell | None
) -> Box:
    """A wave's box: from those for whom it was planned to those who returned it."""
    start = _start(results, prefix, roster, planned)
    return Box(
        label, *start, _losses(results, prefix, _ABSENCES), gettext("returned"), _cell(results, f"{prefix}/n"), scores
    )


def _start(results: Mapping[str, ResultRow], prefix: str, roster: Cell, planned: str) -> tuple[str, Cell]:
    """Those with whom a box starts: the roster, or those of it for whom the moment was planned."""
    id_ = f"{prefix}/n_planned"
    return (planned, _cell(results, id_)) if id_ in results else (gettext("on the roster"), roster)


def _losses(results: Mapping[str, ResultRow], prefix: str, names: Mapping[str, str]) -> tuple[tuple[str, Cell], ...]:
    ids = [(words, f"{prefix}/{name}") for name, words in names.items()]
    return tuple((gettext(words), _cell(results, id_)) for words, id_ in ids if id_ in results and results[id_].value)


def _cell(results: Mapping[str, ResultRow], id_: str) -> Cell:
    return Cell(number_text(results[id_].printed), (id_,)) if id_ in results else Cell("—")


def _n_range(study: Study, results: Mapping[str, ResultRow], analysis: str, moment: str) -> Cell | None:
    """The smallest and the largest n of the outcomes: '23 to 32'."""
    ids: Sequence[str] = [result_id(analysis, code, "n", timepoint=moment) for code in study.protocol.outcomes]
    rows = sorted((row for id_ in ids if (row := results.get(id_)) is not None), key=lambda row: row.value or 0)
    if not rows:
        return None
    smallest, largest = rows[0], rows[-1]
    if smallest.value == largest.value:
        return Cell(smallest.printed, (smallest.result_id,))
    return Cell(
        gettext("{low} to {high}", low=smallest.printed, high=largest.printed), (smallest.result_id, largest.result_id)
    )
