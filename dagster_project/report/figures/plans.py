"""Which figures a study has, in order. Belongs here: that list. Does not belong here: drawing."""

import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from dagster_project.report.figure import Figure, PersonScore
from dagster_project.report.figures import forest, group_trajectories, growth, items, own_figures, returns, trajectories
from dagster_project.report.figures.drawing import style
from dagster_project.report.people import MOST_PEOPLE
from dagster_project.results import OwnStatistics, ResultRow, Table, fitting_across
from dagster_project.study import Study

_NO_STATISTICS: OwnStatistics = {}
#: The PersonScores of everybody; no rows where there are too many people to draw.
PEOPLE_SCORES_QUERY = f"""
    select participant_id, wave, scale, score
    from marts.scale_scores
    where score is not null and (select count(*) from marts.participants) <= {MOST_PEOPLE}
    order by scale, participant_id, wave
"""


def figure_tables(
    study: Study, results: Mapping[str, ResultRow], own_statistics: OwnStatistics = _NO_STATISTICS
) -> dict[str, Table]:
    """The numbers of each figure by the figure's name, in the order of the figures. own_statistics: of the study's own
    analyses."""
    return {name: table for name, table, _ in _plans(study, results, own_statistics)}


def draw_figures(
    study: Study,
    results: Mapping[str, ResultRow],
    people: Sequence[PersonScore],
    own_statistics: OwnStatistics = _NO_STATISTICS,
) -> list[Figure]:
    """All figures that have something to show. people: the rows of PEOPLE_SCORES_QUERY. own_statistics: as above."""
    with style(), warnings.catch_warnings():
        # Signs that the font lacks (the SVG keeps texts as texts, and the reader's fonts have them), and too little room.
        for words in ("Glyph .* missing from", "Matplotlib currently does not support", "constrained_layout not applied"):
            warnings.filterwarnings("ignore", message=words, category=UserWarning)
        return [replace(draw(people), table=table) for _, table, draw in _plans(study, results, own_statistics)]


def _plans(
    study: Study, results: Mapping[str, ResultRow], own_statistics: OwnStatistics
) -> Iterator[tuple[str, Table, Any]]:
    for plan in (
        trajectories.plan(study, results),
        group_trajectories.plan(study, results),
        growth.plan(study, results),
        forest.plan(study, results),
        returns.plan(study, results),
        *items.plans(study, results),
        *own_figures.plans(study, results, own_statistics),
    ):
        if plan is not None and any(cell.text not in ("", "—", "0") for row in plan[1].rows for cell in row.cells):
            name, table, draw = plan
            yield name, fitting_across(table), draw
