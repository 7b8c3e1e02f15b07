"""codebook.estimands: what each statistic is, and what trace needs to know of who counts in it.

Belongs here: the table. Does not belong here: the statistics (statistics_registry.py), the rules of who counts
(statistic.py).
"""

from collections.abc import Iterable

from dagster_project.results.statistic import PEOPLE, Statistic
from dagster_project.results.statistics_registry import STATISTICS
from dagster_project.study import Study
from dagster_project.table_spec import ColumnSpec, TableSpec

ESTIMANDS_TABLE = TableSpec(
    schema="codebook",
    name="estimands",
    key=("analysis", "statistic"),
    description="What each statistic is: formula, and who counts in it.",
    columns=(
        ColumnSpec("analysis", "text", "The analysis, as in results.results.", nullable=False),
        ColumnSpec("statistic", "text", "The statistic.", nullable=False),
        ColumnSpec("people", "text", "Who counts in the statistic, as a code that trace applies."),
        ColumnSpec("people_in_words", "text", "Who counts in the statistic."),
        ColumnSpec("formula", "text", "The statistic's formula, in plain text."),
        ColumnSpec("of_all_groups", "flag", "Whether a number about a group needs the people of all groups."),
        ColumnSpec("of_all_waves", "flag", "Whether scores of all waves are what it is made of."),
        ColumnSpec("of_moment", "flag", "Whether who counts differs between waves or contrasts."),
        ColumnSpec("of_subgroup", "flag", "Whether who counts differs between variables of subgroups."),
        ColumnSpec("by_return", "flag", "Whether people are shown with their returns of its waves."),
        ColumnSpec("of_variant", "text", "Of counts of what a variant changes, which difference they are of."),
    ),
)


def estimand_rows(study: Study, statistics: Iterable[Statistic] = STATISTICS) -> list[dict[str, str | bool]]:
    """The rows of codebook.estimands of a study. statistics: ours, or those of the study's own analyses."""
    rows: list[dict[str, str | bool]] = []
    for entry in statistics:
        code = entry.people_in(study)
        rule = PEOPLE[code]
        rows.append(
            {
                "analysis": entry.analysis, "statistic": entry.name, "people": code, "people_in_words": rule.words,
                "formula": entry.formula, "of_all_groups": entry.of_all_groups, "of_all_waves": rule.of_all_waves,
                "of_moment": rule.of_moment, "of_subgroup": rule.of_subgroup, "by_return": rule.by_return,
                "of_variant": rule.of_variant,
            }
        )  # fmt: skip
    return rows
