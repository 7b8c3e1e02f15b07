"""The figures of a run, drawn from its results and written as `results.figures`.

Belongs here: that table. Does not belong here: drawing (report/figures/).
"""

import base64
from collections.abc import Sequence

from dagster_project.languages import spoken
from dagster_project.outcomes.analyses import OUTCOME_NAMES
from dagster_project.outcomes.store import read_own_statistics, read_results
from dagster_project.report import FIGURES_TABLE, Figure, PersonScore
from dagster_project.results import EXTENSIONS
from dagster_project.stamps import MARTS, stamp
from dagster_project.study import Study
from dagster_project.warehouse import Warehouse, replace_table

FIGURES = FIGURES_TABLE.name


def draw_study(warehouse: Warehouse, study: Study, run_id: str) -> list[Figure]:
    """Draw what the page shows, once, and write it."""
    # The plotting library takes two seconds to come; whoever only loads the definitions does not wait for it.
    from dagster_project.report.figures import PEOPLE_SCORES_QUERY, draw_figures

    people = warehouse.rows_as(PersonScore, PEOPLE_SCORES_QUERY) if study.protocol.shows_people else []
    with spoken(study.protocol.language):
        figures = draw_figures(study, read_results(warehouse), people, read_own_statistics(warehouse))
    rows = [
        {
            "position": position,
            "name": figure.name,
            "title": figure.title,
            "alt": figure.alt,
            "notes": "\n".join(figure.notes),
            "svg": figure.svg,
        }
        for position, figure in enumerate(figures, start=1)
    ]
    with warehouse.transaction() as connection:
        stamp(connection, FIGURES, (MARTS, EXTENSIONS, *OUTCOME_NAMES), study, run_id)
        replace_table(connection, "results", FIGURES, FIGURES_TABLE.to_arrow(rows))
    return figures


def figures_markdown(figures: Sequence[Figure]) -> str:
    """The figures as small pictures with their words."""
    if not figures:
        return "Nobody has answered anything that could be drawn."
    return "\n\n".join(
        f"**{figure.title}.** {figure.alt}\n\n"
        f"![{figure.title}](data:image/png;base64,{base64.b64encode(figure.png).decode()})"
        for figure in figures
    )
